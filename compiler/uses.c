/* uses.c - which arrays each nest of a kernel reads and writes. */
#include "uses.h"
#include "expr.h"

static void forget_uses(const Kernel *kernel)
{
    for (int i = 0; i < kernel->count; i++)
        if (kernel->parameters[i].array)
            kernel->parameters[i].array->read = kernel->parameters[i].array->written = false;
}

Uses uses_of_kernel(const Kernel *kernel)
{
    const Stmt *body = kernel->body;
    Uses uses = {kernel->count, NEW_ARRAY(body->count * kernel->count, unsigned char)};
    for (int i = 0; i < body->count; i++) {
        forget_uses(kernel);
        add_uses(body->items[i]);
        for (int a = 0; a < kernel->count; a++) {
            const Array *array = kernel->parameters[a].array;
            if (array)
                uses.use[i * kernel->count + a] =
                    (unsigned char)((array->read ? USE_READ : 0) | (array->written ? USE_WRITE : 0));
        }
    }
    forget_uses(kernel);
    for (int i = 0; i < body->count; i++)
        for (int a = 0; a < kernel->count; a++)
            if (kernel->parameters[a].array) {
                kernel->parameters[a].array->read |= (use_at(&uses, i, a) & USE_READ) != 0;
                kernel->parameters[a].array->written |= (use_at(&uses, i, a) & USE_WRITE) != 0;
            }
    return uses;
}
