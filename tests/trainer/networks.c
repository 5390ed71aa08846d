/* networks.c - the hand-made linear networks that the trainer is tested with. */
#include "networks.h"

#include "nnc/random.h"

#include <math.h>
#include <string.h>

#define SOFTMAX 0
#define SQUARES 1
#define LOGISTIC 2

#define NAME classes
#define INPUTS 4
#define OUTPUTS 3
#define BATCH 16
#define REAL float
#define LOSS SOFTMAX
#define METRIC NNC_METRIC_CLASS
#define RATE 0.1
#define TARGET_COPIES 0
#include "linear_network.h"

#define NAME onehot
#define INPUTS 4
#define OUTPUTS 3
#define BATCH 16
#define REAL float
#define LOSS SQUARES
#define METRIC NNC_METRIC_CLASS
#define RATE 0.05
#define TARGET_COPIES 0
#include "linear_network.h"

#define NAME line
#define INPUTS 1
#define OUTPUTS 1
#define BATCH 8
#define REAL double
#define LOSS SQUARES
#define METRIC NNC_METRIC_NONE
#define RATE 0.05
#define TARGET_COPIES 0
#include "linear_network.h"

#define NAME binary
#define INPUTS 2
#define OUTPUTS 1
#define BATCH 10
#define REAL float
#define LOSS LOGISTIC
#define METRIC NNC_METRIC_BINARY
#define RATE 0.1
#define TARGET_COPIES 0
#include "linear_network.h"

#define NAME sign
#define INPUTS 2
#define OUTPUTS 1
#define BATCH 10
#define REAL float
#define LOSS SQUARES
#define METRIC NNC_METRIC_SIGN
#define RATE 0.01
#define TARGET_COPIES 0
#include "linear_network.h"

#define NAME seven
#define INPUTS 7
#define OUTPUTS 1
#define BATCH 10
#define REAL float
#define LOSS SQUARES
#define METRIC NNC_METRIC_SIGN
#define RATE 0.0005
#define TARGET_COPIES 0
#include "linear_network.h"

#define NAME pair
#define INPUTS 2
#define OUTPUTS 2
#define BATCH 8
#define REAL float
#define LOSS SQUARES
#define METRIC NNC_METRIC_NONE
#define RATE 0.05
#define TARGET_COPIES 0
#include "linear_network.h"

#define NAME autoencoder
#define INPUTS 2
#define OUTPUTS 2
#define BATCH 4
#define REAL float
#define LOSS SQUARES
#define METRIC NNC_METRIC_NONE
#define RATE 0.05
#define TARGET_COPIES 1
#include "linear_network.h"

#define NAME wild
#define INPUTS 1
#define OUTPUTS 1
#define BATCH 8
#define REAL float
#define LOSS SQUARES
#define METRIC NNC_METRIC_NONE
#define RATE 3.0
#define TARGET_COPIES 0
#include "linear_network.h"

#define NAME slow
#define INPUTS 1
#define OUTPUTS 1
#define BATCH 8
#define REAL float
#define LOSS SQUARES
#define METRIC NNC_METRIC_NONE
#define RATE 1e-7
#define TARGET_COPIES 0
#include "linear_network.h"

#define NAME image
#define INPUTS 784
#define OUTPUTS 10
#define BATCH 64
#define REAL float
#define LOSS SOFTMAX
#define METRIC NNC_METRIC_CLASS
#define RATE 0.05
#define TARGET_COPIES 0
#include "linear_network.h"

#define NAME two
#define INPUTS 2
#define OUTPUTS 2
#define BATCH 10
#define REAL float
#define LOSS SOFTMAX
#define METRIC NNC_METRIC_CLASS
#define RATE 0.05
#define TARGET_COPIES 0
#include "linear_network.h"
