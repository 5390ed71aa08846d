/* data.c - the readers of safetensors, IDX, CSV and CIFAR files, of pictures and of their cache, by the first byte. */
#include "fuzz.h"

#include "cifar.h"
#include "context.h"
#include "csv.h"
#include "idx.h"
#include "picture.h"
#include "picture_cache.h"
#include "safetensors.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void read_safetensors(Context *context, void *path)
{
    Safetensors *file = safetensors_read(context, path);
    for (size_t i = 0; i < file->count; i++) {
        const Safetensor *tensor = &file->tensor[i];
        size_t bytes = safetensors_item_bytes(tensor->dtype) * (size_t)tensor->elements;
        safetensors_describe(context, tensor);
        safetensors_decode(tensor, context_allocate(context, bytes, 1));
        if (safetensors_find(file, tensor->name) != tensor)
            abort();
    }
}

static void read_idx(Context *context, void *path)
{
    idx_read(context, path);
}

static void read_csv(Context *context, void *path)
{
    static const Data_spec specs[] = {{.header = DATA_HEADER_AUTO}, {.header = DATA_HEADER_TRUE, .separator = ';'}};
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        Csv_table *table = csv_read(context, path, &specs[i]);
        double number;
        for (size_t k = 0; k < table->rows * table->columns; k++)
            if (!csv_is_missing(table->cell[k]))
                csv_number(table->cell[k], &number);
        if (table->columns)
            csv_column(context, table, "label", "-1");
    }
}

static void read_cifar(Context *context, void *path)
{
    Cifar cifar = {.image = {.rows = 0}};
    cifar_read(context, path, &cifar);
    cifar_read(context, path, &cifar);
    const unsigned char *label = cifar.label.values;
    double row[3072];
    for (size_t r = 0; r < cifar.label.rows; r++)
        if (label[r] < 10)
            matrix_row(&cifar.image, r, row);
}

/* What is read is a picture: a second time it has the same pixels, whatever they are. */
static void read_picture(Context *context, void *path)
{
    unsigned char pixels[9 * 7 * 3], again[9 * 7 * 3];
    char problem[PICTURE_PROBLEM];
    (void)context;
    if (!picture_read(path, 9, 7, 3, pixels, problem))
        return;
    if (!picture_read(path, 9, 7, 3, again, problem) || memcmp(pixels, again, sizeof pixels) != 0)
        abort();
}

static void read_cache(Context *context, void *path)
{
    const int shape[3] = {2, 2, 1};
    Picture_cache *cache = picture_cache_open(context, path, NULL, shape, NULL);
    picture_cache_find(cache, "a");
    picture_cache_add(cache, path, (const unsigned char *)"1234");
    picture_cache_close(cache);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const readers[])(Context *, void *) = {read_safetensors, read_idx,     read_csv,
                                                         read_cifar,       read_picture, read_cache};
    static char path[64];
    if (!size)
        return -1;
    snprintf(path, sizeof path, "data-%ld", (long)getpid());
    FILE *file = fopen(path, "wb");
    if (!file)
        abort();
    fwrite(data + 1, 1, size - 1, file);
    fclose(file);
    Context context = {0};
    context_attempt(&context, readers[data[0] % 6], path);
    context_release(&context, 0);
    unlink(path);
    return 0;
}
