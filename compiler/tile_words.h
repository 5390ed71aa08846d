/* tile_words.h - a tile as it stands in a schedule file. */
#ifndef NNC_TILE_WORDS_H
#define NNC_TILE_WORDS_H

#include "choose.h"

/* What is laid side by side along a loop: vectors, single numbers, or the parts of a sum that is folded. */
typedef enum Across { ACROSS_LANES, ACROSS_SCALARS, ACROSS_FOLD, ACROSS_KINDS } Across;

/* A loop by its name; NULL: none. */
typedef struct Loop_word {
    const char *name;
    Span span;
} Loop_word;

/* {lanes: f, columns: 2, rows: {v: 14}, whole: [l]} */
typedef struct Tile_words {
    Across across;
    Loop_word along;
    int columns, rows;
    Span columns_span, rows_span;
    Loop_word row;
    int fulls;
    Loop_word full[FULL_MAX];
} Tile_words;

Tile_words words_of_tile(const Nest *nest, const Tile *tile);
/* Without the braces. */
const char *tile_text(const Tile_words *words);
/* Both are the same tile: the order of the loops that are whole does not matter. */
bool same_tile(const Tile_words *one, const Tile_words *other);

/* The keys of a tile, beside the number of its nest. */
extern const char *const across_keys[ACROSS_KINDS];
/* From a mapping whose keys are known to be good. False after a message. */
bool read_tile(const Node *node, Tile_words *words);
/* The first of a nest's candidates that is meant; NULL after a message. */
const Choice_of_tile *tile_meant(const Tile_words *words, const Nest *nest, const Choice_of_tile *tiles, int count);

#endif
