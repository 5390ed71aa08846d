/* test_names.c - which names are taken, and how they are shown. */
#include "support.h"

#include "names.h"

static void check(Context *own, void *name)
{
    name_check(own, name);
}

static void refused(const char *name, const char *words)
{
    const char *message = failure_of(check, (char *)(uintptr_t)name);
    if (strstr(message, words) == NULL)
        fail_msg("\"%s\" instead of \"%s\"", message, words);
}

static void test_any_utf_8_is_a_name(void **state)
{
    (void)state;
    name_check(&context, "Ada Lovelace");
    name_check(&context, "\xc3\x85ngstr\xc3\xb6m");
    name_check(&context, "\xe6\x9d\x8e\xe5\xb0\x8f\xe9\xbe\x8d");
    name_check(&context, "\xf0\x9f\x98\x80");
    name_check(&context, "'); DROP TABLE person; --\n");
    name_check(&context, "\xf4\x8f\xbf\xbf"); /* U+10FFFF */
}

static void test_what_is_no_utf_8_is_refused_at_its_byte(void **state)
{
    (void)state;
    refused("", "a name is empty");
    refused("ab\x80", "byte 3 is 0x80");
    refused("\xc3", "byte 1 is 0xc3");
    refused("\xc3(", "byte 1 is 0xc3");
    refused("\xc0\xaf", "byte 1 is 0xc0");         /* / in two bytes */
    refused("\xe0\x80\xaf", "byte 1 is 0xe0");     /* in three */
    refused("\xf0\x80\x80\xaf", "byte 1 is 0xf0"); /* in four */
    refused("\xed\xa0\x80", "byte 1 is 0xed");     /* a surrogate */
    refused("\xf4\x90\x80\x80", "byte 1 is 0xf4"); /* U+110000 */
    refused("a\xff", "byte 2 is 0xff");
}

static void test_a_name_has_a_limit(void **state)
{
    (void)state;
    char name[NAME_BYTES_MAX + 2];
    memset(name, 'x', sizeof name);
    name[NAME_BYTES_MAX] = 0;
    name_check(&context, name);
    name[NAME_BYTES_MAX] = 'x';
    name[NAME_BYTES_MAX + 1] = 0;
    refused(name, "a name has 1001 bytes; at most 1000 are taken");
}

static void test_a_name_is_shown_on_one_line(void **state)
{
    (void)state;
    assert_string_equal(name_shown(&context, "\xc3\x85ngstr\xc3\xb6m \"x\""), "\xc3\x85ngstr\xc3\xb6m \"x\"");
    assert_string_equal(name_shown(&context, "a\nb\tc\\n"), "a\\x0ab\\x09c\\\\n");
    assert_string_equal(name_shown(&context, "\x1b[31m\x7f"), "\\x1b[31m\\x7f");
    assert_string_equal(name_shown(&context, "\xc2\x9b"), "\\x9b");
    assert_string_equal(name_shown(&context, "a\xe2\x80\xae"
                                             "b"),
                        "a\\u202eb");
    assert_string_equal(name_shown(&context, "a\xff"), "a\\xff");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_utf_8_is_a_name),
        cmocka_unit_test(test_what_is_no_utf_8_is_refused_at_its_byte),
        cmocka_unit_test(test_a_name_has_a_limit),
        cmocka_unit_test(test_a_name_is_shown_on_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
