/* start.c - what runs before main on a Cortex-M4, and after it. For a chip of your own its maker's start-up file does
 * this, and a C library has the functions at the end. */
#include <stddef.h>
#include <stdint.h>

int main(void);
void reset(void);
void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memset(void *to, int value, size_t bytes);

/* Of link.ld. */
extern uint32_t data_load[], data_start[], data_end[], bss_start[], bss_end[], stack_top[];

/* Words to the debugger, here the emulator: the program is over. A real device would never come here. */
static void stop(int failed)
{
    enum { EXIT = 0x18, APPLICATION_EXIT = 0x20026, RUN_TIME_ERROR = 0x20023 };
    register uint32_t r0 __asm__("r0") = EXIT;
    register uint32_t r1 __asm__("r1") = failed ? RUN_TIME_ERROR : APPLICATION_EXIT;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    for (;;)
        ;
}

static void fault(void)
{
    stop(1);
}

typedef union Vector {
    void (*handler)(void);
    const void *stack;
} Vector;

/* The stack's end, reset, and the faults; no interrupt is on. */
__attribute__((section(".vectors"), used)) static const Vector vectors[16] = {
    {.stack = stack_top}, {reset}, {fault}, {fault}, {fault}, {fault}, {fault}};

void reset(void)
{
    /* The floating-point unit is off after a reset (CPACR: full access to coprocessors 10 and 11). */
    *(volatile uint32_t *)0xe000ed88 |= UINT32_C(0xf) << 20;
    __asm__ volatile("dsb\n\tisb" ::: "memory");

    const uint32_t *from = data_load;
    for (uint32_t *to = data_start; to < data_end;)
        *to++ = *from++;
    for (uint32_t *to = bss_start; to < bss_end;)
        *to++ = 0;
    stop(main());
}

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    unsigned char *target = to;
    const unsigned char *source = from;
    while (bytes--)
        *target++ = *source++;
    return to;
}

void *memset(void *to, int value, size_t bytes)
{
    unsigned char *target = to;
    while (bytes--)
        *target++ = (unsigned char)value;
    return to;
}
