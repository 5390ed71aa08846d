/* context.h - what every part of the trainer works in: memory that is given back in one go, and one way out when
 * something is wrong.
 *
 * A public function makes a Context and runs its work with context_attempt(). Anything below may call context_fail(),
 * which writes the message and leaves to there; so nothing below checks results, and nothing leaks: memory, open files
 * and temporary files all hang on the context. */
#ifndef NNC_TRAINER_CONTEXT_H
#define NNC_TRAINER_CONTEXT_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { TRAINER_MESSAGE_BYTES = 1024 };

/* The outcome of work that failed: an exit status (1: the input is at fault) and one line, `file:line: error: ...`. */
typedef struct Trainer_error {
    int status;
    char message[TRAINER_MESSAGE_BYTES];
} Trainer_error;

typedef struct Context_block {
    void *thing; /* NULL: discarded */
    void (*destroy)(void *thing);
} Context_block;

typedef struct Context {
    Context_block *block; /* every allocation and open thing, in order */
    size_t blocks, capacity;
    jmp_buf *escape;
    FILE *notes;           /* where what is not fatal is told; NULL: nowhere */
    const char *temporary; /* a file being written, removed on failure; NULL: none */
    Trainer_error error;
} Context;

/* Runs work(context, argument). False if it failed: then context->error says why. May be nested. */
bool context_attempt(Context *context, void (*work)(Context *, void *), void *argument);

/* Leaves to the innermost context_attempt() with status 1. */
_Noreturn void context_fail(Context *context, const char *pattern, ...) __attribute__((format(printf, 2, 3)));
/* The same with 128 and the number of the signal that asked for it. */
_Noreturn void context_interrupt(Context *context, int signal, const char *message);

/* Zeroed memory for count items (and one more, so that a text ends); fails with a message when there is none. */
void *context_allocate(Context *context, size_t count, size_t item_bytes);
/* The same memory, or a copy of it, with room for count items (and one more); what is new is not zeroed. */
void *context_grow(Context *context, void *memory, size_t count, size_t item_bytes);
char *context_format(Context *context, const char *pattern, ...) __attribute__((format(printf, 2, 3)));
/* From here on the context destroys the thing. */
void context_adopt(Context *context, void *thing, void (*destroy)(void *thing));

/* Destroys, last first, what came since context->blocks was `mark`; with 0, everything. */
void context_release(Context *context, size_t mark);
/* Destroys one thing early: a large table, an open file. */
void context_discard(Context *context, const void *thing);

#endif
