/* calibrate.c - a threshold from photographs of people who are known, at a rate of false accepts. */
#include "commands.h"
#include "gallery.h"
#include "portraits.h"

#include <math.h>
#include <stdio.h>

static Trials trials_of_list(Context *context, Embedder *embedder, const char *list, const char *directory)
{
    Pairs all = pairs_read(context, list);
    Pairs_held held = pairs_hold(context, &all, directory);
    Portraits portraits = portraits_read(context, embedder, held.pairs.photograph, held.pairs.photographs);
    Fold_scores scores = portraits_scores(context, &portraits, &held.pairs, similarity_of_embeddings);
    return folds_trials(context, &scores, -1);
}

static Trials trials_of_folder(Context *context, Embedder *embedder, const char *directory)
{
    Album album = album_read(context, directory);
    Portraits portraits = portraits_read(context, embedder, album.path, album.photographs);
    Likenesses likenesses = portraits_likenesses(context, &portraits, &album, similarity_of_embeddings);
    return trials_of_likenesses(context, &likenesses);
}

static void check(Context *context, const Trials *trials, double rate, const char *directory)
{
    if (trials->genuines == 0 || trials->impostors == 0)
        context_fail(context,
                     "%s: error: to choose a threshold takes two people or more, one of them with two photographs",
                     directory);
    if (rate * (double)trials->impostors < 1)
        context_fail(context,
                     "%s: error: %zu pairs of two people cannot show a false-accept rate of %g, which takes %.0f",
                     directory, trials->impostors, rate, ceil(1 / rate));
}

int command_calibrate(Context *context, const Arguments *arguments)
{
    const char *path = arguments->words.item[0], *directory = arguments->words.item[1];
    const double rate = arguments->false_accepts > 0 ? arguments->false_accepts : 0.001;
    Embedder *embedder = embedder_new(context);
    Trials trials = arguments->pairs != NULL ? trials_of_list(context, embedder, arguments->pairs, directory)
                                             : trials_of_folder(context, embedder, directory);
    check(context, &trials, rate, directory);
    Roc_point point = metrics_at_false_accepts(&trials, rate);
    Threshold threshold = {(double)point.threshold, rate,           trials.genuines,
                           trials.impostors,        point.genuines, point.impostors};
    Gallery *gallery = gallery_create(context, path);
    gallery_set_threshold(gallery, &threshold);
    gallery_commit(gallery);
    printf("threshold %.4f, for a false-accept rate of %g: it accepts %zu of %zu pairs of two people, and %zu of %zu "
           "(%.2f %%) of one\n",
           threshold.similarity, rate, point.impostors, trials.impostors, point.genuines, trials.genuines,
           100 * (double)point.genuines / (double)trials.genuines);
    return 0;
}
