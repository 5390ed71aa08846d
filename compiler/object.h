/* object.h - what a compiled object file holds, by section. */
#ifndef NNC_OBJECT_H
#define NNC_OBJECT_H

#include "nnc.h"

/* What a section takes on the machine. */
typedef enum SectionKind { SECTION_CODE, SECTION_CONSTANTS, SECTION_DATA, SECTION_ZEROS } SectionKind;

typedef struct Section {
    const char *name;
    SectionKind kind;
    long long bytes;
} Section;

typedef struct Object {
    int sections; /* those that are loaded and not empty; equal names are added up */
    Section *section;
    int undefined; /* symbols that another object has to bring */
    const char **undefined_name;
    int red_zone; /* bytes below the stack pointer that a function may use without moving it */
} Object;

/* Reads an ELF file, of 32 or 64 bits and of either byte order. False after a message. */
bool object_read(const char *path, Object *object);
/* Bytes of all sections of one kind. */
long long object_bytes(const Object *object, SectionKind kind);
/* A file's bytes, with a NUL behind them; NULL if it cannot be read. */
unsigned char *object_file_bytes(const char *path, size_t *length);

#endif
