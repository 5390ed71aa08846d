/* support.c - what the trainer's tests share. */
#include "support.h"

#include "nnc/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

static char directory[64];

void support_open(void)
{
    /* In memory where there is such a folder: thousands of files are written, and synced. */
    const char *parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(directory, sizeof directory, "%s/nnc-trainer-XXXXXX", parent);
    if (mkdtemp(directory) == NULL)
        abort();
}

void support_close(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", directory);
    if (system(command) != 0)
        abort();
}

const char *folder(void)
{
    return directory;
}

const char *path_of(const char *name)
{
    static char paths[1024][128];
    char path[sizeof paths[0]];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    size_t i = 0;
    while (paths[i][0] != 0 && strcmp(paths[i], path) != 0)
        i++;
    assert_true(i < sizeof paths / sizeof *paths - 1);
    memcpy(paths[i], path, sizeof path);
    return paths[i];
}

void put_bytes(const char *name, const void *bytes, size_t length)
{
    FILE *file = fopen(path_of(name), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    fclose(file);
}

void put_text(const char *name, const char *text)
{
    put_bytes(name, text, strlen(text));
}

void put_gz(const char *name, const void *bytes, size_t length)
{
    gzFile gz = gzopen(path_of(name), "wb");
    assert_non_null(gz);
    assert_int_equal(gzwrite(gz, bytes, (unsigned)length), (int)length);
    gzclose(gz);
}

char *get_text(const char *name, size_t *length)
{
    FILE *file = fopen(path_of(name), "rb");
    if (file == NULL)
        return NULL;
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    char *text = calloc(size + 1, 1);
    assert_int_equal(fread(text, 1, size, file), size);
    fclose(file);
    if (length != NULL)
        *length = size;
    return text;
}

bool exists(const char *name)
{
    return access(path_of(name), F_OK) == 0;
}

void remove_file(const char *name)
{
    unlink(path_of(name));
}

void expect_failure(void (*work)(Context *, void *), void *argument, const char *part)
{
    Context context = {.block = NULL};
    assert_false(context_attempt(&context, work, argument));
    context_release(&context, 0);
    assert_int_equal(context.error.status, 1);
    if (strstr(context.error.message, part) == NULL)
        fail_msg("message \"%s\" does not contain \"%s\"", context.error.message, part);
}

void expect_success(void (*work)(Context *, void *), void *argument)
{
    Context context = {.block = NULL};
    bool done = context_attempt(&context, work, argument);
    context_release(&context, 0);
    if (!done)
        fail_msg("%s", context.error.message);
}

Data_words words_of(const char *const *word, size_t count)
{
    static const char *lists[32][8];
    static int next;
    const char **list = lists[next++ % 32];
    assert_true(count <= 8);
    memcpy(list, word, count * sizeof *list);
    return (Data_words){count, list};
}

void expect_near(double one, double other, double distance)
{
    if (!(fabs(one - other) <= distance))
        fail_msg("%.9g is not within %g of %.9g", one, distance, other);
}

Train_options quiet_options(int epochs)
{
    return (Train_options){.data_directory = directory, .epochs = epochs, .seed = 1};
}

int train_and_catch(const nnc_network *network, const Data_spec *data, Train_options options, Train_result *result,
                    char **printed, Trainer_error *error)
{
    size_t length = 0;
    FILE *stream = open_memstream(printed, &length);
    assert_non_null(stream);
    options.out = options.err = stream;
    int status = trainer_train(network, data, &options, result, error);
    fclose(stream);
    return status;
}

Train_result train_well(const nnc_network *network, const Data_spec *data, Train_options options)
{
    Train_result result;
    Trainer_error error;
    char *printed = NULL;
    int status = train_and_catch(network, data, options, &result, &printed, &error);
    free(printed);
    if (status != 0)
        fail_msg("%s", error.message);
    return result;
}

void train_badly(const nnc_network *network, const Data_spec *data, Train_options options, const char *part)
{
    Train_result result;
    Trainer_error error;
    char *printed = NULL;
    int status = train_and_catch(network, data, options, &result, &printed, &error);
    free(printed);
    assert_int_equal(status, 1);
    if (strstr(error.message, part) == NULL)
        fail_msg("message \"%s\" does not contain \"%s\"", error.message, part);
}

void put_flowers(const char *name)
{
    static const char *const kinds[] = {"setosa", "versicolor", "virginica"};
    FILE *file = fopen(path_of(name), "w");
    assert_non_null(file);
    fprintf(file, "sepal_length,sepal_width,petal_length,petal_width,species\n");
    for (uint32_t i = 0; i < 150; i++) {
        int kind = (int)(i / 50);
        for (uint32_t c = 0; c < 4; c++)
            fprintf(file, "%.1f,", 5 + 1.5 * kind * (c % 2 == 0 ? 1 : -0.5) + nnc_random_normal(11, i * 4 + c) * 0.3);
        fprintf(file, "%s\n", kinds[kind]);
    }
    fclose(file);
}

Data_spec flowers(void)
{
    return (Data_spec){
        .format = DATA_CSV, .train = {.file = "flowers.csv"}, .test = {.split = 0.2}, .standardize_inputs = true};
}
