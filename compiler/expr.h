/* expr.h - making, copying and simplifying expressions and statements. */
#ifndef NNC_EXPR_H
#define NNC_EXPR_H

#include "nnc.h"

Expr *expr_int(long long number);
Expr *expr_bool(bool value);
Expr *expr_real(const char *text);
Expr *expr_name(Symbol *symbol);
Expr *expr_unary(ExprKind kind, Expr *argument);
Expr *expr_binary(ExprKind kind, Expr *left, Expr *right); /* simplified */
/* The left one if left `relation` right, else the right one: EX_LT gives the smaller, EX_GT the larger. */
Expr *expr_choice(ExprKind relation, Expr *left, Expr *right);
Expr *expr_load(Array *array, int count, Expr **subscripts);
bool is_int(const Expr *expr, long long number);
bool is_real(const Expr *expr, double number);
bool is_literal(const Expr *expr);

/* What takes the place of names while a tree is copied. */
typedef struct Change {
    const Symbol *symbol;
    Expr *by;
} Change;

typedef struct Changes {
    int count;
    Change *change;
    /* An array's replacement, with the subscripts already copied; NULL: the array stays. */
    Expr *(*load)(void *context, const Expr *load, Expr **subscripts);
    void *context;
} Changes;

void change_add(Changes *changes, const Symbol *symbol, Expr *by);
/* A copy with names replaced and integers folded. Locals and loop variables that are declared inside become new ones.
 */
Expr *expr_copy(Changes *changes, const Expr *expr);
Stmt *stmt_copy(Changes *changes, const Stmt *stmt);

Stmt *stmt_new(StmtKind kind);
Stmt *stmt_block(void);
void block_add(Stmt *block, Stmt *stmt);
Stmt *stmt_for(Symbol *symbol, Expr *from, Expr *to, int step);
Stmt *stmt_prefetch(Expr *load, Expr *behind);
Stmt *stmt_assign(Expr *target, Expr *value);
Stmt *stmt_declare(Symbol *symbol, Expr *value);
Symbol *symbol_new(SymbolKind kind, Type type, const char *name);
/* What a loop over this dimension of an array is called where the template has no name for it: a, b, ... */
const char *dimension_name(int dimension);

/* Visits every expression below a statement (or expression), parents first. `write` is true for a target. */
typedef void Visit(void *context, Expr *expr, bool write);
void visit_stmt(const Stmt *stmt, Visit *visit, void *context);
void visit_expr(Expr *expr, Visit *visit, void *context);
/* The same of elements of arrays alone. */
void visit_loads(const Stmt *stmt, Visit *visit, void *context);
bool mentions(const Expr *expr, const Symbol *symbol);
bool expr_reads(const Expr *expr, const Array *array);
bool stmt_mentions(const Stmt *stmt, const Symbol *symbol);
bool stmt_writes(const Stmt *stmt, const Array *array);
bool stmt_reads(const Stmt *stmt, const Array *array);
/* Adds what a statement does to read and written of its arrays; sets them for all of a kernel. */
void add_uses(const Stmt *stmt);
void note_uses(Kernel *kernel);
bool same_expr(const Expr *left, const Expr *right);
/* A loop that counts up from a number to a number. */
bool is_counted(const Stmt *stmt);
/* The loop over 0, 1, ..., count - 1. */
bool counts_to(const Stmt *stmt, int count);
/* True if a loop stands below it (itself aside). */
bool has_loop(const Stmt *stmt);
/* It is an `if`, or has one inside. */
bool has_if(const Stmt *stmt);
/* Number of statements that assign or declare. */
int stmt_size(const Stmt *stmt);

/* Removes loops and branches without content, and locals that nothing reads. NULL if nothing is left. */
Stmt *prune(Stmt *stmt);

#endif
