/* mutants.c - is the gradient check strong enough? Every mutant of every backward function must be caught.
 *
 * The networks are those of the suite, and the claimed gradient of each is first proved against differences. A mutant
 * is caught by the gradient where it gives one that is further from the proved one than twice the limit, so that the
 * check itself must fail. Corners have no differences: there it is caught by a tie (ties.txt). What only reads or
 * writes outside of an array, which the suite does not let pass either, is caught by range, and is counted apart. All
 * others must stand in the list of equivalent mutants, each with its proof; and what stands there must exist and not be
 * caught.
 *
 * mutants TEMPLATES TIES EQUIVALENT SEED [NAME...]: the folder with more templates, the two lists, and the templates if
 * not all. */
#include "mutate.h"
#include "ties.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Networks for a mutant that is known not to change a gradient, and for all others. */
enum { TRIALS_FEW = 40, TRIALS = 400 };

typedef enum Verdict { BY_GRADIENT, BY_TIE, BY_RANGE, EQUIVALENT, MISSED, VERDICTS } Verdict;

typedef struct Proof {
    const char *mutant, *reason;
    bool used;
} Proof;

typedef struct Hunt {
    Library library;
    Random random;
    int proofs;
    Proof *proof;
    int ties;
    Tie *tie;
    int names; /* 0: all templates */
    char **name;
    int tried, caught[VERDICTS], failed;
} Hunt;

static const char *const verdict_names[VERDICTS] = {"by gradient", "by tie", "by range", "equivalent", "missed"};

/* A proved network, and its gradients. */
typedef struct Bench {
    Trial trial;
    double **reference; /* parallel to the claims */
} Bench;

/* ---- the list of equivalent mutants ---- */

/* Lines `MUTANT | PROOF`; a line that begins with # is a remark, an indented one goes on with the proof. */
static void read_proofs(Hunt *hunt, const char *path, Report *report)
{
    const Source *source = source_open(path, report);
    const char *line = source ? source->text : "";
    for (; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        size_t length = strcspn(line, "\n"), name = strcspn(line, "|");
        if (line[0] == '#' || line[0] == ' ' || length == 0)
            continue;
        if (name >= length || length - name < 10) {
            printf("FAILED %s: no proof in '%.*s'\n", path, (int)length, line);
            hunt->failed++;
            continue;
        }
        while (name > 0 && line[name - 1] == ' ')
            name--;
        hunt->proof = push_grow(hunt->proof, hunt->proofs, sizeof(Proof));
        hunt->proof[hunt->proofs++] =
            (Proof){format("%.*s", (int)name, line), format("%.*s", (int)length, line), false};
    }
}

static Proof *find_proof(const Hunt *hunt, const char *mutant)
{
    for (int i = 0; i < hunt->proofs; i++)
        if (strcmp(hunt->proof[i].mutant, mutant) == 0)
            return &hunt->proof[i];
    return NULL;
}

/* ---- benches ---- */

static bool uses(const Trial *trial, const Kernel *kernel)
{
    const Phase *phase = trial->in->model->phase[trial->phase];
    for (int i = trial->first; i < trial->last; i++)
        if (phase->step[i]->source == kernel)
            return true;
    return false;
}

static bool new_bench(Hunt *hunt, Template *template, const Kernel *backward, Bench *bench)
{
    Trial *trial = &bench->trial;
    long long elements = 0, redrawn = 0;
    if (!trial_new(&hunt->random, &hunt->library, template, backward, "bench", trial))
        return false;
    double worst = 0;
    const char *wrong = trial_check(trial, &elements, &redrawn, &worst);
    if (wrong) {
        printf("FAILED before any mutation %s\n%s", wrong, trial->network.text);
        hunt->failed++;
        return false;
    }
    bench->reference = NEW_ARRAY(trial->claims, double *);
    for (int i = 0; i < trial->claims; i++) {
        size_t bytes = (size_t)trial->claim[i].elements * sizeof(double);
        bench->reference[i] = allocate(bytes);
        memcpy(bench->reference[i], trial->claim[i].gradient, bytes);
    }
    trial_forward(trial);
    return true;
}

static void translate_again(const Trial *trial, const Kernel *kernel)
{
    const Phase *phase = trial->in->model->phase[trial->phase];
    for (int i = trial->first; i < trial->last; i++)
        if (phase->step[i]->source == kernel)
            interpret_again(trial->in, trial->phase, i);
}

static bool differs(const Bench *bench)
{
    if (bench->trial.in->trapped)
        return true;
    for (int i = 0; i < bench->trial.claims; i++) {
        const Claim *claim = &bench->trial.claim[i];
        for (long long n = 0; n < claim->elements; n++)
            if (relative_error(claim->gradient[n], bench->reference[i][n], bench->trial.floor[i]) >
                2 * DIFFERENCES_GATE)
                return true;
    }
    return false;
}

/* ---- the hunt ---- */

static bool uses_tie(const Tie *tie, const Mutant *mutant)
{
    return tie->template == mutant->kernel->template && uses(&tie->trial, mutant->kernel);
}

static Verdict try_on(Bench *bench, const Mutant *mutant)
{
    Interpreter *in = bench->trial.in;
    mutant_apply(mutant);
    translate_again(&bench->trial, mutant->kernel);
    in->trapped = false;
    in->strays = 0;
    trial_backward(&bench->trial);
    bool caught = differs(bench);
    mutant_undo(mutant);
    translate_again(&bench->trial, mutant->kernel);
    return caught ? BY_GRADIENT : in->strays ? BY_RANGE : MISSED;
}

static bool breaks_tie(const Hunt *hunt, const Mutant *mutant)
{
    bool holds = true;
    for (int i = 0; i < hunt->ties && holds; i++) {
        Tie *tie = &hunt->tie[i];
        if (!uses_tie(tie, mutant))
            continue;
        mutant_apply(mutant);
        translate_again(&tie->trial, mutant->kernel);
        holds = tie_holds(tie);
        mutant_undo(mutant);
        translate_again(&tie->trial, mutant->kernel);
    }
    return !holds;
}

typedef struct Benches {
    int count;
    Bench *bench;
} Benches;

/* Networks, more are made as they are needed, until one catches the mutant. */
static Verdict try_mutant(Hunt *hunt, Template *template, Benches *benches, const Mutant *mutant, bool proved)
{
    Verdict verdict = breaks_tie(hunt, mutant) ? BY_TIE : MISSED;
    for (int i = 0; i < (proved || verdict != MISSED ? TRIALS_FEW : TRIALS); i++) {
        if (i == benches->count) {
            benches->bench = push_grow(benches->bench, benches->count, sizeof(Bench));
            Bench *bench = &benches->bench[i];
            if (!new_bench(hunt, template, mutant->kernel, bench) || !uses(&bench->trial, mutant->kernel)) {
                printf("FAILED no network with %s is found\n", mutant->kernel->name);
                hunt->failed++;
                return MISSED;
            }
            benches->count++;
        }
        Verdict now = try_on(&benches->bench[i], mutant);
        if (now == BY_GRADIENT)
            return now;
        if (now == BY_RANGE && verdict == MISSED)
            verdict = now;
    }
    return verdict;
}

static void print_line(const Mutant *mutant)
{
    const char *line = mutant->span.source->text;
    for (int i = 1; i < mutant->span.line; i++)
        line = strchr(line, '\n') + 1;
    line += strspn(line, " ");
    printf("        %.*s\n", (int)strcspn(line, "\n"), line);
}

static void judge(Hunt *hunt, Template *template, Benches *benches, const Mutant *mutant)
{
    const char *name = mutant_name(mutant);
    Proof *proof = find_proof(hunt, name);
    Verdict verdict = try_mutant(hunt, template, benches, mutant, proof != NULL);
    if (verdict == MISSED && proof)
        verdict = EQUIVALENT;
    if (proof)
        proof->used = true;
    if (verdict == MISSED || (proof && verdict != EQUIVALENT)) {
        printf("FAILED %s: %s\n", proof ? "said to be equivalent, but caught" : "not caught", name);
        hunt->failed++;
        print_line(mutant);
    }
    hunt->tried++;
    hunt->caught[verdict]++;
}

static void print_row(const char *category, const char *name, int tried, const int *caught, const int *before)
{
    printf("    %-11s %-24s %6d", category, name, tried);
    for (int v = 0; v < VERDICTS; v++)
        printf(" %12d", caught[v] - (before ? before[v] : 0));
    printf("\n");
}

static void hunt_template(Hunt *hunt, Template *template)
{
    int tried = hunt->tried, before[VERDICTS];
    memcpy(before, hunt->caught, sizeof before);
    for (int k = 0; k < template->kernels; k++) {
        if (!is_backward(template->kernel[k]))
            continue;
        Mutant *mutants;
        int count = mutants_of(template->kernel[k], &mutants);
        Benches benches = {0};
        for (int i = 0; i < count; i++)
            judge(hunt, template, &benches, &mutants[i]);
    }
    print_row(category_names[template->category], template->name, hunt->tried - tried, hunt->caught, before);
}

static void hunt_all(Hunt *hunt)
{
    printf("    %-36s %6s", "", "tried");
    for (int v = 0; v < VERDICTS; v++)
        printf(" %12s", verdict_names[v]);
    printf("\n");
    for (int c = 0; c < 3; c++) {
        Template **templates;
        int found = generate_templates(&hunt->library, differentiable[c], &templates);
        for (int i = 0; i < found; i++)
            if (is_named(templates[i], hunt->names, hunt->name))
                hunt_template(hunt, templates[i]);
    }
    print_row("", "all", hunt->tried, hunt->caught, NULL);
    for (int i = 0; i < hunt->proofs; i++)
        if (!hunt->proof[i].used && !hunt->names) {
            printf("FAILED there is no such mutant: %s\n", hunt->proof[i].mutant);
            hunt->failed++;
        }
}

int main(int count, char **words)
{
    if (count < 5) {
        fprintf(stderr, "mutants TEMPLATES TIES EQUIVALENT SEED [NAME...]\n");
        return 2;
    }
    Report *report = NEW(Report);
    report->stream = stderr;
    Hunt hunt = {.library = {.directory = words[1], .report = report}, .names = count - 5, .name = words + 5};
    hunt.random.state = strtoull(words[4], NULL, 10);
    hunt.ties = ties_read(&hunt.library, words[2], &hunt.tie, &hunt.failed);
    read_proofs(&hunt, words[3], report);
    hunt_all(&hunt);
    hunt.failed += report->errors;
    printf("%d passed, %d failed\n", hunt.tried - hunt.caught[MISSED], hunt.failed);
    return hunt.failed || !hunt.tried;
}
