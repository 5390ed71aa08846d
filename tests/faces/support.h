/* support.h - what the unit tests of examples/faces share. */
#ifndef FACES_SUPPORT_H
#define FACES_SUPPORT_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "context.h"

/* What the tests allocate hangs on it, and is given back by release(). */
extern Context context;
int release(void **state);

void assert_close(double found, double wanted);

/* What work(argument) fails with; a failure of the test if it does not. */
const char *failure_of(void (*work)(Context *context, void *argument), void *argument);

#endif
