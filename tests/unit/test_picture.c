/* test_picture.c - runtime/images: pictures of every format at every size, and what is no picture. The files are
 * written by stb_image_write. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <jpeglib.h>

#include "picture.h"

/* Its encoder shifts into the sign. */
#pragma clang attribute push(__attribute__((no_sanitize("undefined"))), apply_to = function)
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#include <stb/stb_image_write.h>
#pragma clang attribute pop

enum { SIDE = 16, BYTES_MAX = 1 << 16 };

static char folder[] = "/tmp/nnc-picture-XXXXXX";

static const char *at(const char *name)
{
    static char path[300];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void save(const char *name, const void *bytes, size_t length)
{
    FILE *file = fopen(at(name), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    fclose(file);
}

static size_t load(const char *name, unsigned char bytes[BYTES_MAX])
{
    FILE *file = fopen(at(name), "rb");
    assert_non_null(file);
    size_t length = fread(bytes, 1, BYTES_MAX, file);
    fclose(file);
    return length;
}

/* A ramp: red grows to the right, green downwards, blue is half. */
static void paint(unsigned char *rgb, int height, int width)
{
    for (int i = 0; i < height * width; i++) {
        rgb[3 * i] = (unsigned char)(255 * (i % width) / (width - 1));
        rgb[3 * i + 1] = (unsigned char)(255 * (i / width) / (height - 1));
        rgb[3 * i + 2] = 128;
    }
}

static void write_all_formats(void)
{
    unsigned char rgb[SIDE * SIDE * 3];
    paint(rgb, SIDE, SIDE);
    assert_true(stbi_write_png(at("ramp.png"), SIDE, SIDE, 3, rgb, 0));
    assert_true(stbi_write_bmp(at("ramp.bmp"), SIDE, SIDE, 3, rgb));
    assert_true(stbi_write_jpg(at("ramp.jpg"), SIDE, SIDE, 3, rgb, 100));
    char ppm[32 + sizeof rgb];
    int head = snprintf(ppm, sizeof ppm, "P6\n# a ramp\n%d %d\n255\n", SIDE, SIDE);
    memcpy(ppm + head, rgb, sizeof rgb);
    save("ramp.ppm", ppm, (size_t)head + sizeof rgb);
}

static int set_up(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    write_all_formats();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

/* Nothing is read, the pixels stay, and the reason says so. */
static void assert_refused(const char *path, const char *reason)
{
    char problem[PICTURE_PROBLEM] = "";
    unsigned char pixels[3 * SIDE * SIDE];
    memset(pixels, 77, sizeof pixels);
    assert_false(picture_read(path, SIDE, SIDE, 3, pixels, problem));
    if (strstr(problem, reason) == NULL)
        fail_msg("%s: \"%s\" is not in: %s", path, reason, problem);
    for (size_t i = 0; i < sizeof pixels; i++)
        assert_int_equal(pixels[i], 77);
}

static void assert_read(const char *path, int height, int width, int channels, unsigned char *pixels)
{
    char problem[PICTURE_PROBLEM] = "";
    if (!picture_read(path, height, width, channels, pixels, problem))
        fail_msg("%s: %s", path, problem);
}

static void test_picture_has_the_same_pixels_in_every_format(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int error_max;
    } files[] = {{"ramp.png", 0}, {"ramp.bmp", 0}, {"ramp.ppm", 0}, {"ramp.jpg", 6}};
    unsigned char rgb[3 * SIDE * SIDE], pixels[3 * SIDE * SIDE];
    paint(rgb, SIDE, SIDE);
    for (size_t f = 0; f < sizeof files / sizeof *files; f++) {
        assert_read(at(files[f].name), SIDE, SIDE, 3, pixels);
        for (size_t i = 0; i < sizeof rgb; i++)
            assert_in_range(abs(pixels[i] - rgb[i]), 0, files[f].error_max);
    }
}

static void test_picture_is_told_by_its_bytes_and_not_by_its_name(void **state)
{
    (void)state;
    unsigned char bytes[BYTES_MAX], pixels[3 * SIDE * SIDE], other[3 * SIDE * SIDE];
    save("named.JPG", bytes, load("ramp.png", bytes));
    assert_read(at("ramp.png"), SIDE, SIDE, 3, pixels);
    assert_read(at("named.JPG"), SIDE, SIDE, 3, other);
    assert_memory_equal(pixels, other, sizeof pixels);
}

static void test_picture_becomes_grey_by_luminance(void **state)
{
    (void)state;
    static const char *const names[] = {"ramp.png", "ramp.bmp", "ramp.ppm", "ramp.jpg"};
    unsigned char rgb[3 * SIDE * SIDE], grey[SIDE * SIDE];
    paint(rgb, SIDE, SIDE);
    for (size_t f = 0; f < 4; f++) {
        assert_read(at(names[f]), SIDE, SIDE, 1, grey);
        for (int i = 0; i < SIDE * SIDE; i++) {
            double luminance = 0.299 * rgb[3 * i] + 0.587 * rgb[3 * i + 1] + 0.114 * rgb[3 * i + 2];
            assert_in_range((int)(fabs(grey[i] - luminance) + 0.5), 0, 3);
        }
    }
}

static void test_picture_shrinks_by_averages_and_grows_by_interpolation(void **state)
{
    (void)state;
    unsigned char stripes[SIDE * SIDE * 3], pixels[64 * 64 * 3];
    for (int i = 0; i < SIDE * SIDE * 3; i++)
        stripes[i] = i / 3 % 2 ? 255 : 0;
    assert_true(stbi_write_png(at("stripes.png"), SIDE, SIDE, 3, stripes, 0));
    assert_read(at("stripes.png"), 2, 4, 3, pixels);
    for (int y = 0; y < 2; y++) {
        for (int i = 3; i < 9; i++) /* not the sides, beyond which the last column goes on */
            assert_in_range(pixels[y * 12 + i], 120, 136);
    }

    const char pair[] = "P5 2 1 255\n\x00\xff";
    save("pair.pgm", pair, sizeof pair - 1);
    assert_read(at("pair.pgm"), 1, 4, 1, pixels);
    const int expected[4] = {0, 64, 191, 255}; /* at -1/4, 1/4, 3/4 and 5/4 of the way, and the ends go on */
    for (int i = 0; i < 4; i++)
        assert_in_range(abs(pixels[i] - expected[i]), 0, 1);
}

/* Pixel i of `to`, of a side of `from`, by the formula in double precision. */
static double triangle(const unsigned char *value, int from, int stride, int i, int to)
{
    double scale = (double)from / to, reach = scale > 1 ? scale : 1, middle = (i + 0.5) * scale, sum = 0, weights = 0;
    for (int j = (int)floor(middle - reach) - 1; j <= middle + reach + 1; j++) {
        double weight = fmax(0, 1 - fabs(j + 0.5 - middle) / reach);
        int at = j < 0 ? 0 : j >= from ? from - 1 : j;
        sum += weight * value[at * stride];
        weights += weight;
    }
    return sum / weights;
}

static void test_picture_is_resampled_by_the_triangle_to_half_a_step(void **state)
{
    (void)state;
    static const int sizes[] = {1, 2, 7, 63, 64, 65, 111, 200};
    unsigned char pgm[15 + 111] = "P5 111 1 255\n", pixels[200], *value = pgm + 13;
    for (int i = 0; i < 111; i++)
        value[i] = (unsigned char)(i * i * 31 + i % 3 * 90);
    for (int turned = 0; turned < 2; turned++) {
        memcpy(pgm, turned ? "P5 1 111 255\n" : "P5 111 1 255\n", 13);
        save("line.pgm", pgm, 13 + 111);
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            assert_read(at("line.pgm"), turned ? sizes[s] : 1, turned ? 1 : sizes[s], 1, pixels);
            for (int i = 0; i < sizes[s]; i++)
                assert_true(fabs(triangle(value, 111, 1, i, sizes[s]) - pixels[i]) < 0.51);
        }
    }
}

static void test_picture_of_any_shape_becomes_any_size(void **state)
{
    (void)state;
    static const int sizes[][2] = {{1, 1}, {1, 4000}, {4000, 1}, {3, 2}, {600, 700}, {112, 92}, {64, 64}};
    const size_t count_of_sizes = sizeof sizes / sizeof *sizes;
    for (size_t from = 0; from < count_of_sizes; from++) {
        size_t count = (size_t)(sizes[from][0] * sizes[from][1]);
        char *pgm = malloc(40 + count);
        int head = snprintf(pgm, 40, "P5 %d %d 255\n", sizes[from][1], sizes[from][0]);
        memset(pgm + head, 100, count);
        save("flat.pgm", pgm, (size_t)head + count);
        free(pgm);
        for (size_t to = 0; to < count_of_sizes; to++) {
            int height = sizes[to][0], width = sizes[to][1];
            unsigned char *pixels = malloc((size_t)(height * width * 3));
            assert_read(at("flat.pgm"), height, width, 3, pixels);
            for (int i = 0; i < height * width * 3; i++)
                assert_in_range(pixels[i], 99, 101);
            free(pixels);
        }
    }
}

static void test_picture_takes_the_white_of_a_pgm(void **state)
{
    (void)state;
    const char pgm[] = "P5\n3 1 # small\n#\n4\n\x00\x02\x09";
    unsigned char pixels[3];
    save("four.pgm", pgm, sizeof pgm - 1);
    assert_read(at("four.pgm"), 1, 3, 1, pixels);
    assert_int_equal(pixels[0], 0);
    assert_int_equal(pixels[1], 128);
    assert_int_equal(pixels[2], 255);
}

/* 3 x 2 pixels of 4 bits, from the top: 0 1 2 and 1 0 15, of a palette of two colours; what it lacks is black. */
static void test_picture_takes_the_palette_of_a_bmp(void **state)
{
    (void)state;
    unsigned char bmp[70] = {'B', 'M', [10] = 62, [14] = 40, [18] = 3, [22] = 0xfe, 0xff, 0xff, 0xff, 1, 0, 4};
    memcpy(bmp + 54, (unsigned char[]){10, 20, 30, 0, 200, 210, 220, 0}, 8);
    memcpy(bmp + 62, (unsigned char[]){0x01, 0x20, 0, 0, 0x10, 0xf0, 0, 0}, 8);
    const unsigned char expected[18] = {30, 20, 10, 220, 210, 200, 0, 0, 0, 220, 210, 200, 30, 20, 10, 0, 0, 0};
    unsigned char pixels[18];
    save("indexed.bmp", bmp, sizeof bmp);
    assert_read(at("indexed.bmp"), 2, 3, 3, pixels);
    assert_memory_equal(pixels, expected, sizeof expected);
    bmp[30] = 2; /* run-length encoded */
    save("packed.bmp", bmp, sizeof bmp);
    assert_refused(at("packed.bmp"), "a BMP of 4 bits a pixel and compression 2 is not read");
    bmp[14] = 12;
    save("old.bmp", bmp, sizeof bmp);
    assert_refused(at("old.bmp"), "its head is damaged, or of OS/2");
}

/* ---- JPEG as libjpeg writes it ---- */

enum { INKS = 4, SCANS = 1 + 3 * 63 + 63 };

/* 16 x 16 pixels, all of one colour. `scan` may be NULL: then baseline. */
static void write_jpeg(const char *name, const unsigned char *colour, int components, J_COLOR_SPACE space,
                       const jpeg_scan_info *scan, int scans)
{
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    unsigned char row[SIDE * INKS], *rows = row;
    FILE *file = fopen(at(name), "wb");
    assert_non_null(file);
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_stdio_dest(&jpeg, file);
    jpeg.image_width = jpeg.image_height = SIDE;
    jpeg.input_components = components;
    jpeg.in_color_space = space;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 100, TRUE);
    jpeg.scan_info = scan;
    jpeg.num_scans = scans;
    jpeg_start_compress(&jpeg, TRUE);
    for (int i = 0; i < SIDE * components; i++)
        row[i] = colour[i % components];
    while (jpeg.next_scanline < SIDE)
        jpeg_write_scanlines(&jpeg, &rows, 1);
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    fclose(file);
}

static void assert_colour(const char *name, int red, int green, int blue)
{
    const int expected[3] = {red, green, blue};
    unsigned char pixels[3 * SIDE * SIDE];
    assert_read(at(name), SIDE, SIDE, 3, pixels);
    for (int i = 0; i < 3 * SIDE * SIDE; i++)
        assert_in_range(abs(pixels[i] - expected[i % 3]), 0, 2);
}

/* Grey in so many scans: first the mean of a block, then each of its waves, bit by bit. */
static int make_scans(jpeg_scan_info scan[SCANS], int waves, int bits)
{
    int count = 0;
    scan[count++] = (jpeg_scan_info){.comps_in_scan = 1};
    for (int wave = 1; wave <= waves; wave++) {
        for (int bit = bits; bit >= 0; bit--)
            scan[count++] = (jpeg_scan_info){
                .comps_in_scan = 1, .Ss = wave, .Se = wave, .Ah = bit == bits ? 0 : bit + 1, .Al = bit};
    }
    return count;
}

static void test_picture_takes_jpeg_of_inks_and_in_scans(void **state)
{
    (void)state;
    const unsigned char inks[INKS] = {255, 128, 0, 200}, rgb[3] = {250, 100, 20}, grey[1] = {77};
    jpeg_scan_info scan[SCANS];
    write_jpeg("inks.jpg", inks, INKS, JCS_CMYK, NULL, 0);
    assert_colour("inks.jpg", 200, 100, 0);
    write_jpeg("rgb.jpg", rgb, 3, JCS_RGB, NULL, 0);
    assert_colour("rgb.jpg", 250, 100, 20);
    write_jpeg("scans.jpg", grey, 1, JCS_GRAYSCALE, scan, make_scans(scan, 63, 1));
    assert_colour("scans.jpg", 77, 77, 77);
    write_jpeg("many.jpg", grey, 1, JCS_GRAYSCALE, scan, make_scans(scan, 63, 3));
    assert_refused(at("many.jpg"), "it is made of more than 200 scans");
}

static void test_picture_shows_the_colour_of_what_is_transparent(void **state)
{
    (void)state;
    unsigned char rgba[SIDE * SIDE * 4];
    for (int i = 0; i < SIDE * SIDE * 4; i++)
        rgba[i] = (const unsigned char[4]){90, 140, 190, 0}[i % 4];
    assert_true(stbi_write_png(at("clear.png"), SIDE, SIDE, 4, rgba, 0));
    assert_colour("clear.png", 90, 140, 190);
}

/* Cut after each byte, each format is refused, and nothing is read that was not written (the sanitizers look). */
static void test_picture_that_ends_early_is_refused_wherever_it_ends(void **state)
{
    (void)state;
    static const char *const names[] = {"ramp.png", "ramp.bmp", "ramp.ppm", "ramp.jpg"};
    unsigned char bytes[BYTES_MAX];
    for (size_t f = 0; f < 4; f++) {
        size_t length = load(names[f], bytes);
        for (size_t cut = 1; cut < length; cut++) {
            save("cut", bytes, cut);
            assert_refused(at("cut"), "it");
        }
        save("cut", bytes, length * 3 / 4);
        assert_refused(at("cut"), "ends in the middle of the picture");
    }
    save("cut", "P6 16 ", 6);
    assert_refused(at("cut"), "ends before the first pixel");
}

/* Each byte changed in turn: read or refused, but never wrong memory or arithmetic. */
static void test_picture_that_is_damaged_does_no_harm(void **state)
{
    (void)state;
    static const char *const names[] = {"ramp.png", "ramp.bmp", "ramp.ppm", "ramp.jpg"};
    unsigned char bytes[BYTES_MAX], pixels[3 * SIDE * SIDE];
    char problem[PICTURE_PROBLEM];
    int refused = 0;
    for (size_t f = 0; f < 4; f++) {
        size_t length = load(names[f], bytes);
        for (size_t i = 0; i < length; i++) {
            bytes[i] ^= 0xff;
            save("damaged", bytes, length);
            refused += !picture_read(at("damaged"), SIDE, SIDE, 3, pixels, problem);
            bytes[i] ^= 0xff;
        }
    }
    assert_true(refused > 50);
}

static void test_picture_that_is_huge_is_refused_before_it_is_decoded(void **state)
{
    (void)state;
    unsigned char bytes[BYTES_MAX];
    size_t length = load("ramp.png", bytes);
    memcpy(bytes + 16, (unsigned char[]){0, 0, 0x40, 0, 0, 0, 0x40, 0}, 8); /* 16384 x 16384 */
    save("huge.png", bytes, length);
    assert_refused(at("huge.png"), "16384 x 16384 pixels; at most 32768 on a side, and 67108864 in all");
    save("huge.pgm", "P5 40000 1 255\n", 15);
    assert_refused(at("huge.pgm"), "40000 x 1 pixels");
    save("huge.pgm", "P5 99999999999 1 255\n", 21);
    assert_refused(at("huge.pgm"), "its head is not");
    save("none.pgm", "P5 0 1 255\n", 11);
    assert_refused(at("none.pgm"), "it says that it has 0 x 1 pixels");
}

static void test_picture_that_is_none_is_told_apart(void **state)
{
    (void)state;
    save("empty.jpg", "", 0);
    assert_refused(at("empty.jpg"), "it is empty");
    save("text.jpg", "Dear all,\n", 10);
    assert_refused(at("text.jpg"), "it is no picture: JPEG, PNG, PGM, PPM and BMP are read");
    save("other.jpg", "RIFF1234WEBPVP8 ", 16);
    assert_refused(at("other.jpg"), "it is a WebP;");
    save("text.pgm", "P2 1 1 255 7\n", 13);
    assert_refused(at("text.pgm"), "it is a PGM of text (P2);");
    save("deep.pgm", "P5 1 1 65535\n12", 15);
    assert_refused(at("deep.pgm"), "white is 65535");
    assert_refused(folder, "it is a folder");
    assert_refused(at("nowhere.png"), "cannot read it: No such file");
    assert_int_equal(mkfifo(at("pipe.png"), 0600), 0);
    assert_refused(at("pipe.png"), "it is no regular file");
    if (getuid() != 0) {
        save("secret.png", "x", 1);
        assert_int_equal(chmod(at("secret.png"), 0), 0);
        assert_refused(at("secret.png"), "cannot read it: Permission denied");
    }
}

static void test_picture_names_end_as_pictures_do(void **state)
{
    (void)state;
    assert_true(picture_has_name("a/1.jpg"));
    assert_true(picture_has_name("1.Jpeg"));
    assert_true(picture_has_name("a b.c.PNG"));
    assert_true(picture_has_name("x.pgm"));
    assert_true(picture_has_name("x.ppm"));
    assert_true(picture_has_name("x.BMP"));
    assert_false(picture_has_name("x.gif"));
    assert_false(picture_has_name("jpg"));
    assert_false(picture_has_name("x.jpg~"));
    assert_false(picture_has_name(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_picture_has_the_same_pixels_in_every_format),
        cmocka_unit_test(test_picture_is_told_by_its_bytes_and_not_by_its_name),
        cmocka_unit_test(test_picture_becomes_grey_by_luminance),
        cmocka_unit_test(test_picture_shrinks_by_averages_and_grows_by_interpolation),
        cmocka_unit_test(test_picture_is_resampled_by_the_triangle_to_half_a_step),
        cmocka_unit_test(test_picture_of_any_shape_becomes_any_size),
        cmocka_unit_test(test_picture_takes_the_white_of_a_pgm),
        cmocka_unit_test(test_picture_takes_the_palette_of_a_bmp),
        cmocka_unit_test(test_picture_takes_jpeg_of_inks_and_in_scans),
        cmocka_unit_test(test_picture_shows_the_colour_of_what_is_transparent),
        cmocka_unit_test(test_picture_that_ends_early_is_refused_wherever_it_ends),
        cmocka_unit_test(test_picture_that_is_damaged_does_no_harm),
        cmocka_unit_test(test_picture_that_is_huge_is_refused_before_it_is_decoded),
        cmocka_unit_test(test_picture_that_is_none_is_told_apart),
        cmocka_unit_test(test_picture_names_end_as_pictures_do),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
