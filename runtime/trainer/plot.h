/* plot.h - loss and accuracy curves, and what a network of two inputs says over their plane, drawn by gnuplot. */
#ifndef NNC_TRAINER_PLOT_H
#define NNC_TRAINER_PLOT_H

#include "history.h"
#include "surface.h"

/* surface may be NULL. Fails for what gnuplot_check() finds, and where gnuplot fails. */
void plot_write(Context *context, const char *path, const char *title, const History *history, const Surface *surface);

#endif
