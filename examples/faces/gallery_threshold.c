/* gallery_threshold.c - the threshold that a gallery keeps: none, or one. */
#include "gallery_inside.h"

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
