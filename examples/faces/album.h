/* album.h - a folder of people: DIR/NAME/ has the photographs of NAME. */
#ifndef FACES_ALBUM_H
#define FACES_ALBUM_H

#include "context.h"

typedef struct Album {
    size_t people, photographs;
    const char **name; /* [people] */
    size_t *first;     /* [people + 1]: the photographs of person p are first[p] .. first[p + 1] - 1 */
    const char **path; /* [photographs] */
} Album;

/* All folders below DIR that hold photographs, by name, and the photographs by name, numbers in names by their value.
 * Hidden files, and files whose names are not those of pictures, are passed over. Fails if there is no photograph. */
Album album_read(Context *context, const char *directory);

/* The people of a list "NAME,NAME,...", in the album's order, and the others. Fails for one who is not in the album. */
Album album_select(Context *context, const Album *album, const char *directory, const char *names);
Album album_without(Context *context, const Album *album, const char *names);

#endif
