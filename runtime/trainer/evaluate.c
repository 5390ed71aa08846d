/* evaluate.c - the figures of trained weights on the test set. */
#include "confusion.h"
#include "score.h"
#include "trainer.h"
#include "weights.h"

#include <math.h>

typedef struct Job {
    const nnc_network *network;
    Data_spec spec; /* with the options' changes */
    const Evaluate_options *options;
    Train_score *score;
} Job;

static void check_scaling(Context *context, const Job *job, const Encoding *known)
{
    const char *which = job->spec.standardize_inputs && known->inputs.width == 0     ? "inputs"
                        : job->spec.standardize_targets && known->targets.width == 0 ? "targets"
                                                                                     : NULL;
    if (which != NULL)
        context_fail(context, "%s: error: the data are to be standardised, but standardize.%s.mean is missing",
                     job->options->weights, which);
}

static void print(const Job *job, const char *name, const Score *score, size_t samples)
{
    FILE *out = job->options->out == NULL ? stdout : job->options->out;
    fprintf(out, "%s: loss %.6g", name, score->loss);
    if (!isnan(score->accuracy))
        fprintf(out, ", accuracy %.2f %% (%llu of %llu)", 100 * score->accuracy, (unsigned long long)score->right,
                (unsigned long long)score->counted);
    else
        fprintf(out, " (%zu samples)", samples);
    fputc('\n', out);
}

static void print_strangers(const Job *job, const Strangers *strangers)
{
    FILE *out = job->options->out == NULL ? stdout : job->options->out;
    fprintf(out, "test: %zu pictures of classes that did not train (%zu: %s): there is no accuracy of them\n",
            strangers->samples, strangers->classes.count, strangers->names);
}

static void evaluate(Context *context, void *argument)
{
    const Job *job = argument;
    const nnc_network *network = job->network;
    if (job->options->weights == NULL)
        context_fail(context, "error: no weights to evaluate");
    void *parameters = score_memory(context, network->parameters_bytes);
    const Encoding *known = weights_read(context, job->options->weights, network, parameters);
    check_scaling(context, job, known);
    bool tests = pool_has_test(&job->spec);
    Pool *pool =
        pool_read(context, &job->spec, network, job->options->data_directory, tests ? POOL_TEST : POOL_TRAIN, known);
    const Strangers *strangers = &pool->strangers;
    tests = tests && strangers->samples == 0;
    Split split = split_holdout(context, pool, &job->spec);
    if (tests)
        split.train.count = 0;
    split.validation.count = 0;
    Samples *samples = samples_make(context, pool, &split, &job->spec, network, known);
    const Set *set = tests ? &samples->test : &samples->train;
    Confusion *confusion = score_confusion(context, network);
    Score score = score_set(score_open(context, network), parameters, set, confusion);
    if (strangers->samples > 0)
        print_strangers(job, strangers);
    print(job,
          tests                    ? "test"
          : strangers->samples > 0 ? "training"
                                   : "training (there is no test set)",
          &score, set->samples);
    if (!job->options->quiet)
        confusion_print(job->options->out == NULL ? stdout : job->options->out, confusion,
                        &samples->encoding->classes[0]);
    *job->score = (Train_score){score.loss, score.accuracy};
}

int trainer_evaluate(const nnc_network *network, const Data_spec *data, const Evaluate_options *options,
                     Train_score *score, Trainer_error *error)
{
    Context context = {.notes = options->err == NULL ? stderr : options->err};
    Job job = {network, *data, options, score};
    job.spec.strict = options->strict_data;
    *score = (Train_score){NAN, NAN};
    bool done = context_attempt(&context, evaluate, &job);
    context_release(&context, 0);
    *error = context.error;
    return done ? 0 : error->status;
}
