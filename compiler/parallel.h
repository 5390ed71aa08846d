/* parallel.h - which loops may run in any order, and what their bodies depend on. */
#ifndef NNC_PARALLEL_H
#define NNC_PARALLEL_H

#include "nnc.h"

/* No iteration touches what another one writes. */
bool is_parallel(const Stmt *loop);
/* The same of a loop inside one of which it was asked before. */
bool is_parallel_inside(const Stmt *loop);
/* A statement of it declares the symbol. */
bool declared_inside(const Stmt *stmt, const Symbol *symbol);
/* Every local that a statement inside a loop assigns is declared there, too: each iteration has its own. */
bool locals_are_own(const Stmt *loop, const Stmt *stmt);

/* How an access moves with a loop's variable. */
typedef enum Stride { STRIDE_NONE, STRIDE_UNIT, STRIDE_OTHER, STRIDE_DATA } Stride;

/* STRIDE_UNIT: the last subscript is variable + rest. STRIDE_DATA: through a value that is not affine. */
Stride stride_of(const Expr *load, const Symbol *variable);

/* The locals of a block whose value depends on a variable, directly or through each other. */
typedef struct Dependents {
    const Symbol *variable;
    int count;
    const Symbol **symbol;
} Dependents;

Dependents dependents_of(const Stmt *block, const Symbol *variable);
bool depends(const Dependents *dependents, const Expr *expr);
/* A limit of the loop does; of some loop of the statement. */
bool limits_depend(const Dependents *dependents, const Stmt *loop);
bool inner_limits_depend(const Dependents *dependents, const Stmt *stmt);

#endif
