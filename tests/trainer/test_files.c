/* test_files.c - files are written whole or not at all, and read without believing them. */
#include "support.h"

#include "file.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static size_t hundred(const unsigned char *head, size_t length)
{
    (void)head;
    (void)length;
    return 100;
}

static void write_hello(Context *context, void *path)
{
    file_write(context, path, "hello", 5);
}

static void check_writable(Context *context, void *path)
{
    file_check_writable(context, path);
}

static void read_it(Context *context, void *path)
{
    file_read(context, path, hundred);
}

static void test_file_write_replaces_the_file_and_leaves_nothing_else(void **state)
{
    (void)state;
    put_text("old.txt", "old");
    expect_success(write_hello, (void *)(uintptr_t)path_of("old.txt"));
    char *text = get_text("old.txt", NULL);
    assert_string_equal(text, "hello");
    free(text);
    assert_false(exists("old.txt.part"));
}

static void test_file_write_follows_a_link_to_the_file(void **state)
{
    (void)state;
    put_text("real.txt", "old");
    assert_int_equal(symlink("real.txt", path_of("link.txt")), 0);
    expect_success(write_hello, (void *)(uintptr_t)path_of("link.txt"));
    struct stat status;
    assert_int_equal(lstat(path_of("link.txt"), &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    char *text = get_text("real.txt", NULL);
    assert_string_equal(text, "hello");
    free(text);
}

static void test_file_write_does_not_replace_a_device(void **state)
{
    (void)state;
    expect_success(write_hello, (void *)(uintptr_t) "/dev/null");
    struct stat status;
    assert_int_equal(stat("/dev/null", &status), 0);
    assert_true(S_ISCHR(status.st_mode));
}

static void test_file_unwritable_places_are_named_before_the_work(void **state)
{
    (void)state;
    expect_failure(check_writable, (void *)(uintptr_t)path_of("no/such/folder.txt"), "folder.txt: error: cannot write");
    expect_failure(check_writable, (void *)(uintptr_t)folder(), "it is a directory");
    expect_success(check_writable, (void *)(uintptr_t)path_of("fine.txt"));
    assert_false(exists("fine.txt"));
    assert_false(exists("fine.txt.part"));
}

static void test_file_missing_and_directories_are_no_files(void **state)
{
    (void)state;
    expect_failure(read_it, (void *)(uintptr_t)path_of("none"), "none: error: cannot read it: No such file");
    expect_failure(read_it, (void *)(uintptr_t)folder(), "it is a directory");
}

static void read_bomb(Context *context, void *argument)
{
    File_bytes file = file_read(context, argument, hundred);
    assert_true(file.length <= 1 << 16);
}

static void test_file_reads_no_more_of_a_bomb_than_wanted(void **state)
{
    (void)state;
    size_t length = (size_t)64 << 20;
    char *zeros = calloc(length, 1);
    put_gz("bomb.gz", zeros, length);
    free(zeros);
    expect_success(read_bomb, (void *)(uintptr_t)path_of("bomb.gz"));
}

static void test_file_truncated_gzip_is_refused(void **state)
{
    (void)state;
    char text[5000];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(i * i % 251);
    put_gz("cut.gz", text, sizeof text);
    size_t length;
    char *packed = get_text("cut.gz", &length);
    put_bytes("cut.gz", packed, length / 2);
    expect_failure(read_it, (void *)(uintptr_t)path_of("cut.gz"), "the compressed data end in the middle");
    packed[length / 2] ^= 0x55;
    put_bytes("cut.gz", packed, length);
    expect_failure(read_it, (void *)(uintptr_t)path_of("cut.gz"), "cannot read it");
    free(packed);
}

const struct CMUnitTest files_tests[] = {
    cmocka_unit_test(test_file_write_replaces_the_file_and_leaves_nothing_else),
    cmocka_unit_test(test_file_write_follows_a_link_to_the_file),
    cmocka_unit_test(test_file_write_does_not_replace_a_device),
    cmocka_unit_test(test_file_unwritable_places_are_named_before_the_work),
    cmocka_unit_test(test_file_missing_and_directories_are_no_files),
    cmocka_unit_test(test_file_reads_no_more_of_a_bomb_than_wanted),
    cmocka_unit_test(test_file_truncated_gzip_is_refused),
};
const size_t files_count = sizeof files_tests / sizeof *files_tests;
