/* avr.c - an ATmega: words by its serial port, cycles by its timer 1. The start is avr-libc's. */
#include "board.h"

#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>

static void send(char c)
{
    while (!(UCSR0A & (1 << UDRE0)))
        ;
    UDR0 = (uint8_t)c;
}

void board_print(const char *text)
{
    UCSR0B = 1 << TXEN0;
    while (*text)
        send(*text++);
}

/* The emulator ends where the processor sleeps and nothing can wake it. */
void board_exit(int status)
{
    (void)status;
    while (!(UCSR0A & (1 << TXC0)))
        ;
    cli();
    sleep_enable();
    sleep_cpu();
}

static volatile uint16_t overflows;
static uint8_t regions;

ISR(TIMER1_OVF_vect)
{
    overflows++;
}

/* Timer 1 counts every cycle; its overflows make 32 bits of it. */
static uint32_t cycles(void)
{
    cli();
    const uint16_t count = TCNT1;
    uint16_t high = overflows;
    if ((TIFR1 & (1 << TOV1)) && count < 0x8000)
        high++;
    sei();
    return ((uint32_t)high << 16) | count;
}

static uint32_t begun;

static void print_number(uint32_t number)
{
    char digits[11], *p = digits + 10;
    *p = 0;
    do {
        *--p = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    board_print(p);
}

void board_count_begin(void)
{
    TCCR1B = 1 << CS10;
    TIMSK1 = 1 << TOIE1;
    begun = cycles();
}

void board_count_end(void)
{
    const uint32_t now = cycles();
    board_print("region ");
    print_number(regions++);
    board_print(" cycles ");
    print_number(now - begun);
    board_print("\n");
}
