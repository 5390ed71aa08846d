/* networks.h - the hand-made linear networks that the trainer is tested with. */
#ifndef TESTS_TRAINER_NETWORKS_H
#define TESTS_TRAINER_NETWORKS_H

#include "nnc/network.h"

extern const nnc_network classes_network;     /* 4 inputs, 3 classes, softmax cross-entropy, batch 16 */
extern const nnc_network onehot_network;      /* 4 inputs, 3 real targets, squares, counted by classes */
extern const nnc_network line_network;        /* 1 input, 1 target, squares, double */
extern const nnc_network binary_network;      /* 2 inputs, 1 target of 0 or 1, logistic */
extern const nnc_network sign_network;        /* 2 inputs, 1 target of -1 or 1, squares */
extern const nnc_network seven_network;       /* 7 inputs (the playground's features), 1 target, sign */
extern const nnc_network pair_network;        /* 2 inputs, 2 targets, squares, no metric */
extern const nnc_network autoencoder_network; /* 2 inputs, which are the targets too */
extern const nnc_network wild_network;        /* as line, in single precision, with a learning rate that diverges */
extern const nnc_network slow_network;        /* as line, with a learning rate that crawls */
extern const nnc_network image_network;       /* 784 inputs, 10 classes, batch 64 */
extern const nnc_network two_network;         /* 2 inputs, 2 classes */

#endif
