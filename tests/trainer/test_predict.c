/* test_predict.c - trained weights, evaluated and applied. */
#include "support.h"

#include "networks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void train_flowers(void)
{
    put_flowers("flowers.csv");
    Data_spec spec = flowers();
    Train_options options = quiet_options(20);
    options.weights = path_of("p.safetensors");
    train_well(&classes_network, &spec, options);
}

/* Status, and what was printed (to be freed). `lines` is standard input. */
static int answer(const nnc_network *network, const Data_spec *spec, Predict_options options, const char *lines,
                  char **printed, Trainer_error *error)
{
    size_t length = 0;
    char nothing[] = "\n";
    options.data_directory = folder();
    options.out = open_memstream(printed, &length);
    options.in = lines == NULL || lines[0] == 0 ? fmemopen(nothing, 1, "r")
                                                : fmemopen((void *)(uintptr_t)lines, strlen(lines), "r");
    int status = trainer_predict(network, spec, &options, error);
    fclose(options.in);
    fclose(options.out);
    return status;
}

static void expect_answers(const nnc_network *network, Data_spec spec, Predict_options options, const char *lines,
                           const char *answers)
{
    Trainer_error error;
    char *printed = NULL;
    if (answer(network, &spec, options, lines, &printed, &error) != 0)
        fail_msg("%s", error.message);
    assert_string_equal(printed, answers);
    free(printed);
}

static void expect_refusal(const nnc_network *network, Data_spec spec, Predict_options options, const char *lines,
                           const char *message)
{
    Trainer_error error;
    char *printed = NULL;
    assert_int_equal(answer(network, &spec, options, lines, &printed, &error), 1);
    if (strstr(error.message, message) == NULL)
        fail_msg("message \"%s\" does not contain \"%s\"", error.message, message);
    free(printed);
}

static void test_evaluate_gives_what_training_gave(void **state)
{
    (void)state;
    train_flowers();
    Data_spec spec = flowers();
    Train_result result = train_well(&classes_network, &spec, quiet_options(20));
    char *printed = NULL;
    size_t length = 0;
    Evaluate_options options = {.data_directory = folder(), .weights = path_of("p.safetensors")};
    options.out = open_memstream(&printed, &length);
    Train_score score;
    Trainer_error error;
    int status = trainer_evaluate(&classes_network, &spec, &options, &score, &error);
    fclose(options.out);
    if (status != 0)
        fail_msg("%s", error.message);
    assert_true(score.loss == result.test.loss && score.accuracy == result.test.accuracy);
    assert_non_null(strstr(printed, " of 30)"));
    assert_non_null(strstr(printed, "virginica"));
    free(printed);
}

static int evaluate(const nnc_network *network, Data_spec spec, const char *weights, Train_score *score,
                    Trainer_error *error)
{
    char *printed = NULL;
    size_t length = 0;
    Evaluate_options options = {.data_directory = folder(), .weights = weights};
    options.out = open_memstream(&printed, &length);
    int status = trainer_evaluate(network, &spec, &options, score, error);
    fclose(options.out);
    free(printed);
    return status;
}

static void test_evaluate_reads_a_test_file_by_the_weights_alone(void **state)
{
    (void)state;
    Train_score score;
    Trainer_error error;
    Data_spec spec = flowers();
    spec.label = WORDS("species");
    spec.train.file = "not there any more.csv";
    spec.test = (Data_source){.file = "few.csv"};
    put_text("few.csv",
             "petal_width,species,sepal_length,sepal_width,petal_length\n5,setosa,5,5,5\n3.5,virginica,8,3.5,8\n");
    assert_int_equal(evaluate(&classes_network, spec, path_of("p.safetensors"), &score, &error), 0);
    assert_true(score.accuracy == 1);
    put_text("few.csv", "petal_width,species,sepal_length,sepal_width,petal_length\n5,tulip,5,5,5\n");
    assert_int_equal(evaluate(&classes_network, spec, path_of("p.safetensors"), &score, &error), 1);
    assert_non_null(strstr(error.message, "few.csv:2: error: the label \"tulip\" is none of the training data's"));
    assert_int_equal(evaluate(&classes_network, spec, path_of("none.safetensors"), &score, &error), 1);
    assert_non_null(strstr(error.message, "none.safetensors: error: cannot read it"));
    assert_int_equal(evaluate(&two_network, spec, path_of("p.safetensors"), &score, &error), 1);
}

static void test_predict_answers_lines_with_names_of_classes(void **state)
{
    (void)state;
    Predict_options options = {.weights = path_of("p.safetensors")};
    expect_answers(&classes_network, flowers(), options, "5,5,5,5\n8,3.5,8,3.5\n", "setosa\nvirginica\n");
    expect_answers(&classes_network, flowers(), options, "5;5;5;5\n\n6.5;4.2;6.5;4.2", "setosa\nversicolor\n");
    expect_answers(&classes_network, flowers(), options, "5,5,5,5,ignored label\n", "setosa\n");
    expect_answers(&classes_network, flowers(), options,
                   "petal_width,petal_length,sepal_width,sepal_length\n3.5,8,3.5,8\n", "virginica\n");
    expect_answers(&classes_network, flowers(), options, "", "");
}

static void test_predict_answers_files(void **state)
{
    (void)state;
    put_text("ask.csv", "5,5,5,5\n8,3.5,8,3.5\n");
    Predict_options options = {.weights = path_of("p.safetensors"), .inputs = WORDS("ask.csv", "ask.csv")};
    expect_answers(&classes_network, flowers(), options, NULL, "setosa\nvirginica\nsetosa\nvirginica\n");
    options.outputs = path_of("answers.txt");
    expect_answers(&classes_network, flowers(), options, NULL, "");
    char *text = get_text("answers.txt", NULL);
    assert_string_equal(text, "setosa\nvirginica\nsetosa\nvirginica\n");
    free(text);
    remove_file("answers.txt");
    put_text("ask.csv", "5,5,5,5\n8,3.5,x,3.5\n");
    expect_refusal(&classes_network, flowers(), options, NULL, "ask.csv:2: error: \"x\" in column 3 is no number");
    assert_false(exists("answers.txt"));
    assert_false(exists("answers.txt.part"));
}

static void test_predict_prints_numbers_when_asked(void **state)
{
    (void)state;
    Trainer_error error;
    char *printed = NULL;
    Data_spec spec = flowers();
    Predict_options options = {.weights = path_of("p.safetensors"), .numbers = true};
    assert_int_equal(answer(&classes_network, &spec, options, "5,5,5,5\n", &printed, &error), 0);
    double value[3];
    assert_int_equal(sscanf(printed, "%lf,%lf,%lf\n", &value[0], &value[1], &value[2]), 3);
    assert_true(value[0] > value[1] && value[1] > value[2]);
    free(printed);
}

static void test_predict_names_the_line_that_is_wrong(void **state)
{
    (void)state;
    Predict_options options = {.weights = path_of("p.safetensors")};
    expect_refusal(&classes_network, flowers(), options, "5,5,5,5\n5,5,5\n",
                   "standard input:2: error: the line has 3 fields, the first has 4");
    expect_refusal(&classes_network, flowers(), options, "5,5\n", "1 columns are inputs, the training data have 4");
    expect_refusal(&classes_network, flowers(), options, "5,5,5,?\n", "standard input:1: error: column 4 is empty");
    expect_refusal(&classes_network, flowers(), options, "5,5,5,\"5\n", "standard input:1: error: a quoted field");
    expect_refusal(&classes_network, flowers(), options, "5,5,5,1e39\n", "standard input:1: error: 1e39 in column 4");
    options.weights = NULL;
    expect_refusal(&classes_network, flowers(), options, "", "no weights to predict with");
}

/* y = 3 x - 1, learnt on standardised numbers, is answered in the numbers of the file. */
static void test_predict_undoes_the_standardisation_of_targets(void **state)
{
    (void)state;
    FILE *file = fopen(path_of("line.csv"), "w");
    assert_non_null(file);
    for (int i = 0; i < 64; i++)
        fprintf(file, "%d,%d\n", i, 3 * i - 1);
    fclose(file);
    Data_spec spec = {
        .format = DATA_CSV, .train = {.file = "line.csv"}, .standardize_inputs = true, .standardize_targets = true};
    Train_options train = quiet_options(200);
    train.weights = path_of("line.safetensors");
    train_well(&line_network, &spec, train);
    Predict_options options = {.weights = path_of("line.safetensors")};
    Trainer_error error;
    char *printed = NULL;
    assert_int_equal(answer(&line_network, &spec, options, "100\n-7\n", &printed, &error), 0);
    double one, other;
    assert_int_equal(sscanf(printed, "%lf\n%lf\n", &one, &other), 2);
    expect_near(one, 299, 0.5);
    expect_near(other, -22, 0.5);
    free(printed);
}

static void test_predict_fills_missing_values_as_in_training(void **state)
{
    (void)state;
    Data_spec spec = {
        .format = DATA_CSV, .train = {.file = "gaps.csv"}, .missing = DATA_MISSING_MEDIAN, .categories = WORDS("w")};
    put_text("gaps.csv", "x,y,w,k\n1,1,u,a\n2,,v,b\n3,9,u,c\n");
    Train_options train = quiet_options(2);
    train.weights = path_of("gaps.safetensors");
    train_well(&classes_network, &spec, train);
    Predict_options options = {.weights = path_of("gaps.safetensors"), .numbers = true};
    Trainer_error error;
    char *filled = NULL, *written = NULL;
    assert_int_equal(answer(&classes_network, &spec, options, "2,,u\n", &filled, &error), 0);
    assert_int_equal(answer(&classes_network, &spec, options, "w,x,y\nu,2,5\n", &written, &error), 0);
    assert_string_equal(filled, written);
    free(filled);
    free(written);
    expect_refusal(&classes_network, spec, options, "2,3,t\n",
                   "standard input:1: error: \"t\" in column 3 is none of the 2 words");
}

static void test_predict_knows_the_order_of_ordinals(void **state)
{
    (void)state;
    const Data_column size = {"size", WORDS("small", "medium", "large")};
    Data_spec spec = {.format = DATA_CSV, .train = {.file = "sizes.csv"}, .ordinals = {1, &size}};
    put_text("sizes.csv", "x,size,k\n1,small,a\n2,large,b\n3,medium,b\n");
    Train_options train = quiet_options(2);
    train.weights = path_of("sizes.safetensors");
    train_well(&two_network, &spec, train);
    Predict_options options = {.weights = path_of("sizes.safetensors"), .numbers = true};
    Trainer_error error;
    char *words = NULL, *numbers = NULL;
    assert_int_equal(answer(&two_network, &spec, options, "5,large\n", &words, &error), 0);
    put_text("sizes.csv", "x,size,k\n1,0,a\n2,2,b\n3,1,b\n");
    Data_spec plain = {.format = DATA_CSV, .train = {.file = "sizes.csv"}};
    train_well(&two_network, &plain, train);
    assert_int_equal(answer(&two_network, &plain, options, "5,2\n", &numbers, &error), 0);
    assert_string_equal(words, numbers);
    free(words);
    free(numbers);
}

static void test_predict_takes_points_of_the_playground(void **state)
{
    (void)state;
    Data_spec spec = {.format = DATA_PLAYGROUND, .features = 7, .feature = {0, 1, 2, 3, 4, 5, 6}};
    Train_options train = quiet_options(10);
    train.weights = path_of("circle.safetensors");
    train_well(&seven_network, &spec, train);
    Predict_options options = {.weights = path_of("circle.safetensors")};
    Trainer_error error;
    char *printed = NULL;
    assert_int_equal(answer(&seven_network, &spec, options, "0,0\n3,-3.5\n", &printed, &error), 0);
    double inside, outside;
    assert_int_equal(sscanf(printed, "%lf\n%lf\n", &inside, &outside), 2);
    assert_true(inside > 0 && outside < 0);
    free(printed);
    expect_refusal(&seven_network, spec, options, "1,2,3\n",
                   "standard input:1: error: a point of the playground is two numbers");
}

static void test_predict_reads_idx_files(void **state)
{
    (void)state;
    const unsigned char file[] = {0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 2, 3, 4, 0, 0};
    put_bytes("x.idx", file, sizeof file);
    Data_spec spec = {.format = DATA_PLAYGROUND, .train = {.samples = 100}, .test = {.samples = 10}};
    Train_options train = quiet_options(1);
    train.weights = path_of("two.safetensors");
    train_well(&two_network, &spec, train);
    Predict_options options = {.weights = path_of("two.safetensors"), .inputs = WORDS("x.idx")};
    Trainer_error error;
    char *printed = NULL;
    spec = (Data_spec){.format = DATA_IDX};
    assert_int_equal(answer(&two_network, &spec, options, NULL, &printed, &error), 0);
    assert_int_equal(printed[strlen(printed) - 1], '\n');
    free(printed);
    expect_refusal(&classes_network, spec, options, NULL, "tensor \"dense_1.weight\"");
}

const struct CMUnitTest predict_tests[] = {
    cmocka_unit_test(test_evaluate_gives_what_training_gave),
    cmocka_unit_test(test_evaluate_reads_a_test_file_by_the_weights_alone),
    cmocka_unit_test(test_predict_answers_lines_with_names_of_classes),
    cmocka_unit_test(test_predict_answers_files),
    cmocka_unit_test(test_predict_prints_numbers_when_asked),
    cmocka_unit_test(test_predict_names_the_line_that_is_wrong),
    cmocka_unit_test(test_predict_undoes_the_standardisation_of_targets),
    cmocka_unit_test(test_predict_fills_missing_values_as_in_training),
    cmocka_unit_test(test_predict_knows_the_order_of_ordinals),
    cmocka_unit_test(test_predict_takes_points_of_the_playground),
    cmocka_unit_test(test_predict_reads_idx_files),
};
const size_t predict_count = sizeof predict_tests / sizeof *predict_tests;
