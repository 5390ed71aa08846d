/* commands.h - what nnc does besides compiling. words[0] is the command's name; each returns the exit status. */
#ifndef NNC_COMMANDS_H
#define NNC_COMMANDS_H

#include "nnc.h"

int command_check(int count, char **words);
int command_train(int count, char **words);
int command_evaluate(int count, char **words);
int command_predict(int count, char **words);
int command_convert(int count, char **words);
int command_report(int count, char **words);
int command_graph(int count, char **words);
int command_package(int count, char **words);
int command_bench(int count, char **words);
int command_tune(int count, char **words);

/* Fills in the target and the lanes that were not given. */
void finish_options(Options *options);
/* Where generated code finds <nnc/lanes.h>: beside the program in its build tree, or as installed. */
const char *include_directory(void);

#endif
