/* test_images.c - folders of pictures as samples: their order, what tests, what cannot be read, and the cache. */
#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700
#endif
#include "support.h"

#include "folders.h"
#include "interrupt.h"
#include "networks.h"
#include "picture_cache.h"
#include "samples.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- pictures of 2 x 2 grey pixels, three classes ---- */

static const nnc_port square[] = {{"picture", NNC_REAL, 3, {2, 2, 1}, 4, 0, 0}};

static nnc_network picture_network(void)
{
    nnc_network network = classes_network;
    network.input = square;
    return network;
}

static void make_folder(const char *name)
{
    mkdir(path_of(name), 0777);
}

static void put_picture(const char *name, int a, int b, int c, int d)
{
    char pgm[] = "P5 2 2 255\n1234";
    const int level[] = {a, b, c, d};
    for (int i = 0; i < 4; i++)
        pgm[11 + i] = (char)level[i];
    put_bytes(name, pgm, 15);
}

/* root/CLASS/N.pgm, class c of `classes`, `each` of them: the class is bright at pixel c, N at the last. */
static void put_people(const char *root, const char *const *class, size_t classes, int each)
{
    char name[200];
    make_folder(root);
    for (size_t c = 0; c < classes; c++) {
        snprintf(name, sizeof name, "%s/%s", root, class[c]);
        make_folder(name);
        for (int i = 1; i <= each; i++) {
            snprintf(name, sizeof name, "%s/%s/%d.pgm", root, class[c], i);
            put_picture(name, c % 3 == 0 ? 250 : 10, c % 3 == 1 ? 250 : 10, c % 3 == 2 ? 250 : 10, i);
        }
    }
}

static const char *const three[] = {"s1", "s2", "s10"};
static const char *const five[] = {"ann", "bob", "eve", "joe", "kim"};

static void remove_tree(const char *name)
{
    char command[400];
    snprintf(command, sizeof command, "rm -rf '%s'", path_of(name));
    assert_int_equal(system(command), 0);
}

static Data_spec people(const char *folder)
{
    return (Data_spec){.format = DATA_IMAGES,
                       .place = "net.yaml:7:3",
                       .train.folder = folder,
                       .scale = 1.0 / 128,
                       .offset = -127.5 / 128};
}

typedef struct Loaded {
    Data_spec spec;
    nnc_network network;
    void (*look)(const Pool *pool, const Samples *samples);
    FILE *notes;
} Loaded;

static void load(Context *context, void *argument)
{
    Loaded *loaded = argument;
    context->notes = loaded->notes;
    Pool *pool = pool_read(context, &loaded->spec, &loaded->network, folder(), POOL_TRAIN | POOL_TEST, NULL);
    Split split = split_holdout(context, pool, &loaded->spec);
    Samples *samples = samples_make(context, pool, &split, &loaded->spec, &loaded->network, NULL);
    if (loaded->look != NULL)
        loaded->look(pool, samples);
}

static void look_at(Data_spec spec, void (*look)(const Pool *pool, const Samples *samples))
{
    Loaded loaded = {spec, picture_network(), look, NULL};
    expect_success(load, &loaded);
}

static void refuse(Data_spec spec, const char *part)
{
    Loaded loaded = {spec, picture_network(), NULL, NULL};
    expect_failure(load, &loaded, part);
}

/* The class and the last pixel of a sample. */
static int class_of(const Set *set, size_t sample)
{
    return ((const int32_t *)(const void *)set->target[0].values)[sample];
}

static int number_of(const Set *set, size_t sample)
{
    float x[4];
    samples_copy(&set->input[0], sizeof(float), sample, x);
    return (int)(x[3] * 128 + 127.5f + 0.5f);
}

/* ---- the order ---- */

static void test_images_names_are_in_natural_order(void **state)
{
    (void)state;
    static const char *const sorted[] = {"",    "-",    "007",   "7",  "8",       "10", "10a", "A",
                                         "a1b", "a1b2", "a1b10", "a2", "a2-0001", "b",  "s9",  "s10"};
    const size_t count = sizeof sorted / sizeof *sorted;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            int order = folders_compare(sorted[i], sorted[j]);
            assert_true(i < j ? order < 0 : i > j ? order > 0 : order == 0);
        }
    }
}

static void look_at_order(const Pool *pool, const Samples *samples)
{
    const Classes *classes = &pool->encoding->classes[0];
    assert_int_equal(classes->count, 3);
    for (size_t c = 0; c < 3; c++)
        assert_string_equal(classes->name[c], three[c]);
    assert_int_equal(samples->train.samples, 33);
    for (size_t i = 0; i < 33; i++) {
        assert_int_equal(class_of(&samples->train, i), i / 11);
        assert_int_equal(number_of(&samples->train, i), i % 11 + 1);
    }
    float x[4];
    samples_copy(&samples->train.input[0], sizeof(float), 0, x);
    assert_true(x[0] == (250 - 127.5f) / 128 && x[1] == (10 - 127.5f) / 128);
}

static void test_images_are_numbered_by_their_folders(void **state)
{
    (void)state;
    put_people("order", three, 3, 11);
    put_text("order/README", "s1 to s10\n");
    put_text("order/s1/note.txt", "taken on a Monday\n");
    put_text("order/s1/.hidden.pgm", "no picture\n");
    make_folder("order/.git");
    assert_int_equal(rename(path_of("order/s2/3.pgm"), path_of("order/s2/3.PGM")), 0);
    look_at(people("order"), look_at_order);
    remove_tree("order");
}

/* ---- what tests ---- */

static void look_at_last_two(const Pool *pool, const Samples *samples)
{
    assert_int_equal(pool->strangers.samples, 0);
    assert_int_equal(samples->train.samples, 27);
    assert_int_equal(samples->test.samples, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(class_of(&samples->test, i), i / 2);
        assert_int_equal(number_of(&samples->test, i), 10 + i % 2);
    }
}

static void look_at_share(const Pool *pool, const Samples *samples)
{
    (void)pool;
    int of[3] = {0};
    assert_int_equal(samples->test.samples, 6);
    for (size_t i = 0; i < 6; i++)
        of[class_of(&samples->test, i)]++;
    assert_true(of[0] == 2 && of[1] == 2 && of[2] == 2);
}

static void test_images_split_off_the_last_of_each_class_or_a_share(void **state)
{
    (void)state;
    put_people("split", three, 3, 11);
    Data_spec spec = people("split");
    spec.test.of_each = 2;
    look_at(spec, look_at_last_two);
    spec.test.of_each = 11;
    refuse(spec, "split/s1: error: this class has 11 pictures; with of_each: 11 of them");
    spec = people("split");
    spec.test.split = 0.2;
    look_at(spec, look_at_share);
    remove_tree("split");
}

static void look_at_strangers(const Pool *pool, const Samples *samples)
{
    const Strangers *strangers = &pool->strangers;
    assert_int_equal(strangers->samples, 8);
    assert_int_equal(strangers->classes.count, 2);
    assert_int_equal(samples->train.samples, 12);
    assert_int_equal(samples->test.samples, 0);
    assert_int_equal(pool->encoding->classes[0].count, 3);
    for (size_t c = 0; c < 3; c++) {
        for (size_t s = 0; s < 2; s++)
            assert_string_not_equal(pool->encoding->classes[0].name[c], strangers->classes.name[s]);
    }
}

static void look_at_bob_and_kim(const Pool *pool, const Samples *samples)
{
    look_at_strangers(pool, samples);
    assert_string_equal(pool->strangers.names, "bob, kim");
    for (size_t i = 0; i < 12; i++) { /* ann, eve, joe */
        static const int bright[] = {0, 2, 0};
        float x[4];
        samples_copy(&samples->train.input[0], sizeof(float), i, x);
        assert_int_equal(class_of(&samples->train, i), i / 4);
        assert_true(x[bright[i / 4]] > 0.9f);
    }
}

static char drawn[100];

static void keep_drawn(const Pool *pool, const Samples *samples)
{
    look_at_strangers(pool, samples);
    snprintf(drawn, sizeof drawn, "%s", pool->strangers.names);
}

static void test_images_split_by_class_keeps_people_apart(void **state)
{
    (void)state;
    put_people("apart", five, 5, 4);
    Data_spec spec = people("apart");
    spec.test.held_out = WORDS("kim", "bob");
    look_at(spec, look_at_bob_and_kim);
    static const char *places[] = {"net.yaml:9:30", "net.yaml:9:35"};
    spec.test.held_place = places;
    spec.test.held_out = WORDS("kim", "tom");
    refuse(spec, "net.yaml:9:35: error: by_class names tom, and there is no such folder in ");
    spec = people("apart");
    spec.test.by_class = 0.4;
    look_at(spec, keep_drawn);
    char first[100];
    memcpy(first, drawn, sizeof first);
    look_at(spec, keep_drawn);
    assert_string_equal(first, drawn);
    int other = 0;
    for (spec.seed = 1; spec.seed < 10; spec.seed++) {
        look_at(spec, keep_drawn);
        other += strcmp(first, drawn) != 0;
    }
    assert_true(other > 3);
    spec.test.by_class = 0.05;
    refuse(spec, "a share of 0.05 of 5 classes is not one class");
    spec.test.by_class = 0.2;
    refuse(spec, "apart: error: there are 5 classes in it, 4 of which train; target class of network classes takes 3");
    remove_tree("apart");
}

static void look_at_own_test_set(const Pool *pool, const Samples *samples)
{
    assert_int_equal(pool->strangers.samples, 0);
    assert_int_equal(samples->train.samples, 12);
    assert_int_equal(samples->test.samples, 4);
    assert_true(class_of(&samples->test, 0) == 1 && class_of(&samples->test, 2) == 2);
}

static void look_at_folder_of_strangers(const Pool *pool, const Samples *samples)
{
    assert_int_equal(pool->strangers.samples, 10);
    assert_int_equal(samples->train.samples, 12);
    assert_int_equal(samples->test.samples, 0);
}

static void test_images_of_a_test_folder_are_of_known_classes_or_of_none(void **state)
{
    (void)state;
    static const char *const known[] = {"s10", "s2"}, *const mixed[] = {"s1", "tom"};
    put_people("train", three, 3, 4);
    put_people("known", known, 2, 2);
    put_people("mixed", mixed, 2, 2);
    put_people("others", five, 5, 2);
    Data_spec spec = people("train");
    spec.test.folder = "mixed";
    refuse(spec, "mixed/tom: error: the classes to train on are s1, s2, s10; this is none of them");
    spec.test.folder = "others";
    look_at(spec, look_at_folder_of_strangers);
    spec.test.folder = "known";
    look_at(spec, look_at_own_test_set);
    remove_tree("train");
    remove_tree("known");
    remove_tree("mixed");
    remove_tree("others");
}

/* ---- what is no such folder ---- */

static void test_images_folders_that_are_none_are_refused(void **state)
{
    (void)state;
    static const char *const one[] = {"ann"}, *const pair[] = {"a\nb", "c"}, *const latin[] = {"m\xfcller", "c"};
    refuse(people("nowhere"), "nowhere: error: cannot read it: No such file");
    put_text("file", "x");
    refuse(people("file"), "file: error: cannot read it: it is no folder");
    make_folder("bad");
    refuse(people("bad"), "bad: error: there is no folder in it");
    put_picture("bad/1.pgm", 1, 2, 3, 4);
    refuse(people("bad"), "bad: error: 1 pictures lie in it, and no folder");
    put_people("bad", one, 1, 3);
    refuse(people("bad"), "bad: error: 1 class to train on; classes are told apart");
    make_folder("bad/bob");
    refuse(people("bad"), "bad/bob: error: this class has no pictures (.jpg,");
    make_folder("bad/bob/inner");
    refuse(people("bad"), "bad/bob: error: this class has no pictures, but folders");
    remove_tree("bad");
    put_people("bad", pair, 2, 1);
    refuse(people("bad"), "bad/a?b: error: the name of this class is no UTF-8, or has a control character");
    remove_tree("bad");
    put_people("bad", latin, 2, 1);
    refuse(people("bad"), "bad/m?ller: error: the name of this class is no UTF-8");
    remove_tree("bad");
    put_people("bad", five, 5, 1);
    refuse(people("bad"), "bad: error: there are 5 classes in it; target class of network classes takes 3");
    remove_tree("bad");
    Loaded loaded = {people("bad"), classes_network, NULL, NULL};
    expect_failure(load, &loaded, "net.yaml:7:3: error: pictures are [height, width, 1] or [height, width, 3]");
}

/* ---- pictures that cannot be read ---- */

static char *notes_of(Data_spec spec)
{
    char *text = NULL;
    size_t length;
    Loaded loaded = {spec, picture_network(), NULL, open_memstream(&text, &length)};
    expect_success(load, &loaded);
    fclose(loaded.notes);
    return text;
}

static void test_images_reading_ends_at_a_signal(void **state)
{
    (void)state;
    put_people("slow", three, 3, 4);
    Loaded loaded = {people("slow"), picture_network(), NULL, NULL};
    Context context = {.block = NULL};
    interrupt_signal = SIGINT;
    assert_false(context_attempt(&context, load, &loaded));
    interrupt_signal = 0;
    context_release(&context, 0);
    assert_int_equal(context.error.status, 128 + SIGINT);
    assert_string_equal(context.error.message, "note: interrupted while pictures were read");
}

static void test_images_that_cannot_be_read_are_named_and_left_out(void **state)
{
    (void)state;
    put_people("torn", three, 3, 4);
    put_bytes("torn/s2/3.pgm", "P5 2 2 255\n12", 13);
    put_bytes("torn/s10/two\nlines\xff.jpg", "", 0);
    assert_int_equal(symlink("b.png", path_of("torn/s10/a.png")), 0);
    assert_int_equal(symlink("a.png", path_of("torn/s10/b.png")), 0);
    assert_int_equal(symlink("..", path_of("torn/s10/up")), 0);
    char *notes = notes_of(people("torn"));
    assert_non_null(strstr(notes, "torn/s2/3.pgm: it ends in the middle of the picture\n"));
    assert_non_null(strstr(notes, "torn/s10/two?lines?.jpg: it is empty\n"));
    assert_non_null(strstr(notes, "torn/s10/a.png: cannot read it: Too many levels of symbolic links\n"));
    assert_non_null(strstr(notes, "torn: 4 of 15 pictures cannot be read and are left out (--strict-data refuses"));
    free(notes);
    Data_spec spec = people("torn");
    spec.strict = true;
    refuse(spec, "torn/s2/3.pgm: error: it ends in the middle of the picture");
    spec.strict = false;
    for (int i = 1; i <= 4; i++)
        put_text(i == 1   ? "torn/s2/1.pgm"
                 : i == 2 ? "torn/s2/2.pgm"
                 : i == 3 ? "torn/s2/3.pgm"
                          : "torn/s2/4.pgm",
                 "no picture");
    refuse(spec, "torn/s2: error: none of the 4 pictures of this class can be read");
    remove_tree("torn");
}

/* ---- the cache ---- */

static const int shape[3] = {2, 2, 1};

static size_t kept_in_cache(Context *context, const char *root, int each)
{
    size_t found = 0;
    Picture_cache *cache = picture_cache_open(context, "kept.cache", folder(), shape, NULL);
    for (size_t c = 0; c < 3; c++) {
        for (int i = 1; i <= each; i++) {
            const char *name = context_format(context, "%s/%s/%d.pgm", root, three[c], i);
            const unsigned char *pixels = picture_cache_find(cache, name);
            found += pixels != NULL;
            assert_true(pixels == NULL || (pixels[c] == 250 && pixels[3] == i));
        }
    }
    return found;
}

static void expect_all_kept(Context *context, void *argument)
{
    (void)argument;
    assert_int_equal(kept_in_cache(context, "cached", 4), 12);
}

static void expect_one_changed(Context *context, void *argument)
{
    (void)argument;
    assert_int_equal(kept_in_cache(context, "cached", 4), 11);
}

static void expect_none_kept(Context *context, void *argument)
{
    (void)argument;
    assert_int_equal(kept_in_cache(context, "cached", 4), 0);
}

static void look_at_cached(const Pool *pool, const Samples *samples)
{
    (void)pool;
    assert_int_equal(samples->train.samples, 12);
    for (size_t i = 0; i < 12; i++)
        assert_int_equal(number_of(&samples->train, i), i % 4 + 1);
}

static Data_spec cached(void)
{
    Data_spec spec = people("cached");
    spec.cache = "kept.cache";
    return spec;
}

static void test_images_cache_keeps_what_was_decoded_until_a_file_changes(void **state)
{
    (void)state;
    put_people("cached", three, 3, 4);
    remove_file("kept.cache");
    expect_success(expect_none_kept, NULL);
    look_at(cached(), look_at_cached);
    expect_success(expect_all_kept, NULL);
    look_at(cached(), look_at_cached);
    rename(path_of("cached/s2/1.pgm"), path_of("cached/old"));
    put_picture("cached/s2/1.pgm", 10, 250, 10, 1); /* the same bytes, but who knows that without reading them? */
    expect_success(expect_one_changed, NULL);
    look_at(cached(), look_at_cached);
    expect_success(expect_all_kept, NULL);
    remove_tree("cached");
}

static void test_images_cache_that_is_damaged_is_made_anew(void **state)
{
    (void)state;
    put_people("cached", three, 3, 4);
    remove_file("kept.cache");
    look_at(cached(), look_at_cached);
    size_t length, again;
    char *bytes = get_text("kept.cache", &length);
    for (size_t i = 0; i < length; i += i < 80 ? 1 : 41) {
        put_bytes("kept.cache", bytes, i);
        expect_success(expect_none_kept, NULL);
        bytes[i] ^= 4;
        put_bytes("kept.cache", bytes, length);
        expect_success(expect_none_kept, NULL);
        bytes[i] ^= 4;
    }
    bytes[length / 2] ^= 1;
    put_bytes("kept.cache", bytes, length);
    char *notes = notes_of(cached());
    assert_non_null(strstr(notes, "kept.cache is no cache of pictures of this size, or damaged; it is made anew\n"));
    free(notes);
    bytes[length / 2] ^= 1;
    char *anew = get_text("kept.cache", &again);
    assert_int_equal(again, length);
    assert_memory_equal(anew, bytes, length);
    free(anew);
    free(bytes);
    Data_spec spec = cached();
    spec.cache = "cached";
    refuse(spec, "cached: error: cannot read it: it is a directory");
    spec.cache = "nowhere/kept.cache";
    refuse(spec, "nowhere/kept.cache: error: cannot write it: No such file");
    put_text("kept.cache", "something of the user's\n"); /* is taken for a damaged cache */
    notes = notes_of(cached());
    assert_non_null(strstr(notes, "kept.cache is no cache"));
    free(notes);
    remove_tree("cached");
}

/* ---- training, evaluation, prediction ---- */

static void test_images_train_evaluate_and_answer_by_name(void **state)
{
    (void)state;
    put_people("faces", three, 3, 11);
    Data_spec spec = people("faces");
    spec.test.of_each = 3;
    nnc_network network = picture_network();
    Train_options options = quiet_options(30);
    options.weights = path_of("faces.safetensors");
    Train_result result = train_well(&network, &spec, options);
    expect_near(result.test.accuracy, 1, 0);
    Trainer_error error;
    char *text = NULL;
    size_t length;
    Evaluate_options evaluate = {.data_directory = folder(), .weights = options.weights, .quiet = true};
    evaluate.out = open_memstream(&text, &length);
    Train_score score;
    assert_int_equal(trainer_evaluate(&network, &spec, &evaluate, &score, &error), 0);
    fclose(evaluate.out);
    assert_non_null(strstr(text, "accuracy 100.00 % (9 of 9)"));
    free(text);
    Predict_options predict = {.data_directory = folder(),
                               .weights = options.weights,
                               .inputs = WORDS("faces/s10/1.pgm", "faces/s1/2.pgm", "faces/s2/3.pgm")};
    predict.out = open_memstream(&text, &length);
    assert_int_equal(trainer_predict(&network, &spec, &predict, &error), 0);
    fclose(predict.out);
    assert_string_equal(text, "s10\ns1\ns2\n");
    free(text);
    put_bytes("faces/s1/1.pgm", "P5 2 2 255\n12", 13);
    predict.inputs = WORDS("faces/s1/1.pgm");
    predict.out = fopen("/dev/null", "w");
    assert_int_equal(trainer_predict(&network, &spec, &predict, &error), 1);
    fclose(predict.out);
    assert_non_null(strstr(error.message, "faces/s1/1.pgm: error: it ends in the middle of the picture"));
    evaluate.out = fopen("/dev/null", "w");
    evaluate.strict_data = true;
    assert_int_equal(trainer_evaluate(&network, &spec, &evaluate, &score, &error), 1);
    fclose(evaluate.out);
    assert_int_equal(rename(path_of("faces/s2"), path_of("faces/tom")), 0);
    evaluate.strict_data = false;
    evaluate.out = evaluate.err = fopen("/dev/null", "w");
    assert_int_equal(trainer_evaluate(&network, &spec, &evaluate, &score, &error), 1);
    fclose(evaluate.out);
    assert_non_null(
        strstr(error.message, "the classes to train on are s1, s10, tom; those of the weights are s1, s2, s10"));
    remove_tree("faces");
}

static void test_images_of_unknown_people_are_not_counted(void **state)
{
    (void)state;
    put_people("open", five, 5, 4);
    Data_spec spec = people("open");
    spec.test.held_out = WORDS("joe", "kim");
    nnc_network network = picture_network();
    Train_options options = quiet_options(5);
    options.weights = path_of("open.safetensors");
    Train_result result;
    Trainer_error error;
    char *printed = NULL;
    assert_int_equal(train_and_catch(&network, &spec, options, &result, &printed, &error), 0);
    assert_non_null(
        strstr(printed, "note: the 8 pictures of the test set are of classes that do not train (2: joe, kim)"));
    assert_non_null(strstr(printed, "training: loss "));
    assert_null(strstr(printed, "test: "));
    free(printed);
    assert_true(result.test.accuracy != result.test.accuracy); /* NAN */
    Evaluate_options evaluate = {.data_directory = folder(), .weights = options.weights, .quiet = true};
    size_t length;
    evaluate.out = open_memstream(&printed, &length);
    Train_score score;
    assert_int_equal(trainer_evaluate(&network, &spec, &evaluate, &score, &error), 0);
    fclose(evaluate.out);
    assert_non_null(strstr(
        printed, "test: 8 pictures of classes that did not train (2: joe, kim): there is no accuracy of them\n"));
    assert_non_null(strstr(printed, "training: loss "));
    free(printed);
    remove_tree("open");
}

const struct CMUnitTest images_tests[] = {
    cmocka_unit_test(test_images_names_are_in_natural_order),
    cmocka_unit_test(test_images_are_numbered_by_their_folders),
    cmocka_unit_test(test_images_split_off_the_last_of_each_class_or_a_share),
    cmocka_unit_test(test_images_split_by_class_keeps_people_apart),
    cmocka_unit_test(test_images_of_a_test_folder_are_of_known_classes_or_of_none),
    cmocka_unit_test(test_images_folders_that_are_none_are_refused),
    cmocka_unit_test(test_images_reading_ends_at_a_signal),
    cmocka_unit_test(test_images_that_cannot_be_read_are_named_and_left_out),
    cmocka_unit_test(test_images_cache_keeps_what_was_decoded_until_a_file_changes),
    cmocka_unit_test(test_images_cache_that_is_damaged_is_made_anew),
    cmocka_unit_test(test_images_train_evaluate_and_answer_by_name),
    cmocka_unit_test(test_images_of_unknown_people_are_not_counted),
};
const size_t images_count = sizeof images_tests / sizeof *images_tests;
