/* people.c - who is in a gallery: enroll, remove, list; and what an embedding is: embed, network. */
#include "commands.h"
#include "embed.h"
#include "gallery.h"
#include "names.h"
#include "network.h"

#include <stdio.h>

/* What was done is told at once, and by one write: whoever reads the line may rely on it. */
static void tell(Context *context)
{
    if (fflush(stdout) != 0)
        context_fail(context, "error: what was done could not be printed");
}

/* The lock is taken when all embeddings are there. */
int command_enroll(Context *context, const Arguments *arguments)
{
    const char *path = arguments->words.item[0], *name = arguments->words.item[1];
    const size_t count = arguments->words.count - 2, numbers = (size_t)network.size;
    name_check(context, name);
    const char *shown = name_shown(context, name);
    Embedder *embedder = embedder_new(context);
    float *embeddings = context_allocate(context, count * numbers, sizeof *embeddings);
    for (size_t i = 0; i < count; i++)
        embed_photograph(context, embedder, arguments->words.item[2 + i], embeddings + i * numbers);
    Gallery *gallery = gallery_create(context, path);
    size_t all = gallery_enroll(gallery, name, embeddings, count);
    gallery_commit(gallery);
    printf("enrolled %s: %zu photograph%s, %zu in all\n", shown, count, count == 1 ? "" : "s", all);
    tell(context);
    return 0;
}

int command_remove(Context *context, const Arguments *arguments)
{
    const char *path = arguments->words.item[0], *name = arguments->words.item[1];
    Gallery *gallery = gallery_change(context, path);
    size_t photographs = gallery_remove(gallery, name);
    if (photographs == 0)
        context_fail(context, "%s: error: nobody of the name %s is enrolled", path, name_shown(context, name));
    gallery_commit(gallery);
    printf("removed %s: %zu photograph%s\n", name_shown(context, name), photographs, photographs == 1 ? "" : "s");
    tell(context);
    return 0;
}

int command_list(Context *context, const Arguments *arguments)
{
    People people = gallery_people(gallery_read(context, arguments->words.item[0]));
    for (size_t i = 0; i < people.count; i++)
        printf("%zu\t%s\n", people.person[i].photographs, name_shown(context, people.person[i].name));
    return 0;
}

int command_embed(Context *context, const Arguments *arguments)
{
    Embedder *embedder = embedder_new(context);
    float *embedding = context_allocate(context, (size_t)network.size, sizeof *embedding);
    for (size_t i = 0; i < arguments->words.count; i++) {
        embed_photograph(context, embedder, arguments->words.item[i], embedding);
        for (int k = 0; k < network.size; k++)
            printf("%s%.9g", k > 0 ? "," : "", (double)embedding[k]);
        printf("\n");
    }
    if (arguments->times)
        fprintf(stderr, "a photograph: read in %.2f ms, embedded in %.2f ms\n",
                embedder->picture_ms / (double)arguments->words.count,
                embedder->network_ms / (double)arguments->words.count);
    return 0;
}

int command_network(Context *context, const Arguments *arguments)
{
    (void)context;
    (void)arguments;
    printf("network      %s\nreads        %d x %d pixels, %s%s, as pixel * %g + %g\nembedding    %d numbers\n"
           "description  %s\nweights      %s\n",
           network.name, network.height, network.width, network.channels == 1 ? "grey" : "red, green and blue",
           network.mirrored ? ", and mirrored" : "", network.scale, network.offset, network.size, network.description,
           network.weights);
    return 0;
}
