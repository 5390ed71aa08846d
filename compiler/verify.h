/* verify.h - invariants between passes, and --dump. */
#ifndef NNC_VERIFY_H
#define NNC_VERIFY_H

#include "nnc.h"

/* Ends the process with status 3 and a message if a pass has broken the program. */
void verify(const Model *model, const char *pass);
/* The same after a pass that changes no body in place: one that is the same block as before is not looked at again. */
void verify_changes(const Model *model, const char *pass);
/* The same of the places that tensors have been given. */
void verify_places(const Model *model, const char *pass);
/* The program after a pass, in readable form. */
void dump(const Model *model, const char *pass, FILE *stream);

#endif
