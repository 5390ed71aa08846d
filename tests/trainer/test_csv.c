/* test_csv.c - CSV files as they are found, and what their columns mean. */
#include "support.h"

#include "networks.h"
#include "samples.h"

#include <math.h>
#include <string.h>

typedef struct Table {
    const nnc_network *network;
    Data_spec spec;
    const char *text;
    size_t rows;
    float input[20], target[16];
    const char *class[4];
} Table;

static Samples *load(Context *context, const Table *table)
{
    Pool *pool = pool_read(context, &table->spec, table->network, folder(), POOL_TRAIN | POOL_TEST, NULL);
    Split split = split_holdout(context, pool, &table->spec);
    return samples_make(context, pool, &split, &table->spec, table->network, NULL);
}

static void load_and_compare(Context *context, void *argument)
{
    const Table *table = argument;
    const nnc_network *network = table->network;
    const Samples *samples = load(context, table);
    assert_int_equal(samples->train.samples, table->rows);
    const float *x = (const float *)(const void *)samples->train.input[0].values;
    for (size_t i = 0; i < table->rows * network->input[0].elements; i++)
        expect_near((double)x[i], (double)table->input[i], 1e-6);
    for (size_t i = 0; i < table->rows * network->target[0].elements; i++) {
        const void *t = samples->train.target[0].values;
        float value = network->target[0].type == NNC_INT32 ? (float)((const int32_t *)t)[i] : ((const float *)t)[i];
        expect_near((double)value, (double)table->target[i], 1e-6);
    }
    for (size_t c = 0; c < 4 && table->class[c] != NULL; c++)
        assert_string_equal(samples->encoding->classes[0].name[c], table->class[c]);
}

static Data_spec csv_spec(void)
{
    return (Data_spec){.format = DATA_CSV, .train = {.file = "t.csv"}};
}

static void accept(Table table)
{
    put_text("t.csv", table.text);
    expect_success(load_and_compare, &table);
}

static void load_only(Context *context, void *argument)
{
    load(context, argument);
}

static void refuse(const nnc_network *network, Data_spec spec, const char *text, const char *message)
{
    Table table = {.network = network, .spec = spec};
    put_text("t.csv", text);
    expect_failure(load_only, &table, message);
}

/* Two numbers and one of two words, written in every way. */
static void test_csv_is_read_however_it_is_written(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "1,2,no\n3,4,yes\n",
        "a,b,c\n1,2,no\n3,4,yes\n",
        "1,2,no\r\n3,4,yes\r\n",
        "1,2,no\r3,4,yes",
        "\n\n1,2,no\n\n3,4,yes\n\n\n",
        "\xef\xbb\xbf\x31,2,no\n3,4,yes\n",
        "1;2;no\n3;4;yes\n",
        "1\t2\tno\n3\t4\tyes\n",
        "1 2 no\n3 4 yes\n",
        "   1   2   no  \n  3 4    yes\n",
        " 1 , 2 ,  no \n 3 ,4, yes\n",
        "\"1\",\"2\",\"no\"\n\"3\" , \"4\" , \"yes\"\n",
        "\"a\"\"x\",\"b\nb\",c\n1,2,no\n3,4,yes\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        accept((Table){.network = &two_network,
                       .spec = csv_spec(),
                       .text = texts[i],
                       .rows = 2,
                       .input = {1, 2, 3, 4},
                       .target = {0, 1},
                       .class = {"no", "yes"}});
}

static void test_csv_first_line_of_scikit_learn_names_the_classes(void **state)
{
    (void)state;
    char text[400] = "10,2,yes,no\n";
    Table table = {.network = &two_network, .spec = csv_spec(), .rows = 10, .class = {"no", "yes"}};
    for (int i = 0; i < 10; i++) {
        snprintf(text + strlen(text), sizeof text - strlen(text), "%d,%d,%d\n", i, 2 * i, i % 2);
        table.input[2 * i] = (float)i;
        table.input[2 * i + 1] = (float)(2 * i);
        table.target[i] = (float)((i + 1) % 2); /* sorted: no, yes */
    }
    put_text("t.csv", text);
    expect_success(load_and_compare, &table);
}

/* As in its table of house prices, which names no class. */
static void test_csv_empty_fields_of_the_first_line_name_no_class(void **state)
{
    (void)state;
    char text[400] = "10,2,\n\"a\",\"b\",\"c\"\n";
    Table table = {.network = &two_network, .spec = csv_spec(), .rows = 10, .class = {"0", "1"}};
    for (int i = 0; i < 10; i++) {
        snprintf(text + strlen(text), sizeof text - strlen(text), "%d,%d,%d\n", i, 2 * i, i % 2);
        table.input[2 * i] = (float)i;
        table.input[2 * i + 1] = (float)(2 * i);
        table.target[i] = (float)(i % 2);
    }
    put_text("t.csv", text);
    expect_success(load_and_compare, &table);
}

static void test_csv_may_be_compressed(void **state)
{
    (void)state;
    const char *text = "1,2,no\n3,4,yes\n";
    put_gz("t.csv", text, strlen(text));
    Table table = {.network = &two_network, .spec = csv_spec(), .rows = 2, .input = {1, 2, 3, 4}, .target = {0, 1}};
    expect_success(load_and_compare, &table);
}

static void test_csv_header_may_be_forced_or_forbidden(void **state)
{
    (void)state;
    Data_spec spec = csv_spec();
    spec.header = DATA_HEADER_TRUE;
    accept((Table){&two_network, spec, "9,8,7\n1,2,b\n3,4,a\n", 2, {1, 2, 3, 4}, {1, 0}, {"a", "b"}});
    spec.header = DATA_HEADER_FALSE;
    refuse(&two_network, spec, "x,y,z\n1,2,b\n", "t.csv:1: error: \"x\" in column 1 is no number");
    refuse(&two_network, csv_spec(), "x,y,z\n", "the label has 1 classes (z)");
    spec.header = DATA_HEADER_TRUE;
    refuse(&two_network, spec, "x,y,z\n", "t.csv: error: the file has a header and no line below it");
}

static void test_csv_label_is_found_by_name_or_number(void **state)
{
    (void)state;
    Data_spec spec = csv_spec();
    static const char *const labels[] = {"kind", "1", "-3"};
    for (int i = 0; i < 3; i++) {
        spec.label = WORDS(labels[i]);
        accept((Table){&two_network, spec, "kind,x,y\nb,1,2\na,3,4\n", 2, {1, 2, 3, 4}, {1, 0}, {"a", "b"}});
    }
    spec.label = WORDS("sort");
    refuse(&two_network, spec, "kind,x,y\nb,1,2\na,3,4\n",
           "no column is named \"sort\", as data.label wants; the columns are kind, x, y");
    refuse(&two_network, spec, "1,2,3\n", "the file has no header; give its number (1 to 3)");
    spec.label = WORDS("4");
    refuse(&two_network, spec, "1,2,3\n", "data.label asks for column 4; the columns are 1 to 3, or -3 to -1");
    spec.label = WORDS("0");
    refuse(&two_network, spec, "1,2,3\n", "data.label asks for column 0");
}

static void test_csv_numeric_labels_are_sorted_by_value(void **state)
{
    (void)state;
    accept(
        (Table){&two_network, csv_spec(), "1,2,10\n3,4,9\n5,6,1e1\n", 3, {1, 2, 3, 4, 5, 6}, {1, 0, 1}, {"9", "10"}});
    /* A class without a sample keeps its number, where labels are numbers of classes. */
    accept((Table){
        &classes_network, csv_spec(), "1,2,3,4,2\n5,6,7,8,0\n", 2, {1, 2, 3, 4, 5, 6, 7, 8}, {2, 0}, {"0", "1", "2"}});
}

static void test_csv_classes_become_what_the_target_wants(void **state)
{
    (void)state;
    const char *two = "1,2,no\n3,4,yes\n";
    accept((Table){&binary_network, csv_spec(), two, 2, {1, 2, 3, 4}, {0, 1}, {"no", "yes"}});
    accept((Table){&sign_network, csv_spec(), two, 2, {1, 2, 3, 4}, {-1, 1}, {"no", "yes"}});
    accept((Table){&onehot_network,
                   csv_spec(),
                   "0,0,0,0,c\n1,1,1,1,a\n2,2,2,2,b\n",
                   3,
                   {0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2},
                   {0, 0, 1, 1, 0, 0, 0, 1, 0},
                   {"a", "b", "c"}});
    /* A probability is no class. */
    accept((Table){
        &binary_network, csv_spec(), "1,2,0.25\n3,4,0.5\n5,6,1\n", 3, {1, 2, 3, 4, 5, 6}, {0.25f, 0.5f, 1}, {NULL}});
}

static void test_csv_several_labels_fill_a_vector(void **state)
{
    (void)state;
    Data_spec spec = csv_spec();
    spec.label = WORDS("u", "v");
    accept((Table){&pair_network, spec, "u,x,v,y\n1,2,3,4\n5,6,7,8\n", 2, {2, 4, 6, 8}, {1, 3, 5, 7}, {NULL}});
    spec.label = WORDS("u", "v", "y");
    refuse(&pair_network, spec, "u,x,v,y,z\n1,2,3,4,5\n",
           "data.label has 3 columns, the targets of network pair take 2");
}

static void test_csv_classes_must_be_those_of_the_network(void **state)
{
    (void)state;
    refuse(&two_network, csv_spec(), "1,2,a\n3,4,b\n5,6,c\n",
           "the label has 3 classes (a, b, c), target class of network two takes 2");
    refuse(&two_network, csv_spec(), "1,2,a\n3,4,a\n",
           "the label has 1 classes (a), target class of network two takes 2");
    refuse(&binary_network, csv_spec(), "1,2,a\n3,4,b\n5,6,c\n", "the label has 3 classes (a, b, c)");
    refuse(&pair_network, csv_spec(), "1,2,a\n3,4,b\n5,6,c\n", "the label has 3 classes");
    refuse(&two_network, csv_spec(), "1,2,a\n3,4,b\n5,6,\n", "t.csv:3: error: the label (column 3) is empty");
}

static void test_csv_categories_become_one_input_for_each_word(void **state)
{
    (void)state;
    Data_spec spec = csv_spec();
    spec.categories = WORDS("place");
    spec.standardize_inputs = true;
    accept((Table){&classes_network,
                   spec,
                   "x,place,kind\n1,sea,a\n3,\"near, bay\",b\n1,inland,c\n3,sea,a\n",
                   4,
                   {-1, 0, 0, 1, 1, 0, 1, 0, -1, 1, 0, 0, 1, 0, 0, 1},
                   {0, 1, 2, 0},
                   {"a", "b", "c"}});
    refuse(&classes_network, spec, "x,place,kind\n1,sea,a\n3,bay,b\n",
           "the data give 3 numbers a sample (2 columns, 1 of them words), the network classes takes 4");
    spec.test.file = "u.csv";
    put_text("u.csv", "x,place,kind\n1,land,a\n");
    refuse(&classes_network, spec, "x,place,kind\n1,sea,a\n3,bay,b\n4,cliff,c\n",
           "u.csv:2: error: \"land\" in column 2 (place) is none of the 3 words of the training data");
    put_text("u.csv", "x,place,kind\n1,sea,d\n");
    refuse(&classes_network, spec, "x,place,kind\n1,sea,a\n3,bay,b\n4,cliff,c\n",
           "u.csv:2: error: the label \"d\" is none of the training data's");
    spec.categories = WORDS("kind");
    refuse(&classes_network, spec, "x,place,kind\n1,sea,a\n",
           "column \"kind\" is in data.categories, but is a label or ignored");
}

static void test_csv_ordinals_become_their_place_in_the_order(void **state)
{
    (void)state;
    const Data_column size = {"size", WORDS("small", "medium", "large")};
    Data_spec spec = csv_spec();
    spec.ordinals = (Data_columns){1, &size};
    accept((Table){&two_network,
                   spec,
                   "x,size,kind\n1,large,a\n2,small,b\n3,medium,a\n",
                   3,
                   {1, 2, 2, 0, 3, 1},
                   {0, 1, 0},
                   {"a", "b"}});
    spec.missing = DATA_MISSING_MEAN;
    accept((Table){
        &two_network, spec, "x,size,kind\n1,large,a\n2,?,b\n3,medium,a\n", 3, {1, 2, 2, 1.5f, 3, 1}, {0, 1, 0}, {0}});
    spec.missing = DATA_MISSING_ERROR;
    refuse(&two_network, spec, "x,size,kind\n1,large,a\n2,huge,b\n",
           "t.csv:3: error: \"huge\" in column 2 (size) is none of the 3 words that data.ordinals puts in order");
    spec.categories = WORDS("size");
    refuse(&two_network, spec, "x,size,kind\n1,large,a\n2,small,b\n",
           "column \"size\" is in data.ordinals and data.categories");
    spec.categories = (Data_words){0};
    spec.label = WORDS("size");
    refuse(&two_network, spec, "x,size,kind\n1,large,a\n2,small,b\n",
           "column \"size\" is in data.ordinals, but is a label or ignored");
}

static void test_csv_ignored_columns_are_left_out(void **state)
{
    (void)state;
    Data_spec spec = csv_spec();
    spec.ignore = WORDS("id", "3");
    accept((Table){
        &two_network, spec, "id,x,note,y,kind\nA1,1,?,2,a\nA2,3,hm,4,b\n", 2, {1, 2, 3, 4}, {0, 1}, {"a", "b"}});
}

static void test_csv_missing_values_are_an_error_dropped_or_filled(void **state)
{
    (void)state;
    const char *text = "x,y,kind\n1,2,a\n,5,b\n3,NA,a\n8,11,b\n";
    Data_spec spec = csv_spec();
    refuse(&two_network, spec, text, "t.csv:3: error: column 1 (x) is empty; data.missing may be median, mean or drop");
    spec.missing = DATA_MISSING_DROP;
    accept((Table){&two_network, spec, text, 2, {1, 2, 8, 11}, {0, 1}, {"a", "b"}});
    spec.missing = DATA_MISSING_MEAN;
    accept((Table){&two_network, spec, text, 4, {1, 2, 4, 5, 3, 6, 8, 11}, {0, 1, 0, 1}, {"a", "b"}});
    spec.missing = DATA_MISSING_MEDIAN;
    accept((Table){&two_network, spec, text, 4, {1, 2, 3, 5, 3, 5, 8, 11}, {0, 1, 0, 1}, {"a", "b"}});
    refuse(&two_network, spec, "x,y,kind\n1,,a\n3,NaN,b\n", "input 2 has no value in any training sample");
    spec.missing = DATA_MISSING_DROP;
    refuse(&two_network, spec, "x,y,kind\n1,?,a\n?,2,b\n", "t.csv: error: no line without a missing value is left");
}

static void test_csv_damage_is_named_by_line(void **state)
{
    (void)state;
    refuse(&two_network, csv_spec(), "", "t.csv: error: the file is empty");
    refuse(&two_network, csv_spec(), "\n \n\n", "t.csv: error: the file is empty");
    refuse(&two_network, csv_spec(), "1,2,a\n3,4\n", "t.csv:2: error: the line has 2 fields, line 1 has 3");
    refuse(&two_network, csv_spec(), "1,2,a\n3,4,b,c\n", "t.csv:2: error: the line has 4 fields, line 1 has 3");
    refuse(&two_network, csv_spec(), "1,2,a\n3,\"4,b\n5,6,a\n",
           "t.csv:2: error: a quoted field that begins here does not end");
    refuse(&two_network, csv_spec(), "1,2,a\n3,\"4\"5,b\n", "t.csv:2: error: \"5,b");
    refuse(&two_network, csv_spec(), "1,2,a\n3,4x,b\n", "t.csv:2: error: \"4x\" in column 2 is no number");
    refuse(&two_network, csv_spec(), "1,2,a\n3,1e99,b\n", "t.csv:2: error: 1e99 in column 2 is beyond 3.40282e+38");
    refuse(&two_network, csv_spec(), "1,2,a\n3,inf,b\n", "\"inf\" in column 2 is no number");
    refuse(&two_network, csv_spec(), "1,2,a\n3,0x10,b\n", "\"0x10\" in column 2 is no number");
    refuse(&two_network, csv_spec(), "1,2,3,a\n3,4,5,b\n",
           "the data give 3 numbers a sample (3 columns, 0 of them words), the network two takes 2");
    refuse(&two_network, csv_spec(), "x,x,k\n3,4,b\n", "t.csv:1: error: columns 1 and 2 are both named \"x\"");
    put_bytes("t.csv", "1,2,\0a\n", 7);
    Table table = {.network = &two_network, .spec = csv_spec()};
    expect_failure(load_only, &table, "t.csv: byte 4: error: a zero byte; this is no text");
    table.spec.train.file = "none.csv";
    expect_failure(load_only, &table, "none.csv: error: cannot read it");
    table.spec.train.file = NULL;
    expect_failure(load_only, &table, "error: data.train.file is missing");
}

static void load_test_file(Context *context, void *argument)
{
    const Samples *samples = load(context, argument);
    const float *x = (const float *)(const void *)samples->test.input[0].values;
    assert_int_equal(samples->test.samples, 1);
    assert_true(x[0] == 7 && x[1] == 8);
    assert_int_equal(((const int32_t *)(const void *)samples->test.target[0].values)[0], 1);
}

static void test_csv_test_file_is_matched_by_the_names_of_its_columns(void **state)
{
    (void)state;
    Table table = {.network = &two_network, .spec = csv_spec()};
    table.spec.label = WORDS("kind");
    table.spec.test.file = "u.csv";
    put_text("t.csv", "x,y,kind\n1,2,a\n3,4,b\n");
    put_text("u.csv", "kind,y,x\nb,8,7\n");
    expect_success(load_test_file, &table);
    put_text("u.csv", "kind,y,z\nb,8,7\n");
    expect_failure(load_only, &table, "u.csv: error: the column \"x\" of the training data is missing");
}

/* Bytes that were never meant to be a table: every outcome but a crash is right. */
static void test_csv_survives_noise(void **state)
{
    (void)state;
    static const char alphabet[] = "\"\",,;\n\r\t 1a.-?e\xef";
    char text[80];
    uint32_t noise = 12345;
    for (int round = 0; round < 2000; round++) {
        for (size_t i = 0; i < sizeof text; i++) {
            noise = noise * 1664525 + 1013904223;
            text[i] = alphabet[(noise >> 16) % (sizeof alphabet - 1)];
        }
        put_bytes("t.csv", text, sizeof text);
        Context context = {.block = NULL};
        Table table = {.network = &two_network, .spec = csv_spec()};
        context_attempt(&context, load_only, &table);
        context_release(&context, 0);
    }
}

const struct CMUnitTest csv_tests[] = {
    cmocka_unit_test(test_csv_is_read_however_it_is_written),
    cmocka_unit_test(test_csv_first_line_of_scikit_learn_names_the_classes),
    cmocka_unit_test(test_csv_empty_fields_of_the_first_line_name_no_class),
    cmocka_unit_test(test_csv_may_be_compressed),
    cmocka_unit_test(test_csv_header_may_be_forced_or_forbidden),
    cmocka_unit_test(test_csv_label_is_found_by_name_or_number),
    cmocka_unit_test(test_csv_numeric_labels_are_sorted_by_value),
    cmocka_unit_test(test_csv_classes_become_what_the_target_wants),
    cmocka_unit_test(test_csv_several_labels_fill_a_vector),
    cmocka_unit_test(test_csv_classes_must_be_those_of_the_network),
    cmocka_unit_test(test_csv_categories_become_one_input_for_each_word),
    cmocka_unit_test(test_csv_ordinals_become_their_place_in_the_order),
    cmocka_unit_test(test_csv_ignored_columns_are_left_out),
    cmocka_unit_test(test_csv_missing_values_are_an_error_dropped_or_filled),
    cmocka_unit_test(test_csv_damage_is_named_by_line),
    cmocka_unit_test(test_csv_test_file_is_matched_by_the_names_of_its_columns),
    cmocka_unit_test(test_csv_survives_noise),
};
const size_t csv_count = sizeof csv_tests / sizeof *csv_tests;
