/* roc_plot.h - ROC curves drawn by gnuplot, false accepts on a logarithmic axis. */
#ifndef FACES_ROC_PLOT_H
#define FACES_ROC_PLOT_H

#include "metrics.h"

typedef struct Curve {
    const char *name;
    const Trials *trials;
} Curve;

/* Fails for what gnuplot_check() finds, and where gnuplot fails. */
void roc_plot_write(Context *context, const char *path, const Curve *curve, size_t curves);

#endif
