/* zip.c - files in a ZIP archive, stored as they are.
 *
 * A record before each file, the list of all of them behind the last one, and a record that says where the list is
 * (PKWARE's APPNOTE, 4.3). The time of every file is the earliest that the format knows: archives that differ hold
 * files that differ. */
#include "zip.h"

#include <string.h>
#include <zlib.h>

enum {
    STORED = 10, /* the version of the format that knows no more than this */
    UNIX = 3 << 8,
    FIRST_DAY = 1 << 5 | 1, /* 1980-01-01 */
    MODE = 0100644
};

/* Numbers are little-endian. */
static void add_number(Text *text, unsigned long number, int bytes)
{
    for (int i = 0; i < bytes; i++)
        text_add_bytes(text, &(char){(char)(number >> 8 * i)}, 1);
}

/* What the record before a file and its row in the list have in common. */
static void add_facts(Text *text, const Output *file)
{
    add_number(text, STORED, 2);
    add_number(text, 0, 2); /* flags */
    add_number(text, 0, 2); /* method: none */
    add_number(text, 0, 2); /* midnight */
    add_number(text, FIRST_DAY, 2);
    add_number(text, crc32(0, (const Bytef *)file->bytes, (uInt)file->length), 4);
    add_number(text, file->length, 4);
    add_number(text, file->length, 4);
    add_number(text, strlen(file->path), 2);
    add_number(text, 0, 2); /* more fields: none */
}

static void add_row(Text *list, const Output *file, size_t place)
{
    text_add_bytes(list, "PK\1\2", 4);
    add_number(list, UNIX | STORED, 2);
    add_facts(list, file);
    add_number(list, 0, 2); /* comment */
    add_number(list, 0, 2); /* disk */
    add_number(list, 0, 2); /* internal attributes */
    add_number(list, (unsigned long)MODE << 16, 4);
    add_number(list, place, 4);
    text_add_bytes(list, file->path, strlen(file->path));
}

void zip_add(Text *archive, const Output *files, int count)
{
    Text list = {0};
    for (int i = 0; i < count; i++) {
        add_row(&list, &files[i], archive->length);
        text_add_bytes(archive, "PK\3\4", 4);
        add_facts(archive, &files[i]);
        text_add_bytes(archive, files[i].path, strlen(files[i].path));
        text_add_bytes(archive, files[i].bytes, files[i].length);
    }
    size_t place = archive->length;
    text_add_bytes(archive, list.bytes, list.length);
    text_add_bytes(archive, "PK\5\6", 4);
    add_number(archive, 0, 4); /* disks */
    add_number(archive, (unsigned long)count, 2);
    add_number(archive, (unsigned long)count, 2);
    add_number(archive, list.length, 4);
    add_number(archive, place, 4);
    add_number(archive, 0, 2); /* comment */
}
