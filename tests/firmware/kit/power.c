/* power.c - a device that learns and loses its power at one operation on its flash after the other, in a single run.
 *
 * The flash is memory that the start-up leaves as it is, and a loss of power is a reset of the processor, in the middle
 * of an erase or of the write of a unit: what outlives it is in `lasting` alone. For each cut the device begins with
 * erased slots, loses its power, starts anew, and must end as if nothing had been. The device is tests/flash/device.c.
 *
 * The operations from FIRST up to OPERATIONS are cut, STRIDE apart; UNIT bytes are programmed at once. Lines are `cuts
 * N`; `lost N`, how often power has failed; of these, `resumed N` from a checkpoint and `anew N` from the beginning, as
 * none had been kept; `hash HASH` of the run that is not disturbed; `done`. Or what went wrong, and where. */
#include "board.h"
#include "device.h"

enum { EVERY = 2, SLOT_BYTES = 768, BLANK = 0xff, MAGIC = 0x706f7772, NEVER = 0x7fffffff };

/* What is left of the operation in which power fails: nothing, its beginning, garbage, all of it; or what reads as all
 * of it at the next start, and as nothing when power has failed once more, in the next save. */
enum { LEFT_NOTHING, LEFT_HALF, LEFT_GARBAGE, LEFT_ALL, LEFT_UNSTABLE, DAMAGES };

/* What was there before the operation that left it unstable. */
typedef struct Torn {
    int slot;
    uint32_t offset, bytes; /* 0: nothing is unstable */
    unsigned char before[SLOT_BYTES];
} Torn;

typedef struct Lasting {
    uint32_t magic;
    unsigned char cell[2][SLOT_BYTES];
    unsigned char written[2][SLOT_BYTES]; /* since the last whole erase */
    Torn torn;
    uint32_t operations, cut;     /* so far; where power fails next, or NEVER */
    uint32_t failures;            /* of power in the life of this device */
    uint32_t kept, latest;        /* the step for which save has returned; the latest that was ever there */
    uint32_t subject, cuts;       /* the operation that is cut; how many have been */
    uint32_t lost, resumed, anew; /* how often power has failed, and how it went on */
    uint32_t hash, ended;         /* of the run that is not disturbed, and of this one */
} Lasting;

__attribute__((section(".noinit"))) static Lasting lasting;

static void fill(unsigned char *to, unsigned char value, uint32_t bytes)
{
    while (bytes--)
        *to++ = value;
}

static int is(const char *event, const char *name)
{
    while (*event && *event == *name) {
        event++;
        name++;
    }
    return *event == *name;
}

static void print_line(const char *title, uint32_t value, uint32_t base)
{
    char text[16], *p = text + sizeof text;
    *--p = 0;
    *--p = '\n';
    do {
        *--p = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    board_print(title);
    board_print(p);
}

static void fail(const char *what, uint32_t number)
{
    print_line("in the cut of operation ", lasting.subject, 10);
    board_print(what);
    print_line("", number, 10);
    board_exit(1);
}

/* ---- the flash ---- */

/* The same in every run. */
static uint32_t mixed(uint32_t number)
{
    number = (number ^ number >> 16) * UINT32_C(0x45d9f3b);
    number = (number ^ number >> 16) * UINT32_C(0x45d9f3b);
    return number ^ number >> 16;
}

static void put_back_torn(void)
{
    for (uint32_t i = 0; i < lasting.torn.bytes; i++)
        lasting.cell[lasting.torn.slot][lasting.torn.offset + i] = lasting.torn.before[i];
    lasting.torn.bytes = 0;
}

/* What is there now, of so many bytes, will be there again when power fails the next time: in the next save. */
static void tear(int slot, uint32_t offset, uint32_t bytes, uint32_t chance)
{
    lasting.torn.slot = slot;
    lasting.torn.offset = offset;
    lasting.torn.bytes = bytes;
    for (uint32_t i = 0; i < bytes; i++)
        lasting.torn.before[i] = lasting.cell[slot][offset + i];
    lasting.cut = lasting.operations + chance % (1 + device_slot_bytes(UNIT) / UNIT);
}

/* Power fails in the operation that would put `after` there. */
static void lose_power(int slot, uint32_t offset, const unsigned char *after, uint32_t bytes)
{
    const uint32_t chance = mixed(2 * lasting.subject + lasting.failures), half = (chance >> 8) % bytes;
    const uint32_t damage = chance % (lasting.failures ? LEFT_UNSTABLE : DAMAGES);
    unsigned char *cell = lasting.cell[slot] + offset;
    put_back_torn();
    lasting.cut = NEVER;
    if (damage == LEFT_UNSTABLE)
        tear(slot, offset, bytes, chance >> 16);
    for (uint32_t i = 0; i < bytes; i++) {
        if (damage == LEFT_GARBAGE)
            cell[i] = (unsigned char)mixed(chance + i);
        if (damage >= LEFT_ALL || (damage == LEFT_HALF && i < half))
            cell[i] = after[i];
        lasting.written[slot][offset + i] = 1;
    }
    lasting.failures++;
    lasting.lost++;
    board_reset();
}

static int erase(void *context, int slot)
{
    static unsigned char blank[SLOT_BYTES];
    (void)context;
    fill(blank, BLANK, SLOT_BYTES);
    if (lasting.operations++ == lasting.cut)
        lose_power(slot, 0, blank, SLOT_BYTES);
    if (lasting.torn.slot == slot)
        lasting.torn.bytes = 0;
    fill(lasting.cell[slot], BLANK, SLOT_BYTES);
    fill(lasting.written[slot], 0, SLOT_BYTES);
    return 0;
}

static int write(void *context, int slot, uint32_t offset, const void *data, uint32_t bytes)
{
    const unsigned char *after = data;
    (void)context;
    if (bytes != UNIT || offset % UNIT || offset > SLOT_BYTES - UNIT)
        fail("a write at ", offset);
    for (uint32_t i = offset; i < offset + bytes; i++)
        if (lasting.written[slot][i])
            fail("a second write without an erase at ", i);
    if (lasting.operations++ == lasting.cut)
        lose_power(slot, offset, after, bytes);
    for (uint32_t i = 0; i < bytes; i++) {
        lasting.cell[slot][offset + i] = after[i];
        lasting.written[slot][offset + i] = 1;
    }
    return 0;
}

static const nnc_flash flash = {.slot = {lasting.cell[0], lasting.cell[1]},
                                .slot_bytes = SLOT_BYTES,
                                .unit_bytes = UNIT,
                                .erase = erase,
                                .write = write};

/* ---- the device ---- */

static void restored(uint32_t step)
{
    if (step % EVERY || step < lasting.kept || step > lasting.latest + EVERY)
        fail("restored is step ", step);
    lasting.latest = step > lasting.latest ? step : lasting.latest;
    lasting.resumed++;
}

static void nothing_restored(uint32_t status)
{
    if (lasting.kept)
        fail("nothing is there, but kept was step ", lasting.kept);
    if (status != NNC_FLASH_EMPTY)
        fail("restore returns ", status);
    lasting.anew += lasting.failures > 0;
}

static void report(const char *event, uint32_t number)
{
    if (is(event, "new"))
        nothing_restored(number);
    else if (is(event, "restored"))
        restored(number);
    else if (is(event, "saved"))
        lasting.kept = lasting.latest = number;
    else if (is(event, "hash"))
        lasting.ended = number;
    else
        fail("save returns ", number);
}

/* Until enough operations have been; power may fail on the way. */
static void live(void)
{
    const uint32_t of_a_save = 1 + device_slot_bytes(UNIT) / UNIT;
    (void)device_run(&flash, EVERY * (OPERATIONS / of_a_save + 2), EVERY, report);
}

/* A new device, whose slots are erased. */
static void be_born(uint32_t cut)
{
    for (int slot = 0; slot < 2; slot++) {
        fill(lasting.cell[slot], BLANK, SLOT_BYTES);
        fill(lasting.written[slot], 0, SLOT_BYTES);
    }
    lasting.operations = lasting.failures = lasting.kept = lasting.latest = lasting.torn.bytes = 0;
    lasting.cut = cut;
    live();
}

static void run_undisturbed(void)
{
    fill((unsigned char *)&lasting, 0, sizeof lasting);
    lasting.magic = MAGIC;
    lasting.subject = FIRST;
    if (device_slot_bytes(UNIT) > SLOT_BYTES)
        fail("a slot needs ", device_slot_bytes(UNIT));
    be_born(NEVER);
    lasting.hash = lasting.ended;
}

/* The start after power has failed: in live() it may do so again. */
static void come_back(void)
{
    live();
    if (lasting.ended != lasting.hash)
        fail("not the same was learnt, of hash ", lasting.ended);
    lasting.cuts++;
    lasting.subject += STRIDE;
}

int main(void)
{
    if (lasting.magic == MAGIC)
        come_back();
    else
        run_undisturbed();
    if (lasting.subject < OPERATIONS) {
        be_born(lasting.subject);
        fail("power did not fail, but hash is ", lasting.ended);
    }
    print_line("cuts ", lasting.cuts, 10);
    print_line("lost ", lasting.lost, 10);
    print_line("resumed ", lasting.resumed, 10);
    print_line("anew ", lasting.anew, 10);
    print_line("hash ", lasting.hash, 16);
    board_print("done\n");
    board_exit(0);
    return 0;
}
