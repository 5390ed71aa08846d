/* test_fill.c - texts with blanks, and archives of them: compiler/fill.c, compiler/zip.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fill.h"
#include "zip.h"

static void assert_filled(const char *pattern, const char *expected)
{
    Blanks blanks = {0};
    Text text = {0};
    blank_add(&blanks, "name", "net");
    blank_add(&blanks, "lines", "one\ntwo\n");
    blank_add(&blanks, "empty", NULL);
    blank_add(&blanks, "mark", "@name@");
    fill(&text, pattern, &blanks);
    assert_string_equal(text.bytes ? text.bytes : "", expected);
}

static void test_fill_puts_values_in_blanks(void **state)
{
    (void)state;
    assert_filled("", "");
    assert_filled("@name@", "net");
    assert_filled("src/@name@.c", "src/net.c");
    assert_filled("<@name@@name@>\n", "<netnet>\n");
    assert_filled("a@@name@@b", "a@net@b");
}

static void test_fill_leaves_what_is_no_blank(void **state)
{
    (void)state;
    assert_filled("@ @@ name@ @nam@ @names@ $@ jane@example.com @", "@ @@ name@ @nam@ @names@ $@ jane@example.com @");
    assert_filled("@?nam@ @!x", "@?nam@ @!x");
}

static void test_fill_does_not_search_values_for_blanks(void **state)
{
    (void)state;
    assert_filled("@mark@ @name@", "@name@ net");
}

static void test_fill_keeps_lines_by_condition(void **state)
{
    (void)state;
    assert_filled("@?name@a\n@!name@b\nc\n", "a\nc\n");
    assert_filled("@?empty@a\n@!empty@b\nc", "b\nc");
    assert_filled("@?name@@!empty@both\n@?name@@?empty@one\n", "both\n");
    assert_filled("x @?name@\n", "x @?name@\n");
}

static void test_fill_takes_the_end_of_a_line_from_whole_lines(void **state)
{
    (void)state;
    assert_filled("<\n@lines@\n>\n", "<\none\ntwo\n>\n");
    assert_filled("<\n@empty@\n>\n", "<\n>\n");
    assert_filled("<\n@name@\n>\n", "<\nnet\n>\n");
    assert_filled("<@empty@\n>\n", "<\n>\n");
}

static void test_zip_of_the_same_files_is_the_same(void **state)
{
    (void)state;
    const Output files[] = {{"a", "one", 3}, {"b/c", "", 0}};
    Text first = {0}, second = {0};
    zip_add(&first, files, 2);
    zip_add(&second, files, 2);
    assert_int_equal(first.length, second.length);
    assert_memory_equal(first.bytes, second.bytes, first.length);
    assert_memory_equal(first.bytes + first.length - 22, "PK\5\6", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fill_puts_values_in_blanks),
        cmocka_unit_test(test_fill_leaves_what_is_no_blank),
        cmocka_unit_test(test_fill_does_not_search_values_for_blanks),
        cmocka_unit_test(test_fill_keeps_lines_by_condition),
        cmocka_unit_test(test_fill_takes_the_end_of_a_line_from_whole_lines),
        cmocka_unit_test(test_zip_of_the_same_files_is_the_same),
    };
    return cmocka_run_group_tests_name("fill", tests, NULL, NULL);
}
