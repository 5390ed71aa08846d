/* score.c - loss, accuracy and confusion of a set. */
#include "score.h"

#include "reals.h"

#include <math.h>

void *score_memory(Context *context, size_t bytes)
{
    const size_t alignment = 64;
    uintptr_t at = (uintptr_t)context_allocate(context, bytes + alignment, 1);
    return (void *)((at + alignment - 1) / alignment * alignment);
}

Scorer *score_open(Context *context, const nnc_network *network)
{
    Scorer *scorer = context_allocate(context, 1, sizeof *scorer);
    *scorer = (Scorer){.network = network,
                       .inference = score_memory(context, network->inference_bytes),
                       .scored = score_memory(context, samples_port_bytes(network, &network->scored)),
                       .input = context_allocate(context, (size_t)network->inputs, sizeof(void *)),
                       .target = context_allocate(context, (size_t)network->targets, sizeof(void *)),
                       .room = context_allocate(context, (size_t)network->inputs, sizeof(void *))};
    for (int p = 0; p < network->inputs; p++)
        scorer->room[p] = score_memory(context, samples_port_bytes(network, &network->input[p]));
    return scorer;
}

/* Classes of the confusion matrix; 0 if the metric counts none, or counts several elements at once. */
static size_t class_count(const nnc_network *network)
{
    bool single = network->scored.elements == 1;
    switch (network->metric) {
    case NNC_METRIC_CLASS:
        return network->target[0].type == NNC_INT32 ? (size_t)network->target[0].classes : network->scored.elements;
    case NNC_METRIC_BINARY:
    case NNC_METRIC_SIGN:
        return single ? 2 : 0;
    default:
        return 0;
    }
}

Confusion *score_confusion(Context *context, const nnc_network *network)
{
    Confusion *confusion = context_allocate(context, 1, sizeof *confusion);
    confusion->classes = class_count(network);
    confusion->count = context_allocate(context, confusion->classes * confusion->classes, sizeof *confusion->count);
    return confusion;
}

static size_t largest(const nnc_network *network, const void *values, size_t start, size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++) {
        if (real_at(network->real_bytes, values, start + i) > real_at(network->real_bytes, values, start + best))
            best = i;
    }
    return best;
}

static void count_pair(Score *score, Confusion *confusion, size_t actual, size_t predicted)
{
    score->counted++;
    score->right += actual == predicted;
    if (confusion != NULL && actual < confusion->classes && predicted < confusion->classes)
        confusion->count[actual * confusion->classes + predicted]++;
}

static void count_classes(const Scorer *scorer, const void *target, Score *score, Confusion *confusion)
{
    const nnc_network *network = scorer->network;
    const nnc_port *port = &network->target[0];
    if (port->type != NNC_INT32) {
        size_t actual = largest(network, target, 0, port->elements);
        count_pair(score, confusion, actual, largest(network, scorer->scored, 0, network->scored.elements));
        return;
    }
    size_t classes = network->scored.elements / port->elements; /* of each position */
    for (size_t i = 0; i < port->elements; i++)
        count_pair(score, confusion, (size_t)((const int32_t *)target)[i],
                   largest(network, scorer->scored, i * classes, classes));
}

static void count_signs(const Scorer *scorer, const void *target, double border, Score *score, Confusion *confusion)
{
    const nnc_network *network = scorer->network;
    for (size_t i = 0; i < network->scored.elements && i < network->target[0].elements; i++)
        count_pair(score, network->scored.elements == 1 ? confusion : NULL,
                   real_at(network->real_bytes, target, i) > border,
                   real_at(network->real_bytes, scorer->scored, i) > 0);
}

static void count(const Scorer *scorer, const void *target, Score *score, Confusion *confusion)
{
    switch (scorer->network->metric) {
    case NNC_METRIC_CLASS:
        count_classes(scorer, target, score, confusion);
        break;
    case NNC_METRIC_BINARY:
        count_signs(scorer, target, 0.5, score, confusion);
        break;
    case NNC_METRIC_SIGN:
        count_signs(scorer, target, 0, score, confusion);
        break;
    default:
        break;
    }
}

static void point_at(const Scorer *scorer, const Set *set, size_t sample)
{
    const nnc_network *network = scorer->network;
    for (int p = 0; p < network->inputs; p++) {
        const Block *block = &set->input[p];
        scorer->input[p] = block->level != NULL ? scorer->room[p] : block->values + sample * block->bytes;
        if (block->level != NULL)
            samples_copy(block, network->real_bytes, sample, scorer->room[p]);
    }
    for (int t = 0; t < network->targets; t++) {
        int copies = network->target[t].copies;
        scorer->target[t] =
            copies > 0 ? scorer->input[copies - 1] : set->target[t].values + sample * set->target[t].bytes;
    }
}

void score_values(const Scorer *scorer, const void *parameters, const Set *set, size_t sample, double *values)
{
    const nnc_network *network = scorer->network;
    point_at(scorer, set, sample);
    network->evaluate(parameters, scorer->inference, scorer->input, scorer->target, scorer->scored);
    for (size_t i = 0; i < network->scored.elements; i++)
        values[i] = real_at(network->real_bytes, scorer->scored, i);
}

Score score_set(const Scorer *scorer, const void *parameters, const Set *set, Confusion *confusion)
{
    const nnc_network *network = scorer->network;
    Score score = {.loss = NAN, .accuracy = NAN};
    double sum = 0;
    for (size_t i = 0; i < set->samples; i++) {
        if (scorer->stop != NULL && *scorer->stop)
            return score;
        point_at(scorer, set, i);
        sum += network->evaluate(parameters, scorer->inference, scorer->input, scorer->target, scorer->scored);
        if (network->metric != NNC_METRIC_NONE)
            count(scorer, scorer->target[0], &score, confusion);
    }
    if (set->samples > 0 && !network->loss_of_batches)
        score.loss = sum / (double)set->samples;
    if (score.counted > 0)
        score.accuracy = (double)score.right / (double)score.counted;
    return score;
}
