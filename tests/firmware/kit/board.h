/* board.h - what run.c asks of a board, emulated or not. */
#ifndef BOARD_H
#define BOARD_H

#include <stdint.h>

/* Writes a text where the emulator shows it. */
void board_print(const char *text);
/* Ends the emulation; what follows is never reached. */
void board_exit(int status);
/* Starts the processor anew: memory stays, but for what the start-up clears. Never returns.
 * For power.c alone, so on a Cortex-M. */
void board_reset(void);

/* Around what is to be counted. Where the emulator counts (count.c), these are empty functions whose addresses it
 * knows; a board with a counter of its own prints `region N cycles C`. */
void board_count_begin(void);
void board_count_end(void);

/* Fills the free stack below the caller with a pattern. */
void stack_paint(void);
/* Bytes that the stack has been deeper than in the function that painted it, which calls this. */
uint32_t stack_depth(void);

#endif
