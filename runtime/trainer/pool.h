/* pool.h - the samples as read, before anything is learnt from those that train: numbers in the file's own type, words
 * already numbered, missing values still missing. Splits and folds take rows from it; prepare.c makes of them what the
 * network reads. */
#ifndef NNC_TRAINER_POOL_H
#define NNC_TRAINER_POOL_H

#include "context.h"
#include "data.h"
#include "matrix.h"
#include "nnc/network.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The words of a class target, in the order of their numbers. */
typedef struct Classes {
    size_t count; /* 0: no names are known */
    const char **name;
} Classes;

/* A column of a CSV file that is an input: one number, or one for each word. */
typedef struct Column {
    const char *name; /* "" without a header */
    Classes words;    /* count 0: a number */
    bool ordinal;     /* one number after all: the word's place */
} Column;

typedef struct Scaling {
    size_t width; /* 0: none */
    double *mean, *scale;
} Scaling;

/* Everything learnt from the training samples that other samples need to be read alike. Stored with the weights. */
typedef struct Encoding {
    size_t columns; /* csv */
    Column *column;
    Classes *classes;        /* [network->targets] */
    double *fill;            /* [width of the inputs]: for missing values; NULL: none are allowed */
    Scaling inputs, targets; /* all inputs, one after the other; all real targets with data of their own */
} Encoding;

/* What a target holds in the pool, and becomes for the network. */
typedef enum Target_kind {
    TARGET_NONE,    /* a copy of an input: nothing */
    TARGET_CLASS,   /* class numbers, for an int32 port */
    TARGET_ONE_HOT, /* class numbers, for a real port with one element a class */
    TARGET_BINARY,  /* class 0 or 1, as 0 or 1 */
    TARGET_SIGN,    /* class 0 or 1, as -1 or 1 */
    TARGET_VALUES   /* numbers as they are */
} Target_kind;

/* The training file (part 0), and the test file if there is one (part 1). */
typedef struct Part {
    size_t rows;
    size_t inputs;
    Matrix *input;  /* [inputs], their widths add up to the network's inputs; NAN: missing */
    Matrix *target; /* [network->targets] */
    double *place;  /* [rows][2]: where the samples lie in a plane; NULL: in none */
} Part;

/* What a row is for. */
enum { ROLE_TRAIN, ROLE_VALIDATION, ROLE_TEST, ROLE_NONE };

/* Test samples of classes that do not train. No set has them: the network has no output for them. */
typedef struct Strangers {
    size_t samples; /* 0: there are none */
    Classes classes;
    const char *names; /* the first of them, for a message */
} Strangers;

typedef struct Pool {
    Part part[2];        /* rows 0: not read, or not there */
    unsigned char *role; /* of the rows of part 0, by data.train.where and data.test.where; NULL: all train */
    size_t *group;       /* [rows of part 0]: the fold that tests it, by data.folds: COLUMN; NULL: there is none */
    Classes groups;
    Strangers strangers;
    Target_kind *kind;  /* [network->targets] */
    size_t input_width; /* of all inputs */
    bool *fixed;        /* [input_width], or NULL: columns that are not standardised */
    Encoding *encoding;
} Pool;

enum { POOL_TRAIN = 1, POOL_TEST = 2 };

/* Reads what `parts` asks for. With `known` (from a weights file) words are numbered as there; without it, as the
 * training file has them. */
Pool *pool_read(Context *context, const Data_spec *spec, const nnc_network *network, const char *directory, int parts,
                const Encoding *known);

/* Elements of all inputs of a sample; of all real targets that have data of their own. */
size_t pool_input_width(const nnc_network *network);
size_t pool_target_width(const nnc_network *network);
/* Does the target need data of its own? */
bool pool_target_has_data(const nnc_port *port);
/* How a real port takes class numbers. */
Target_kind pool_kind(const nnc_network *network, int target, bool classes);
/* Is there a test set, apart from folds? */
bool pool_has_test(const Data_spec *spec);
/* The classes that a target can take: of an int32 port, or the elements of a one-hot one. */
size_t pool_class_count(const nnc_port *port, Target_kind kind);

/* `specs/iris.yaml:9:1: ` if the spec says where it stands, else "". */
const char *pool_place(Context *context, const Data_spec *spec);

/* ---- the formats ---- */

void idx_pool(Context *context, Pool *pool, const Data_spec *spec, const nnc_network *network, const char *directory,
              int parts);
void cifar_pool(Context *context, Pool *pool, const Data_spec *spec, const nnc_network *network, const char *directory,
                int parts);
void images_pool(Context *context, Pool *pool, const Data_spec *spec, const nnc_network *network, const char *directory,
                 int parts);
void csv_pool(Context *context, Pool *pool, const Data_spec *spec, const nnc_network *network, const char *directory,
              int parts, const Encoding *known);
void playground_pool(Context *context, Pool *pool, const Data_spec *spec, const nnc_network *network);

#endif
