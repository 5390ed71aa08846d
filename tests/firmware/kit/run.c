/* run.c - the program that is run on every board: predicts, trains, and tells depth of the stack, loss and a hash.
 *
 * run.h, which board.py writes, says what the network is called and has. The data are small integers over powers of
 * two, drawn by integer arithmetic, and the hash goes over the bits of the parameters as numbers, so neither depends on
 * the order of bytes. Lines are `predict stack BYTES`, `train stack BYTES`, `output HASH`, `loss HASH`, `trained output
 * HASH`, `parameters HASH`, `done`. With constants as weights (--weights) training starts from them. */
#include "board.h"
#include "run.h"

static uint32_t seed = 1;

/* xorshift32 (Marsaglia 2003). */
static uint32_t draw(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed;
}

/* In [-1, 1), 12 bits. */
static Real draw_real(void)
{
    return (Real)((int)(draw() >> 20) - 2048) / (Real)2048;
}

static void print_hex(const char *title, uint32_t value)
{
    char text[12], *p = text;
    for (int i = 28; i >= 0; i -= 4)
        *p++ = "0123456789abcdef"[(value >> i) & 15];
    *p++ = '\n';
    *p = 0;
    board_print(title);
    board_print(text);
}

static void print_number(const char *title, uint32_t value)
{
    char text[12], *p = text + 11;
    *p = 0;
    *--p = '\n';
    do {
        *--p = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    board_print(title);
    board_print(p);
}

/* FNV-1a over the bytes of a number, the low one first. */
static uint32_t hash_real(uint32_t hash, Real number)
{
    union {
        Real number;
        Bits bits;
    } both = {number};
    for (unsigned i = 0; i < sizeof both.bits; i++)
        hash = (hash ^ (uint8_t)((both.bits >> (8 * i)) & 0xff)) * UINT32_C(16777619);
    return hash;
}

static uint32_t hash_of(const Real *numbers, uint32_t count)
{
    uint32_t hash = UINT32_C(2166136261);
    for (uint32_t i = 0; i < count; i++)
        hash = hash_real(hash, numbers[i]);
    return hash;
}

static Real input[INPUTS * SAMPLES];

static void draw_inputs(void)
{
    for (uint32_t i = 0; i < INPUTS * SAMPLES; i++)
        input[i] = draw_real();
}

/* ---- prediction ---- */

static Inference scratch;
static Real output[OUTPUTS];

__attribute__((noinline)) static void predict_once(const Parameters *parameters)
{
    board_count_begin();
    PREDICT(parameters, &scratch, input, output);
    board_count_end();
}

__attribute__((noinline)) static void show_prediction(const Parameters *parameters)
{
    draw_inputs();
    stack_paint();
    predict_once(parameters);
    print_number("predict stack ", stack_depth());
    print_hex("output ", hash_of(output, OUTPUTS));
}

/* ---- training ---- */

#if STEPS

static Training net;
static Real loss;
#if TARGETS
static Target target[TARGETS * SAMPLES];
#endif

/* Classes; or rows that add up to 1, which suit every loss. */
static void draw_targets(void)
{
#if CLASSES
    for (uint32_t i = 0; i < TARGETS * SAMPLES; i++)
        target[i] = (Target)(draw() % CLASSES);
#elif TARGETS
    for (uint32_t i = 0; i < TARGETS * SAMPLES; i++)
        target[i] = i % TARGETS ? 0 : 1;
    for (uint32_t i = 0; i < SAMPLES; i++) {
        Target *row = target + i * TARGETS;
        const uint32_t first = draw() % TARGETS, second = draw() % TARGETS;
        row[0] = 0;
        row[first] += (Target)0.75;
        row[second] += (Target)0.25;
    }
#endif
}

__attribute__((noinline)) static void train_once(void)
{
    board_count_begin();
    loss = TRAIN(&net, input, target);
    board_count_end();
}

__attribute__((noinline)) static void show_step(void)
{
    draw_inputs();
    draw_targets();
    stack_paint();
    train_once();
    print_number("train stack ", stack_depth());
}

static void show_training(void)
{
    INITIALIZE(&net, 1);
#ifdef WEIGHTS
    net.parameters = WEIGHTS;
#endif
    show_prediction(&net.parameters);
    show_step();
    for (uint32_t i = 1; i < STEPS; i++) {
        draw_inputs();
        draw_targets();
        loss = TRAIN(&net, input, target);
    }
    print_hex("loss ", hash_of(&loss, 1));
    PREDICT(&net.parameters, &scratch, input, output);
    print_hex("trained output ", hash_of(output, OUTPUTS));
    print_hex("parameters ", hash_of((const Real *)&net.parameters, sizeof(Parameters) / sizeof(Real)));
}

#endif

int main(void)
{
#if STEPS
    show_training();
#else
    show_prediction(&WEIGHTS);
#endif
    board_print("done\n");
    board_exit(0);
    return 0;
}
