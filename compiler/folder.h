/* folder.h - a folder of files that is written whole or not at all, and in which nothing of others is overwritten. */
#ifndef NNC_FOLDER_H
#define NNC_FOLDER_H

#include "output.h"

/* Writes files, whose paths are below the folder, and beside them a list of their checksums. The folder and what is
 * missing above it are made. A file that is there already has to be as the list says, or it and the others stay as they
 * are; unless `force` is given. So has `title`, which says in a few words what the folder holds. Files that are not
 * written are nobody's concern. Exit status. */
int folder_write(const char *folder, const char *title, const Output *files, int count, bool force);

#endif
