/* main.c - a device learns six gestures from recordings in its flash, then recognises others that it has never seen.
 *
 * gesture.c and gesture.h are what `nnc net.yaml --target cortex-m4` prints; samples.c holds the recordings; board/ is
 * all that knows of the machine. */
#include "board/board.h"
#include "draw.h"
#include "gesture.h"
#include "print.h"
#include "samples.h"

enum { EPOCHS = 8, BATCHES = TRAINED / GESTURE_BATCH };

typedef char sample_fits_the_network[READINGS * AXES == GESTURE_INPUT && CLASSES == GESTURE_OUTPUT ? 1 : -1];

static gesture_training net; /* all that training needs */
static gesture_inference scratch;
static uint16_t order[TRAINED];

/* ---- learning ---- */

static void load(const Sample *sample, float input[GESTURE_INPUT])
{
    for (int i = 0; i < GESTURE_INPUT; i++)
        input[i] = (float)sample->reading[i] / 32.0f;
}

/* The samples in a new order (Fisher and Yates), by a generator of 32 bits (Marsaglia's xorshift). */
static void shuffle(void)
{
    static uint32_t random = 1;
    for (uint32_t i = TRAINED - 1; i > 0; i--) {
        random ^= random << 13;
        random ^= random >> 17;
        random ^= random << 5;
        const uint32_t other = random % (i + 1);
        const uint16_t held = order[i];
        order[i] = order[other];
        order[other] = held;
    }
}

static float train_batch(const uint16_t *chosen)
{
    static float input[GESTURE_BATCH][GESTURE_INPUT];
    static int32_t target[GESTURE_BATCH];
    for (int n = 0; n < GESTURE_BATCH; n++) {
        load(&to_learn[chosen[n]], input[n]);
        target[n] = to_learn[chosen[n]].gesture;
    }
    return gesture_train(&net, input[0], target);
}

/* The mean loss of an epoch. */
static float train_epoch(void)
{
    float sum = 0.0f;
    shuffle();
    for (int i = 0; i < BATCHES; i++)
        sum += train_batch(order + i * GESTURE_BATCH);
    return sum / (float)BATCHES;
}

/* ---- recognising ---- */

static int recognise(const Sample *sample)
{
    float input[GESTURE_INPUT], probability[CLASSES];
    int best = 0;
    load(sample, input);
    gesture_predict(&net.parameters, &scratch, input, probability);
    for (int i = 1; i < CLASSES; i++)
        if (probability[i] > probability[best])
            best = i;
    return best;
}

/* ---- what can be had without a network ---- */

static int32_t distance(const int8_t *a, const int8_t *b)
{
    int32_t squares = 0;
    for (int i = 0; i < GESTURE_INPUT; i++)
        squares += (a[i] - b[i]) * (a[i] - b[i]);
    return squares;
}

/* The gesture of the sample that is most like this one. All samples must be kept, and are read each time. */
static int nearest_sample(const Sample *sample)
{
    int32_t least = INT32_MAX;
    int best = 0;
    for (int n = 0; n < TRAINED; n++) {
        const int32_t apart = distance(sample->reading, to_learn[n].reading);
        if (apart < least) {
            least = apart;
            best = to_learn[n].gesture;
        }
    }
    return best;
}

/* The gesture whose mean is most like this one. */
static int8_t class_mean[CLASSES][GESTURE_INPUT];

static void find_means(void)
{
    for (int i = 0; i < GESTURE_INPUT; i++) {
        int sum[CLASSES] = {0};
        for (int n = 0; n < TRAINED; n++)
            sum[to_learn[n].gesture] += to_learn[n].reading[i];
        for (int c = 0; c < CLASSES; c++)
            class_mean[c][i] = (int8_t)(sum[c] / (TRAINED / CLASSES));
    }
}

static int nearest_mean(const Sample *sample)
{
    int best = 0;
    for (int c = 1; c < CLASSES; c++)
        if (distance(sample->reading, class_mean[c]) < distance(sample->reading, class_mean[best]))
            best = c;
    return best;
}

/* ---- what is told ---- */

/* How many of the samples it names rightly, in hundredths of a percent. */
static uint32_t accuracy(const Sample *samples, int count, int (*name)(const Sample *sample))
{
    uint32_t right = 0;
    for (int n = 0; n < count; n++)
        right += name(&samples[n]) == samples[n].gesture;
    return (right * 10000u + (uint32_t)count / 2) / (uint32_t)count;
}

/* Below the pictures. */
static void print_names(const char *title, const Sample *samples, int (*name)(const Sample *sample))
{
    for (int n = 0; n < CLASSES; n++)
        print_column(gesture_name[name(&samples[n])], DRAWN_COLUMNS);
    print(title);
}

static int truth(const Sample *sample)
{
    return sample->gesture;
}

static void print_accuracy(const char *title, uint32_t hundredths)
{
    print(title);
    print_fixed(hundredths, 2);
    print(" %\n");
}

/* FNV-1a over the bytes of all parameters: two machines that differ in one bit tell another number. */
static uint32_t hash_parameters(void)
{
    const unsigned char *byte = (const unsigned char *)&net.parameters;
    uint32_t hash = UINT32_C(2166136261);
    for (uint32_t i = 0; i < sizeof net.parameters; i++)
        hash = (hash ^ byte[i]) * UINT32_C(16777619);
    return hash;
}

static void learn(void)
{
    gesture_initialize(&net, 1);
    for (uint16_t i = 0; i < TRAINED; i++)
        order[i] = i;
    for (uint32_t epoch = 1; epoch <= EPOCHS; epoch++) {
        const float loss = train_epoch();
        print("epoch ");
        print_number(epoch);
        print("  loss ");
        print_fixed((uint32_t)(loss * 10000.0f + 0.5f), 4);
        print_accuracy("  held out ", accuracy(held_out, HELD_OUT, recognise));
    }
}

/* What one call of each costs; the step is taken last, when all has been told. */
static void measure(void)
{
    board_begin();
    (void)recognise(held_out);
    board_end("a prediction");
    board_begin();
    (void)train_batch(order);
    board_end("a step of training");
    board_sizes();
}

int main(void)
{
    learn();
    find_means();
    print_accuracy("without: nearest mean  ", accuracy(held_out, HELD_OUT, nearest_mean));
    print_accuracy("without: nearest one   ", accuracy(held_out, HELD_OUT, nearest_sample));
    draw(held_out, CLASSES);
    print_names("made\n", held_out, truth);
    print_names("recognised\n", held_out, recognise);
    print("parameters ");
    print_hex(hash_parameters());
    print("\n");
    measure();
    return 0;
}
