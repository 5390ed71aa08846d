/* lanes.h - what the analyser reads instead of runtime/nnc/lanes.h: the runtime itself, but for the elementary functions
 * and fma, which stand here as contracts. A contract is a C function that returns any number the real one may return.
 *
 * Why: EVA knows ranges and no relations, so over a wide range it loses exp(x) = 2^n e^(x - n ln 2). Over narrow ranges
 * it does not, and runtime.c proves each contract for the runtime's own code, range by range; proof.py runs both. */
#ifndef NNC_PROOF_LANES_H
#define NNC_PROOF_LANES_H

#define nnc_fabsf nnc_runtime_fabsf
#define nnc_expf nnc_runtime_expf
#define nnc_expm1f nnc_runtime_expm1f
#define nnc_tanhf nnc_runtime_tanhf
#define nnc_logf nnc_runtime_logf
#define nnc_log1pf nnc_runtime_log1pf
#define nnc_erff nnc_runtime_erff
#define nnc_cosf nnc_runtime_cosf
#define nnc_sqrtf nnc_runtime_sqrtf
#define nnc_fmaf nnc_runtime_fmaf
#include <nnc/math.h>
#undef nnc_fabsf
#undef nnc_expf
#undef nnc_expm1f
#undef nnc_tanhf
#undef nnc_logf
#undef nnc_log1pf
#undef nnc_erff
#undef nnc_cosf
#undef nnc_sqrtf
#undef nnc_fmaf

#include "../contracts.h"

#include_next <nnc/lanes.h>

#endif
