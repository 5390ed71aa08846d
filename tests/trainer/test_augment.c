/* test_augment.c - what augmentation does to a picture, and that it depends on nothing but seed and place. */
#include "support.h"

#include "augment.h"
#include "batches.h"
#include "networks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { HEIGHT = 12, WIDTH = 10, CHANNELS = 2, ELEMENTS = HEIGHT * WIDTH * CHANNELS, PLACES = 400 };

static const nnc_port picture = {"picture", NNC_REAL, 3, {HEIGHT, WIDTH, CHANNELS}, ELEMENTS, 0, 0};
static const nnc_port flat = {"flat", NNC_REAL, 1, {ELEMENTS}, ELEMENTS, 0, 0};
static const nnc_port classes = {"class", NNC_INT32, 0, {0}, 1, 3, 0};
static const nnc_port mask = {"mask", NNC_REAL, 3, {HEIGHT, WIDTH, 1}, HEIGHT *WIDTH, 0, 0};
static const nnc_port same = {"same", NNC_REAL, 3, {HEIGHT, WIDTH, CHANNELS}, ELEMENTS, 0, 1};

static nnc_network network_of(const nnc_port *input, const nnc_port *target)
{
    return (nnc_network){.name = "net",
                         .real_bytes = sizeof(float),
                         .batch = 2,
                         .inputs = 1,
                         .input = input,
                         .targets = 1,
                         .target = target};
}

/* What one sample becomes at each place. */
typedef struct Change {
    Data_augment spec;
    nnc_network network;
    double black, white;
    uint64_t seed;
    float before[ELEMENTS], after[PLACES][ELEMENTS];
} Change;

static Change *change_of(Data_augment spec)
{
    Change *change = calloc(1, sizeof *change);
    assert_non_null(change);
    change->spec = spec;
    change->spec.place = "net.yaml:9:3";
    change->network = network_of(&picture, &classes);
    change->black = -1;
    change->white = 1;
    change->seed = 5;
    for (int i = 0; i < ELEMENTS; i++) /* rows and columns rise, the second channel is the other way round */
        change->before[i] = (float)((i % 2 ? -1 : 1) * (i / 2 % WIDTH + 16 * (i / 2 / WIDTH))) / 256;
    return change;
}

static void run(Context *context, void *argument)
{
    Change *change = argument;
    const Augment *augment =
        augment_open(context, &change->spec, &change->network, change->black, change->white, change->seed);
    assert_non_null(augment);
    for (uint64_t place = 0; place < PLACES; place++) {
        memcpy(change->after[place], change->before, sizeof change->before);
        augment_sample(augment, &change->network, 0, place, change->after[place]);
    }
}

static Change *changed(Data_augment spec)
{
    Change *change = change_of(spec);
    expect_success(run, change);
    return change;
}

static float pixel(const float *values, int y, int x, int c)
{
    y = y < 0 ? 0 : y >= HEIGHT ? HEIGHT - 1 : y;
    x = x < 0 ? 0 : x >= WIDTH ? WIDTH - 1 : x;
    return values[(y * WIDTH + x) * CHANNELS + c];
}

static bool is_moved(const Change *change, const float *after, int down, int aside, bool mirrored)
{
    for (int y = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x++) {
            int from = (mirrored ? WIDTH - 1 - x : x) - aside;
            for (int c = 0; c < CHANNELS; c++) {
                if (pixel(after, y, x, c) != pixel(change->before, y - down, from, c))
                    return false;
            }
        }
    }
    return true;
}

static void test_augment_mirrors_half_of_the_pictures(void **state)
{
    (void)state;
    Change *change = changed((Data_augment){.mirror = true});
    int mirrored = 0;
    for (int i = 0; i < PLACES; i++) {
        bool is = is_moved(change, change->after[i], 0, 0, true);
        assert_true(is || is_moved(change, change->after[i], 0, 0, false));
        mirrored += is;
    }
    assert_in_range(mirrored, PLACES / 2 - 40, PLACES / 2 + 40); /* 4 standard deviations */
    free(change);
}

static void test_augment_shifts_by_whole_pixels_and_repeats_the_border(void **state)
{
    (void)state;
    Change *change = changed((Data_augment){.shift = 0.2}); /* 2.4 rows, 2 columns */
    int seen[5][5] = {{0}};
    for (int i = 0; i < PLACES; i++) {
        int found = 0;
        for (int down = -2; down <= 2; down++) {
            for (int aside = -2; aside <= 2; aside++) {
                bool is = is_moved(change, change->after[i], down, aside, false);
                found += is;
                seen[down + 2][aside + 2] += is;
            }
        }
        assert_int_equal(found, 1);
    }
    for (int i = 0; i < 25; i++)
        assert_in_range(seen[i / 5][i % 5], 1, 40); /* 16 each */
    free(change);
}

/* Rows and columns rise evenly, and so they do in a window of them, slower. */
static void test_augment_crops_windows_within_the_picture(void **state)
{
    (void)state;
    Change *change = changed((Data_augment){.crop = 0.5});
    double least = 1, most = 0;
    for (int i = 0; i < PLACES; i++) {
        const float *after = change->after[i];
        double down = (double)(pixel(after, 7, 5, 0) - pixel(after, 5, 5, 0)) * 256 / 16 / 2;
        double aside = (double)(pixel(after, 5, 6, 0) - pixel(after, 5, 4, 0)) * 256 / 2;
        expect_near(down, aside, 1e-3);
        assert_true(down > 0.499 && down < 1.001);
        least = fmin(least, down);
        most = fmax(most, down);
        for (int e = 0; e < ELEMENTS; e++) {
            assert_true(after[e] >= (e % 2 ? change->before[ELEMENTS - 1] : 0));
            assert_true(after[e] <= (e % 2 ? 0 : change->before[ELEMENTS - 2]));
        }
    }
    assert_true(least < 0.55 && most > 0.95);
    free(change);
}

static void test_augment_brightens_about_black_and_up_to_white(void **state)
{
    (void)state;
    Change *change = changed((Data_augment){.brightness = 0.5});
    double least = 9, most = 0;
    for (int i = 0; i < PLACES; i++) {
        double factor = ((double)change->after[i][1] + 1) / ((double)change->before[1] + 1);
        for (int e = 0; e < ELEMENTS; e++)
            expect_near((double)change->after[i][e], fmin(1, factor * ((double)change->before[e] + 1) - 1), 1e-6);
        least = fmin(least, factor);
        most = fmax(most, factor);
    }
    assert_true(least >= 0.5 && least < 0.55 && most <= 1.5 && most > 1.45);
    free(change);
}

static void test_augment_cuts_out_a_square_everywhere(void **state)
{
    (void)state;
    Change *change = change_of((Data_augment){.cutout = 0.4}); /* 4 pixels */
    for (int i = 0; i < ELEMENTS; i++)
        change->before[i] = 1;
    expect_success(run, change);
    int whole = 0, hit[ELEMENTS] = {0};
    for (int i = 0; i < PLACES; i++) {
        int zeros = 0;
        for (int e = 0; e < ELEMENTS; e++) {
            zeros += change->after[i][e] == 0;
            hit[e] += change->after[i][e] == 0;
            assert_true(change->after[i][e] == 0 || change->after[i][e] == 1);
            assert_true(change->after[i][e] == change->after[i][e ^ 1]); /* all channels */
        }
        assert_in_range(zeros, 4 * CHANNELS, 16 * CHANNELS); /* a corner of it lies inside */
        whole += zeros == 16 * CHANNELS;
    }
    assert_true(whole > PLACES / 3);
    for (int e = 0; e < ELEMENTS; e++)
        assert_true(hit[e] > 0);
    free(change);
}

static const Data_augment everything = {.mirror = true, .shift = 0.1, .crop = 0.3, .brightness = 0.4, .cutout = 0.3};

static void run_backwards(Context *context, void *argument)
{
    Change *change = argument;
    const Augment *augment =
        augment_open(context, &change->spec, &change->network, change->black, change->white, change->seed);
    for (uint64_t place = PLACES; place-- > 0;) {
        memcpy(change->after[place], change->before, sizeof change->before);
        augment_sample(augment, &change->network, 0, place, change->after[place]);
    }
}

static void test_augment_depends_on_seed_and_place_alone(void **state)
{
    (void)state;
    Change *one = changed(everything), *other = change_of(everything), *third = change_of(everything);
    expect_success(run_backwards, other);
    assert_memory_equal(one->after, other->after, sizeof one->after);
    third->seed = 6;
    expect_success(run, third);
    int equal = 0, repeated = 0;
    for (int i = 0; i < PLACES; i++) {
        equal += memcmp(one->after[i], third->after[i], sizeof one->after[i]) == 0;
        repeated += memcmp(one->after[i], one->after[(i + 1) % PLACES], sizeof one->after[i]) == 0;
    }
    assert_true(equal < 3 && repeated < 3);
    free(one);
    free(other);
    free(third);
}

/* The same numbers in double, to the rounding of a float. */
static void test_augment_is_the_same_in_both_types(void **state)
{
    (void)state;
    Change *change = changed(everything), *wide = change_of(everything);
    wide->network.real_bytes = sizeof(double);
    Context context = {0};
    const Augment *augment = augment_open(&context, &wide->spec, &wide->network, wide->black, wide->white, wide->seed);
    for (uint64_t place = 0; place < PLACES; place++) {
        double values[ELEMENTS];
        for (int e = 0; e < ELEMENTS; e++)
            values[e] = (double)wide->before[e];
        augment_sample(augment, &wide->network, 0, place, values);
        for (int e = 0; e < ELEMENTS; e++)
            assert_true((float)values[e] == change->after[place][e]);
    }
    context_release(&context, 0);
    free(change);
    free(wide);
}

static void test_augment_refuses_what_is_no_picture(void **state)
{
    (void)state;
    Change *change = change_of(everything);
    change->network = network_of(&flat, &classes);
    expect_failure(run, change,
                   "net.yaml:9:3: error: 'augment' is for an input of [height, width, channels]; network net");
    change->network = network_of(&picture, &mask);
    expect_failure(run, change, "net.yaml:9:3: error: target mask of network net is a picture, too");
    change->network = network_of(&picture, &same); /* an autoencoder's target is its input: it changes alike */
    expect_success(run, change);
    change->network = network_of(&picture, &classes);
    change->spec.shift = 0.04;
    expect_failure(run, change,
                   "error: augment.shift is a share of the picture; of 12 x 10 pixels, that is less than one");
    change->spec.shift = 0;
    change->spec.cutout = 0.04;
    expect_failure(run, change, "error: augment.cutout is a share");
    free(change);
}

/* ---- in training ---- */

static const nnc_port square[] = {{"picture", NNC_REAL, 3, {2, 2, 1}, 4, 0, 0}};

static nnc_network small_network(void)
{
    nnc_network network = classes_network;
    network.input = square;
    return network;
}

/* 70 pictures of 2 x 2, in IDX. */
static Data_spec pictures_in_idx(void)
{
    unsigned char inputs[16 + 280] = {0, 0, 8, 3, 0, 0, 0, 70, 0, 0, 0, 2, 0, 0, 0, 2};
    unsigned char targets[8 + 70] = {0, 0, 8, 1, 0, 0, 0, 70};
    for (int i = 0; i < 280; i++)
        inputs[16 + i] = (unsigned char)(i % 4 == i / 4 % 3 ? 240 : i * 37 % 60);
    for (int i = 0; i < 70; i++)
        targets[8 + i] = (unsigned char)(i % 3);
    put_bytes("augment-inputs", inputs, sizeof inputs);
    put_bytes("augment-targets", targets, sizeof targets);
    return (Data_spec){.format = DATA_IDX,
                       .train = {.inputs = WORDS("augment-inputs"), .targets = WORDS("augment-targets")},
                       .test = {.split = 0.2},
                       .scale = 1.0 / 255,
                       .augment = {.place = "net.yaml:9:3", .mirror = true, .crop = 0.3, .brightness = 0.3}};
}

static char *weights_after(const char *name, const Data_spec *spec, int epochs, bool resume, const char *checkpoint)
{
    nnc_network network = small_network();
    Train_options options = quiet_options(epochs);
    options.weights = path_of(name);
    options.checkpoint = checkpoint == NULL ? NULL : path_of(checkpoint);
    options.checkpoint_every = checkpoint == NULL ? 0 : 3;
    options.resume = resume;
    train_well(&network, spec, options);
    size_t length;
    return get_text(name, &length);
}

static void test_augment_ends_in_the_same_bits_after_a_resumed_run(void **state)
{
    (void)state;
    Data_spec spec = pictures_in_idx();
    size_t length = 0;
    char *whole = weights_after("a1.safetensors", &spec, 7, false, NULL);
    remove_file("a.checkpoint");
    free(weights_after("a2.safetensors", &spec, 2, false, "a.checkpoint"));
    char *resumed = weights_after("a2.safetensors", &spec, 7, true, "a.checkpoint");
    free(get_text("a1.safetensors", &length));
    assert_memory_equal(whole, resumed, length);
    Data_spec plain = spec;
    plain.augment = (Data_augment){.place = NULL};
    char *other = weights_after("a3.safetensors", &plain, 7, false, NULL);
    assert_int_not_equal(memcmp(whole, other, length), 0);
    spec.augment.brightness = 0.2;
    nnc_network network = small_network();
    Train_options options = quiet_options(9);
    options.weights = path_of("a2.safetensors");
    options.checkpoint = path_of("a.checkpoint");
    options.resume = true;
    train_badly(&network, &spec, options, "the checkpoint was made with other data");
    free(whole);
    free(resumed);
    free(other);
}

const struct CMUnitTest augment_tests[] = {
    cmocka_unit_test(test_augment_mirrors_half_of_the_pictures),
    cmocka_unit_test(test_augment_shifts_by_whole_pixels_and_repeats_the_border),
    cmocka_unit_test(test_augment_crops_windows_within_the_picture),
    cmocka_unit_test(test_augment_brightens_about_black_and_up_to_white),
    cmocka_unit_test(test_augment_cuts_out_a_square_everywhere),
    cmocka_unit_test(test_augment_depends_on_seed_and_place_alone),
    cmocka_unit_test(test_augment_is_the_same_in_both_types),
    cmocka_unit_test(test_augment_refuses_what_is_no_picture),
    cmocka_unit_test(test_augment_ends_in_the_same_bits_after_a_resumed_run),
};
const size_t augment_count = sizeof augment_tests / sizeof *augment_tests;
