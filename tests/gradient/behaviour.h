/* behaviour.h - tests of differences.c itself, on functions whose derivative is known. */
#ifndef NNC_TEST_BEHAVIOUR_H
#define NNC_TEST_BEHAVIOUR_H

void test_behaviour(int *passed, int *failed);

#endif
