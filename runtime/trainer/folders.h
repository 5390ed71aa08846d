/* folders.h - a folder of folders of pictures: a class for each, and its files.
 *
 *     people/ann/1.jpg  people/ann/2.jpg  people/bob/1.png ...
 *
 * The order is natural: digits that follow each other count as one number, other bytes by their value; so s2 stands
 * before s10. Names that begin with a dot are passed over, and so are files whose names do not end as pictures' do.
 * Symbolic links are followed; nothing is searched below the classes' folders, so no link leads in a circle. */
#ifndef NNC_TRAINER_FOLDERS_H
#define NNC_TRAINER_FOLDERS_H

#include "context.h"

typedef struct Class_folder {
    const char *name;  /* of the class, and of the folder */
    size_t files;      /* 1 or more */
    const char **file; /* [files]: names in the folder */
} Class_folder;

typedef struct Folders {
    const char *path;
    size_t count;
    Class_folder *class; /* [count] */
} Folders;

/* What is in a folder, in order: the names of its folders, and of its files that end as pictures do. */
typedef struct Contents {
    size_t folders, pictures;
    const char **folder, **picture;
} Contents;

/* Fails if it is no folder or cannot be read. */
Contents folders_contents(Context *context, const char *path);

/* Fails if it is no folder, cannot be read, has no folders or one without pictures, or one whose name cannot be
 * printed: it is not UTF-8, or has a control character. */
Folders folders_read(Context *context, const char *path);

/* Below 0, 0, above 0: in the natural order. 0 only for equal names. */
int folders_compare(const char *one, const char *other);

/* A path as it may be printed: with ? for what is no printable UTF-8. */
const char *folders_shown(Context *context, const char *path);

#endif
