/* report.c - `nnc report`: the layers of a network with what they compute and keep, and its memory in bytes. Exit
 * status 1 if the budgets of the spec's `memory:` do not suffice; the report is printed all the same. */
#include "commands.h"
#include "compile.h"
#include "compiling.h"
#include "footprint.h"
#include "macs.h"
#include "compiled.h"
#include "sizes.h"

#include <jansson.h>
#include <string.h>

/* ---- what there is to tell ---- */

typedef struct Row {
    const Layer *layer;
    bool predicted;            /* a prediction runs it */
    long long parameters;      /* its own: a shared one is counted where it was made */
    long long macs, out_bytes; /* of one sample */
} Row;

typedef struct Story {
    const Model *model;
    Row *row; /* parallel to model->layer */
    long long trained, frozen, statistics;
    long long prediction_macs, training_macs;
    Footprint bytes;
    const Compiled *compiled; /* --cc, or NULL */
} Story;

/* Of a loss's own; compiled for inference, the network does without them. */
static long long loss_parameters(const Model *model, const Loss *loss)
{
    long long parameters = 0;
    for (int i = 0; i < loss->weights && !model->options->inference; i++)
        parameters += shape_elements(&loss->weight[i]->shape);
    return parameters;
}

static Story tell(const Model *model)
{
    Story story = {.model = model, .row = NEW_ARRAY(model->layers + 1, Row), .bytes = footprint_of(model)};
    const bool *predicted = predicted_layers(model);
    for (int i = 0; i < model->layers; i++) {
        const Layer *layer = model->layer[i];
        Row *row = &story.row[i];
        *row = (Row){.layer = layer, .predicted = predicted[i], .macs = layer_macs(layer)};
        row->out_bytes = shape_elements(&layer->shape) * (model->options->float64 ? 8 : 4);
        for (int w = 0; w < layer->weights && !layer->share; w++)
            row->parameters += shape_elements(&layer->weight[w]->shape);
    }
    for (int i = 0; i < model->weights; i++) {
        const Weight *weight = model->weight[i];
        long long *kind = weight->statistic ? &story.statistics : weight->trained ? &story.trained : &story.frozen;
        *kind += shape_elements(&weight->shape);
    }
    for (int i = 0; i < model->constants; i++) {
        const Weight *weight = model->constant[i];
        *(weight->statistic ? &story.statistics : &story.frozen) += shape_elements(&weight->shape);
    }
    story.prediction_macs = prediction_macs(model);
    story.training_macs = story.bytes.training ? training_macs(model) : 0;
    return story;
}

static const char *kind_of(const Layer *layer)
{
    return layer->choice->template->name;
}

static const char *numerics_of(const Options *options)
{
    static const char *const names[] = {
        [NUMERICS_FUSED] = "fused", [NUMERICS_SEPARATE] = "separate", [NUMERICS_FAST] = "fast"};
    return names[options->numerics];
}

/* ---- as a table ---- */

enum { COLUMNS = 6, TEXT_COLUMNS = 3 };

typedef struct Table {
    int count;
    const char *(*row)[COLUMNS];
} Table;

static void table_add(Table *table, const char *const *cells)
{
    table->row = push_grow(table->row, table->count, sizeof *table->row);
    memcpy(table->row[table->count++], cells, sizeof *table->row);
}

/* Words to the left, numbers to the right. */
static void table_print(const Table *table)
{
    int width[COLUMNS] = {0};
    for (int r = 0; r < table->count; r++)
        for (int c = 0; c < COLUMNS; c++)
            if (width[c] < (int)strlen(table->row[r][c]))
                width[c] = (int)strlen(table->row[r][c]);
    for (int r = 0; r < table->count; r++)
        for (int c = 0; c < COLUMNS; c++)
            printf(c < TEXT_COLUMNS ? "%-*s%s" : "%*s%s", width[c], table->row[r][c], c + 1 < COLUMNS ? "  " : "\n");
}

static void print_layers(const Story *story)
{
    static const char *const head[COLUMNS] = {"layer", "kind", "output", "parameters", "MACs", "output bytes"};
    Table table = {0};
    table_add(&table, head);
    for (int i = 0; i < story->model->inputs; i++) {
        const Layer *input = story->model->input[i];
        long long bytes = shape_elements(&input->shape) * (story->model->options->float64 ? 8 : 4);
        const char *const cells[] = {input->name, "(input)", shape_text(&input->shape), "", "", grouped(bytes)};
        table_add(&table, cells);
    }
    for (int i = 0; i < story->model->layers; i++) {
        const Row *row = &story->row[i];
        const Layer *layer = row->layer;
        const char *parameters = layer->share       ? format("as %s", layer->share->name)
                                 : !row->parameters ? "-"
                                                    : grouped(row->parameters);
        const char *macs = row->macs ? grouped(row->macs) : "-";
        const char *const cells[] = {layer->name, kind_of(layer), shape_text(&layer->shape),
                                     parameters,  macs,           grouped(row->out_bytes)};
        table_add(&table, cells);
    }
    for (int i = 0; i < story->model->losses; i++) {
        const Loss *loss = story->model->loss[i];
        const char *const cells[] = {
            loss->name, loss->choice->template->name, "(loss)", grouped(loss_parameters(story->model, loss)), "", ""};
        if (loss_parameters(story->model, loss))
            table_add(&table, cells);
    }
    table_print(&table);
}

static void print_totals(const Story *story)
{
    printf("\nparameters  %s trained", grouped(story->trained));
    if (story->frozen)
        printf(", %s frozen", grouped(story->frozen));
    if (story->statistics)
        printf(", %s statistics", grouped(story->statistics));
    printf("\nMACs        %s in a prediction", grouped(story->prediction_macs));
    if (story->bytes.training)
        printf(", %s in a training step of batch %d", grouped(story->training_macs), story->model->train.batch);
    printf("\n");
}

static void print_bytes(const char *what, long long bytes, const char *remark)
{
    printf("%-28s%14s%s%s\n", what, grouped(bytes), *remark ? "  " : "", remark);
}

/* The bound is the most that is alive at once. */
static const char *beside_bound(long long bytes, long long bound)
{
    return bytes == bound ? "the lower bound itself" : format("lower bound %s", grouped(bound));
}

static void print_budget(const char *what, long long needed, long long limit)
{
    if (limit)
        print_bytes(format("budget of %s", what), limit,
                    needed > limit ? format("needs %s: %s too little", grouped(needed), grouped(needed - limit))
                                   : format("needs %s: %s left", grouped(needed), grouped(limit - needed)));
}

static void print_memory(const Story *story)
{
    const Footprint *all = &story->bytes;
    const Model *model = story->model;
    printf("\n%-28s%14s\n", "memory", "bytes");
    print_bytes("parameters", all->parameters, "");
    if (all->training) {
        print_bytes("gradients", all->gradients, all->fused ? "each is consumed as soon as it is complete" : "");
        print_bytes("optimizer and statistics", all->state, "");
        print_bytes("arena", all->arena, beside_bound(all->arena, all->arena_bound));
        print_bytes("step and seed", all->counters, "");
        print_bytes("training, all of it", all->training_total, format("sizeof(%s_training)", model->name));
    }
    print_bytes("scratch of a prediction", all->inference,
                format("sizeof(%s_inference), %s", model->name, beside_bound(all->inference, all->inference_bound)));
    print_bytes("with its input at once", all->inference_with_input, "the input as long as it is read");
    if (all->batch)
        print_bytes(format("scratch of %d samples", model->options->predict_batch), all->batch,
                    format("sizeof(%s_inference_batch), %s", model->name, beside_bound(all->batch, all->batch_bound)));
    if (all->constants)
        print_bytes("constants", all->constants, "");
    if (all->repeated)
        printf("%-28s%14d  in the backward pass, so that the arena is small\n", "steps that are repeated",
               all->repeated);
    if (model->shared_loops)
        printf("%-28s%14d  by threads, which need no memory but their stacks\n", "loops that are shared",
               model->shared_loops);
    print_budget("ram", all->ram, model->ram_bytes);
    if (!story->compiled)
        print_budget("flash", all->flash, model->flash_bytes);
}

static void print_measured(const Story *story)
{
    if (!story->compiled)
        return;
    compiled_print(story->compiled);
    print_budget("flash", story->compiled->flash, story->model->flash_bytes);
}

static void print_story(const Story *story)
{
    const Options *options = story->model->options;
    printf("%s: target %s, %s, %s numerics\n\n", story->model->name, options->machine->name,
           options->float64 ? "float64" : "float32", numerics_of(options));
    print_layers(story);
    print_totals(story);
    print_memory(story);
    print_measured(story);
}

/* ---- as JSON ---- */

static json_t *shape_json(const Shape *shape)
{
    json_t *dims = json_array();
    for (int i = 0; i < shape->rank; i++)
        json_array_append_new(dims, json_integer(shape->dims[i]));
    return dims;
}

static json_t *layers_json(const Story *story)
{
    json_t *layers = json_array();
    for (int i = 0; i < story->model->layers; i++) {
        const Row *row = &story->row[i];
        const Layer *layer = row->layer;
        json_t *inputs = json_array();
        for (int k = 0; k < layer->inputs; k++)
            json_array_append_new(inputs, json_string(layer->input[k]->name));
        json_t *object =
            json_pack("{s:s, s:s, s:o, s:o, s:I, s:I, s:I, s:b}", "name", layer->name, "kind", kind_of(layer), "inputs",
                      inputs, "shape", shape_json(&layer->shape), "parameters", (json_int_t)row->parameters, "macs",
                      (json_int_t)row->macs, "output_bytes", (json_int_t)row->out_bytes, "predicted", row->predicted);
        if (layer->share)
            json_object_set_new(object, "shares", json_string(layer->share->name));
        json_array_append_new(layers, object);
    }
    return layers;
}

static json_t *losses_json(const Model *model)
{
    json_t *losses = json_array();
    for (int i = 0; i < model->losses; i++) {
        const Loss *loss = model->loss[i];
        json_array_append_new(losses, json_pack("{s:s, s:s, s:s, s:f, s:I}", "name", loss->name, "kind",
                                                loss->choice->template->name, "input", loss->input->name, "weight",
                                                loss->factor, "parameters", (json_int_t)loss_parameters(model, loss)));
    }
    return losses;
}

static json_t *inputs_json(const Model *model)
{
    json_t *inputs = json_array();
    for (int i = 0; i < model->inputs; i++)
        json_array_append_new(inputs, json_pack("{s:s, s:o}", "name", model->input[i]->name, "shape",
                                                shape_json(&model->input[i]->shape)));
    return inputs;
}

static json_t *memory_json(const Footprint *all)
{
    json_t *memory = json_pack("{s:I, s:I, s:I, s:I, s:I}", "parameters", (json_int_t)all->parameters, "inference",
                               (json_int_t)all->inference, "inference_bound", (json_int_t)all->inference_bound,
                               "inference_with_input", (json_int_t)all->inference_with_input, "constants",
                               (json_int_t)all->constants);
    if (all->batch)
        json_object_update_new(memory, json_pack("{s:I, s:I}", "inference_batch", (json_int_t)all->batch,
                                                 "inference_batch_bound", (json_int_t)all->batch_bound));
    if (all->training)
        json_object_update_new(
            memory, json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "gradients", (json_int_t)all->gradients, "state",
                              (json_int_t)all->state, "arena", (json_int_t)all->arena, "arena_bound",
                              (json_int_t)all->arena_bound, "counters", (json_int_t)all->counters, "training",
                              (json_int_t)all->training_total, "repeated_steps", (json_int_t)all->repeated));
    return memory;
}

static void add_budget(json_t *budgets, const char *name, long long needed, long long limit)
{
    if (limit)
        json_object_set_new(budgets, name,
                            json_pack("{s:I, s:I, s:b}", "bytes", (json_int_t)limit, "needed", (json_int_t)needed, "ok",
                                      needed <= limit));
}

static void print_json(const Story *story)
{
    const Model *model = story->model;
    const Options *options = model->options;
    json_t *budgets = json_object();
    add_budget(budgets, "ram", story->bytes.ram, model->ram_bytes);
    long long flash = story->compiled ? story->compiled->flash : story->bytes.flash;
    add_budget(budgets, "flash", flash, model->flash_bytes);
    json_t *parameters = json_pack("{s:I, s:I, s:I}", "trained", (json_int_t)story->trained, "frozen",
                                   (json_int_t)story->frozen, "statistics", (json_int_t)story->statistics);
    json_t *macs = json_pack("{s:I, s:I}", "prediction", (json_int_t)story->prediction_macs, "training",
                             (json_int_t)story->training_macs);
    json_t *root =
        json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "network", model->name, "target",
                  options->machine->name, "dtype", options->float64 ? "float64" : "float32", "numerics",
                  numerics_of(options), "inputs", inputs_json(model), "layers", layers_json(story), "losses",
                  losses_json(model), "parameters", parameters, "macs", macs, "memory", memory_json(&story->bytes));
    if (story->bytes.training)
        json_object_set_new(root, "batch", json_integer(model->train.batch));
    if (options->threads)
        json_object_set_new(root, "shared_loops", json_integer(model->shared_loops));
    if (options->predict_batch)
        json_object_set_new(root, "predict_batch", json_integer(options->predict_batch));
    if (story->compiled)
        json_object_set_new(root, "compiled", compiled_json(story->compiled));
    json_object_set_new(root, "budgets", budgets);
    json_dumpf(root, stdout, JSON_INDENT(2));
    printf("\n");
    json_decref(root);
}

/* ---- the command ---- */

typedef struct Request {
    bool json, inference, const_frozen, cc, help;
    const char *weights, *weights_dtype;
    int predict_batch;
} Request;

static const Option table[] = {
    {"--json", NULL, OPTION_FLAG, offsetof(Request, json), SIZE_MAX, NULL, "the same as JSON"},
    {"--inference", NULL, OPTION_FLAG, offsetof(Request, inference), SIZE_MAX, NULL, "of a network that only predicts"},
    {"--weights", NULL, OPTION_TEXT, offsetof(Request, weights), SIZE_MAX, "FILE", "with parameters as constants"},
    {"--weights-dtype", NULL, OPTION_TEXT, offsetof(Request, weights_dtype), SIZE_MAX, "D",
     "float32 (default) or float16: of the layers' weights among them, with --inference"},
    {"--const-frozen", NULL, OPTION_FLAG, offsetof(Request, const_frozen), SIZE_MAX, NULL,
     "with those of frozen layers as constants in training, too"},
    {"--predict-batch", NULL, OPTION_COUNT, offsetof(Request, predict_batch), SIZE_MAX, "N",
     "with a prediction of N samples"},
    {"--cc", NULL, OPTION_FLAG, offsetof(Request, cc), SIZE_MAX, NULL,
     "compiles it with $CC and $CFLAGS: bytes of code and constants, and the deepest stack"},
    {"--help", "-h", OPTION_HELP, offsetof(Request, help), SIZE_MAX, NULL, "this page"},
};
enum { ROWS = sizeof table / sizeof *table };

static int print_help(void)
{
    printf("nnc report SPEC.yaml   layers, shapes, parameters, multiply-adds, and the memory map in bytes\n\n");
    options_print(stdout, table, ROWS);
    compiling_print(stdout, "c");
    return 0;
}

int command_report(int count, char **words)
{
    Options options = {0};
    Request request = {0};
    Options_words specs = {0};
    int status = compiling_parse((Words){count, words}, "c", (Option_table){ROWS, table}, &options, &request, &specs);
    if (status || request.help)
        return status ? status : print_help();
    options.spec_path = compiling_spec(words[0], &specs);
    if (!options.spec_path)
        return 2;
    options.inference = request.inference;
    options.weights = request.weights;
    options.const_frozen = request.const_frozen;
    if (!compiling_samples(words[0], request.predict_batch, &options) ||
        !compiling_weights(words[0], request.weights_dtype, &options))
        return 2;
    finish_options(&options);
    Model *model = compile(&options);
    Compiled compiled = {0};
    if (!model || (request.cc && !compiled_measure(model, &options, &compiled)))
        return 1;
    Story story = tell(model);
    story.compiled = request.cc ? &compiled : NULL;
    (request.json ? print_json : print_story)(&story);
    fflush(stdout);
    return (request.cc ? within_measured_budgets(model, compiled.flash) : within_budgets(model)) ? 0 : 1;
}
