/* board.h - what the program asks of the machine that it runs on. */
#ifndef BOARD_H
#define BOARD_H

/* Shows a text: a serial line, say. */
void board_print(const char *text);

/* Around a call whose cost is of interest. The second one prints `board: what: ...`, or nothing. */
void board_begin(void);
void board_end(const char *what);

/* Prints `board: ...`: what the whole program takes, or nothing. */
void board_sizes(void);

#endif
