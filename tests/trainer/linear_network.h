/* linear_network.h - a linear network by hand, with all that a descriptor shows of a generated one: momentum, a step
 * that counts, random noise by seed and step, a penalty. Included once for each network of networks.c, with these set:
 *   NAME, INPUTS (elements), OUTPUTS, BATCH, REAL (float or double), LOSS (SOFTMAX, SQUARES, LOGISTIC), METRIC, RATE */

#define GLUE_(a, b) a##_##b
#define GLUE(a, b) GLUE_(a, b)
#define IN_NAME(x) GLUE(NAME, x)
#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

typedef struct IN_NAME(parameters) {
    REAL weight[INPUTS][OUTPUTS], bias[OUTPUTS];
} IN_NAME(parameters);

typedef struct IN_NAME(training) {
    IN_NAME(parameters) parameters, momentum;
    uint64_t seed;
    uint32_t step;
} IN_NAME(training);

static void IN_NAME(initialize)(void *memory, uint64_t seed)
{
    IN_NAME(training) *net = memory;
    memset(net, 0, sizeof *net);
    net->seed = seed;
    for (int i = 0; i < INPUTS; i++) {
        for (int o = 0; o < OUTPUTS; o++)
            net->parameters.weight[i][o] =
                (REAL)(0.1 * nnc_random_uniform(nnc_random_key(seed, 0, 1), (uint32_t)(i * OUTPUTS + o)) - 0.05);
    }
}

static void IN_NAME(outputs)(const IN_NAME(parameters) * p, const REAL *x, double *z)
{
    for (int o = 0; o < OUTPUTS; o++)
        z[o] = (double)p->bias[o];
    for (int i = 0; i < INPUTS; i++) {
        for (int o = 0; o < OUTPUTS; o++)
            z[o] += (double)x[i] * (double)p->weight[i][o];
    }
}

/* The loss of one sample; dz becomes its gradient. */
static double IN_NAME(loss)(const double *z, const void *target, size_t sample, double *dz)
{
    double loss = 0;
#if LOSS == SOFTMAX
    int32_t t = ((const int32_t *)target)[sample];
    double top = z[0], sum = 0;
    for (int o = 1; o < OUTPUTS; o++)
        top = z[o] > top ? z[o] : top;
    for (int o = 0; o < OUTPUTS; o++)
        sum += exp(z[o] - top);
    for (int o = 0; o < OUTPUTS; o++)
        dz[o] = exp(z[o] - top) / sum - (o == t);
    loss = log(sum) + top - z[t];
#else
    const REAL *t = (const REAL *)target + sample * OUTPUTS;
    for (int o = 0; o < OUTPUTS; o++) {
        double y = LOSS == LOGISTIC ? 1 / (1 + exp(-z[o])) : z[o];
        dz[o] = (LOSS == LOGISTIC ? 1 : 2) * (y - (double)t[o]) / OUTPUTS;
        loss += LOSS == LOGISTIC ? log(1 + exp(-z[o])) + (1 - (double)t[o]) * z[o]
                                 : (y - (double)t[o]) * (y - (double)t[o]);
    }
    loss /= OUTPUTS;
#endif
    return loss;
}

static double IN_NAME(train)(void *memory, const void *const *input, const void *const *target)
{
    IN_NAME(training) *net = memory;
    static double gradient[INPUTS + 1][OUTPUTS];
    double sum = 0, z[OUTPUTS], dz[OUTPUTS];
    uint32_t key = nnc_random_key(net->seed, net->step, 7);
    memset(gradient, 0, sizeof gradient);
    for (int n = 0; n < BATCH; n++) {
        const REAL *x = (const REAL *)input[0] + n * INPUTS;
        double noise = 1 + 0.01 * (nnc_random_uniform(key, (uint32_t)n) - 0.5);
        IN_NAME(outputs)(&net->parameters, x, z);
        sum += IN_NAME(loss)(z, target[0], (size_t)n, dz);
        for (int o = 0; o < OUTPUTS; o++) {
            for (int i = 0; i < INPUTS; i++)
                gradient[i][o] += noise * dz[o] * (double)x[i] / BATCH;
            gradient[INPUTS][o] += dz[o] / BATCH;
        }
    }
    for (int o = 0; o < OUTPUTS; o++) {
        for (int i = 0; i <= INPUTS; i++) {
            REAL *w = i < INPUTS ? &net->parameters.weight[i][o] : &net->parameters.bias[o];
            REAL *m = i < INPUTS ? &net->momentum.weight[i][o] : &net->momentum.bias[o];
            double decay = i < INPUTS ? 1e-4 * (double)*w : 0;
            *m = (REAL)(0.5 * (double)*m + gradient[i][o] + decay);
            *w = (REAL)((double)*w - RATE * (double)*m);
        }
    }
    net->step++;
    return sum / BATCH;
}

static double IN_NAME(penalty)(const void *parameters)
{
    const IN_NAME(parameters) *p = parameters;
    double sum = 0;
    for (int i = 0; i < INPUTS * OUTPUTS; i++)
        sum += (double)p->weight[i / OUTPUTS][i % OUTPUTS] * (double)p->weight[i / OUTPUTS][i % OUTPUTS];
    return 0.5e-4 * sum;
}

static double IN_NAME(rate)(const void *training)
{
    (void)training;
    return RATE;
}

static void IN_NAME(predict)(const void *parameters, void *inference, const void *const *input, void *output)
{
    double z[OUTPUTS];
    (void)inference;
    IN_NAME(outputs)(parameters, input[0], z);
    for (int o = 0; o < OUTPUTS; o++)
        ((REAL *)output)[o] = (REAL)z[o];
}

static double IN_NAME(evaluate)(const void *parameters, void *inference, const void *const *input,
                                const void *const *target, void *scored)
{
    double z[OUTPUTS], dz[OUTPUTS];
    (void)inference;
    IN_NAME(outputs)(parameters, input[0], z);
    for (int o = 0; o < OUTPUTS; o++)
        ((REAL *)scored)[o] = (REAL)z[o];
    return IN_NAME(loss)(z, target[0], 0, dz);
}

static const nnc_tensor IN_NAME(tensors)[] = {
    {"dense_1.weight",
     NNC_REAL,
     2,
     {INPUTS, OUTPUTS},
     (INPUTS) * (OUTPUTS),
     offsetof(IN_NAME(training), parameters.weight),
     1,
     1},
    {"dense_1.bias", NNC_REAL, 1, {OUTPUTS}, OUTPUTS, offsetof(IN_NAME(training), parameters.bias), 1, 1},
    {"optimizer.m.dense_1.weight",
     NNC_REAL,
     2,
     {INPUTS, OUTPUTS},
     (INPUTS) * (OUTPUTS),
     offsetof(IN_NAME(training), momentum.weight),
     0,
     0},
    {"optimizer.m.dense_1.bias", NNC_REAL, 1, {OUTPUTS}, OUTPUTS, offsetof(IN_NAME(training), momentum.bias), 0, 0},
    {"seed", NNC_UINT64, 0, {0}, 1, offsetof(IN_NAME(training), seed), 0, 0},
    {"step", NNC_UINT32, 0, {0}, 1, offsetof(IN_NAME(training), step), 0, 0},
};
static const nnc_port IN_NAME(input)[] = {{"input", NNC_REAL, 1, {INPUTS}, INPUTS, 0, 0}};
#if LOSS == SOFTMAX
static const nnc_port IN_NAME(target)[] = {{"class", NNC_INT32, 0, {0}, 1, OUTPUTS, 0}};
#else
static const nnc_port IN_NAME(target)[] = {{"target", NNC_REAL, 1, {OUTPUTS}, OUTPUTS, 0, TARGET_COPIES}};
#endif

const nnc_network IN_NAME(network) = {.name = TEXT(NAME),
                                      .spec_hash = "0123456789abcdef",
                                      .real_bytes = sizeof(REAL),
                                      .batch = BATCH,
                                      .inputs = 1,
                                      .targets = 1,
                                      .input = IN_NAME(input),
                                      .target = IN_NAME(target),
                                      .output = {"output", NNC_REAL, 1, {OUTPUTS}, OUTPUTS, 0, 0},
                                      .metric = METRIC,
                                      .scored = {"scored", NNC_REAL, 1, {OUTPUTS}, OUTPUTS, 0, 0},
                                      .tensors = 6,
                                      .tensor = IN_NAME(tensors),
                                      .parameter_count = (INPUTS + 1) * (OUTPUTS),
                                      .parameters_bytes = sizeof(IN_NAME(parameters)),
                                      .training_bytes = sizeof(IN_NAME(training)),
                                      .inference_bytes = 1,
                                      .initialize = IN_NAME(initialize),
                                      .train = IN_NAME(train),
                                      .penalty = IN_NAME(penalty),
                                      .rate = IN_NAME(rate),
                                      .predict = IN_NAME(predict),
                                      .evaluate = IN_NAME(evaluate)};

#undef GLUE_
#undef GLUE
#undef IN_NAME
#undef TEXT_
#undef TEXT
#undef NAME
#undef INPUTS
#undef OUTPUTS
#undef BATCH
#undef REAL
#undef LOSS
#undef METRIC
#undef RATE
#undef TARGET_COPIES
