/* test_split.c - splits, folds and batches: every sample where it belongs, exactly once. */
#include "support.h"

#include "batches.h"
#include "networks.h"
#include "shuffle.h"

#include <math.h>
#include <string.h>

/* 100 lines, x = line number; 60 of class a, 30 of b, 10 of c. */
static void put_lines(void)
{
    FILE *file = fopen(path_of("t.csv"), "w");
    assert_non_null(file);
    for (int i = 0; i < 100; i++)
        fprintf(file, "%d,0,0,%d,%s\n", i, i * i, i < 60 ? "a" : i < 90 ? "b" : "c");
    fclose(file);
}

static Data_spec lines_spec(void)
{
    return (Data_spec){.format = DATA_CSV, .train = {.file = "t.csv"}};
}

static Pool *read_lines(Context *context, const Data_spec *spec)
{
    return pool_read(context, spec, &classes_network, folder(), POOL_TRAIN | POOL_TEST, NULL);
}

static void count_rows(const Rows *rows, int *seen, int class[3])
{
    for (size_t i = 0; i < rows->count; i++) {
        uint32_t r = rows->row[i];
        seen[r]++;
        class[r < 60 ? 0 : r < 90 ? 1 : 2]++;
    }
}

static void hold_out(Context *context, void *argument)
{
    const Data_spec *spec = argument;
    Split split = split_holdout(context, read_lines(context, spec), spec);
    int seen[100] = {0}, train[3] = {0}, validation[3] = {0}, test[3] = {0};
    count_rows(&split.train, seen, train);
    count_rows(&split.validation, seen, validation);
    count_rows(&split.test, seen, test);
    for (int i = 0; i < 100; i++)
        assert_int_equal(seen[i], 1);
    assert_int_equal(split.test.count, 20);
    assert_int_equal(split.validation.count, 8);
    for (int c = 0; c < 3; c++)
        assert_in_range(test[c], (c == 0 ? 11 : c == 1 ? 5 : 1), (c == 0 ? 13 : c == 1 ? 7 : 3));
}

static void test_split_holds_out_a_share_of_each_class(void **state)
{
    (void)state;
    put_lines();
    Data_spec spec = lines_spec();
    spec.test.split = 0.2;
    spec.validation = 0.1;
    expect_success(hold_out, &spec);
}

static void compare_seeds(Context *context, void *argument)
{
    Data_spec spec = *(const Data_spec *)argument;
    Pool *pool = read_lines(context, &spec);
    Split one = split_holdout(context, pool, &spec), again = split_holdout(context, pool, &spec);
    spec.seed = 5;
    Split other = split_holdout(context, pool, &spec);
    assert_memory_equal(one.test.row, again.test.row, one.test.count * sizeof *one.test.row);
    assert_memory_not_equal(one.test.row, other.test.row, one.test.count * sizeof *one.test.row);
}

static void test_split_is_the_seeds(void **state)
{
    (void)state;
    put_lines();
    Data_spec spec = lines_spec();
    spec.test.split = 0.2;
    expect_success(compare_seeds, &spec);
}

static void make_folds(Context *context, void *argument)
{
    const Data_spec *spec = argument;
    Pool *pool = read_lines(context, spec);
    int tested[100] = {0};
    for (int f = 0; f < spec->folds; f++) {
        Split split = split_fold(context, pool, spec, 1, f);
        int seen[100] = {0}, train[3] = {0}, test[3] = {0};
        count_rows(&split.train, seen, train);
        count_rows(&split.test, seen, test);
        for (int i = 0; i < 100; i++)
            assert_int_equal(seen[i], 1);
        for (size_t i = 0; i < split.test.count; i++)
            tested[split.test.row[i]]++;
        assert_in_range(split.test.count, 14, 15);
        assert_in_range(test[0], 8, 9);
        assert_in_range(test[2], 1, 2);
    }
    for (int i = 0; i < 100; i++)
        assert_int_equal(tested[i], 1);
}

static void test_folds_test_each_sample_once_and_each_class_evenly(void **state)
{
    (void)state;
    put_lines();
    Data_spec spec = lines_spec();
    spec.folds = 7;
    expect_success(make_folds, &spec);
}

static void read_pool(Context *context, void *argument)
{
    Pool *pool = read_lines(context, argument);
    split_holdout(context, pool, argument);
}

static void test_split_refuses_shares_that_make_no_sense(void **state)
{
    (void)state;
    put_lines();
    Data_spec spec = lines_spec();
    spec.test.split = 1.5;
    expect_failure(read_pool, &spec, "data.test.split is 1.5; it is a share");
    spec.test.split = (double)NAN;
    expect_failure(read_pool, &spec, "data.test.split is");
    spec.test.split = 0.001;
    expect_failure(read_pool, &spec, "a share of 0.001 of 100 samples is not one sample");
    spec.test = (Data_source){.split = 0.1, .file = "u.csv"};
    expect_failure(read_pool, &spec, "data.test has more than one of a file, a split and a where");
    spec.folds = 5;
    spec.test = (Data_source){.split = 0.1};
    expect_failure(read_pool, &spec, "leave data.test out");
    spec = lines_spec();
    spec.folds = 1;
    expect_failure(read_pool, &spec, "data.folds is 1; it is 2 or more");
    spec = (Data_spec){.format = DATA_NONE};
    expect_failure(read_pool, &spec, "no data: section");
}

static void learn_scaling(Context *context, void *argument)
{
    const Data_spec *spec = argument;
    Pool *pool = read_lines(context, spec);
    Split split = split_holdout(context, pool, spec);
    Samples *samples = samples_make(context, pool, &split, spec, &classes_network, NULL);
    double sum = 0, squares = 0;
    for (size_t i = 0; i < split.train.count; i++)
        sum += split.train.row[i];
    double mean = sum / (double)split.train.count;
    for (size_t i = 0; i < split.train.count; i++)
        squares += (split.train.row[i] - mean) * (split.train.row[i] - mean);
    expect_near(samples->encoding->inputs.mean[0], mean, 1e-9);
    expect_near(samples->encoding->inputs.scale[0], sqrt(squares / (double)split.train.count), 1e-9);
    assert_true(samples->encoding->inputs.scale[1] == 1); /* a constant column */
    const float *x = (const float *)(const void *)samples->test.input[0].values;
    expect_near((double)x[0], (split.test.row[0] - mean) / samples->encoding->inputs.scale[0], 1e-6);
}

static void test_standardize_learns_from_training_samples_alone(void **state)
{
    (void)state;
    put_lines();
    Data_spec spec = lines_spec();
    spec.standardize_inputs = true;
    spec.test.split = 0.3;
    expect_success(learn_scaling, &spec);
    spec.standardize_targets = true;
    expect_failure(learn_scaling, &spec, "data.standardize.targets is for targets that are numbers");
}

/* ---- batches ---- */

static Samples *all_lines(Context *context)
{
    Data_spec spec = lines_spec();
    Pool *pool = read_lines(context, &spec);
    Split split = split_holdout(context, pool, &spec);
    return samples_make(context, pool, &split, &spec, &classes_network, NULL);
}

static int line_of(const Batches *batches, int place)
{
    return (int)((const float *)batches->input[0])[4 * place];
}

static void stream(Context *context, void *argument)
{
    (void)argument;
    Batches *batches = batches_open(context, &all_lines(context)->train, &classes_network, NULL, 3);
    int seen[100] = {0}, order[2][100], taken = 0;
    for (uint64_t step = 0; taken < 300; step++) {
        batches_gather(batches, step);
        for (int i = 0; i < 16; i++, taken++) {
            int line = line_of(batches, i);
            seen[line]++;
            if (taken < 200)
                order[taken / 100][taken % 100] = line;
            assert_int_equal(((const int32_t *)batches->target[0])[i], line < 60 ? 0 : line < 90 ? 1 : 2);
            assert_true(seen[line] <= taken / 100 + 1); /* none twice before all */
        }
    }
    assert_memory_not_equal(order[0], order[1], sizeof order[0]);
    assert_int_equal(batches_end_of_epoch(batches, 0), 7);
    assert_int_equal(batches_end_of_epoch(batches, 1), 13);
    assert_int_equal(batches_end_of_epoch(batches, 15), 100);
}

static void test_batches_complete_an_epoch_from_the_next(void **state)
{
    (void)state;
    put_lines();
    expect_success(stream, NULL);
}

static void jump(Context *context, void *argument)
{
    (void)argument;
    Samples *samples = all_lines(context);
    Batches *one = batches_open(context, &samples->train, &classes_network, NULL, 3);
    Batches *other = batches_open(context, &samples->train, &classes_network, NULL, 3);
    for (uint64_t step = 0; step < 40; step++)
        batches_gather(one, step);
    batches_gather(other, 39);
    assert_memory_equal(one->input[0], other->input[0], 16 * 4 * sizeof(float));
}

static void test_batches_depend_on_seed_and_step_alone(void **state)
{
    (void)state;
    put_lines();
    expect_success(jump, NULL);
}

static void few(Context *context, void *argument)
{
    (void)argument;
    Samples *samples = all_lines(context);
    samples->train.samples = 5;
    Batches *batches = batches_open(context, &samples->train, &classes_network, NULL, 1);
    int seen[5] = {0};
    for (uint64_t step = 0; step < 5; step++) {
        batches_gather(batches, step);
        for (int i = 0; i < 16; i++)
            seen[line_of(batches, i)]++;
    }
    for (int i = 0; i < 5; i++)
        assert_int_equal(seen[i], 16);
}

static void test_batches_larger_than_the_set_run_through_several_epochs(void **state)
{
    (void)state;
    put_lines();
    expect_success(few, NULL);
}

static void test_shuffle_is_fair(void **state)
{
    (void)state;
    int count[4][4] = {{0}};
    for (uint32_t epoch = 0; epoch < 4000; epoch++) {
        uint32_t item[4] = {0, 1, 2, 3};
        shuffle(item, 4, 9, epoch);
        for (int i = 0; i < 4; i++)
            count[i][item[i]]++;
    }
    for (int i = 0; i < 16; i++)
        assert_in_range(count[i / 4][i % 4], 880, 1120);
}

const struct CMUnitTest split_tests[] = {
    cmocka_unit_test(test_split_holds_out_a_share_of_each_class),
    cmocka_unit_test(test_split_is_the_seeds),
    cmocka_unit_test(test_folds_test_each_sample_once_and_each_class_evenly),
    cmocka_unit_test(test_split_refuses_shares_that_make_no_sense),
    cmocka_unit_test(test_standardize_learns_from_training_samples_alone),
    cmocka_unit_test(test_batches_complete_an_epoch_from_the_next),
    cmocka_unit_test(test_batches_depend_on_seed_and_step_alone),
    cmocka_unit_test(test_batches_larger_than_the_set_run_through_several_epochs),
    cmocka_unit_test(test_shuffle_is_fair),
};
const size_t split_count = sizeof split_tests / sizeof *split_tests;
