/* print.h - words and numbers, without printf. */
#ifndef PRINT_H
#define PRINT_H

#include <stdint.h>

void print(const char *text);
/* The text in so many columns, at least. */
void print_column(const char *text, int columns);
void print_number(uint32_t number);
/* number / 10^decimals: 1234 with 2 decimals is 12.34. */
void print_fixed(uint32_t number, int decimals);
void print_hex(uint32_t number);

#endif
