/* checkpoint.h - a run on disk: a safetensors file with every tensor of the network, and the state of the loop. */
#ifndef NNC_TRAINER_CHECKPOINT_H
#define NNC_TRAINER_CHECKPOINT_H

#include "run.h"

void checkpoint_write(Context *context, const char *path, const Run *run);

/* Goes on where the file stopped. Refuses a file of another spec, seed or data, and one that is damaged. */
void checkpoint_read(Context *context, const char *path, Run *run);

#endif
