/* affine.h - an expression as coefficient * variable + rest. */
#ifndef NNC_AFFINE_H
#define NNC_AFFINE_H

#include "expr.h"

typedef struct Affine {
    bool valid;
    long long factor;
    Expr *rest; /* does not mention the variable */
} Affine;

/* `locals` replaces int locals by what they were declared as; may be NULL. */
Affine affine_in(const Expr *expr, const Symbol *variable, const Changes *locals);

/* The same integer with equal parts joined: 28 - (u - 2) becomes 30 - u. */
Expr *normalized(const Expr *expr);
/* expr = divisor * multiple + rest, with a number as rest; false if a factor is no multiple of the divisor. */
bool split_multiple(const Expr *expr, long long divisor, Expr **multiple, long long *rest);

/* Of two whole numbers, not both 0; positive. */
long long greatest_divisor(long long a, long long b);
/* value / step, rounded up; step > 0. */
long long divided_up(long long value, long long step);

#endif
