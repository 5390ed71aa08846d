/* compile.c - the passes in their order, with a check of the program after each. */
#include "compile.h"
#include "footprint.h"
#include "tiles.h"
#include "verify.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

typedef struct Pass {
    const char *name;
    void (*run)(Model *model);
    bool has_steps;
} Pass;

static const Pass passes[] = {
    {"infer", infer, false},         /* shapes: tensors against signatures    */
    {"narrow", narrow_lanes, false}, /* no more lanes than a layer has outputs */
    {"tiles", tiles_read, false},    /* what --schedule says */
    {"fold", fold, false},           /* batch_norm goes into constant weights (fast) */
    {"derive", derive, true},        /* loss, backward and update, as steps   */
    {"bind", bind, true},            /* sizes become numbers; fold            */
    {"copies", copies, true},        /* what is only a copy is no tensor      */
    {"split", split, true},          /* guards leave the inner loops          */
    {"fuse", fuse, true},            /* elementwise steps move into neighbours */
    {"slices", slices, true},        /* concat's parts are made in their places */
    {"order", order, true},          /* nests that free memory run first      */
    {"masks", masks, true},          /* of what is asked one question, the answers stay */
    {"recompute", recompute, true},  /* values go, and are made again       */
    {"merge", merge, true},          /* equal steps share one kernel          */
    {"layout", layout, true},        /* the samples innermost, where channels do not fill the lanes */
    {"rounds", rounds, true},        /* a block of samples goes through several steps at a time */
    {"carry", carry, true},          /* long sums in stretches that stay in the caches */
    {"share", share, true},          /* who may take whose place        */
    {"schedule", schedule, true},    /* tiles, lanes, unrolling            */
    {"threads", threads, true},      /* which loops they share             */
    {"plan", plan, true},            /* every tensor gets its place           */
    {"alone", alone, false},         /* which arrays overlap no other */
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
        if (passes[i].has_steps)
            verify(model, passes[i].name);
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
