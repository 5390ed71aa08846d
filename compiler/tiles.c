/* tiles.c - the tiles that a schedule file says (--schedule), and those that there are to say (`nnc tune`).
 *
 *     schedule: lenet5
 *     target: avx512
 *     dtype: float32
 *     numerics: fused
 *     lanes: 16
 *     registers: 32
 *     batch: 32
 *     kernels:
 *       conv2d_forward_relu_2:
 *         - {nest: 1, lanes: f, columns: 2, rows: {v: 14}, whole: [l]}
 *
 * The nests of a kernel are counted in the order in which schedule chooses their tiles; what is cut off at a border is
 * a nest of its own. Where to cut is decided by estimate alone, so a file does not change the numbers. A nest that does
 * not stand there keeps the estimate's tile. */
#include "tiles.h"
#include "spec.h"

#include <stdlib.h>
#include <string.h>

enum { NESTS_MAX = 1000 };

/* ---- what a schedule is for ---- */

static const Key file_list[] = {
    {"schedule", NULL, "the network", NULL, true},
    {"target", NULL, "as --target", NULL, true},
    {"dtype", NULL, "as --dtype", NULL, true},
    {"numerics", NULL, "as --numerics", NULL, true},
    {"lanes", NULL, "numbers in a vector", NULL, true},
    {"registers", NULL, "vectors that the target holds", NULL, true},
    {"batch", NULL, "samples of a training step", NULL, true},
    {"predict_batch", NULL, "as --predict-batch; 0 if left out", NULL, false},
    {"kernels", NULL, "for each the tiles of its nests", NULL, true},
};
static const Keys file_keys = {"a schedule", sizeof file_list / sizeof *file_list, file_list};

static const Key tile_list[] = {
    {"nest", NULL, "of the kernel, from 1", NULL, true},
    {"lanes", NULL, "the loop that has the lanes", NULL, false},
    {"scalars", NULL, "the loop along which single numbers stand side by side", NULL, false},
    {"fold", NULL, "the loop inside whose parts are in the lanes, and added one after the other", NULL, false},
    {"columns", NULL, "vectors, or scalars; 1 if left out", NULL, false},
    {"rows", NULL, "another loop and how many of its values", NULL, false},
    {"whole", NULL, "short loops that are all in the tile", NULL, false},
};
static const Keys tile_keys = {"a tile", sizeof tile_list / sizeof *tile_list, tile_list};

static const char *const dtypes[] = {"float32", "float64"}, *const numerics[] = {"fused", "separate", "fast"};

/* One thing on which the choice of a tile depends, as a word. */
typedef struct Condition {
    const char *key, *word;
} Condition;

enum { CONDITIONS = 8 };

static void conditions_of(const Model *model, Condition *condition)
{
    const Options *options = model->options;
    const Condition all[CONDITIONS] = {
        {"schedule", model->name},
        {"target", options->machine->name},
        {"dtype", dtypes[options->float64]},
        {"numerics", numerics[options->numerics]},
        {"lanes", format("%d", options->lanes)},
        {"registers", format("%d", options->machine->registers)},
        {"batch", format("%d", model->train.batch)},
        {"predict_batch", format("%d", options->predict_batch)},
    };
    memcpy(condition, all, sizeof all);
}

/* What is given is not what is compiled. */
static void refuse_condition(const Node *node, const Condition *condition)
{
    bool network = strcmp(condition->key, "schedule") == 0;
    error_at(node->span, "this schedule is for %s %s, and not for '%s'", network ? "the network" : condition->key,
             word_shown(node), condition->word);
    if (!network)
        hint(node->span, "compile with the options with which it was made, or make another one by 'nnc tune'");
}

/* The first thing that does not agree is told; the others follow from it as a rule. */
static bool conditions_hold(const Model *model, const Node *root)
{
    static const Node none = {.kind = NODE_SCALAR, .text = "0"};
    Condition condition[CONDITIONS];
    conditions_of(model, condition);
    for (int i = 0; i < CONDITIONS; i++) {
        const Node *given = node_get(root, condition[i].key);
        Node node = given ? *given : none;
        node.span = given ? given->span : root->span;
        if (!read_word(&node, condition[i].key))
            return false;
        if (strcmp(node.text, condition[i].word) != 0) {
            refuse_condition(&node, &condition[i]);
            return false;
        }
    }
    return true;
}

/* ---- reading ---- */

static const Given_tile *given_for(const Given_kernel *kernel, int nest)
{
    for (int i = 0; i < kernel->tiles; i++)
        if (kernel->tile[i].nest == nest)
            return &kernel->tile[i];
    return NULL;
}

static void read_given_tile(Given_kernel *kernel, const Node *node)
{
    Given_tile tile = {0};
    long long number;
    if (!read_keys(node, &tile_keys))
        return;
    const Node *nest = node_get(node, "nest");
    if (!read_integer(nest, "nest", 1, NESTS_MAX, &number) || !read_tile(node, &tile.words))
        return;
    tile.nest = (int)number;
    tile.nest_span = nest->span;
    const Given_tile *before = given_for(kernel, tile.nest);
    if (before) {
        error_at(nest->span, "nest %d of '%s' is given twice", tile.nest, kernel->name);
        note_at(before->nest_span, "first given here");
        return;
    }
    PUSH(kernel->tile, kernel->tiles, tile);
}

static Given_kernel read_given_kernel(const Node *key, const Node *node)
{
    Given_kernel kernel = {.name = key->text, .span = key->span};
    if (node->kind != NODE_LIST || !node->count || node->count > NESTS_MAX) {
        error_at(node->span, "'%.60s' takes a list of tiles, not %s", key->text,
                 node->kind != NODE_LIST ? shown(node)
                 : node->count           ? format("one of %d", node->count)
                                         : "an empty one");
        hint(node->span, "write - {nest: 1, lanes: o, columns: 2}");
        return kernel;
    }
    for (int i = 0; i < node->count; i++)
        read_given_tile(&kernel, node->items[i]);
    return kernel;
}

static void read_kernels(Tiles *tiles, const Node *node)
{
    if (node->kind != NODE_MAP) {
        error_at(node->span, "'kernels' is a mapping of kernels to their tiles, not %s", shown(node));
        hint(node->span, "write kernels: {} if every nest keeps the tile that nnc chooses");
        return;
    }
    tiles->kernel = NEW_ARRAY(node->count, Given_kernel);
    for (int i = 0; i < node->count; i++)
        tiles->kernel[tiles->given++] = read_given_kernel(node->keys[i], node->items[i]);
}

void tiles_read(Model *model)
{
    const Options *options = model->options;
    if (options->schedule || options->schedule_text || options->candidates)
        model->tiles = NEW(Tiles);
    if (!options->schedule && !options->schedule_text)
        return;
    Source *source = options->schedule ? source_open(options->schedule, model->report)
                                       : source_of_text("<schedule>", options->schedule_text, model->report);
    if (!source)
        return;
    source->what = "schedule";
    const Node *root = yaml_read(source);
    if (root && read_keys(root, &file_keys) && conditions_hold(model, root))
        read_kernels(model->tiles, node_get(root, "kernels"));
}

/* ---- choosing ---- */

void tiles_begin_kernel(Tiles *tiles, const char *name)
{
    if (!tiles)
        return;
    tiles->name = name;
    tiles->own = NULL;
    tiles->numbers = 0;
    for (int i = 0; i < tiles->given; i++)
        if (strcmp(tiles->kernel[i].name, name) == 0)
            tiles->own = &tiles->kernel[i];
    if (tiles->own)
        tiles->own->met = true;
}

static int cheaper(const void *left, const void *right)
{
    const Choice_of_tile *const *one = left, *const *other = right;
    if ((*one)->cycles != (*other)->cycles)
        return (*one)->cycles < (*other)->cycles ? -1 : 1;
    return *one < *other ? -1 : *one > *other; /* the order in which they were tried */
}

static bool is_among(const Tiled_nest *nest, const Tile_words *words)
{
    for (int i = 0; i < nest->candidates; i++)
        if (same_tile(&nest->candidate[i], words))
            return true;
    return same_tile(&nest->tile, words);
}

/* The cheapest, each once. */
static void list_candidates(Tiled_nest *listed, const Nest *nest, const Choice_of_tile *tiles, int count, int most)
{
    const Choice_of_tile **order = NEW_ARRAY(count, const Choice_of_tile *);
    for (int i = 0; i < count; i++)
        order[i] = &tiles[i];
    qsort(order, (size_t)count, sizeof *order, cheaper);
    listed->candidate = NEW_ARRAY(most, Tile_words);
    for (int i = 0; i < count && listed->candidates < most; i++) {
        const Tile_words words = words_of_tile(nest, &order[i]->tile);
        if (!is_among(listed, &words))
            listed->candidate[listed->candidates++] = words;
    }
}

static void note_nest(const Model *model, const Nest *nest, const Choice_of_tile *choice, const Choice_of_tile *all,
                      int count)
{
    Tiles *tiles = model->tiles;
    Tiled_nest listed = {.kernel = tiles->name, .number = tiles->numbers, .cycles = choice->cycles};
    listed.tile = words_of_tile(nest, &choice->tile);
    list_candidates(&listed, nest, all, count, model->options->candidates);
    PUSH(tiles->nest, tiles->nests, listed);
}

/* A nest that can have lanes keeps them: what stands inside is not made for anything else. */
static int with_lanes(Choice_of_tile *tiles, int count, int lanes)
{
    int kept = 0;
    for (int i = 0; i < count; i++)
        if (tiles[i].tile.lanes >= lanes)
            tiles[kept++] = tiles[i];
    return kept;
}

static Given_tile *next_given(Tiles *tiles)
{
    for (int i = 0; tiles->own && i < tiles->own->tiles; i++)
        if (tiles->own->tile[i].nest == tiles->numbers)
            return &tiles->own->tile[i];
    return NULL;
}

Choice_of_tile tiles_choice(const Model *model, int lanes, const Nest *nest, const Choice_of_tile *choice)
{
    Tiles *tiles = model->tiles;
    if (!tiles)
        return *choice;
    tiles->numbers++;
    Given_tile *given = next_given(tiles);
    if (!given && !model->options->candidates)
        return *choice;
    Choice_of_tile *all;
    int count = choose_among(model->options->machine, lanes, nest, &all);
    count = with_lanes(all, count, choice->tile.lanes);
    if (model->options->candidates)
        note_nest(model, nest, choice, all, count);
    if (!given)
        return *choice;
    given->met = true;
    const Choice_of_tile *meant = tile_meant(&given->words, nest, all, count);
    return meant ? *meant : *choice;
}

void tiles_end_kernel(Tiles *tiles)
{
    for (int i = 0; tiles && tiles->own && i < tiles->own->tiles; i++) {
        const Given_tile *given = &tiles->own->tile[i];
        if (given->met)
            continue;
        error_at(given->nest_span, "'%s' has no nest %d", tiles->name, given->nest);
        hint(given->nest_span, "it has %s", tiles->numbers == 1 ? "one" : format("%d", tiles->numbers));
    }
}

void tiles_end(const Model *model, const char *const *names, int count)
{
    const Tiles *tiles = model->tiles;
    for (int i = 0; tiles && i < tiles->given; i++) {
        const Given_kernel *kernel = &tiles->kernel[i];
        /* What only training has is not there to be asked. */
        if (kernel->met || model->options->inference)
            continue;
        error_at(kernel->span, "'%s' has no kernel '%.80s'", model->name, kernel->name);
        hint_words(kernel->span, kernel->name, "kernels", names, count);
    }
}

/* ---- writing ---- */

const char *tiles_text(const Model *model, const Tile_line *lines, int count)
{
    Condition condition[CONDITIONS];
    Text text = {0};
    conditions_of(model, condition);
    for (int i = 0; i < CONDITIONS; i++)
        if (strcmp(condition[i].key, "predict_batch") != 0 || model->options->predict_batch)
            text_add(&text, "%s: %s\n", condition[i].key, condition[i].word);
    text_add(&text, count ? "kernels:\n" : "kernels: {}  # no other tile is faster\n");
    for (int i = 0; i < count; i++) {
        if (!i || strcmp(lines[i].kernel, lines[i - 1].kernel) != 0)
            text_add(&text, "  %s:%s%s\n", lines[i].kernel, lines[i].kernel_comment ? "  # " : "",
                     lines[i].kernel_comment ? lines[i].kernel_comment : "");
        text_add(&text, "    - {nest: %d, %s}%s%s\n", lines[i].nest, lines[i].tile, lines[i].comment ? "  # " : "",
                 lines[i].comment ? lines[i].comment : "");
    }
    return text.bytes;
}
