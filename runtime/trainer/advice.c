/* advice.c - watches the loss of each step. The learning rate is what to change first, whatever goes wrong. */
#include "advice.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WINDOW_STEPS_MIN = 10, WINDOW_SAMPLES_MIN = 400, FIRST_SAMPLES = 50, DIVERGING_WINDOWS = 2 };

static const double divergence = 4;         /* times the first loss */
static const double progress_made = 0.1;    /* of the older windows' loss, over the last ones */
static const double level_reached = 0.3;    /* of the first loss: below it, a restless loss has still learnt */
static const double window_swing = 0.25;    /* deviation of the windows' means, of their mean */
static const double crawling = 0.03;        /* of the early loss, in a fifth of the run */
static const double untrained = 0.7;        /* of the first loss: above it, next to nothing has been learnt */
static const double peak_of_fair_data = 20; /* larger numbers want standardising */

/* ", and the inputs reach 452600: ..." or nothing. */
static void add_peak(const Advice_facts *facts, char text[ADVICE_BYTES])
{
    size_t used = strlen(text);
    if (facts->input_peak > peak_of_fair_data)
        snprintf(text + used, ADVICE_BYTES - used,
                 "; the inputs reach %.6g: data.standardize: {inputs: true}, or a data.scale, brings them near 1",
                 facts->input_peak);
    used = strlen(text);
    if (!facts->classes && facts->target_peak > peak_of_fair_data)
        snprintf(text + used, ADVICE_BYTES - used, "; the targets reach %.6g: data.standardize: {targets: true}",
                 facts->target_peak);
}

void advice_not_finite(const Advice_facts *facts, double loss, char text[ADVICE_BYTES])
{
    snprintf(text, ADVICE_BYTES,
             "the loss of step %llu is %s: lower learning_rate from %.6g to %.6g; then, if it must, clip: {norm: 1.0}",
             (unsigned long long)facts->step, isnan(loss) ? "not a number" : "infinite", facts->rate, facts->rate / 10);
    add_peak(facts, text);
}

static bool has_diverged(Advice *advice)
{
    double mean = advice->mean[ADVICE_WINDOWS - 1];
    advice->rises = mean > divergence * advice->first ? advice->rises + 1 : 0;
    return advice->diverges == 0 && advice->rises >= DIVERGING_WINDOWS;
}

static double average(const double *value, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += value[i];
    return sum / count;
}

/* No progress over the last windows, far from done, and the loss swings: from window to window, or from step to step
 * by more than sampling explains (the mean of a batch deviates by about its own size over the root of the batch; of
 * squared errors, whose tail is heavy, by twice that). */
static bool oscillates(const Advice *advice, const Advice_facts *facts)
{
    if (advice->oscillates > 0 || advice->diverges > 0 || advice->windows < ADVICE_WINDOWS)
        return false;
    int half = ADVICE_WINDOWS / 2;
    double older = average(advice->mean, half), newer = average(advice->mean + half, half);
    double level = (older + newer) / 2;
    if (newer < (1 - progress_made) * older || level < level_reached * advice->first)
        return false;
    double squares = 0;
    for (int i = 0; i < ADVICE_WINDOWS; i++)
        squares += (advice->mean[i] - level) * (advice->mean[i] - level);
    double swing = sqrt(squares / ADVICE_WINDOWS) / level;
    double jump = average(advice->jump, ADVICE_WINDOWS) / level;
    double fair = fmax(0.3, 3 / sqrt(facts->batch));
    return swing > window_swing || jump > (facts->classes ? fair : 2 * fair);
}

/* Looked at once, when a fifth of the run is over. */
static bool crawls(Advice *advice, const Advice_facts *facts)
{
    if (advice->crawls > 0 || advice->windows < ADVICE_WINDOWS || facts->step < facts->steps / 5)
        return false;
    advice->crawls = 1;
    double now = average(advice->mean + ADVICE_WINDOWS / 2, ADVICE_WINDOWS / 2);
    bool still = fabs(now - advice->early) < crawling * advice->early;
    return still && now > untrained * advice->first && advice->oscillates == 0 && advice->diverges == 0;
}

static void close_window(Advice *advice)
{
    memmove(advice->mean, advice->mean + 1, (ADVICE_WINDOWS - 1) * sizeof *advice->mean);
    memmove(advice->jump, advice->jump + 1, (ADVICE_WINDOWS - 1) * sizeof *advice->jump);
    advice->mean[ADVICE_WINDOWS - 1] = advice->sum / advice->in_window;
    advice->jump[ADVICE_WINDOWS - 1] = advice->jumps / advice->in_window;
    advice->windows++;
    if (advice->windows == ADVICE_WINDOWS / 2)
        advice->early = average(advice->mean + ADVICE_WINDOWS / 2, ADVICE_WINDOWS / 2);
    advice->sum = advice->jumps = advice->in_window = 0;
}

static bool judge(Advice *advice, const Advice_facts *facts, char text[ADVICE_BYTES])
{
    unsigned long long step = facts->step;
    double mean = advice->mean[ADVICE_WINDOWS - 1];
    if (!(advice->first > 0))
        return false; /* nothing to compare with */
    if (has_diverged(advice)) {
        advice->diverges = 1;
        snprintf(
            text, ADVICE_BYTES,
            "at step %llu the loss diverges: it began at %.4g and is now %.4g: lower learning_rate from %.6g to %.6g",
            step, advice->first, mean, facts->rate, facts->rate / 10);
        add_peak(facts, text);
        return true;
    }
    if (oscillates(advice, facts)) {
        advice->oscillates = 1;
        snprintf(text, ADVICE_BYTES,
                 "at step %llu the loss oscillates around %.4g without falling: lower learning_rate from %.6g to %.6g, "
                 "or let it fall during training (learning_rate: {cosine: ...})",
                 step, mean, facts->rate, facts->rate / 3);
        add_peak(facts, text);
        return true;
    }
    if (crawls(advice, facts)) {
        snprintf(text, ADVICE_BYTES,
                 "at step %llu the loss crawls: it was %.4g and is still %.4g: raise learning_rate from %.6g to "
                 "%.6g; if that does not help, try another initializer, or a larger network",
                 step, advice->early, mean, facts->rate, facts->rate * 10);
        add_peak(facts, text);
        return true;
    }
    return false;
}

/* What an untrained network gives: the mean of some samples, as a single one may be right by luck; but not of losses
 * that have run away already. */
static void begin(Advice *advice, const Advice_facts *facts, double loss)
{
    if (advice->steps == 0) {
        advice->initial = advice->previous = loss;
        advice->window_steps = fmax(WINDOW_STEPS_MIN, ceil(WINDOW_SAMPLES_MIN / facts->batch));
    }
    if (advice->steps < ceil(FIRST_SAMPLES / facts->batch))
        advice->first =
            fmin((advice->first * advice->steps + loss) / (advice->steps + 1), divergence * advice->initial);
}

bool advice_step(Advice *advice, const Advice_facts *facts, double loss, char text[ADVICE_BYTES])
{
    begin(advice, facts, loss);
    advice->steps++;
    advice->sum += loss;
    advice->jumps += fabs(loss - advice->previous);
    advice->previous = loss;
    advice->in_window++;
    if (advice->in_window < advice->window_steps)
        return false;
    close_window(advice);
    return judge(advice, facts, text);
}
