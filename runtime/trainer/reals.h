/* reals.h - numbers of a network's own type, float or double, by their size. */
#ifndef NNC_TRAINER_REALS_H
#define NNC_TRAINER_REALS_H

#include <stddef.h>

static inline double real_at(size_t real_bytes, const void *values, size_t at)
{
    return real_bytes == sizeof(float) ? (double)((const float *)values)[at] : ((const double *)values)[at];
}

static inline void real_put(size_t real_bytes, void *values, size_t at, double value)
{
    if (real_bytes == sizeof(float))
        ((float *)values)[at] = (float)value;
    else
        ((double *)values)[at] = value;
}

#endif
