/* names.c - numbers by name, found at once however many there are: nnc's time grows with the layers, not with their
 * square. Open addressing; what grows leaves its old places to the arena. */
#include "nnc.h"

#include <string.h>

struct Entry {
    const char *name; /* NULL: free */
    int number;
};

/* FNV-1a: as good as any for identifiers. */
static uint32_t hash_of(const char *name)
{
    uint32_t hash = 2166136261u;
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    return hash;
}

/* Where the name is, or the free place where it belongs: there always is one. */
static struct Entry *find_entry(const Names *names, const char *name)
{
    uint32_t mask = (uint32_t)names->capacity - 1, at = hash_of(name) & mask;
    while (names->entry[at].name && strcmp(names->entry[at].name, name) != 0)
        at = (at + 1) & mask;
    return &names->entry[at];
}

/* At most half of the places are taken. */
static void names_grow(Names *names)
{
    enum { FIRST = 16 };
    Names larger = {.count = names->count, .capacity = names->capacity ? 2 * names->capacity : FIRST};
    larger.entry = NEW_ARRAY(larger.capacity, struct Entry);
    for (int i = 0; i < names->capacity; i++)
        if (names->entry[i].name)
            *find_entry(&larger, names->entry[i].name) = names->entry[i];
    *names = larger;
}

int *names_at(Names *names, const char *name)
{
    if (2 * (names->count + 1) > names->capacity)
        names_grow(names);
    struct Entry *entry = find_entry(names, name);
    if (!entry->name) {
        entry->name = name;
        names->count++;
    }
    return &entry->number;
}

int *names_find(const Names *names, const char *name)
{
    struct Entry *entry = names->capacity ? find_entry(names, name) : NULL;
    return entry && entry->name ? &entry->number : NULL;
}
