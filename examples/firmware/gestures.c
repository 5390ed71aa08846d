/* gestures.c - prints samples.c: what an accelerometer in a moving hand would record, made up by integer arithmetic, so
 * that it is the same everywhere. A program of this computer.
 *
 *     cc gestures.c -o gestures && ./gestures > samples.c
 *
 * No two hands are alike: each sample has a speed, a strength, a moment at which it begins and one at which it ends, a
 * tilt of the hand, a point of the movement at which it starts, and a wobble across it of its own; gravity adds an
 * offset, the sensor noise. So the mean of a class says nothing of it, and a line with much wobble is almost a flat
 * circle. Phases are in 1/1024 of a turn. */
#include "samples.h"

#include <stdio.h>

enum { LEFT_RIGHT, UP_DOWN, CLOCKWISE, COUNTERCLOCKWISE, EIGHT, WANDER };

static uint32_t state = 1;

/* From `low` to `high`, both included. */
static int draw(int low, int high)
{
    state = state * 1664525u + 1013904223u;
    return low + (int)((state >> 12) % (uint32_t)(high - low + 1));
}

/* Bell-shaped: the mean of four. */
static int noise(int most)
{
    return (draw(-most, most) + draw(-most, most) + draw(-most, most) + draw(-most, most)) / 4;
}

/* A sine of amplitude 256: a parabola for each half wave, 6 % off at most. */
static int wave(int phase)
{
    const int x = phase & 511, y = x * (512 - x) / 256;
    return phase & 512 ? -y : y;
}

typedef struct Hand {
    int speed, phase, strength, wobble, wobble_phase, tilt, first, last;
    int offset[AXES];
} Hand;

static Hand draw_hand(void)
{
    Hand hand = {.speed = draw(1024 / 24, 1024 / 9),
                 .phase = draw(0, 1023),
                 .strength = draw(24, 72),
                 .wobble_phase = draw(0, 1023),
                 .tilt = draw(-80, 80),
                 .first = draw(0, 8),
                 .last = draw(23, 31)};
    hand.wobble = draw(0, hand.strength / 3);
    for (int axis = 0; axis < AXES; axis++)
        hand.offset[axis] = draw(-20, 20);
    return hand;
}

/* Where the acceleration points at a phase of the movement, before the hand is tilted. */
static void move(int gesture, const Hand *hand, int phase, int *x, int *y)
{
    const int along = hand->strength * wave(phase) / 256;
    const int across = hand->strength * wave(phase + 256) / 256;
    const int little = hand->wobble * wave(phase + hand->wobble_phase) / 256;
    *x = gesture == UP_DOWN ? little : along;
    *y = gesture == UP_DOWN ? along : little;
    if (gesture == CLOCKWISE)
        *y = across * 2 / 3 + little;
    if (gesture == COUNTERCLOCKWISE)
        *y = -across * 2 / 3 + little;
    if (gesture == EIGHT)
        *y = hand->strength * wave(2 * phase) / 256 + little;
}

static int bounded(int reading)
{
    return reading < -127 ? -127 : reading > 127 ? 127 : reading;
}

static void print_reading(int x, int y, int z, const Hand *hand)
{
    const int sine = wave(hand->tilt), cosine = wave(hand->tilt + 256);
    const int right = (x * cosine - y * sine) / 256 + hand->offset[0] + noise(24);
    const int up = (x * sine + y * cosine) / 256 + hand->offset[1] + noise(24);
    printf("%d, %d, %d, ", bounded(right), bounded(up), bounded(z + hand->offset[2] + noise(24)));
}

/* A hand that wanders draws to a new place every few readings. */
static void print_sample(int gesture)
{
    const Hand hand = draw_hand();
    int x = 0, y = 0, z = 0, to_x = 0, to_y = 0;
    printf("    {{");
    for (int t = 0; t < READINGS; t++) {
        const int moves = t >= hand.first && t <= hand.last;
        if (gesture == WANDER && t % 4 == 0) {
            to_x = draw(-hand.strength, hand.strength);
            to_y = draw(-hand.strength, hand.strength);
        }
        if (gesture == WANDER) {
            x += (to_x - x) / 3;
            y += (to_y - y) / 3;
        } else {
            move(gesture, &hand, hand.phase + t * hand.speed, &x, &y);
        }
        z += noise(6);
        print_reading(moves ? x : 0, moves ? y : 0, z, &hand);
    }
    printf("}, %d},\n", gesture);
}

static void print_samples(const char *name, int count)
{
    printf("\nconst Sample %s[%d] = {\n", name, count);
    for (int i = 0; i < count; i++)
        print_sample(i % CLASSES);
    printf("};\n");
}

int main(void)
{
    printf("/* samples.c - printed by gestures.c. */\n#include \"samples.h\"\n\n"
           "const char *const gesture_name[CLASSES] = {\"left-right\", \"up-down\", \"clockwise\", \"counter\", "
           "\"eight\", \"wander\"};\n");
    print_samples("to_learn", TRAINED);
    print_samples("held_out", HELD_OUT);
    return 0;
}
