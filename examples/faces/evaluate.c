/* evaluate.c - how good the network is, by the field's figures: on a list of pairs, or on a folder of people. */
#include "commands.h"
#include "file.h"
#include "gnuplot.h"
#include "network.h"
#include "portraits.h"
#include "report.h"
#include "roc_plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void print_times(const Arguments *arguments, const Embedder *embedder, size_t photographs)
{
    if (arguments->times)
        fprintf(stderr, "a photograph: read in %.2f ms, embedded in %.2f ms\n",
                embedder->picture_ms / (double)photographs, embedder->network_ms / (double)photographs);
}

static void draw(Context *context, const Arguments *arguments, const Trials *of_network, const Trials *of_pixels)
{
    const Curve curve[] = {{network.name, of_network}, {"pixels less mean", of_pixels}};
    if (arguments->plot != NULL)
        roc_plot_write(context, arguments->plot, curve, 2);
}

/* ---- a list of pairs ---- */

static void print_held(const Pairs *all, const Pairs_held *held, const char *list)
{
    printf("%zu pairs, %zu photographs: ", held->pairs.count, held->pairs.photographs);
    if (held->pairs.folds == all->folds) {
        printf("all %d folds of %s\n", all->folds, list);
        return;
    }
    printf("fold");
    for (int i = 0; i < held->pairs.folds; i++)
        printf("%s %d", i > 0 ? "," : "", held->fold[i]);
    printf(" of the %d of %s\nThe other folds are left out, whose photographs are not all there: %s is not.\n",
           all->folds, list, held->missing);
}

static Fold_result accuracy(Context *context, const Fold_scores *scores)
{
    if (scores->folds >= 2)
        return folds_evaluate(context, scores);
    return (Fold_result){folds_accuracy(scores, -1, folds_threshold(context, scores, -1)), NAN};
}

static void report_accuracy(Context *context, const Fold_scores *of_network, const Fold_scores *of_pixels)
{
    Fold_result network_result = accuracy(context, of_network), pixels_result = accuracy(context, of_pixels);
    Figures mean = {network_result.mean, pixels_result.mean};
    if (of_network->folds < 2) {
        report_percent("accuracy, threshold chosen on the same fold", mean);
        return;
    }
    report_percent(context_format(context, "accuracy, threshold of the other %d fold%s", of_network->folds - 1,
                                  of_network->folds > 2 ? "s" : ""),
                   mean);
    report_percent("standard error of it", (Figures){network_result.standard_error, pixels_result.standard_error});
}

static void write_scores(Context *context, const char *path, const Pairs *pairs, const Fold_scores *scores)
{
    char *text = NULL;
    size_t length = 0;
    FILE *lines = open_memstream(&text, &length);
    if (lines == NULL)
        context_fail(context, "%s: error: out of memory", path);
    fprintf(lines, "fold,same,similarity,photograph,photograph\n");
    for (size_t i = 0; i < pairs->count; i++)
        fprintf(lines, "%d,%d,%.7f,%s,%s\n", scores->fold[i] + 1, scores->same[i], (double)scores->similarity[i],
                pairs->photograph[pairs->pair[i].one], pairs->photograph[pairs->pair[i].other]);
    fclose(lines);
    context_adopt(context, text, free);
    file_write(context, path, text, length);
}

static void evaluate_pairs(Context *context, const Arguments *arguments, const char *directory)
{
    Pairs all = pairs_read(context, arguments->pairs);
    Pairs_held held = pairs_hold(context, &all, directory);
    const Pairs *pairs = &held.pairs;
    Embedder *embedder = embedder_new(context);
    Portraits portraits = portraits_read(context, embedder, pairs->photograph, pairs->photographs);
    Mean_picture mean = mean_picture_new(context, portraits.pixels.size);
    for (size_t i = 0; i < portraits.count; i++)
        mean_picture_add(&mean, portraits.pixels.picture + i * portraits.pixels.size);
    pixels_center(&portraits.pixels, &mean);
    Fold_scores of_network = portraits_scores(context, &portraits, pairs, similarity_of_embeddings);
    Fold_scores of_pixels = portraits_scores(context, &portraits, pairs, similarity_of_pixels);
    Trials network_trials = folds_trials(context, &of_network, -1),
           pixels_trials = folds_trials(context, &of_pixels, -1);
    print_held(&all, &held, arguments->pairs);
    report_head();
    report_accuracy(context, &of_network, &of_pixels);
    report_curves(context, &network_trials, &pixels_trials);
    print_times(arguments, embedder, pairs->photographs);
    if (arguments->scores != NULL)
        write_scores(context, arguments->scores, pairs, &of_network);
    draw(context, arguments, &network_trials, &pixels_trials);
}

/* ---- a folder of people ---- */

/* Of the people who are not evaluated, as a model would know the world from those that it was trained with; where there
 * are no others, of those who are. */
static Mean_picture mean_of_others(Context *context, Embedder *embedder, const Portraits *portraits,
                                   const Album *others)
{
    Mean_picture mean = mean_picture_new(context, portraits->pixels.size);
    for (size_t i = 0; i < others->photographs; i++) {
        embed_read(context, embedder, others->path[i]);
        mean_picture_add(&mean, embedder->pixels);
    }
    for (size_t i = 0; i < portraits->count && others->photographs == 0; i++)
        mean_picture_add(&mean, portraits->pixels.picture + i * portraits->pixels.size);
    return mean;
}

static void report_rank_one(Context *context, const Likenesses *of_network, const Likenesses *of_pixels)
{
    Rank_one one[] = {identification_rank_one(context, of_network, 1), identification_rank_one(context, of_pixels, 1)};
    Rank_one five[] = {identification_rank_one(context, of_network, 5), identification_rank_one(context, of_pixels, 5)};
    report_percent("rank-1, one photograph enrolled", (Figures){one[0].mean, one[1].mean});
    report_percent("rank-1, five enrolled, by their mean", (Figures){five[0].mean, five[1].mean});
    report_percent("rank-1, five enrolled, by the most similar", (Figures){five[0].best, five[1].best});
}

static void check_pairs(Context *context, const Trials *trials, const char *directory)
{
    if (trials->genuines == 0 || trials->impostors == 0)
        context_fail(context, "%s: error: to evaluate takes two people or more, one of them with two photographs",
                     directory);
}

static void evaluate_album(Context *context, const Arguments *arguments, const char *directory)
{
    Album all = album_read(context, directory), album = all, others = {0};
    if (arguments->people != NULL) {
        album = album_select(context, &all, directory, arguments->people);
        others = album_without(context, &all, arguments->people);
    }
    Embedder *embedder = embedder_new(context);
    Portraits portraits = portraits_read(context, embedder, album.path, album.photographs);
    print_times(arguments, embedder, portraits.count);
    Likenesses of_network = portraits_likenesses(context, &portraits, &album, similarity_of_embeddings);
    Trials network_trials = trials_of_likenesses(context, &of_network);
    check_pairs(context, &network_trials, directory);
    Mean_picture mean = mean_of_others(context, embedder, &portraits, &others);
    pixels_center(&portraits.pixels, &mean);
    Likenesses of_pixels = portraits_likenesses(context, &portraits, &album, similarity_of_pixels);
    Trials pixels_trials = trials_of_likenesses(context, &of_pixels);
    printf("%zu photographs of %zu people: %zu pairs of one person, %zu of two\n", album.photographs, album.people,
           network_trials.genuines, network_trials.impostors);
    report_head();
    report_rank_one(context, &of_network, &of_pixels);
    report_curves(context, &network_trials, &pixels_trials);
    draw(context, arguments, &network_trials, &pixels_trials);
}

/* What says nothing about a list, or about a folder, is not passed over in silence. */
static void check_together(Context *context, const Arguments *arguments)
{
    if (arguments->pairs != NULL && arguments->people != NULL)
        context_fail(context, "error: --people is for a folder of people, and does not go with --pairs");
    if (arguments->pairs == NULL && arguments->scores != NULL)
        context_fail(context, "error: --scores is for a list of pairs: give --pairs too");
}

int command_evaluate(Context *context, const Arguments *arguments)
{
    check_together(context, arguments);
    if (arguments->plot != NULL)
        gnuplot_check(context, arguments->plot);
    if (arguments->scores != NULL)
        file_check_writable(context, arguments->scores);
    if (arguments->pairs != NULL)
        evaluate_pairs(context, arguments, arguments->words.item[0]);
    else
        evaluate_album(context, arguments, arguments->words.item[0]);
    return 0;
}
