/* stack.c - how deep the stack was: what is below is painted, and later searched for the first byte that changed. */
#include "board.h"

enum { PAINT = 0xa5, MARGIN = 64 /* of this function's own frame */ };

/* Of the linker script: what the stack must not grow below. */
extern volatile unsigned char board_stack_low[];

static uintptr_t painted_to;

__attribute__((noinline)) void stack_paint(void)
{
    const uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    painted_to = here - MARGIN;
    for (volatile unsigned char *p = board_stack_low; (uintptr_t)p < painted_to; p++)
        *p = PAINT;
}

__attribute__((noinline)) uint32_t stack_depth(void)
{
    const volatile unsigned char *p = board_stack_low;
    while ((uintptr_t)p < painted_to && *p == PAINT)
        p++;
    return (uint32_t)(painted_to + MARGIN - (uintptr_t)p);
}
