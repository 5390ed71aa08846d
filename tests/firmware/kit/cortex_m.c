/* cortex_m.c - start of a Cortex-M, from M0 to M55. */
#include "board.h"
#include "semihost.h"

int main(void);
void reset(void);

/* Of cortex_m.ld: where .data lies in flash and in RAM, .bss, and the end of the stack. */
extern uint32_t data_load[], data_start[], data_end[], bss_start[], bss_end[], stack_top[];

void semihost(uint32_t operation, const void *argument)
{
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

void board_reset(void)
{
    volatile uint32_t *const control = (volatile uint32_t *)0xe000ed0c; /* AIRCR: its key, SYSRESETREQ */
    *control = UINT32_C(0x05fa0004);
    __asm__ volatile("dsb" ::: "memory");
    for (;;)
        ;
}

static void fault(void)
{
    board_print("fault\n");
    board_exit(3);
}

typedef union Vector {
    void (*handler)(void);
    const void *stack;
} Vector;

/* Initial stack pointer, reset, then the faults of ARMv6-M and ARMv7-M; interrupts stay off. */
__attribute__((section(".vectors"), used)) static const Vector vectors[16] = {
    {.stack = stack_top}, {reset}, {fault}, {fault}, {fault}, {fault}, {fault}};

/* Turns the floating-point unit on before anything may use it (CPACR: full access to coprocessors 10 and 11). */
static void start_fpu(void)
{
#ifdef __ARM_FP
    volatile uint32_t *const access = (volatile uint32_t *)0xe000ed88;
    *access |= UINT32_C(0xf) << 20;
    __asm__ volatile("dsb\n\tisb" ::: "memory");
#endif
}

void reset(void)
{
    start_fpu();
    const uint32_t *from = data_load;
    for (uint32_t *to = data_start; to < data_end;)
        *to++ = *from++;
    for (uint32_t *to = bss_start; to < bss_end;)
        *to++ = 0;
    board_exit(main());
}
