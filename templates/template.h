/* template.h - what a template may call, so that each compiles, formats and debugs as the C99 file it is.
 *
 * The functions are the runtime's, under their names of <math.h>. With NNC_TEMPLATE_DOUBLE `float` means double, and
 * they are the double ones; literals keep their f, so 0.1f is then the double that equals the float. */
#ifndef NNC_TEMPLATE_H
#define NNC_TEMPLATE_H

#include "../runtime/nnc/random.h"

#if defined(__clang__)
#pragma clang diagnostic ignored "-Wkeyword-macro"
#endif

#ifdef NNC_TEMPLATE_DOUBLE
#define float double
#define expf nnc_exp
#define expm1f nnc_expm1
#define logf nnc_log
#define log1pf nnc_log1p
#define tanhf nnc_tanh
#define erff nnc_erf
#define sinf nnc_sin
#define cosf nnc_cos
#define sqrtf nnc_sqrt
#define powf nnc_pow
#define fabsf nnc_fabs
#define fmaxf nnc_fmax
#define fminf nnc_fmin
#define floorf nnc_floor
#define random_uniform(key, index) nnc_random_uniform(key, (uint32_t)(index))
#define random_normal(key, index) nnc_random_normal(key, (uint32_t)(index))
#else
#define expf nnc_expf
#define expm1f nnc_expm1f
#define logf nnc_logf
#define log1pf nnc_log1pf
#define tanhf nnc_tanhf
#define erff nnc_erff
#define sinf nnc_sinf
#define cosf nnc_cosf
#define sqrtf nnc_sqrtf
#define powf nnc_powf
#define fabsf nnc_fabsf
#define fmaxf nnc_fmaxf
#define fminf nnc_fminf
#define floorf nnc_floorf
#define random_uniform(key, index) nnc_random_uniformf(key, (uint32_t)(index))
#define random_normal(key, index) nnc_random_normalf(key, (uint32_t)(index))
#endif

#endif
