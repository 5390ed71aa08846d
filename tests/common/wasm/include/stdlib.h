/* stdlib.h - what the tests' programs use of it, where there is no libc. */
#ifndef WASM_STDLIB_H
#define WASM_STDLIB_H

#include <stddef.h>

void *malloc(size_t bytes);
void free(void *memory);
int atoi(const char *text);
__attribute__((noreturn)) void exit(int status);

#endif
