/* gallery_templates.c - what photographs are compared with, read from the file. */
#include "gallery_inside.h"

#include "bytes.h"
#include "network.h"
#include "vectors.h"

/* Adds an embedding to the first `before` of a person. The first one is assigned: a sum that were cleared and added to
 * would be brought into memory twice. */
static void add_embedding(const Gallery *gallery, sqlite3_stmt *row, int column, size_t before, float *sum)
{
    const size_t numbers = (size_t)network.size;
    const void *bytes = sqlite3_column_blob(row, column);
    if (bytes == NULL || (size_t)sqlite3_column_bytes(row, column) != numbers * FLOAT_BYTES)
        gallery_fail_damaged(gallery, "an embedding has another size");
    float *embedding = before == 0 ? sum : gallery->embedding;
    bytes_to_floats(bytes, numbers, embedding);
    for (size_t i = 0; i < numbers && before > 0; i++)
        sum[i] += embedding[i];
}

static void finish_template(const Gallery *gallery, float *sum)
{
    if (!vector_normalize(sum, (size_t)network.size))
        gallery_fail_damaged(gallery, "a person's embeddings have no direction");
}

Templates gallery_template(Gallery *gallery, const char *name)
{
    const Sql *sql = gallery->sql;
    Templates one = {.person = context_allocate(gallery->context, 1, sizeof(long long)),
                     .embedding = context_allocate(gallery->context, (size_t)network.size, sizeof(float))};
    long long person = gallery_find(gallery, name);
    if (person == 0)
        return one;
    sqlite3_stmt *row = sql_prepare(sql, "SELECT embedding FROM photograph WHERE person = ?1");
    sql_bind_integer(sql, row, 1, person);
    for (; sql_row(sql, row); one.photographs++)
        add_embedding(gallery, row, 0, one.photographs, one.embedding);
    finish_template(gallery, one.embedding);
    one.person[0] = person;
    one.count = 1;
    return one;
}

/* Where a person stands among all, whose numbers rise; photographs mostly lie in the order of people. */
static size_t find_id(const Gallery *gallery, const Templates *all, long long id, size_t last)
{
    for (size_t at = last; at < last + 2 && at < all->count; at++) {
        if (all->person[at] == id)
            return at;
    }
    size_t low = 0, high = all->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (all->person[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == all->count || all->person[low] != id)
        gallery_fail_damaged(gallery, "a photograph is of nobody");
    return low;
}

static void read_ids(const Gallery *gallery, Templates *all, size_t most)
{
    sqlite3_stmt *row = sql_prepare(gallery->sql, "SELECT id FROM person ORDER BY id");
    while (all->count < most && sql_row(gallery->sql, row))
        all->person[all->count++] = sqlite3_column_int64(row, 0);
}

/* Photographs in the order in which they lie in the file, which is the fastest. */
Templates gallery_templates(Gallery *gallery)
{
    Context *context = gallery->context;
    const size_t numbers = (size_t)network.size;
    const size_t most = (size_t)sql_integer(gallery->sql, "SELECT count(*) FROM person");
    Templates all = {.person = context_allocate(context, most, sizeof(long long)),
                     .embedding = context_allocate(context, most * numbers, sizeof(float))};
    size_t *photographs = context_allocate(context, most, sizeof *photographs);
    read_ids(gallery, &all, most);
    sqlite3_stmt *row = sql_prepare(gallery->sql, "SELECT person, embedding FROM photograph");
    for (size_t at = 0; sql_row(gallery->sql, row); all.photographs++) {
        at = find_id(gallery, &all, sqlite3_column_int64(row, 0), at);
        add_embedding(gallery, row, 1, photographs[at]++, all.embedding + at * numbers);
    }
    for (size_t i = 0; i < all.count; i++)
        finish_template(gallery, all.embedding + i * numbers);
    return all;
}
