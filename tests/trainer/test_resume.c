/* test_resume.c - a run that is interrupted, or killed at any moment, ends in the same bits as one that was not. */
#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700
#endif
#include "support.h"

#include "networks.h"
#include "safetensors.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What must come out the same. */
typedef struct Outcome {
    char *weights, *history;
    size_t weights_length, history_length;
} Outcome;

static Outcome outcome_of(const char *weights, const char *history)
{
    Outcome outcome;
    outcome.weights = get_text(weights, &outcome.weights_length);
    outcome.history = get_text(history, &outcome.history_length);
    assert_non_null(outcome.weights);
    assert_non_null(outcome.history);
    return outcome;
}

static void expect_same(Outcome one, Outcome other)
{
    assert_int_equal(one.weights_length, other.weights_length);
    assert_memory_equal(one.weights, other.weights, one.weights_length);
    assert_string_equal(one.history, other.history);
}

static void forget(Outcome outcome)
{
    free(outcome.weights);
    free(outcome.history);
}

static Data_spec spirals(void)
{
    return (Data_spec){.format = DATA_PLAYGROUND,
                       .pattern = DATA_PATTERN_CIRCLE,
                       .noise = 0.1,
                       .features = 7,
                       .feature = {0, 1, 2, 3, 4, 5, 6},
                       .validation = 0.1,
                       .train = {.samples = 997},
                       .test = {.samples = 50}};
}

static Train_options resumable(const char *name)
{
    Train_options options = quiet_options(8);
    options.weights = path_of("r.safetensors");
    options.history = path_of("r.csv");
    options.checkpoint = path_of(name);
    options.checkpoint_every = 7;
    options.best = true;
    return options;
}

static Outcome uninterrupted(int epochs)
{
    Data_spec spec = spirals();
    Train_options options = resumable("u.checkpoint");
    options.epochs = epochs;
    options.checkpoint = NULL;
    options.weights = path_of("u.safetensors");
    options.history = path_of("u.csv");
    train_well(&seven_network, &spec, options);
    return outcome_of("u.safetensors", "u.csv");
}

static void test_resume_after_fewer_epochs_ends_in_the_same_bits(void **state)
{
    (void)state;
    Outcome whole = uninterrupted(8);
    Data_spec spec = spirals();
    Train_options options = resumable("e.checkpoint");
    for (int epochs = 1; epochs <= 8; epochs += 3) { /* 1, 4, 7 */
        options.epochs = epochs;
        train_well(&seven_network, &spec, options);
        options.resume = true;
    }
    options.epochs = 8;
    train_well(&seven_network, &spec, options);
    Outcome resumed = outcome_of("r.safetensors", "r.csv");
    expect_same(whole, resumed);
    forget(resumed);
    train_well(&seven_network, &spec, options); /* nothing left to do */
    resumed = outcome_of("r.safetensors", "r.csv");
    expect_same(whole, resumed);
    forget(resumed);
    forget(whole);
}

/* Trains in a child process, whose status is returned by waitpid. */
static pid_t train_in_child(const Train_options *given, const Data_spec *spec)
{
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child > 0)
        return child;
    Train_options options = *given;
    Train_result result;
    Trainer_error error;
    FILE *nowhere = fopen("/dev/null", "w");
    options.out = options.err = nowhere;
    _exit(trainer_train(&seven_network, spec, &options, &result, &error));
}

static void wait_micros(long micros)
{
    struct timespec time = {.tv_sec = micros / 1000000, .tv_nsec = micros % 1000000 * 1000};
    nanosleep(&time, NULL);
}

static void read_checkpoint(Context *context, void *path)
{
    const Safetensors *file = safetensors_read(context, path);
    assert_non_null(safetensors_find(file, "dense_1.weight"));
    assert_non_null(safetensors_find(file, "optimizer.m.dense_1.weight"));
    assert_non_null(safetensors_find(file, "step"));
    assert_string_equal(safetensors_metadata(file, "spec_hash"), "0123456789abcdef");
}

static void test_resume_after_kill_at_20_moments_ends_in_the_same_bits(void **state)
{
    (void)state;
    Outcome whole = uninterrupted(8);
    Data_spec spec = spirals();
    Train_options options = resumable("k.checkpoint");
    options.checkpoint_every = 3;
    options.resume = true;
    int kills = 0;
    uint32_t noise = 7;
    for (int round = 0; kills < 20 && round < 200; round++) {
        pid_t child = train_in_child(&options, &spec);
        noise = noise * 1664525 + 1013904223;
        wait_micros(2000 + (long)(noise >> 8) % 60000);
        kill(child, SIGKILL);
        int status = 0;
        waitpid(child, &status, 0);
        kills += WIFSIGNALED(status);
        if (exists("k.checkpoint"))
            expect_success(read_checkpoint, (void *)(uintptr_t)path_of("k.checkpoint"));
        if (WIFEXITED(status)) { /* done already: begin anew, for there are kills to come */
            assert_int_equal(WEXITSTATUS(status), 0);
            remove_file("k.checkpoint");
        }
    }
    assert_int_equal(kills, 20);
    train_well(&seven_network, &spec, options);
    Outcome resumed = outcome_of("r.safetensors", "r.csv");
    expect_same(whole, resumed);
    forget(resumed);
    forget(whole);
}

static void test_resume_after_an_interrupt_ends_in_the_same_bits(void **state)
{
    (void)state;
    Outcome whole = uninterrupted(150);
    Data_spec spec = spirals();
    Train_options options = resumable("r.safetensors.checkpoint");
    options.checkpoint = NULL; /* the default is good enough for a signal */
    options.resume = true;
    options.epochs = 150;
    remove_file("r.safetensors");
    remove_file("r.safetensors.checkpoint");
    static const int signals[] = {SIGINT, SIGTERM};
    int interrupted = 0;
    for (int round = 0; interrupted < 4 && round < 100; round++) {
        pid_t child = train_in_child(&options, &spec);
        wait_micros(15000 + 4000 * (round % 10));
        int signal = signals[round % 2], status = 0;
        kill(child, signal);
        waitpid(child, &status, 0);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 128 + signal) {
            interrupted++;
            assert_true(exists("r.safetensors.checkpoint"));
        } else if (WIFEXITED(status)) {
            remove_file("r.safetensors.checkpoint");
        }
    }
    assert_int_equal(interrupted, 4);
    train_well(&seven_network, &spec, options);
    Outcome resumed = outcome_of("r.safetensors", "r.csv");
    expect_same(whole, resumed);
    forget(resumed);
    forget(whole);
}

static void test_resume_refuses_what_does_not_belong(void **state)
{
    (void)state;
    Data_spec spec = spirals();
    Train_options options = resumable("x.checkpoint");
    options.epochs = 2;
    train_well(&seven_network, &spec, options);
    options.resume = true;
    options.seed = 9;
    train_badly(&seven_network, &spec, options, "x.checkpoint: error: the checkpoint is of seed 1, not 9");
    options.seed = 1;
    spec.seed = 4;
    train_badly(&seven_network, &spec, options, "the checkpoint was made with other data");
    spec.seed = 0;
    nnc_network other = seven_network;
    other.spec_hash = "fedcba9876543210";
    train_badly(&other, &spec, options,
                "made from another version of the network's description (hash 0123456789abcdef, now fedcba9876543210)");
    other = seven_network;
    other.name = "eight";
    train_badly(&other, &spec, options, "the checkpoint is of network \"seven\", not of eight");
    options.checkpoint = path_of("r.safetensors");
    train_badly(&seven_network, &spec, options, "r.safetensors: error: this is no checkpoint");
}

/* Every cut of a checkpoint is refused; every changed bit of its header is survived. */
static void test_resume_survives_damaged_checkpoints(void **state)
{
    (void)state;
    Data_spec spec = spirals();
    Train_options options = resumable("d.checkpoint");
    options.epochs = 1;
    train_well(&seven_network, &spec, options);
    size_t length;
    char *bytes = get_text("d.checkpoint", &length);
    options.resume = true;
    for (size_t cut = 0; cut < length; cut += length / 19) {
        put_bytes("d.checkpoint", bytes, cut);
        train_badly(&seven_network, &spec, options, "d.checkpoint: ");
    }
    options.history = options.weights = NULL;
    for (size_t i = 0; i < length && i < 2500; i += 13) {
        bytes[i] = (char)(bytes[i] ^ (1 << i % 7));
        put_bytes("d.checkpoint", bytes, length);
        Train_result result;
        Trainer_error error;
        char *printed = NULL;
        train_and_catch(&seven_network, &spec, options, &result, &printed, &error);
        free(printed);
        bytes[i] = (char)(bytes[i] ^ (1 << i % 7));
    }
    free(bytes);
}

static void test_resume_without_a_checkpoint_begins_anew(void **state)
{
    (void)state;
    Data_spec spec = spirals();
    Train_options options = resumable("never.checkpoint");
    options.epochs = 1;
    options.resume = true;
    Train_result result;
    Trainer_error error;
    char *printed = NULL;
    assert_int_equal(train_and_catch(&seven_network, &spec, options, &result, &printed, &error), 0);
    assert_non_null(strstr(printed, "note: there is no checkpoint "));
    free(printed);
    options.checkpoint = options.weights = NULL;
    train_badly(&seven_network, &spec, options, "to resume, name the checkpoint");
}

const struct CMUnitTest resume_tests[] = {
    cmocka_unit_test(test_resume_after_fewer_epochs_ends_in_the_same_bits),
    cmocka_unit_test(test_resume_after_kill_at_20_moments_ends_in_the_same_bits),
    cmocka_unit_test(test_resume_after_an_interrupt_ends_in_the_same_bits),
    cmocka_unit_test(test_resume_refuses_what_does_not_belong),
    cmocka_unit_test(test_resume_survives_damaged_checkpoints),
    cmocka_unit_test(test_resume_without_a_checkpoint_begins_anew),
};
const size_t resume_count = sizeof resume_tests / sizeof *resume_tests;
