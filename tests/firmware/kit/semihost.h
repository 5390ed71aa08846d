/* semihost.h - calls of the emulator, as of a debugger: "Semihosting for AArch32 and AArch64", taken over by RISC-V. */
#ifndef SEMIHOST_H
#define SEMIHOST_H

#include <stdint.h>

/* Of the board's start-up code: the instructions by which the processor's emulator knows a call. */
void semihost(uint32_t operation, const void *argument);

#endif
