/* main.c - the command line of faces. Exit status: 0 done, or accepted; 1 an error, and a message says where; 2 wrong
 * usage; 3 rejected. */
#include "commands.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { STATUS_ERROR = 1, STATUS_USAGE = 2 };

#define ROWS(table) (sizeof(table) / sizeof *(table))
#define HELP                                                                                                           \
    {                                                                                                                  \
        "--help", "-h", OPTION_HELP, offsetof(Arguments, help), SIZE_MAX, NULL, "this page"                            \
    }

static const Option plain_table[] = {HELP};
static const Option verify_table[] = {
    {"--threshold", NULL, OPTION_SHARE, offsetof(Arguments, threshold), SIZE_MAX, "X", "instead of the gallery's"},
    HELP,
};
static const Option identify_table[] = {
    {"--threshold", NULL, OPTION_SHARE, offsetof(Arguments, threshold), SIZE_MAX, "X", "instead of the gallery's"},
    {"--times", NULL, OPTION_FLAG, offsetof(Arguments, times), SIZE_MAX, NULL, "tell what it took, on standard error"},
    HELP,
};
static const Option calibrate_table[] = {
    {"--far", NULL, OPTION_SHARE, offsetof(Arguments, false_accepts), SIZE_MAX, "RATE",
     "share of pairs of two people that may be accepted (0.001)"},
    {"--pairs", NULL, OPTION_TEXT, offsetof(Arguments, pairs), SIZE_MAX, "FILE",
     "the pairs of this list (as LFW's pairs.txt), not all"},
    HELP,
};
static const Option evaluate_table[] = {
    {"--pairs", NULL, OPTION_TEXT, offsetof(Arguments, pairs), SIZE_MAX, "FILE",
     "the protocol of LFW's View 2 on this list of pairs"},
    {"--people", NULL, OPTION_TEXT, offsetof(Arguments, people), SIZE_MAX, "NAME,...",
     "only these people of the folder"},
    {"--plot", NULL, OPTION_TEXT, offsetof(Arguments, plot), SIZE_MAX, "FILE",
     "draw the ROC curve (.png or .svg, by gnuplot)"},
    {"--scores", NULL, OPTION_TEXT, offsetof(Arguments, scores), SIZE_MAX, "FILE",
     "with --pairs: write the similarity of each pair, as CSV"},
    {"--times", NULL, OPTION_FLAG, offsetof(Arguments, times), SIZE_MAX, NULL, "tell what it took, on standard error"},
    HELP,
};
static const Option embed_table[] = {
    {"--times", NULL, OPTION_FLAG, offsetof(Arguments, times), SIZE_MAX, NULL, "tell what it took, on standard error"},
    HELP,
};

typedef struct Command {
    const char *name, *words, *summary;
    size_t least, most; /* words */
    const Option *table;
    size_t rows;
    int (*run)(Context *context, const Arguments *arguments);
} Command;

static const Command commands[] = {
    {"enroll", "DB NAME PHOTO...", "add photographs of a person, all or none; DB is made if it is not there", 3,
     OPTIONS_WORDS_MAX, plain_table, ROWS(plain_table), command_enroll},
    {"verify", "DB NAME PHOTO", "is this NAME?", 3, 3, verify_table, ROWS(verify_table), command_verify},
    {"identify", "DB PHOTO...", "who of the gallery is this?", 2, OPTIONS_WORDS_MAX, identify_table,
     ROWS(identify_table), command_identify},
    {"list", "DB", "who is enrolled, with how many photographs", 1, 1, plain_table, ROWS(plain_table), command_list},
    {"remove", "DB NAME", "remove a person", 2, 2, plain_table, ROWS(plain_table), command_remove},
    {"calibrate", "DB DIR", "choose the threshold from photographs DIR/NAME/*", 2, 2, calibrate_table,
     ROWS(calibrate_table), command_calibrate},
    {"evaluate", "DIR", "how good the network is on photographs DIR/NAME/*", 1, 1, evaluate_table, ROWS(evaluate_table),
     command_evaluate},
    {"embed", "PHOTO...", "print embeddings, a line of numbers each", 1, OPTIONS_WORDS_MAX, embed_table,
     ROWS(embed_table), command_embed},
    {"network", "", "which network this program is built with", 0, 0, plain_table, ROWS(plain_table), command_network},
};

static void print_overview(FILE *stream)
{
    fprintf(stream, "usage: faces COMMAND ...\n\n");
    for (size_t i = 0; i < ROWS(commands); i++)
        fprintf(stream, "  %-10s%-18s%s\n", commands[i].name, commands[i].words, commands[i].summary);
    fprintf(stream, "\n`faces COMMAND --help` has the options. PHOTO is an aligned face: JPEG, PNG, BMP, PGM or PPM.\n"
                    "Exit status: 0 done, or accepted; 1 an error; 2 wrong usage; 3 rejected.\n");
}

static void print_page(const Command *command)
{
    printf("usage: faces %s %s [OPTION]...\n\n%s\n\n", command->name, command->words, command->summary);
    options_print(stdout, command->table, command->rows);
}

static const Command *find(const char *name)
{
    for (size_t i = 0; i < ROWS(commands); i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    return NULL;
}

typedef struct Work {
    const Command *command;
    Arguments arguments;
    int status;
} Work;

static void run(Context *context, void *argument)
{
    Work *work = argument;
    work->status = work->command->run(context, &work->arguments);
}

static int carry_out(Work *work)
{
    Context context = {0};
    if (!context_attempt(&context, run, work)) {
        fprintf(stderr, "%s\n", context.error.message);
        work->status = STATUS_ERROR;
    }
    context_release(&context, 0);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "error: the answer could not be printed\n");
        work->status = STATUS_ERROR;
    }
    return work->status;
}

static int wrong(const char *name, const char *what)
{
    fprintf(stderr, "faces %s: %s; try `faces %s --help`\n", name, what, name);
    return STATUS_USAGE;
}

int main(int count, char **words)
{
    if (count < 2 || strcmp(words[1], "--help") == 0 || strcmp(words[1], "-h") == 0) {
        print_overview(count < 2 ? stderr : stdout);
        return count < 2 ? STATUS_USAGE : 0;
    }
    Work work = {.command = find(words[1])};
    if (work.command == NULL) {
        fprintf(stderr, "faces: there is no command \"%s\"; try `faces --help`\n", words[1]);
        return STATUS_USAGE;
    }
    const Command *command = work.command;
    Trainer_error error;
    if (options_parse(command->table, command->rows, count - 1, words + 1, &work.arguments, &work.arguments.words,
                      &error) != 0)
        return wrong(command->name, error.message);
    if (work.arguments.help) {
        print_page(command);
        return 0;
    }
    if (work.arguments.words.count < command->least || work.arguments.words.count > command->most)
        return wrong(command->name, command->most == 0 ? "it takes no words" : "it takes other words");
    return carry_out(&work);
}
