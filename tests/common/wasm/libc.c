/* libc.c - the functions of a C library that the tests' programs need, for WebAssembly. Compiled with -fno-builtin, lest a
 * loop that copies becomes a call of memcpy. */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 65536, ALIGNMENT = 16 };

extern unsigned char __heap_base;

/* Of run.mjs. */
__attribute__((import_module("host"), import_name("print"))) int host_print(const char *pattern, const void *arguments);
__attribute__((import_module("host"), import_name("exit"), noreturn)) void host_exit(int status);

int printf(const char *pattern, ...)
{
    va_list arguments;
    va_start(arguments, pattern);
    int printed = host_print(pattern, (const void *)arguments);
    va_end(arguments);
    return printed;
}

__attribute__((noreturn)) void exit(int status)
{
    host_exit(status);
}

/* Nothing is given back: a test runs for a moment. What the memory has held is not cleared. */
void *malloc(size_t bytes)
{
    static uintptr_t next;
    if (!next)
        next = (uintptr_t)&__heap_base;
    uintptr_t start = (next + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    uintptr_t size = __builtin_wasm_memory_size(0) * PAGE;
    if (start + bytes > size && __builtin_wasm_memory_grow(0, (start + bytes - size) / PAGE + 1) == (size_t)-1)
        return NULL;
    next = start + bytes;
    return (void *)start;
}

void free(void *memory)
{
    (void)memory;
}

int atoi(const char *text)
{
    int number = 0;
    while (*text >= '0' && *text <= '9')
        number = 10 * number + (*text++ - '0');
    return number;
}

void *memcpy(void *to, const void *from, size_t bytes)
{
    return memmove(to, from, bytes);
}

void *memmove(void *to, const void *from, size_t bytes)
{
    unsigned char *target = to;
    const unsigned char *source = from;
    if (target < source)
        for (size_t i = 0; i < bytes; i++)
            target[i] = source[i];
    else
        for (size_t i = bytes; i-- > 0;)
            target[i] = source[i];
    return to;
}

void *memset(void *memory, int value, size_t bytes)
{
    unsigned char *target = memory;
    for (size_t i = 0; i < bytes; i++)
        target[i] = (unsigned char)value;
    return memory;
}

int memcmp(const void *left, const void *right, size_t bytes)
{
    const unsigned char *a = left, *b = right;
    for (size_t i = 0; i < bytes; i++)
        if (a[i] != b[i])
            return a[i] - b[i];
    return 0;
}
