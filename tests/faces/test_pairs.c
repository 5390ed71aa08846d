/* test_pairs.c - lists of pairs, well formed and not, and what a folder holds of them. */
#include "support.h"

#include "pairs.h"

#include <stdlib.h>
#include <sys/stat.h>

static char folder[] = "/tmp/nnc-pairs-XXXXXX";

static const char *at(const char *name)
{
    return context_format(&context, "%s/%s", folder, name);
}

static const char *save(const char *name, const char *text)
{
    FILE *file = fopen(at(name), "wb");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    return at(name);
}

static const char list[] = "2\t2\n"
                           "Ada\t1\t3\n"
                           "Bob\t2\t1\n"
                           "Ada\t1\tBob\t1\n"
                           "Cy\t1\tAda\t3\n"
                           "Dee\t10\t4\r\n"
                           "Ada 1  2\n"
                           "Dee\t4\tAda\t1\n"
                           "Ada\t2\tDee\t10\n";

static void test_folds_and_kinds(void **state)
{
    (void)state;
    Pairs pairs = pairs_read(&context, save("list", list));
    static const bool same[] = {true, true, false, false, true, true, false, false};
    assert_int_equal(pairs.folds, 2);
    assert_int_equal(pairs.count, 8);
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(pairs.pair[i].fold, i / 4);
        assert_int_equal(pairs.pair[i].same, same[i]);
    }
    assert_string_equal(pairs.photograph[pairs.pair[0].one], "Ada/Ada_0001");
    assert_string_equal(pairs.photograph[pairs.pair[0].other], "Ada/Ada_0003");
    assert_string_equal(pairs.photograph[pairs.pair[3].one], "Cy/Cy_0001");
    assert_string_equal(pairs.photograph[pairs.pair[4].one], "Dee/Dee_0010");
    assert_int_equal(pairs.photographs, 8);
}

static void test_one_number_is_one_fold(void **state)
{
    (void)state;
    Pairs pairs = pairs_read(&context, save("one", "1\nAda\t1\t2\nAda\t1\tBob\t1\n"));
    assert_int_equal(pairs.folds, 1);
    assert_int_equal(pairs.count, 2);
}

static void read_list(Context *own, void *path)
{
    pairs_read(own, path);
}

static void refused(const char *text, const char *words)
{
    char *path = (char *)(uintptr_t)save("wrong", text);
    const char *message = failure_of(read_list, path);
    if (strstr(message, words) == NULL)
        fail_msg("\"%s\" instead of \"%s\"", message, words);
}

static void test_what_is_no_list_is_refused_at_its_line(void **state)
{
    (void)state;
    refused("", "wrong:1: error: the first line has two numbers");
    refused("10 300 5\n", "wrong:1: error: the first line has two numbers");
    refused("ten 300\n", "wrong:1: error: \"ten\" is no number from 1 to 1000");
    refused("1 99999999999999999999\n", "wrong:1: error: \"99999999999999999999\" is no number");
    refused("1000 100000\n", "wrong:1: error: \"100000\" is no number from 1 to 1000");
    refused("1 0\n", "wrong:1: error: \"0\" is no number");
    refused("1 1\nAda 1 2\n", "wrong:3: error: here a pair of two people is expected");
    refused("1 1\nAda 1 Bob 2\nAda 1 2\n", "wrong:2: error: here a pair of one person is expected");
    refused("1 1\nAda 1 2\nAda 1 Bob 1 9\n", "wrong:3: error: here a pair of two people is expected");
    refused("1 1\nAda 1 two\nAda 1 Bob 1\n", "wrong:2: error: \"two\" is no number");
    refused("1 1\nAda 1 -2\nAda 1 Bob 1\n", "wrong:2: error: \"-2\" is no number");
    refused("1 1\nAda 1 2\nAda 1 Bob 1\nAda 1 2\n", "wrong:4: error: more lines");
    refused("1 1\n../x 1 2\nAda 1 Bob 1\n", "wrong:2: error: \"../x\" is no name of a folder");
    refused("1 1\n.. 1 2\nAda 1 Bob 1\n", "wrong:2: error: \"..\" is no name of a folder");
}

static void photograph(const char *person, const char *file)
{
    mkdir(at(person), 0777);
    save(context_format(&context, "%s/%s", person, file), "P5 1 1 255\nx");
}

static void hold(Context *own, void *pairs)
{
    pairs_hold(own, pairs, folder);
}

static void test_a_folder_holds_whole_folds(void **state)
{
    (void)state;
    Pairs pairs = pairs_read(&context, save("list", list));
    assert_non_null(strstr(failure_of(hold, &pairs), "no fold of the pairs is there whole"));
    photograph("Ada", "Ada_0001.jpg");
    photograph("Ada", "Ada_0002.png");
    photograph("Dee", "Dee_0010.pgm");
    photograph("Dee", "Dee_0004.bmp");
    Pairs_held held = pairs_hold(&context, &pairs, folder);
    assert_int_equal(held.pairs.folds, 1);
    assert_int_equal(held.fold[0], 2);
    assert_int_equal(held.pairs.count, 4);
    assert_int_equal(held.pairs.photographs, 4);
    assert_int_equal(held.pairs.pair[0].fold, 0);
    assert_string_equal(held.pairs.photograph[held.pairs.pair[0].one], at("Dee/Dee_0010.pgm"));
    assert_string_equal(held.pairs.photograph[held.pairs.pair[3].one], at("Ada/Ada_0002.png"));
    assert_string_equal(held.missing, at("Ada/Ada_0003.jpg"));
    photograph("Ada", "Ada_0003.jpeg");
    photograph("Bob", "Bob_0001.jpg");
    photograph("Bob", "Bob_0002.ppm");
    photograph("Cy", "Cy_0001.jpg");
    held = pairs_hold(&context, &pairs, folder);
    assert_int_equal(held.pairs.folds, 2);
    assert_int_equal(held.pairs.count, 8);
    assert_null(held.missing);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
    release(state);
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_folds_and_kinds),
        cmocka_unit_test(test_one_number_is_one_fold),
        cmocka_unit_test(test_what_is_no_list_is_refused_at_its_line),
        cmocka_unit_test(test_a_folder_holds_whole_folds),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
