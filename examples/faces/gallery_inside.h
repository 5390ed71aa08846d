/* gallery_inside.h - what the files of the gallery share. */
#ifndef FACES_GALLERY_INSIDE_H
#define FACES_GALLERY_INSIDE_H

#include "gallery.h"
#include "sql.h"

struct Gallery {
    Context *context;
    Sql *sql;
    float *embedding; /* [network.size]: one that is being read */
};

_Noreturn void gallery_fail_damaged(const Gallery *gallery, const char *how);
/* A copy of a column's text; empty where there is none. */
const char *gallery_text(const Gallery *gallery, sqlite3_stmt *row, int column);
/* The number of a person; 0 if there is none of the name. */
long long gallery_find(const Gallery *gallery, const char *name);

#endif
