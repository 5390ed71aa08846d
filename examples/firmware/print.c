/* print.c - see print.h. */
#include "print.h"

#include "board/board.h"

void print(const char *text)
{
    board_print(text);
}

void print_column(const char *text, int columns)
{
    print(text);
    while (*text++)
        columns--;
    while (columns-- > 0)
        print(" ");
}

void print_fixed(uint32_t number, int decimals)
{
    char text[16], *p = text + sizeof text;
    *--p = 0;
    for (int place = 0; number || place <= decimals; place++) {
        if (place && place == decimals)
            *--p = '.';
        *--p = (char)('0' + number % 10);
        number /= 10;
    }
    print(p);
}

void print_number(uint32_t number)
{
    print_fixed(number, 0);
}

void print_hex(uint32_t number)
{
    char text[9] = {0};
    for (int i = 0; i < 8; i++)
        text[i] = "0123456789abcdef"[(number >> (28 - 4 * i)) & 15];
    print(text);
}
