/* memory.c - the compiler's arena with a way to give everything back: a fuzzer compiles a thousand networks in one
 * process. */
#include "../../compiler/memory.c"

#include "fuzz.h"

void memory_free(void)
{
    while (blocks) {
        Block *next = blocks->next;
        free(blocks);
        blocks = next;
    }
}
