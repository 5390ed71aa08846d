/* trial.h - one form of a template, tried on the shapes that come in. */
#ifndef NNC_TRIAL_H
#define NNC_TRIAL_H

#include "nnc.h"

/* The dimensions that an `Any:` stands for. */
typedef struct Any_dims {
    bool bound;
    int rank, dims[RANK_MAX];
} Any_dims;

/* What is tried for one form: sizes so far, and whether a mismatch is told or only noted. */
typedef struct Trial {
    Application sizes;
    Any_dims any[RANK_MAX]; /* parallel to Template.any */
    bool failed, quiet;
    Span span; /* the layer's place */
    const char *name;
    const Layer *layer;    /* NULL: a loss */
    const Layer *source;   /* whose shape is matched, or NULL */
    const Training *train; /* whose batch a requirement may name; NULL: nothing is trained */
} Trial;

/* All of these set `failed` where something does not fit, and say so unless the trial is quiet. */

/* A size that a shape fixes comes from the layer that has this shape. */
void bind_size(Trial *trial, const char *name, long long value, Span span);
/* What the attributes name, but for those that wait for shapes. */
void bind_attributes(Trial *trial, const Form *form, const Choice *choice);
/* `const int axes[3]`: the form is for lists of three. */
void check_lists(Trial *trial, const Form *form, const Choice *choice);
/* Dimensions of the array behind the batch against a shape. A dimension that is an expression is left to
 * check_computed(): its names may not be known yet. */
void unify(Trial *trial, const Template *template, const Array *array, const Shape *shape, Span span);
/* A default that is a size of the input: `Attr: stop = L`. */
void bind_defaults(Trial *trial, const Choice *choice);
/* `padding: same`, from the sizes of the axes. */
void bind_padding(Trial *trial, const Choice *choice);
/* The `Size:` lines. Sizes that only other forms have may be unknown. */
void compute_sizes(Trial *trial, const Template *template, const Form *form);
/* The `Require:` lines whose sizes are known. */
void check_requirements(Trial *trial, const Template *template);
/* Computed dimensions of an array that has been unified. */
void check_computed(Trial *trial, const Template *template, const Array *array, const Shape *shape, Span span);
/* Every size that the form's functions name must be known by now, and positive where it is a dimension. */
void check_complete(Trial *trial, const Form *form);
/* The declared dimensions of an array, from `first` on, as numbers. */
void shape_of_array(const Trial *trial, const Template *template, const Array *array, int first, Shape *shape);

#endif
