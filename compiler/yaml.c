/* yaml.c - the document of a source as a tree of nodes with spans.
 *
 * libyaml cuts the text into events; a stack of open lists and maps takes them. Aliases point to the node of their
 * anchor (so they cost nothing, but what they stand for is counted), and merge keys are resolved when their map ends.
 * libyaml lets duplicate keys pass, has no bounds, and knows no place for bytes that are not UTF-8: all that is
 * checked here. Tags, several documents and directives of tags are not part of the spec language. */
#include "nnc.h"
#include "utf8.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { BYTES_MAX = 1 << 20, DEPTH_MAX = 64, KEYS_MAX = 1024, ANCHORS_MAX = 256, EXPANDED_MAX = 200000 };

typedef struct Anchor {
    const char *name;
    Node *node;
    bool open;     /* still being read: an alias to it would contain itself */
    int height;    /* levels of lists and maps in it */
    long expanded; /* nodes in it, those behind aliases too */
} Anchor;

/* A list or a map whose end has not come yet. */
typedef struct Frame {
    Node *node;
    Node *key; /* of a map: waits for its value */
    int anchor;
    int height;
    long expanded_before;
} Frame;

typedef struct Builder {
    Source *source;
    Frame frame[DEPTH_MAX];
    int depth;
    Anchor anchor[ANCHORS_MAX];
    int anchors;
    long expanded;   /* nodes so far, with those that aliases stand for */
    long by_aliases; /* the latter alone */
    Node *root;
    int documents;
    bool stopped; /* after an error that makes the rest meaningless */
} Builder;

enum { NO_ANCHOR = -1 };

/* ---- places ---- */

static Span span_at(const Source *source, yaml_mark_t mark)
{
    return (Span){source, (int)mark.line + 1, (int)mark.column + 1, 1};
}

/* From one mark to the other, or to the end of a text's first line. */
static Span span_between(const Source *source, yaml_mark_t from, yaml_mark_t to)
{
    Span span = span_at(source, from);
    if (from.line == to.line && to.column > from.column)
        span.width = (int)(to.column - from.column);
    return span;
}

static void stop(Builder *builder)
{
    builder->stopped = true;
}

/* ---- the text itself ---- */

/* Line ends other than \n and \r\n are refused with the control characters, so that lines mean the same everywhere. */
static bool allowed(unsigned code, const unsigned char *at, size_t left)
{
    if (code == '\r')
        return left > 1 && at[1] == '\n';
    if (code == '\t' || code == '\n')
        return true;
    return code >= 0x20 && !(code >= 0x7F && code < 0xA0) && code != 0x2028 && code != 0x2029 && code != 0xFEFF &&
           code != 0xFFFE && code != 0xFFFF;
}

static bool text_is_good(Source *source)
{
    const unsigned char *at = (const unsigned char *)source->text, *end = at + source->length;
    Span span = {source, 1, 1, 1};
    while (at < end) {
        uint32_t code = 0;
        const size_t bytes = utf8_character((const char *)at, (size_t)(end - at), &code);
        if (!bytes) {
            error_at(span, "byte 0x%02x is not UTF-8; a %s is UTF-8 text", (unsigned)*at, source->what);
            return false;
        }
        if (!allowed(code, at, (size_t)(end - at))) {
            error_at(span, "character U+%04X is not allowed in a %s", code, source->what);
            return false;
        }
        if (span.column == 1 && strncmp((const char *)at, "%TAG", 4) == 0) {
            span.width = 4;
            error_at(span, "tags are not supported");
            return false;
        }
        at += bytes;
        span.column++;
        if (code == '\n') {
            span.line++;
            span.column = 1;
        }
    }
    return true;
}

/* ---- syntax errors ---- */

/* What libyaml says, and what is said instead. */
static const struct {
    const char *problem, *message, *hint;
} problems[] = {
    {"mapping values are not allowed in this context", "':' is not expected here",
     "is this line, or the one before it, indented wrongly? A value that contains ': ' needs quotes"},
    {"found a tab character that violates indentation", "a tab cannot indent; use spaces", NULL},
    {"could not find expected ':'", "expected ':' before this place", NULL},
    {"did not find expected ',' or '}'", "expected ',' or '}'", NULL},
    {"did not find expected ',' or ']'", "expected ',' or ']'", NULL},
    {"did not find expected key", "expected a key", "keys of one mapping begin in the same column"},
    {"did not find expected '-' indicator", "expected '-'", "items of one list begin in the same column"},
    {"found unexpected end of stream", "the file ends too early", NULL},
    {"did not find expected <document start>", "expected the end of the file", NULL},
    {"block sequence entries are not allowed in this context", "'-' is not expected here",
     "the items of a list begin on a line of their own"},
    {"did not find expected node content", "expected a value", NULL},
};

static const char *const contexts[][2] = {
    {"while parsing a block mapping", "in the mapping that begins here"},
    {"while parsing a flow mapping", "in the mapping that begins here"},
    {"while parsing a block collection", "in the list that begins here"},
    {"while parsing a flow sequence", "in the list that begins here"},
    {"while scanning a quoted scalar", "in the quoted text that begins here"},
    {"while scanning a simple key", "in the key that begins here"},
    {"while scanning a double-quoted scalar", "in the quoted text that begins here"},
};

static bool stands_on(const Source *source, yaml_mark_t mark, char byte)
{
    const char *at = source->text;
    for (size_t line = 0; line < mark.line && at; line++)
        at = (at = strchr(at, '\n')) ? at + 1 : NULL;
    for (size_t column = 0; at && column < mark.column && *at; column++)
        do
            at++;
        while ((*at & 0xC0) == 0x80);
    return at && *at == byte;
}

static void report_problem(const Source *source, const yaml_parser_t *parser)
{
    Span span = span_at(source, parser->problem_mark);
    const char *problem = parser->problem ? parser->problem : "this is not YAML";
    if (strstr(problem, "cannot start any token")) {
        if (stands_on(source, parser->problem_mark, '\t'))
            error_at(span, "a tab cannot indent; use spaces");
        else
            error_at(span, "a value cannot begin with this character; put it in quotes");
        return;
    }
    const char *advice = NULL, *message = problem;
    for (size_t i = 0; i < sizeof problems / sizeof *problems; i++)
        if (strcmp(problems[i].problem, problem) == 0) {
            message = problems[i].message;
            advice = problems[i].hint;
        }
    error_at(span, "%s", message);
    bool elsewhere = parser->context_mark.line != parser->problem_mark.line ||
                     parser->context_mark.column != parser->problem_mark.column;
    for (size_t i = 0; parser->context && elsewhere && i < sizeof contexts / sizeof *contexts; i++)
        if (strcmp(contexts[i][0], parser->context) == 0)
            note_at(span_at(source, parser->context_mark), "%s", contexts[i][1]);
    if (advice)
        hint(span, "%s", advice);
}

static void report_parser(Builder *builder, const yaml_parser_t *parser)
{
    stop(builder);
    if (parser->error == YAML_MEMORY_ERROR) {
        fprintf(stderr, "nnc: out of memory\n");
        exit(3);
    }
    if (parser->error == YAML_READER_ERROR)
        error_at((Span){builder->source, 1, 1, 1}, "%s", parser->problem);
    else
        report_problem(builder->source, parser);
}

/* ---- maps ---- */

static int find_key(const Node *map, const char *key)
{
    for (int i = 0; i < map->count; i++)
        if (strcmp(map->keys[i]->text, key) == 0)
            return i;
    return -1;
}

Node *node_get(const Node *map, const char *key)
{
    int at = map->kind == NODE_MAP ? find_key(map, key) : -1;
    return at < 0 ? NULL : map->items[at];
}

static void add_pair(Builder *builder, Node *map, Node *key, Node *value)
{
    if (map->count == KEYS_MAX) {
        error_at(key->span, "more than %d keys in one mapping", KEYS_MAX);
        stop(builder);
        return;
    }
    int count = map->count;
    PUSH(map->keys, count, key);
    PUSH(map->items, map->count, value);
}

static void count_aliased(Builder *builder, Span span, long nodes)
{
    builder->expanded += nodes;
    builder->by_aliases += nodes;
    if (builder->by_aliases > EXPANDED_MAX && !builder->stopped) {
        error_at(span, "aliases stand for more than %d values up to here", EXPANDED_MAX);
        stop(builder);
    }
}

/* Keys that the map does not have yet. */
static void merge_map(Builder *builder, Node *map, const Node *key, const Node *from)
{
    if (from->kind != NODE_MAP) {
        error_at(from->span, "'<<' takes a mapping, or a list of mappings");
        stop(builder);
        return;
    }
    count_aliased(builder, key->span, from->count);
    for (int i = 0; i < from->count && !builder->stopped; i++)
        if (find_key(map, from->keys[i]->text) < 0)
            add_pair(builder, map, from->keys[i], from->items[i]);
}

static void resolve_merge(Builder *builder, Node *map)
{
    int at = find_key(map, "<<");
    if (at < 0 || map->keys[at]->quoted)
        return;
    const Node *key = map->keys[at], *value = map->items[at];
    map->count--;
    for (int i = at; i < map->count; i++) {
        map->keys[i] = map->keys[i + 1];
        map->items[i] = map->items[i + 1];
    }
    if (value->kind != NODE_LIST)
        merge_map(builder, map, key, value);
    for (int i = 0; value->kind == NODE_LIST && i < value->count && !builder->stopped; i++)
        merge_map(builder, map, key, value->items[i]);
}

static void give_to_map(Builder *builder, Frame *frame, Node *node)
{
    Node *map = frame->node;
    if (!frame->key) {
        if (node->kind != NODE_SCALAR) {
            error_at(node->span, "a key is a word, not a list or a mapping");
            stop(builder);
        }
        frame->key = node;
        return;
    }
    Node *key = frame->key;
    frame->key = NULL;
    int first = find_key(map, key->text);
    if (first >= 0) {
        error_at(key->span, "'%.60s' is given twice", key->text);
        note_at(map->keys[first]->span, "first given here");
        return;
    }
    add_pair(builder, map, key, node);
}

/* ---- nodes ---- */

/* A whole node goes to the list or map that it stands in. */
static void give(Builder *builder, Node *node, int height)
{
    if (!builder->depth) {
        builder->root = node;
        return;
    }
    Frame *frame = &builder->frame[builder->depth - 1];
    if (frame->height < height + 1)
        frame->height = height + 1;
    if (builder->depth + height > DEPTH_MAX) {
        error_at(node->span, "more than %d levels of lists and mappings", DEPTH_MAX);
        stop(builder);
    } else if (frame->node->kind == NODE_LIST) {
        PUSH(frame->node->items, frame->node->count, node);
    } else {
        give_to_map(builder, frame, node);
    }
}

static int anchor_open(Builder *builder, const yaml_char_t *name, Node *node)
{
    if (!name)
        return NO_ANCHOR;
    if (builder->anchors == ANCHORS_MAX) {
        error_at(node->span, "more than %d anchors", ANCHORS_MAX);
        stop(builder);
        return NO_ANCHOR;
    }
    Anchor *anchor = &builder->anchor[builder->anchors];
    *anchor = (Anchor){.name = format("%s", (const char *)name), .node = node, .open = true};
    return builder->anchors++;
}

static void anchor_close(Builder *builder, int at, int height, long expanded)
{
    if (at == NO_ANCHOR)
        return;
    builder->anchor[at].open = false;
    builder->anchor[at].height = height;
    builder->anchor[at].expanded = expanded;
}

static void refuse_tag(Builder *builder, Span span, const yaml_char_t *tag)
{
    if (!tag)
        return;
    error_at(span, "tags are not supported");
    stop(builder);
}

static void take_scalar(Builder *builder, const yaml_event_t *event)
{
    Node *node = NEW(Node);
    node->kind = NODE_SCALAR;
    node->span = span_between(builder->source, event->start_mark, event->end_mark);
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    node->text = format("%s", (const char *)event->data.scalar.value);
    refuse_tag(builder, node->span, event->data.scalar.tag);
    if (strlen(node->text) != event->data.scalar.length) {
        error_at(node->span, "a text cannot contain the character U+0000");
        stop(builder);
    }
    builder->expanded++;
    anchor_close(builder, anchor_open(builder, event->data.scalar.anchor, node), 0, 1);
    give(builder, node, 0);
}

static void take_start(Builder *builder, const yaml_event_t *event)
{
    bool map = event->type == YAML_MAPPING_START_EVENT;
    Node *node = NEW(Node);
    node->kind = map ? NODE_MAP : NODE_LIST;
    node->span = span_at(builder->source, event->start_mark);
    refuse_tag(builder, node->span, map ? event->data.mapping_start.tag : event->data.sequence_start.tag);
    if (builder->depth == DEPTH_MAX) {
        error_at(node->span, "more than %d levels of lists and mappings", DEPTH_MAX);
        stop(builder);
        return;
    }
    builder->expanded++;
    Frame *frame = &builder->frame[builder->depth++];
    *frame = (Frame){.node = node, .expanded_before = builder->expanded - 1};
    frame->anchor =
        anchor_open(builder, map ? event->data.mapping_start.anchor : event->data.sequence_start.anchor, node);
}

static void take_end(Builder *builder, const yaml_event_t *event)
{
    Frame frame = builder->frame[--builder->depth];
    Node *node = frame.node;
    bool one_line = event->end_mark.line + 1 == (size_t)node->span.line;
    bool flow = event->end_mark.column > event->start_mark.column; /* a closing bracket has a width */
    if (flow && one_line)
        node->span.width = (int)event->end_mark.column + 1 - node->span.column;
    else if (!flow && node->kind == NODE_MAP && node->count)
        node->span.width = node->keys[0]->span.width;
    if (node->kind == NODE_MAP)
        resolve_merge(builder, node);
    anchor_close(builder, frame.anchor, frame.height, builder->expanded - frame.expanded_before);
    give(builder, node, frame.height);
}

static void take_alias(Builder *builder, const yaml_event_t *event)
{
    const char *name = (const char *)event->data.alias.anchor;
    Span span = span_between(builder->source, event->start_mark, event->end_mark);
    for (int i = builder->anchors; i-- > 0;) {
        const Anchor *anchor = &builder->anchor[i];
        if (strcmp(anchor->name, name) != 0)
            continue;
        if (anchor->open)
            break;
        count_aliased(builder, span, anchor->expanded);
        if (!builder->stopped)
            give(builder, anchor->node, anchor->height);
        return;
    }
    stop(builder);
    for (int i = 0; i < builder->anchors; i++)
        if (strcmp(builder->anchor[i].name, name) == 0) {
            error_at(span, "'*%.60s' stands inside what it refers to", name);
            return;
        }
    error_at(span, "there is no anchor '&%.60s' before this alias", name);
}

static void take_document(Builder *builder, const yaml_event_t *event)
{
    if (builder->documents++ == 0)
        return;
    error_at(span_at(builder->source, event->start_mark), "a second document begins here; a %s is one document",
             builder->source->what);
    stop(builder);
}

static void take_event(Builder *builder, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        take_document(builder, event);
        break;
    case YAML_SCALAR_EVENT:
        take_scalar(builder, event);
        break;
    case YAML_ALIAS_EVENT:
        take_alias(builder, event);
        break;
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT:
        take_start(builder, event);
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        take_end(builder, event);
        break;
    default:
        break;
    }
}

static void take_events(Builder *builder, yaml_parser_t *parser)
{
    for (bool end = false; !end && !builder->stopped;) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event)) {
            report_parser(builder, parser);
            return;
        }
        end = event.type == YAML_STREAM_END_EVENT;
        take_event(builder, &event);
        yaml_event_delete(&event);
    }
}

Node *yaml_read(Source *source)
{
    int errors_before = source->report->errors;
    Builder *builder = NEW(Builder);
    builder->source = source;
    if (source->length > BYTES_MAX) {
        error_at((Span){.source = source}, "is %zu bytes long; a %s has at most %d", source->length, source->what,
                 BYTES_MAX);
        return NULL;
    }
    if (!text_is_good(source))
        return NULL;
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) {
        fprintf(stderr, "nnc: out of memory\n");
        exit(3);
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)source->text, source->length);
    take_events(builder, &parser);
    yaml_parser_delete(&parser);
    if (!builder->root && !builder->stopped)
        error_at((Span){source, 1, 1, 1}, "there is no %s in this file", source->what);
    return source->report->errors > errors_before ? NULL : builder->root;
}
