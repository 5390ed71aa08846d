/* closed_form.c - compares what a perceptron learnt with what can be computed at once.
 *
 *     closed_form plane|gauss NOISE POINTS W.safetensors LAYER TOLERANCE
 *
 * For the plane: the least-squares solution, by the normal equations. For the two clouds: the maximum-likelihood
 * solution of logistic regression, by Newton's method. Both in double, on the training points that the trainer makes
 * by itself (data.seed 0). Prints a line for each number learnt; the exit status says whether all are within the
 * tolerance. */
#include "context.h"
#include "pool.h"
#include "safetensors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WEIGHTS = 3, NEWTON_STEPS = 50 };

typedef struct Points {
    size_t count;
    const double *x; /* [count][2] */
    const double *target;
} Points;

typedef struct Request {
    const char *pattern, *path, *layer;
    double noise, tolerance;
    int points;
    double worst;
} Request;

/* Gauss's elimination with pivots. */
static void solve(double a[WEIGHTS][WEIGHTS], double b[WEIGHTS])
{
    for (int k = 0; k < WEIGHTS; k++) {
        int pivot = k;
        for (int r = k + 1; r < WEIGHTS; r++)
            pivot = fabs(a[r][k]) > fabs(a[pivot][k]) ? r : pivot;
        for (int c = 0; c < WEIGHTS; c++) {
            double other = a[k][c];
            a[k][c] = a[pivot][c];
            a[pivot][c] = other;
        }
        double other = b[k];
        b[k] = b[pivot];
        b[pivot] = other;
        for (int r = 0; r < WEIGHTS; r++) {
            double factor = r == k ? 0 : a[r][k] / a[k][k];
            for (int c = 0; c < WEIGHTS; c++)
                a[r][c] -= factor * a[k][c];
            b[r] -= factor * b[k];
        }
    }
    for (int k = 0; k < WEIGHTS; k++)
        b[k] /= a[k][k];
}

/* One step of Newton's method from w: sum_i c_i x_i x_i^T d = sum_i (t_i - f_i) x_i, where f_i = w.x and c_i = 1 for
 * squared errors, f_i = 1 / (1 + exp(-w.x)) and c_i = f_i (1 - f_i) for the likelihood. */
static void newton(const Points *points, bool logistic, double w[WEIGHTS])
{
    double a[WEIGHTS][WEIGHTS] = {{0}}, b[WEIGHTS] = {0};
    for (size_t i = 0; i < points->count; i++) {
        double x[WEIGHTS] = {points->x[2 * i], points->x[2 * i + 1], 1};
        double value = w[0] * x[0] + w[1] * x[1] + w[2];
        double f = logistic ? 1 / (1 + exp(-value)) : value;
        double curvature = logistic ? f * (1 - f) : 1;
        for (int r = 0; r < WEIGHTS; r++) {
            b[r] += (points->target[i] - f) * x[r];
            for (int c = 0; c < WEIGHTS; c++)
                a[r][c] += curvature * x[r] * x[c];
        }
    }
    solve(a, b);
    for (int k = 0; k < WEIGHTS; k++)
        w[k] += b[k];
}

static Points make_points(Context *context, const Request *request, bool logistic)
{
    nnc_port input = {.name = "input", .type = NNC_REAL, .rank = 1, .shape = {2}, .elements = 2};
    nnc_port target = {.name = "target", .type = NNC_REAL, .rank = 1, .shape = {1}, .elements = 1};
    nnc_network network = {.name = "closed_form", .real_bytes = 4, .batch = 1, .inputs = 1, .targets = 1};
    network.input = &input;
    network.target = &target;
    network.output = target;
    network.metric = logistic ? NNC_METRIC_BINARY : NNC_METRIC_NONE;
    Data_spec spec = {.format = DATA_PLAYGROUND, .noise = request->noise};
    spec.train.samples = spec.test.samples = request->points;
    spec.pattern = logistic ? DATA_PATTERN_GAUSS : DATA_PATTERN_PLANE;
    Pool *pool = pool_read(context, &spec, &network, NULL, POOL_TRAIN | POOL_TEST, NULL);
    const Part *part = &pool->part[0];
    return (Points){part->rows, part->input[0].values, part->target[0].values};
}

static void read_tensor(Context *context, const Safetensors *file, const char *name, uint64_t elements, float *values)
{
    const Safetensor *tensor = safetensors_find(file, name);
    if (!tensor || tensor->elements != elements || strcmp(tensor->dtype, "F32") != 0)
        context_fail(context, "%s: error: no tensor %s of %d floats", file->path, name, (int)elements);
    safetensors_decode(tensor, values);
}

static void compare(Context *context, void *argument)
{
    Request *request = argument;
    bool logistic = strcmp(request->pattern, "gauss") == 0;
    Points points = make_points(context, request, logistic);
    double exact[WEIGHTS] = {0};
    for (int i = 0; i < (logistic ? NEWTON_STEPS : 2); i++) /* the second step of least squares mends rounding */
        newton(&points, logistic, exact);
    float learnt[WEIGHTS];
    const Safetensors *file = safetensors_read(context, request->path);
    read_tensor(context, file, context_format(context, "%s.weight", request->layer), 2, learnt);
    read_tensor(context, file, context_format(context, "%s.bias", request->layer), 1, learnt + 2);
    static const char *const names[WEIGHTS] = {"w1", "w2", "b"};
    for (int k = 0; k < WEIGHTS; k++) {
        double error = fabs((double)learnt[k] - exact[k]);
        printf("%s learnt %.8f, exact %.8f, apart %.1e\n", names[k], (double)learnt[k], exact[k], error);
        request->worst = error <= request->worst ? request->worst : error;
    }
}

int main(int count, char **words)
{
    if (count != 7) {
        fprintf(stderr, "usage: closed_form plane|gauss NOISE POINTS W.safetensors LAYER TOLERANCE\n");
        return 2;
    }
    Request request = {.pattern = words[1],
                       .noise = atof(words[2]),
                       .points = atoi(words[3]),
                       .path = words[4],
                       .layer = words[5],
                       .tolerance = atof(words[6])};
    Context context = {.block = NULL};
    bool done = context_attempt(&context, compare, &request);
    if (!done)
        fprintf(stderr, "%s\n", context.error.message);
    context_release(&context, 0);
    return done && request.worst <= request.tolerance ? 0 : 1;
}
