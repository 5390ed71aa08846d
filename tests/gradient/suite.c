/* suite.c - the gradient of every template in every form, over random shapes and attributes: against central
 * differences in the interpreter, and the generated C against the interpreter, bit for bit.
 *
 * suite TEMPLATES TIES ROUNDS PRINTED SEED [NAME...]: the folder with more templates, the list of ties, networks for
 * each form, how many of those are printed and compiled, too, and the templates if not all. */
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
    int templates, forms, networks;
    long long elements, redrawn;
    Printed_group group;
} Suite;

static void fail(Suite *suite, const char *what, const char *why, const char *text)
{
    suite->failed++;
    printf("FAILED %s: %s\n%s", what, why, text ? text : "");
}

static void test_form(Suite *suite, Template *template, const Form *form)
{
    const char *what =
        format("%s %s%s%s", category_names[template->category], template->name, *form->name ? " " : "", form->name);
    double worst = 0;
    for (int round = 0; round < suite->rounds; round++) {
        Trial trial;
        const char *name = format("net_%d", suite->networks++);
        if (!trial_new(&suite->random, &suite->library, template, form, name, &trial)) {
            fail(suite, what, "no network with it is found", NULL);
            return;
        }
        const char *wrong = trial_check(&trial, &suite->elements, &suite->redrawn, &worst);
        if (wrong)
            fail(suite, what, wrong, trial.network.text);
        else
            suite->passed++;
        if (round < suite->prints)
            printed_add(&suite->group, name, trial.network.text);
    }
    suite->forms++;
    printf("    %-44s %3d networks, worst error %.1e\n", what, suite->rounds, worst);
}

/* A form that another one hides under all conditions would be dead. */
static void test_template(Suite *suite, Template *template)
{
    suite->templates++;
    for (int f = 0; f < template->forms; f++)
        test_form(suite, template, template->category == REGULARIZER ? &template->form[0] : &template->form[f]);
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
    printf("gradient: %d templates, %d forms, %d networks, %lld elements, %lld redrawn; %d networks printed and "
           "compiled\n",
           suite.templates, suite.forms, suite.networks, suite.elements, suite.redrawn, suite.group.networks);
    printf("%d passed, %d failed\n", suite.passed, suite.failed);
    return suite.failed || !suite.passed;
}
