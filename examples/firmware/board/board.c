/* board.c - board.h for a Cortex-M4 in QEMU (mps2-an386), whose words go to the emulator by semihosting. For a board of
 * your own write board_print for its serial line; the rest will do. */
#include "board.h"

#include "../print.h"

#include <stdint.h>

/* Of link.ld. */
extern unsigned char flash_start[], data_load[], ram_start[], bss_end[];
extern uint32_t data_start[], data_end[];

void board_print(const char *text)
{
    register uint32_t r0 __asm__("r0") = 0x04; /* SYS_WRITE0 */
    register const char *r1 __asm__("r1") = text;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

/* ---- time: the timer that every Cortex-M has counts the processor's cycles down from 2^24 ---- */

#define SYSTICK_CONTROL (*(volatile uint32_t *)0xe000e010)
#define SYSTICK_RELOAD (*(volatile uint32_t *)0xe000e014)
#define SYSTICK_VALUE (*(volatile uint32_t *)0xe000e018)

/* With -icount shift=0 an instruction of the emulator takes 1 ns, and a tick of its 25 MHz lasts 40 of them. */
enum { SPAN = 1 << 24, INSTRUCTIONS_A_TICK = 40 };

/* ---- stack: what is free is painted, and later searched for the first byte that changed ---- */

enum { PAINT = 0xa5, MARGIN = 64 /* of this function's own frame */ };

static unsigned char *painted_to;

__attribute__((noinline)) void board_begin(void)
{
    painted_to = (unsigned char *)__builtin_frame_address(0) - MARGIN;
    for (volatile unsigned char *p = bss_end; p < painted_to; p++)
        *p = PAINT;
    SYSTICK_RELOAD = SPAN - 1;
    SYSTICK_VALUE = 0;
    SYSTICK_CONTROL = 5; /* on, from the processor's clock, no interrupt */
}

__attribute__((noinline)) void board_end(const char *what)
{
    const uint32_t ticks = SPAN - SYSTICK_VALUE;
    const volatile unsigned char *deepest = bss_end;
    while (deepest < painted_to && *deepest == PAINT)
        deepest++;
    print("board: ");
    print(what);
    print(": ");
    print_number(ticks * INSTRUCTIONS_A_TICK);
    print(" instructions, ");
    print_number((uint32_t)(painted_to + MARGIN - deepest));
    print(" bytes of stack\n");
}

void board_sizes(void)
{
    print("board: flash ");
    print_number((uint32_t)(data_load - flash_start) + 4 * (uint32_t)(data_end - data_start));
    print(" bytes, RAM ");
    print_number((uint32_t)(bss_end - ram_start));
    print(" bytes\n");
}
