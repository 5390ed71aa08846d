/* gallery.c - people, embeddings and threshold in SQLite's tables. */
#include "gallery.h"

#include "bytes.h"
#include "network.h"
#include "sql.h"
#include "vectors.h"

#include <math.h>
#include <string.h>

/* What tells a gallery from other SQLite files: "nncf", and the version of the tables. */
enum { APPLICATION_ID = 0x6e6e6366, TABLES_VERSION = 1 };

struct Gallery {
    Context *context;
    Sql *sql;
    float *embedding; /* [network.size]: one that is being read */
};

/* Pages of 16 KiB are read in a quarter of the calls, and a cache that is smaller than the file is filled only once. */
static const char settings[] = "PRAGMA page_size = 16384; PRAGMA cache_size = -1024; PRAGMA trusted_schema = OFF;"
                               "PRAGMA secure_delete = ON; PRAGMA synchronous = FULL;";

static const char tables[] =
    "PRAGMA application_id = 1852728166;"
    "PRAGMA user_version = 1;"
    "CREATE TABLE network (name TEXT NOT NULL, description TEXT NOT NULL, weights TEXT NOT NULL, size INTEGER NOT NULL,"
    " scale REAL NOT NULL, offset REAL NOT NULL, mirrored INTEGER NOT NULL);"
    "CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
    "CREATE TABLE photograph (id INTEGER PRIMARY KEY, person INTEGER NOT NULL REFERENCES person,"
    " embedding BLOB NOT NULL);"
    "CREATE INDEX photograph_of ON photograph (person);"
    "CREATE TABLE threshold (similarity REAL NOT NULL, false_accepts REAL NOT NULL, genuine INTEGER NOT NULL,"
    " impostors INTEGER NOT NULL, accepted INTEGER NOT NULL, mistaken INTEGER NOT NULL);";

/* ---- what it is ---- */

static _Noreturn void fail_damaged(const Gallery *gallery, const char *how)
{
    context_fail(gallery->context, "%s: error: this gallery is damaged (%s)", gallery->sql->path, how);
}

static const char *text_of(const Gallery *gallery, sqlite3_stmt *row, int column)
{
    const char *text = (const char *)sqlite3_column_text(row, column);
    return context_format(gallery->context, "%s", text != NULL ? text : "");
}

/* An SQLite file without any table, as a process leaves it that is killed before its first commit. */
static bool is_blank(const Gallery *gallery)
{
    return sql_integer(gallery->sql, "PRAGMA application_id") == 0 &&
           sql_integer(gallery->sql, "SELECT count(*) FROM sqlite_master") == 0;
}

static void check_kind(const Gallery *gallery)
{
    if (sql_integer(gallery->sql, "PRAGMA application_id") != APPLICATION_ID)
        context_fail(gallery->context, "%s: error: this is no gallery, but another program's SQLite file",
                     gallery->sql->path);
    long long version = sql_integer(gallery->sql, "PRAGMA user_version");
    if (version != TABLES_VERSION)
        context_fail(gallery->context, "%s: error: a gallery of version %lld; this program reads version %d",
                     gallery->sql->path, (long long)version, (int)TABLES_VERSION);
}

/* The first thing in which the gallery's network differs from this program's; NULL if it is the same. */
static const char *difference(const Gallery *gallery, sqlite3_stmt *row)
{
    if (strcmp(text_of(gallery, row, 0), network.name) != 0)
        return "its name";
    if (strcmp(text_of(gallery, row, 1), network.description) != 0)
        return "its description";
    if (strcmp(text_of(gallery, row, 2), network.weights) != 0)
        return "its weights";
    if (sqlite3_column_int(row, 3) != network.size)
        return "the size of its embeddings";
    bool same = sqlite3_column_double(row, 4) == network.scale && sqlite3_column_double(row, 5) == network.offset &&
                sqlite3_column_int(row, 6) == network.mirrored;
    return same ? NULL : "how pixels are scaled, shifted or mirrored for it";
}

static void check_network(const Gallery *gallery)
{
    sqlite3_stmt *row =
        sql_prepare(gallery->sql, "SELECT name, description, weights, size, scale, offset, mirrored FROM network");
    if (!sql_row(gallery->sql, row))
        fail_damaged(gallery, "it names no network");
    const char *what = difference(gallery, row);
    if (what != NULL)
        context_fail(gallery->context,
                     "%s: error: this gallery's embeddings are of another network than this program's: %s differs\n"
                     "%s: note: of %s, %d numbers, description %.12s, weights %.12s\n"
                     "%s: note: this program is built with %s, %d numbers, description %.12s, weights %.12s",
                     gallery->sql->path, what, gallery->sql->path, text_of(gallery, row, 0), sqlite3_column_int(row, 3),
                     text_of(gallery, row, 1), text_of(gallery, row, 2), gallery->sql->path, network.name, network.size,
                     network.description, network.weights);
    sqlite3_reset(row);
}

static void create_tables(const Gallery *gallery)
{
    const Sql *sql = gallery->sql;
    sql_run(sql, tables);
    sqlite3_stmt *insert = sql_prepare(sql, "INSERT INTO network VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
    sql_bind_text(sql, insert, 1, network.name);
    sql_bind_text(sql, insert, 2, network.description);
    sql_bind_text(sql, insert, 3, network.weights);
    sql_bind_integer(sql, insert, 4, network.size);
    sql_bind_real(sql, insert, 5, network.scale);
    sql_bind_real(sql, insert, 6, network.offset);
    sql_bind_integer(sql, insert, 7, network.mirrored);
    sql_row(sql, insert);
}

/* ---- opened and closed ---- */

/* Also to read a gallery it is opened for writing, where that may be: what a process that was killed has left half done
 * is undone by whoever comes next. */
static Gallery *open_file(Context *context, const char *path, int flags, const char *begin)
{
    Gallery *gallery = context_allocate(context, 1, sizeof *gallery);
    gallery->context = context;
    gallery->embedding = context_allocate(context, (size_t)network.size, sizeof(float));
    gallery->sql = sql_open(context, path, flags);
    sql_run(gallery->sql, settings);
    sql_run(gallery->sql, begin);
    return gallery;
}

static void check_existing(const Gallery *gallery)
{
    if (is_blank(gallery))
        context_fail(gallery->context, "%s: error: this file is empty: nobody is enrolled", gallery->sql->path);
    check_kind(gallery);
    check_network(gallery);
}

Gallery *gallery_read(Context *context, const char *path)
{
    Gallery *gallery = open_file(context, path, SQLITE_OPEN_READWRITE, "BEGIN");
    check_existing(gallery);
    return gallery;
}

Gallery *gallery_change(Context *context, const char *path)
{
    Gallery *gallery = open_file(context, path, SQLITE_OPEN_READWRITE, "BEGIN IMMEDIATE");
    check_existing(gallery);
    return gallery;
}

Gallery *gallery_create(Context *context, const char *path)
{
    Gallery *gallery = open_file(context, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, "BEGIN IMMEDIATE");
    if (is_blank(gallery))
        create_tables(gallery);
    else
        check_existing(gallery);
    return gallery;
}

void gallery_commit(Gallery *gallery)
{
    sql_run(gallery->sql, "COMMIT");
}

/* ---- people ---- */

/* 0 if there is no such person. */
static long long find_person(const Gallery *gallery, const char *name)
{
    sqlite3_stmt *find = sql_prepare(gallery->sql, "SELECT id FROM person WHERE name = ?1");
    sql_bind_text(gallery->sql, find, 1, name);
    long long id = sql_row(gallery->sql, find) ? sqlite3_column_int64(find, 0) : 0;
    sqlite3_reset(find);
    return id;
}

static long long add_person(const Gallery *gallery, const char *name)
{
    sqlite3_stmt *insert = sql_prepare(gallery->sql, "INSERT INTO person (name) VALUES (?1)");
    sql_bind_text(gallery->sql, insert, 1, name);
    sql_row(gallery->sql, insert);
    return sqlite3_last_insert_rowid(gallery->sql->handle);
}

static size_t photographs_of(const Gallery *gallery, long long person)
{
    sqlite3_stmt *count = sql_prepare(gallery->sql, "SELECT count(*) FROM photograph WHERE person = ?1");
    sql_bind_integer(gallery->sql, count, 1, person);
    size_t photographs = sql_row(gallery->sql, count) ? (size_t)sqlite3_column_int64(count, 0) : 0;
    sqlite3_reset(count);
    return photographs;
}

size_t gallery_enroll(Gallery *gallery, const char *name, const float *embeddings, size_t count)
{
    const Sql *sql = gallery->sql;
    const size_t numbers = (size_t)network.size;
    long long person = find_person(gallery, name);
    if (person == 0)
        person = add_person(gallery, name);
    unsigned char *bytes = context_allocate(gallery->context, numbers, FLOAT_BYTES);
    sqlite3_stmt *insert = sql_prepare(sql, "INSERT INTO photograph (person, embedding) VALUES (?1, ?2)");
    for (size_t i = 0; i < count; i++) {
        bytes_of_floats(embeddings + i * numbers, numbers, bytes);
        sql_bind_integer(sql, insert, 1, person);
        sql_bind_bytes(sql, insert, 2, bytes, numbers * FLOAT_BYTES);
        sql_row(sql, insert);
    }
    return photographs_of(gallery, person);
}

static void delete_rows(const Gallery *gallery, const char *statement, long long person)
{
    sqlite3_stmt *delete = sql_prepare(gallery->sql, statement);
    sql_bind_integer(gallery->sql, delete, 1, person);
    sql_row(gallery->sql, delete);
}

size_t gallery_remove(Gallery *gallery, const char *name)
{
    long long person = find_person(gallery, name);
    if (person == 0)
        return 0;
    size_t photographs = photographs_of(gallery, person);
    delete_rows(gallery, "DELETE FROM photograph WHERE person = ?1", person);
    delete_rows(gallery, "DELETE FROM person WHERE id = ?1", person);
    return photographs;
}

People gallery_people(Gallery *gallery)
{
    size_t most = (size_t)sql_integer(gallery->sql, "SELECT count(*) FROM person");
    People people = {0, context_allocate(gallery->context, most, sizeof(Person))};
    sqlite3_stmt *row = sql_prepare(gallery->sql, "SELECT name, (SELECT count(*) FROM photograph WHERE person = "
                                                  "person.id) FROM person ORDER BY name");
    while (people.count < most && sql_row(gallery->sql, row)) {
        people.person[people.count++] = (Person){text_of(gallery, row, 0), (size_t)sqlite3_column_int64(row, 1)};
    }
    return people;
}

/* ---- templates ---- */

/* Adds an embedding to the first `before` of a person. The first one is assigned: a sum that were cleared and added to
 * would be brought into memory twice. */
static void add_embedding(const Gallery *gallery, sqlite3_stmt *row, int column, size_t before, float *sum)
{
    const size_t numbers = (size_t)network.size;
    const void *bytes = sqlite3_column_blob(row, column);
    if (bytes == NULL || (size_t)sqlite3_column_bytes(row, column) != numbers * FLOAT_BYTES)
        fail_damaged(gallery, "an embedding has another size");
    float *embedding = before == 0 ? sum : gallery->embedding;
    bytes_to_floats(bytes, numbers, embedding);
    for (size_t i = 0; i < numbers && before > 0; i++)
        sum[i] += embedding[i];
}

static void finish_template(const Gallery *gallery, float *sum)
{
    if (!vector_normalize(sum, (size_t)network.size))
        fail_damaged(gallery, "a person's embeddings have no direction");
}

Templates gallery_template(Gallery *gallery, const char *name)
{
    const Sql *sql = gallery->sql;
    Templates one = {.person = context_allocate(gallery->context, 1, sizeof(long long)),
                     .embedding = context_allocate(gallery->context, (size_t)network.size, sizeof(float))};
    long long person = find_person(gallery, name);
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
        fail_damaged(gallery, "a photograph is of nobody");
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

const char *gallery_name(Gallery *gallery, long long person)
{
    sqlite3_stmt *row = sql_prepare(gallery->sql, "SELECT name FROM person WHERE id = ?1");
    sql_bind_integer(gallery->sql, row, 1, person);
    if (!sql_row(gallery->sql, row))
        fail_damaged(gallery, "a person has no name");
    return text_of(gallery, row, 0);
}

/* ---- threshold ---- */

bool gallery_threshold(Gallery *gallery, Threshold *threshold)
{
    sqlite3_stmt *row = sql_prepare(
        gallery->sql, "SELECT similarity, false_accepts, genuine, impostors, accepted, mistaken FROM threshold");
    if (!sql_row(gallery->sql, row))
        return false;
    *threshold = (Threshold){sqlite3_column_double(row, 0),        sqlite3_column_double(row, 1),
                             (size_t)sqlite3_column_int64(row, 2), (size_t)sqlite3_column_int64(row, 3),
                             (size_t)sqlite3_column_int64(row, 4), (size_t)sqlite3_column_int64(row, 5)};
    sqlite3_reset(row);
    return true;
}

void gallery_set_threshold(Gallery *gallery, const Threshold *threshold)
{
    const Sql *sql = gallery->sql;
    sql_run(sql, "DELETE FROM threshold");
    sqlite3_stmt *insert = sql_prepare(sql, "INSERT INTO threshold VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    sql_bind_real(sql, insert, 1, threshold->similarity);
    sql_bind_real(sql, insert, 2, threshold->false_accepts);
    sql_bind_integer(sql, insert, 3, (long long)threshold->genuine);
    sql_bind_integer(sql, insert, 4, (long long)threshold->impostors);
    sql_bind_integer(sql, insert, 5, (long long)threshold->accepted);
    sql_bind_integer(sql, insert, 6, (long long)threshold->mistaken);
    sql_row(sql, insert);
}
