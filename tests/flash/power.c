/* power.c - cuts the power of device.c at every operation on its flash, in every way, and looks at what it learns.
 *
 *     power UNIT [--full]     all tests with this unit; a line "ok ..." for each, or "error: ..." and status 1
 *     power UNIT --quick      some
 *     power UNIT --losses     those of losses of power
 *     power UNIT --image F    writes the two slots after five checkpoints to a file, to be looked at by others
 *     power UNIT --foreign F  starts with the slots of such a file, of another network */
#include "device.h"
#include "part.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* So many checkpoints, one every other step; the undisturbed run ends three later. */
enum { EVERY = 2, SAVES_MAX = 300, LEAST_OPERATIONS = 1000, HEADER = 32 };

/* The undisturbed run: what has been learnt, and what is in flash, after each checkpoint. */
static uint32_t hash_after[SAVES_MAX + 4];
static Part part_after[SAVES_MAX + 1];
static int operations_of_save;

/* What is told of a life. */
static struct {
    uint32_t kept, latest, restored, hash; /* steps: for which save has returned; the latest that was ever seen */
    int failed;
} told;

static void report(const char *event, uint32_t number)
{
    if (strcmp(event, "new") == 0) {
        if (told.kept)
            part_fail("nothing is there, but step %u had been kept", (unsigned)told.kept);
        if (number != NNC_FLASH_EMPTY && (number != NNC_FLASH_FAILED || !part.flash.read))
            part_fail("nothing is restored for %u", (unsigned)number);
        told.restored = 0;
    } else if (strcmp(event, "restored") == 0) {
        if (number < told.kept || number > told.latest + EVERY)
            part_fail("step %u is restored, but %u had been kept", (unsigned)number, (unsigned)told.kept);
        told.restored = number;
        told.latest = number > told.latest ? number : told.latest;
    } else if (strcmp(event, "saved") == 0) {
        told.kept = number;
        told.latest = number > told.latest ? number : told.latest;
    } else if (strcmp(event, "hash") == 0) {
        told.hash = number;
    } else {
        told.failed = (int)number;
    }
}

static void scramble_memory(void)
{
    size_t bytes;
    unsigned char *memory = (unsigned char *)device_memory(&bytes);
    for (size_t i = 0; i < bytes; i++)
        memory[i] = (unsigned char)part_random();
}

/* From one start to the end, or to where power fails: 1 if it did. */
static int live(uint32_t steps)
{
    part_start();
    scramble_memory();
    told.failed = 0;
    if (setjmp(part.power))
        return 1;
    (void)device_run(&part.flash, steps, EVERY, report);
    if (told.failed)
        part_fail("save returns %d", told.failed);
    return 0;
}

static void run_undisturbed(uint32_t unit, int mapped, unsigned char blank, int saves)
{
    if (saves > SAVES_MAX)
        part_fail("%d checkpoints are too many", saves);
    part_new(unit, device_slot_bytes(unit), mapped, blank);
    told.kept = told.latest = told.restored = 0;
    for (int n = 0; n < saves + 4; n++) {
        const int before = part.operations;
        live((uint32_t)n * EVERY);
        hash_after[n] = told.hash;
        if (n <= saves)
            part_after[n] = part;
        operations_of_save = part.operations - before;
    }
}

static void begin_after(int saves, Damage damage)
{
    part = part_after[saves];
    part.operations = 0;
    part.damage = damage;
    told.kept = told.latest = told.restored = (uint32_t)saves * EVERY;
}

/* A checkpoint further on than the one that was disturbed. */
static void expect_the_same(int saves)
{
    part.cut = NEVER;
    live((uint32_t)(saves + 2) * EVERY);
    if (told.hash != hash_after[saves + 2])
        part_fail("not the same was learnt after %d checkpoints", saves + 2);
}

static Damage last_damage(void)
{
    return part.flash.read ? DAMAGES : DAMAGE_FAULT;
}

/* Power fails once, in each operation of each of so many checkpoints. */
static void test_every_operation(int saves)
{
    int cuts = 0;
    for (int n = 0; n < saves; n++)
        for (Damage damage = DAMAGE_NONE; damage < last_damage(); damage++)
            for (int cut = 0; cut < operations_of_save; cut++) {
                begin_after(n, damage);
                part.cut = cut;
                if (!live((uint32_t)(n + 2) * EVERY))
                    part_fail("power did not fail");
                expect_the_same(n);
                cuts++;
            }
    printf("ok power fails in each of %d operations, %d times\n", saves * operations_of_save, cuts);
}

/* It fails again after the start, in one of so many operations that follow. */
static void test_two_failures(int n, int step)
{
    int cuts = 0;
    for (Damage first = DAMAGE_NONE; first < last_damage(); first++)
        for (Damage second = DAMAGE_NONE; second < last_damage(); second++)
            for (int cut = 0; cut < operations_of_save; cut += 1 + (int)part_random() % step)
                for (int again = (int)part_random() % step; again < 2 * operations_of_save; again += step) {
                    begin_after(n, first);
                    part.cut = cut;
                    live((uint32_t)(n + 2) * EVERY);
                    part.damage = second;
                    part.cut = part.operations + again;
                    live((uint32_t)(n + 2) * EVERY);
                    expect_the_same(n);
                    cuts++;
                }
    printf("ok power fails twice, %d times\n", cuts);
}

/* It fails three times, each time so that what it has hit may be there or not. */
static void test_three_failures(int saves, int times)
{
    const int span = 2 * operations_of_save;
    for (int i = 0; i < times * span * span * span; i++) {
        const int cuts[] = {i % span, i / span % span, i / span / span % span};
        begin_after(saves, DAMAGE_UNSTABLE);
        part.firm = 1;
        for (int k = 0; k < 3; k++) {
            part.damage = DAMAGE_UNSTABLE;
            part.cut = part.operations + cuts[k];
            live((uint32_t)(saves + 5) * EVERY);
        }
        part.cut = NEVER;
        live((uint32_t)(saves + 8) * EVERY);
        if (told.hash != hash_after[saves + 8])
            part_fail("not the same was learnt after three failures");
    }
    printf("ok power fails three times, %d times\n", times * span * span * span);
}

/* It fails again and again, from the first start on. */
static void test_many_failures(int lives)
{
    int failures = 0;
    for (int i = 0; i < lives; i++) {
        begin_after(0, DAMAGE_NONE);
        part.firm = 1;
        for (int boots = 0; boots < 25; boots++) {
            part.damage = (Damage)(part_random() % (uint32_t)last_damage());
            part.cut = part.operations + (int)(part_random() % (2u * (uint32_t)operations_of_save));
            failures += live(12 * EVERY);
        }
        part.cut = NEVER;
        live(12 * EVERY);
        if (told.hash != hash_after[12])
            part_fail("not the same was learnt after many failures");
    }
    printf("ok %d lives with %d failures of power\n", lives, failures);
}

/* ---- what is restored, without training ---- */

static void expect_restored(int saves, const char *why)
{
    scramble_memory();
    const int status = device_restore(&part.flash);
    if (status != NNC_FLASH_OK)
        part_fail("%s: restore returns %d", why, status);
    if (device_hash() != hash_after[saves])
        part_fail("%s: not checkpoint %d", why, saves);
}

static void expect_untouched(int expected, const char *why)
{
    static unsigned char before[1 << 16];
    size_t bytes;
    scramble_memory();
    const void *memory = device_memory(&bytes);
    memcpy(before, memory, bytes);
    const int status = device_restore(&part.flash);
    if (status != expected)
        part_fail("%s: restore returns %d, not %d", why, status, expected);
    if (memcmp(before, memory, bytes))
        part_fail("%s: restore has changed what it could not restore", why);
}

/* The slot of the newest checkpoint: the first goes to slot 0. */
static unsigned char *newest(int saves)
{
    return part.slot[(saves + 1) % 2].cell;
}

static uint32_t word_at(const unsigned char *byte)
{
    return (uint32_t)byte[0] | (uint32_t)byte[1] << 8 | (uint32_t)byte[2] << 16 | (uint32_t)byte[3] << 24;
}

static void put_word(unsigned char *byte, uint32_t word)
{
    for (int i = 0; i < 4; i++)
        byte[i] = (unsigned char)(word >> (8 * i));
}

static void test_flipped_bits(int saves)
{
    begin_after(saves, DAMAGE_NONE);
    unsigned char *cell = newest(saves), *older = newest(saves + 1);
    const uint32_t end = word_at(cell + 20);
    for (uint32_t bit = 0; bit < 8 * part.flash.slot_bytes; bit++) {
        cell[bit / 8] ^= (unsigned char)(1u << bit % 8);
        expect_restored(bit / 8 < end ? saves - 1 : saves, "a bit is flipped");
        cell[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    memset(older, part.blank, PART_BYTES);
    for (uint32_t bit = 0; bit < 8 * end; bit++) {
        cell[bit / 8] ^= (unsigned char)(1u << bit % 8);
        expect_untouched(NNC_FLASH_EMPTY, "a bit is flipped");
        cell[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    expect_restored(saves, "all bits are as they were");
    printf("ok each of %u flipped bits is seen\n", (unsigned)(8 * end));
}

/* The CRC-32 of ISO 3309, written once more. */
static uint32_t crc_of(const unsigned char *byte, uint32_t bytes)
{
    uint32_t crc = UINT32_C(0xffffffff);
    for (uint32_t i = 0; i < 8 * bytes; i++) {
        const uint32_t bit = (crc ^ (uint32_t)(byte[i / 8] >> i % 8)) & 1u;
        crc = bit ? (crc >> 1) ^ UINT32_C(0xedb88320) : crc >> 1;
    }
    return ~crc;
}

/* A slot whose header was changed is made good again. */
static void seal(unsigned char *cell)
{
    const uint32_t end = word_at(cell + 20), crc = crc_of(cell, end - 4);
    put_word(cell + end - 4, crc);
    put_word(cell + end, ~crc);
}

/* Version, bytes of a number, their order, the network's hash, bytes of the state. */
static void test_foreign_headers(int saves)
{
    for (uint32_t place = 4; place < 20; place++) {
        begin_after(saves, DAMAGE_NONE);
        newest(saves)[place] ^= 3;
        seal(newest(saves));
        expect_restored(saves - 1, "beside a foreign checkpoint");
        memcpy(newest(saves + 1), newest(saves), PART_BYTES);
        expect_untouched(NNC_FLASH_FOREIGN, "a foreign checkpoint");
    }
    begin_after(saves, DAMAGE_NONE);
    expect_restored(saves, "before both are foreign");
    for (int i = 0; i < 2; i++) {
        part.slot[i].cell[8] ^= 1;
        seal(part.slot[i].cell);
    }
    if (device_save(&part.flash) != NNC_FLASH_OK)
        part_fail("foreign checkpoints are in the way");
    expect_restored(saves, "instead of a foreign checkpoint");
    printf("ok foreign checkpoints are refused, and replaced\n");
}

static void test_sequence_wraps(int saves)
{
    begin_after(saves, DAMAGE_NONE);
    for (int i = 0; i < 2; i++) {
        put_word(newest(saves + i) + 24, UINT32_C(0xfffffffd) - (uint32_t)i);
        seal(newest(saves + i));
    }
    for (int n = saves + 1; n < saves + 4; n++) {
        live((uint32_t)n * EVERY);
        if (told.restored != (uint32_t)(n - 1) * EVERY)
            part_fail("step %u is restored, not %d", (unsigned)told.restored, (n - 1) * EVERY);
        expect_restored(n, "past the last sequence number");
    }
    if (word_at(newest(saves + 3) + 24) != 0)
        part_fail("the sequence number is %u", (unsigned)word_at(newest(saves + 3) + 24));
    printf("ok sequence numbers begin anew\n");
}

static void expect_unfit(const char *why)
{
    const int before = part.operations;
    const int status = device_save(&part.flash);
    if (status != NNC_FLASH_UNFIT || part.operations != before)
        part_fail("%s: save returns %d after %d operations", why, status, part.operations - before);
}

static void test_unfit(int saves)
{
    begin_after(saves, DAMAGE_NONE);
    expect_restored(saves, "before it does not fit");
    part.flash.slot_bytes--;
    expect_unfit("the slot is a byte too small");
    for (part.flash.slot_bytes = 0; part.flash.slot_bytes < HEADER + 8; part.flash.slot_bytes++) {
        expect_unfit("the slot is far too small");
        expect_untouched(NNC_FLASH_EMPTY, "the slot is far too small");
    }
    part.flash.slot_bytes = PART_BYTES;
    static const uint32_t units[] = {0, 257, 512, UINT32_C(0x80000000), UINT32_C(0xffffffff)};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        part.flash.unit_bytes = units[i];
        expect_unfit("the unit is none");
    }
    printf("ok what does not fit is left alone\n");
}

/* ---- functions that fail while power is there ---- */

static void expect_failed_save(int saves, const char *why)
{
    const int status = device_save(&part.flash);
    if (status != NNC_FLASH_FAILED)
        part_fail("%s: save returns %d", why, status);
    part.failing = part.stuck = NEVER;
    expect_restored(saves, why);
    live((uint32_t)(saves + 3) * EVERY);
    if (told.hash != hash_after[saves + 3])
        part_fail("%s: not the same was learnt", why);
}

static void test_failing_functions(int saves)
{
    for (int operation = 0; operation < operations_of_save; operation++) {
        begin_after(saves, DAMAGE_NONE);
        expect_restored(saves, "before a failure");
        part.failing = operation;
        expect_failed_save(saves, "an operation failed");
    }
    printf("ok each of %d operations fails\n", operations_of_save);
}

/* The seal's zeros are of no meaning; all else is read back. */
static void test_stuck_bits(int saves)
{
    const int units_of_seal = (int)(3 + part.flash.unit_bytes) / (int)part.flash.unit_bytes;
    for (int operation = 1; operation < operations_of_save - units_of_seal; operation++) {
        begin_after(saves, DAMAGE_NONE);
        expect_restored(saves, "before a bit is stuck");
        part.stuck = operation;
        expect_failed_save(saves, "a bit was stuck");
    }
    printf("ok a stuck bit in each of %d units\n", operations_of_save - 1 - units_of_seal);
}

/* One of the two checkpoints is there, whatever has happened to a restore or a save. */
static void expect_one_of_two(int saves)
{
    part.blind = part.noisy = NEVER;
    scramble_memory();
    if (device_restore(&part.flash) != NNC_FLASH_OK)
        part_fail("both checkpoints are lost");
    if (device_hash() != hash_after[saves] && device_hash() != hash_after[saves - 1])
        part_fail("another state is restored");
}

/* `trouble` is part.blind or part.noisy, which grows until all reads of a function are well. */
static int trouble_reading(int saves, int *trouble, int (*function)(const nnc_flash *flash))
{
    int number = 0, reads;
    do {
        begin_after(saves, DAMAGE_NONE);
        expect_restored(saves, "before trouble with reading");
        part.reads = 0;
        *trouble = number++;
        const int status = function(&part.flash);
        reads = part.reads;
        if (status == NNC_FLASH_OK && device_hash() != hash_after[saves] && device_hash() != hash_after[saves - 1])
            part_fail("another state is restored");
        if (status != NNC_FLASH_OK && status != NNC_FLASH_FAILED)
            part_fail("status %d after trouble with reading", status);
        expect_one_of_two(saves);
    } while (reads >= number);
    return number;
}

static void test_reading_fails(int saves)
{
    int reads = 0;
    reads += trouble_reading(saves, &part.blind, device_restore) + trouble_reading(saves, &part.blind, device_save);
    reads += trouble_reading(saves, &part.noisy, device_restore) + trouble_reading(saves, &part.noisy, device_save);
    printf("ok trouble with each of %d reads\n", reads);
}

/* The same bytes, whatever was in memory before. */
static void test_image(uint32_t unit, int mapped)
{
    static Part first;
    part_new(unit, device_slot_bytes(unit), mapped, 0xff);
    told.kept = told.latest = told.restored = 0;
    live(5 * EVERY);
    first = part;
    part_new(unit, device_slot_bytes(unit), mapped, 0xff);
    told.kept = told.latest = told.restored = 0;
    live(5 * EVERY);
    for (int i = 0; i < 2; i++)
        if (memcmp(first.slot[i].cell, part.slot[i].cell, PART_BYTES))
            part_fail("slot %d depends on what was in memory", i);
    printf("ok the same bytes in flash\n");
}

/* ---- with other programs ---- */

static int write_image(uint32_t unit, const char *path)
{
    FILE *file = fopen(path, "wb");
    part_new(unit, device_slot_bytes(unit), 1, 0xff);
    live(5 * EVERY);
    for (int i = 0; i < 2; i++)
        fwrite(part.slot[i].cell, part.flash.slot_bytes, 1, file);
    return fclose(file) ? 1 : 0;
}

static int start_with_image(uint32_t unit, const char *path)
{
    static unsigned char image[2 * PART_BYTES];
    FILE *file = fopen(path, "rb");
    const size_t bytes = fread(image, 1, sizeof image, file) / 2;
    fclose(file);
    run_undisturbed(unit, 1, 0xff, 3);
    part_new(unit, PART_BYTES / unit * unit, 1, 0xff);
    for (int i = 0; i < 2; i++) {
        memcpy(part.slot[i].cell, image + (size_t)i * bytes, bytes);
        memset(part.slot[i].written, 1, PART_BYTES);
    }
    expect_untouched(NNC_FLASH_FOREIGN, "another network's checkpoint");
    Part own = part;
    begin_after(3, DAMAGE_NONE);
    expect_restored(3, "of the network itself");
    part = own;
    for (int i = 0; i < 3; i++)
        if (device_save(&part.flash) != NNC_FLASH_OK)
            part_fail("another network's checkpoint is in the way");
    expect_restored(3, "beside another network's checkpoint");
    printf("ok another network's checkpoint is refused, and replaced\n");
    return 0;
}

/* A few of each. */
static void test_quickly(uint32_t unit, int mapped)
{
    run_undisturbed(unit, mapped, 0xff, 12);
    test_every_operation(1);
    test_many_failures(5);
    test_foreign_headers(4);
    test_unfit(4);
    test_failing_functions(4);
    if (!mapped)
        test_reading_fails(4);
}

/* All, or without `full` what takes long only in one of the two kinds of reading. */
static void test_all(uint32_t unit, int mapped, int full)
{
    const int long_ones = full || mapped == (unit > 4);
    run_undisturbed(unit, mapped, mapped ? 0xff : 0, 12);
    const int saves = LEAST_OPERATIONS / operations_of_save + 1;
    run_undisturbed(unit, mapped, mapped ? 0xff : 0, saves < 12 ? 12 : saves);
    test_many_failures(full ? 1000 : 30);
    if (long_ones) {
        test_every_operation(saves);
        test_flipped_bits(4);
    }
    if (full || (long_ones && unit >= 32))
        test_two_failures(3, 1 + operations_of_save / (full ? 12 : 15));
    if (operations_of_save < 5)
        test_three_failures(3, full ? 40 : 10);
    test_foreign_headers(4);
    test_sequence_wraps(4);
    test_unfit(4);
    test_failing_functions(4);
    test_stuck_bits(4);
    if (!mapped)
        test_reading_fails(4);
    test_image(unit, mapped);
}

static void test_losses(uint32_t unit, int mapped)
{
    run_undisturbed(unit, mapped, 0xff, 12);
    test_every_operation(4);
    test_two_failures(3, 1);
    if (operations_of_save < 5)
        test_three_failures(3, 30);
}

int main(int count, char **words)
{
    const uint32_t unit = count > 1 ? (uint32_t)atoi(words[1]) : 8;
    const char *mode = count > 2 ? words[2] : "";
    if (count > 3)
        return strcmp(mode, "--image") ? start_with_image(unit, words[3]) : write_image(unit, words[3]);
    for (int mapped = 0; mapped < 2; mapped++)
        if (strcmp(mode, "--quick") == 0)
            test_quickly(unit, mapped);
        else if (strcmp(mode, "--losses") == 0)
            test_losses(unit, mapped);
        else
            test_all(unit, mapped, strcmp(mode, "--full") == 0);
    return 0;
}
