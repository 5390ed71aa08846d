/* test_yaml.c - compiler/yaml.c: what a document means, where it stands, and that no document is too much. The messages
 * themselves are in tests/golden/errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "nnc.h"

static Report report;
static char *said;
static size_t said_length;

static int start(void **state)
{
    (void)state;
    report = (Report){.stream = open_memstream(&said, &said_length)};
    return report.stream ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    fclose(report.stream);
    free(said);
    return 0;
}

/* A text that may hold NULs. */
static Node *read_bytes_of(const char *text, size_t length)
{
    Source *source = source_of_text("t", text, &report);
    source->length = length;
    return yaml_read(source);
}

static Node *read_text(const char *text)
{
    return yaml_read(source_of_text("t", text, &report));
}

static void assert_span(const Node *node, int line, int column, int width)
{
    assert_int_equal(node->span.line, line);
    assert_int_equal(node->span.column, column);
    assert_int_equal(node->span.width, width);
}

/* The document as one line, for comparison. */
static void describe(Text *text, const Node *node)
{
    if (node->kind == NODE_SCALAR) {
        text_add(text, node->quoted ? "\"%s\"" : "%s", node->text);
        return;
    }
    text_add(text, node->kind == NODE_LIST ? "[" : "{");
    for (int i = 0; i < node->count; i++) {
        text_add(text, "%s", i ? ", " : "");
        if (node->kind == NODE_MAP)
            text_add(text, "%s: ", node->keys[i]->text);
        describe(text, node->items[i]);
    }
    text_add(text, node->kind == NODE_LIST ? "]" : "}");
}

static void assert_means(const char *document, const char *meaning)
{
    Node *node = read_text(document);
    assert_non_null(node);
    Text text = {0};
    describe(&text, node);
    assert_string_equal(text.bytes, meaning);
    assert_int_equal(report.errors, 0);
}

static void assert_refused(const char *document, const char *place)
{
    int before = report.errors;
    assert_null(read_text(document));
    assert_true(report.errors > before);
    fflush(report.stream);
    if (!strstr(said, place))
        fail_msg("expected a message at %s, got: %.300s", place, said);
}

static void test_lists_maps_and_scalars(void **state)
{
    (void)state;
    assert_means("a: 1\nb: [x, \"2\", {c: }]\nd:\n  - e\n  - f: g\n    h: 'i'\n",
                 "{a: 1, b: [x, \"2\", {c: }], d: [e, {f: g, h: \"i\"}]}");
    assert_means("just a word", "just a word");
    assert_means("a: |\n  two\n  lines\n", "{a: \"two\nlines\n\"}");
    assert_means("%YAML 1.1\n---\na: 1\n...\n", "{a: 1}");
    assert_means("\xEF\xBB\xBF"
                 "a: é\r\nb: 2\r\n",
                 "{a: é, b: 2}");
}

static void test_spans_count_characters(void **state)
{
    (void)state;
    Node *node = read_text("é: [ü, \"xy\"]\nk:\n  - {ab: cd}\n  - ef: gh\n    ij: kl\n");
    assert_non_null(node);
    assert_span(node->keys[0], 1, 1, 1);
    assert_span(node->items[0], 1, 4, 9);
    assert_span(node->items[0]->items[0], 1, 5, 1);
    assert_span(node->items[0]->items[1], 1, 8, 4);
    const Node *list = node->items[1];
    assert_span(list, 3, 3, 1);
    assert_span(list->items[0], 3, 5, 8);
    assert_span(list->items[1], 4, 5, 2);
    assert_span(list->items[1]->items[1], 5, 9, 2);
}

static void test_alias_is_the_same_node(void **state)
{
    (void)state;
    Node *node = read_text("a: &x {k: 1}\nb: *x\nc: [*x, *x]\n");
    assert_non_null(node);
    assert_ptr_equal(node_get(node, "a"), node_get(node, "b"));
    assert_ptr_equal(node_get(node, "a"), node_get(node, "c")->items[1]);
}

static void test_anchor_may_be_redefined(void **state)
{
    (void)state;
    assert_means("[&a 1, *a, &a 2, *a]", "[1, 1, 2, 2]");
}

static void test_merge_keys_yield_to_own_and_earlier_ones(void **state)
{
    (void)state;
    assert_means("- &a {x: 1, y: 2}\n- &b {y: 3, z: 4}\n- {<<: *a, x: 9}\n- {<<: [*a, *b]}\n- {y: 0, <<: *b}\n",
                 "[{x: 1, y: 2}, {y: 3, z: 4}, {x: 9, y: 2}, {x: 1, y: 2, z: 4}, {y: 0, z: 4}]");
}

static void test_merge_does_not_change_what_is_merged(void **state)
{
    (void)state;
    Node *node = read_text("- &a {x: 1}\n- {<<: *a, y: 2}\n");
    assert_non_null(node);
    assert_int_equal(node->items[0]->count, 1);
    assert_int_equal(node->items[1]->count, 2);
}

static void test_quoted_merge_key_is_a_word(void **state)
{
    (void)state;
    assert_means("{\"<<\": {x: 1}}", "{<<: {x: 1}}");
}

static void test_get_finds_keys_of_maps_alone(void **state)
{
    (void)state;
    Node *node = read_text("a: [b, c]\n");
    assert_non_null(node);
    assert_null(node_get(node, "b"));
    assert_null(node_get(node_get(node, "a"), "b"));
    assert_non_null(node_get(node, "a"));
}

static void test_every_duplicate_key_is_told(void **state)
{
    (void)state;
    assert_null(read_text("a: 1\nb: {c: 1, c: 2}\na: 3\n"));
    assert_int_equal(report.errors, 2);
    fflush(report.stream);
    assert_non_null(strstr(said, "t:2:11: error"));
    assert_non_null(strstr(said, "t:3:1: error"));
    assert_non_null(strstr(said, "t:1:1: note"));
}

static void test_bytes_that_are_no_text_are_refused_at_their_place(void **state)
{
    (void)state;
    assert_refused("a: 1\nb: \x80\n", "t:2:4: error");
    assert_refused("é: \xc3(\n", "t:1:4: error");
    assert_refused("a: \xed\xa0\x80", "t:1:4: error");
    assert_refused("a: \xf5\x80\x80\x80", "t:1:4: error");
    assert_refused("a: \xe2\x80\xa8", "t:1:4: error");
    assert_null(read_bytes_of("a: 1\n\0: 2\n", 10));
    assert_null(read_bytes_of("a: \xc3", 4));
    assert_null(read_bytes_of("\xff\xfe"
                              "a\0:\0 \0"
                              "1\0",
                              10));
}

/* ---- bounds ---- */

static char *repeat(const char *head, const char *item, int times, const char *tail)
{
    Text text = {0};
    text_add(&text, "%s", head);
    for (int i = 0; i < times; i++)
        text_add_bytes(&text, item, strlen(item));
    text_add(&text, "%s", tail);
    return text.bytes;
}

static void test_depth_is_bounded(void **state)
{
    (void)state;
    char *good = repeat("", "[", 64, repeat("", "]", 64, ""));
    assert_non_null(read_text(good));
    assert_refused(repeat("", "[", 65, repeat("", "]", 65, "")), "t:1:65: error");
    assert_refused(repeat("", "- ", 100, "x"), "t:1:129: error");
}

static void test_number_of_keys_is_bounded(void **state)
{
    (void)state;
    Text text = {0};
    for (int i = 0; i < 1024; i++)
        text_add(&text, "k%d: 1\n", i);
    assert_non_null(read_text(text.bytes));
    text_add(&text, "last: 1\n");
    assert_refused(text.bytes, "t:1025:1: error");
}

static void test_number_of_anchors_is_bounded(void **state)
{
    (void)state;
    assert_non_null(read_text(repeat("", "- &a x\n", 256, "")));
    assert_refused(repeat("", "- &a x\n", 257, ""), "t:257:3: error");
}

static void test_size_is_bounded(void **state)
{
    (void)state;
    assert_non_null(read_text(repeat("a: 1\n#", "x", (1 << 20) - 6, "")));
    assert_refused(repeat("a: 1\n#", "x", (1 << 20) - 5, ""), "t: error: is 1048577 bytes long");
}

static void test_many_aliases_of_small_things_are_fine(void **state)
{
    (void)state;
    Node *node = read_text(repeat("- &a {units: 3}\n", "- *a\n", 10000, ""));
    assert_non_null(node);
    assert_int_equal(node->count, 10001);
}

/* Documents that make a careless reader quadratic, exponential, or overflow its stack. */
static void test_hostile_documents_end_soon(void **state)
{
    (void)state;
    enum { MOST = 1000000 };
    Text bomb = {0}, anchors = {0};
    text_add(&bomb, "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n");
    for (int i = 1; i < 30; i++)
        text_add(&bomb, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d]\n", i, i, i - 1, i - 1, i - 1, i - 1);
    for (int i = 0; i < 250; i++)
        text_add(&anchors, "- &a%d x\n", i);
    Text keys = {0};
    text_add(&keys, "- &a {");
    for (int i = 0; i < 250; i++)
        text_add(&keys, "k%d: 1, ", i);
    text_add(&keys, "}\n");
    const char *const documents[] = {
        bomb.bytes,
        repeat(anchors.bytes, "- *a0\n", MOST / 8, ""),
        repeat(keys.bytes, "- {<<: *a}\n", MOST / 12, ""),
        repeat("", "[", MOST, ""),
        repeat("", "{", MOST, ""),
        repeat("", "- ", MOST / 2, ""),
        repeat("", "? ", MOST / 2, ""),
        repeat("", "a", MOST, ": 1"),
        repeat("a: [", "1,", MOST / 2, "]"),
        repeat("", "%TAG !a! b\n", MOST / 12, ""),
        repeat("", "%YAML 1.1\n", MOST / 12, ""),
        repeat("", "---\n", MOST / 4, ""),
        repeat("a: \"", "x\n", MOST / 2, "\""),
        repeat("", "*a ", MOST / 3, ""),
        repeat("", "\n", MOST, "a: 1"),
        repeat("", ": ", MOST / 2, ""),
    };
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
        clock_t before = clock();
        read_text(documents[i]);
        double seconds = (double)(clock() - before) / CLOCKS_PER_SEC;
        if (seconds > 5)
            fail_msg("document %zu took %.1f s", i, seconds);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lists_maps_and_scalars, start, stop),
        cmocka_unit_test_setup_teardown(test_spans_count_characters, start, stop),
        cmocka_unit_test_setup_teardown(test_alias_is_the_same_node, start, stop),
        cmocka_unit_test_setup_teardown(test_anchor_may_be_redefined, start, stop),
        cmocka_unit_test_setup_teardown(test_merge_keys_yield_to_own_and_earlier_ones, start, stop),
        cmocka_unit_test_setup_teardown(test_merge_does_not_change_what_is_merged, start, stop),
        cmocka_unit_test_setup_teardown(test_quoted_merge_key_is_a_word, start, stop),
        cmocka_unit_test_setup_teardown(test_get_finds_keys_of_maps_alone, start, stop),
        cmocka_unit_test_setup_teardown(test_every_duplicate_key_is_told, start, stop),
        cmocka_unit_test_setup_teardown(test_bytes_that_are_no_text_are_refused_at_their_place, start, stop),
        cmocka_unit_test_setup_teardown(test_depth_is_bounded, start, stop),
        cmocka_unit_test_setup_teardown(test_number_of_keys_is_bounded, start, stop),
        cmocka_unit_test_setup_teardown(test_number_of_anchors_is_bounded, start, stop),
        cmocka_unit_test_setup_teardown(test_size_is_bounded, start, stop),
        cmocka_unit_test_setup_teardown(test_many_aliases_of_small_things_are_fine, start, stop),
        cmocka_unit_test_setup_teardown(test_hostile_documents_end_soon, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
