/* draw.h - samples as pictures of characters. */
#ifndef DRAW_H
#define DRAW_H

#include "samples.h"

enum { DRAWN_COLUMNS = 12 }; /* of each */

/* One beside the other, CLASSES at most: the path of the acceleration, to the right and upwards, as large as fits. '.'
 * is its beginning, then come 'o', 'O' and '@'. */
void draw(const Sample *samples, int count);

#endif
