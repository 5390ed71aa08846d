/* gnuplot.h - a picture drawn by gnuplot, which reads script and data from a pipe; written whole or not at all. */
#ifndef NNC_TRAINER_GNUPLOT_H
#define NNC_TRAINER_GNUPLOT_H

#include "context.h"

#include <stdio.h>

/* Fails now, before hours of work, if gnuplot_draw() would fail later: a name that ends in neither .png nor .svg, a
 * folder that may not be written, no gnuplot. */
void gnuplot_check(Context *context, const char *path);

/* Prints what is drawn; where to, and on what, has been said. */
typedef void Gnuplot_script(FILE *script, const void *what);
/* `width` pixels by 480. */
void gnuplot_draw(Context *context, const char *path, int width, Gnuplot_script *print, const void *what);

#endif
