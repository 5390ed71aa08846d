/* spec_names.c - inputs, layers, blocks and parameters have names of their own in C. */
#include "spec_graph.h"

#include <stdlib.h>
#include <string.h>

/* A name in C, and what it belongs to. */
typedef struct Name {
    const char *text;
    const char *what;  /* "layer 'a'", "'a.weight'" */
    const char *owner; /* of a parameter: the layer's name in C; "" otherwise */
    Span span;
    int order; /* for stable messages */
} Name;

static int compare_names(const void *left, const void *right)
{
    const Name *a = left, *b = right;
    int order = strcmp(a->text, b->text);
    return order ? order : (a->order > b->order) - (a->order < b->order);
}

static void add_name(Name **names, int *count, const char *text, const char *what, const char *owner, Span span)
{
    *names = push_grow(*names, *count, sizeof(Name));
    (*names)[*count] = (Name){text, what, owner, span, *count};
    ++*count;
}

static void add_weight_names(Name **names, int *count, const char *owner, const char *path, const Choice *choice,
                             Span span)
{
    const Template *template = choice->template;
    for (int i = 0; i < template->params; i++) {
        const ParamTag *param = &template->param[i];
        const Value *option = param->option ? choice_value(choice, param->option) : NULL;
        if (!option || option->numbers[0] != 0)
            add_name(names, count, format("%s_%s", owner, param->name), format("'%s.%s'", path, param->name), owner,
                     span);
    }
    for (int i = 0; i < template->states; i++)
        add_name(names, count, format("%s_%s", owner, template->state[i].variable),
                 format("'%s.%s'", path, template->state[i].variable), owner, span);
}

static void refuse_collision(const Name *first, const Name *second)
{
    bool same = strcmp(first->what, second->what) == 0;
    bool one_place = first->span.line == second->span.line && first->span.column == second->span.column;
    if (*second->owner && strcmp(first->owner, second->owner) == 0) /* the layers have one name: that was told */
        return;
    if (one_place && first->span.source->origin) /* in two uses of a block that have one name: that was told, too */
        return;
    if (same)
        error_at(second->span, "two %ss are called '%s'", second->what[0] == 'b' ? "block" : "layer", second->text);
    else
        error_at(second->span, "%s and %s would have one name in C: %s", second->what, first->what, second->text);
    note_at(first->span, "the other one is here");
    if (same)
        hint(second->span, "a layer without a name is called by its kind and a number, an activation after its layer");
}

void check_collisions(const Graph *graph)
{
    const Model *model = graph->model;
    Name *names = NULL;
    int count = 0;
    for (int i = 0; i < model->inputs; i++)
        add_name(&names, &count, model->input[i]->name, format("input '%s'", model->input[i]->name), "",
                 model->input[i]->span);
    for (int i = 0; i < model->layers; i++) {
        const Layer *layer = model->layer[i];
        add_name(&names, &count, layer->name, format("layer '%s'", layer->name), "", layer->span);
        if (layer->choice && !layer->share)
            add_weight_names(&names, &count, layer->name, layer->path, layer->choice, layer->span);
    }
    for (int i = 0; i < graph->items; i++) {
        const Item *item = &graph->item[i];
        if (item->kind == ITEM_CLOSE)
            add_name(&names, &count, item->name, format("block '%s'", item->name), "", item->span);
    }
    for (int i = 0; i < model->losses; i++) {
        const Loss *loss = model->loss[i];
        int before = count;
        add_weight_names(&names, &count, loss->name, loss->name, loss->choice, loss->span);
        for (int n = before; n < count; n++) { /* a layer may have the loss's name: that alone is no collision */
            names[n].owner = "";
            names[n].what = format("the loss's %s", names[n].what);
        }
    }
    if (count)
        qsort(names, (size_t)count, sizeof *names, compare_names);
    for (int i = 1; i < count; i++) {
        if (strcmp(names[i - 1].text, names[i].text) != 0)
            continue;
        refuse_collision(&names[i - 1], &names[i]);
    }
}

void check_capitals(const Model *model)
{
    for (int i = 0; i < model->inputs; i++)
        for (int j = 0; j < i; j++) {
            const char *a = model->input[i]->name, *b = model->input[j]->name;
            bool same = strlen(a) == strlen(b) && strcmp(a, b) != 0;
            for (size_t c = 0; same && a[c]; c++)
                same = (a[c] | 32) == (b[c] | 32) && (a[c] == '_') == (b[c] == '_');
            if (!same)
                continue;
            error_at(model->input[i]->span, "'%s' and '%s' differ in capitals only, which macros in C do not", a, b);
            note_at(model->input[j]->span, "the other one is here");
        }
}
