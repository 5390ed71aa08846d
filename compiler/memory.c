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

enum { ALIGNMENT = 8, EXIT_BUG = 3 };

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
/* What is larger has a block of its own. */
static const size_t ALONE_BYTES = BLOCK_BYTES / 4;

typedef struct Block {
    struct Block *next;
    size_t number; /* counts blocks from 1, in the order in which they were made */
    size_t used, capacity;
    _Alignas(ALIGNMENT) char bytes[];
} Block;

static Block *blocks; /* the one being filled first */
static Block *spare;  /* those that were given back, zeroed again */
static size_t blocks_made;

static _Noreturn void out_of_memory(size_t bytes)
{
    fprintf(stderr, "nnc: out of memory (%zu bytes wanted)\n", bytes);
    exit(EXIT_BUG);
}

/* Zeroed bytes. Those of a whole block are one large page where the system has them: a large network's description
 * fills 50 MB, and a fault for each page of 4 KB takes a third of the time. */
static void *pages_new(size_t bytes)
{
    enum { PAGE = 2 << 20, REGION = 32 * PAGE };
    static char *next, *end;
    if (bytes != sizeof(Block) + BLOCK_BYTES || !BLOCK_BYTES)
        return calloc(1, bytes);
    if (next == end) {
        char *place = mmap(NULL, REGION + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (place == MAP_FAILED)
            return NULL;
        next = place + (PAGE - (uintptr_t)place % PAGE) % PAGE;
        end = next + REGION;
#ifdef MADV_HUGEPAGE
        madvise(next, REGION, MADV_HUGEPAGE); /* an advice: nothing depends on it */
#endif
    }
    next += PAGE;
    return next - PAGE;
}

static Block *block_new(size_t capacity)
{
    Block *block = spare;
    if (block && capacity == BLOCK_BYTES)
        spare = block->next;
    else
        block = pages_new(sizeof(Block) + capacity);
    if (!block)
        out_of_memory(capacity);
    block->capacity = capacity;
    block->number = ++blocks_made;
    return block;
}

/* Behind the first block, which still has room. */
static void *allocate_alone(size_t bytes)
{
    if (bytes > SIZE_MAX / 4)
        out_of_memory(bytes);
    Block *block = block_new(bytes);
    block->used = block->capacity;
    if (!blocks)
        blocks = block_new(BLOCK_BYTES);
    block->next = blocks->next;
    blocks->next = block;
    return block->bytes;
}

void *allocate(size_t bytes)
{
    bytes += !bytes;
    if (bytes > ALONE_BYTES)
        return allocate_alone(bytes);
    const size_t rounded = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
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
    if (block->capacity != BLOCK_BYTES || !BLOCK_BYTES) {
        free(block);
        return;
    }
    memset(block, 0, sizeof *block + block->used);
    block->next = spare;
    spare = block;
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

/* Where the block hangs that these bytes have for themselves; NULL: they are in one with others. */
static Block **link_of(const char *bytes)
{
    for (Block **link = &blocks; *link; link = &(*link)->next)
        if ((*link)->bytes == bytes && (*link)->capacity != (size_t)BLOCK_BYTES)
            return link;
    return NULL;
}

/* A block of its own becomes larger where it is, if the system can do that. */
static char *widened(Block **link, size_t bytes)
{
    Block *block = realloc(*link, sizeof(Block) + bytes);
    if (!block)
        out_of_memory(bytes);
    block->used = block->capacity = bytes;
    *link = block;
    return block->bytes;
}

static void text_grow(Text *text, size_t needed)
{
    size_t capacity = 2 * needed;
    Block **link = text->capacity > ALONE_BYTES ? link_of(text->bytes) : NULL;
    char *bytes = link ? widened(link, capacity) : allocate(capacity);
    if (text->length && !link)
        memcpy(bytes, text->bytes, text->length);
    text->bytes = bytes;
    text->capacity = capacity;
}

/* Makes room for `more` bytes and the NUL. */
static inline void text_reserve(Text *text, size_t more)
{
    size_t needed = text->length + more + 1;
    if (needed > text->capacity)
        text_grow(text, needed);
}

void text_add_bytes(Text *text, const char *bytes, size_t length)
{
    text_reserve(text, length);
    if (length)
        memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = '\0';
}

void text_add_word(Text *text, const char *word)
{
    text_add_bytes(text, word, strlen(word));
}

void text_add_number(Text *text, long long number)
{
    char digits[24], *at = digits + sizeof digits;
    unsigned long long rest = number < 0 ? 0 - (unsigned long long)number : (unsigned long long)number;
    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (number < 0)
        *--at = '-';
    text_add_bytes(text, at, (size_t)(digits + sizeof digits - at));
}

/* Plain text, %s, %d and %lld are most of what is printed; from anything else on it is printf's work. */
__attribute__((format(printf, 2, 0))) static void text_add_list(Text *text, const char *pattern, va_list list)
{
    enum { PIECE = 32 };
    text_reserve(text, PIECE);
    for (;;) {
        /* Patterns are short: calls would take longer than to copy them byte by byte. */
        char *to = text->bytes + text->length, *const end = text->bytes + text->capacity - 1;
        while (to < end && *pattern && *pattern != '%')
            *to++ = *pattern++;
        *to = '\0';
        text->length = (size_t)(to - text->bytes);
        if (!*pattern)
            return;
        if (*pattern != '%') {
            text_reserve(text, PIECE);
            continue;
        }
        if (pattern[1] == 's') {
            const char *word = va_arg(list, const char *);
            text_add_bytes(text, word, strlen(word));
        } else if (pattern[1] == 'd') {
            text_add_number(text, va_arg(list, int));
        } else if (pattern[1] == 'l' && pattern[2] == 'l' && pattern[3] == 'd') {
            text_add_number(text, va_arg(list, long long));
            pattern += 2;
        } else {
            break;
        }
        pattern += 2;
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
    /* Most are short, and take no more than they are long. Under the sanitizer texts are blocks, which are given back. */
    char room[256];
    Text text = {0};
    if (BLOCK_BYTES)
        text = (Text){.bytes = room, .capacity = sizeof room};
    va_list list;
    va_start(list, pattern);
    text_add_list(&text, pattern, list);
    va_end(list);
    return text.bytes == room ? memcpy(allocate(text.length + 1), room, text.length) : text.bytes;
}
