/* support.c - a context for the tests, and failures as words. */
#include "support.h"

Context context;

int release(void **state)
{
    (void)state;
    context_release(&context, 0);
    return 0;
}

void assert_close(double found, double wanted)
{
    if (!(fabs(found - wanted) <= 1e-6))
        fail_msg("%.9g instead of %.9g", found, wanted);
}

const char *failure_of(void (*work)(Context *context, void *argument), void *argument)
{
    if (context_attempt(&context, work, argument))
        fail_msg("it does not fail");
    return context.error.message;
}
