/* plot.h - loss and accuracy curves as a picture, drawn by gnuplot. */
#ifndef NNC_TRAINER_PLOT_H
#define NNC_TRAINER_PLOT_H

#include "history.h"

/* Fails now, before hours of training, if plot_write() would fail later: no gnuplot, no .png or .svg. */
void plot_check(Context *context, const char *path);

void plot_write(Context *context, const char *path, const char *title, const History *history);

#endif
