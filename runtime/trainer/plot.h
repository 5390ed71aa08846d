/* plot.h - loss and accuracy curves, and what a network of two inputs says over their plane, drawn by gnuplot. */
#ifndef NNC_TRAINER_PLOT_H
#define NNC_TRAINER_PLOT_H

#include "history.h"
#include "surface.h"

/* Fails now, before hours of training, if plot_write() would fail later: no gnuplot, no .png or .svg. */
void plot_check(Context *context, const char *path);

/* surface may be NULL. */
void plot_write(Context *context, const char *path, const char *title, const History *history, const Surface *surface);

#endif
