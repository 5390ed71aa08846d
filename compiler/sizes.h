/* sizes.h - integer expressions over known sizes. */
#ifndef NNC_SIZES_H
#define NNC_SIZES_H

#include "nnc.h"

/* Of one tensor, the batch included, and of all parameters together: generated loops count in int. */
#define ELEMENTS_MAX 2000000000LL

const Binding *binding_find(const Application *sizes, const char *name);
void binding_add(Application *sizes, const char *name, long long value, Span span);
bool is_size(const Expr *expr, const char *name);
/* False if a name is unknown, a division has no value, or the result leaves 62 bits. Comparisons give 0 or 1. */
bool size_value(const Expr *expr, const Application *sizes, long long *value);
/* One operator on two numbers, as C computes it; false where C has no value. */
bool operate(ExprKind kind, long long left, long long right, long long *value);
long long shape_elements(const Shape *shape);
/* [28, 28, 1] */
const char *shape_text(const Shape *shape);

#endif
