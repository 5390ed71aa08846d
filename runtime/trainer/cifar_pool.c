/* cifar_pool.c - files of CIFAR-10's records as samples. */
#include "cifar.h"
#include "file.h"
#include "pool.h"

static void check_classes(Context *context, const Cifar *cifar, size_t first, const char *path, size_t classes,
                          const nnc_network *network)
{
    const unsigned char *label = cifar->label.values;
    for (size_t r = first; r < cifar->label.rows; r++) {
        if (label[r] >= classes)
            context_fail(context, "%s: byte %zu: error: class %d of record %zu; the classes of network %s are 0 to %zu",
                         path, cifar_place(r - first), label[r], r - first + 1, network->name, classes - 1);
    }
}

/* The number of the one target that takes the classes; -1: there is none. */
static int class_target(Context *context, Pool *pool, const nnc_network *network, const char *path)
{
    int found = -1;
    for (int t = 0; t < network->targets; t++) {
        const nnc_port *port = &network->target[t];
        if (!pool_target_has_data(port))
            continue;
        if (found >= 0 || (port->type == NNC_INT32 && port->elements != 1))
            context_fail(context, "%s: error: a record has one class; target %s of network %s takes more", path,
                         port->name, network->name);
        found = t;
        pool->kind[t] = pool_kind(network, t, true);
    }
    return found;
}

/* As many numbers in another order would be read without a word, and never learnt. */
static void check_shape(Context *context, const Matrix *image, const nnc_network *network)
{
    const nnc_port *port = &network->input[0];
    bool fits = true;
    for (int i = 0; i < 3; i++)
        fits = fits && (port->rank != 3 || (size_t)port->shape[i] == image->shape[i + 1]);
    if (!fits && port->elements == image->width)
        context_fail(context, "%s: error: the images are [32, 32, 3], input %s of network %s is [%d, %d, %d]",
                     image->path, port->name, network->name, port->shape[0], port->shape[1], port->shape[2]);
}

static void read_part(Context *context, Pool *pool, Part *part, const Data_spec *spec, const nnc_network *network,
                      const Data_words *files, const char *directory)
{
    Cifar cifar = {.image = {.rows = 0}};
    int target = class_target(context, pool, network, files->item[0]);
    for (size_t i = 0; i < files->count; i++) {
        const char *path = file_join(context, directory, files->item[i]);
        size_t first = cifar.label.rows;
        cifar_read(context, path, &cifar);
        if (target >= 0)
            check_classes(context, &cifar, first, path, pool_class_count(&network->target[target], pool->kind[target]),
                          network);
    }
    check_shape(context, &cifar.image, network);
    cifar.image.scale = spec->scale == 0 ? 1 : spec->scale;
    cifar.image.offset = spec->offset;
    part->rows = cifar.image.rows;
    part->inputs = 1;
    part->input = context_allocate(context, 1, sizeof *part->input);
    part->input[0] = cifar.image;
    if (target >= 0)
        part->target[target] = cifar.label;
}

void cifar_pool(Context *context, Pool *pool, const Data_spec *spec, const nnc_network *network, const char *directory,
                int parts)
{
    if ((parts & POOL_TRAIN) && spec->train.files.count == 0)
        context_fail(context, "%serror: data.train.files names no file", pool_place(context, spec));
    if (parts & POOL_TRAIN)
        read_part(context, pool, &pool->part[0], spec, network, &spec->train.files, directory);
    if ((parts & POOL_TEST) && spec->test.files.count > 0)
        read_part(context, pool, &pool->part[1], spec, network, &spec->test.files, directory);
}
