/* random.h - random numbers that depend on a key and an index alone, so that order, lanes and threads do not matter.
 *
 * Threefry-2x32 with 20 rounds. A key stands for one use of random numbers (a layer in a step); an index for one number
 * of it. Uniform and normal numbers of one key and index are independent. */
#ifndef NNC_RANDOM_H
#define NNC_RANDOM_H

#include "math.h"

#include "float_names_body.h"
#include "random_body.h"
#include "names_end_body.h"

NNC_FN uint32_t nnc_random_key(uint64_t seed, uint32_t step, uint32_t stream)
{
    nnc_block counter;
    counter.first = step;
    counter.second = stream;
    return nnc_threefry((uint32_t)(seed & UINT32_C(0xffffffff)), (uint32_t)(seed >> 32), counter).first;
}

/* Exact for words below 2^24. */
NNC_FN float nnc_word_realf(uint32_t word)
{
    return (float)word;
}

#include "float_names_body.h"
#include "random_real_body.h"
#include "names_end_body.h"

#if NNC_HAS_DOUBLE

NNC_FN double nnc_word_reald(uint32_t word)
{
    return (double)word;
}

#include "double_names_body.h"
#include "random_real_body.h"
#include "names_end_body.h"
#endif

#endif
