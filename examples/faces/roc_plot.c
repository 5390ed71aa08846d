/* roc_plot.c - a script for gnuplot, which reads it from a pipe. */
#include "roc_plot.h"

#include "file.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const colours[] = {"#1f77b4", "#ff7f0e"};

void roc_plot_check(Context *context, const char *path)
{
    size_t length = strlen(path);
    if (length < 5 || (strcmp(path + length - 4, ".png") != 0 && strcmp(path + length - 4, ".svg") != 0))
        context_fail(context, "%s: error: a plot's name ends in .png or .svg", path);
    file_check_writable(context, path);
    if (system("command -v gnuplot >/dev/null 2>&1") != 0)
        context_fail(
            context,
            "%s: error: plots are drawn by gnuplot, which is not installed (Debian: apt-get install gnuplot-nox)",
            path);
}

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

static void print_script(FILE *script, const char *path, const char *part, const Curve *curve, size_t curves)
{
    bool svg = strcmp(path + strlen(path) - 4, ".svg") == 0;
    fprintf(script, "set terminal %s size 720,480 font \"DejaVu Sans,%d\" background rgb \"white\"\nset output ",
            svg ? "svg" : "pngcairo", svg ? 13 : 11);
    print_quoted(script, part);
    for (size_t i = 0; i < curves; i++) {
        fputc('\n', script);
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
    fprintf(script, "\nunset output\n");
}

/* A gnuplot that dies early must not take this program along: SIGPIPE is set aside while it reads. */
static bool draw(const char *path, const char *part, const Curve *curve, size_t curves)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGPIPE, &ignore, &before);
    FILE *script = popen("gnuplot - >/dev/null 2>&1", "w");
    if (script != NULL)
        print_script(script, path, part, curve, curves);
    bool done = script != NULL && pclose(script) == 0;
    sigaction(SIGPIPE, &before, NULL);
    return done;
}

void roc_plot_write(Context *context, const char *path, const Curve *curve, size_t curves)
{
    const char *part = file_part(context, path);
    context->temporary = part;
    if (!draw(path, part, curve, curves))
        context_fail(context, "%s: error: gnuplot could not draw it", path);
    context->temporary = NULL;
    file_commit(context, part, path);
}
