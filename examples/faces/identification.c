/* identification.c - people enrolled in turns, and recognised by the rest. */
#include "identification.h"

#include <math.h>

static size_t photographs_of(const Likenesses *all, size_t person)
{
    return all->first[person + 1] - all->first[person];
}

/* How many of a person's photographs are enrolled. */
static size_t enrolled_of(const Likenesses *all, size_t person, size_t enrolled)
{
    size_t has = photographs_of(all, person);
    return has < enrolled ? has : enrolled;
}

/* The number of a person's k-th photograph of a round. */
static size_t photograph(const Likenesses *all, size_t person, size_t round, size_t k)
{
    return all->first[person] + (round + k) % photographs_of(all, person);
}

static float similarity(const Likenesses *all, size_t one, size_t other)
{
    return all->similarity[one * all->photographs + other];
}

/* The length of the sum of a person's enrolled vectors, from their products with each other. */
static double template_length(const Likenesses *all, size_t person, size_t round, size_t count)
{
    double squares = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < count; k++)
            squares += (double)similarity(all, photograph(all, person, round, i), photograph(all, person, round, k));
    }
    return squares > 0 ? sqrt(squares) : 1;
}

typedef struct Guess {
    size_t person;
    double similarity;
} Guess;

static Guess better(Guess guess, size_t person, double similarity)
{
    return similarity > guess.similarity ? (Guess){person, similarity} : guess;
}

typedef struct Round {
    size_t number, enrolled;
    const double *length; /* [people], of their templates */
    size_t probes, right_mean, right_best;
} Round;

static void recognise(const Likenesses *all, Round *round, size_t person, size_t probe)
{
    Guess mean = {0, -INFINITY}, best = mean;
    for (size_t p = 0; p < all->people; p++) {
        double sum = 0, most = -INFINITY;
        for (size_t k = 0; k < enrolled_of(all, p, round->enrolled); k++) {
            double value = (double)similarity(all, probe, photograph(all, p, round->number, k));
            sum += value;
            most = value > most ? value : most;
        }
        mean = better(mean, p, sum / round->length[p]);
        best = better(best, p, most);
    }
    round->probes++;
    round->right_mean += mean.person == person;
    round->right_best += best.person == person;
}

static void run(const Likenesses *all, Round *round)
{
    for (size_t person = 0; person < all->people; person++) {
        for (size_t k = round->enrolled; k < photographs_of(all, person); k++)
            recognise(all, round, person, photograph(all, person, round->number, k));
    }
}

/* As many as the person with most photographs has. */
static size_t count_rounds(const Likenesses *all, size_t enrolled)
{
    size_t rounds = 0;
    for (size_t person = 0; person < all->people; person++) {
        size_t has = photographs_of(all, person);
        rounds = has > enrolled && has > rounds ? has : rounds;
    }
    return rounds < ROUNDS_UP_TO ? rounds : ROUNDS_UP_TO;
}

Rank_one identification_rank_one(Context *context, const Likenesses *all, size_t enrolled)
{
    Rank_one result = {0, 0, 0};
    size_t rounds = count_rounds(all, enrolled);
    double *length = context_allocate(context, all->people, sizeof *length);
    for (size_t number = 0; number < rounds; number++) {
        Round round = {.number = number, .enrolled = enrolled, .length = length};
        for (size_t p = 0; p < all->people; p++)
            length[p] = template_length(all, p, number, enrolled_of(all, p, enrolled));
        run(all, &round);
        result.mean += (double)round.right_mean / (double)round.probes / (double)rounds;
        result.best += (double)round.right_best / (double)round.probes / (double)rounds;
        result.probes += round.probes;
    }
    return result.probes > 0 ? result : (Rank_one){NAN, NAN, 0};
}
