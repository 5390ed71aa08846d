/* zip.h - files in a ZIP archive, stored as they are. */
#ifndef NNC_ZIP_H
#define NNC_ZIP_H

#include "output.h"

/* The archive of these files, in their order; the same files give the same bytes. */
void zip_add(Text *archive, const Output *files, int count);

#endif
