/* object.c - the sections of an ELF object, read by itself: `size` is another program for every target, under a name
 * that $CC does not tell, and tells no undefined symbols. Trusts no number of the file. */
#include "object.h"

#include <stdio.h>
#include <string.h>

enum {
    HEADER_32 = 52, /* bytes of the shorter of the two headers */
    WRITABLE = 1,   /* flags of a section */
    LOADED = 2,
    EXECUTABLE = 4,
    SYMBOLS = 2, /* kinds of a section */
    NO_BITS = 8,
    X86_64 = 62, /* a machine, and what its calling convention lets a leaf function use below the stack pointer */
    X86_64_RED_ZONE = 128
};

typedef struct Elf {
    const unsigned char *bytes;
    size_t length;
    bool wide, big; /* 64 bits; most significant byte first */
} Elf;

/* A section's header, as far as it is wanted. */
typedef struct Header {
    size_t name, kind, flags, offset, size, link;
} Header;

unsigned char *object_file_bytes(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    Text text = {0};
    char part[65536];
    for (size_t count; (count = fread(part, 1, sizeof part, file)) > 0;)
        text_add_bytes(&text, part, count);
    bool good = !ferror(file);
    fclose(file);
    text_add_bytes(&text, "", 1);
    *length = text.length - 1;
    return good ? (unsigned char *)text.bytes : NULL;
}

/* A number of `count` bytes; 0 beyond the end of the file. */
static size_t number_at(const Elf *elf, size_t offset, int count)
{
    uint64_t number = 0;
    if (offset > elf->length || elf->length - offset < (size_t)count)
        return 0;
    for (int i = 0; i < count; i++)
        number |= (uint64_t)elf->bytes[offset + (size_t)(elf->big ? count - 1 - i : i)] << 8 * i;
    return (size_t)number;
}

/* "" beyond the end of the file, at whose end there is a NUL. */
static const char *name_at(const Elf *elf, const Header *names, size_t offset)
{
    bool inside = names->offset < elf->length && offset < elf->length - names->offset;
    return inside ? (const char *)elf->bytes + names->offset + offset : "";
}

static Header header_at(const Elf *elf, size_t number)
{
    size_t table = number_at(elf, elf->wide ? 40 : 32, elf->wide ? 8 : 4), word = elf->wide ? 8 : 4;
    size_t at = table + number * number_at(elf, elf->wide ? 58 : 46, 2);
    return (Header){.name = number_at(elf, at, 4),
                    .kind = number_at(elf, at + 4, 4),
                    .flags = number_at(elf, at + 8, (int)word),
                    .offset = number_at(elf, at + 8 + 2 * word, (int)word),
                    .size = number_at(elf, at + 8 + 3 * word, (int)word),
                    .link = number_at(elf, at + 8 + 4 * word, 4)};
}

static SectionKind kind_of(const Header *header)
{
    return header->kind == NO_BITS             ? SECTION_ZEROS
           : (header->flags & EXECUTABLE) != 0 ? SECTION_CODE
           : (header->flags & WRITABLE) != 0   ? SECTION_DATA
                                               : SECTION_CONSTANTS;
}

static void add_section(Object *object, const char *name, const Header *header)
{
    if ((header->flags & LOADED) == 0 || header->size == 0)
        return;
    for (int i = 0; i < object->sections; i++)
        if (strcmp(object->section[i].name, name) == 0 && object->section[i].kind == kind_of(header)) {
            object->section[i].bytes += (long long)header->size;
            return;
        }
    Section section = {name, kind_of(header), (long long)header->size};
    PUSH(object->section, object->sections, section);
}

/* Symbols of section 0 stand in another object. The first of a table is none. */
static void add_undefined(const Elf *elf, const Header *symbols, Object *object)
{
    const Header names = header_at(elf, symbols->link);
    const size_t each = elf->wide ? 24 : 16;
    for (size_t at = each; at + each <= symbols->size && symbols->offset + at < elf->length; at += each) {
        size_t symbol = symbols->offset + at;
        const char *name = name_at(elf, &names, number_at(elf, symbol, 4));
        if (number_at(elf, symbol + (elf->wide ? 6 : 14), 2) == 0 && *name)
            PUSH(object->undefined_name, object->undefined, name);
    }
}

bool object_read(const char *path, Object *object)
{
    Elf elf = {0};
    *object = (Object){0};
    elf.bytes = object_file_bytes(path, &elf.length);
    if (!elf.bytes || elf.length < HEADER_32 || memcmp(elf.bytes, "\177ELF", 4) != 0) {
        fprintf(stderr, "nnc: error: what the C compiler wrote is no ELF object: its sizes cannot be read\n");
        return false;
    }
    elf.wide = elf.bytes[4] == 2;
    elf.big = elf.bytes[5] == 2;
    object->red_zone = number_at(&elf, 18, 2) == X86_64 ? X86_64_RED_ZONE : 0;
    size_t count = number_at(&elf, elf.wide ? 60 : 48, 2);
    const Header names = header_at(&elf, number_at(&elf, elf.wide ? 62 : 50, 2));
    for (size_t i = 1; i < count; i++) {
        const Header header = header_at(&elf, i);
        add_section(object, name_at(&elf, &names, header.name), &header);
        if (header.kind == SYMBOLS)
            add_undefined(&elf, &header, object);
    }
    return true;
}

long long object_bytes(const Object *object, SectionKind kind)
{
    long long bytes = 0;
    for (int i = 0; i < object->sections; i++)
        if (object->section[i].kind == kind)
            bytes += object->section[i].bytes;
    return bytes;
}
