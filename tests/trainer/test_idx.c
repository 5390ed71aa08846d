/* test_idx.c - IDX files of every type, and what is no IDX file. */
#include "support.h"

#include "idx.h"
#include "networks.h"
#include "samples.h"

#include <string.h>

typedef struct Bytes {
    unsigned char data[4096];
    size_t length;
} Bytes;

static void add_32(Bytes *bytes, uint32_t number)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        bytes->data[bytes->length++] = (unsigned char)(number >> shift);
}

/* A header with up to 4 sizes. */
static Bytes header(int code, int rank, const uint32_t *size)
{
    Bytes bytes = {.data = {0, 0, (unsigned char)code, (unsigned char)rank}, .length = 4};
    for (int i = 0; i < rank; i++)
        add_32(&bytes, size[i]);
    return bytes;
}

static void add_zeros(Bytes *bytes, size_t count)
{
    bytes->length += count;
}

typedef struct Expected {
    const char *name;
    Matrix_type type;
    double value[4];
} Expected;

static void read_four(Context *context, void *argument)
{
    const Expected *expected = argument;
    Matrix matrix = idx_read(context, path_of(expected->name));
    assert_int_equal(matrix.type, expected->type);
    assert_int_equal(matrix.rows, 2);
    assert_int_equal(matrix.width, 2);
    double row[4];
    matrix_row(&matrix, 0, row);
    matrix_row(&matrix, 1, row + 2);
    for (int i = 0; i < 4; i++)
        assert_true(row[i] == expected->value[i]);
}

static void put_four(const char *name, int code, int item, const uint64_t *raw, bool gz)
{
    Bytes bytes = header(code, 2, (const uint32_t[]){2, 2});
    for (int i = 0; i < 4; i++) {
        for (int shift = 8 * (item - 1); shift >= 0; shift -= 8)
            bytes.data[bytes.length++] = (unsigned char)(raw[i] >> shift);
    }
    (gz ? put_gz : put_bytes)(name, bytes.data, bytes.length);
}

static void test_idx_reads_every_type_plain_and_compressed(void **state)
{
    (void)state;
    static const struct {
        int code, item;
        uint64_t raw[4];
        Expected expected;
    } cases[] = {
        {0x08, 1, {0, 1, 128, 255}, {"t.idx", MATRIX_UINT8, {0, 1, 128, 255}}},
        {0x09, 1, {0, 1, 128, 255}, {"t.idx", MATRIX_INT8, {0, 1, -128, -1}}},
        {0x0b, 2, {1, 0x0102, 0x8000, 0xffff}, {"t.idx", MATRIX_INT16, {1, 258, -32768, -1}}},
        {0x0c, 4, {1, 0x01020304, 0x80000000, 0xffffffff}, {"t.idx", MATRIX_INT32, {1, 16909060, -2147483648.0, -1}}},
        {0x0d, 4, {0x3f800000, 0xc0200000, 0, 0x00000001}, {"t.idx", MATRIX_FLOAT, {1, -2.5, 0, 0x1p-149}}},
        {0x0e, 8, {0x3ff0000000000000, 0xc004000000000000, 0, 1}, {"t.idx", MATRIX_DOUBLE, {1, -2.5, 0, 0x1p-1074}}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int gz = 0; gz < 2; gz++) {
            put_four("t.idx", cases[i].code, cases[i].item, cases[i].raw, gz);
            Expected expected = cases[i].expected;
            expect_success(read_four, &expected);
        }
    }
}

static void read_bad(Context *context, void *name)
{
    idx_read(context, path_of(name));
}

static void refuse(Bytes bytes, const char *message)
{
    char name[] = "bad.idx";
    put_bytes(name, bytes.data, bytes.length);
    expect_failure(read_bad, name, message);
}

static void test_idx_refuses_what_is_no_idx_file(void **state)
{
    (void)state;
    refuse((Bytes){.length = 0}, "byte 0: error: the file ends within the 4 bytes");
    refuse((Bytes){.data = {0, 0, 8}, .length = 3}, "byte 3: error: the file ends within the 4 bytes");
    refuse((Bytes){.data = "x1,x2\n", .length = 6}, "byte 0: error: an IDX file begins with two zero bytes, this one");
    refuse(header(0x0a, 1, (const uint32_t[]){1}), "byte 2: error: element type 0x0a");
    refuse(header(0x08, 0, NULL), "byte 3: error: rank 0; 1 to 4");
    refuse((Bytes){.data = {0, 0, 8, 200}, .length = 4}, "byte 3: error: rank 200");
    refuse((Bytes){.data = {0, 0, 8, 3, 0, 0, 0, 1}, .length = 8},
           "byte 8: error: the file ends within its header of 16");
    refuse(header(0x08, 2, (const uint32_t[]){5, 0}), "byte 8: error: size 2 is 0");
}

static void test_idx_believes_no_size_that_is_not_there(void **state)
{
    (void)state;
    Bytes bytes = header(0x08, 3, (const uint32_t[]){60000, 28, 28});
    add_zeros(&bytes, 100);
    refuse(bytes, "byte 116: error: the file ends here, its header promises 47040000 bytes of data and 100 are there");
    bytes = header(0x0e, 4, (const uint32_t[]){0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff});
    refuse(bytes, "byte 20: error: the file ends here");
    add_zeros(&bytes, 3000);
    put_gz("bomb.idx", bytes.data, bytes.length);
    char name[] = "bomb.idx";
    expect_failure(read_bad, name, "the file ends here");
    bytes = header(0x08, 1, (const uint32_t[]){3});
    add_zeros(&bytes, 4);
    refuse(bytes, "byte 11: error: the file goes on after the 3 bytes");
}

static void test_idx_refuses_numbers_that_are_not_finite(void **state)
{
    (void)state;
    Bytes bytes = header(0x0d, 2, (const uint32_t[]){2, 2});
    add_zeros(&bytes, 8);
    add_32(&bytes, 0x7f800000);
    add_32(&bytes, 0);
    refuse(bytes, "byte 20: error: sample 2 holds inf");
}

/* ---- as samples ---- */

static void put_inputs(const char *name, uint32_t samples, uint32_t width)
{
    Bytes bytes = header(0x08, 2, (const uint32_t[]){samples, width});
    for (uint32_t i = 0; i < samples * width; i++)
        bytes.data[bytes.length++] = (unsigned char)i;
    put_bytes(name, bytes.data, bytes.length);
}

static void put_labels(const char *name, uint32_t samples, const unsigned char *label)
{
    Bytes bytes = header(0x08, 1, &samples);
    memcpy(bytes.data + bytes.length, label, samples);
    bytes.length += samples;
    put_bytes(name, bytes.data, bytes.length);
}

static Data_spec idx_spec(void)
{
    return (Data_spec){
        .format = DATA_IDX, .train = {.inputs = WORDS("x.idx"), .targets = WORDS("t.idx")}, .scale = 0.5, .offset = 1};
}

typedef struct Wanted {
    const nnc_network *network;
    Data_spec spec;
    Samples *samples;
} Wanted;

static Samples *load(Context *context, const Wanted *wanted)
{
    Pool *pool = pool_read(context, &wanted->spec, wanted->network, folder(), POOL_TRAIN | POOL_TEST, NULL);
    Split split = split_holdout(context, pool, &wanted->spec);
    return samples_make(context, pool, &split, &wanted->spec, wanted->network, NULL);
}

static void load_only(Context *context, void *argument)
{
    load(context, argument);
}

static void load_classes(Context *context, void *argument)
{
    const Samples *samples = load(context, argument);
    assert_int_equal(samples->train.samples, 3);
    const float *x = (const float *)(const void *)samples->train.input[0].values;
    const int32_t *t = (const int32_t *)(const void *)samples->train.target[0].values;
    for (int i = 0; i < 12; i++)
        assert_true(x[i] == 0.5f * (float)i + 1);
    assert_true(t[0] == 2 && t[1] == 0 && t[2] == 1);
}

static void load_onehot(Context *context, void *argument)
{
    const Samples *samples = load(context, argument);
    const float *t = (const float *)(const void *)samples->train.target[0].values;
    const float expected[] = {0, 0, 1, 1, 0, 0, 0, 1, 0};
    assert_memory_equal(t, expected, sizeof expected);
}

static void test_idx_becomes_scaled_inputs_and_class_or_one_hot_targets(void **state)
{
    (void)state;
    put_inputs("x.idx", 3, 4);
    put_labels("t.idx", 3, (const unsigned char *)"\2\0\1");
    Wanted wanted = {&classes_network, idx_spec(), NULL};
    expect_success(load_classes, &wanted);
    wanted.network = &onehot_network;
    expect_success(load_onehot, &wanted);
}

static void load_signs(Context *context, void *argument)
{
    const Samples *samples = load(context, argument);
    const float *t = (const float *)(const void *)samples->train.target[0].values;
    assert_true(t[0] == 1 && t[1] == -1 && t[2] == 1);
}

static void load_scaled(Context *context, void *argument)
{
    const Samples *samples = load(context, argument);
    const double *t = (const double *)(const void *)samples->train.target[0].values;
    assert_true(t[0] == 5 && t[1] == 1 && t[2] == 2.5);
}

static void test_idx_targets_of_one_number_are_signs_or_scaled_values(void **state)
{
    (void)state;
    put_inputs("x.idx", 3, 2);
    put_labels("t.idx", 3, (const unsigned char *)"\1\0\1");
    Wanted wanted = {&sign_network, idx_spec(), NULL};
    expect_success(load_signs, &wanted);
    put_inputs("x.idx", 3, 1);
    put_labels("t.idx", 3, (const unsigned char *)"\10\0\3");
    wanted.network = &line_network;
    expect_success(load_scaled, &wanted);
}

static void test_idx_files_that_do_not_fit_the_network_are_refused(void **state)
{
    (void)state;
    put_inputs("x.idx", 3, 4);
    put_labels("t.idx", 3, (const unsigned char *)"\2\0\3");
    Wanted wanted = {&classes_network, idx_spec(), NULL};
    expect_failure(load_only, &wanted,
                   "t.idx: byte 10: error: class 3 of sample 3; the classes of network classes are 0 to 2");
    put_labels("t.idx", 2, (const unsigned char *)"\2\0");
    expect_failure(load_only, &wanted, "2 samples, but");
    put_labels("t.idx", 3, (const unsigned char *)"\2\0\1");
    put_inputs("x.idx", 3, 5);
    expect_failure(load_only, &wanted, "a sample has 5 numbers, the network classes takes 4");
    wanted.spec.train.targets = (Data_words){0};
    expect_failure(load_only, &wanted,
                   "data.train.targets has 0 files; target class of network classes needs one more");
    wanted.spec.train.inputs = (Data_words){0};
    wanted.spec.place = "spec.yaml:7:1";
    expect_failure(load_only, &wanted, "spec.yaml:7:1: error: data.train.inputs names no file");
}

static void load_autoencoder(Context *context, void *argument)
{
    const Samples *samples = load(context, argument);
    assert_int_equal(samples->train.samples, 3);
    assert_int_equal(samples->train.target[0].bytes, 0);
}

static void test_idx_autoencoder_needs_no_targets(void **state)
{
    (void)state;
    put_inputs("x.idx", 3, 2);
    Wanted wanted = {&autoencoder_network, idx_spec(), NULL};
    wanted.spec.train.targets = (Data_words){0};
    expect_success(load_autoencoder, &wanted);
}

const struct CMUnitTest idx_tests[] = {
    cmocka_unit_test(test_idx_reads_every_type_plain_and_compressed),
    cmocka_unit_test(test_idx_refuses_what_is_no_idx_file),
    cmocka_unit_test(test_idx_believes_no_size_that_is_not_there),
    cmocka_unit_test(test_idx_refuses_numbers_that_are_not_finite),
    cmocka_unit_test(test_idx_becomes_scaled_inputs_and_class_or_one_hot_targets),
    cmocka_unit_test(test_idx_targets_of_one_number_are_signs_or_scaled_values),
    cmocka_unit_test(test_idx_files_that_do_not_fit_the_network_are_refused),
    cmocka_unit_test(test_idx_autoencoder_needs_no_targets),
};
const size_t idx_count = sizeof idx_tests / sizeof *idx_tests;
