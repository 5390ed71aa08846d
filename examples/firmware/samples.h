/* samples.h - the recordings: what gestures.c prints into samples.c, so that they lie in flash. */
#ifndef SAMPLES_H
#define SAMPLES_H

#include <stdint.h>

enum { CLASSES = 6, READINGS = 32, AXES = 3, TRAINED = 720, HELD_OUT = 240 };

typedef struct Sample {
    int8_t reading[READINGS * AXES]; /* acceleration to the right, upwards and forwards, in 1/32 g */
    uint8_t gesture;
} Sample;

extern const char *const gesture_name[CLASSES];
extern const Sample to_learn[TRAINED], held_out[HELD_OUT];

#endif
