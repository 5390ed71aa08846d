/* test_options.c - command lines, right and wrong. */
#include "support.h"

#include "options.h"

#include <stdlib.h>
#include <string.h>

#define ARGUMENTS(...)                                                                                                 \
    (int)(sizeof((char *[]){__VA_ARGS__}) / sizeof(char *)), (char *const[])                                           \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }

static void test_options_stand_anywhere_in_either_form(void **state)
{
    (void)state;
    Options_train options;
    Trainer_error error;
    assert_int_equal(
        options_train(ARGUMENTS("train", "--epochs=7", "net.yaml", "--data", "dir", "-o", "w.st", "--resume", "--seed",
                                "0", "--validation", "0.25", "--checkpoint-every=100"),
                      &options, &error),
        0);
    assert_string_equal(options.spec, "net.yaml");
    assert_string_equal(options.train.data_directory, "dir");
    assert_string_equal(options.train.weights, "w.st");
    assert_int_equal(options.train.epochs, 7);
    assert_true(options.train.resume && options.seed_given && options.train.seed == 0);
    assert_true(options.train.validation == 0.25 && options.train.checkpoint_every == 100);
    assert_false(options.train.quiet || options.help);
    assert_int_equal(options_train(ARGUMENTS("train", "--", "--odd.yaml"), &options, &error), 0);
    assert_string_equal(options.spec, "--odd.yaml");
    assert_false(options.seed_given);
}

static void refuse(int argc, char *const *argv, const char *message)
{
    Options_train options;
    Trainer_error error;
    assert_int_equal(options_train(argc, argv, &options, &error), 2);
    assert_int_equal(error.status, 2);
    assert_string_equal(error.message, message);
}

static void test_options_that_are_wrong_are_usage_errors(void **state)
{
    (void)state;
    refuse(ARGUMENTS("train"), "train needs a SPEC.yaml");
    refuse(ARGUMENTS("train", "a", "b"), "train takes one SPEC.yaml; \"b\" is one word too many");
    refuse(ARGUMENTS("train", "a", "--epoch", "3"), "unknown option --epoch");
    refuse(ARGUMENTS("train", "a", "--epochs"), "--epochs needs a value: N");
    refuse(ARGUMENTS("train", "a", "--epochs", "0"), "--epochs takes 1 or more");
    refuse(ARGUMENTS("train", "a", "--epochs", "3x"), "--epochs takes a whole number, not \"3x\"");
    refuse(ARGUMENTS("train", "a", "--epochs=-3"), "--epochs takes a whole number, not \"-3\"");
    refuse(ARGUMENTS("train", "a", "--epochs", "99999999999"), "--epochs takes at most 2147483647");
    refuse(ARGUMENTS("train", "a", "--seed", "99999999999999999999"),
           "--seed takes a whole number, not \"99999999999999999999\"");
    refuse(ARGUMENTS("train", "a", "--validation", "1"), "--validation takes a share above 0 and below 1, not \"1\"");
    refuse(ARGUMENTS("train", "a", "--resume=yes"), "--resume takes no value");
    refuse(ARGUMENTS("train", "a", "--plot="), "--plot takes a name, not nothing");
}

static void test_options_of_evaluate_and_predict(void **state)
{
    (void)state;
    Options_evaluate evaluate;
    Options_predict predict;
    Trainer_error error;
    assert_int_equal(options_evaluate(ARGUMENTS("evaluate", "a.yaml"), &evaluate, &error), 2);
    assert_string_equal(error.message, "evaluate needs --weights FILE");
    assert_int_equal(options_evaluate(ARGUMENTS("evaluate", "a.yaml", "-w", "w"), &evaluate, &error), 0);
    assert_string_equal(evaluate.evaluate.weights, "w");
    assert_int_equal(options_predict(ARGUMENTS("predict", "a.yaml", "-w", "w", "x.csv", "-"), &predict, &error), 0);
    assert_int_equal(predict.predict.inputs.count, 2);
    assert_string_equal(predict.predict.inputs.item[1], "-");
    assert_int_equal(options_predict(ARGUMENTS("predict", "-w", "w"), &predict, &error), 2);
    assert_int_equal(options_predict(ARGUMENTS("predict", "--help"), &predict, &error), 0);
    assert_true(predict.help);
}

static void test_options_usage_names_every_option(void **state)
{
    (void)state;
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    options_usage_train(stream);
    options_usage_evaluate(stream);
    options_usage_predict(stream);
    fclose(stream);
    assert_non_null(strstr(text, "  -o, --output FILE "));
    assert_non_null(strstr(text, "      --checkpoint-every STEPS"));
    assert_non_null(strstr(text, "usage: nnc predict"));
    for (const char *line = text; *line != 0; line = strchr(line, '\n') + 1)
        assert_in_range(strchr(line, '\n') - line, 0, 110);
    free(text);
}

const struct CMUnitTest options_tests[] = {
    cmocka_unit_test(test_options_stand_anywhere_in_either_form),
    cmocka_unit_test(test_options_that_are_wrong_are_usage_errors),
    cmocka_unit_test(test_options_of_evaluate_and_predict),
    cmocka_unit_test(test_options_usage_names_every_option),
};
const size_t options_count = sizeof options_tests / sizeof *options_tests;
