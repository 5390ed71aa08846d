/* half.c - weights of 16 bits: --weights-dtype float16, and the rounding to them. */
#include "half.h"

#include <math.h>
#include <string.h>

bool weights_dtype_read(const char *name, Options *options)
{
    options->half = strcmp(name, "float16") == 0;
    return options->half || strcmp(name, "float32") == 0;
}

/* The number is made a whole one in units of the last place of its binade's halves: what rint() makes of that is the
 * rounding, and a carry into the next binade comes out right by itself. */
unsigned half_bits(double number)
{
    const unsigned sign = signbit(number) ? 0x8000 : 0;
    const double magnitude = fabs(number);
    if (magnitude >= 65520)
        return sign | 0x7c00;
    int binade = -13; /* of the smallest normal half, 2^-14, and of the subnormal ones */
    if (magnitude >= 0x1p-14)
        frexp(magnitude, &binade);
    const unsigned units = (unsigned)rint(ldexp(magnitude, 11 - binade));
    return sign | ((unsigned)(binade + 13) * 1024 + units);
}
