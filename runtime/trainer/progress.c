/* progress.c - a bar with rate and time left, on a terminal only. */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include "progress.h"

#include <time.h>
#include <unistd.h>

enum { BAR_WIDTH = 20, STEPS_BETWEEN_LOOKS = 16 };

static const double seconds_between = 0.1;

double progress_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

Progress progress_open(FILE *stream, bool quiet, uint64_t step, uint64_t steps, uint64_t batch, int epochs)
{
    bool terminal = !quiet && fileno(stream) >= 0 && isatty(fileno(stream));
    Progress progress = {.stream = terminal ? stream : NULL,
                         .start = progress_seconds(),
                         .first_step = step,
                         .steps = steps,
                         .batch = batch,
                         .epochs = epochs};
    return progress;
}

/* 1234567 as 1,234,567 */
static const char *grouped(double number, char text[32])
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%.0f", number < 1e15 ? number : 1e15), at = 0;
    for (int i = 0; i < length; i++) {
        text[at++] = digits[i];
        if ((length - i) % 3 == 1 && i + 1 < length)
            text[at++] = ',';
    }
    text[at] = 0;
    return text;
}

static void print_time(FILE *stream, double seconds)
{
    long whole = (long)(seconds + 0.5);
    if (whole >= 3600)
        fprintf(stream, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
    else
        fprintf(stream, "%ld:%02ld", whole / 60, whole % 60);
}

void progress_epoch(Progress *progress, uint64_t step)
{
    progress->epoch_start = progress_seconds();
    progress->epoch_step = step;
}

/* The rate is that of the steps of this epoch; time left counts evaluations too, by the clock since the run began. */
static void show(const Progress *progress, uint64_t step, int epoch, double share, double loss, double now)
{
    FILE *stream = progress->stream;
    double done = (double)(step - progress->first_step), left = (double)(progress->steps - step);
    double passed = now - progress->start, samples = (double)(step - progress->epoch_step) * (double)progress->batch;
    char bar[BAR_WIDTH + 1], rate[32];
    for (int i = 0; i < BAR_WIDTH; i++)
        bar[i] = i < (int)(share * BAR_WIDTH) ? '#' : '.';
    bar[BAR_WIDTH] = 0;
    fprintf(stream, "\repoch %d/%d [%s] %3.0f %%  loss %.4g  %s samples/s  ", epoch, progress->epochs, bar, 100 * share,
            loss, grouped(samples / (now - progress->epoch_start), rate));
    print_time(stream, passed / done * left);
    fprintf(stream, " left\033[K");
    fflush(stream);
}

void progress_step(Progress *progress, uint64_t step, int epoch, double share, double loss)
{
    if (progress->stream == NULL || step % STEPS_BETWEEN_LOOKS != 0 || step <= progress->first_step)
        return;
    double now = progress_seconds();
    if (now - progress->shown < seconds_between)
        return;
    progress->shown = now;
    progress->visible = true;
    show(progress, step, epoch, share, loss, now);
}

void progress_clear(Progress *progress)
{
    if (!progress->visible)
        return;
    fprintf(progress->stream, "\r\033[K");
    fflush(progress->stream);
    progress->visible = false;
}
