/* eight.c - which functions have vectors of eight lanes, where those of others have sixteen. Needs flattened kernels.
 *
 * A convolution of 6 or 8 filters fills half of a vector of sixteen. Processors whose units are half as wide as their
 * registers (AMD's Zen 4) take as long for the empty half as for the full one; for others it makes no difference. So
 * a function has eight lanes where it needs as many vectors of them as of sixteen: MobileNet's first layer takes half
 * the time on the former, and on the latter as long as before. */
#include "eight.h"
#include "choose.h"
#include "expr.h"

/* Of estimates that differ by less it is not said which is cheaper. */
static const double EQUAL = 1.001;

bool may_have_eight_lanes(const Options *options)
{
    return options->lanes == 2 * EIGHT_LANES && !options->float64 && !options->half;
}

typedef struct Rows {
    const Symbol *variable;
    bool along; /* something is stored along rows by it */
} Rows;

static void note_rows(void *context, Expr *load, bool write)
{
    Rows *rows = context;
    rows->along |= write && mentions(load->args[load->count - 1], rows->variable);
}

/* A loop that eight lanes hold, and that could have them. */
static bool is_short(const Nest *nest, const Stmt *loop)
{
    if (!is_counted(loop) || loop->to->number - loop->from->number > EIGHT_LANES)
        return false;
    Rows rows = {.variable = loop->symbol};
    visit_loads(nest->body, note_rows, &rows);
    return rows.along;
}

/* Each nest of parallel loops has a short one. Without that estimates need not be made. */
static bool has_short_loops(const Stmt *stmt)
{
    const Nest nest = stmt->kind == ST_FOR ? nest_of((Stmt *)stmt) : (Nest){0};
    for (int i = 0; i < nest.depth; i++)
        if (is_short(&nest, nest.loop[i]))
            return true;
    bool all = !nest.depth;
    for (int i = 0; i < stmt->count && all; i++)
        all = has_short_loops(stmt->items[i]);
    all = all && (!stmt->body || has_short_loops(stmt->body));
    return all && (!stmt->other || has_short_loops(stmt->other));
}

bool takes_eight_lanes(Estimates *sixteen, Estimates *eight, const Kernel *kernel)
{
    return has_short_loops(kernel->body) &&
           all_cycles(eight, kernel->body) <= EQUAL * all_cycles(sixteen, kernel->body);
}

int lanes_of(const Options *options, const Kernel *kernel)
{
    return kernel->eight ? EIGHT_LANES : options->lanes;
}
