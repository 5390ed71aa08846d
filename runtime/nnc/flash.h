/* flash.h - two slots of flash memory in which a device keeps checkpoints of its training.
 *
 * `nnc --checkpoint SPEC.yaml -o net.c` adds NAME_save and NAME_restore. Power may fail before, within and after each
 * erase and each write: NAME_restore finds the newest whole checkpoint or the one before it, and never none once one
 * NAME_save has returned NNC_FLASH_OK. The program gives two functions, which erase and write its flash. */
#ifndef NNC_FLASH_H
#define NNC_FLASH_H

#include <stdint.h>

/* What NAME_save and NAME_restore return. */
typedef enum nnc_flash_status {
    NNC_FLASH_OK = 0,
    NNC_FLASH_EMPTY,   /* restore: no whole checkpoint is there */
    NNC_FLASH_FOREIGN, /* restore: only another network's, or another machine's */
    NNC_FLASH_UNFIT,   /* save: slot_bytes is too small, or unit_bytes is 0 or above NNC_FLASH_UNIT_MAX (256, unless
                          net.c is compiled with another); nothing was erased or written */
    NNC_FLASH_FAILED   /* a function of the flash failed, or what was written does not read back */
} nnc_flash_status;

/* The functions return 0 when they are done, anything else if they cannot. They may wait, and feed a watchdog. `slot`
 * is 0 or 1, `offset` counts bytes from the slot's start, `context` is that of nnc_flash. */
typedef struct nnc_flash {
    const void *slot[2]; /* where the slots can be read; of no meaning if there is a function that reads */
    uint32_t slot_bytes; /* of each slot: NAME_CHECKPOINT_BYTES(unit_bytes) at least. No sector belongs to both */
    uint32_t unit_bytes; /* what is programmed at once: 1, 2, 4, 8, 16, 32, ... */
    /* Erases a whole slot, to any value. */
    int (*erase)(void *context, int slot);
    /* Programs one unit of an erased slot: `bytes` is unit_bytes, `offset` a multiple of it. `data` may be read as
     * uint64_t, too. No unit is written twice between two erases. What is read afterwards must be what was written: a
     * data cache is to be invalidated here. */
    int (*write)(void *context, int slot, uint32_t offset, const void *data, uint32_t bytes);
    /* Reads: any place, any number of bytes. NULL if the slots are mapped into memory. Flash with ECC may raise an
     * exception where a unit's programming was cut short: let its handler return, or read by a function that fails. */
    int (*read)(void *context, int slot, uint32_t offset, void *data, uint32_t bytes);
    void *context;
} nnc_flash;

/* What a slot must hold for `bytes` of state: a header of 32 bytes, the state and its checksum in whole units, and a
 * seal of 4 bytes in units of its own. */
#define NNC_FLASH_BYTES(bytes, unit) (((bytes) + 35ul + (unit)) / (unit) * (unit) + (3ul + (unit)) / (unit) * (unit))

#endif
