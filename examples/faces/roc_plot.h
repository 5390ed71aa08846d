/* roc_plot.h - ROC curves drawn by gnuplot, false accepts on a logarithmic axis. */
#ifndef FACES_ROC_PLOT_H
#define FACES_ROC_PLOT_H

#include "metrics.h"

typedef struct Curve {
    const char *name;
    const Trials *trials;
} Curve;

/* Fails now, before minutes of measuring, if roc_plot_write() would fail later: a name that ends in neither .png nor
 * .svg, a folder that may not be written, no gnuplot. */
void roc_plot_check(Context *context, const char *path);
void roc_plot_write(Context *context, const char *path, const Curve *curve, size_t curves);

#endif
