/* gallery_people.c - people and their photographs: enrolled, removed, listed. */
#include "gallery_inside.h"

#include "bytes.h"
#include "network.h"

long long gallery_find(const Gallery *gallery, const char *name)
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
    long long person = gallery_find(gallery, name);
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
    long long person = gallery_find(gallery, name);
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
        people.person[people.count++] = (Person){gallery_text(gallery, row, 0), (size_t)sqlite3_column_int64(row, 1)};
    }
    return people;
}

const char *gallery_name(Gallery *gallery, long long person)
{
    sqlite3_stmt *row = sql_prepare(gallery->sql, "SELECT name FROM person WHERE id = ?1");
    sql_bind_integer(gallery->sql, row, 1, person);
    if (!sql_row(gallery->sql, row))
        gallery_fail_damaged(gallery, "a person has no name");
    return gallery_text(gallery, row, 0);
}
