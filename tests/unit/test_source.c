/* test_source.c - places and messages: compiler/source.c, and the memory under them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "nnc.h"

/* What is said goes to a file in memory. */
typedef struct Listener {
    Report report;
    char *said;
    size_t length;
} Listener;

static void listen(Listener *listener)
{
    memset(listener, 0, sizeof *listener);
    listener->report.stream = open_memstream(&listener->said, &listener->length);
    assert_non_null(listener->report.stream);
}

static void assert_said(Listener *listener, const char *expected)
{
    fclose(listener->report.stream);
    assert_string_equal(listener->said, expected);
    free(listener->said);
}

static Span at(const Source *source, int line, int column, int width)
{
    return (Span){source, line, column, width};
}

static void test_error_shows_place_line_and_caret(void **state)
{
    (void)state;
    Listener listener;
    listen(&listener);
    Source *source = source_of_text("a.yaml", "one\n  - conv2d: {kernel: 31}\n", &listener.report);
    error_at(at(source, 2, 22, 2), "a %d x %d kernel does not fit", 31, 31);
    note_at(at(source, 1, 1, 3), "the size comes from here");
    hint(at(source, 1, 1, 3), "take %d", 28);
    assert_int_equal(listener.report.errors, 1);
    assert_said(&listener, "a.yaml:2:22: error: a 31 x 31 kernel does not fit\n"
                           "    2 |   - conv2d: {kernel: 31}\n"
                           "      |                      ^~\n"
                           "a.yaml:1:1: note: the size comes from here\n"
                           "hint: take 28\n");
}

static void test_warning_is_not_counted(void **state)
{
    (void)state;
    Listener listener;
    listen(&listener);
    Source *source = source_of_text("a.yaml", "one two\n", &listener.report);
    warning_at(at(source, 1, 5, 3), "odd");
    assert_int_equal(listener.report.errors, 0);
    assert_said(&listener, "a.yaml:1:5: warning: odd\n    1 | one two\n      |     ^~~\n");
}

static void test_place_without_line_has_no_excerpt(void **state)
{
    (void)state;
    Listener listener;
    listen(&listener);
    Source *source = source_of_text("a.yaml", "one\n", &listener.report);
    error_at((Span){.source = source}, "too large");
    assert_said(&listener, "a.yaml: error: too large\n");
}

static void test_errors_beyond_the_limit_are_only_counted(void **state)
{
    (void)state;
    Listener listener;
    listen(&listener);
    Source *source = source_of_text("a.yaml", "", &listener.report);
    for (int i = 0; i < ERRORS_MAX + 5; i++) {
        error_at((Span){.source = source}, "e");
        hint((Span){.source = source}, "h");
        note_at((Span){.source = source}, "n");
    }
    assert_int_equal(listener.report.errors, ERRORS_MAX + 5);
    fflush(listener.report.stream);
    int lines = 0;
    for (const char *c = listener.said; *c; c++)
        lines += *c == '\n';
    assert_int_equal(lines, 3 * ERRORS_MAX + 1);
    fclose(listener.report.stream);
    free(listener.said);
}

static void test_caret_stands_under_text_behind_tabs_and_accents(void **state)
{
    (void)state;
    Listener listener;
    listen(&listener);
    Source *source = source_of_text("a", "\té\t世x\n", &listener.report);
    error_at(at(source, 1, 5, 1), "x");
    assert_said(&listener, "a:1:5: error: x\n    1 | \té\t世x\n      | \t \t  ^\n");
}

static void test_wide_character_is_underlined_whole(void **state)
{
    (void)state;
    Listener listener;
    listen(&listener);
    Source *source = source_of_text("a", "世界\n", &listener.report);
    error_at(at(source, 1, 1, 2), "x");
    assert_said(&listener, "a:1:1: error: x\n    1 | 世界\n      | ^~~~\n");
}

static void test_caret_may_stand_behind_the_line(void **state)
{
    (void)state;
    Listener listener;
    listen(&listener);
    Source *source = source_of_text("a", "ab", &listener.report);
    error_at(at(source, 1, 4, 1), "end");
    error_at(at(source, 9, 1, 1), "no such line");
    assert_said(&listener, "a:1:4: error: end\n    1 | ab\n      |    ^\na:9:1: error: no such line\n");
}

static void test_long_line_is_cut_around_the_caret(void **state)
{
    (void)state;
    Listener listener;
    listen(&listener);
    char text[1001];
    memset(text, 'a', 1000);
    text[500] = 'X';
    text[1000] = '\0';
    Source *source = source_of_text("a", text, &listener.report);
    error_at(at(source, 1, 501, 1), "here");
    fclose(listener.report.stream);
    char *line = strchr(listener.said, '\n') + 1, *marks = strchr(line, '\n') + 1;
    assert_true(marks - line < 120);
    assert_int_equal(strchr(line, 'X') - line, strchr(marks, '^') - marks);
    assert_memory_equal(strstr(line, "| ") + 2, "...a", 4);
    free(listener.said);
}

static void test_control_characters_are_not_printed(void **state)
{
    (void)state;
    Listener listener;
    listen(&listener);
    Source *source = source_of_text("a", "x\033[31m\xff y\r\n", &listener.report);
    error_at(at(source, 1, 1, 1), "bad \033[0m\nword \xe2\x80\xae");
    assert_said(&listener, "a:1:1: error: bad ?[0m?word ?\n    1 | x?[31m? y\n      | ^\n");
}

static void test_long_message_is_cut(void **state)
{
    (void)state;
    Listener listener;
    listen(&listener);
    Source *source = source_of_text("a", "", &listener.report);
    char *word = malloc(100001);
    memset(word, 'w', 100000);
    word[100000] = '\0';
    error_at(at(source, 1, 1, 1), "%s", word);
    fclose(listener.report.stream);
    assert_true(strlen(listener.said) < 2100);
    assert_non_null(strstr(listener.said, "w...\n"));
    free(listener.said);
    free(word);
}

static void test_nearest_forgives_swaps_case_and_underscores(void **state)
{
    (void)state;
    const char *const words[] = {"dense", "conv2d", "max_pool2d", "relu"};
    assert_string_equal(nearest("desne", words, 4), "dense");
    assert_string_equal(nearest("MaxPool2D", words, 4), "max_pool2d");
    assert_string_equal(nearest("maxpool", words, 4), "max_pool2d");
    assert_string_equal(nearest("Relu", words, 4), "relu");
    assert_string_equal(nearest("conv", words, 4), "conv2d");
    assert_null(nearest("zebra", words, 4));
    assert_null(nearest("", words, 4));
    assert_null(nearest("dense", words, 0));
}

static void test_nearest_gives_up_on_very_long_words(void **state)
{
    (void)state;
    const char *const words[] = {"dense"};
    char word[1000];
    memset(word, 'd', sizeof word);
    word[999] = '\0';
    assert_null(nearest(word, words, 1));
}

static void write_file(const char *path, const char *bytes, size_t length)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static void test_open_reads_bytes_and_drops_the_byte_order_mark(void **state)
{
    (void)state;
    Listener listener;
    listen(&listener);
    char path[] = "/tmp/test_source_XXXXXX";
    close(mkstemp(path));
    write_file(path,
               "\xEF\xBB\xBF"
               "a\0b\n",
               7);
    Source *source = source_open(path, &listener.report);
    assert_non_null(source);
    assert_int_equal(source->length, 4);
    assert_memory_equal(source->text, "a\0b\n", 5);
    write_file(path, "", 0);
    source = source_open(path, &listener.report);
    assert_non_null(source);
    assert_int_equal(source->length, 0);
    assert_string_equal(source->text, "");
    unlink(path);
    assert_said(&listener, "");
}

static void test_open_tells_what_cannot_be_read(void **state)
{
    (void)state;
    Listener listener;
    listen(&listener);
    assert_null(source_open("/nowhere/a.yaml", &listener.report));
    assert_null(source_open("/", &listener.report));
    assert_null(source_open("/dev/zero", &listener.report));
    assert_int_equal(listener.report.errors, 3);
    assert_said(&listener, "/nowhere/a.yaml: error: cannot be read: No such file or directory\n"
                           "/: error: cannot be read: Is a directory\n"
                           "/dev/zero: error: is larger than 16 MiB\n");
}

static void test_push_keeps_items_while_it_grows(void **state)
{
    (void)state;
    int *items = NULL, count = 0;
    for (int i = 0; i < 1000; i++)
        PUSH(items, count, i * i);
    assert_int_equal(count, 1000);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(items[i], i * i);
}

static void test_text_grows_and_ends_with_nul(void **state)
{
    (void)state;
    Text text = {0};
    for (int i = 0; i < 1000; i++)
        text_add(&text, "%d,", i % 10);
    text_add_bytes(&text, "end", 3);
    assert_int_equal(text.length, 2003);
    assert_int_equal(strlen(text.bytes), 2003);
    assert_string_equal(text.bytes + 1996, "8,9,end");
    assert_string_equal(format("%s-%d", "a", 7), "a-7");
    assert_string_equal(format("%s", ""), "");
}

static void test_memory_is_zero_and_aligned(void **state)
{
    (void)state;
    for (size_t bytes = 0; bytes < 300000; bytes = bytes * 3 + 1) {
        unsigned char *memory = allocate(bytes);
        assert_int_equal((uintptr_t)memory % 16, 0);
        for (size_t i = 0; i < bytes; i++)
            assert_int_equal(memory[i], 0);
        memset(memory, 255, bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_error_shows_place_line_and_caret),
        cmocka_unit_test(test_warning_is_not_counted),
        cmocka_unit_test(test_place_without_line_has_no_excerpt),
        cmocka_unit_test(test_errors_beyond_the_limit_are_only_counted),
        cmocka_unit_test(test_caret_stands_under_text_behind_tabs_and_accents),
        cmocka_unit_test(test_wide_character_is_underlined_whole),
        cmocka_unit_test(test_caret_may_stand_behind_the_line),
        cmocka_unit_test(test_long_line_is_cut_around_the_caret),
        cmocka_unit_test(test_control_characters_are_not_printed),
        cmocka_unit_test(test_long_message_is_cut),
        cmocka_unit_test(test_nearest_forgives_swaps_case_and_underscores),
        cmocka_unit_test(test_nearest_gives_up_on_very_long_words),
        cmocka_unit_test(test_open_reads_bytes_and_drops_the_byte_order_mark),
        cmocka_unit_test(test_open_tells_what_cannot_be_read),
        cmocka_unit_test(test_push_keeps_items_while_it_grows),
        cmocka_unit_test(test_text_grows_and_ends_with_nul),
        cmocka_unit_test(test_memory_is_zero_and_aligned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
