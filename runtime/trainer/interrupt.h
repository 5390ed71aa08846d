/* interrupt.h - SIGINT and SIGTERM as a flag, so that training can save before it ends. */
#ifndef NNC_TRAINER_INTERRUPT_H
#define NNC_TRAINER_INTERRUPT_H

#include <signal.h>

/* From here on the first such signal sets the flag; a second one ends the process as usual. */
void interrupt_catch(void);
/* The dispositions from before. */
void interrupt_release(void);
/* The signal that came, or 0. */
extern volatile sig_atomic_t interrupt_signal;

#endif
