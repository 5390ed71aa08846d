/* test_spec.c - compiler/spec*.c and choice.c: what a network description means. What is refused, and how, is in
 * tests/golden/errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pages.h"
#include "spec.h"

static Report report;
static Library library;
static Options options;
static char *said;
static size_t said_length;

static int start(void **state)
{
    (void)state;
    report = (Report){.stream = open_memstream(&said, &said_length)};
    library = (Library){.report = &report};
    return report.stream ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    fclose(report.stream);
    free(said);
    return 0;
}

static Model *try_spec(const char *text)
{
    return spec_read(source_of_text("t", text, &report), &options, &library);
}

static Model *read_spec(const char *text)
{
    Model *model = try_spec(text);
    fflush(report.stream);
    if (!model)
        fail_msg("refused: %s", said);
    return model;
}

/* A network of this body: input [4], one dense layer, and more. */
static Model *read_with(const char *more)
{
    return read_spec(format("network: net\ninput: [4]\nlayers: [dense: 3]\n%s\n", more));
}

static Model *read_layers_of(const char *layers)
{
    return read_spec(format("network: net\ninput: [8, 8, 4]\nlayers: [%s]\n", layers));
}

static double number_of(const Choice *choice, const char *attribute, int at)
{
    const Value *value = choice_value(choice, attribute);
    assert_non_null(value);
    assert_true(at < value->count);
    return value->numbers[at];
}

static void assert_kind(const Choice *choice, const char *kind)
{
    assert_non_null(choice);
    assert_string_equal(choice->template->name, kind);
}

static void test_what_is_left_out_has_its_default(void **state)
{
    (void)state;
    Model *model = read_with("");
    assert_string_equal(model->name, "net");
    assert_kind(model->optimizer, "sgd");
    assert_kind(model->initializer, "kaiming_uniform");
    assert_kind(model->learning_rate, "constant");
    assert_true(number_of(model->learning_rate, "start", 0) == 0.01);
    assert_int_equal(model->train.batch, 32);
    assert_int_equal(model->train.epochs, 10);
    assert_int_equal(model->train.seed, 1);
    assert_int_equal(model->train.patience, 0);
    assert_false(model->train.fused_update);
    assert_true(model->warm_up_steps == 0);
    assert_int_equal(model->losses + model->regularizers + model->clips, 0);
    assert_null(model->data);
    assert_ptr_equal(model->output, model->layer[0]);
}

static void test_input_is_a_shape(void **state)
{
    (void)state;
    Model *model = read_layers_of("flatten");
    assert_int_equal(model->inputs, 1);
    assert_string_equal(model->input[0]->name, "input");
    assert_int_equal(model->input[0]->shape.rank, 3);
    assert_int_equal(model->input[0]->shape.dims[2], 4);
    assert_null(model->input[0]->choice);
    assert_ptr_equal(model->layer[0]->input[0], model->input[0]);
}

static void test_inputs_keep_their_order(void **state)
{
    (void)state;
    Model *model = read_spec("network: net\ninput: {right: [4], left: 4}\nlayers: [{add: {inputs: [left, right]}}]\n");
    assert_int_equal(model->inputs, 2);
    assert_string_equal(model->input[0]->name, "right");
    assert_string_equal(model->input[1]->name, "left");
    assert_int_equal(model->input[1]->shape.rank, 1);
    assert_ptr_equal(model->layer[0]->input[0], model->input[1]);
    assert_ptr_equal(model->layer[0]->input[1], model->input[0]);
}

static void test_unnamed_layers_are_called_by_kind_and_count(void **state)
{
    (void)state;
    Model *model = read_layers_of("dense: 3, relu, dense: {units: 3, name: middle}, dense: 3, relu: {}, {relu: }");
    const char *const names[] = {"dense_1", "relu_1", "middle", "dense_3", "relu_2", "relu_3"};
    assert_int_equal(model->layers, 6);
    for (int i = 0; i < 6; i++)
        assert_string_equal(model->layer[i]->name, names[i]);
}

static void test_activation_is_a_layer_and_takes_the_name(void **state)
{
    (void)state;
    Model *model = read_layers_of("dense: {units: 3, activation: {leaky_relu: 0.2}}, dense: 3, "
                                  "{add: {inputs: [dense_1, dense_2]}}");
    assert_int_equal(model->layers, 4);
    Layer *activation = model->layer[1];
    assert_string_equal(activation->name, "dense_1_leaky_relu");
    assert_true(number_of(activation->choice, "slope", 0) == 0.2);
    assert_ptr_equal(activation->input[0], model->layer[0]);
    assert_ptr_equal(model->layer[2]->input[0], activation);
    assert_ptr_equal(model->layer[3]->input[0], activation);
}

static void test_layers_take_trainable_and_initializer(void **state)
{
    (void)state;
    Model *model = read_layers_of("dense: {units: 3, trainable: false, initializer: {normal: {std: 0.5}}}, dense: 3");
    assert_true(model->layer[0]->frozen);
    assert_true(number_of(model->layer[0]->initializer, "std", 0) == 0.5);
    assert_false(model->layer[1]->frozen);
    assert_null(model->layer[1]->initializer);
}

static void test_a_value_fills_the_main_attribute(void **state)
{
    (void)state;
    Model *model = read_layers_of("max_pool2d: 2, {max_pool2d: [3, 2]}, dropout: 0.25, gelu: tanh, {reshape: [2, 6]}");
    assert_true(number_of(model->layer[0]->choice, "kernel", 1) == 2);
    assert_true(number_of(model->layer[1]->choice, "kernel", 0) == 3);
    assert_true(number_of(model->layer[1]->choice, "kernel", 1) == 2);
    assert_true(number_of(model->layer[2]->choice, "rate", 0) == 0.25);
    assert_string_equal(choice_value(model->layer[3]->choice, "approximate")->word, "tanh");
    assert_int_equal(choice_value(model->layer[4]->choice, "shape")->count, 2);
}

static void test_a_default_may_be_another_attribute(void **state)
{
    (void)state;
    Model *model = read_layers_of("max_pool2d: {kernel: [3, 2]}");
    const Value *stride = choice_value(model->layer[0]->choice, "stride");
    assert_false(stride->given);
    assert_true(stride->numbers[0] == 3 && stride->numbers[1] == 2);
}

static void test_padding_is_a_word_a_number_a_pair_or_four_sides(void **state)
{
    (void)state;
    Model *model = read_layers_of("conv2d: {filters: 2, kernel: 3, padding: same}, "
                                  "conv2d: {filters: 2, kernel: 3, padding: valid}, conv2d: {filters: 2, kernel: 3}, "
                                  "conv2d: {filters: 2, kernel: 3, padding: 2}, "
                                  "conv2d: {filters: 2, kernel: 3, padding: [2, 1]}, "
                                  "conv2d: {filters: 2, kernel: 3, padding: [4, 3, 2, 1]}");
    static const double sides[6][4] = {{0}, {0}, {0}, {2, 2, 2, 2}, {2, 2, 1, 1}, {4, 3, 2, 1}};
    for (int i = 0; i < 6; i++) {
        const Value *padding = choice_value(model->layer[i]->choice, "padding");
        assert_int_equal(padding->word != NULL, i == 0);
        for (int side = 0; side < 4; side++)
            assert_true(padding->numbers[side] == sides[i][side]);
    }
}

static void test_options_of_parameters_are_attributes(void **state)
{
    (void)state;
    Model *model = read_layers_of("dense: {units: 3, bias: false}, dense: 3");
    assert_true(number_of(model->layer[0]->choice, "bias", 0) == 0);
    assert_true(number_of(model->layer[1]->choice, "bias", 0) == 1);
}

static void test_losses_read_a_layer_and_have_a_weight(void **state)
{
    (void)state;
    Model *model = read_spec("network: net\ninput: [4]\nlayers: [dense: {units: 4, name: a}, dense: 3]\n"
                             "loss: [mse, {huber: {delta: 2, input: a, weight: 0.5, target: goal}}, "
                             "{mse: {target: input, input: a}}]\n");
    assert_int_equal(model->losses, 3);
    assert_ptr_equal(model->loss[0]->input, model->layer[1]);
    assert_true(model->loss[0]->factor == 1);
    assert_null(model->loss[0]->target_name);
    assert_ptr_equal(model->loss[1]->input, model->layer[0]);
    assert_true(model->loss[1]->factor == 0.5);
    assert_string_equal(model->loss[1]->target_name, "goal");
    assert_string_equal(model->loss[2]->target_name, "input");
    assert_string_not_equal(model->loss[0]->name, model->loss[2]->name);
}

static void test_output_may_have_an_activation(void **state)
{
    (void)state;
    Model *model = read_spec("network: net\ninput: [4]\nlayers: [dense: {units: 4, name: a}, dense: 3]\n"
                             "loss: mse\noutput: {layer: a, activation: softmax}\n");
    assert_int_equal(model->layers, 3);
    assert_ptr_equal(model->output, model->layer[2]);
    assert_true(model->output->inference_only);
    assert_ptr_equal(model->output->input[0], model->layer[0]);
    model = read_with("output: dense_1");
    assert_ptr_equal(model->output, model->layer[0]);
}

static void test_optimizer_schedule_regularizers_and_clip(void **state)
{
    (void)state;
    Model *model = read_with("optimizer: {sgd: {momentum: 0.9, nesterov: true}}\n"
                             "learning_rate: {step: {start: 0.1, every: 3000000, warm_up: 500}}\n"
                             "regularizer: {l2: 5.0e-4, l1: {lambda: 1e-5}}\nclip: {norm: 1}\ninitializer: zeros");
    assert_true(number_of(model->optimizer, "momentum", 0) == 0.9);
    assert_string_equal(choice_value(model->optimizer, "nesterov")->word, "true");
    assert_true(number_of(model->learning_rate, "every", 0) == 3000000);
    assert_true(model->warm_up_steps == 500);
    assert_int_equal(model->regularizers, 2);
    assert_kind(model->regularizer[0], "l2");
    assert_true(number_of(model->regularizer[1], "lambda", 0) == 1e-5);
    assert_int_equal(model->clips, 1);
    assert_kind(model->clip[0], "norm");
    assert_kind(model->initializer, "zeros");
    model = read_with("learning_rate: 1e-3\noptimizer: adam");
    assert_true(number_of(model->learning_rate, "start", 0) == 1e-3);
    assert_kind(model->optimizer, "adam");
}

static void test_train_and_memory(void **state)
{
    (void)state;
    Model *model = read_with("train: {batch: 7, epochs: 3, seed: 9007199254740991, update: fused, patience: 2}\n"
                             "memory: {ram: 64K, flash: 3M}");
    assert_int_equal(model->train.batch, 7);
    assert_int_equal(model->train.batch_span.line, 4);
    assert_int_equal(model->train.epochs, 3);
    assert_true(model->train.seed == 9007199254740991u);
    assert_true(model->train.fused_update);
    assert_int_equal(model->train.patience, 2);
    assert_int_equal(model->ram_bytes, 65536);
    assert_int_equal(model->flash_bytes, 3 << 20);
    assert_int_equal(model->flash_span.line, 5);
    assert_int_equal(read_with("memory: {ram: 1000}")->ram_bytes, 1000);
}

static void test_data_of_idx(void **state)
{
    (void)state;
    const Data_spec *data = read_with("data: {format: idx, train: {inputs: a, targets: [b, c]}, "
                                      "test: {inputs: d}, scale: 1/255, offset: -0.5, folds: 5, seed: 3}")
                                ->data;
    assert_int_equal(data->format, DATA_IDX);
    assert_int_equal(data->train.inputs.count, 1);
    assert_int_equal(data->train.targets.count, 2);
    assert_string_equal(data->train.targets.item[1], "c");
    assert_string_equal(data->test.inputs.item[0], "d");
    assert_true(data->scale == 1.0 / 255);
    assert_true(data->offset == -0.5);
    assert_int_equal(data->folds, 5);
    assert_int_equal(data->seed, 3);
    assert_string_equal(data->place, "t:4:7");
}

static void test_data_of_cifar_and_an_index(void **state)
{
    (void)state;
    const Data_spec *data =
        read_with("data: {format: cifar, train: {files: [a, b], where: {take: [1, 2], who: eve}}, "
                  "test: {where: {who: [ann, bob]}}, index: i.csv, classes: [no, yes], scale: 1/255}")
            ->data;
    assert_int_equal(data->format, DATA_CIFAR);
    assert_int_equal(data->train.files.count, 2);
    assert_string_equal(data->train.files.item[1], "b");
    assert_int_equal(data->train.where.count, 2);
    assert_string_equal(data->train.where.item[0].name, "take");
    assert_string_equal(data->train.where.item[0].words.item[1], "2");
    assert_string_equal(data->train.where.item[1].words.item[0], "eve");
    assert_int_equal(data->test.where.item[0].words.count, 2);
    assert_string_equal(data->index, "i.csv");
    assert_string_equal(data->classes.item[1], "yes");
    data = read_with("data: {format: csv, train: {file: a.csv}, folds: who, ordinals: {4: [low, high]}}")->data;
    assert_string_equal(data->fold_column, "who");
    assert_int_equal(data->folds, 0);
    assert_string_equal(data->ordinals.item[0].name, "4");
    assert_string_equal(data->ordinals.item[0].words.item[1], "high");
}

static void test_data_of_csv(void **state)
{
    (void)state;
    const Data_spec *data = read_with("train: {validation: 0.25}\n"
                                      "data: {format: csv, train: {file: a.csv}, test: {split: 0.2}, header: true, "
                                      "label: [a, -1], ignore: id, categories: [c], missing: median, "
                                      "separator: \"\\t\", standardize: {inputs: true, targets: true}}")
                                ->data;
    assert_int_equal(data->format, DATA_CSV);
    assert_string_equal(data->train.file, "a.csv");
    assert_true(data->test.split == 0.2);
    assert_int_equal(data->header, DATA_HEADER_TRUE);
    assert_int_equal(data->label.count, 2);
    assert_string_equal(data->label.item[1], "-1");
    assert_string_equal(data->ignore.item[0], "id");
    assert_int_equal(data->missing, DATA_MISSING_MEDIAN);
    assert_int_equal(data->separator, '\t');
    assert_true(data->standardize_inputs && data->standardize_targets);
    assert_true(data->validation == 0.25);
}

static void test_data_of_the_playground(void **state)
{
    (void)state;
    Model *model = read_with("data: {format: playground, pattern: spiral, noise: 0.1, train: 500, test: 200, "
                             "features: [x1, x2, sin_x2], validation: 0.1}");
    const Data_spec *data = model->data;
    assert_int_equal(data->format, DATA_PLAYGROUND);
    assert_int_equal(data->pattern, DATA_PATTERN_SPIRAL);
    assert_true(data->noise == 0.1);
    assert_int_equal(data->train.samples, 500);
    assert_int_equal(data->test.samples, 200);
    assert_int_equal(data->features, 3);
    assert_int_equal(data->feature[2], DATA_FEATURE_SIN_X2);
    assert_true(model->train.validation == 0.1);
}

static void test_aliased_layers_are_layers_of_their_own(void **state)
{
    (void)state;
    Model *model = read_spec("network: net\ninput: [4]\nlayers:\n  - &hidden {dense: {units: 4, activation: relu}}\n"
                             "  - *hidden\n  - dense: {<<: {units: 9, bias: false}, units: 2}\n");
    assert_int_equal(model->layers, 5);
    assert_string_equal(model->layer[3]->name, "dense_2_relu");
    assert_true(number_of(model->layer[4]->choice, "units", 0) == 2);
    assert_true(number_of(model->layer[4]->choice, "bias", 0) == 0);
}

static void test_what_nothing_reads_is_a_warning(void **state)
{
    (void)state;
    Model *model = read_spec("network: net\ninput: {a: [4], b: [4]}\n"
                             "layers: [dense: {units: 4, input: a}, relu: {input: a}]\n");
    assert_non_null(model);
    fflush(report.stream);
    assert_int_equal(report.errors, 0);
    assert_non_null(strstr(said, "t:2:17: warning: nothing reads the input 'b'"));
    assert_non_null(strstr(said, "t:3:10: warning: nothing reads the layer 'dense_1'"));
}

static void test_number_of_layers_is_bounded(void **state)
{
    (void)state;
    Text text = {0};
    text_add(&text, "network: net\ninput: [4]\nlayers:\n");
    for (int i = 0; i < LAYERS_MAX; i++)
        text_add(&text, "- relu\n");
    assert_int_equal(read_spec(text.bytes)->layers, LAYERS_MAX);
    text_add(&text, "- relu\n");
    assert_null(try_spec(text.bytes));
    fflush(report.stream);
    assert_non_null(strstr(said, "t:3004:3: error: there are more than 3000 layers up to here, which is the most"));
}

/* The page of each template shows an example; the reader must take it. */
static void check_example(Category category, const char *name)
{
    char *page = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&page, &length);
    assert_int_equal(command_layers(&library, name, stream), 0);
    fclose(stream);
    const char *begin = strstr(page, format("%s, %s\n", name, category_names[category]));
    const char *line = begin ? strstr(begin, "\n\n    ") : NULL;
    assert_non_null(line);
    const char *example = format("%.*s", (int)strcspn(line + 6, "\n"), line + 6);
    if (category == LAYER)
        read_spec(
            format("network: net\ninput: {left: [4], right: [4]}\nlayers:\n  - add: {inputs: [left, right]}\n  %s\n",
                   example));
    else
        read_with(example);
    free(page);
}

static void test_the_example_of_every_page_is_accepted(void **state)
{
    (void)state;
    int pages = 0;
    for (int category = 0; category < CATEGORIES; category++) {
        const char **names;
        int count = category_kinds(&library, (Category)category, &names);
        for (int i = 0; i < count; i++, pages++)
            check_example((Category)category, names[i]);
    }
    assert_true(pages > 20);
}

static void test_the_table_names_every_template(void **state)
{
    (void)state;
    char *table = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&table, &length);
    assert_int_equal(command_layers(&library, NULL, stream), 0);
    fclose(stream);
    for (int category = 0; category < CATEGORIES; category++) {
        const char **names;
        int count = category_kinds(&library, (Category)category, &names);
        assert_true(count > 0);
        for (int i = 0; i < count; i++)
            assert_non_null(strstr(table, format("\n  %s ", names[i])));
    }
    free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_left_out_has_its_default, start, stop),
        cmocka_unit_test_setup_teardown(test_input_is_a_shape, start, stop),
        cmocka_unit_test_setup_teardown(test_inputs_keep_their_order, start, stop),
        cmocka_unit_test_setup_teardown(test_unnamed_layers_are_called_by_kind_and_count, start, stop),
        cmocka_unit_test_setup_teardown(test_activation_is_a_layer_and_takes_the_name, start, stop),
        cmocka_unit_test_setup_teardown(test_layers_take_trainable_and_initializer, start, stop),
        cmocka_unit_test_setup_teardown(test_a_value_fills_the_main_attribute, start, stop),
        cmocka_unit_test_setup_teardown(test_a_default_may_be_another_attribute, start, stop),
        cmocka_unit_test_setup_teardown(test_padding_is_a_word_a_number_a_pair_or_four_sides, start, stop),
        cmocka_unit_test_setup_teardown(test_options_of_parameters_are_attributes, start, stop),
        cmocka_unit_test_setup_teardown(test_losses_read_a_layer_and_have_a_weight, start, stop),
        cmocka_unit_test_setup_teardown(test_output_may_have_an_activation, start, stop),
        cmocka_unit_test_setup_teardown(test_optimizer_schedule_regularizers_and_clip, start, stop),
        cmocka_unit_test_setup_teardown(test_train_and_memory, start, stop),
        cmocka_unit_test_setup_teardown(test_data_of_idx, start, stop),
        cmocka_unit_test_setup_teardown(test_data_of_cifar_and_an_index, start, stop),
        cmocka_unit_test_setup_teardown(test_data_of_csv, start, stop),
        cmocka_unit_test_setup_teardown(test_data_of_the_playground, start, stop),
        cmocka_unit_test_setup_teardown(test_aliased_layers_are_layers_of_their_own, start, stop),
        cmocka_unit_test_setup_teardown(test_what_nothing_reads_is_a_warning, start, stop),
        cmocka_unit_test_setup_teardown(test_number_of_layers_is_bounded, start, stop),
        cmocka_unit_test_setup_teardown(test_the_example_of_every_page_is_accepted, start, stop),
        cmocka_unit_test_setup_teardown(test_the_table_names_every_template, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
