/* split.h - what split.c and unswitch.c share. */
#ifndef NNC_SPLIT_H
#define NNC_SPLIT_H

#include "expr.h"

/* A statement whose loops have no guards where their limits can say it. */
Stmt *split_stmt(Stmt *stmt);
/* A statement whose innermost loops have no tests where loops around them can be cut instead. */
Stmt *unswitch(Stmt *stmt);
/* A guard on what the guarded statements assign holds for one iteration, not for the next. */
bool is_renewed(const Stmt *body, const Expr *term);
/* Costs nothing and can do no harm where a guard does not hold. */
bool is_harmless(const Expr *expr);

#endif
