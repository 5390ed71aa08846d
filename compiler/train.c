/* train.c - `nnc train`, `nnc evaluate` and `nnc predict`: the network is printed for this machine, compiled, loaded,
 * and handed to the trainer. Ends with the exit status. */
#include "build.h"
#include "commands.h"
#include "compiling.h"

#include "trainer.h"

/* ---- what the three commands share ---- */

static int print_usage(void (*usage)(FILE *))
{
    usage(stdout);
    compiling_print(stdout, "native");
    return 0;
}

/* The model of a spec that must say where its samples are. */
static bool model_with_data(const char *command, const char *spec, Options *options, Built *built)
{
    options->spec_path = spec;
    if (!build_model(options, built))
        return false;
    if (built->model->data)
        return true;
    error_at(built->model->name_span, "'%s' needs the samples, and this description has no section 'data'", command);
    hint(built->model->name_span,
         "for CSV files, for example: data: {format: csv, train: {file: train.csv}, test: {file: test.csv}}");
    return false;
}

/* The trainer's message, if it left one. */
static int finish(int status, const Trainer_error *error)
{
    fflush(stdout);
    if (status && *error->message)
        fprintf(stderr, "%s\n", error->message);
    return status;
}

/* ---- commands ---- */

/* What the command line leaves open, the spec says. */
static void fill_in(Options_train *given, const Training *train)
{
    Train_options *options = &given->train;
    if (!options->epochs)
        options->epochs = train->epochs;
    if (!given->seed_given)
        options->seed = train->seed;
    if (!options->patience)
        options->patience = train->patience;
}

int command_train(int count, char **words)
{
    Options options = {0};
    Options_train given;
    Trainer_error error = {0};
    Words theirs;
    int status = compiling_take(count, words, "native", &options, &theirs);
    if (status)
        return status;
    if (options_train(theirs.count, theirs.word, &given, &error))
        return wrong_usage(words[0], error.message);
    if (given.help)
        return print_usage(options_usage_train);
    Built built = {0};
    if (!model_with_data(words[0], given.spec, &options, &built))
        return 1;
    if (trainer_check_data(built.model->data, given.train.data_directory, &error))
        return finish(1, &error);
    if (!build_load(&options, &built))
        return 1;
    fill_in(&given, &built.model->train);
    Train_result result;
    status = trainer_train(built.network, built.model->data, &given.train, &result, &error);
    return finish(status, &error);
}

int command_evaluate(int count, char **words)
{
    Options options = {0};
    Options_evaluate given;
    Trainer_error error = {0};
    Words theirs;
    int status = compiling_take(count, words, "native", &options, &theirs);
    if (status)
        return status;
    if (options_evaluate(theirs.count, theirs.word, &given, &error))
        return wrong_usage(words[0], error.message);
    if (given.help)
        return print_usage(options_usage_evaluate);
    Built built = {0};
    if (!model_with_data(words[0], given.spec, &options, &built))
        return 1;
    if (trainer_check_weights(given.evaluate.weights, &error))
        return finish(1, &error);
    if (!build_load(&options, &built))
        return 1;
    Train_score score;
    status = trainer_evaluate(built.network, built.model->data, &given.evaluate, &score, &error);
    return finish(status, &error);
}

int command_predict(int count, char **words)
{
    Options options = {0};
    Options_predict given;
    Trainer_error error = {0};
    Words theirs;
    int status = compiling_take(count, words, "native", &options, &theirs);
    if (status)
        return status;
    if (options_predict(theirs.count, theirs.word, &given, &error))
        return wrong_usage(words[0], error.message);
    if (given.help)
        return print_usage(options_usage_predict);
    Built built = {0};
    options.spec_path = given.spec;
    if (!build_model(&options, &built))
        return 1;
    if (trainer_check_weights(given.predict.weights, &error))
        return finish(1, &error);
    if (!build_load(&options, &built))
        return 1;
    const Data_spec lines = {.format = DATA_CSV, .place = given.spec}; /* a spec without data: plain numbers */
    const Data_spec *data = built.model->data ? built.model->data : &lines;
    status = trainer_predict(built.network, data, &given.predict, &error);
    return finish(status, &error);
}
