/* suite.c - the gradient of every template by each of its backward functions, over random shapes and attributes:
 * against central differences in the interpreter, and the generated C against the interpreter, bit for bit.
 *
 * suite TEMPLATES TIES ROUNDS PRINTED SEED [NAME...]: the folder with more templates, the list of ties, networks for
 * each function, how many of those are printed and compiled, too, and the templates if not all. */
#include "behaviour.h"
#include "printed.h"
#include "ties.h"

#include <stdlib.h>
#include <string.h>

typedef struct Suite {
    Library library;
    Random random;
    int rounds, prints;
    int names; /* 0: all templates */
    char **name;
    int passed, failed;
    int templates, functions, networks;
    long long elements, redrawn;
    Printed_group group;
} Suite;

static void fail(Suite *suite, const char *what, const char *why, const char *text)
{
    suite->failed++;
    printf("FAILED %s: %s\n%s", what, why, text ? text : "");
}

/* The words of an attribute that occurred: a bit each. Of true and false, 1 and 2. */
typedef struct Seen {
    unsigned words[32];
} Seen;

static void note_values(const Choice *choice, Seen *seen)
{
    const Template *template = choice->template;
    for (int i = 0; i < template->attributes && i < 32; i++) {
        const Attribute *attribute = &template->attribute[i];
        const Value *value = &choice->values[i];
        if (attribute->type == ATTR_BOOL)
            seen->words[i] |= value->word && strcmp(value->word, "false") == 0 ? 2 : 1;
        for (int w = 0; attribute->type == ATTR_WORD && w < attribute->words; w++)
            seen->words[i] |= strcmp(attribute->word_list[w], value->word) == 0 ? 1u << w : 0;
    }
}

static void check_values(Suite *suite, const Template *template, const Seen *seen)
{
    for (int i = 0; i < template->attributes && i < 32; i++) {
        const Attribute *attribute = &template->attribute[i];
        int words = attribute->type == ATTR_BOOL ? 2 : attribute->type == ATTR_WORD ? attribute->words : 0;
        if (seen->words[i] != (1u << words) - 1)
            fail(suite, template->name, format("not every value of '%s' occurred", attribute->name), NULL);
    }
}

static void test_kernel(Suite *suite, Template *template, const Kernel *backward, Seen *seen)
{
    const char *what = format("%s %s", category_names[template->category], backward->name);
    double worst = 0;
    for (int round = 0; round < suite->rounds; round++) {
        Trial trial;
        const char *name = format("net_%d", suite->networks++);
        if (!trial_new(&suite->random, &suite->library, template, backward, name, &trial)) {
            fail(suite, what, "no network with it is found", NULL);
            return;
        }
        note_values(trial.network.choice, seen);
        const char *wrong = trial_check(&trial, &suite->elements, &suite->redrawn, &worst);
        if (wrong)
            fail(suite, what, wrong, trial.network.text);
        else
            suite->passed++;
        if (round < suite->prints)
            printed_add(&suite->group, name, trial.network.text);
    }
    suite->functions++;
    printf("    %-44s %3d networks, worst error %.1e\n", what, suite->rounds, worst);
}

/* A function that no network runs would be dead: a form that another one hides under all conditions, say. */
static void test_template(Suite *suite, Template *template)
{
    suite->templates++;
    Seen seen = {0};
    for (int k = 0; k < template->kernels; k++)
        if (is_backward(template->kernel[k]))
            test_kernel(suite, template, template->kernel[k], &seen);
    check_values(suite, template, &seen);
}

static void test_category(Suite *suite, Category category)
{
    Template **templates;
    int count = generate_templates(&suite->library, category, &templates);
    const char **names;
    if (count == 0 || count != library_names(&suite->library, category, &names))
        fail(suite, category_names[category], "a template is missing", NULL);
    for (int i = 0; i < count; i++)
        if (is_named(templates[i], suite->names, suite->name))
            test_template(suite, templates[i]);
}

static void test_ties(Suite *suite, const char *path)
{
    Tie *ties;
    int count = ties_read(&suite->library, path, &ties, &suite->failed);
    for (int i = 0; i < count; i++) {
        if (!is_named(ties[i].template, suite->names, suite->name))
            continue;
        if (tie_holds(&ties[i]))
            suite->passed++;
        else
            fail(suite, ties[i].line, "another slope", NULL);
    }
}

int main(int count, char **words)
{
    if (count < 6) {
        fprintf(stderr, "suite TEMPLATES TIES ROUNDS PRINTED SEED [NAME...]\n");
        return 2;
    }
    Report *report = NEW(Report);
    report->stream = stderr;
    Suite suite = {.library = {.directory = words[1], .report = report}};
    suite.random.state = strtoull(words[5], NULL, 10);
    suite.rounds = atoi(words[3]);
    suite.prints = atoi(words[4]);
    suite.names = count - 6;
    suite.name = words + 6;
    suite.group.templates = words[1];
    test_behaviour(&suite.passed, &suite.failed);
    for (int i = 0; i < 3; i++)
        test_category(&suite, differentiable[i]);
    if (!suite.templates)
        fail(&suite, "suite", "no template of that name", NULL);
    test_ties(&suite, words[2]);
    printed_finish(&suite.group);
    suite.passed += suite.group.passed;
    suite.failed += suite.group.failed;
    if (report->errors || suite.redrawn * 100 > suite.elements)
        fail(&suite, "suite", report->errors ? "a template has errors" : "more than 1 % was redrawn because of kinks",
             NULL);
    printf("gradient: %d templates, %d functions, %d networks, %lld elements, %lld redrawn; %d networks printed and "
           "compiled\n",
           suite.templates, suite.functions, suite.networks, suite.elements, suite.redrawn, suite.group.networks);
    printf("%d passed, %d failed\n", suite.passed, suite.failed);
    return suite.failed || !suite.passed;
}
