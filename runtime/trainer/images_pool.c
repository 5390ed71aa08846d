/* images_pool.c - folders of pictures as samples: a class for each folder, and which of them test. */
#include "file.h"
#include "folders.h"
#include "pictures.h"
#include "pool.h"
#include "shuffle.h"

#include <math.h>
#include <string.h>

enum { NAMES_SHOWN = 12, CLASS_NONE = -1 };

typedef struct Maker {
    Context *context;
    Pool *pool;
    const Data_spec *spec;
    const nnc_network *network;
    const char *directory;
    int shape[3];
    int target; /* the one that takes the classes; -1: there is none */
    Picture_cache *cache;
} Maker;

/* ---- classes ---- */

/* An autoencoder has none. */
static int class_target(const Maker *maker)
{
    int found = -1;
    for (int t = 0; t < maker->network->targets; t++) {
        const nnc_port *port = &maker->network->target[t];
        if (!pool_target_has_data(port))
            continue;
        if (found >= 0 || (port->type == NNC_INT32 && port->elements != 1))
            context_fail(maker->context, "%serror: a picture has one class; target %s of network %s takes more",
                         pool_place(maker->context, maker->spec), port->name, maker->network->name);
        found = t;
        maker->pool->kind[t] = pool_kind(maker->network, t, true);
    }
    return found;
}

static long find_class(const Classes *classes, const char *name)
{
    for (size_t i = 0; i < classes->count; i++) {
        if (strcmp(classes->name[i], name) == 0)
            return (long)i;
    }
    return CLASS_NONE;
}

static const char *listed(Context *context, const Classes *classes)
{
    const char *list = "";
    for (size_t i = 0; i < classes->count && i < NAMES_SHOWN; i++)
        list = context_format(context, "%s%s%s", list, i == 0 ? "" : ", ", classes->name[i]);
    return classes->count > NAMES_SHOWN ? context_format(context, "%s, ...", list) : list;
}

static void check_count(const Maker *maker, const Folders *folders, size_t training)
{
    if (maker->target < 0)
        return;
    const nnc_port *port = &maker->network->target[maker->target];
    size_t wanted = pool_class_count(port, maker->pool->kind[maker->target]);
    const char *of_which =
        training == folders->count ? "" : context_format(maker->context, ", %zu of which train", training);
    if (training < 2)
        context_fail(maker->context, "%s: error: %zu %s to train on%s; classes are told apart, so two are the least",
                     folders->path, training, training == 1 ? "class" : "classes", of_which);
    if (training != wanted)
        context_fail(maker->context, "%s: error: there are %zu classes in it%s; target %s of network %s takes %zu",
                     folders->path, folders->count, of_which, port->name, maker->network->name, wanted);
}

/* The classes that train get their names and numbers; number[folder]: CLASS_NONE for one that is held out. */
static long *number_classes(const Maker *maker, const Folders *folders, const bool *held_out)
{
    Context *context = maker->context;
    long *number = context_allocate(context, folders->count, sizeof *number);
    Classes known = {.name = context_allocate(context, folders->count, sizeof *known.name)};
    for (size_t c = 0; c < folders->count; c++) {
        number[c] = held_out[c] ? CLASS_NONE : (long)known.count;
        if (!held_out[c])
            known.name[known.count++] = folders->class[c].name;
    }
    check_count(maker, folders, known.count);
    if (maker->target < 0)
        return number;
    Classes *classes = &maker->pool->encoding->classes[maker->target];
    bool same = classes->count == 0 || classes->count == known.count;
    for (size_t c = 0; c < classes->count && same; c++)
        same = strcmp(classes->name[c], known.name[c]) == 0;
    if (!same)
        context_fail(context, "%s: error: the classes to train on are %s; those of the weights are %s", folders->path,
                     listed(context, &known), listed(context, classes));
    *classes = known;
    return number;
}

/* ---- classes that are held out ---- */

static void hold_out_by_name(const Maker *maker, const Folders *folders, bool *held_out)
{
    const Data_source *test = &maker->spec->test;
    for (size_t i = 0; i < test->held_out.count; i++) {
        size_t c = 0;
        while (c < folders->count && strcmp(folders->class[c].name, test->held_out.item[i]) != 0)
            c++;
        if (c == folders->count)
            context_fail(maker->context, "%s: error: by_class names %s, and there is no such folder in %s",
                         test->held_place == NULL ? "data.test.split" : test->held_place[i], test->held_out.item[i],
                         folders->path);
        held_out[c] = true;
    }
}

static void hold_out_by_share(const Maker *maker, const Folders *folders, bool *held_out)
{
    uint32_t *order = context_allocate(maker->context, folders->count, sizeof *order);
    size_t count = (size_t)floor((double)folders->count * maker->spec->test.by_class + 0.5);
    for (size_t c = 0; c < folders->count; c++)
        order[c] = (uint32_t)c;
    shuffle(order, folders->count, maker->spec->seed, SHUFFLE_CLASSES);
    if (count == 0)
        context_fail(maker->context, "%s: error: a share of %g of %zu classes is not one class", folders->path,
                     maker->spec->test.by_class, folders->count);
    for (size_t i = 0; i < count; i++)
        held_out[order[i]] = true;
}

static bool *held_out_classes(const Maker *maker, const Folders *folders)
{
    bool *held_out = context_allocate(maker->context, folders->count, sizeof *held_out);
    hold_out_by_name(maker, folders, held_out);
    if (maker->spec->test.by_class > 0)
        hold_out_by_share(maker, folders, held_out);
    return held_out;
}

/* Notes who they are: the network knows nothing of them. */
static void note_strangers(const Maker *maker, const Folders *folders, const bool *stranger, const Pictures *pictures)
{
    Strangers *strangers = &maker->pool->strangers;
    strangers->classes.name = context_allocate(maker->context, folders->count, sizeof *strangers->classes.name);
    for (size_t c = 0; c < folders->count; c++) {
        if (stranger[c])
            strangers->classes.name[strangers->classes.count++] = folders->class[c].name;
    }
    for (size_t r = 0; r < pictures->pixels.rows; r++)
        strangers->samples += stranger[pictures->class[r]];
    strangers->names = listed(maker->context, &strangers->classes);
}

/* ---- parts ---- */

static void make_part(const Maker *maker, Part *part, const Pictures *pictures, const long *number)
{
    Context *context = maker->context;
    part->rows = pictures->pixels.rows;
    part->inputs = 1;
    part->input = context_allocate(context, 1, sizeof *part->input);
    part->input[0] = pictures->pixels;
    part->input[0].scale = maker->spec->scale == 0 ? 1 : maker->spec->scale;
    part->input[0].offset = maker->spec->offset;
    if (maker->target < 0)
        return;
    int32_t *class = context_allocate(context, part->rows, sizeof *class);
    for (size_t r = 0; r < part->rows; r++) {
        long its = number[pictures->class[r]];
        class[r] = its == CLASS_NONE ? 0 : (int32_t)its; /* of rows that no set takes */
    }
    part->target[maker->target] = (Matrix){.path = pictures->pixels.path,
                                           .type = MATRIX_INT32,
                                           .rank = 1,
                                           .shape = {part->rows},
                                           .rows = part->rows,
                                           .width = 1,
                                           .scale = 1,
                                           .values = class};
}

/* The last pictures of each class test; at least one trains. */
static void take_of_each(const Maker *maker, const Folders *folders, const Pictures *pictures)
{
    size_t wanted = (size_t)maker->spec->test.of_each, rows = pictures->pixels.rows;
    unsigned char *role = maker->pool->role;
    for (size_t first = 0, end = 0; first < rows; first = end) {
        uint32_t class = pictures->class[first];
        while (end < rows && pictures->class[end] == class)
            end++;
        if (end - first <= wanted)
            context_fail(maker->context,
                         "%s: error: this class has %zu pictures; with of_each: %zu of them in the test set none is "
                         "left to train on",
                         file_join(maker->context, folders->path, folders->class[class].name), end - first, wanted);
        memset(role + end - wanted, ROLE_TEST, wanted);
    }
}

static void take_roles(const Maker *maker, const Folders *folders, const Pictures *pictures, const bool *held_out)
{
    maker->pool->role = context_allocate(maker->context, pictures->pixels.rows, 1); /* zeros: ROLE_TRAIN */
    for (size_t r = 0; r < pictures->pixels.rows; r++) {
        if (held_out[pictures->class[r]])
            maker->pool->role[r] = ROLE_NONE;
    }
    if (maker->spec->test.of_each > 0)
        take_of_each(maker, folders, pictures);
}

static Pictures read_pictures(const Maker *maker, const Folders *folders, const char *name)
{
    return pictures_read(maker->context, folders, maker->shape, maker->cache, name, maker->spec->strict,
                         maker->context->notes);
}

static Folders read_folders(const Maker *maker, const char *name)
{
    return folders_read(maker->context, file_join(maker->context, maker->directory, name));
}

static void read_train(const Maker *maker)
{
    const char *name = maker->spec->train.folder;
    Folders folders = read_folders(maker, name);
    const bool *held_out = held_out_classes(maker, &folders);
    const long *number = number_classes(maker, &folders, held_out);
    Pictures pictures = read_pictures(maker, &folders, name);
    make_part(maker, &maker->pool->part[0], &pictures, number);
    take_roles(maker, &folders, &pictures, held_out);
    if (maker->spec->test.by_class > 0 || maker->spec->test.held_out.count > 0)
        note_strangers(maker, &folders, held_out, &pictures);
}

/* A test folder has only classes that train, or none of them. */
static void read_test(const Maker *maker)
{
    const Classes *known = maker->target < 0 ? NULL : &maker->pool->encoding->classes[maker->target];
    Folders folders = read_folders(maker, maker->spec->test.folder);
    long *number = context_allocate(maker->context, folders.count, sizeof *number);
    bool *stranger = context_allocate(maker->context, folders.count, sizeof *stranger);
    size_t strangers = 0, last = 0;
    for (size_t c = 0; c < folders.count && known != NULL; c++) {
        number[c] = find_class(known, folders.class[c].name);
        stranger[c] = number[c] == CLASS_NONE;
        strangers += stranger[c];
        last = stranger[c] ? c : last;
    }
    if (strangers > 0 && strangers < folders.count)
        context_fail(maker->context,
                     "%s: error: the classes to train on are %s; this is none of them, but others of the test set are",
                     file_join(maker->context, folders.path, folders.class[last].name), listed(maker->context, known));
    Pictures pictures = read_pictures(maker, &folders, maker->spec->test.folder);
    if (strangers > 0)
        note_strangers(maker, &folders, stranger, &pictures);
    else
        make_part(maker, &maker->pool->part[1], &pictures, number);
}

void images_pool(Context *context, Pool *pool, const Data_spec *spec, const nnc_network *network, const char *directory,
                 int parts)
{
    const char *place = pool_place(context, spec);
    if (spec->train.folder == NULL)
        context_fail(context, "%serror: data.train.folder names no folder", place);
    Maker maker = {.context = context, .pool = pool, .spec = spec, .network = network, .directory = directory};
    pictures_shape(context, network, place, maker.shape);
    maker.target = class_target(&maker);
    maker.cache = picture_cache_open(context, spec->cache, directory, maker.shape, context->notes);
    if (parts & POOL_TRAIN)
        read_train(&maker);
    if ((parts & POOL_TEST) && spec->test.folder != NULL)
        read_test(&maker);
    if (pool->strangers.samples > 0 && pool->part[0].rows == 0)
        read_train(&maker);
    picture_cache_close(maker.cache);
}
