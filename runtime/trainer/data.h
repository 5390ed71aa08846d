/* data.h - the `data:` section of a network description, as plain C. Whoever reads the YAML fills it; the trainer
 * checks it against the files and the network. All zeros is a valid start: zero means the default everywhere.
 *
 *     data:
 *       format: idx                             # idx, cifar, csv or playground
 *       train: {inputs: FILE, targets: FILE}    # idx: one file, or a list with one for each input or target
 *       test: {inputs: FILE, targets: FILE}     # or {split: 0.2}: held out from the training file
 *       scale: 1/255                            # x = raw * scale + offset, for real inputs and real targets
 *       offset: 0
 *       classes: [zero, one]                    # names of the classes, in the order of their numbers
 *       index: speakers.csv                     # a table with a line for each training sample, for `where` and `folds`
 *
 *     data:
 *       format: cifar                           # CIFAR-10's binary records: the class, 32 x 32 planes of R, G and B
 *       train: {files: [data_batch_1.bin, ...]} # plain or .gz; the images come out channels last
 *       test: {files: test_batch.bin}           # or {split: 0.2}; scale, offset, classes and index as above
 *
 *     data:
 *       format: images                          # photographs: JPEG, PNG, PGM, PPM, BMP; a folder for each class
 *       train: {folder: people}                 # people/NAME/1.jpg ...; resized to the network's input
 *       test: {folder: others}                  # or {split: 0.2}; or whole classes: {split: by_class} (a fifth),
 *                                               # {split: {by_class: 0.25}}, {split: {by_class: [bob, eve]}}; or the
 *                                               # last files of each class: {split: {of_each: 5}}
 *       cache: people.cache                     # keeps what was decoded; made, and made anew, when it does not fit
 *       scale: 1/255                            # of bytes; offset as above
 *
 *     data:
 *       format: csv                             # plain or .gz; fields may be quoted
 *       train: {file: iris.csv}
 *       test: {file: x.csv}                     # or {split: 0.2}
 *       header: auto                            # auto, true or false
 *       label: species                          # a column, by name or number (1 the first, -1 the last: default)
 *                                               # or a list of them, for several targets
 *       ignore: [id]
 *       categories: [ocean_proximity]           # one input for each word of the training file, sorted
 *       ordinals: {size: [small, large]}        # words that have an order: one input, the word's place in the list
 *       missing: median                         # error (default), drop, mean or median of the training samples
 *       separator: ";"                          # default: comma, semicolon or tab, as the first line has; or blanks
 *       scale: 1/16                             # as above, for columns that are numbers
 *
 *     data:
 *       format: playground
 *       pattern: spiral                         # circle, xor, gauss, spiral, plane, gauss_regression
 *       noise: 0.1                              # 0 to 0.5; the slider of TensorFlow playground, in percent / 100
 *       train: 1000                             # points
 *       test: 1000
 *       features: [x1, x2]                      # x1 x2 x1_squared x2_squared x1_x2 sin_x1 sin_x2
 *
 * and with each of them (`where` not for a playground, which has no columns):
 *
 *       train: {where: {speaker: [ann, bob]}}   # only the training samples with one of these values in the column
 *       test: {where: {speaker: eve}}           # these samples of the training file test, and do not train
 *       standardize: {inputs: true, targets: true}   # (x - mean) / scale, of the training samples; kept with weights
 *       validation: 0.1                         # split off the training samples
 *       folds: 5                                # k-fold cross-validation of the training samples; or a column of the
 *                                               # table (of index, if there is one): each of its values is a fold
 *       augment: {mirror: true, shift: 0.05, crop: 0.1, brightness: 0.2, cutout: 0.25}   # idx, cifar, images:
 *                                               # what is trained with is changed at random (augment.h)
 *       seed: 7                                 # of the splits and of the playground's points, not of training
 */
#ifndef NNC_TRAINER_DATA_H
#define NNC_TRAINER_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum Data_format { DATA_NONE, DATA_IDX, DATA_CIFAR, DATA_IMAGES, DATA_CSV, DATA_PLAYGROUND } Data_format;
typedef enum Data_header { DATA_HEADER_AUTO, DATA_HEADER_TRUE, DATA_HEADER_FALSE } Data_header;
typedef enum Data_missing {
    DATA_MISSING_ERROR,
    DATA_MISSING_DROP,
    DATA_MISSING_MEAN,
    DATA_MISSING_MEDIAN
} Data_missing;
typedef enum Data_pattern {
    DATA_PATTERN_CIRCLE,
    DATA_PATTERN_XOR,
    DATA_PATTERN_GAUSS,
    DATA_PATTERN_SPIRAL,
    DATA_PATTERN_PLANE,
    DATA_PATTERN_GAUSS_REGRESSION
} Data_pattern;
typedef enum Data_feature {
    DATA_FEATURE_X1,
    DATA_FEATURE_X2,
    DATA_FEATURE_X1_SQUARED,
    DATA_FEATURE_X2_SQUARED,
    DATA_FEATURE_X1_X2,
    DATA_FEATURE_SIN_X1,
    DATA_FEATURE_SIN_X2,
    DATA_FEATURES
} Data_feature;

/* The words of the enums above, each list by its enum's value and ended by NULL. data_format_names[DATA_NONE] is "". */
extern const char *const data_format_names[];
extern const char *const data_header_names[];
extern const char *const data_missing_names[];
extern const char *const data_pattern_names[];
extern const char *const data_feature_names[];

/* A list of words: file names, columns. */
typedef struct Data_words {
    size_t count;
    const char *const *item; /* [count] */
} Data_words;

/* Columns of a table, each with words: the values asked for, or the order of its words. */
typedef struct Data_column {
    const char *name; /* or a number, as text */
    Data_words words;
} Data_column;

typedef struct Data_columns {
    size_t count;
    const Data_column *item; /* [count] */
} Data_columns;

/* data.train or data.test: the members that the format has. */
typedef struct Data_source {
    Data_words inputs, targets; /* idx */
    Data_words files;           /* cifar */
    const char *file;           /* csv */
    const char *folder;         /* images */
    double split;               /* of test: the share held out from the training file, 0 to 1 */
    double by_class;            /* of test: the share of the classes that is held out; 0: none */
    Data_words held_out;        /* of test: classes that are held out, by name */
    const char **held_place;    /* [held_out.count]: where the names stand */
    int of_each;                /* of test: so many files of each class, the last; 0: none */
    Data_columns where;         /* samples of the training file; count 0: not asked for */
    int samples;                /* playground; 0: 1000 */
} Data_source;

/* What is changed at random in the pictures of a training step. All zeros: nothing. */
typedef struct Data_augment {
    const char *place; /* where it stands; NULL: it does not */
    bool mirror;
    double shift, crop, brightness, cutout; /* shares, 0 to 1 */
} Data_augment;

typedef struct Data_spec {
    Data_format format;
    const char *place; /* where the section stands, "specs/iris.yaml:9:1"; begins messages about it; may be NULL */
    Data_source train, test;
    double scale; /* 0: 1 */
    double offset;
    Data_header header;
    Data_words label, ignore, categories;
    Data_columns ordinals;
    Data_words classes;
    const char *index; /* NULL: none */
    const char *cache; /* images; NULL: none */
    bool strict;       /* images: one that cannot be read is an error (the command line says it) */
    Data_augment augment;
    Data_missing missing;
    char separator; /* 0: found in the first line */
    Data_pattern pattern;
    double noise;
    int features; /* 0: x1 and x2 */
    Data_feature feature[DATA_FEATURES];
    bool standardize_inputs, standardize_targets;
    double validation;       /* 0: none */
    int folds;               /* 0: none */
    const char *fold_column; /* or NULL */
    uint64_t seed;
} Data_spec;

#endif
