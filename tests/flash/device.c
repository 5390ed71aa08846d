/* device.c - see device.h. Freestanding; REAL is the type of the network's numbers. */
#include "device.h"

#include "learner.h"

#ifndef REAL
#define REAL float
#endif

enum { SEED = 42 };

static learner_training net;

/* Small integers over a power of two: the same on every machine. */
static REAL draw(uint32_t *state)
{
    *state = *state * UINT32_C(1664525) + UINT32_C(1013904223);
    return (REAL)(int16_t)(*state >> 22) / (REAL)256 - (REAL)2;
}

/* The samples of a step depend on its number alone, as if they were read from a log. */
static void train_step(void)
{
    static REAL input[LEARNER_BATCH * LEARNER_INPUT], target[LEARNER_BATCH * LEARNER_OUTPUT];
    uint32_t state = net.step * UINT32_C(2654435761) + 1u;
    for (int i = 0; i < LEARNER_BATCH * LEARNER_INPUT; i++)
        input[i] = draw(&state);
    for (int i = 0; i < LEARNER_BATCH * LEARNER_OUTPUT; i++)
        target[i] = input[i] * input[i + 1];
    (void)learner_train(&net, input, target);
}

uint32_t device_hash(void)
{
    uint32_t hash = UINT32_C(2166136261);
    const unsigned char *byte = (const unsigned char *)&net.parameters;
    for (size_t i = 0; i < sizeof net.parameters; i++)
        hash = (hash ^ byte[i]) * UINT32_C(16777619);
    return hash;
}

static void start(const nnc_flash *flash, device_report *report)
{
    const int status = learner_restore(&net, flash);
    if (status != NNC_FLASH_OK)
        learner_initialize(&net, SEED);
    report(status == NNC_FLASH_OK ? "restored" : "new", status == NNC_FLASH_OK ? net.step : (uint32_t)status);
}

int device_run(const nnc_flash *flash, uint32_t steps, uint32_t every, device_report *report)
{
    start(flash, report);
    while (net.step < steps) {
        train_step();
        if (net.step % every)
            continue;
        const int status = learner_save(&net, flash);
        if (status != NNC_FLASH_OK) {
            report("failed", (uint32_t)status);
            return 1;
        }
        report("saved", net.step);
    }
    report("hash", device_hash());
    return 0;
}

uint32_t device_slot_bytes(uint32_t unit)
{
    return (uint32_t)LEARNER_CHECKPOINT_BYTES(unit);
}

void *device_memory(size_t *bytes)
{
    *bytes = sizeof net;
    return &net;
}

int device_save(const nnc_flash *flash)
{
    return learner_save(&net, flash);
}

int device_restore(const nnc_flash *flash)
{
    return learner_restore(&net, flash);
}
