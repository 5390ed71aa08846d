/* test_safetensors.c - files of tensors: what is written is read, what is damaged is refused. */
#include "support.h"

#include "networks.h"
#include "safetensors.h"
#include "weights.h"

#include <stdlib.h>
#include <string.h>

static void write_and_read(Context *context, void *argument)
{
    (void)argument;
    const float f[6] = {1, -2, 3.5f, 0, 1e-40f, 3e38f};
    const double d[2] = {1.0 / 3, -1e300};
    const uint64_t seed = 0x0123456789abcdef;
    const int32_t i[3] = {-1, 0, 2147483647};
    Safetensors file = {.path = path_of("t.safetensors")};
    safetensors_add(context, &file, (Safetensor){"a.f", "F32", 2, {2, 3}, 6, f});
    safetensors_add(context, &file, (Safetensor){"b.d", "F64", 1, {2}, 2, d});
    safetensors_add(context, &file, (Safetensor){"c \"seed\" \xc3\xa9", "U64", 0, {0}, 1, &seed});
    safetensors_add(context, &file, (Safetensor){"i", "I32", 1, {3}, 3, i});
    safetensors_add(context, &file, (Safetensor){"none", "F32", 2, {0, 5}, 0, NULL});
    safetensors_add_metadata(context, &file, "key", "a \"text\"\n");
    safetensors_write(context, path_of("t.safetensors"), &file);
    Safetensors *back = safetensors_read(context, path_of("t.safetensors"));
    assert_int_equal(back->count, 5);
    assert_string_equal(safetensors_metadata(back, "key"), "a \"text\"\n");
    assert_null(safetensors_metadata(back, "other"));
    for (size_t k = 0; k < file.count; k++) {
        const Safetensor *found = safetensors_find(back, file.tensor[k].name);
        assert_non_null(found);
        assert_string_equal(found->dtype, file.tensor[k].dtype);
        assert_int_equal(found->rank, file.tensor[k].rank);
        unsigned char values[64];
        safetensors_decode(found, values);
        if (found->elements > 0)
            assert_memory_equal(values, file.tensor[k].values, found->elements * safetensors_item_bytes(found->dtype));
    }
}

static void test_safetensors_round_trip(void **state)
{
    (void)state;
    expect_success(write_and_read, NULL);
}

static void test_safetensors_have_the_format_of_their_ecosystem(void **state)
{
    (void)state;
    expect_success(write_and_read, NULL);
    size_t length;
    char *bytes = get_text("t.safetensors", &length);
    size_t header = (unsigned char)bytes[0] + 256u * (unsigned char)bytes[1];
    for (int i = 2; i < 8; i++)
        assert_int_equal(bytes[i], 0);
    assert_int_equal(header % 8, 0);
    assert_int_equal(bytes[8], '{');
    assert_non_null(strstr(bytes + 8, "\"__metadata__\":{"));
    assert_non_null(strstr(bytes + 8, "\"b.d\":{\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[0,16]}"));
    assert_non_null(strstr(bytes + 8, "\"a.f\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[24,48]}"));
    assert_int_equal(length, 8 + header + 16 + 8 + 24 + 12);
    assert_memory_equal(bytes + 8 + header + 16, "\xef\xcd\xab\x89\x67\x45\x23\x01", 8);
    free(bytes);
}

static void read_bad(Context *context, void *name)
{
    safetensors_read(context, path_of(name));
}

static void put_safetensors(const char *header, size_t claimed, size_t data)
{
    unsigned char bytes[4096] = {(unsigned char)claimed, (unsigned char)(claimed >> 8)};
    size_t length = strlen(header);
    memcpy(bytes + 8, header, length);
    put_bytes("bad.safetensors", bytes, 8 + length + data);
}

static void refuse(const char *header, size_t data, const char *message)
{
    char name[] = "bad.safetensors";
    put_safetensors(header, strlen(header), data);
    expect_failure(read_bad, name, message);
}

#define ENTRY(name, dtype, shape, begin, end)                                                                          \
    "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":[" #begin "," #end "]}"

static void test_safetensors_that_are_damaged_are_refused(void **state)
{
    (void)state;
    char name[] = "bad.safetensors";
    put_bytes(name, "\1\0\0", 3);
    expect_failure(read_bad, name, "3 bytes are no safetensors file");
    put_bytes(name, "\377\377\377\377\377\377\377\377{}", 10);
    expect_failure(read_bad, name, "byte 0: error: a header of 18446744073709551615 bytes");
    put_safetensors("{}", 500, 0);
    expect_failure(read_bad, name, "a header of 500 bytes in a file of 10");
    refuse("{\"a\":", 0, "the header is not the JSON of a safetensors file");
    refuse("[1,2]", 0, "the header is no JSON object");
    refuse("{} x", 0, "the header is not the JSON");
    refuse("{\"a\\u0000b\":1}", 0, "the header is not the JSON");
    refuse("{\"a\":7}", 0, "tensor \"a\" has no dtype or no shape");
    refuse("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "tensor \"a\" has no data_offsets");
    refuse("{" ENTRY("a", "F99", "[1]", 0, 4) "}", 4, "tensor \"a\": dtype \"F99\" is unknown");
    refuse("{" ENTRY("a", "F32", "[-1]", 0, 4) "}", 4, "tensor \"a\": shape holds something that is no whole number");
    refuse("{" ENTRY("a", "F32", "[1.5]", 0, 4) "}", 4, "tensor \"a\": shape holds something");
    refuse("{" ENTRY("a", "F32", "[9223372036854775807,9223372036854775807]", 0, 4) "}", 4,
           "more elements than any file");
    refuse("{" ENTRY("a", "F32", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]", 0, 4) "}", 4, "rank 17; at most 16");
    refuse("{" ENTRY("a", "F32", "[2]", 0, 4) "}", 4, "tensor \"a\" has 4 bytes, its shape F32 [2] takes 8");
    refuse("{" ENTRY("a", "F32", "[1]", 4, 0) "}", 4, "lies from byte 4 to 0");
    refuse("{" ENTRY("a", "F32", "[2]", 0, 8) "}", 4,
           "tensor \"a\" lies from byte 0 to 8; the file has 4 bytes of data");
    refuse("{" ENTRY("a", "F32", "[1]", 0, 4) "," ENTRY("a", "F32", "[1]", 4, 8) "}", 8, "duplicate");
    refuse("{" ENTRY("a", "F32", "[2]", 0, 8) "," ENTRY("b", "F32", "[1]", 4, 8) "}", 8, "tensor \"b\" overlaps \"a\"");
    refuse("{" ENTRY("a", "F32", "[1]", 4, 8) "}", 8, "4 bytes before tensor \"a\" belong to none");
    refuse("{" ENTRY("a", "F32", "[1]", 0, 4) "}", 8, "the file goes on 4 bytes after its last tensor");
    refuse("{\"__metadata__\":{\"a\":1}}", 0, "__metadata__: \"a\" is no text");
    refuse("{\"__metadata__\":3}", 0, "__metadata__ is no JSON object");
}

static void test_safetensors_survive_deep_json(void **state)
{
    (void)state;
    char deep[4000];
    memset(deep, '[', sizeof deep - 1);
    deep[sizeof deep - 1] = 0;
    refuse(deep, 0, "the header is not the JSON");
}

/* Any byte of a file changed: refused, or read as well-formed; never a crash. */
static void test_safetensors_survive_noise(void **state)
{
    (void)state;
    expect_success(write_and_read, NULL);
    size_t length;
    char *bytes = get_text("t.safetensors", &length);
    for (size_t i = 0; i < length; i++) {
        char kept = bytes[i];
        bytes[i] = (char)(kept ^ (1 << i % 8));
        put_bytes("noise.safetensors", bytes, length);
        Context context = {.block = NULL};
        context_attempt(&context, read_bad, (void *)(uintptr_t) "noise.safetensors");
        context_release(&context, 0);
        bytes[i] = kept;
    }
    free(bytes);
}

/* ---- weights ---- */

static void read_weights(Context *context, void *network)
{
    const nnc_network *net = network;
    void *parameters = context_allocate(context, net->parameters_bytes, 1);
    weights_read(context, path_of("w.safetensors"), net, parameters);
}

static void test_weights_keep_standardisation_classes_and_columns(void **state)
{
    (void)state;
    put_flowers("flowers.csv");
    Data_spec spec = flowers();
    Train_options options = quiet_options(3);
    options.weights = path_of("w.safetensors");
    train_well(&classes_network, &spec, options);
    size_t length;
    char *bytes = get_text("w.safetensors", &length);
    assert_non_null(
        strstr(bytes + 8, "\"classes\":\"{\\\"class\\\":[\\\"setosa\\\",\\\"versicolor\\\",\\\"virginica\\\"]}\""));
    assert_non_null(strstr(bytes + 8, "\"dense_1.weight\":{\"dtype\":\"F32\",\"shape\":[4,3]"));
    assert_non_null(strstr(bytes + 8, "\"standardize.inputs.mean\":{\"dtype\":\"F64\",\"shape\":[4]"));
    assert_non_null(strstr(bytes + 8, "\"spec_hash\":\"0123456789abcdef\""));
    assert_null(strstr(bytes + 8, "optimizer"));
    free(bytes);
    expect_success(read_weights, (void *)(uintptr_t)&classes_network);
}

static void test_weights_of_another_network_are_refused(void **state)
{
    (void)state;
    expect_failure(read_weights, (void *)(uintptr_t)&two_network,
                   "w.safetensors: error: tensor \"dense_1.weight\" is F32 [4, 3], network two has F32 [2, 2]");
    nnc_network other = classes_network;
    nnc_tensor tensors[6];
    memcpy(tensors, classes_network.tensor, sizeof tensors);
    other.tensor = tensors;
    tensors[0].name = "dense_9.weight";
    expect_failure(read_weights, &other, "tensor \"dense_9.weight\" of network classes is missing");
    tensors[0] = classes_network.tensor[0];
    tensors[1].parameter = 0;
    expect_failure(read_weights, &other, "tensor \"dense_1.bias\" is not of network classes");
}

static void read_widened(Context *context, void *argument)
{
    (void)argument;
    const float weight = -0.1f, bias = 2.5f;
    Safetensors file = {.path = path_of("w32.safetensors")};
    safetensors_add(context, &file, (Safetensor){"dense_1.weight", "F32", 2, {1, 1}, 1, &weight});
    safetensors_add(context, &file, (Safetensor){"dense_1.bias", "F32", 1, {1}, 1, &bias});
    safetensors_write(context, file.path, &file);
    double parameters[2];
    weights_read(context, path_of("w32.safetensors"), &line_network, parameters);
    assert_true(parameters[0] == (double)-0.1f && parameters[1] == 2.5);
}

static void test_weights_in_single_precision_serve_a_network_in_double(void **state)
{
    (void)state;
    expect_success(read_widened, NULL);
}

const struct CMUnitTest safetensors_tests[] = {
    cmocka_unit_test(test_safetensors_round_trip),
    cmocka_unit_test(test_safetensors_have_the_format_of_their_ecosystem),
    cmocka_unit_test(test_safetensors_that_are_damaged_are_refused),
    cmocka_unit_test(test_safetensors_survive_deep_json),
    cmocka_unit_test(test_safetensors_survive_noise),
    cmocka_unit_test(test_weights_keep_standardisation_classes_and_columns),
    cmocka_unit_test(test_weights_of_another_network_are_refused),
    cmocka_unit_test(test_weights_in_single_precision_serve_a_network_in_double),
};
const size_t safetensors_count = sizeof safetensors_tests / sizeof *safetensors_tests;
