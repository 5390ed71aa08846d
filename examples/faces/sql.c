/* sql.c - SQLite, whose every answer is checked. */
#include "sql.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* A writer that is alive holds its lock for milliseconds; one that was killed holds none. */
enum { BUSY_MILLISECONDS = 60000 };

static void close_handle(void *handle)
{
    sqlite3_close(handle);
}

static void finalize(void *statement)
{
    sqlite3_finalize(statement);
}

void sql_fail(const Sql *sql)
{
    const char *path = sql->path;
    switch (sqlite3_errcode(sql->handle) & 0xff) {
    case SQLITE_NOTADB:
        context_fail(sql->context, "%s: error: this is no gallery", path);
    case SQLITE_BUSY:
        context_fail(sql->context, "%s: error: another process has kept it locked for %d s", path,
                     BUSY_MILLISECONDS / 1000);
    case SQLITE_READONLY:
        context_fail(sql->context, "%s: error: it, or its folder, may not be written", path);
    case SQLITE_CANTOPEN:
        context_fail(sql->context, "%s: error: it cannot be opened, or its folder may not be written", path);
    case SQLITE_CORRUPT:
        context_fail(sql->context, "%s: error: this gallery is damaged (%s)", path, sqlite3_errmsg(sql->handle));
    default:
        context_fail(sql->context, "%s: error: %s", path, sqlite3_errmsg(sql->handle));
    }
}

static void check(const Sql *sql, int result)
{
    if (result != SQLITE_OK)
        sql_fail(sql);
}

/* SQLite would wait for the other end of a pipe, and creates nothing unless it is told to. */
static void check_file(Context *context, const char *path, int flags)
{
    struct stat file;
    if (stat(path, &file) != 0) {
        if (errno == ENOENT && (flags & SQLITE_OPEN_CREATE))
            return;
        context_fail(context, "%s: error: %s", path, errno == ENOENT ? "there is no such gallery" : strerror(errno));
    }
    if (!S_ISREG(file.st_mode))
        context_fail(context, "%s: error: a gallery is a regular file, which this is not", path);
}

Sql *sql_open(Context *context, const char *path, int flags)
{
    if (*path == 0)
        context_fail(context, "error: the gallery's name is empty");
    check_file(context, path, flags);
    Sql *sql = context_allocate(context, 1, sizeof *sql);
    sql->context = context;
    sql->path = path;
    /* A path that begins with ./ or / is never taken for a URI or for :memory:. */
    const char *file = context_format(context, "%s%s", *path == '/' ? "" : "./", path);
    int result = sqlite3_open_v2(file, &sql->handle, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (sql->handle == NULL)
        context_fail(context, "%s: error: out of memory", path);
    context_adopt(context, sql->handle, close_handle);
    check(sql, result);
    check(sql, sqlite3_busy_timeout(sql->handle, BUSY_MILLISECONDS));
    return sql;
}

void sql_run(const Sql *sql, const char *statements)
{
    check(sql, sqlite3_exec(sql->handle, statements, NULL, NULL, NULL));
}

sqlite3_stmt *sql_prepare(const Sql *sql, const char *text)
{
    sqlite3_stmt *statement = NULL;
    check(sql, sqlite3_prepare_v2(sql->handle, text, -1, &statement, NULL));
    context_adopt(sql->context, statement, finalize);
    return statement;
}

void sql_bind_text(const Sql *sql, sqlite3_stmt *statement, int place, const char *text)
{
    check(sql, sqlite3_bind_text(statement, place, text, -1, SQLITE_TRANSIENT));
}

void sql_bind_bytes(const Sql *sql, sqlite3_stmt *statement, int place, const void *bytes, size_t count)
{
    check(sql, sqlite3_bind_blob64(statement, place, bytes, count, SQLITE_TRANSIENT));
}

void sql_bind_integer(const Sql *sql, sqlite3_stmt *statement, int place, long long number)
{
    check(sql, sqlite3_bind_int64(statement, place, number));
}

void sql_bind_real(const Sql *sql, sqlite3_stmt *statement, int place, double number)
{
    check(sql, sqlite3_bind_double(statement, place, number));
}

bool sql_row(const Sql *sql, sqlite3_stmt *statement)
{
    int result = sqlite3_step(statement);
    if (result == SQLITE_ROW)
        return true;
    if (result != SQLITE_DONE)
        sql_fail(sql);
    check(sql, sqlite3_reset(statement));
    return false;
}

long long sql_integer(const Sql *sql, const char *query)
{
    sqlite3_stmt *statement = sql_prepare(sql, query);
    long long number = sql_row(sql, statement) ? sqlite3_column_int64(statement, 0) : 0;
    check(sql, sqlite3_reset(statement));
    return number;
}
