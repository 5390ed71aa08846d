/* network.h - how a generated network describes itself to a program that did not know it at compile time.
 *
 * `nnc --describe SPEC.yaml -o net.c` adds one function, `const nnc_network *NAME_network(void)`; a trainer loads it
 * and needs to know nothing else. Pointers to structs of the network are void here; each is at least as aligned as a
 * uint64_t. A number of the network ("real") is a float or a double, by real_bytes. */
#ifndef NNC_NETWORK_H
#define NNC_NETWORK_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { NNC_RANK_MAX = 8 };

typedef enum nnc_type { NNC_REAL, NNC_INT32, NNC_UINT32, NNC_UINT64 } nnc_type;

/* How a prediction is counted as right: not at all; the largest output is the class; output > 0 says what target > 1/2
 * says; the signs of output and target agree. */
typedef enum nnc_metric { NNC_METRIC_NONE, NNC_METRIC_CLASS, NNC_METRIC_BINARY, NNC_METRIC_SIGN } nnc_metric;

/* An argument of train and predict: one sample is `elements` reals, or int32 classes below `classes`. */
typedef struct nnc_port {
    const char *name;
    nnc_type type;
    int rank;
    int shape[NNC_RANK_MAX];
    size_t elements;
    int classes; /* of an NNC_INT32 target; 0 otherwise */
    int copies;  /* a target that is input number copies - 1 itself (an autoencoder); 0: data of its own */
} nnc_port;

/* A tensor inside the training struct that outlives a step. */
typedef struct nnc_tensor {
    const char *name; /* as in a safetensors file: dense_1.weight; states are optimizer.m.dense_1.weight, step, seed */
    nnc_type type;
    int rank;
    int shape[NNC_RANK_MAX];
    size_t elements;
    size_t offset; /* bytes from the start of the training struct */
    int parameter; /* 1: lies in the parameters struct (same offset there), is stored with the weights; 0: training
                      state */
    int trained;   /* 0: a statistic that prediction reads, or a frozen weight */
} nnc_tensor;

typedef struct nnc_network {
    const char *name;
    const char *spec_hash; /* of everything that fixes the meaning of a checkpoint, as 16 hexadecimal digits */
    size_t real_bytes;
    int batch;
    int inputs, targets;
    const nnc_port *input, *target; /* [inputs], [targets] */
    nnc_port output;                /* what predict writes */
    nnc_metric metric;              /* compares `scored` of evaluate with target 0 */
    nnc_port scored;                /* the value that the first loss reads (logits) or counts, written by evaluate */
    int output_apart;               /* 1: predict writes another value than that, an embedding for instance */
    int loss_of_batches;            /* 1: no loss is one of a sample by itself, so evaluate returns 0 */
    int tensors;
    const nnc_tensor *tensor; /* parameters first, in the order of the parameters struct */
    size_t parameter_count;   /* trained numbers */
    size_t parameters_bytes, training_bytes,
        inference_bytes; /* sizeof the three structs; parameters come first in training */

    void (*initialize)(void *training, uint64_t seed);
    double (*train)(void *training, const void *const *input,
                    const void *const *target); /* a batch: [inputs], [targets] */
    double (*gradient)(void *training, const void *const *input,
                       const void *const *target); /* NULL if fused into the update */
    void (*update)(void *training);
    double (*penalty)(const void *parameters);
    double (*rate)(const void *training); /* learning rate of the coming step */
    void (*predict)(const void *parameters, void *inference, const void *const *input, void *output);
    /* One sample, as in prediction: its loss, and what is counted into `scored`. */
    double (*evaluate)(const void *parameters, void *inference, const void *const *input, const void *const *target,
                       void *scored);

    /* With --predict-batch: so many samples at once, each to the bits of predict; 0, 0 and NULL without it. */
    int predict_batch_samples;
    size_t inference_batch_bytes;
    void (*predict_batch)(const void *parameters, void *inference_batch, const void *const *input, void *output);
} nnc_network;

#ifdef __cplusplus
}
#endif

#endif
