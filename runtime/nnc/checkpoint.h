/* checkpoint.h - what NAME_save and NAME_restore do: training's state in two slots of flash, one of them always whole.
 *
 * A slot (numbers little-endian, the state in the machine's own order):
 *
 *      0  "nncF"
 *      4  version 1; bytes of a real (4, 8); order of the state's bytes (1 little, 2 big); 0
 *      8  hash of the network, 8 bytes
 *     16  bytes of the state
 *     20  end, where the seal stands: a multiple of the unit
 *     24  sequence number
 *     28  bytes of a unit
 *     32  the state; zeros
 *  end-4  commit record: CRC-32 (that of zlib) of all before it
 *    end  seal: the complement of the commit record; zeros to the end of the unit
 *
 * Units are written in order, so that the commit record is in the last one but the seal's. The newest slot whose commit
 * record is right is restored. The seal is for the unit in which power failed: it may read as written today and as
 * erased tomorrow. If that is the commit record's, the slot has no seal, and the next save writes it anew instead of
 * the older one; if it is the seal's, the commit record is sound. What this does not cover: power fails in the seal;
 * later in the erase of the other slot, which goes on reading as whole; then in a third save, and each time what was
 * hit reads otherwise than before. */
#ifndef NNC_CHECKPOINT_H
#define NNC_CHECKPOINT_H

#include "flash.h"

#include <stddef.h>

/* A unit is put together on the stack. */
#ifndef NNC_FLASH_UNIT_MAX
#define NNC_FLASH_UNIT_MAX 256
#endif

#define NNC_CHECKPOINT_MAGIC UINT32_C(0x46636e6e)
#define NNC_CHECKPOINT_HEADER 32u
#define NNC_CHECKPOINT_COMMIT 4u
#define NNC_CHECKPOINT_SEAL 4u
#define NNC_CHECKPOINT_LEAST (NNC_CHECKPOINT_HEADER + NNC_CHECKPOINT_COMMIT)

/* Bytes of the training struct that outlive a step. */
typedef struct nnc_checkpoint_range {
    size_t offset;
    uint32_t bytes;
} nnc_checkpoint_range;

/* A network's state. */
typedef struct nnc_checkpoint {
    uint32_t hash[2]; /* of the network, low half first */
    uint32_t real_bytes;
    uint32_t bytes; /* of all ranges */
    int ranges;
    const nnc_checkpoint_range *range;
} nnc_checkpoint;

/* What a slot holds, the better last: save keeps the better one and writes over the other. A slot that could not be
 * read may hold anything, and counts more than one that holds nothing. */
typedef enum nnc_checkpoint_worth {
    NNC_CHECKPOINT_NOTHING,
    NNC_CHECKPOINT_FOREIGN,
    NNC_CHECKPOINT_UNREADABLE,
    NNC_CHECKPOINT_WHOLE,
    NNC_CHECKPOINT_SEALED
} nnc_checkpoint_worth;

typedef struct nnc_checkpoint_slot {
    nnc_checkpoint_worth worth;
    uint32_t end, sequence, commit;
} nnc_checkpoint_slot;

/* The unit that is being filled, and the place where it will stand. */
typedef struct nnc_checkpoint_writer {
    const nnc_flash *flash;
    int slot;
    uint32_t offset, filled, crc;
    union {
        uint64_t words[(NNC_FLASH_UNIT_MAX + 7) / 8];
        unsigned char bytes[NNC_FLASH_UNIT_MAX];
    } unit;
} nnc_checkpoint_writer;

/* A CRC-32 goes on over more bytes; it begins with all ones, and its complement is what is stored. Bit by bit: flash is
 * slower, and a table would be more memory than the rest of this file's. */
static uint32_t nnc_checkpoint_crc(uint32_t crc, const void *data, uint32_t bytes)
{
    const unsigned char *from = (const unsigned char *)data;
    for (uint32_t i = 0; i < bytes; i++) {
        crc ^= from[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (UINT32_C(0xedb88320) & (UINT32_C(0) - (crc & 1u)));
    }
    return crc;
}

static uint32_t nnc_checkpoint_word(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void nnc_checkpoint_set_word(unsigned char *bytes, uint32_t word)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (unsigned char)(word >> 8 * i & 255u);
}

static void nnc_checkpoint_set_header(unsigned char *header, const nnc_checkpoint *state, uint32_t end,
                                      uint32_t sequence, uint32_t unit)
{
    const uint16_t one = 1;
    const uint32_t order = *(const unsigned char *)&one == 1 ? 1 : 2;
    const uint32_t words[NNC_CHECKPOINT_HEADER / 4] = {NNC_CHECKPOINT_MAGIC,
                                                       1u | state->real_bytes << 8 | order << 16,
                                                       state->hash[0],
                                                       state->hash[1],
                                                       state->bytes,
                                                       end,
                                                       sequence,
                                                       unit};
    for (unsigned i = 0; i < NNC_CHECKPOINT_HEADER / 4; i++)
        nnc_checkpoint_set_word(header + 4 * i, words[i]);
}

static int nnc_checkpoint_read(const nnc_flash *flash, int slot, uint32_t offset, void *data, uint32_t bytes)
{
    if (flash->read)
        return flash->read(flash->context, slot, offset, data, bytes);
    const unsigned char *from = (const unsigned char *)flash->slot[slot] + offset;
    unsigned char *to = (unsigned char *)data;
    for (uint32_t i = 0; i < bytes; i++)
        to[i] = from[i];
    return 0;
}

/* The CRC goes on over what stands in a slot. */
static int nnc_checkpoint_read_crc(const nnc_flash *flash, int slot, uint32_t from, uint32_t to, uint32_t *crc)
{
    unsigned char part[32];
    while (from < to) {
        const uint32_t bytes = to - from < sizeof part ? to - from : (uint32_t)sizeof part;
        if (nnc_checkpoint_read(flash, slot, from, part, bytes))
            return NNC_FLASH_FAILED;
        *crc = nnc_checkpoint_crc(*crc, part, bytes);
        from += bytes;
    }
    return NNC_FLASH_OK;
}

/* Whether this header is of such a state. */
static int nnc_checkpoint_is_own(const unsigned char *header, const nnc_checkpoint *state)
{
    const uint32_t end = nnc_checkpoint_word(header + 20);
    unsigned char own[NNC_CHECKPOINT_HEADER];
    nnc_checkpoint_set_header(own, state, end, 0, 0);
    for (int i = 4; i < 20; i++)
        if (header[i] != own[i])
            return 0;
    return end - NNC_CHECKPOINT_LEAST >= state->bytes;
}

/* Whether the commit record at the end is right: NOTHING, UNREADABLE or WHOLE. */
static nnc_checkpoint_worth nnc_checkpoint_check(const nnc_flash *flash, int slot, uint32_t end, uint32_t *commit)
{
    unsigned char word[NNC_CHECKPOINT_COMMIT];
    uint32_t crc = UINT32_C(0xffffffff);
    if (nnc_checkpoint_read_crc(flash, slot, 0, end - NNC_CHECKPOINT_COMMIT, &crc) ||
        nnc_checkpoint_read(flash, slot, end - NNC_CHECKPOINT_COMMIT, word, NNC_CHECKPOINT_COMMIT))
        return NNC_CHECKPOINT_UNREADABLE;
    *commit = nnc_checkpoint_word(word);
    return *commit == ~crc ? NNC_CHECKPOINT_WHOLE : NNC_CHECKPOINT_NOTHING;
}

/* What a slot holds. Reads all of it; a seal that cannot be read is none. */
static nnc_checkpoint_slot nnc_checkpoint_look(const nnc_checkpoint *state, const nnc_flash *flash, int slot)
{
    nnc_checkpoint_slot found = {NNC_CHECKPOINT_NOTHING, 0, 0, 0};
    unsigned char header[NNC_CHECKPOINT_HEADER], seal[NNC_CHECKPOINT_SEAL];
    if (flash->slot_bytes < NNC_CHECKPOINT_LEAST + NNC_CHECKPOINT_SEAL)
        return found;
    if (nnc_checkpoint_read(flash, slot, 0, header, NNC_CHECKPOINT_HEADER)) {
        found.worth = NNC_CHECKPOINT_UNREADABLE;
        return found;
    }
    found.end = nnc_checkpoint_word(header + 20);
    found.sequence = nnc_checkpoint_word(header + 24);
    if (nnc_checkpoint_word(header) != NNC_CHECKPOINT_MAGIC || found.end < NNC_CHECKPOINT_LEAST ||
        found.end > flash->slot_bytes - NNC_CHECKPOINT_SEAL)
        return found;
    found.worth = nnc_checkpoint_check(flash, slot, found.end, &found.commit);
    if (found.worth == NNC_CHECKPOINT_WHOLE && !nnc_checkpoint_is_own(header, state))
        found.worth = NNC_CHECKPOINT_FOREIGN;
    if (found.worth == NNC_CHECKPOINT_WHOLE &&
        !nnc_checkpoint_read(flash, slot, found.end, seal, NNC_CHECKPOINT_SEAL) &&
        nnc_checkpoint_word(seal) == ~found.commit)
        found.worth = NNC_CHECKPOINT_SEALED;
    return found;
}

/* The slot with the later sequence number, which begins anew behind 2^32 - 1. */
static int nnc_checkpoint_later(const nnc_checkpoint_slot *slots)
{
    return (uint32_t)(slots[0].sequence - slots[1].sequence - 1u) < UINT32_C(0x7fffffff) ? 0 : 1;
}

/* ---- saving ---- */

/* Appends bytes; each unit that is full is written. */
static int nnc_checkpoint_put(nnc_checkpoint_writer *to, const void *data, uint32_t bytes)
{
    const unsigned char *from = (const unsigned char *)data;
    const nnc_flash *flash = to->flash;
    to->crc = nnc_checkpoint_crc(to->crc, data, bytes);
    for (uint32_t i = 0; i < bytes; i++) {
        to->unit.bytes[to->filled++] = from[i];
        if (to->filled < flash->unit_bytes)
            continue;
        if (flash->write(flash->context, to->slot, to->offset, to->unit.bytes, flash->unit_bytes))
            return NNC_FLASH_FAILED;
        to->offset += flash->unit_bytes;
        to->filled = 0;
    }
    return NNC_FLASH_OK;
}

/* Appends zeros up to a place in the slot. */
static int nnc_checkpoint_pad(nnc_checkpoint_writer *to, uint32_t place)
{
    const unsigned char zero = 0;
    while (to->offset + to->filled < place)
        if (nnc_checkpoint_put(to, &zero, 1))
            return NNC_FLASH_FAILED;
    return NNC_FLASH_OK;
}

static int nnc_checkpoint_put_word(nnc_checkpoint_writer *to, uint32_t word)
{
    unsigned char bytes[4];
    nnc_checkpoint_set_word(bytes, word);
    return nnc_checkpoint_put(to, bytes, 4);
}

/* Everything, in the order of the slot. */
static int nnc_checkpoint_write(nnc_checkpoint_writer *to, const nnc_checkpoint *state, const void *training,
                                uint32_t sequence)
{
    const uint32_t unit = to->flash->unit_bytes;
    const uint32_t end = (NNC_CHECKPOINT_LEAST + state->bytes + unit - 1u) / unit * unit;
    unsigned char header[NNC_CHECKPOINT_HEADER];
    nnc_checkpoint_set_header(header, state, end, sequence, unit);
    if (nnc_checkpoint_put(to, header, NNC_CHECKPOINT_HEADER))
        return NNC_FLASH_FAILED;
    for (int i = 0; i < state->ranges; i++)
        if (nnc_checkpoint_put(to, (const unsigned char *)training + state->range[i].offset, state->range[i].bytes))
            return NNC_FLASH_FAILED;
    if (nnc_checkpoint_pad(to, end - NNC_CHECKPOINT_COMMIT))
        return NNC_FLASH_FAILED;
    const uint32_t crc = to->crc;
    if (nnc_checkpoint_put_word(to, ~crc) || nnc_checkpoint_put_word(to, crc))
        return NNC_FLASH_FAILED;
    return nnc_checkpoint_pad(to, end + (NNC_CHECKPOINT_SEAL + unit - 1u) / unit * unit);
}

/* The slot that is not to be written over. If both lack the seal, power has failed in that of the older one, whose
 * commit record is therefore sound, and perhaps in the commit record of the later one. */
static int nnc_checkpoint_kept(const nnc_checkpoint_slot *slots)
{
    const int later = nnc_checkpoint_later(slots);
    if (slots[0].worth != slots[1].worth)
        return slots[0].worth > slots[1].worth ? 0 : 1;
    return slots[0].worth == NNC_CHECKPOINT_WHOLE ? 1 - later : later;
}

/* Writes over the slot that is worth less, and reads back what it has written. */
static int nnc_checkpoint_save(const nnc_checkpoint *state, const void *training, const nnc_flash *flash)
{
    const uint32_t unit = flash->unit_bytes;
    if (unit == 0 || unit > NNC_FLASH_UNIT_MAX || NNC_FLASH_BYTES(state->bytes, unit) > flash->slot_bytes)
        return NNC_FLASH_UNFIT;
    const nnc_checkpoint_slot slots[2] = {nnc_checkpoint_look(state, flash, 0), nnc_checkpoint_look(state, flash, 1)};
    const int kept = nnc_checkpoint_kept(slots), slot = 1 - kept;
    const uint32_t sequence = slots[kept].worth >= NNC_CHECKPOINT_WHOLE ? slots[kept].sequence + 1u : 0;
    nnc_checkpoint_writer writer;
    writer.flash = flash;
    writer.slot = slot;
    writer.offset = writer.filled = 0;
    writer.crc = UINT32_C(0xffffffff);
    if (flash->erase(flash->context, slot) || nnc_checkpoint_write(&writer, state, training, sequence))
        return NNC_FLASH_FAILED;
    const nnc_checkpoint_slot written = nnc_checkpoint_look(state, flash, slot);
    return written.worth == NNC_CHECKPOINT_SEALED && written.sequence == sequence ? NNC_FLASH_OK : NNC_FLASH_FAILED;
}

/* ---- restoring ---- */

/* The state of a slot that is whole. Its CRC is taken of what arrives: after a failure that is not to be used. */
static int nnc_checkpoint_load(const nnc_checkpoint *state, void *training, const nnc_flash *flash, int slot,
                               const nnc_checkpoint_slot *found)
{
    uint32_t crc = UINT32_C(0xffffffff), offset = NNC_CHECKPOINT_HEADER;
    if (nnc_checkpoint_read_crc(flash, slot, 0, NNC_CHECKPOINT_HEADER, &crc))
        return NNC_FLASH_FAILED;
    for (int i = 0; i < state->ranges; i++) {
        unsigned char *to = (unsigned char *)training + state->range[i].offset;
        if (nnc_checkpoint_read(flash, slot, offset, to, state->range[i].bytes))
            return NNC_FLASH_FAILED;
        crc = nnc_checkpoint_crc(crc, to, state->range[i].bytes);
        offset += state->range[i].bytes;
    }
    if (nnc_checkpoint_read_crc(flash, slot, offset, found->end - NNC_CHECKPOINT_COMMIT, &crc))
        return NNC_FLASH_FAILED;
    return found->commit == ~crc ? NNC_FLASH_OK : NNC_FLASH_FAILED;
}

static int nnc_checkpoint_restore(const nnc_checkpoint *state, void *training, const nnc_flash *flash)
{
    const nnc_checkpoint_slot slots[2] = {nnc_checkpoint_look(state, flash, 0), nnc_checkpoint_look(state, flash, 1)};
    int best = slots[0].worth > slots[1].worth ? 0 : 1;
    if (slots[0].worth >= NNC_CHECKPOINT_WHOLE && slots[1].worth >= NNC_CHECKPOINT_WHOLE)
        best = nnc_checkpoint_later(slots);
    if (slots[best].worth >= NNC_CHECKPOINT_WHOLE)
        return nnc_checkpoint_load(state, training, flash, best, &slots[best]);
    if (slots[best].worth == NNC_CHECKPOINT_UNREADABLE)
        return NNC_FLASH_FAILED;
    return slots[best].worth == NNC_CHECKPOINT_FOREIGN ? NNC_FLASH_FOREIGN : NNC_FLASH_EMPTY;
}

#endif
