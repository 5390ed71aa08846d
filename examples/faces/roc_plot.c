/* roc_plot.c - a script for gnuplot. */
#include "roc_plot.h"

#include "gnuplot.h"

#include <math.h>
#include <stdio.h>

static const char *const colours[] = {"#1f77b4", "#ff7f0e"};

/* Points that an eye cannot tell from the one before are left out; the corners of the first and last stay. */
static void print_points(FILE *script, size_t number, const Trials *trials)
{
    const double least = 0.5 / (double)trials->impostors; /* no false accept has no place on a logarithmic axis */
    double far = least, tar = 0;
    fprintf(script, "$curve%zu << END\n", number);
    for (Roc_point point = {INFINITY, 0, 0}; roc_next(trials, &point);) {
        double next_far = (double)point.impostors / (double)trials->impostors;
        double next_tar = (double)point.genuines / (double)trials->genuines;
        next_far = next_far > least ? next_far : least;
        bool is_last = point.genuines == trials->genuines && point.impostors == trials->impostors;
        if (!is_last && next_far < 1.005 * far && next_tar < tar + 0.0005)
            continue;
        fprintf(script, "%.9g %.9g\n", next_far, 100 * next_tar);
        far = next_far;
        tar = next_tar;
    }
    fprintf(script, "END\n");
}

static void print_quoted(FILE *script, const char *path)
{
    fputc('\'', script);
    for (const char *c = path; *c != 0; c++)
        fprintf(script, *c == '\'' ? "''" : "%c", *c);
    fputc('\'', script);
}

typedef struct Curves {
    const Curve *curve;
    size_t count;
} Curves;

static void print_script(FILE *script, const void *what)
{
    const Curves *all = what;
    const Curve *curve = all->curve;
    const size_t curves = all->count;
    for (size_t i = 0; i < curves; i++) {
        print_points(script, i, curve[i].trials);
    }
    fprintf(script,
            "set border 3 linecolor rgb \"#808080\"\nset tics nomirror out textcolor rgb \"black\"\n"
            "set grid linecolor rgb \"#e0e0e0\" linetype 1\nset key bottom right nobox\nset logscale x\n"
            "set format x \"10^{%%T}\"\nset xlabel \"false accepts, share of pairs of two people\"\n"
            "set ylabel \"true accepts, %% of pairs of one person\"\nset xrange [%.9g:1]\nset yrange [0:100]\nplot ",
            0.5 / (double)curve[0].trials->impostors);
    for (size_t i = 0; i < curves; i++) {
        fprintf(script, "%s$curve%zu using 1:2 with steps linewidth 2 linecolor rgb \"%s\" title ", i > 0 ? ", " : "",
                i, colours[i % 2]);
        print_quoted(script, curve[i].name);
        fprintf(script, " noenhanced");
    }
    fputc('\n', script);
}

void roc_plot_write(Context *context, const char *path, const Curve *curve, size_t curves)
{
    gnuplot_draw(context, path, 720, print_script, &(Curves){curve, curves});
}
