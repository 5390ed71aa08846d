/* jpeg.c - jpeg HEIGHT WIDTH FILE...: the pictures as bytes of red, green and blue, row by row, one behind
 * the other. */
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

static int decode(const char *path, unsigned height, unsigned width)
{
    struct jpeg_decompress_struct picture;
    struct jpeg_error_mgr errors;
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return 1;
    }
    picture.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&picture);
    jpeg_stdio_src(&picture, file);
    jpeg_read_header(&picture, TRUE);
    picture.out_color_space = JCS_RGB;
    jpeg_start_decompress(&picture);
    int fits = picture.output_height == height && picture.output_width == width;
    JSAMPLE *row = malloc(3 * (size_t)picture.output_width);
    while (fits && picture.output_scanline < picture.output_height) {
        jpeg_read_scanlines(&picture, &row, 1);
        fwrite(row, 3, width, stdout);
    }
    if (!fits)
        fprintf(stderr, "%s: %u x %u pixels\n", path, picture.output_height, picture.output_width);
    free(row);
    jpeg_destroy_decompress(&picture);
    fclose(file);
    return !fits;
}

int main(int count, char **words)
{
    int failed = count < 4;
    for (int i = 3; i < count && !failed; i++)
        failed = decode(words[i], (unsigned)atoi(words[1]), (unsigned)atoi(words[2]));
    return failed || fflush(stdout) != 0;
}
