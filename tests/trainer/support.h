/* support.h - what the trainer's tests share: a folder of their own, files in it, and failures that are expected. */
#ifndef TESTS_TRAINER_SUPPORT_H
#define TESTS_TRAINER_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "context.h"
#include "trainer.h"

/* A name in the tests' folder. The text lives for ever; there may be some hundred names. */
const char *path_of(const char *name);
const char *folder(void);
void support_open(void);
void support_close(void);

void put_bytes(const char *name, const void *bytes, size_t length);
void put_text(const char *name, const char *text);
/* The same, compressed by gzip. */
void put_gz(const char *name, const void *bytes, size_t length);
/* The whole file, NUL-terminated, to be freed; NULL if there is none. */
char *get_text(const char *name, size_t *length);
bool exists(const char *name);
void remove_file(const char *name);

/* The work must fail with status 1 and a message that contains `part`. */
void expect_failure(void (*work)(Context *, void *), void *argument, const char *part);
/* The work must not fail. */
void expect_success(void (*work)(Context *, void *), void *argument);

/* |one - other| <= distance. */
void expect_near(double one, double other, double distance);

/* A training run's options: quiet, output to nowhere, files in the tests' folder. */
Train_options quiet_options(int epochs);
/* What a run printed: out and err in one text, to be freed. */
int train_and_catch(const nnc_network *network, const Data_spec *data, Train_options options, Train_result *result,
                    char **printed, Trainer_error *error);
/* Trains and expects success. */
Train_result train_well(const nnc_network *network, const Data_spec *data, Train_options options);
/* Trains and expects a message. */
void train_badly(const nnc_network *network, const Data_spec *data, Train_options options, const char *part);

/* Writes iris-like.csv: 150 lines of 4 numbers and a word of three, told apart well. */
void put_flowers(const char *name);
Data_spec flowers(void);

/* A list that lives until 32 more were made. */
Data_words words_of(const char *const *word, size_t count);
#define WORDS(...)                                                                                                     \
    words_of((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

extern const struct CMUnitTest idx_tests[], cifar_tests[], where_tests[], surface_tests[], csv_tests[],
    playground_tests[], split_tests[], safetensors_tests[], train_tests[], resume_tests[], advice_tests[],
    predict_tests[], options_tests[], files_tests[], images_tests[], augment_tests[];
extern const size_t idx_count, cifar_count, where_count, surface_count, csv_count, playground_count, split_count,
    safetensors_count, train_count, resume_count, advice_count, predict_count, options_count, files_count, images_count,
    augment_count;

#endif
