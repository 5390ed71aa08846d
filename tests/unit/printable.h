/* printable.h - whether the C that is printed of a scheduled kernel would mean what its tree says. */
#ifndef NNC_TEST_PRINTABLE_H
#define NNC_TEST_PRINTABLE_H

#include "nnc.h"

/* Ends the test where lanes are lost or in a subscript, where a loop that is to be unrolled has no constant limits, and
 * where an array in registers has a subscript that is no number after that. `subject` is shown with the message. */
void check_printable(const Kernel *kernel, int lanes, const char *subject);

#endif
