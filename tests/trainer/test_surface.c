/* test_surface.c - the plane of a network of two inputs: its colours are the network's answers, its points
 * the samples. */
#include "support.h"

#include "gnuplot.h"
#include "networks.h"
#include "plot.h"
#include "run.h"
#include "surface.h"

#include <stdlib.h>
#include <string.h>

typedef struct Wanted {
    const nnc_network *network;
    Data_spec spec;
    void (*look)(const Surface *surface);
} Wanted;

/* Trains, and looks at the plane. */
static void train_and_look(Context *context, void *argument)
{
    const Wanted *wanted = argument;
    Train_options options = quiet_options(20);
    options.quiet = true;
    options.out = options.err = fopen("/dev/null", "w");
    Pool *pool = pool_read(context, &wanted->spec, wanted->network, folder(), POOL_TRAIN | POOL_TEST, NULL);
    Split split = split_holdout(context, pool, &wanted->spec);
    Samples *samples = samples_make(context, pool, &split, &wanted->spec, wanted->network, NULL);
    Run *run = run_open(context, wanted->network, samples, &options, 1);
    run_train(run);
    fclose(options.out);
    const Surface *surface =
        surface_make(context, pool, &split, &wanted->spec, samples->encoding, run->scorer, run->training);
    if (wanted->look == NULL)
        assert_null(surface);
    else
        assert_non_null(surface);
    if (surface != NULL)
        wanted->look(surface);
}

enum { LAST = SURFACE_CELLS - 1 };

static uint32_t cell(const Surface *surface, int row, int column)
{
    return surface->colour[row * SURFACE_CELLS + column];
}

static bool is_blue(uint32_t colour)
{
    return (colour & 255) > (colour >> 16) + 20;
}

static bool is_orange(uint32_t colour)
{
    return (colour >> 16) > (colour & 255) + 20;
}

/* ---- two classes, and numbers ---- */

static void look_at_gauss(const Surface *surface)
{
    assert_true(surface->low[0] == -6 && surface->high[1] == 6);
    assert_true(is_blue(cell(surface, LAST, LAST)) && is_orange(cell(surface, 0, 0)));
    assert_true(cell(surface, 0, LAST) != cell(surface, LAST, LAST));
    assert_int_equal(surface->keys, 2);
    assert_string_equal(surface->key[0].name, "-1");
    assert_true(is_orange(surface->key[0].colour) && is_blue(surface->key[1].colour));
    assert_in_range(surface->train.count, 100, 400);
    assert_in_range(surface->test.count, 100, 400);
    for (size_t i = 0; i < surface->train.count; i++) {
        const Surface_point *point = &surface->train.point[i];
        assert_true(point->x + point->y > 0 ? is_blue(point->colour) : is_orange(point->colour));
    }
}

static void look_at_plane(const Surface *surface)
{
    assert_true(is_blue(cell(surface, LAST, LAST)) && is_orange(cell(surface, 0, 0)));
    uint32_t middle = cell(surface, SURFACE_CELLS / 2, SURFACE_CELLS / 2);
    assert_true(!is_blue(middle) && !is_orange(middle));
    assert_int_equal(surface->keys, 3);
    assert_string_equal(surface->key[1].name, "0");
}

static void test_surface_of_two_classes_and_of_numbers_goes_from_orange_to_blue(void **state)
{
    (void)state;
    Wanted wanted = {&sign_network, {.format = DATA_PLAYGROUND, .pattern = DATA_PATTERN_GAUSS}, look_at_gauss};
    expect_success(train_and_look, &wanted);
    wanted.network = &binary_network;
    expect_success(train_and_look, &wanted);
    wanted = (Wanted){&sign_network, {.format = DATA_PLAYGROUND, .pattern = DATA_PATTERN_PLANE}, look_at_plane};
    expect_success(train_and_look, &wanted);
}

static void look_at_circle(const Surface *surface)
{
    assert_true(is_blue(cell(surface, SURFACE_CELLS / 2, SURFACE_CELLS / 2)) && is_orange(cell(surface, 0, 0)) &&
                is_orange(cell(surface, LAST, 0)) && is_orange(cell(surface, 0, LAST)));
}

static void test_surface_of_a_playground_is_that_of_its_points_whatever_the_features(void **state)
{
    (void)state;
    Wanted wanted = {
        &seven_network, {.format = DATA_PLAYGROUND, .features = 7, .feature = {6, 5, 4, 3, 2, 1, 0}}, look_at_circle};
    expect_success(train_and_look, &wanted);
}

/* ---- classes of a table ---- */

static void look_at_table(const Surface *surface)
{
    assert_string_equal(surface->name[0], "length");
    assert_string_equal(surface->name[1], "weight");
    assert_true(surface->low[0] < 100 && surface->low[0] > 90 && surface->high[0] > 199 && surface->high[0] < 210);
    assert_true(surface->low[1] < -2 && surface->high[1] > -1);
    assert_int_equal(surface->train.count + surface->test.count, 100);
    assert_int_equal(surface->test.count, 20);
    assert_int_equal(surface->keys, 2);
    assert_string_equal(surface->key[0].name, "long");
    assert_true(is_blue(cell(surface, LAST / 2, LAST)) && is_orange(cell(surface, LAST / 2, 0)));
    for (size_t i = 0; i < surface->train.count; i++)
        assert_int_equal(surface->train.point[i].colour, surface->key[surface->train.point[i].x < 150].colour);
}

static void test_surface_of_a_table_is_in_its_own_units(void **state)
{
    (void)state;
    FILE *file = fopen(path_of("plane.csv"), "w");
    assert_non_null(file);
    fprintf(file, "length,weight,kind\n");
    for (int i = 0; i < 100; i++)
        fprintf(file, "%d,%g,%s\n", 100 + i, -1 - (i * 37 % 100) / 100.0, i < 50 ? "short" : "long");
    fclose(file);
    Data_spec spec = {
        .format = DATA_CSV, .train = {.file = "plane.csv"}, .test = {.split = 0.2}, .standardize_inputs = true};
    Wanted wanted = {&two_network, spec, look_at_table};
    expect_success(train_and_look, &wanted);
}

static void test_surface_is_none_where_there_is_no_plane_or_no_colour(void **state)
{
    (void)state;
    put_flowers("flowers.csv");
    Wanted wanted = {&classes_network, flowers(), NULL}; /* four inputs */
    expect_success(train_and_look, &wanted);
    put_text("pairs.csv", "x,y,u,v\n1,2,3,4\n2,3,4,5\n0,1,2,3\n");
    wanted = (Wanted){&pair_network,
                      {.format = DATA_CSV, .train = {.file = "pairs.csv"}, .label = WORDS("u", "v")},
                      NULL}; /* two outputs that are numbers */
    expect_success(train_and_look, &wanted);
    put_text("words.csv", "w,k\na,0\nb,1\na,0\n");
    wanted =
        (Wanted){&two_network, {.format = DATA_CSV, .train = {.file = "words.csv"}, .categories = WORDS("w")}, NULL};
    expect_success(train_and_look, &wanted);
}

/* ---- pictures ---- */

static void test_plot_draws_the_plane(void **state)
{
    (void)state;
    Context context = {.block = NULL};
    Data_spec spec = {.format = DATA_PLAYGROUND, .pattern = DATA_PATTERN_GAUSS, .train = {.samples = 50}};
    Train_options options = quiet_options(3);
    options.plot = path_of("plane.svg");
    if (!context_attempt(&context, (void (*)(Context *, void *))(void (*)(void))gnuplot_check,
                         (void *)(uintptr_t)options.plot)) {
        context_release(&context, 0);
        skip(); /* gnuplot is not installed */
    }
    train_well(&sign_network, &spec, options);
    size_t length = 0;
    char *svg = get_text("plane.svg", &length);
    assert_non_null(svg);
    assert_non_null(strstr(svg, "width=\"1740\""));
    assert_non_null(strstr(svg, ">x2<"));
    free(svg);
    context_release(&context, 0);
}

const struct CMUnitTest surface_tests[] = {
    cmocka_unit_test(test_surface_of_two_classes_and_of_numbers_goes_from_orange_to_blue),
    cmocka_unit_test(test_surface_of_a_playground_is_that_of_its_points_whatever_the_features),
    cmocka_unit_test(test_surface_of_a_table_is_in_its_own_units),
    cmocka_unit_test(test_surface_is_none_where_there_is_no_plane_or_no_colour),
    cmocka_unit_test(test_plot_draws_the_plane),
};
const size_t surface_count = sizeof surface_tests / sizeof *surface_tests;
