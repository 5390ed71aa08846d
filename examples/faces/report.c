/* report.c - a table of two columns. */
#include "report.h"

#include "network.h"

#include <math.h>
#include <stdio.h>

enum { LABEL_WIDTH = 46 };

void report_head(void)
{
    printf("%-*s %14s %16s\n", LABEL_WIDTH, "", network.name, "pixels less mean");
}

static void print_cell(int width, double value, const char *pattern)
{
    char cell[32] = "-";
    if (!isnan(value))
        snprintf(cell, sizeof cell, pattern, value);
    printf(" %*s", width, cell);
}

static void print_row(const char *label, Figures figures, const char *pattern)
{
    printf("%-*s", LABEL_WIDTH, label);
    print_cell(14, figures.network, pattern);
    print_cell(16, figures.pixels, pattern);
    printf("\n");
}

void report_percent(const char *label, Figures share)
{
    print_row(label, (Figures){100 * share.network, 100 * share.pixels}, "%.2f %%");
}

void report_number(const char *label, Figures number)
{
    print_row(label, number, "%.5f");
}

/* NAN where there are too few pairs to see such a rate. */
static double true_accepts(const Trials *trials, double rate)
{
    if (rate * (double)trials->impostors < 1)
        return NAN;
    return (double)metrics_at_false_accepts(trials, rate).genuines / (double)trials->genuines;
}

void report_curves(Context *context, const Trials *of_network, const Trials *of_pixels)
{
    static const double rates[] = {0.01, 0.001};
    report_number("area under the ROC curve", (Figures){metrics_area(of_network), metrics_area(of_pixels)});
    report_percent("equal error rate", (Figures){metrics_equal_error(of_network), metrics_equal_error(of_pixels)});
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        const char *few = rates[i] * (double)of_network->impostors < 1 ? " (too few pairs)" : "";
        report_percent(context_format(context, "true accepts at false accepts of %g%s", rates[i], few),
                       (Figures){true_accepts(of_network, rates[i]), true_accepts(of_pixels, rates[i])});
    }
}
