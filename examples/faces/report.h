/* report.h - figures of the network and of the baseline, side by side. */
#ifndef FACES_REPORT_H
#define FACES_REPORT_H

#include "metrics.h"

/* The network's figure, and that of the pixels. NAN: there is none. */
typedef struct Figures {
    double network, pixels;
} Figures;

void report_head(void);
void report_percent(const char *label, Figures share);
void report_number(const char *label, Figures number);

/* Area, equal error rate and true accepts, with the number of pairs. */
void report_curves(Context *context, const Trials *network, const Trials *pixels);

#endif
