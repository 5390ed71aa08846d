/* batches.c - an endless stream of samples, cut into batches. */
#include "batches.h"

#include "shuffle.h"

#include <string.h>

static void *aligned(Context *context, size_t bytes)
{
    const size_t alignment = 64; /* of a vector register or a cache line */
    uintptr_t at = (uintptr_t)context_allocate(context, bytes + alignment, 1);
    return (void *)((at + alignment - 1) / alignment * alignment);
}

Batches *batches_open(Context *context, const Set *set, const nnc_network *network, const Augment *augment,
                      uint64_t seed)
{
    Batches *batches = context_allocate(context, 1, sizeof *batches);
    *batches = (Batches){.set = set, .network = network, .seed = seed, .epoch = UINT64_MAX, .augment = augment};
    batches->order = context_allocate(context, set->samples, sizeof *batches->order);
    batches->input = context_allocate(context, (size_t)network->inputs, sizeof *batches->input);
    batches->target = context_allocate(context, (size_t)network->targets, sizeof *batches->target);
    size_t batch = (size_t)network->batch;
    for (int p = 0; p < network->inputs; p++)
        batches->input[p] = aligned(context, batch * set->input[p].bytes);
    for (int t = 0; t < network->targets; t++) {
        int copies = network->target[t].copies;
        batches->target[t] = copies > 0 ? batches->input[copies - 1] : aligned(context, batch * set->target[t].bytes);
    }
    return batches;
}

static void take_order(Batches *batches, uint64_t epoch)
{
    for (size_t i = 0; i < batches->set->samples; i++)
        batches->order[i] = (uint32_t)i;
    shuffle(batches->order, batches->set->samples, batches->seed, (uint32_t)epoch);
    batches->epoch = epoch;
}

static void copy(const Batches *batches, const Block *block, size_t sample, void *batch, size_t place)
{
    samples_copy(block, batches->network->real_bytes, sample, (unsigned char *)batch + place * block->bytes);
}

/* The sample at place i of batch `step`. */
static void augment(const Batches *batches, uint64_t step, size_t i)
{
    const nnc_network *network = batches->network;
    uint64_t place = step * (uint64_t)network->batch + i;
    for (int p = 0; p < network->inputs; p++)
        augment_sample(batches->augment, network, p, place,
                       (unsigned char *)batches->input[p] + i * batches->set->input[p].bytes);
}

void batches_gather(Batches *batches, uint64_t step)
{
    const Set *set = batches->set;
    const nnc_network *network = batches->network;
    size_t batch = (size_t)network->batch;
    uint64_t epoch = step * batch / set->samples;
    size_t at = (size_t)(step * batch % set->samples);
    for (size_t i = 0; i < batch; i++) {
        if (epoch != batches->epoch)
            take_order(batches, epoch);
        size_t sample = batches->order[at];
        for (int p = 0; p < network->inputs; p++)
            copy(batches, &set->input[p], sample, batches->input[p], i);
        for (int t = 0; t < network->targets; t++) {
            if (set->target[t].bytes > 0)
                copy(batches, &set->target[t], sample, batches->target[t], i);
        }
        if (batches->augment != NULL)
            augment(batches, step, i);
        if (++at == set->samples) {
            at = 0;
            epoch++;
        }
    }
}

uint64_t batches_end_of_epoch(const Batches *batches, uint64_t epoch)
{
    uint64_t batch = (uint64_t)batches->network->batch;
    return ((epoch + 1) * batches->set->samples + batch - 1) / batch;
}
