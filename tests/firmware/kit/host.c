/* host.c - a computer in place of a board: the same program as a process, for the bits alone. */
#include "board.h"

#include <stdio.h>
#include <stdlib.h>

volatile unsigned char board_stack_low[1];

void board_print(const char *text)
{
    printf("%s", text);
}

void board_exit(int status)
{
    exit(status);
}

/* A process has no reset. */
void board_reset(void)
{
    exit(4);
}

void board_count_begin(void) {}

void board_count_end(void) {}

void stack_paint(void) {}

uint32_t stack_depth(void)
{
    return 0;
}
