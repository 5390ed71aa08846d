/* plot.c - curves and planes, drawn by gnuplot. */
#include "plot.h"

#include "gnuplot.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { POINTS_UP_TO = 40 };

/* A loss that falls below this share of its largest value is drawn on a logarithmic axis. */
static const double logarithmic_below = 0.02;

typedef struct Curve {
    int column;
    const char *name, *colour;
} Curve;

static const Curve losses[] = {{HISTORY_TRAIN_LOSS, "training", "#1f77b4"},
                               {HISTORY_VALIDATION_LOSS, "validation", "#2ca02c"},
                               {HISTORY_TEST_LOSS, "test", "#ff7f0e"}};
static const Curve accuracies[] = {{HISTORY_TRAIN_ACCURACY, "training", "#1f77b4"},
                                   {HISTORY_VALIDATION_ACCURACY, "validation", "#2ca02c"},
                                   {HISTORY_TEST_ACCURACY, "test", "#ff7f0e"}};
enum { CURVES = 3 };

static bool has_column(const History *history, int column)
{
    for (size_t e = 0; e < history->epochs; e++) {
        if (!isnan(history->row[e][column]))
            return true;
    }
    return false;
}

static bool has_any(const History *history, const Curve *curve)
{
    for (int i = 0; i < CURVES; i++) {
        if (has_column(history, curve[i].column))
            return true;
    }
    return false;
}

/* The least and greatest of the curves' values; low above high if there are none. */
typedef struct Range {
    double low, high;
} Range;

static Range range_of(const History *history, const Curve *curve)
{
    Range range = {INFINITY, -INFINITY};
    for (size_t e = 0; e < history->epochs; e++) {
        for (int i = 0; i < CURVES; i++) {
            double value = history->row[e][curve[i].column];
            range.low = value < range.low ? value : range.low;
            range.high = value > range.high ? value : range.high;
        }
    }
    return range;
}

static bool is_logarithmic(Range loss)
{
    return loss.low > 0 && loss.low < logarithmic_below * loss.high;
}

/* A margin that stays within what such a figure can be. */
static Range with_margin(Range range, double least, double most)
{
    double margin = range.high > range.low ? 0.05 * (range.high - range.low) : 0.05 * fabs(range.high) + 0.01;
    return (Range){fmax(range.low - margin, fmin(least, range.low)), fmin(range.high + margin, fmax(most, range.high))};
}

/* The same on a logarithmic axis. */
static Range with_factor(Range range)
{
    double factor = pow(range.high / range.low, 0.05);
    return (Range){range.low / factor, range.high * factor};
}

static void print_data(FILE *script, const History *history)
{
    fprintf(script, "$history << END\n");
    for (size_t e = 0; e < history->epochs; e++) {
        for (int c = 0; c < HISTORY_COLUMNS; c++) {
            double value = history->row[e][c];
            if (isnan(value))
                fprintf(script, "? ");
            else
                fprintf(script, "%.9g ", value);
        }
        fprintf(script, "\n");
    }
    fprintf(script, "END\nset datafile missing \"?\"\n");
}

static void print_panel(FILE *script, const History *history, const Curve *curve, const char *label, double scale,
                        Range range)
{
    bool points = history->epochs <= POINTS_UP_TO;
    const char *comma = "plot ";
    fprintf(script, "set ylabel \"%s\"\n", label);
    if (range.low < range.high)
        fprintf(script, "set yrange [%.9g:%.9g]\n", scale * range.low, scale * range.high);
    for (int i = 0; i < CURVES; i++) {
        if (!has_column(history, curve[i].column))
            continue;
        fprintf(script, "%s$history using 1:(%g*$%d) with %s linewidth 2 %s linecolor rgb \"%s\" title \"%s\"", comma,
                scale, curve[i].column + 1, points ? "linespoints" : "lines", points ? "pointtype 7 pointsize 0.6" : "",
                curve[i].colour, curve[i].name);
        comma = ", \\\n     ";
    }
    fprintf(script, "\n");
}

static void print_loss(FILE *script, const History *history)
{
    Range range = range_of(history, losses);
    bool logarithmic = is_logarithmic(range);
    fprintf(script, "%s", logarithmic ? "set logscale y\n" : "");
    print_panel(script, history, losses, "loss", 1, logarithmic ? with_factor(range) : with_margin(range, 0, INFINITY));
    fprintf(script, "unset logscale y\n");
}

static void print_accuracy(FILE *script, const History *history)
{
    print_panel(script, history, accuracies, "accuracy, %", 100, with_margin(range_of(history, accuracies), 0, 1));
}

/* A name must not be read as markup or as script. */
static void print_name(FILE *script, const char *name)
{
    fputc('"', script);
    for (; *name != 0; name++) {
        if (*name != '"' && *name != '\\' && *name != '`' && (unsigned char)*name >= ' ')
            fputc(*name, script);
    }
    fputs("\" noenhanced", script);
}

/* ---- the plane ---- */

static void print_points(FILE *script, const char *name, const Surface_points *points)
{
    fprintf(script, "$%s << END\n", name);
    for (size_t i = 0; i < points->count; i++)
        fprintf(script, "%.9g %.9g %u\n", points->point[i].x, points->point[i].y, (unsigned)points->point[i].colour);
    fprintf(script, "END\n");
}

static void print_surface_data(FILE *script, const Surface *surface)
{
    double width = (surface->high[0] - surface->low[0]) / SURFACE_CELLS;
    double height = (surface->high[1] - surface->low[1]) / SURFACE_CELLS;
    fprintf(script, "$surface << END\n");
    for (int i = 0; i < SURFACE_CELLS; i++) {
        for (int k = 0; k < SURFACE_CELLS; k++) {
            unsigned colour = surface->colour[i * SURFACE_CELLS + k];
            fprintf(script, "%.9g %.9g %u %u %u\n", surface->low[0] + (k + 0.5) * width,
                    surface->low[1] + (i + 0.5) * height, colour >> 16, colour >> 8 & 255, colour & 255);
        }
    }
    fprintf(script, "END\n");
    print_points(script, "train", &surface->train);
    print_points(script, "test", &surface->test);
}

/* A disc in its colour on a larger one: white for training samples, black for test samples. */
static void print_discs(FILE *script, const char *name, const char *ring)
{
    fprintf(script,
            ", \\\n     $%s using 1:2 with points pointtype 7 pointsize 0.75 linecolor rgb \"%s\" notitle"
            ", \\\n     $%s using 1:2:3 with points pointtype 7 pointsize 0.5 linecolor rgb variable notitle",
            name, ring, name);
}

static void print_surface(FILE *script, const Surface *surface)
{
    fprintf(script, "set size square\nunset grid\nset xtics autofreq\nset border 15\nset xlabel ");
    print_name(script, surface->name[0]);
    fprintf(script, "\nset ylabel ");
    print_name(script, surface->name[1]);
    fprintf(script, "\nset xrange [%.9g:%.9g]\nset yrange [%.9g:%.9g]\n", surface->low[0], surface->high[0],
            surface->low[1], surface->high[1]);
    fprintf(script, "plot $surface using 1:2:3:4:5 with rgbimage notitle");
    if (surface->test.count > 0)
        print_discs(script, "test", "#202020");
    print_discs(script, "train", "white");
    for (size_t i = 0; i < surface->keys; i++) {
        fprintf(script, ", \\\n     NaN with points pointtype 7 pointsize 1 linecolor rgb %u title ",
                (unsigned)surface->key[i].colour);
        print_name(script, surface->key[i].name);
    }
    fprintf(script, "\n");
}

/* ---- all of it ---- */

typedef struct Plot {
    const char *title;
    const History *history;
    const Surface *surface; /* may be NULL */
} Plot;

static int panels_of(const Plot *plot)
{
    return 1 + has_any(plot->history, accuracies) + (plot->surface != NULL);
}

static void print_script(FILE *script, const void *what)
{
    const Plot *plot = what;
    const History *history = plot->history;
    const Surface *surface = plot->surface;
    const int panels = panels_of(plot);
    print_data(script, history);
    if (surface != NULL)
        print_surface_data(script, surface);
    fprintf(script, "set multiplot title ");
    print_name(script, plot->title);
    fprintf(script,
            " font \",15\" layout 1,%d\nset border 3 linecolor rgb \"#808080\"\nset tics nomirror out textcolor rgb "
            "\"black\"\n"
            "set grid linecolor rgb \"#e0e0e0\" linetype 1\nset xlabel \"epoch\"\nset key above nobox\nset rmargin 3\n"
            "set xrange [%d:%zu]\nset format y \"%%.4g\"\n",
            panels, history->epochs == 1 ? 0 : 1, history->epochs == 1 ? 2 : history->epochs);
    if (history->epochs <= 12)
        fprintf(script, "set xtics 1\n");
    print_loss(script, history);
    if (has_any(history, accuracies))
        print_accuracy(script, history);
    if (surface != NULL)
        print_surface(script, surface);
    fprintf(script, "unset multiplot\n");
}

void plot_write(Context *context, const char *path, const char *title, const History *history, const Surface *surface)
{
    const Plot plot = {title, history, surface};
    const int panels = panels_of(&plot);
    gnuplot_draw(context, path, panels == 1 ? 720 : panels == 2 ? 1200 : 1740, print_script, &plot);
}
