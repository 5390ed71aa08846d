/* data.c - the words of the `data:` section. */
#include "data.h"

const char *const data_format_names[] = {"", "idx", "cifar", "images", "csv", "playground", NULL};
const char *const data_header_names[] = {"auto", "true", "false", NULL};
const char *const data_missing_names[] = {"error", "drop", "mean", "median", NULL};
const char *const data_pattern_names[] = {"circle", "xor", "gauss", "spiral", "plane", "gauss_regression", NULL};
const char *const data_feature_names[] = {"x1", "x2", "x1_squared", "x2_squared", "x1_x2", "sin_x1", "sin_x2", NULL};
