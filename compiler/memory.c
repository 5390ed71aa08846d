/* memory.c - one arena for the whole compiler, and texts in it.
 *
 * A compiler runs once and ends, so nothing is freed but what a pass made to try something, or to look at once: all
 * since a mark. The blocks hang on a list, the younger ones first, so that a leak checker finds them.
 * Under AddressSanitizer each allocation is a block of its own, and the sanitizer sees its bounds. */
#include "nnc.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ALIGNMENT = 16, EXIT_BUG = 3 };

#if defined __has_feature
#if __has_feature(address_sanitizer)
#define ALONE 1
#endif
#endif
#if defined __SANITIZE_ADDRESS__ || defined ALONE
enum { BLOCK_BYTES = 0 };
#else
enum { BLOCK_BYTES = (2 << 20) - 64 };
#endif

typedef struct Block {
    struct Block *next;
    size_t number; /* counts blocks from 1, in the order in which they were made */
    size_t used, capacity;
    _Alignas(ALIGNMENT) char bytes[];
} Block;

static Block *blocks; /* the one being filled first */
static Block *spare;  /* given back, and zeroed again; or NULL */
static size_t blocks_made;

static _Noreturn void out_of_memory(size_t bytes)
{
    fprintf(stderr, "nnc: out of memory (%zu bytes wanted)\n", bytes);
    exit(EXIT_BUG);
}

/* Zeroed bytes. Those of a whole block are one large page where the system has them: a large network's description
 * fills 30 MB, and a fault for each page of 4 KB takes a third of the time. */
static void *pages_new(size_t bytes)
{
    if (bytes != sizeof(Block) + BLOCK_BYTES || !BLOCK_BYTES)
        return calloc(1, bytes);
    const size_t page = 2 << 20;
    void *place = NULL;
    if (posix_memalign(&place, page, page))
        return NULL;
#ifdef MADV_HUGEPAGE
    madvise(place, page, MADV_HUGEPAGE); /* an advice: nothing depends on it */
#endif
    return memset(place, 0, bytes);
}

static Block *block_new(size_t capacity)
{
    Block *block = spare && capacity == BLOCK_BYTES ? spare : pages_new(sizeof(Block) + capacity);
    if (!block)
        out_of_memory(capacity);
    spare = block == spare ? NULL : spare;
    block->capacity = capacity;
    block->number = ++blocks_made;
    return block;
}

void *allocate(size_t bytes)
{
    if (bytes > SIZE_MAX / 4)
        out_of_memory(bytes);
    size_t rounded = bytes ? (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT : ALIGNMENT;

    if (rounded > (size_t)BLOCK_BYTES / 4) { /* behind the first one, which still has room */
        Block *block = block_new(bytes ? bytes : 1);
        block->used = block->capacity;
        if (!blocks)
            blocks = block_new(BLOCK_BYTES);
        block->next = blocks->next;
        blocks->next = block;
        return block->bytes;
    }
    if (!blocks || blocks->capacity - blocks->used < rounded) {
        Block *block = block_new(BLOCK_BYTES);
        block->next = blocks;
        blocks = block;
    }
    void *place = blocks->bytes + blocks->used;
    blocks->used += rounded;
    return place;
}

Mark memory_mark(void)
{
    return (Mark){blocks_made, blocks ? blocks->used : 0};
}

static void drop_block(Block **link)
{
    Block *block = *link;
    *link = block->next;
    if (spare || block->capacity != BLOCK_BYTES || !BLOCK_BYTES) {
        free(block);
        return;
    }
    spare = memset(block, 0, sizeof *block + block->used);
}

/* Younger blocks stand before the one that was being filled then, and right behind it. */
void memory_release(Mark mark)
{
    while (blocks && blocks->number > mark.made)
        drop_block(&blocks);
    if (!blocks)
        return;
    while (blocks->next && blocks->next->number > mark.made)
        drop_block(&blocks->next);
    if (blocks->used > mark.used)
        memset(blocks->bytes + mark.used, 0, blocks->used - mark.used);
    blocks->used = mark.used;
}

void *push_grow(void *array, int count, size_t item_bytes)
{
    enum { FIRST = 2 };
    bool full = count == 0 || (count >= FIRST && (count & (count - 1)) == 0);
    if (!full)
        return array;
    size_t items = (size_t)count;
    char *larger = allocate((items ? 2 * items : FIRST) * item_bytes);
    if (items)
        memcpy(larger, array, items * item_bytes);
    return larger;
}

/* Gives back what has a block of its own and is not needed any more; what is in one with others stays. */
static void give_back(const char *bytes)
{
    for (Block **link = &blocks; *link; link = &(*link)->next)
        if ((*link)->bytes == bytes && (*link)->capacity > (size_t)BLOCK_BYTES) {
            drop_block(link);
            return;
        }
}

/* Makes room for `more` bytes and the NUL. */
static void text_reserve(Text *text, size_t more)
{
    size_t needed = text->length + more + 1;
    if (needed <= text->capacity)
        return;
    size_t capacity = 2 * needed;
    char *bytes = allocate(capacity);
    if (text->length)
        memcpy(bytes, text->bytes, text->length);
    if (text->capacity > (size_t)BLOCK_BYTES)
        give_back(text->bytes);
    text->bytes = bytes;
    text->capacity = capacity;
}

void text_add_bytes(Text *text, const char *bytes, size_t length)
{
    text_reserve(text, length);
    if (length)
        memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = '\0';
}

/* Plain text and %s are most of what is printed, and are copied at once; from anything else on it is printf's work. */
__attribute__((format(printf, 2, 0))) static void text_add_list(Text *text, const char *pattern, va_list list)
{
    text_reserve(text, 0);
    for (size_t plain; pattern[plain = strcspn(pattern, "%")]; pattern += 2) {
        text_add_bytes(text, pattern, plain);
        pattern += plain;
        if (pattern[1] != 's')
            break;
        const char *word = va_arg(list, const char *);
        text_add_bytes(text, word, strlen(word));
    }
    if (!strchr(pattern, '%')) {
        text_add_bytes(text, pattern, strlen(pattern));
        return;
    }
    va_list again;
    va_copy(again, list);
    size_t room = text->capacity - text->length;
    int length = vsnprintf(text->bytes + text->length, room, pattern, list);
    if (length >= 0 && (size_t)length >= room) {
        text_reserve(text, (size_t)length);
        vsnprintf(text->bytes + text->length, (size_t)length + 1, pattern, again);
    }
    text->length += length >= 0 ? (size_t)length : 0;
    va_end(again);
}

void text_add(Text *text, const char *pattern, ...)
{
    va_list list;
    va_start(list, pattern);
    text_add_list(text, pattern, list);
    va_end(list);
}

char *format(const char *pattern, ...)
{
    Text text = {0};
    va_list list;
    va_start(list, pattern);
    text_add_list(&text, pattern, list);
    va_end(list);
    return text.bytes;
}
