/* weights.h - trained parameters as a safetensors file, together with what was learnt about the data.
 *
 *     LAYER.weight ...                     the parameters, by name
 *     standardize.inputs.mean, .scale      x = (raw - mean) / scale; standardize.targets.* likewise
 *     fill.inputs                          for missing values
 *     metadata                             network, spec_hash, seed, epochs,
 *                                          classes {"TARGET": ["setosa", ...]}, columns [{"name": ..., "words": [...]}]
 */
#ifndef NNC_TRAINER_WEIGHTS_H
#define NNC_TRAINER_WEIGHTS_H

#include "safetensors.h"
#include "samples.h"

/* Writes the parameters, by the descriptor, and the encoding. */
void weights_write(Context *context, const char *path, const nnc_network *network, const void *parameters,
                   const Encoding *encoding, uint64_t seed, uint64_t epochs);

/* Reads into parameters (network->parameters_bytes); every name, shape and type must be the network's. */
Encoding *weights_read(Context *context, const char *path, const nnc_network *network, void *parameters);

/* ---- pieces that checkpoints share ---- */

const char *weights_dtype(const nnc_network *network, nnc_type type);
Safetensor weights_tensor(const nnc_network *network, const nnc_tensor *tensor, const char *name, const void *memory);
/* Copies a tensor of the file to where the network has it; fails if it is missing or has another shape or type. */
void weights_take(Context *context, const Safetensors *file, const nnc_network *network, const nnc_tensor *tensor,
                  const char *name, void *memory);
void weights_add_encoding(Context *context, Safetensors *file, const nnc_network *network, const Encoding *encoding);

#endif
