/* draw.c - see draw.h. */
#include "draw.h"

#include "print.h"

enum { COLUMNS = DRAWN_COLUMNS - 1, ROWS = 7, CANVAS_COLUMNS = CLASSES * DRAWN_COLUMNS, POINTS = READINGS - 2 };

/* The sums of three readings at a time, from 0 on; the largest one over both axes. */
static int smooth(const Sample *sample, int path[2][POINTS])
{
    int largest = 0;
    for (int axis = 0; axis < 2; axis++) {
        const int8_t *reading = sample->reading + axis;
        int least = 3 * INT8_MAX;
        for (int t = 0; t < POINTS; t++, reading += AXES) {
            path[axis][t] = reading[0] + reading[AXES] + reading[2 * AXES];
            least = path[axis][t] < least ? path[axis][t] : least;
        }
        for (int t = 0; t < POINTS; t++) {
            path[axis][t] -= least;
            largest = path[axis][t] > largest ? path[axis][t] : largest;
        }
    }
    return largest;
}

static char canvas[ROWS][CANVAS_COLUMNS + 1];

static void plot(const Sample *sample, int left)
{
    enum { PARTS = 4 }; /* between two points */
    int path[2][POINTS];
    const int span = PARTS * (smooth(sample, path) + 1);
    for (int i = 0; i < PARTS * (POINTS - 1); i++) {
        const int t = i / PARTS, part = i % PARTS;
        const int x = path[0][t] * (PARTS - part) + path[0][t + 1] * part;
        const int y = path[1][t] * (PARTS - part) + path[1][t + 1] * part;
        canvas[y * ROWS / span][left + x * COLUMNS / span] = ".oO@"[4 * t / POINTS];
    }
}

void draw(const Sample *samples, int count)
{
    for (int row = 0; row < ROWS; row++)
        for (int column = 0; column < count * DRAWN_COLUMNS; column++)
            canvas[row][column] = ' ';
    for (int n = 0; n < count; n++)
        plot(&samples[n], n * DRAWN_COLUMNS);
    for (int row = ROWS - 1; row >= 0; row--) {
        for (int end = CANVAS_COLUMNS; end && canvas[row][end - 1] == ' '; end--)
            canvas[row][end - 1] = 0;
        print(canvas[row]);
        print("\n");
    }
}
