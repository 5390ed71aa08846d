/* fuzz.h - what the fuzzers share. Each is a program of libFuzzer's; whatever it is given, the compiler and the readers
 * of data answer with a message or do their work: no sanitizer speaks up, nothing exits. */
#ifndef NNC_FUZZ_H
#define NNC_FUZZ_H

#include "nnc.h"

/* Frees all that allocate() gave. */
void memory_free(void);

/* Compiles a description through all passes; what it prints goes to /dev/null, messages too. Templates are found in the
 * library first. Some of the options depend on `choice`. */
void fuzz_compile(const char *spec, size_t length, Library *library, unsigned choice);
/* Compiles a description for avx512 with the tiles of a schedule file. */
void fuzz_schedule(const char *spec, const char *schedule, Library *library);
FILE *fuzz_nowhere(void);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
