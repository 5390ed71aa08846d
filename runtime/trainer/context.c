/* context.c - things destroyed in one go, and one way out. */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include "context.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

bool context_attempt(Context *context, void (*work)(Context *, void *), void *argument)
{
    jmp_buf here;
    jmp_buf *outer = context->escape;
    context->escape = &here;
    if (setjmp(here) != 0) {
        context->escape = outer;
        return false;
    }
    work(context, argument);
    context->escape = outer;
    return true;
}

/* The message has been written. */
static _Noreturn void leave(Context *context, int status)
{
    context->error.status = status;
    if (context->temporary != NULL) {
        unlink(context->temporary);
        context->temporary = NULL;
    }
    if (context->escape == NULL) {
        fprintf(stderr, "%s\n", context->error.message);
        abort();
    }
    longjmp(*context->escape, 1);
}

void context_fail(Context *context, const char *pattern, ...)
{
    va_list arguments;
    va_start(arguments, pattern);
    vsnprintf(context->error.message, sizeof context->error.message, pattern, arguments);
    va_end(arguments);
    leave(context, 1);
}

void context_interrupt(Context *context, int signal, const char *message)
{
    snprintf(context->error.message, sizeof context->error.message, "%s", message);
    leave(context, 128 + signal);
}

void context_adopt(Context *context, void *thing, void (*destroy)(void *thing))
{
    if (context->blocks == context->capacity) {
        size_t capacity = context->capacity == 0 ? 64 : 2 * context->capacity;
        Context_block *block = realloc(context->block, capacity * sizeof *block);
        if (block == NULL) {
            destroy(thing);
            context_fail(context, "error: out of memory");
        }
        context->block = block;
        context->capacity = capacity;
    }
    context->block[context->blocks++] = (Context_block){thing, destroy};
}

static bool countable(size_t count, size_t item_bytes)
{
    return count < (size_t)PTRDIFF_MAX / item_bytes - 1;
}

void *context_allocate(Context *context, size_t count, size_t item_bytes)
{
    void *memory = countable(count, item_bytes) ? calloc(count + 1, item_bytes) : NULL;
    if (memory == NULL)
        context_fail(context, "error: out of memory: %zu items of %zu bytes", count, item_bytes);
    context_adopt(context, memory, free);
    return memory;
}

/* One past the index of the thing; 0 if it is not there. */
static size_t find(const Context *context, const void *thing)
{
    size_t at = context->blocks;
    while (at > 0 && context->block[at - 1].thing != thing)
        at--;
    return at;
}

void *context_grow(Context *context, void *memory, size_t count, size_t item_bytes)
{
    if (memory == NULL)
        return context_allocate(context, count, item_bytes);
    size_t at = find(context, memory);
    void *grown = at > 0 && countable(count, item_bytes) ? realloc(memory, (count + 1) * item_bytes) : NULL;
    if (grown == NULL)
        context_fail(context, "error: out of memory: %zu items of %zu bytes", count, item_bytes);
    context->block[at - 1].thing = grown;
    return grown;
}

char *context_format(Context *context, const char *pattern, ...)
{
    va_list arguments, again;
    va_start(arguments, pattern);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, pattern, arguments);
    va_end(arguments);
    size_t bytes = length < 0 ? 0 : (size_t)length;
    char *text = context_allocate(context, bytes, 1);
    vsnprintf(text, bytes + 1, pattern, again);
    va_end(again);
    return text;
}

void context_release(Context *context, size_t mark)
{
    while (context->blocks > mark) {
        Context_block block = context->block[--context->blocks];
        if (block.thing != NULL)
            block.destroy(block.thing);
    }
    if (mark == 0) {
        free(context->block);
        context->block = NULL;
        context->capacity = 0;
    }
}

void context_discard(Context *context, const void *thing)
{
    size_t at = thing == NULL ? 0 : find(context, thing);
    if (at == 0)
        return;
    Context_block *block = &context->block[at - 1];
    block->destroy(block->thing);
    block->thing = NULL;
}
