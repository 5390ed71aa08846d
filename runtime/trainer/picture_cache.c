/* picture_cache.c - decoded pictures in a file: a head, entries, pixels in the order of the entries, and a hash of all.
 *
 * Numbers are those of this machine; one of another byte order finds no cache in it. */
#include "picture_cache.h"

#include "file.h"
#include "hash.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint64_t magic = UINT64_C(0x31736369704e4e43);

typedef struct Head {
    uint64_t magic, shape[3], entries, names_bytes;
} Head;

/* What tells that a file is the one that was read. */
typedef struct Stamp {
    int64_t bytes, changed[2], status_changed[2], number;
} Stamp;

typedef struct Entry {
    Stamp stamp;
    uint64_t name; /* in a file: bytes before it among the names */
} Entry;

typedef struct Kept {
    const char *name;
    Stamp stamp;
    const unsigned char *pixels;
    bool used; /* this run has asked for it, and it was the same */
} Kept;

struct Picture_cache {
    Context *context;
    const char *path, *directory;
    uint64_t shape[3];
    size_t picture_bytes;
    const unsigned char *file; /* what was read; NULL: nothing */
    size_t count;
    Kept *kept; /* [count], by name */
    size_t added, capacity;
    Kept *add; /* [added] */
};

static bool read_stamp(const Picture_cache *cache, const char *name, Stamp *stamp)
{
    struct stat status;
    size_t mark = cache->context->blocks;
    bool found = stat(file_join(cache->context, cache->directory, name), &status) == 0;
    context_release(cache->context, mark);
    if (found)
        *stamp = (Stamp){.bytes = status.st_size,
                         .changed = {status.st_mtim.tv_sec, status.st_mtim.tv_nsec},
                         .status_changed = {status.st_ctim.tv_sec, status.st_ctim.tv_nsec},
                         .number = (int64_t)status.st_ino};
    return found;
}

static int compare(const void *one, const void *other)
{
    return strcmp(((const Kept *)one)->name, ((const Kept *)other)->name);
}

/* ---- reading ---- */

static size_t any_length(const unsigned char *head, size_t length)
{
    (void)head;
    (void)length;
    return SIZE_MAX / 2;
}

/* The head, if the file is as long as it says and unharmed. */
static bool is_whole(const Picture_cache *cache, const File_bytes *file, Head *head)
{
    uint64_t hash, most = file->length;
    if (file->length < sizeof *head + sizeof hash)
        return false;
    memcpy(head, file->bytes, sizeof *head);
    if (head->magic != magic || memcmp(head->shape, cache->shape, sizeof head->shape) != 0)
        return false;
    if (head->entries > most || head->names_bytes > most || head->entries > most / cache->picture_bytes)
        return false;
    uint64_t bytes = sizeof *head + head->entries * (sizeof(Entry) + cache->picture_bytes) + head->names_bytes;
    if (bytes + sizeof hash != file->length)
        return false;
    memcpy(&hash, file->bytes + bytes, sizeof hash);
    return hash == hash_bytes(HASH_START, file->bytes, bytes);
}

/* False if an entry's name is none: the hash fits, but no cache of nnc's is like that. */
static bool take_entries(Picture_cache *cache, const File_bytes *file, const Head *head)
{
    const unsigned char *entries = file->bytes + sizeof *head;
    const char *names = (const char *)(entries + head->entries * sizeof(Entry));
    const unsigned char *pixels = (const unsigned char *)names + head->names_bytes;
    if (head->entries > 0 && (head->names_bytes == 0 || names[head->names_bytes - 1] != 0))
        return false;
    Kept *kept = context_allocate(cache->context, head->entries, sizeof *kept);
    for (size_t i = 0; i < head->entries; i++) {
        Entry entry;
        memcpy(&entry, entries + i * sizeof entry, sizeof entry);
        if (entry.name >= head->names_bytes)
            return false;
        kept[i] = (Kept){names + entry.name, entry.stamp, pixels + i * cache->picture_bytes, false};
    }
    qsort(kept, head->entries, sizeof *kept, compare);
    cache->file = file->bytes;
    cache->kept = kept;
    cache->count = head->entries;
    return true;
}

static void read_file(Picture_cache *cache, FILE *notes)
{
    Head head;
    if (access(cache->path, F_OK) != 0)
        return;
    File_bytes file = file_read(cache->context, cache->path, any_length);
    if (is_whole(cache, &file, &head) && take_entries(cache, &file, &head))
        return;
    if (notes != NULL)
        fprintf(notes, "note: %s is no cache of pictures of this size, or damaged; it is made anew\n", cache->path);
    context_discard(cache->context, file.bytes);
}

Picture_cache *picture_cache_open(Context *context, const char *file, const char *directory, const int shape[3],
                                  FILE *notes)
{
    Picture_cache *cache = context_allocate(context, 1, sizeof *cache);
    *cache = (Picture_cache){.context = context, .directory = directory, .picture_bytes = 1};
    for (int i = 0; i < 3; i++) {
        cache->shape[i] = (uint64_t)shape[i];
        cache->picture_bytes *= (size_t)shape[i];
    }
    if (file == NULL)
        return cache;
    cache->path = file_join(context, directory, file);
    read_file(cache, notes);
    return cache;
}

const unsigned char *picture_cache_find(Picture_cache *cache, const char *name)
{
    Stamp stamp;
    const Kept wanted = {.name = name};
    Kept *found = cache->count == 0 ? NULL : bsearch(&wanted, cache->kept, cache->count, sizeof *found, compare);
    if (found == NULL || !read_stamp(cache, name, &stamp) || memcmp(&stamp, &found->stamp, sizeof stamp) != 0)
        return NULL;
    found->used = true;
    return found->pixels;
}

void picture_cache_add(Picture_cache *cache, const char *name, const unsigned char *pixels)
{
    Kept new = {.name = name, .pixels = pixels};
    if (cache->path == NULL || !read_stamp(cache, name, &new.stamp))
        return;
    if (cache->added == 0) /* now, not when all is decoded; and one that has everything is only read */
        file_check_writable(cache->context, cache->path);
    if (cache->added == cache->capacity) {
        size_t before = cache->capacity;
        cache->capacity = before == 0 ? 256 : 2 * before;
        cache->add = before == 0 ? context_allocate(cache->context, cache->capacity, sizeof *cache->add)
                                 : context_grow(cache->context, cache->add, cache->capacity, sizeof *cache->add);
    }
    cache->add[cache->added++] = new;
}

/* ---- writing ---- */

/* What the new file holds: what was added, and what was there and is still true. */
static Kept *gather(const Picture_cache *cache, size_t *count)
{
    Kept *all = context_allocate(cache->context, cache->added + cache->count, sizeof *all);
    memcpy(all, cache->add, cache->added * sizeof *all);
    *count = cache->added;
    for (size_t i = 0; i < cache->count; i++) {
        Stamp stamp;
        const Kept *kept = &cache->kept[i];
        if (kept->used || (read_stamp(cache, kept->name, &stamp) && memcmp(&stamp, &kept->stamp, sizeof stamp) == 0))
            all[(*count)++] = *kept;
    }
    qsort(all, *count, sizeof *all, compare);
    return all;
}

static unsigned char *put(unsigned char *at, const void *bytes, size_t count)
{
    memcpy(at, bytes, count);
    return at + count;
}

static void write_file(const Picture_cache *cache)
{
    size_t count, mark = cache->context->blocks;
    const Kept *all = gather(cache, &count);
    Head head = {.magic = magic, .entries = count};
    memcpy(head.shape, cache->shape, sizeof head.shape);
    for (size_t i = 0; i < count; i++)
        head.names_bytes += strlen(all[i].name) + 1;
    uint64_t hash;
    size_t bytes = sizeof head + count * (sizeof(Entry) + cache->picture_bytes) + head.names_bytes;
    unsigned char *file = context_allocate(cache->context, bytes + sizeof hash, 1), *at = put(file, &head, sizeof head);
    uint64_t name = 0;
    for (size_t i = 0; i < count; i++) {
        Entry entry = {.stamp = all[i].stamp, .name = name};
        name += strlen(all[i].name) + 1;
        at = put(at, &entry, sizeof entry);
    }
    for (size_t i = 0; i < count; i++)
        at = put(at, all[i].name, strlen(all[i].name) + 1);
    for (size_t i = 0; i < count; i++)
        at = put(at, all[i].pixels, cache->picture_bytes);
    hash = hash_bytes(HASH_START, file, bytes);
    put(at, &hash, sizeof hash);
    file_write(cache->context, cache->path, file, bytes + sizeof hash);
    context_release(cache->context, mark);
}

void picture_cache_close(Picture_cache *cache)
{
    if (cache->added > 0)
        write_file(cache);
    if (cache->file != NULL)
        context_discard(cache->context, cache->file);
    *cache = (Picture_cache){.context = cache->context};
}
