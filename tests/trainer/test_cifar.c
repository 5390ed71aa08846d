/* test_cifar.c - CIFAR-10's binary records as images with their channels last, and what is no such file. */
#include "support.h"

#include "cifar.h"
#include "networks.h"
#include "samples.h"

#include <stdlib.h>
#include <string.h>

enum { RECORD = 3073, MOST = 8 };

/* What a record holds: the class is given, the planes tell pixel and channel apart. */
static unsigned char planted(size_t record, int channel, int pixel)
{
    return (unsigned char)(7 * record + 50 * (size_t)channel + (size_t)pixel * 3 + (size_t)pixel / 256);
}

static unsigned char *records(const unsigned char *class, size_t count)
{
    unsigned char *bytes = calloc(count + 1, RECORD);
    assert_non_null(bytes);
    for (size_t r = 0; r < count; r++) {
        bytes[r * RECORD] = class[r];
        for (int c = 0; c < 3; c++) {
            for (int i = 0; i < 1024; i++)
                bytes[r * RECORD + 1 + 1024 * (size_t)c + (size_t)i] = planted(r, c, i);
        }
    }
    return bytes;
}

static void put_records(const char *name, const unsigned char *class, size_t count, size_t length, bool gz)
{
    unsigned char *bytes = records(class, count);
    (gz ? put_gz : put_bytes)(name, bytes, length);
    free(bytes);
}

static void put_whole(const char *name, const unsigned char *class, size_t count)
{
    put_records(name, class, count, count * RECORD, false);
}

/* ---- files ---- */

static void read_two_files(Context *context, void *argument)
{
    (void)argument;
    Cifar cifar = {.image = {.rows = 0}};
    cifar_read(context, path_of("a.bin"), &cifar);
    cifar_read(context, path_of("b.bin.gz"), &cifar);
    assert_int_equal(cifar.image.rows, 5);
    assert_int_equal(cifar.image.width, 3072);
    assert_int_equal(cifar.label.rows, 5);
    const unsigned char *label = cifar.label.values, *image = cifar.image.values;
    assert_memory_equal(label, "\3\0\11\1\2", 5);
    for (size_t r = 0; r < 5; r++) {
        for (int i = 0; i < 1024; i++) {
            for (int c = 0; c < 3; c++)
                assert_int_equal(image[r * 3072 + 3 * (size_t)i + (size_t)c], planted(r < 3 ? r : r - 3, c, i));
        }
    }
}

static void test_cifar_records_become_images_with_channels_last(void **state)
{
    (void)state;
    put_whole("a.bin", (const unsigned char *)"\3\0\11", 3);
    put_records("b.bin.gz", (const unsigned char *)"\1\2", 2, 2 * RECORD, true);
    expect_success(read_two_files, NULL);
}

static void read_one(Context *context, void *name)
{
    Cifar cifar = {.image = {.rows = 0}};
    cifar_read(context, path_of(name), &cifar);
}

static void refuse(size_t length, const char *message)
{
    char name[] = "bad.bin";
    put_records(name, (const unsigned char *)"\0\0\0\0\0\0\0\0", MOST, length, false);
    expect_failure(read_one, name, message);
    put_records(name, (const unsigned char *)"\0\0\0\0\0\0\0\0", MOST, length, true);
    expect_failure(read_one, name, message);
}

static void test_cifar_refuses_what_is_no_whole_number_of_records(void **state)
{
    (void)state;
    refuse(0, "bad.bin: byte 0: error: the file is empty");
    refuse(1, "bad.bin: byte 1: error: the file ends here, 1 bytes into a record of 3073");
    refuse(RECORD - 1, "byte 3072: error: the file ends here, 3072 bytes into a record");
    refuse(RECORD + 1, "byte 3074: error: the file ends here, 1 bytes into a record");
    refuse(2 * RECORD + 700, "byte 6846: error: the file ends here, 700 bytes into a record");
    refuse(2 * 3074, "records of 3074 bytes are CIFAR-100's");
    char name[] = "none.bin";
    expect_failure(read_one, name, "none.bin: error: cannot read it");
    put_records("cut.gz", (const unsigned char *)"\1\2", 2, 2 * RECORD, true);
    size_t length = 0;
    char *bytes = get_text("cut.gz", &length);
    put_bytes("cut.gz", bytes, length / 2);
    free(bytes);
    char cut[] = "cut.gz";
    expect_failure(read_one, cut, "the compressed data end in the middle");
}

/* ---- as samples ---- */

static const nnc_port picture = {.name = "picture", .rank = 3, .shape = {32, 32, 3}, .elements = 3072};
static const nnc_port planes = {.name = "planes", .rank = 3, .shape = {3, 32, 32}, .elements = 3072};
static const nnc_port row = {.name = "row", .rank = 1, .shape = {3072}, .elements = 3072};
static const nnc_port grey = {.name = "grey", .rank = 3, .shape = {32, 32, 1}, .elements = 1024};
static const nnc_port ten = {.name = "class", .type = NNC_INT32, .elements = 1, .classes = 10};
static const nnc_port vector = {.name = "vector", .rank = 1, .shape = {10}, .elements = 10};
static const nnc_port same = {.name = "same", .rank = 3, .shape = {32, 32, 3}, .elements = 3072, .copies = 1};

typedef struct Wanted {
    nnc_network network;
    Data_spec spec;
} Wanted;

static Wanted wanted(const nnc_port *input, const nnc_port *target)
{
    return (Wanted){
        .network =
            {.name = "net", .real_bytes = 4, .batch = 2, .inputs = 1, .input = input, .targets = 1, .target = target},
        .spec = {.format = DATA_CIFAR, .train = {.files = WORDS("a.bin")}, .scale = 0.5, .offset = -1}};
}

static Samples *load(Context *context, const Wanted *wanted)
{
    Pool *pool = pool_read(context, &wanted->spec, &wanted->network, folder(), POOL_TRAIN | POOL_TEST, NULL);
    Split split = split_holdout(context, pool, &wanted->spec);
    return samples_make(context, pool, &split, &wanted->spec, &wanted->network, NULL);
}

static void load_only(Context *context, void *argument)
{
    load(context, argument);
}

static void load_classes(Context *context, void *argument)
{
    const Samples *samples = load(context, argument);
    assert_int_equal(samples->train.samples, 3);
    assert_int_equal(samples->test.samples, 1);
    const float *x = (const float *)(const void *)samples->train.input[0].values;
    const int32_t *t = (const int32_t *)(const void *)samples->train.target[0].values;
    assert_true(t[0] == 3 && t[1] == 0 && t[2] == 9);
    assert_true(x[3072 + 3 * 40 + 2] == 0.5f * (float)planted(1, 2, 40) - 1);
    assert_int_equal(((const int32_t *)(const void *)samples->test.target[0].values)[0], 5);
    assert_int_equal(samples->encoding->classes[0].count, 10);
    assert_string_equal(samples->encoding->classes[0].name[9], "truck");
}

static void load_onehot(Context *context, void *argument)
{
    const Samples *samples = load(context, argument);
    const float *t = (const float *)(const void *)samples->train.target[0].values;
    assert_true(t[3] == 1 && t[0] == 0 && t[10] == 1 && t[29] == 1);
}

static void load_copies(Context *context, void *argument)
{
    const Samples *samples = load(context, argument);
    assert_int_equal(samples->train.samples, 3);
    assert_int_equal(samples->train.target[0].bytes, 0);
}

static Data_words ten_names(void)
{
    static const char *const name[] = {"airplane", "automobile", "bird",  "cat",  "deer",
                                       "dog",      "frog",       "horse", "ship", "truck"};
    return (Data_words){10, name};
}

static void test_cifar_becomes_scaled_inputs_and_targets_of_its_classes(void **state)
{
    (void)state;
    put_whole("a.bin", (const unsigned char *)"\3\0\11", 3);
    put_whole("t.bin", (const unsigned char *)"\5", 1);
    Wanted classes = wanted(&picture, &ten);
    classes.spec.test.files = WORDS("t.bin");
    classes.spec.classes = ten_names();
    expect_success(load_classes, &classes);
    Wanted flat = wanted(&row, &vector);
    expect_success(load_onehot, &flat);
    Wanted copies = wanted(&picture, &same);
    expect_success(load_copies, &copies);
}

static void test_cifar_files_that_do_not_fit_the_network_are_refused(void **state)
{
    (void)state;
    put_whole("a.bin", (const unsigned char *)"\3\0\12", 3);
    Wanted bad = wanted(&picture, &ten);
    expect_failure(load_only, &bad,
                   "a.bin: byte 6146: error: class 10 of record 3; the classes of network net are 0 to 9");
    put_whole("a.bin", (const unsigned char *)"\3\0\11", 3);
    bad = wanted(&planes, &ten);
    expect_failure(load_only, &bad, "the images are [32, 32, 3], input planes of network net is [3, 32, 32]");
    bad = wanted(&grey, &ten);
    expect_failure(load_only, &bad, "a sample has 3072 numbers, the network net takes 1024");
    bad = wanted(&picture, &ten);
    bad.spec.classes = WORDS("a", "b");
    expect_failure(load_only, &bad, "data.classes has 2 names, target class of network net has 10 classes");
    bad = wanted(&picture, &same);
    bad.spec.classes = ten_names();
    expect_failure(load_only, &bad, "data.classes names classes, but network net has no target of classes");
    bad = wanted(&picture, &ten);
    bad.spec.train.files = (Data_words){0};
    expect_failure(load_only, &bad, "data.train.files names no file");
    const nnc_port two[] = {ten, ten};
    bad = wanted(&picture, two);
    bad.network.targets = 2;
    expect_failure(load_only, &bad, "a record has one class; target class of network net takes more");
}

const struct CMUnitTest cifar_tests[] = {
    cmocka_unit_test(test_cifar_records_become_images_with_channels_last),
    cmocka_unit_test(test_cifar_refuses_what_is_no_whole_number_of_records),
    cmocka_unit_test(test_cifar_becomes_scaled_inputs_and_targets_of_its_classes),
    cmocka_unit_test(test_cifar_files_that_do_not_fit_the_network_are_refused),
};
const size_t cifar_count = sizeof cifar_tests / sizeof *cifar_tests;
