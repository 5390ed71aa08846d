/* part.h - a flash memory that is not there: two slots that keep to the rules of a real one, and a supply of power that
 * fails in a given operation. What a driver must not do ends the program. */
#ifndef PART_H
#define PART_H

#include <nnc/flash.h>

#include <setjmp.h>

/* What is left of the operation in which power fails. */
typedef enum Damage {
    DAMAGE_NONE,     /* nothing: it had not begun */
    DAMAGE_HALF,     /* some of its bytes, from the start */
    DAMAGE_GARBAGE,  /* random bytes */
    DAMAGE_WHOLE,    /* all: power fails behind it */
    DAMAGE_UNSTABLE, /* each byte reads as before it or as after it, and otherwise at each start */
    DAMAGE_FAULT,    /* reading it fails, as with ECC; only of a part that a function reads */
    DAMAGES
} Damage;

enum { PART_BYTES = 2048, NEVER = 0x7fffffff };

typedef struct Slot {
    unsigned char cell[PART_BYTES];
    unsigned char written[PART_BYTES]; /* since the last whole erase */
    uint32_t torn_from, torn_bytes;    /* what reads differently at each start: as one of these */
    unsigned char torn[2][PART_BYTES];
    uint32_t fault_from, fault_bytes; /* what cannot be read */
} Slot;

typedef struct Part {
    nnc_flash flash;
    Slot slot[2];
    unsigned char blank;     /* an erased byte */
    int operations, reads;   /* so far */
    int cut, failing, stuck; /* the operation in which power fails, that fails and says so, in which a bit stays as it
                                was; or NEVER */
    int blind, noisy;        /* the first read that fails, the only one that reads a wrong bit; or NEVER */
    Damage damage;
    int firm; /* an erase in which power fails leaves what reads the same at every start */
    jmp_buf power;
} Part;

extern Part part;

/* A new one, erased; mapped, or read by a function. */
void part_new(uint32_t unit, uint32_t slot_bytes, int mapped, unsigned char blank);
/* Power comes back. */
void part_start(void);
uint32_t part_random(void);
/* Says what is wrong, and ends the program. */
void part_fail(const char *words, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
