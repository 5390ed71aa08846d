/* compile.c - the passes in their order, with a check of the program after each. */
#include "compile.h"
#include "footprint.h"
#include "tiles.h"
#include "verify.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

/* What there is to verify after a pass: everything; all but bodies that are the same blocks as before, where it leaves
 * those as they are, makes new ones or says which it has changed; the places of tensors alone; nothing, where there are
 * no steps yet or nothing of them changes. */
typedef enum Verified { ALL, CHANGES, PLACES, NOTHING } Verified;

typedef struct Pass {
    const char *name;
    void (*run)(Model *model);
    Verified verified;
} Pass;

static const Pass passes[] = {
    {"infer", infer, NOTHING},         /* shapes: tensors against signatures    */
    {"narrow", narrow_lanes, NOTHING}, /* no more lanes than a layer has outputs */
    {"tiles", tiles_read, NOTHING},    /* what --schedule says */
    {"fold", fold, NOTHING},           /* batch_norm goes into constant weights (fast) */
    {"derive", derive, ALL},           /* loss, backward and update, as steps   */
    {"bind", bind, CHANGES},           /* sizes become numbers; fold            */
    {"copies", copies, CHANGES},       /* what is only a copy is no tensor      */
    {"split", split, CHANGES},         /* guards leave the inner loops          */
    {"fuse", fuse, CHANGES},           /* elementwise steps move into neighbours */
    {"slices", slices, CHANGES},       /* concat's parts are made in their places */
    {"order", order, CHANGES},         /* nests that free memory run first      */
    {"masks", masks, CHANGES},         /* of what is asked one question, the answers stay */
    {"recompute", recompute, CHANGES}, /* values go, and are made again       */
    {"merge", merge, CHANGES},         /* equal steps share one kernel          */
    {"layout", layout, CHANGES},       /* the samples innermost, where channels do not fill the lanes */
    {"rounds", rounds, CHANGES},       /* a block of samples goes through several steps at a time */
    {"carry", carry, CHANGES},         /* long sums in stretches that stay in the caches */
    {"share", share, NOTHING},         /* who may take whose place        */
    {"schedule", schedule, CHANGES},   /* tiles, lanes, unrolling            */
    {"threads", threads, NOTHING},     /* which loops they share             */
    {"plan", plan, PLACES},            /* every tensor gets its place           */
    {"alone", alone, NOTHING},         /* which arrays overlap no other */
};

static bool is_directory(const char *path)
{
    DIR *directory = opendir(path);
    return directory && closedir(directory) == 0;
}

/* The description with its templates; NULL after a message. */
static Model *read_model(Options *options)
{
    if (options->templates && !is_directory(options->templates)) {
        fprintf(stderr, "nnc: error: no templates are read from '%s': %s\n", options->templates, strerror(errno));
        return NULL;
    }
    Report *report = NEW(Report);
    report->stream = stderr;
    report->warned = options->repeated;
    Library *library = NEW(Library);
    *library = (Library){.directory = options->templates, .report = report};
    Source *source = source_open(options->spec_path, report);
    Model *model = source ? spec_read(source, options, library) : NULL;
    return report->errors ? NULL : model;
}

Model *compile_shapes(Options *options)
{
    Model *model = read_model(options);
    if (!model)
        return NULL;
    infer(model);
    return model->report->errors ? NULL : model;
}

bool run_passes(Model *model)
{
    const char *dumped = model->options->dump;
    for (size_t i = 0; i < sizeof passes / sizeof *passes; i++) {
        passes[i].run(model);
        if (model->report->errors)
            return false;
        if (passes[i].verified == ALL)
            verify(model, passes[i].name);
        if (passes[i].verified == CHANGES)
            verify_changes(model, passes[i].name);
        if (passes[i].verified == PLACES)
            verify_places(model, passes[i].name);
        if (dumped && strcmp(dumped, passes[i].name) == 0)
            dump(model, passes[i].name, stdout);
    }
    return true;
}

Model *compile(Options *options)
{
    Model *model = read_model(options);
    return model && run_passes(model) ? model : NULL;
}

int compile_and_emit(Options *options)
{
    Model *model = compile(options);
    if (!model)
        return 1;
    if (options->dump)
        return 0;
    return within_budgets(model) ? emit(model) : 1;
}
