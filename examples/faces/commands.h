/* commands.h - what faces does: one function a command. Each fails by context_fail(), and else returns the
 * exit status. */
#ifndef FACES_COMMANDS_H
#define FACES_COMMANDS_H

#include "arguments.h"
#include "context.h"

/* 1 is an error, 2 wrong usage. */
enum { STATUS_ACCEPTED = 0, STATUS_REJECTED = 3 };

int command_enroll(Context *context, const Arguments *arguments);
int command_remove(Context *context, const Arguments *arguments);
int command_list(Context *context, const Arguments *arguments);
int command_verify(Context *context, const Arguments *arguments);
int command_identify(Context *context, const Arguments *arguments);
int command_calibrate(Context *context, const Arguments *arguments);
int command_evaluate(Context *context, const Arguments *arguments);
int command_embed(Context *context, const Arguments *arguments);
int command_network(Context *context, const Arguments *arguments);

#endif
