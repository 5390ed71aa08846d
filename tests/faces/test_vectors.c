/* test_vectors.c - products, lengths, pixels, and numbers as bytes. */
#include "support.h"

#include "bytes.h"
#include "pixels.h"
#include "vectors.h"

enum { COUNT = 37 };

static void test_a_product_has_every_element_once(void **state)
{
    (void)state;
    float one[COUNT], other[COUNT];
    for (int i = 0; i < COUNT; i++) {
        one[i] = (float)(i + 1);
        other[i] = 2;
    }
    for (size_t count = 0; count <= COUNT; count++)
        assert_close((double)vector_dot(one, other, count), (double)(count * (count + 1)));
}

static void test_length_1(void **state)
{
    (void)state;
    float vector[] = {3, 0, -4};
    assert_true(vector_normalize(vector, 3));
    assert_close((double)vector[0], 0.6);
    assert_close((double)vector[2], -0.8);
}

static void test_what_has_no_direction(void **state)
{
    (void)state;
    float zero[] = {0, 0}, infinite[] = {1, INFINITY}, none[] = {NAN, 1};
    assert_false(vector_normalize(zero, 2));
    assert_false(vector_normalize(infinite, 2));
    assert_false(vector_normalize(none, 2));
}

static void test_the_nearest_is_the_first_of_the_most_similar(void **state)
{
    (void)state;
    static const float matrix[] = {0, 1, 0.8f, 0.6f, 1, 0, 1, 0}, vector[] = {1, 0};
    Nearest nearest = vector_nearest(vector, matrix, 4, 2);
    assert_int_equal(nearest.row, 2);
    assert_close((double)nearest.similarity, 1);
}

static void test_numbers_are_kept_lowest_byte_first(void **state)
{
    (void)state;
    static const float numbers[] = {1.0f, -0.15625f};
    static const unsigned char wanted[] = {0, 0, 0x80, 0x3f, 0, 0, 0x20, 0xbe};
    unsigned char bytes[8];
    float again[2];
    bytes_of_floats(numbers, 2, bytes);
    assert_memory_equal(bytes, wanted, 8);
    bytes_to_floats(bytes, 2, again);
    assert_memory_equal(again, numbers, sizeof numbers);
}

/* Less the mean (10, 20, 30) they are (10, 0, 0), (0, 5, 0) and (-3, -4, 0). */
static void test_pixels_are_compared_less_the_mean(void **state)
{
    (void)state;
    static const unsigned char pictures[3][3] = {{20, 20, 30}, {10, 25, 30}, {7, 16, 30}}, dark[] = {0, 10, 60},
                               bright[] = {20, 30, 0};
    Mean_picture mean = mean_picture_new(&context, 3);
    mean_picture_add(&mean, dark);
    mean_picture_add(&mean, bright);
    Pixels pixels = pixels_new(&context, 3, 3);
    for (size_t i = 0; i < 3; i++)
        pixels_put(&pixels, i, pictures[i]);
    pixels_center(&pixels, &mean);
    assert_close((double)pixels_similarity(&pixels, 0, 0), 1);
    assert_close((double)pixels_similarity(&pixels, 0, 1), 0);
    assert_close((double)pixels_similarity(&pixels, 0, 2), -0.6);
    assert_close((double)pixels_similarity(&pixels, 1, 2), -0.8);
}

/* More than 32 bits hold: 100,000 white pixels. */
static void test_large_pictures_do_not_overflow(void **state)
{
    (void)state;
    enum { LARGE = 100000 };
    Mean_picture mean = mean_picture_new(&context, LARGE);
    Pixels pixels = pixels_new(&context, 2, LARGE);
    mean_picture_add(&mean, pixels.picture); /* black */
    memset(pixels.picture, 255, LARGE);
    memset(pixels.picture + LARGE, 255, LARGE / 2);
    pixels_center(&pixels, &mean);
    assert_close(pixels.length[0], 255 * sqrt(LARGE));
    assert_close((double)pixels_similarity(&pixels, 0, 1), sqrt(0.5));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_product_has_every_element_once),
        cmocka_unit_test(test_length_1),
        cmocka_unit_test(test_what_has_no_direction),
        cmocka_unit_test(test_the_nearest_is_the_first_of_the_most_similar),
        cmocka_unit_test(test_numbers_are_kept_lowest_byte_first),
        cmocka_unit_test(test_pixels_are_compared_less_the_mean),
        cmocka_unit_test(test_large_pictures_do_not_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
