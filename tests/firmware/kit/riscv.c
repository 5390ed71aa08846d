/* riscv.c - start of a RISC-V hart of 32 bits in machine mode. */
#include "board.h"
#include "semihost.h"

int main(void);
void start(void);
void start_c(void);

/* Of riscv.ld. */
extern uint32_t bss_start[], bss_end[];

/* The three instructions by which the emulator knows a semihosting call; none of them compressed. */
void semihost(uint32_t operation, const void *argument)
{
    register uint32_t a0 __asm__("a0") = operation;
    register const void *a1 __asm__("a1") = argument;
    __asm__ volatile(".option push\n\t.option norvc\n\t.balign 16\n\t"
                     "slli zero, zero, 0x1f\n\tebreak\n\tsrai zero, zero, 7\n\t.option pop"
                     : "+r"(a0)
                     : "r"(a1)
                     : "memory");
}

/* The floating-point unit is on once mstatus.FS is not 0. csrs by its number: the assembler's name needs zicsr. */
__attribute__((naked, section(".start"), used)) void start(void)
{
    __asm__ volatile(".option push\n\t.option norelax\n\tla gp, __global_pointer$\n\t.option pop\n\tla sp, stack_top");
#ifdef __riscv_flen
    __asm__ volatile("li t0, 0x2000\n\t.insn i 0x73, 2, x0, t0, 0x300");
#endif
    __asm__ volatile("j start_c");
}

__attribute__((used)) void start_c(void)
{
    for (uint32_t *to = bss_start; to < bss_end;)
        *to++ = 0;
    board_exit(main());
}
