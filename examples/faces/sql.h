/* sql.h - SQLite with one way out: whatever goes wrong becomes a message with the file's name, and leaves to
 * context_attempt(). Statements and connection hang on the context, so a transaction that was not committed
 * is undone. */
#ifndef FACES_SQL_H
#define FACES_SQL_H

#include "context.h"

#include <sqlite3.h>

typedef struct Sql {
    Context *context;
    const char *path;
    sqlite3 *handle;
} Sql;

/* flags: SQLITE_OPEN_READWRITE, with SQLITE_OPEN_CREATE where the file may be new. */
Sql *sql_open(Context *context, const char *path, int flags);

_Noreturn void sql_fail(const Sql *sql);

void sql_run(const Sql *sql, const char *statements);
sqlite3_stmt *sql_prepare(const Sql *sql, const char *statement);
void sql_bind_text(const Sql *sql, sqlite3_stmt *statement, int place, const char *text);
void sql_bind_bytes(const Sql *sql, sqlite3_stmt *statement, int place, const void *bytes, size_t count);
void sql_bind_integer(const Sql *sql, sqlite3_stmt *statement, int place, long long number);
void sql_bind_real(const Sql *sql, sqlite3_stmt *statement, int place, double number);

/* The next row; false when there is none, and then the statement may be bound and run again. */
bool sql_row(const Sql *sql, sqlite3_stmt *statement);

/* The first number of the first row. */
long long sql_integer(const Sql *sql, const char *query);

#endif
