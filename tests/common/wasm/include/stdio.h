/* stdio.h - what the tests' programs use of it, where there is no libc: run.mjs prints. */
#ifndef WASM_STDIO_H
#define WASM_STDIO_H

int printf(const char *pattern, ...) __attribute__((format(printf, 1, 2)));

#endif
