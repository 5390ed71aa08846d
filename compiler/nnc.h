/* nnc.h - the data of the compiler, in the order in which the passes need it.
 *
 * source -> yaml -> spec -> library -> infer -> narrow -> tiles -> fold -> derive -> bind -> copies -> split -> fuse
 * -> slices -> order -> masks -> recompute -> merge -> layout -> rounds -> carry -> share -> schedule -> threads
 * -> plan -> alone -> emit
 *
 * Everything is allocated from one arena and kept; a pass frees only what it tried itself. A pass that finds a mistake
 * of the user's reports it and goes on; main() stops after the pass. */
#ifndef NNC_H
#define NNC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "data.h"

#define NNC_VERSION "0.1.0"

enum { RANK_MAX = 8, REGISTER_RANK_MAX = 4, ERRORS_MAX = 20, BATCH_MAX = 65536 };

/* ---- memory and text (memory.c) ---- */

/* Zeroed bytes that live as long as the process; ends the process when there are none. */
void *allocate(size_t bytes);
#define NEW(type) ((type *)allocate(sizeof(type)))
#define NEW_ARRAY(count, type) ((type *)allocate((size_t)(count) * sizeof(type)))

/* All that is allocated after a mark is gone when it is released: nothing that is kept may point to it. */
typedef struct Mark {
    size_t made, used;
} Mark;
Mark memory_mark(void);
void memory_release(Mark mark);

/* sprintf into fresh memory. */
char *format(const char *pattern, ...) __attribute__((format(printf, 1, 2)));

/* A growing text. */
typedef struct Text {
    char *bytes; /* always ends with a NUL */
    size_t length, capacity;
} Text;
void text_add(Text *text, const char *pattern, ...) __attribute__((format(printf, 2, 3)));
void text_add_bytes(Text *text, const char *bytes, size_t length);
/* As it is, not as a pattern. */
void text_add_word(Text *text, const char *word);
/* In decimals. */
void text_add_number(Text *text, long long number);

/* Appends to an array of pointers whose capacity is the next power of two. */
#define PUSH(array, count, item) ((array) = push_grow((array), (count), sizeof *(array)), (array)[(count)++] = (item))
void *push_grow(void *array, int count, size_t item_bytes);

/* ---- numbers by name (names.c) ---- */

/* Names, and a number for each. */
typedef struct Names {
    int count, capacity;
    struct Entry *entry;
} Names;
/* The number of a name; 0 at first. It stays where it is until a name is added; the name must live as long as that. */
int *names_at(Names *names, const char *name);
/* The same without adding it: NULL if it is not there. */
int *names_find(const Names *names, const char *name);

/* ---- places and messages (source.c) ---- */

typedef struct Report {
    int errors;
    FILE *stream;
    int repeated;                /* errors that another use of a block has made before: not shown */
    bool muted;                  /* what follows belongs to such a one */
    bool warned;                 /* warnings have been told before */
    const struct Origin *origin; /* that was told last */
    Names places;                /* of errors in blocks */
    int origins;
    const struct Origin **told; /* the use for which each of them was told */
} Report;

typedef struct Source {
    const char *name; /* as the user gave it */
    const char *what; /* it should hold: network description, ... */
    const char *text; /* NUL-terminated */
    size_t length;
    Report *report;
    const struct Origin *origin; /* of a text that works elsewhere, too; NULL for what is read where it stands */
} Source;

/* A stretch of one line. Lines and columns count from 1; line 0: no place. */
typedef struct Span {
    const Source *source;
    int line, column, width;
} Span;

/* Why a piece of a block is read: where the block is used, or where its parameter stands. Told after an error. */
typedef struct Origin {
    const char *text;
    Span span;
} Origin;

/* Reads a file whole. NULL with a message (and an error counted) if it cannot be read or is over 16 MiB. */
Source *source_open(const char *path, Report *report);
Source *source_of_text(const char *name, const char *text, Report *report);

/* `file:line:column: error: ...` with the line and a caret below it. Counted; after ERRORS_MAX they are
 * only counted. */
void error_at(Span span, const char *pattern, ...) __attribute__((format(printf, 2, 3)));
void warning_at(Span span, const char *pattern, ...) __attribute__((format(printf, 2, 3)));
/* `file:line:column: note: ...`, and `hint: ...`, which belong to the message before. */
void note_at(Span span, const char *pattern, ...) __attribute__((format(printf, 2, 3)));
void hint(Span span, const char *pattern, ...) __attribute__((format(printf, 2, 3)));
/* The word of words[count] that is nearest to `word` by edit distance, or NULL if none is near. */
const char *nearest(const char *word, const char *const *words, int count);

/* ---- yaml (yaml.c) ---- */

typedef enum NodeKind { NODE_SCALAR, NODE_LIST, NODE_MAP } NodeKind;

typedef struct Node {
    NodeKind kind;
    Span span;
    const char *text;    /* of a scalar; "" if empty */
    bool quoted;         /* "8" is not 8 */
    int count;           /* items of a list, pairs of a map */
    struct Node **items; /* [count] items, or the values of a map */
    struct Node **keys;  /* [count] of a map: scalars */
} Node;

/* The document of a source, aliases and merge keys resolved. NULL after an error. */
Node *yaml_read(Source *source);
Node *node_get(const Node *map, const char *key);

/* ---- expressions and statements: a template's body, from parse to print (parse.c) ---- */

typedef enum Type { TYPE_INT, TYPE_REAL, TYPE_KEY, TYPE_BOOL } Type; /* TYPE_KEY: uint32_t */

/* One list for the parser, the folder and the printer: name, C text, binding strength. */
#define OPERATORS(X)                                                                                                   \
    X(OR, "||", 1)                                                                                                     \
    X(AND, "&&", 2)                                                                                                    \
    X(EQ, "==", 3)                                                                                                     \
    X(NE, "!=", 3)                                                                                                     \
    X(LT, "<", 4)                                                                                                      \
    X(LE, "<=", 4)                                                                                                     \
    X(GT, ">", 4)                                                                                                      \
    X(GE, ">=", 4)                                                                                                     \
    X(ADD, "+", 5)                                                                                                     \
    X(SUB, "-", 5)                                                                                                     \
    X(MUL, "*", 6)                                                                                                     \
    X(DIV, "/", 6)                                                                                                     \
    X(MOD, "%", 6)

typedef enum ExprKind {
    EX_INT,  /* number */
    EX_REAL, /* text, without the f */
    EX_NAME, /* symbol */
    EX_LOAD, /* array[args...] */
    EX_NEG,
    EX_NOT,
    EX_COND,    /* args[0] ? args[1] : args[2] */
    EX_CAST,    /* (type)args[0] */
    EX_CALL,    /* function(args...) */
    EX_FMA,     /* args[0] * args[1] + args[2], rounded once */
    EX_ELEMENT, /* after schedule: symbol[args...], of an array in registers */
    EX_IOTA,    /* after schedule: 0, 1, 2, ... in the lanes */
    EX_FOLD, /* after schedule: args[0] plus the lanes of args[1], one after the other; `part`: how many, 0 for all */
#define X(name, text, strength) EX_##name,
    OPERATORS(X)
#undef X
} ExprKind;

typedef enum SymbolKind {
    SYM_SIZE, /* an int of the signature: a number after bind */
    SYM_KNOB, /* a float of the signature, or an int of a schedule: an argument at run time */
    SYM_LOOP,
    SYM_LOCAL
} SymbolKind;

typedef struct Symbol {
    SymbolKind kind;
    Type type;
    const char *name;
    Span span;
    bool lanes; /* after schedule: a vector */
    int rank;   /* after schedule, of a local: an array in registers; 0: a single one */
    int dims[REGISTER_RANK_MAX];
    int reads;     /* counted anew by whoever asks */
    bool ranged;   /* low <= value <= high is known (split.c) */
    bool assigned; /* changes after its declaration */
    long long low, high;
} Symbol;

typedef struct Expr Expr;

typedef struct Array {
    const char *name;
    Type type;
    bool constant;      /* declared const */
    bool half;          /* TYPE_REAL that lies in memory as 16 bits, and is a float as soon as it is loaded */
    bool read, written; /* after bind: by the body of its kernel (note_uses) */
    bool alone;         /* after plan: it is written, and nothing else that its kernel uses overlaps it */
    int rank;
    Expr *dims[RANK_MAX];
    Span span;
} Array;

/* A function that a template may call (the table in parse.c). */
typedef struct Function {
    const char *name;     /* in the template: expf */
    const char *scalar32; /* the runtime's: nnc_expf, nnc_exp, nnc_vexp */
    const char *scalar64;
    const char *lanes;
    int arguments;
    Type types[3];
    bool kinked; /* fmaxf, fabsf, ...: a branch of its own */
} Function;

/* There are very many of them: what only some kinds have lies in one place. */
struct Expr {
    ExprKind kind : 8;
    Type type : 8;
    bool lanes;         /* after schedule: a vector */
    unsigned char part; /* after schedule, of a load with lanes: how many are real, 0 for all */
    int count;
    const Span *span; /* in the template; NULL: a pass has made it */
    union {
        long long number;         /* EX_INT */
        const char *text;         /* EX_REAL */
        Symbol *symbol;           /* EX_NAME, EX_ELEMENT */
        Array *array;             /* EX_LOAD */
        const Function *function; /* EX_CALL */
    };
    Expr **args;
};

/* ST_PREFETCH, after schedule: of what `value` loads the machine shall bring what lies `from` elements behind. */
typedef enum StmtKind { ST_BLOCK, ST_FOR, ST_DECLARE, ST_ASSIGN, ST_IF, ST_PREFETCH } StmtKind;

/* for (symbol = from; symbol < to; symbol += step), or from > to counting down when step < 0: then symbol >= to. */
typedef struct Stmt {
    StmtKind kind : 8;
    bool add;    /* ST_ASSIGN: += */
    bool unroll; /* ST_FOR, after schedule: the C compiler is to write its iterations out */
    int step;    /* ST_FOR */
    int count;   /* ST_BLOCK */
    /* ST_FOR, after threads: the iterations of so many loops, this one and those directly inside, are shared among the
     * threads; 0: they are not. With `team` all threads run through the loop and share loops inside; behind one with
     * `nowait` none waits for the others. */
    bool team, nowait;
    short shared;
    const Span *span;    /* in the template; NULL: a pass has made it */
    const char *comment; /* the template's, directly above */
    Symbol *symbol;      /* ST_FOR, ST_DECLARE */
    Expr *from, *to;     /* ST_FOR; from: ST_PREFETCH */
    Expr *target;        /* ST_ASSIGN: EX_LOAD or EX_NAME */
    Expr *value;         /* ST_ASSIGN, ST_DECLARE (NULL: an array in registers), ST_PREFETCH; the condition of ST_IF */
    struct Stmt **items; /* ST_BLOCK */
    struct Stmt *body, *other; /* ST_FOR, ST_IF: always blocks; other may be NULL */
} Stmt;

/* A parameter of a kernel: a scalar or an array, never both. */
typedef struct Parameter {
    Symbol *symbol;
    Array *array;
} Parameter;

typedef struct Kernel {
    const char *name; /* dense_forward */
    const char *summary;
    const struct Template *template;
    int count;
    Parameter *parameters;
    Stmt *body; /* a block: its items are the nests */
    Span span;
    const struct Step *owner; /* after bind: the first of the steps that run it */
    const Stmt *verified;     /* the body that was last looked at by verify; NULL: it has changed since */
    const char *schedule;     /* in words, for the printed comment */
    bool eight;               /* after schedule: its vectors have eight lanes, those of others sixteen */
    const struct Uses *uses;  /* noted anew by whoever asks (lives.c) */
} Kernel;

/* Parses the functions of a template file. Reports what the language does not allow. */
void parse_kernels(struct Template *template);
/* Parses `text` (an expression of a tag) over the sizes of the template. */
Expr *parse_expression(Span span, const char *text);
const Function *function_find(const char *name);

/* ---- templates (library.c) ---- */

typedef enum Category { LAYER, LOSS, OPTIMIZER, INITIALIZER, SCHEDULE, REGULARIZER, CLIP, CATEGORIES } Category;

typedef enum AttributeType { ATTR_INT, ATTR_REAL, ATTR_WORD, ATTR_BOOL, ATTR_LIST, ATTR_PADDING } AttributeType;

/* One `Attr:` line. A number is checked against low and high; a word against words. */
typedef struct Attribute {
    const char *name;
    AttributeType type;
    int variables; /* 1; 2 for a pair; 4 for padding */
    const char *variable[4];
    bool list_of_ints;
    bool has_low, has_high, low_open, high_open; /* open: the limit itself is not allowed */
    double low, high;
    bool optional; /* has a default, or may be left out */
    double number; /* default of a number (or of each element of a list) */
    /* The default as written: a number, a word, another attribute, or a size of the input. */
    const char *word;
    int words;
    const char **word_list;
    bool main;
    const char *description;
    Span span;
} Attribute;

typedef struct ParamTag {
    const char *name, *variable;
    Expr *fan_in, *fan_out;  /* a weight; NULL otherwise */
    const char *initializer; /* zeros, ...; NULL: the network's */
    const char *initializer_value;
    const char *option; /* the bool attribute that switches it off; NULL: always there */
} ParamTag;

typedef struct StateTag {
    const char *variable;
    double value;
} StateTag;

/* `Size: A = expression`; with `Inputs: each` also `START = earlier(C)` and `O = total(C)`, sums over the inputs. */
typedef enum SizeRule { SIZE_EXPRESSION, SIZE_EARLIER, SIZE_TOTAL } SizeRule;

typedef struct SizeTag {
    const char *variable;
    SizeRule rule;
    Expr *value; /* the expression, or the name that is summed */
    Span span;
} SizeTag;

/* `Any: M`: the product of the dimensions that are left; `Any: P = expression`: of so many, which may also be none. */
typedef struct AnyTag {
    const char *variable;
    Expr *rank; /* NULL: what is left */
} AnyTag;

/* `Require: condition -- message`, with {NAME} in the message standing for a size. */
typedef struct RequireTag {
    Expr *condition;
    const char *message;
} RequireTag;

/* `Torch: w[i][o] = weight[o][i]`: what PyTorch calls a Param or State, and where it keeps each of its elements. */
typedef struct TorchTag {
    const char *variable; /* NULL: a tensor that PyTorch stores, and nnc does not need */
    int subscripts;
    const char *subscript[RANK_MAX];
    const char *name;
    int rank;
    Expr *place[RANK_MAX]; /* over subscripts and sizes; each a sum of terms that know one subscript at most */
    Span span;
} TorchTag;

/* A form: the functions NAME[_FORM]_*; NULL where the form has none. */
typedef struct Form {
    const char *name;      /* "" for the plain one */
    const char *attribute; /* NULL: taken by shape */
    ExprKind relation;
    double number;
    const char *word;
    int kernels;
    Kernel **kernel;
} Form;

typedef enum InputsTag { INPUTS_FIXED, INPUTS_EACH, INPUTS_FOLD } InputsTag;

typedef struct Template {
    Category category;
    const char *name, *summary, *page; /* page: the doc comment, for `nnc layers NAME` */
    const char **notes;
    int note_count;
    Source *source;
    Span span;
    bool broken; /* there was a message about the file */
    int attributes;
    Attribute *attribute;
    int params;
    ParamTag *param;
    int states;
    StateTag *state;
    int sizes;
    SizeTag *size;
    int requires;
    RequireTag *require;
    int torches;
    TorchTag *torch;
    int anys;
    AnyTag *any;
    const char *view, *metric, *target; /* NULL if absent */
    const char
        *classes;       /* of a loss: the size that is the number of its target's classes; NULL: the functions say it */
    const char *scored; /* of a loss: the array that the metric counts; NULL: what the loss reads */
    bool inference_view; /* in prediction y is x */
    int scratches;
    const char **scratch;
    InputsTag inputs;
    int forms; /* conditions first, then by shape, the plain one last */
    Form *form;
    int kernels;
    Kernel **kernel; /* all, in the order of the file */
} Template;

/* The kernel NAME[_FORM]_SUFFIX of a form (suffix "" for initializers and schedules), or NULL. */
Kernel *form_kernel(const Form *form, const char *suffix);
/* The kernel of a layer's form that predicts: _inference, or _forward where it has none of its own. */
Kernel *prediction_kernel(const Form *form);

typedef struct Library {
    const char *directory; /* --templates, or NULL */
    Report *report;
    int count;
    Template **templates;
    int blocks; /* of the spec, and built-in ones that were asked for (blocks.c) */
    struct Block **block;
    long copies; /* values that uses of blocks stand for */
} Library;

/* The template of that name, parsed, or NULL (no message). */
Template *library_find(Library *library, Category category, const char *name);
/* All names of a category, sorted, from DIR and the built-in ones. */
int library_names(Library *library, Category category, const char ***names);
/* The text of templates/PATH, from DIR or built in; NULL if there is none. Names of the files of one folder, sorted. */
Source *library_source(const Library *library, const char *path);
int library_files(const Library *library, const char *folder, const char *extension, const char ***names);
extern const char *const category_names[CATEGORIES]; /* "layer", "loss", ... */
extern const char *const category_folders[CATEGORIES];

/* ---- the network as the user wrote it (spec.c), with shapes (infer.c) ---- */

/* What the spec gives for one attribute; parallel to Template.attribute. */
typedef struct Value {
    bool given;
    Span span;
    int count;       /* numbers: 1, 2, 4 or a list's length */
    double *numbers; /* ATTR_PADDING: top, bottom, left, right unless word is "same" */
    const char *word;
} Value;

/* A template chosen by the spec, with its attributes: defaults filled in, ranges checked. */
typedef struct Choice {
    Template *template;
    Span span;
    Value *values;
} Choice;

const Value *choice_value(const Choice *choice, const char *attribute);

/* A shape without the batch, channels last. */
typedef struct Shape {
    int rank;
    int dims[RANK_MAX];
} Shape;

/* A size that is known, and the place that fixed it. */
typedef struct Binding {
    const char *name;
    long long value;
    Span span;
} Binding;

/* The sizes of one run of a template. `Inputs: each` runs it once for each input, everything else once. */
typedef struct Application {
    int bindings;
    Binding *binding;
} Application;

/* A tensor that outlives a step: parameter or statistic, named LAYER.NAME. */
typedef struct Weight {
    int index;          /* in model->weight */
    const char *name;   /* dense_1.weight */
    const char *c_name; /* dense_1_weight */
    const char *variable;
    Shape shape;
    bool statistic; /* kept, not trained: a State of a layer or a loss */
    bool fixed;     /* a statistic that training does not renew */
    bool trained;
    bool constant; /* --const-frozen: a member of NAME_frozen, not of the parameters struct */
    bool regularized;
    bool half;         /* kept as float16: --weights-dtype */
    bool absent;       /* of the file: all 0 but for what was folded into it */
    struct Fold *fold; /* what was folded into it, or NULL (fold.h) */
    double fan_in, fan_out;
    Choice *initializer;
    double state_value;
} Weight;

typedef struct Training Training;

/* A layer: a template applied to values. An input of the network is a Layer without a choice. */
typedef struct Layer {
    int index;        /* in model->layer, or behind those in model->input; after infer */
    const char *name; /* a C identifier, unique: residual_2_conv2d_1 */
    const char *path; /* the same with dots between blocks: residual_2.conv2d_1 */
    Span span;
    Choice *choice; /* NULL: an input of the network */
    Choice *initializer;
    bool frozen;         /* trainable: false */
    bool inference_only; /* the activation of `output:` */
    int inputs;
    struct Layer **input;
    Span *input_span;
    const Training *train; /* NULL: nothing is trained */
    struct Layer *share;   /* the earlier layer whose weights it uses, or NULL */
    Span share_span;
    /* after infer */
    Form *form;
    int applications;
    Application *application;
    bool known;  /* shape holds; false after a message */
    Shape shape; /* of the output */
    int weights;
    Weight **weight;
} Layer;

typedef struct TargetPort {
    const char *name;
    bool is_class; /* int32 */
    Layer *input;  /* the network's input itself (autoencoder), or NULL */
    Shape shape;
    int classes;
    Span span;
} TargetPort;

typedef struct Loss {
    const char *name;
    Span span;
    Choice *choice;
    Layer *input;
    double factor;           /* `weight:` of the spec; 1 if left out */
    const char *target_name; /* as given: "class", "vector", "positions", "input" or a name; NULL: natural */
    Span target_span;
    Choice *initializer; /* of its weights; NULL: the network's */
    /* after infer */
    Form *form;
    Application application;
    TargetPort *target;
    int weights; /* trained */
    Weight **weight;
    int states;
    Weight **state;
} Loss;

/* False for a loss that keeps a state, draws numbers or compares the samples of a batch: it belongs to a step of
 * training, and evaluation, which has the parameters and one sample, leaves it out (derive.c). */
bool loss_measures_samples(const Loss *loss);

typedef enum Numerics { NUMERICS_FUSED, NUMERICS_SEPARATE, NUMERICS_FAST } Numerics;

/* What the schedule must know of a machine. */
typedef struct Machine {
    const char *name;
    int vector_bytes; /* of a register; 0: loops stay as the templates have them */
    int registers;
    bool fma;
    bool in_order;     /* one instruction after the other, and no caches: what counts is how many there are */
    bool late_loads;   /* clang may load what it needs after the next value is stored there: emit.c tells how */
    const char *flags; /* for $CC */
} Machine;

typedef struct Options {
    const char *spec_path, *output, *header_name, *depfile, *templates, *weights, *dump;
    const char *schedule;      /* a file of tiles that are taken instead of the estimate's; NULL: none */
    const char *schedule_text; /* the same as a text, of `nnc tune` */
    int candidates;            /* so many tiles of each nest are listed for it; 0: none */
    const Machine *machine;
    int lanes;        /* at first the machine's; fewer after narrow */
    bool lanes_asked; /* by --lanes: they stay */
    Numerics numerics;
    bool float64, inference, standalone, describe, branches, incbin;
    bool const_frozen; /* parameters of frozen layers are constants, in training too */
    bool half;         /* weights that are constants are float16, where that does no harm */
    bool checkpoint;   /* training can be kept in flash */
    bool threads;      /* loops that are worth it are shared among threads, by OpenMP */
    bool timed;        /* every step tells when it is done (profile.c) */
    int batch;         /* instead of the spec's; 0: none is given */
    int batch_most;    /* a larger batch of the spec is cut down to this; 0: none is */
    int predict_batch; /* samples of a second prediction; 0: there is none */
    bool emulated;     /* what is printed for a microcontroller is compiled for this machine */
    bool repeated;     /* the command has compiled this description before: its warnings have been told */
} Options;

struct Training {
    int batch, epochs;
    uint64_t seed;
    bool fused_update;
    bool recompute;    /* forward values may be made again in the backward pass */
    int patience;      /* epochs without progress before it stops; 0: never */
    double validation; /* share of the training samples; 0: what data says */
    Span batch_span;
};

/* ---- steps and tensors (derive.c), placed by plan.c ---- */

typedef enum Role {
    ROLE_INPUT,    /* an argument */
    ROLE_TARGET,   /* an argument */
    ROLE_OUTPUT,   /* an argument */
    ROLE_SCORED,   /* an argument of evaluate */
    ROLE_WEIGHT,   /* member of the parameters struct */
    ROLE_GRADIENT, /* member of gradients */
    ROLE_STATE,    /* optimizer's, or a renewed statistic: member of the training struct */
    ROLE_CONSTANT, /* a list from the spec */
    ROLE_VALUE,    /* in the arena: what passes from step to step */
    ROLE_SCRATCH,  /* in the arena, within one step */
    ROLE_SCALAR    /* a local variable of the phase: loss, rate, penalty */
} Role;

/* What the training struct keeps besides parameters and gradients. */
typedef struct State {
    const char *name;   /* as in a checkpoint: optimizer.m */
    const char *c_name; /* member of the struct */
    Shape shape;
    double initial;
    const Weight *next_of;       /* the statistic that update overwrites with this, or NULL */
    const struct State *next_to; /* the same for the state of a loss */
} State;

typedef struct Tensor {
    const char *name; /* a C identifier */
    Role role;
    Type type;
    int rank;
    int dims[RANK_MAX]; /* the batch included */
    long long elements;
    struct Tensor *view;   /* the tensor whose bytes these are, or NULL */
    const Weight *weight;  /* ROLE_WEIGHT, ROLE_GRADIENT: the (first) one that it covers */
    const State *state;    /* ROLE_STATE */
    int port;              /* ROLE_INPUT, ROLE_TARGET: which */
    const double *numbers; /* ROLE_CONSTANT */
    int readers;           /* bind: arrays of steps that read it */
    bool written;          /* bind, verify: by a step */
    int users;             /* which group of fuse's table it belongs to */
    int born, dies;        /* steps of its phase */
    int from, until;       /* nests of its phase, counted through all steps */
    int heirs;             /* those that may take its place where it dies (share) */
    struct Tensor **heir;
    long long offset; /* elements into the arena */
} Tensor;

/* The tensor whose bytes these are. */
static inline Tensor *root_tensor(const Tensor *tensor)
{
    return (Tensor *)(tensor->view ? tensor->view : tensor);
}

static inline long long tensor_bytes(const Tensor *tensor, int real_bytes)
{
    return tensor->elements * (tensor->type == TYPE_INT ? 4 : real_bytes);
}

/* An argument of a step: what stands for one parameter of its kernel. */
typedef struct Argument {
    Tensor *tensor; /* for an array; NULL: the array reads as 0 (an option that is off) */
    bool dead;      /* written, never read: its nests vanish */
    bool accumulate;
    const char *literal; /* for a knob that is known: its number, put into the body */
    const char *text;    /* for a knob of run time: C text (key, rate, step) */
} Argument;

/* Steps that are made one after the other for each of so many blocks of samples (rounds). */
typedef struct Rounds {
    int count;
} Rounds;

typedef struct Step {
    const char *title; /* dense_1 */
    Span span;         /* the line of the spec that asked for it */
    const Kernel *source;
    Kernel *kernel; /* after bind: sizes are numbers; after merge equal steps have one */
    const Application *sizes;
    bool again;           /* makes something a second time, for the backward pass (recompute) */
    const Rounds *rounds; /* NULL: it works on the whole batch at once */
    int count;
    Argument *arguments; /* parallel to the parameters of source, and after bind to those of kernel */
} Step;

typedef enum PhaseKind {
    PHASE_INITIALIZE,
    PHASE_GRADIENT,
    PHASE_UPDATE,
    PHASE_TRAIN, /* with `update: fused` it takes the place of the two before */
    PHASE_PENALTY,
    PHASE_PREDICT,
    PHASE_PREDICT_BATCH, /* --predict-batch */
    PHASE_EVALUATE,
    PHASES
} PhaseKind;

typedef struct Phase {
    PhaseKind kind;
    int batch;
    int block; /* after layout: so many samples lie beside each other; 0: none do */
    int steps;
    Step **step;
    int tensors;
    Tensor **tensor; /* all that its steps touch */
    Names names;     /* of those that are made by derive */
    bool whole;      /* what a step touches lives to its end: within it nothing takes another one's place */
    int results;     /* scalars whose weighted sum the function returns */
    Tensor **result;
    double *result_weight;
    long long arena_reals, arena_ints; /* after plan */
    long long bound_reals, bound_ints; /* largest sum of live elements in any nest */
    long long bound_bytes;             /* the same in bytes, of reals and ints together */
    long long with_input_bytes;        /* the same, with the inputs as long as they are read */
} Phase;

/* How another tool calls what the network has (`weights:`). A name stands for all that begins with it and a dot. */
typedef struct NamePair {
    const char *own, *other;
    Span span; /* of `own` */
    bool used;
} NamePair;

typedef struct Naming {
    int names;
    NamePair *name;
    const char *prefix; /* before every name of the other tool; NULL: none */
    int ignored;
    NamePair *ignore;   /* names of the other tool that are passed over (`other`) */
    bool channels_last; /* it flattens as nnc does, and not channel by channel */
} Naming;

typedef struct Model {
    Options *options;
    struct Estimates *estimates; /* what nests cost (estimate.h) */
    Report *report;
    Library *library;
    Source *source;
    const char *name;
    Span name_span;
    int inputs;
    Layer **input;
    int layers; /* in the order of computation, inputs not among them */
    Layer **layer;
    Layer *output; /* what predict returns */
    int losses;
    Loss **loss;
    Choice *initializer, *optimizer, *learning_rate;
    double warm_up_steps; /* 0: none */
    int regularizers;
    Choice **regularizer;
    int clips;
    Choice **clip;
    Training train;
    Data_spec *data; /* NULL: none */
    Naming naming;
    long long ram_bytes, flash_bytes; /* budgets; 0: none */
    long long least_ram_bytes;        /* after recompute, if it was tried: what it brought */
    Span ram_span, flash_span;
    /* after infer */
    int targets;
    TargetPort **target;
    int weights; /* trained first, then statistics: the order of the parameters struct */
    Weight **weight;
    int constants; /* weights that are constants of the printed file; their indices follow */
    Weight **constant;
    /* after derive */
    int states;
    State **state;
    Names state_names;    /* their order, from 1 */
    Phase *phase[PHASES]; /* NULL where there is nothing to do */
    struct Tiles *tiles;  /* what --schedule says and what `nnc tune` asks; NULL: neither is there */
    int shared_loops;     /* after threads: so many loops in all kernels; loops that are shared as one count once */
} Model;

/* ---- passes ---- */

Model *spec_read(Source *source, Options *options, Library *library);          /* NULL after an error */
Choice *choice_of_node(Library *library, Category category, const Node *node); /* a word, or a map with one key */
void infer(Model *model);
void narrow_lanes(Model *model);
void fold(Model *model);
void derive(Model *model);
void bind(Model *model);
void copies(Model *model);
void split(Model *model);
void fuse(Model *model);
void slices(Model *model);
void order(Model *model);
void masks(Model *model);
void recompute(Model *model);
void merge(Model *model);
void layout(Model *model);
void rounds(Model *model);
void carry(Model *model);
void share(Model *model);
void schedule(Model *model);
void threads(Model *model);
void plan(Model *model);
void alone(Model *model);
int emit(Model *model);

#endif
