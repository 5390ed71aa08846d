/* compare.c - photographs against a gallery: verify, identify. */
#include "commands.h"
#include "embed.h"
#include "gallery.h"
#include "names.h"
#include "network.h"
#include "vectors.h"

#include <stdio.h>

typedef struct Limit {
    double similarity;
    const char *reason; /* where it comes from */
} Limit;

static Limit find_limit(Context *context, Gallery *gallery, const Arguments *arguments)
{
    Threshold threshold;
    if (arguments->threshold > 0)
        return (Limit){arguments->threshold, "as given"};
    if (!gallery_threshold(gallery, &threshold))
        context_fail(context,
                     "%s: error: this gallery has no threshold: choose one from photographs by `faces calibrate`, or "
                     "give --threshold",
                     arguments->words.item[0]);
    return (Limit){threshold.similarity, context_format(context, "false accepts %g", threshold.false_accepts)};
}

static int decide(double similarity, Limit limit)
{
    bool accepted = similarity >= limit.similarity;
    printf("similarity %.4f, threshold %.4f (%s): %s\n", similarity, limit.similarity, limit.reason,
           accepted ? "accepted" : "rejected");
    return accepted ? STATUS_ACCEPTED : STATUS_REJECTED;
}

/* The photographs' embeddings; the gallery is opened after that, so that nobody waits for a network. */
static float *embed_all(Context *context, Embedder *embedder, const char *const *path, size_t count)
{
    const size_t numbers = (size_t)network.size;
    float *embeddings = context_allocate(context, count * numbers, sizeof *embeddings);
    for (size_t i = 0; i < count; i++)
        embed_photograph(context, embedder, path[i], embeddings + i * numbers);
    return embeddings;
}

int command_verify(Context *context, const Arguments *arguments)
{
    const char *path = arguments->words.item[0], *name = arguments->words.item[1];
    float *embedding = embed_all(context, embedder_new(context), &arguments->words.item[2], 1);
    Gallery *gallery = gallery_read(context, path);
    Templates person = gallery_template(gallery, name);
    if (person.count == 0)
        context_fail(context, "%s: error: nobody of the name %s is enrolled", path, name_shown(context, name));
    Limit limit = find_limit(context, gallery, arguments);
    return decide((double)vector_dot(person.embedding, embedding, (size_t)network.size), limit);
}

typedef struct Times {
    double read_ms, search_ms;
} Times;

static void print_times(const Templates *people, const Embedder *embedder, Times times, size_t queries)
{
    double count = (double)queries;
    fprintf(stderr,
            "%zu photographs of %zu people read from the gallery in %.2f ms; a query: photograph read in %.2f ms, "
            "embedded in %.2f ms, searched for in %.2f ms\n",
            people->photographs, people->count, times.read_ms, embedder->picture_ms / count,
            embedder->network_ms / count, times.search_ms / count);
}

static Templates read_people(Context *context, Gallery *gallery, const char *path)
{
    Templates people = gallery_templates(gallery);
    if (people.count == 0)
        context_fail(context, "%s: error: nobody is enrolled", path);
    return people;
}

/* The gallery is read once, for all photographs. */
int command_identify(Context *context, const Arguments *arguments)
{
    const char *path = arguments->words.item[0], *const *photograph = &arguments->words.item[1];
    const size_t numbers = (size_t)network.size, queries = arguments->words.count - 1;
    Embedder *embedder = embedder_new(context);
    float *embeddings = embed_all(context, embedder, photograph, queries);
    double start = milliseconds_now();
    Gallery *gallery = gallery_read(context, path);
    Templates people = read_people(context, gallery, path);
    Limit limit = find_limit(context, gallery, arguments);
    Times times = {.read_ms = milliseconds_now() - start};
    int status = STATUS_ACCEPTED;
    for (size_t i = 0; i < queries; i++) {
        start = milliseconds_now();
        Nearest nearest = vector_nearest(embeddings + i * numbers, people.embedding, people.count, numbers);
        times.search_ms += milliseconds_now() - start;
        printf("%s\t%s\t", photograph[i], name_shown(context, gallery_name(gallery, people.person[nearest.row])));
        status = decide((double)nearest.similarity, limit) == STATUS_REJECTED ? STATUS_REJECTED : status;
    }
    if (arguments->times)
        print_times(&people, embedder, times, queries);
    return status;
}
