/* device.h - a device that learns, as it would on a board: it keeps its training in flash, and after each start goes on
 * from there. Knows nothing of the machine below it: a program for a board needs device.c, a network that is called
 * learner (3 inputs, 2 outputs), an nnc_flash and a function that prints. */
#ifndef DEVICE_H
#define DEVICE_H

#include <nnc/flash.h>

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Told as they come: "restored" and the step from which it goes on, or "new" and why nothing was restored; "saved" and
 * the step, or "failed" and the status, which ends it; at the end "hash" of what was learnt. */
typedef void device_report(const char *event, uint32_t number);

/* What happens between two starts: trains up to `steps`, keeps every `every`th. 0, or 1 after "failed". */
int device_run(const nnc_flash *flash, uint32_t steps, uint32_t every, device_report *report);

/* A slot needs so many bytes, for this unit. */
uint32_t device_slot_bytes(uint32_t unit);

/* For tests that look inside: the memory that training owns, and the functions under test. */
void *device_memory(size_t *bytes);
uint32_t device_hash(void);
int device_save(const nnc_flash *flash);
int device_restore(const nnc_flash *flash);

#ifdef __cplusplus
}
#endif

#endif
