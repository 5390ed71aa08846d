/* tile_words.c - a tile as it stands in a schedule file: loops by their names in the template.
 *
 *     {lanes: f, columns: 2, rows: {v: 14}, whole: [l]}
 *
 * 2 vectors along f, 14 values of v, all of l. A tile that is read has to be one of those that choose() compares: none
 * that is not legal, or does not fit the registers, can be asked for. */
#include "tile_words.h"
#include "spec.h"

#include <string.h>

const char *const across_keys[ACROSS_KINDS] = {"lanes", "scalars", "fold"};

/* Far above what any machine's registers hold: what is too much here is told by the candidates. */
enum { SIZE_MOST = 1000000 };

/* ---- writing ---- */

static Loop_word loop_word(const Nest *nest, int loop)
{
    return (Loop_word){.name = nest->loop[loop]->symbol->name};
}

Tile_words words_of_tile(const Nest *nest, const Tile *tile)
{
    Tile_words words = {.columns = tile->columns, .rows = tile->rows, .fulls = tile->fulls};
    words.across = tile->fold ? ACROSS_FOLD : tile->lanes > 1 ? ACROSS_LANES : ACROSS_SCALARS;
    words.along = tile->fold ? (Loop_word){.name = tile->fold->symbol->name} : loop_word(nest, tile->lane_loop);
    if (tile->row_loop >= 0)
        words.row = loop_word(nest, tile->row_loop);
    for (int i = 0; i < tile->fulls; i++)
        words.full[i] = loop_word(nest, tile->full_loop[i]);
    return words;
}

const char *tile_text(const Tile_words *words)
{
    Text text = {0};
    text_add(&text, "%s: %s", across_keys[words->across], words->along.name);
    if (words->columns > 1)
        text_add(&text, ", columns: %d", words->columns);
    if (words->row.name)
        text_add(&text, ", rows: {%s: %d}", words->row.name, words->rows);
    for (int i = 0; i < words->fulls; i++)
        text_add(&text, "%s%s", i ? ", " : ", whole: [", words->full[i].name);
    text_add(&text, words->fulls ? "]" : "");
    return text.bytes;
}

/* ---- comparing ---- */

static bool same_loop(const Loop_word *one, const Loop_word *other)
{
    return one->name && other->name ? strcmp(one->name, other->name) == 0 : one->name == other->name;
}

static bool same_along(const Tile_words *one, const Tile_words *other)
{
    return one->across == other->across && same_loop(&one->along, &other->along);
}

static int times_whole(const Tile_words *words, const Loop_word *loop)
{
    int times = 0;
    for (int i = 0; i < words->fulls; i++)
        times += same_loop(&words->full[i], loop);
    return times;
}

static bool same_whole(const Tile_words *one, const Tile_words *other)
{
    for (int i = 0; i < one->fulls; i++)
        if (times_whole(one, &one->full[i]) != times_whole(other, &one->full[i]))
            return false;
    return one->fulls == other->fulls;
}

static bool same_loops(const Tile_words *one, const Tile_words *other)
{
    return same_along(one, other) && same_whole(one, other) && same_loop(&one->row, &other->row);
}

bool same_tile(const Tile_words *one, const Tile_words *other)
{
    return same_loops(one, other) && one->rows == other->rows && one->columns == other->columns;
}

/* ---- reading ---- */

static bool read_loop(const Node *node, const char *key, Loop_word *loop)
{
    *loop = (Loop_word){read_word(node, key), node->span};
    return loop->name != NULL;
}

static bool read_size(const Node *node, const char *key, int *size, Span *span)
{
    long long number;
    *span = node->span;
    if (!read_integer(node, key, 1, SIZE_MOST, &number))
        return false;
    *size = (int)number;
    return true;
}

/* What the tile lies along: one of three keys. */
static bool read_along(const Node *node, Tile_words *words)
{
    const Node *first = NULL;
    for (int i = 0; i < node->count; i++)
        for (int k = 0; k < ACROSS_KINDS; k++) {
            if (strcmp(node->keys[i]->text, across_keys[k]) != 0)
                continue;
            if (first) {
                error_at(node->keys[i]->span, "a tile has '%s' or '%s', not both", first->text, across_keys[k]);
                return false;
            }
            first = node->keys[i];
            words->across = (Across)k;
        }
    if (!first) {
        error_at(node->span, "a tile needs one of the keys 'lanes', 'scalars' and 'fold'");
        return false;
    }
    return read_loop(node_get(node, first->text), first->text, &words->along);
}

static bool read_rows(const Node *node, Tile_words *words)
{
    if (!node)
        return true;
    if (node->kind != NODE_MAP || node->count != 1) {
        error_at(node->span, "'rows' takes one loop and how many of its values, not %s",
                 node->kind == NODE_MAP ? format("%d loops", node->count) : shown(node));
        hint(node->span, "write rows: {v: 14}");
        return false;
    }
    words->row = (Loop_word){node->keys[0]->text, node->keys[0]->span};
    return read_size(node->items[0], words->row.name, &words->rows, &words->rows_span);
}

static bool read_whole(const Node *node, Tile_words *words)
{
    if (!node)
        return true;
    if (node->kind != NODE_LIST || !node->count || node->count > FULL_MAX) {
        error_at(node->span, "'whole' takes a list of one or two loops, not %s",
                 node->kind != NODE_LIST ? shown(node)
                 : node->count           ? format("one of %d", node->count)
                                         : "an empty one");
        return false;
    }
    for (; words->fulls < node->count; words->fulls++) {
        Loop_word loop;
        if (!read_loop(node->items[words->fulls], "whole", &loop))
            return false;
        words->full[words->fulls] = loop;
    }
    return true;
}

bool read_tile(const Node *node, Tile_words *words)
{
    *words = (Tile_words){.columns = 1, .rows = 1};
    const Node *columns = node_get(node, "columns");
    bool good = read_along(node, words);
    good &= !columns || read_size(columns, "columns", &words->columns, &words->columns_span);
    good &= read_rows(node_get(node, "rows"), words);
    return read_whole(node_get(node, "whole"), words) && good;
}

/* ---- which candidate is meant ---- */

/* Part of the candidates, each in words. */
typedef struct Candidates {
    const Nest *nest;
    int count;
    const Choice_of_tile **tile;
    Tile_words *words;
} Candidates;

static Candidates candidates_of(const Nest *nest, const Choice_of_tile *tiles, int count)
{
    Candidates among = {nest, 0, NEW_ARRAY(count, const Choice_of_tile *), NEW_ARRAY(count, Tile_words)};
    for (; among.count < count; among.count++) {
        among.tile[among.count] = &tiles[among.count];
        among.words[among.count] = words_of_tile(nest, &tiles[among.count].tile);
    }
    return among;
}

/* Those that agree with the words. */
static Candidates agreeing(const Candidates *among, const Tile_words *words,
                           bool (*agrees)(const Tile_words *one, const Tile_words *other))
{
    Candidates part = {among->nest, 0, NEW_ARRAY(among->count, const Choice_of_tile *),
                       NEW_ARRAY(among->count, Tile_words)};
    for (int i = 0; i < among->count; i++)
        if (agrees(words, &among->words[i])) {
            part.tile[part.count] = among->tile[i];
            part.words[part.count++] = among->words[i];
        }
    return part;
}

typedef struct Loop_list {
    int count;
    const char **name;
} Loop_list;

static void list_loop(Loop_list *list, const char *name)
{
    for (int i = 0; i < list->count; i++)
        if (strcmp(list->name[i], name) == 0)
            return;
    PUSH(list->name, list->count, name);
}

static bool is_listed(const Loop_list *list, const char *name)
{
    for (int i = 0; i < list->count; i++)
        if (strcmp(list->name[i], name) == 0)
            return true;
    return false;
}

static void list_loops_inside(Loop_list *list, const Stmt *stmt)
{
    if (stmt->kind == ST_FOR)
        list_loop(list, stmt->symbol->name);
    for (int i = 0; i < stmt->count; i++)
        list_loops_inside(list, stmt->items[i]);
    if (stmt->body)
        list_loops_inside(list, stmt->body);
    if (stmt->other)
        list_loops_inside(list, stmt->other);
}

/* The loop is not there, or it is and cannot do what is asked of it, which `able` can. */
static void refuse_loop(const Candidates *among, const Loop_word *loop, const char *what, const Loop_list *able)
{
    Loop_list all = {0};
    for (int i = 0; i < among->nest->depth; i++)
        list_loop(&all, among->nest->loop[i]->symbol->name);
    Loop_list inside = all;
    list_loops_inside(&inside, among->nest->body);
    if (!is_listed(&inside, loop->name)) {
        error_at(loop->span, "this nest has no loop '%.40s'", loop->name);
        hint_words(loop->span, loop->name, "loops", all.name, all.count);
        return;
    }
    error_at(loop->span, "the loop '%s' cannot %s", loop->name, what);
    Text text = {0};
    for (int i = 0; i < able->count; i++)
        text_add(&text, "%s%s", i ? ", " : "", able->name[i]);
    hint(loop->span, able->count ? "these can: %s" : "no loop of this nest can%s", able->count ? text.bytes : "");
}

static void refuse_along(const Candidates *among, const Tile_words *words)
{
    static const char *const what[ACROSS_KINDS] = {"have the lanes", "have scalars side by side",
                                                   "be folded from lanes"};
    Loop_list able = {0};
    for (int i = 0; i < among->count; i++)
        if (among->words[i].across == words->across)
            list_loop(&able, among->words[i].along.name);
    refuse_loop(among, &words->along, what[words->across], &able);
}

static void refuse_whole(const Candidates *among, const Tile_words *words)
{
    if (!words->fulls) {
        error_at(words->along.span, "this tile has to have loops that are whole");
        return;
    }
    Loop_list able = {0};
    for (int i = 0; i < among->count; i++)
        for (int k = 0; k < among->words[i].fulls; k++)
            list_loop(&able, among->words[i].full[k].name);
    for (int i = 0; i < words->fulls; i++)
        if (!is_listed(&able, words->full[i].name)) {
            refuse_loop(among, &words->full[i], "be whole in this tile", &able);
            return;
        }
    error_at(words->full[1].span, "the loops '%s' and '%s' are not whole together in any tile", words->full[0].name,
             words->full[1].name);
}

static void refuse_row(const Candidates *among, const Tile_words *words)
{
    Loop_list able = {0};
    for (int i = 0; i < among->count; i++)
        if (among->words[i].row.name)
            list_loop(&able, among->words[i].row.name);
    if (words->row.name)
        refuse_loop(among, &words->row, "have rows in this tile", &able);
    else
        error_at(words->along.span, "this tile has to have rows");
}

/* All of them differ from the words in rows or columns alone. */
static void refuse_sizes(const Candidates *among, const Tile_words *words)
{
    int least = SIZE_MOST, most = 0, columns = 0;
    for (int i = 0; i < among->count; i++) {
        const Tile_words *own = &among->words[i];
        least = own->rows < least ? own->rows : least;
        most = own->rows > most ? own->rows : most;
        columns = own->rows == words->rows && own->columns > columns ? own->columns : columns;
    }
    if (words->rows < least)
        error_at(words->rows_span, "%d rows are too few: %d at least, since each tile of rows is written out",
                 words->rows, least);
    else if (!columns)
        error_at(words->rows_span, "%d rows are too many: %d at most, by the loop and the registers", words->rows,
                 most);
    else
        error_at(words->columns_span,
                 "%d columns are too many: with %d row%s %d at most, by the loop and the registers", words->columns,
                 words->rows, words->rows == 1 ? "" : "s", columns);
}

const Choice_of_tile *tile_meant(const Tile_words *words, const Nest *nest, const Choice_of_tile *tiles, int count)
{
    static const struct {
        bool (*agrees)(const Tile_words *one, const Tile_words *other);
        void (*refuse)(const Candidates *among, const Tile_words *words);
    } steps[] = {
        {same_along, refuse_along}, {same_whole, refuse_whole}, {same_loops, refuse_row}, {same_tile, refuse_sizes}};
    Candidates among = candidates_of(nest, tiles, count);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        const Candidates part = agreeing(&among, words, steps[i].agrees);
        if (!part.count) {
            steps[i].refuse(&among, words);
            return NULL;
        }
        among = part;
    }
    return among.tile[0];
}
