/* test_train.c - whole training runs: figures, files, messages. */
#include "support.h"

#include "confusion.h"
#include "gnuplot.h"
#include "history.h"
#include "networks.h"
#include "plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *printed_by(const nnc_network *network, const Data_spec *spec, Train_options options)
{
    Train_result result;
    Trainer_error error;
    char *printed = NULL;
    if (train_and_catch(network, spec, options, &result, &printed, &error) != 0)
        fail_msg("%s", error.message);
    return printed;
}

static void test_train_learns_classes_and_prints_each_epoch(void **state)
{
    (void)state;
    put_flowers("flowers.csv");
    Data_spec spec = flowers();
    Train_result result = train_well(&classes_network, &spec, quiet_options(10));
    assert_true(result.test.accuracy >= 0.95 && result.train.accuracy >= 0.95);
    assert_true(result.objective > result.train.loss && result.objective < result.train.loss + 0.1);
    assert_int_equal(result.epochs, 10);
    assert_int_equal(result.steps, 75);
    char *printed = printed_by(&classes_network, &spec, quiet_options(10));
    assert_non_null(
        strstr(printed, " epoch        rate  train loss   objective  accuracy   test loss  accuracy       gap\n"));
    assert_non_null(strstr(printed, "\n    10         0.1"));
    assert_non_null(strstr(printed, "test: loss "));
    assert_non_null(strstr(printed, "versicolor"));
    assert_null(strchr(printed, '\r')); /* no bar where there is no terminal */
    free(printed);
}

static void test_train_is_the_same_every_time(void **state)
{
    (void)state;
    Data_spec spec = flowers();
    spec.validation = 0.2;
    char *one = printed_by(&classes_network, &spec, quiet_options(6));
    char *other = printed_by(&classes_network, &spec, quiet_options(6));
    assert_string_equal(one, other);
    Train_options options = quiet_options(6);
    options.seed = 2;
    char *another = printed_by(&classes_network, &spec, options);
    assert_string_not_equal(one, another);
    assert_non_null(strstr(one, "val. loss"));
    free(one);
    free(other);
    free(another);
}

static void test_train_quiet_prints_the_result_alone(void **state)
{
    (void)state;
    Data_spec spec = flowers();
    Train_options options = quiet_options(3);
    options.quiet = true;
    char *printed = printed_by(&classes_network, &spec, options);
    assert_int_equal(strncmp(printed, "test: loss ", 11), 0);
    free(printed);
}

/* y = 3 x - 1, the targets standardised: the line is found again. */
static void test_train_fits_a_line_to_its_closed_form(void **state)
{
    (void)state;
    FILE *file = fopen(path_of("line.csv"), "w");
    assert_non_null(file);
    for (int i = 0; i < 64; i++)
        fprintf(file, "%d,%d\n", i, 3 * i - 1);
    fclose(file);
    Data_spec spec = {
        .format = DATA_CSV, .train = {.file = "line.csv"}, .standardize_inputs = true, .standardize_targets = true};
    Train_result result = train_well(&line_network, &spec, quiet_options(60));
    assert_true(result.train.loss < 1e-4);
    assert_true(isnan(result.train.accuracy) && isnan(result.test.loss));
}

static void test_train_autoencoder_answers_in_units_of_its_inputs(void **state)
{
    (void)state;
    FILE *file = fopen(path_of("auto.csv"), "w");
    assert_non_null(file);
    for (int i = 0; i < 40; i++)
        fprintf(file, "%d,%d,label\n", i, 100 + i * i % 17);
    fclose(file);
    Data_spec spec = {
        .format = DATA_CSV, .train = {.file = "auto.csv"}, .label = WORDS("3"), .standardize_inputs = true};
    Train_options options = quiet_options(60);
    options.weights = path_of("auto.safetensors");
    assert_true(train_well(&autoencoder_network, &spec, options).train.loss < 0.01);
    char line[] = "20,104\n", *printed = NULL;
    size_t length = 0;
    Trainer_error error;
    Predict_options predict = {.weights = options.weights, .in = fmemopen(line, strlen(line), "r")};
    predict.out = open_memstream(&printed, &length);
    assert_int_equal(trainer_predict(&autoencoder_network, &spec, &predict, &error), 0);
    fclose(predict.in);
    fclose(predict.out);
    double x, y;
    assert_int_equal(sscanf(printed, "%lf,%lf\n", &x, &y), 2);
    expect_near(x, 20, 1);
    expect_near(y, 104, 1);
    free(printed);
}

static void print_confusion(Confusion confusion, Classes names, char **printed)
{
    size_t length = 0;
    FILE *out = open_memstream(printed, &length);
    confusion_print(out, &confusion, &names);
    fclose(out);
}

static void test_confusion_is_a_matrix_or_the_worst_pairs(void **state)
{
    (void)state;
    uint64_t few[4] = {7, 1, 0, 12};
    const char *names[] = {"no", "gr\xc3\xbc\xc3\x9f"};
    char *printed = NULL;
    print_confusion((Confusion){2, few}, (Classes){2, names}, &printed);
    assert_string_equal(printed, "confusion (a row for each true class, a column for each predicted one)\n"
                                 "        no  gr\xc3\xbc\xc3\x9f    recall\n"
                                 "  no     7     1    87.5 %\n"
                                 "gr\xc3\xbc\xc3\x9f     0    12   100.0 %\n");
    free(printed);
    uint64_t many[30 * 30] = {0};
    many[3 * 30 + 4] = 5;
    many[8 * 30 + 2] = 9;
    many[9 * 30 + 9] = 99;
    many[9 * 30 + 1] = 5;
    print_confusion((Confusion){30, many}, (Classes){0, NULL}, &printed);
    assert_string_equal(printed, "most frequent confusions of 30 classes\n"
                                 "       9  8 taken for 2\n"
                                 "       5  3 taken for 4\n"
                                 "       5  9 taken for 1\n");
    free(printed);
}

static void test_train_writes_its_history(void **state)
{
    (void)state;
    Data_spec spec = flowers();
    Train_options options = quiet_options(4);
    options.history = path_of("h.csv");
    train_well(&classes_network, &spec, options);
    char *text = get_text("h.csv", NULL);
    assert_int_equal(strncmp(text,
                             "epoch,step,learning_rate,running_loss,train_loss,train_objective,train_accuracy,"
                             "validation_loss,validation_accuracy,test_loss,test_accuracy,gap\n1,8,0.1,",
                             150),
                     0);
    int lines = 0;
    for (const char *c = text; *c != 0; c++)
        lines += *c == '\n';
    assert_int_equal(lines, 5);
    free(text);
}

static void test_train_may_spare_the_training_set(void **state)
{
    (void)state;
    Data_spec spec = flowers();
    Train_options options = quiet_options(4);
    options.running_loss = true;
    Train_result result = train_well(&classes_network, &spec, options);
    assert_true(isnan(result.train.accuracy) && result.train.loss > 0);
}

static void test_train_stops_early_with_the_best_parameters(void **state)
{
    (void)state;
    Data_spec spec = {.format = DATA_PLAYGROUND, .pattern = DATA_PATTERN_GAUSS, .noise = 0.4, .validation = 0.2};
    Train_options options = quiet_options(200);
    options.patience = 3;
    options.history = path_of("early.csv");
    char *printed = printed_by(&sign_network, &spec, options);
    const char *said = strstr(printed, "stopped early: no better validation loss since epoch ");
    assert_non_null(said);
    int best = atoi(said + strlen("stopped early: no better validation loss since epoch "));
    free(printed);
    Train_result result = train_well(&sign_network, &spec, options);
    assert_int_equal(result.epochs, best + 3);
    char *history = get_text("early.csv", NULL), *line = history;
    double lowest = 1e9;
    for (int epoch = 0; epoch < result.epochs; epoch++) {
        line = strchr(line, '\n') + 1;
        double fields[HISTORY_COLUMNS] = {0};
        char *at = line;
        for (int c = 0; c < HISTORY_COLUMNS; c++) {
            fields[c] = *at == ',' ? 0 : strtod(at, &at);
            at += *at == ',';
        }
        lowest = fmin(lowest, fields[HISTORY_VALIDATION_LOSS]);
    }
    expect_near(result.validation.loss, lowest, 1e-8);
    free(history);
    options.patience = 0;
    options.best = true;
    options.epochs = result.epochs;
    assert_true(train_well(&sign_network, &spec, options).validation.loss == result.validation.loss);
    spec.validation = 0;
    spec.folds = 0;
    spec.format = DATA_CSV;
    spec.train.file = "line.csv";
    train_badly(&line_network, &spec, options, "to tell the best epoch, data.validation or data.test must be there");
}

static void test_train_says_what_diverged_and_writes_nothing(void **state)
{
    (void)state;
    Data_spec spec = {.format = DATA_CSV, .train = {.file = "line.csv"}};
    Train_options options = quiet_options(50);
    options.weights = path_of("wild.safetensors");
    train_badly(&wild_network, &spec, options, "lower learning_rate from 3 to 0.3");
    train_badly(&wild_network, &spec, options, "the inputs reach 63: data.standardize: {inputs: true}");
    assert_false(exists("wild.safetensors"));
    assert_false(exists("wild.safetensors.part"));
}

static void test_train_warns_of_a_crawl(void **state)
{
    (void)state;
    Data_spec spec = {
        .format = DATA_CSV, .train = {.file = "line.csv"}, .standardize_inputs = true, .standardize_targets = true};
    char *printed = printed_by(&slow_network, &spec, quiet_options(80));
    assert_non_null(strstr(printed, "warning: at step 400 the loss crawls"));
    free(printed);
}

static void test_train_cross_validates_with_several_seeds(void **state)
{
    (void)state;
    Data_spec spec = flowers();
    spec.test = (Data_source){0};
    spec.folds = 5;
    Train_options options = quiet_options(10);
    options.seeds = 2;
    options.weights = path_of("cv.safetensors");
    Train_result result = train_well(&classes_network, &spec, options);
    assert_int_equal(result.runs, 2);
    assert_true(result.worst <= result.mean && result.mean <= result.best && result.worst > 0.9);
    assert_true(exists("cv.safetensors"));
    char *printed = printed_by(&classes_network, &spec, options);
    assert_non_null(strstr(printed, "accuracy of 10 folds: mean "));
    assert_non_null(strstr(printed, "accuracy of 2 seeds (all samples): mean "));
    free(printed);
    options.checkpoint = path_of("cv.checkpoint");
    train_badly(&classes_network, &spec, options, "checkpoints belong to one run");
}

static void test_train_repeats_with_several_seeds(void **state)
{
    (void)state;
    Data_spec spec = flowers();
    Train_options options = quiet_options(4);
    options.seeds = 3;
    char *printed = printed_by(&classes_network, &spec, options);
    assert_non_null(strstr(printed, "accuracy of 3 seeds: mean "));
    free(printed);
    options.plot = path_of("p.png");
    train_badly(&classes_network, &spec, options, "a history or plot belongs to one run");
}

static void test_train_names_unwritable_outputs_before_training(void **state)
{
    (void)state;
    Data_spec spec = flowers();
    spec.train.file = "none.csv"; /* would be the next error */
    Train_options options = quiet_options(1);
    options.weights = "/no/such/folder/w.safetensors";
    train_badly(&classes_network, &spec, options, "/no/such/folder/w.safetensors: error: cannot write it");
    options.weights = NULL;
    options.plot = path_of("plot.gif");
    train_badly(&classes_network, &spec, options, "plot.gif: error: a plot's name ends in .png or .svg");
    options.plot = path_of("plot.png");
    char *path = strdup(getenv("PATH"));
    setenv("PATH", "/nowhere", 1);
    train_badly(&classes_network, &spec, options, "apt-get install gnuplot-nox");
    setenv("PATH", path, 1);
    free(path);
    options.plot = NULL;
    train_badly(&classes_network, &spec, options, "none.csv: error: cannot read it");
    options.epochs = 0;
    spec = flowers();
    train_badly(&classes_network, &spec, options, "0 epochs; at least 1 is trained");
}

static void test_train_draws_its_curves(void **state)
{
    (void)state;
    Data_spec spec = flowers();
    Train_options options = quiet_options(4);
    Context context = {.block = NULL};
    const char *names[] = {"plot'1.png", "plot.svg"};
    for (int i = 0; i < 2; i++) {
        options.plot = path_of(names[i]);
        if (!context_attempt(&context, (void (*)(Context *, void *))(void (*)(void))gnuplot_check,
                             (void *)(uintptr_t)options.plot))
            skip(); /* gnuplot is not installed */
        train_well(&classes_network, &spec, options);
        size_t length;
        char *bytes = get_text(names[i], &length);
        assert_non_null(bytes);
        assert_true(length > 5000);
        assert_int_equal(strncmp(bytes, i == 0 ? "\x89PNG" : "<?xml", 4), 0);
        free(bytes);
    }
    context_release(&context, 0);
}

const struct CMUnitTest train_tests[] = {
    cmocka_unit_test(test_train_learns_classes_and_prints_each_epoch),
    cmocka_unit_test(test_train_is_the_same_every_time),
    cmocka_unit_test(test_train_quiet_prints_the_result_alone),
    cmocka_unit_test(test_train_fits_a_line_to_its_closed_form),
    cmocka_unit_test(test_train_autoencoder_answers_in_units_of_its_inputs),
    cmocka_unit_test(test_confusion_is_a_matrix_or_the_worst_pairs),
    cmocka_unit_test(test_train_writes_its_history),
    cmocka_unit_test(test_train_may_spare_the_training_set),
    cmocka_unit_test(test_train_stops_early_with_the_best_parameters),
    cmocka_unit_test(test_train_says_what_diverged_and_writes_nothing),
    cmocka_unit_test(test_train_warns_of_a_crawl),
    cmocka_unit_test(test_train_cross_validates_with_several_seeds),
    cmocka_unit_test(test_train_repeats_with_several_seeds),
    cmocka_unit_test(test_train_names_unwritable_outputs_before_training),
    cmocka_unit_test(test_train_draws_its_curves),
};
const size_t train_count = sizeof train_tests / sizeof *train_tests;
