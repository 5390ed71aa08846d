/* gallery.c - a gallery is opened, and known by what its embeddings depend on. */
#include "gallery_inside.h"

#include "network.h"

#include <string.h>

/* What tells a gallery from other SQLite files: "nncf", and the version of the tables. */
enum { APPLICATION_ID = 0x6e6e6366, TABLES_VERSION = 1 };

/* Large pages, read where they lie; and little memory for copies, since each is read once. */
static const char settings[] = "PRAGMA page_size = 16384; PRAGMA cache_size = -1024; PRAGMA mmap_size = 268435456;"
                               "PRAGMA trusted_schema = OFF; PRAGMA secure_delete = ON; PRAGMA synchronous = FULL;";

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

void gallery_fail_damaged(const Gallery *gallery, const char *how)
{
    context_fail(gallery->context, "%s: error: this gallery is damaged (%s)", gallery->sql->path, how);
}

const char *gallery_text(const Gallery *gallery, sqlite3_stmt *row, int column)
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
    if (strcmp(gallery_text(gallery, row, 0), network.name) != 0)
        return "its name";
    if (strcmp(gallery_text(gallery, row, 1), network.description) != 0)
        return "its description";
    if (strcmp(gallery_text(gallery, row, 2), network.weights) != 0)
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
        gallery_fail_damaged(gallery, "it names no network");
    const char *what = difference(gallery, row);
    if (what != NULL)
        context_fail(gallery->context,
                     "%s: error: this gallery's embeddings are of another network than this program's: %s differs\n"
                     "%s: note: of %s, %d numbers, description %.12s, weights %.12s\n"
                     "%s: note: this program is built with %s, %d numbers, description %.12s, weights %.12s",
                     gallery->sql->path, what, gallery->sql->path, gallery_text(gallery, row, 0),
                     sqlite3_column_int(row, 3), gallery_text(gallery, row, 1), gallery_text(gallery, row, 2),
                     gallery->sql->path, network.name, network.size, network.description, network.weights);
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
