/* test_where.c - samples picked by the columns of a table: for the test set, for training, for folds. */
#include "support.h"

#include "networks.h"
#include "split.h"

#include <string.h>

/* Six samples of two numbers and a class, as IDX, and the table that describes them. */
static void put_six(void)
{
    unsigned char x[12 + 12] = {0, 0, 8, 2, 0, 0, 0, 6, 0, 0, 0, 2}, t[8 + 6] = {0, 0, 8, 1, 0, 0, 0, 6};
    for (int i = 0; i < 6; i++)
        t[8 + i] = (unsigned char)(i % 2);
    put_bytes("x.idx", x, sizeof x);
    put_bytes("t.idx", t, sizeof t);
    put_text("index.csv", "row,who,take\n0,ann,1\n1,ann,2\n2,bob,1\n3,eve,1.0\n4,bob,3\n5,eve,2\n");
}

static Data_spec six(void)
{
    return (Data_spec){
        .format = DATA_IDX, .train = {.inputs = WORDS("x.idx"), .targets = WORDS("t.idx")}, .index = "index.csv"};
}

static Data_columns where(const char *column, Data_words words)
{
    static Data_column item[16];
    static int next;
    Data_column *made = &item[next++ % 16];
    *made = (Data_column){column, words};
    return (Data_columns){1, made};
}

typedef struct Wanted {
    Data_spec spec;
    const char *train, *test; /* rows, as digits */
} Wanted;

static void expect_rows(const Rows *rows, const char *digits)
{
    assert_int_equal(rows->count, strlen(digits));
    for (size_t i = 0; i < rows->count; i++)
        assert_int_equal(rows->row[i], digits[i] - '0');
}

static Pool *read_pool(Context *context, const Data_spec *spec)
{
    return pool_read(context, spec, &two_network, folder(), POOL_TRAIN | POOL_TEST, NULL);
}

static void hold_out(Context *context, void *argument)
{
    const Wanted *wanted = argument;
    Split split = split_holdout(context, read_pool(context, &wanted->spec), &wanted->spec);
    expect_rows(&split.train, wanted->train);
    expect_rows(&split.test, wanted->test);
}

static void read_only(Context *context, void *argument)
{
    read_pool(context, argument);
}

static void test_where_of_the_test_set_takes_its_rows_from_training(void **state)
{
    (void)state;
    put_six();
    Wanted wanted = {six(), "01", "2345"};
    wanted.spec.test.where = where("who", WORDS("eve", "bob"));
    expect_success(hold_out, &wanted);
    wanted = (Wanted){six(), "145", "023"};
    wanted.spec.test.where = where("take", WORDS("1"));
    expect_success(hold_out, &wanted);
    wanted.spec.test.where = where("3", WORDS("1.0"));
    expect_success(hold_out, &wanted);
}

static void test_where_of_several_columns_holds_for_all_of_them(void **state)
{
    (void)state;
    put_six();
    const Data_column both[] = {{"who", WORDS("ann", "bob")}, {"take", WORDS("1", "3")}};
    Wanted wanted = {six(), "135", "024"};
    wanted.spec.test.where = (Data_columns){2, both};
    expect_success(hold_out, &wanted);
}

static void test_where_of_training_leaves_the_others_out(void **state)
{
    (void)state;
    put_six();
    Wanted wanted = {six(), "0124", ""};
    wanted.spec.train.where = where("who", WORDS("ann", "bob"));
    expect_success(hold_out, &wanted);
    wanted.spec.test.where = where("take", WORDS("1"));
    wanted.train = "14";
    wanted.test = "023";
    expect_success(hold_out, &wanted);
}

static void hold_out_a_half(Context *context, void *argument)
{
    const Data_spec *spec = argument;
    Split split = split_holdout(context, read_pool(context, spec), spec);
    assert_int_equal(split.train.count, 2);
    assert_int_equal(split.test.count, 2);
    for (int i = 0; i < 2; i++)
        assert_true(split.train.row[i] != 3 && split.train.row[i] != 5 && split.test.row[i] != 3 &&
                    split.test.row[i] != 5);
}

static void test_where_of_training_comes_before_a_split(void **state)
{
    (void)state;
    put_six();
    Data_spec spec = six();
    spec.train.where = where("who", WORDS("ann", "bob"));
    spec.test.split = 0.5;
    expect_success(hold_out_a_half, &spec);
}

static void fold_by_who(Context *context, void *argument)
{
    const Data_spec *spec = argument;
    Pool *pool = read_pool(context, spec);
    static const char *const tests[] = {"01", "24", "35"}, *const trains[] = {"2345", "0135", "0124"};
    assert_int_equal(split_folds(pool, spec), 3);
    assert_string_equal(pool->groups.name[2], "eve");
    for (int f = 0; f < 3; f++) {
        Split split = split_fold(context, pool, spec, 1, f);
        expect_rows(&split.train, trains[f]);
        expect_rows(&split.test, tests[f]);
    }
}

static void fold_without_eve(Context *context, void *argument)
{
    const Data_spec *spec = argument;
    Pool *pool = read_pool(context, spec);
    assert_int_equal(split_folds(pool, spec), 2);
    Split split = split_fold(context, pool, spec, 1, 1);
    expect_rows(&split.train, "01");
    expect_rows(&split.test, "24");
}

static void test_folds_by_a_column_test_one_value_each(void **state)
{
    (void)state;
    put_six();
    Data_spec spec = six();
    spec.fold_column = "who";
    expect_success(fold_by_who, &spec);
    spec.train.where = where("who", WORDS("ann", "bob"));
    expect_success(fold_without_eve, &spec);
}

/* A dropped line moves the rows below it up. */
static void test_where_of_csv_looks_at_the_file_itself(void **state)
{
    (void)state;
    put_text("t.csv", "x,y,who,kind\n1,2,ann,a\n,3,eve,b\n5,6,eve,a\n7,8,ann,b\n");
    Wanted wanted = {{.format = DATA_CSV, .train = {.file = "t.csv"}, .missing = DATA_MISSING_DROP}, "02", "1"};
    wanted.spec.ignore = WORDS("who");
    wanted.spec.test.where = where("who", WORDS("eve"));
    expect_success(hold_out, &wanted);
    wanted.spec.header = DATA_HEADER_AUTO;
    put_text("t.csv", "x,y,who,kind\n1,2,3,4\n5,6,1,4\n7,8,3,5\n"); /* numbers: the header is known by its words */
    wanted.spec.test.where = where("who", WORDS("1"));
    expect_success(hold_out, &wanted);
}

static void test_where_says_what_it_does_not_find(void **state)
{
    (void)state;
    put_six();
    Data_spec spec = six();
    spec.test.where = where("who", WORDS("max"));
    expect_failure(read_only, &spec,
                   "index.csv: error: test.where asks for max in column who, which holds ann, bob, eve");
    spec.test.where = where("speaker", WORDS("ann"));
    expect_failure(read_only, &spec,
                   "no column is named \"speaker\", as data.test.where wants; the columns are row, who");
    spec.test.where = where("who", WORDS("ann", "bob", "eve"));
    expect_failure(read_only, &spec, "data.test.where leaves no sample to train on");
    const Data_column both[] = {{"who", WORDS("ann")}, {"take", WORDS("3")}};
    spec.test.where = (Data_columns){2, both};
    expect_failure(read_only, &spec, "data.test.where holds for no sample");
    spec = six();
    spec.train.where = (Data_columns){2, both};
    expect_failure(read_only, &spec, "data.train.where leaves no sample to train on");
    spec = six();
    spec.fold_column = "who";
    spec.train.where = where("who", WORDS("ann"));
    expect_failure(read_only, &spec, "column who has 1 values; as data.folds it has 2 to 1000");
    spec.test.where = where("who", WORDS("ann"));
    expect_failure(read_only, &spec, "leave data.test out");
    spec = six();
    spec.test.where = where("who", WORDS("ann"));
    spec.index = NULL;
    expect_failure(read_only, &spec, "need data.index");
    spec.index = "index.csv";
    put_text("index.csv", "row,who\n0,ann\n1,bob\n");
    expect_failure(read_only, &spec, "index.csv: error: 2 lines below the header, but");
    put_text("index.csv", "row,who\n0,ann\n1\n");
    expect_failure(read_only, &spec, "index.csv:3: error: the line has 1 fields");
    remove_file("index.csv");
    expect_failure(read_only, &spec, "index.csv: error: cannot read it");
}

const struct CMUnitTest where_tests[] = {
    cmocka_unit_test(test_where_of_the_test_set_takes_its_rows_from_training),
    cmocka_unit_test(test_where_of_several_columns_holds_for_all_of_them),
    cmocka_unit_test(test_where_of_training_leaves_the_others_out),
    cmocka_unit_test(test_where_of_training_comes_before_a_split),
    cmocka_unit_test(test_folds_by_a_column_test_one_value_each),
    cmocka_unit_test(test_where_of_csv_looks_at_the_file_itself),
    cmocka_unit_test(test_where_says_what_it_does_not_find),
};
const size_t where_count = sizeof where_tests / sizeof *where_tests;
