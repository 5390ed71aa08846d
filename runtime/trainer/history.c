/* history.c - the figures of each epoch, and their CSV file. */
#include "history.h"

#include "file.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { FIELD_BYTES = 32 };

void history_add(Context *context, History *history, const double row[HISTORY_COLUMNS])
{
    if (history->epochs == history->capacity) {
        history->capacity = history->capacity == 0 ? 64 : 2 * history->capacity;
        history->row = context_grow(context, history->row, history->capacity, sizeof *history->row);
    }
    memcpy(history->row[history->epochs++], row, sizeof *history->row);
}

void history_write(Context *context, const char *path, const History *history)
{
    static const char *const names[] = {
#define X(name, text) text,
        HISTORY_FIELDS(X)
#undef X
    };
    size_t mark = context->blocks, used = 0;
    char *text = context_allocate(context, (history->epochs + 1) * HISTORY_COLUMNS, FIELD_BYTES);
    for (int c = 0; c < HISTORY_COLUMNS; c++)
        used += (size_t)sprintf(text + used, "%s%c", names[c], c == HISTORY_COLUMNS - 1 ? '\n' : ',');
    for (size_t e = 0; e < history->epochs; e++) {
        for (int c = 0; c < HISTORY_COLUMNS; c++) {
            double value = history->row[e][c];
            if (!isnan(value))
                used += (size_t)sprintf(text + used, "%.9g", value);
            text[used++] = c == HISTORY_COLUMNS - 1 ? '\n' : ',';
        }
    }
    file_write(context, path, text, used);
    context_release(context, mark);
}
