/* part.c - see part.h. */
#include "part.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Part part;

void part_fail(const char *words, ...)
{
    va_list arguments;
    va_start(arguments, words);
    printf("error: ");
    vprintf(words, arguments);
    printf(" (unit %u, operation %d, power fails in %d, damage %d)\n", (unsigned)part.flash.unit_bytes, part.operations,
           part.cut, (int)part.damage);
    va_end(arguments);
    exit(1);
}

uint32_t part_random(void)
{
    static uint64_t state = 1;
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(state >> 33);
}

/* Power fails in the operation that would put `after` there. */
static void fail_power(int number, uint32_t from, const unsigned char *after, uint32_t bytes)
{
    if (part.firm && part.damage == DAMAGE_UNSTABLE && bytes == part.flash.slot_bytes)
        part.damage = DAMAGE_HALF;
    Slot *slot = &part.slot[number];
    const uint32_t half = part_random() % bytes;
    if (part.damage == DAMAGE_HALF || part.damage == DAMAGE_WHOLE)
        memcpy(slot->cell + from, after, part.damage == DAMAGE_HALF ? half : bytes);
    for (uint32_t i = 0; i < bytes && part.damage == DAMAGE_GARBAGE; i++)
        slot->cell[from + i] = (unsigned char)part_random();
    if (part.damage == DAMAGE_UNSTABLE) {
        slot->torn_from = from;
        slot->torn_bytes = bytes;
        memcpy(slot->torn[0], slot->cell + from, bytes);
        memcpy(slot->torn[1], after, bytes);
    }
    if (part.damage == DAMAGE_FAULT) {
        slot->fault_from = from;
        slot->fault_bytes = bytes;
    }
    memset(slot->written + from, 1, bytes);
    longjmp(part.power, 1);
}

static int erase(void *context, int number)
{
    unsigned char after[PART_BYTES];
    const uint32_t bytes = part.flash.slot_bytes;
    if (context != &part || number < 0 || number > 1)
        part_fail("erase of slot %d", number);
    if (part.operations == part.failing)
        return 1 + part.operations++;
    Slot *slot = &part.slot[number];
    memset(after, part.blank, bytes);
    if (part.operations++ == part.cut)
        fail_power(number, 0, after, bytes);
    memcpy(slot->cell, after, bytes);
    memset(slot->written, 0, bytes);
    slot->torn_bytes = slot->fault_bytes = 0;
    return 0;
}

static void check_write(int number, uint32_t offset, const void *data, uint32_t bytes)
{
    if (number < 0 || number > 1 || bytes != part.flash.unit_bytes || offset % bytes || (uintptr_t)data % 8)
        part_fail("a write of %u bytes at %u of slot %d, data at %p", (unsigned)bytes, (unsigned)offset, number, data);
    if (offset > part.flash.slot_bytes || bytes > part.flash.slot_bytes - offset)
        part_fail("a write of %u bytes at %u, out of the slot", (unsigned)bytes, (unsigned)offset);
    for (uint32_t i = offset; i < offset + bytes; i++)
        if (part.slot[number].written[i])
            part_fail("a second write at %u, without an erase", (unsigned)i);
}

static int write(void *context, int number, uint32_t offset, const void *data, uint32_t bytes)
{
    unsigned char after[PART_BYTES];
    if (context != &part)
        part_fail("a write of another part");
    check_write(number, offset, data, bytes);
    if (part.operations == part.failing)
        return 1 + part.operations++;
    memcpy(after, data, bytes);
    if (part.operations == part.stuck)
        after[part_random() % bytes] ^= (unsigned char)(1u << part_random() % 8);
    if (part.operations++ == part.cut)
        fail_power(number, offset, after, bytes);
    memcpy(part.slot[number].cell + offset, after, bytes);
    memset(part.slot[number].written + offset, 1, bytes);
    return 0;
}

static int read(void *context, int number, uint32_t offset, void *data, uint32_t bytes)
{
    if (context != &part || number < 0 || number > 1 || offset > part.flash.slot_bytes ||
        bytes > part.flash.slot_bytes - offset)
        part_fail("a read of %u bytes at %u of slot %d", (unsigned)bytes, (unsigned)offset, number);
    const Slot *slot = &part.slot[number];
    if (part.reads++ >= part.blind)
        return -1;
    if (slot->fault_bytes && offset < slot->fault_from + slot->fault_bytes && slot->fault_from < offset + bytes)
        return -1;
    memcpy(data, slot->cell + offset, bytes);
    if (part.reads - 1 == part.noisy && bytes)
        ((unsigned char *)data)[part_random() % bytes] ^= (unsigned char)(1u << part_random() % 8);
    return 0;
}

void part_new(uint32_t unit, uint32_t slot_bytes, int mapped, unsigned char blank)
{
    memset(&part, 0, sizeof part);
    part.blank = blank;
    part.cut = part.failing = part.stuck = part.blind = part.noisy = NEVER;
    part.flash.slot_bytes = slot_bytes;
    part.flash.unit_bytes = unit;
    part.flash.erase = erase;
    part.flash.write = write;
    part.flash.read = mapped ? NULL : read;
    part.flash.context = &part;
    for (int i = 0; i < 2; i++) {
        memset(part.slot[i].cell, blank, PART_BYTES);
        part.flash.slot[i] = mapped ? part.slot[i].cell : NULL;
    }
}

void part_start(void)
{
    for (int number = 0; number < 2; number++) {
        Slot *slot = &part.slot[number];
        const uint32_t mix = part_random() % 3; /* all as before, all as after, or some of each */
        for (uint32_t i = 0; i < slot->torn_bytes; i++)
            slot->cell[slot->torn_from + i] = slot->torn[mix < 2 ? mix : part_random() % 2][i];
    }
}
