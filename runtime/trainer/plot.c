/* plot.c - loss and accuracy curves, drawn by gnuplot, which reads script and data from a pipe. */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include "plot.h"

#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

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

static bool is_logarithmic(const History *history)
{
    double low = INFINITY, high = 0;
    for (size_t e = 0; e < history->epochs; e++) {
        for (int i = 0; i < CURVES; i++) {
            double loss = history->row[e][losses[i].column];
            low = loss < low ? loss : low;
            high = loss > high ? loss : high;
        }
    }
    return low > 0 && low < logarithmic_below * high;
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

static void print_panel(FILE *script, const History *history, const Curve *curve, const char *label, const char *scale)
{
    bool points = history->epochs <= POINTS_UP_TO;
    const char *comma = "plot ";
    fprintf(script, "set ylabel \"%s\"\n", label);
    for (int i = 0; i < CURVES; i++) {
        if (!has_column(history, curve[i].column))
            continue;
        fprintf(script, "%s$history using 1:(%s*$%d) with %s linewidth 2 %s linecolor rgb \"%s\" title \"%s\"", comma,
                scale, curve[i].column + 1, points ? "linespoints" : "lines", points ? "pointtype 7 pointsize 0.6" : "",
                curve[i].colour, curve[i].name);
        comma = ", \\\n     ";
    }
    fprintf(script, "\n");
}

/* A name in the title must not be read as markup. */
static void print_title(FILE *script, const char *title)
{
    fprintf(script, "set multiplot title \"");
    for (; *title != 0; title++) {
        if (*title != '"' && *title != '\\' && *title != '\n')
            fputc(*title, script);
    }
    fprintf(script, "\" noenhanced font \",15\" layout 1,");
}

static void print_script(FILE *script, const char *path, const char *part, const char *title, const History *history)
{
    bool accuracy = has_any(history, accuracies);
    bool svg = strcmp(path + strlen(path) - 4, ".svg") == 0;
    int width = accuracy ? 1200 : 720;
    if (svg)
        fprintf(script, "set terminal svg size %d,480 font \"DejaVu Sans,13\" background rgb \"white\"\n", width);
    else
        fprintf(script, "set terminal pngcairo size %d,480 font \"DejaVu Sans,11\" background rgb \"white\"\n", width);
    fprintf(script, "set output '");
    for (const char *c = part; *c != 0; c++)
        fprintf(script, *c == '\'' ? "''" : "%c", *c);
    fprintf(script, "'\n");
    print_data(script, history);
    print_title(script, title);
    fprintf(script,
            "%d\nset border 3 linecolor rgb \"#808080\"\nset tics nomirror out textcolor rgb \"black\"\n"
            "set grid linecolor rgb \"#e0e0e0\" linetype 1\nset xlabel \"epoch\"\nset key above nobox\nset rmargin 3\n"
            "set xrange [%d:%zu]\nset format y \"%%.4g\"\n",
            accuracy ? 2 : 1, history->epochs == 1 ? 0 : 1, history->epochs == 1 ? 2 : history->epochs);
    fprintf(script, "set offsets 0,0,graph 0.05,graph 0.05\n");
    if (history->epochs <= 12)
        fprintf(script, "set xtics 1\n");
    fprintf(script, "%s", is_logarithmic(history) ? "set logscale y\n" : "");
    print_panel(script, history, losses, "loss", "1");
    if (accuracy) {
        fprintf(script, "unset logscale y\n");
        print_panel(script, history, accuracies, "accuracy, %", "100");
    }
    fprintf(script, "unset multiplot\nunset output\n");
}

/* Is the program in $PATH? */
static bool is_installed(const char *program)
{
    const char *path = getenv("PATH");
    char file[4096];
    while (path != NULL && *path != 0) {
        size_t length = strcspn(path, ":");
        snprintf(file, sizeof file, "%.*s/%s", (int)length, path, program);
        if (access(file, X_OK) == 0)
            return true;
        path += length + (path[length] == ':');
    }
    return false;
}

void plot_check(Context *context, const char *path)
{
    size_t length = strlen(path);
    if (length < 5 || (strcmp(path + length - 4, ".png") != 0 && strcmp(path + length - 4, ".svg") != 0))
        context_fail(context, "%s: error: a plot's name ends in .png or .svg", path);
    file_check_writable(context, path);
    if (!is_installed("gnuplot"))
        context_fail(context,
                     "%s: error: plots are drawn by gnuplot, which is not installed (Debian: apt-get install "
                     "gnuplot-nox)",
                     path);
}

static _Noreturn void become_gnuplot(int input)
{
    int silence = open("/dev/null", O_WRONLY);
    dup2(input, STDIN_FILENO);
    dup2(silence, STDOUT_FILENO);
    execlp("gnuplot", "gnuplot", "-", (char *)NULL);
    _exit(127);
}

/* A gnuplot that dies early must not take the trainer along: SIGPIPE is set aside while it reads. */
static bool feed(int output, const char *text, size_t length)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGPIPE, &ignore, &before);
    while (length > 0) {
        ssize_t done = write(output, text, length);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            break;
        text += done;
        length -= (size_t)done;
    }
    close(output);
    sigaction(SIGPIPE, &before, NULL);
    return length == 0;
}

static bool run_gnuplot(const char *text, size_t length)
{
    int pipes[2];
    if (pipe(pipes) != 0)
        return false;
    fcntl(pipes[1], F_SETFD, FD_CLOEXEC);
    pid_t child = fork();
    if (child == 0)
        become_gnuplot(pipes[0]);
    close(pipes[0]);
    bool fed = child > 0 && feed(pipes[1], text, length);
    int status = 1;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return fed && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void plot_write(Context *context, const char *path, const char *title, const History *history)
{
    const char *part = file_part(context, path);
    char *text = NULL;
    size_t length = 0;
    FILE *script = open_memstream(&text, &length);
    if (script == NULL)
        context_fail(context, "%s: error: out of memory", path);
    print_script(script, path, part, title, history);
    fclose(script);
    context_adopt(context, text, free);
    context->temporary = part;
    if (!run_gnuplot(text, length))
        context_fail(context, "%s: error: gnuplot could not draw it", path);
    context->temporary = NULL;
    file_commit(context, part, path);
}
