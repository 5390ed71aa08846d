/* interrupt.c - SIGINT and SIGTERM as a flag. A signal handler can reach nothing but globals: these are the only ones.
 */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700 /* SA_RESETHAND */
#endif
#include "interrupt.h"

#include <stddef.h>

volatile sig_atomic_t interrupt_signal;

static const int signals[] = {SIGINT, SIGTERM};
static struct sigaction before[2];

static void note(int number)
{
    interrupt_signal = number;
}

void interrupt_catch(void)
{
    struct sigaction action = {.sa_handler = note};
    interrupt_signal = 0;
    sigemptyset(&action.sa_mask);
    action.sa_flags = (int)SA_RESETHAND;
    for (size_t i = 0; i < 2; i++) {
        sigaction(signals[i], NULL, &before[i]);
        if (before[i].sa_handler != SIG_IGN) /* nohup and background jobs mean it */
            sigaction(signals[i], &action, NULL);
    }
}

void interrupt_release(void)
{
    for (size_t i = 0; i < 2; i++)
        sigaction(signals[i], &before[i], NULL);
}
