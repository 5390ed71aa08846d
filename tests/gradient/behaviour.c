/* behaviour.c - does the comparison with differences see what it must, and nothing else? */
#include "behaviour.h"
#include "differences.h"

#include <math.h>

/* f(x) = sum of sin(3 x_i) + |x_i - corner|. */
typedef struct Curve {
    double x[3], gradient[3], corner, factor;
} Curve;

static double value(void *context, uint64_t *branches)
{
    const Curve *curve = context;
    double sum = 0;
    *branches = 0;
    for (int i = 0; i < 3; i++) {
        bool below = curve->x[i] < curve->corner;
        *branches = *branches * 2 + below;
        sum += sin(3 * curve->x[i]) + (below ? curve->corner - curve->x[i] : curve->x[i] - curve->corner);
    }
    return sum;
}

static void derive_curve(Curve *curve)
{
    for (int i = 0; i < 3; i++)
        curve->gradient[i] = curve->factor * (3 * cos(3 * curve->x[i]) + (curve->x[i] < curve->corner ? -1 : 1));
}

static void move_corner(void *context, int number)
{
    Curve *curve = context;
    curve->corner = number;
    derive_curve(curve);
}

static Finding examine(Curve *curve)
{
    Claim claim = {"x", 3, curve->x, curve->gradient};
    Subject subject = {.context = curve, .loss = value, .redraw = move_corner, .claims = 1, .claim = &claim};
    return check_claim(&subject, &claim, &(Sample){.elements = 3});
}

static Curve curve_with(double corner, double factor)
{
    Curve curve = {.x = {0.3, -0.4, 0.9}, .corner = corner, .factor = factor};
    derive_curve(&curve);
    return curve;
}

static void expect(bool holds, const char *promise, int *passed, int *failed)
{
    *passed += holds;
    *failed += !holds;
    if (!holds)
        printf("FAILED differences: %s\n", promise);
}

void test_behaviour(int *passed, int *failed)
{
    Curve right = curve_with(5, 1), large = curve_with(5, 1.00001), small = curve_with(5, 0.99999);
    Finding finding = examine(&right);
    expect(finding.good && finding.redrawn == 0 && finding.worst < 1e-7, "a right gradient passes", passed, failed);
    expect(!examine(&large).good && !examine(&small).good, "a factor of 1 +- 1e-5 does not pass", passed, failed);
    Curve none = curve_with(5, 0), undefined = curve_with(5, NAN), endless = curve_with(5, INFINITY);
    expect(!examine(&none).good, "zeros do not pass", passed, failed);
    expect(!examine(&undefined).good && !examine(&endless).good, "NaN and infinity do not pass", passed, failed);
    Curve corner = curve_with(-0.4, 1), wrong = curve_with(-0.4, 1.001), near = curve_with(-0.4 + 2e-6, 1);
    finding = examine(&corner);
    expect(finding.good && finding.redrawn == 1, "at a corner the data is drawn anew, once", passed, failed);
    expect(!examine(&wrong).good, "a wrong gradient does not hide behind a corner", passed, failed);
    finding = examine(&near);
    expect(finding.good && finding.redrawn == 0, "a shorter step stays on this side of a corner", passed, failed);
    Curve last = curve_with(5, 1);
    last.gradient[2] = -last.gradient[2];
    finding = examine(&last);
    expect(!finding.good && finding.where == 2, "one wrong element is found and named", passed, failed);
}
