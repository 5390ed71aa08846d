/* csv.h - splits comma-separated text into fields. What the columns mean is the business of columns.c. */
#ifndef NNC_TRAINER_CSV_H
#define NNC_TRAINER_CSV_H

#include "context.h"
#include "data.h"

#include <stdbool.h>
#include <stddef.h>

/* A place in a text that is cut up as it is read: fields become NUL-terminated where they stand. */
typedef struct Csv_cursor {
    const char *path; /* for messages */
    char *next, *end;
    size_t line; /* of `next`, from 1 */
    char separator;
} Csv_cursor;

/* One record. */
typedef struct Csv_record {
    char **field;
    size_t fields, capacity;
    size_t line; /* where it begins */
} Csv_record;

typedef struct Csv_table {
    const char *path;
    size_t columns, rows;
    const char **name;       /* [columns], or NULL without a header */
    const char **cell;       /* [rows][columns] */
    size_t *line;            /* [rows] */
    size_t class_names;      /* a first line `rows,features,word,word`, as scikit-learn writes it, names the classes */
    const char **class_name; /* [class_names] */
} Csv_table;

/* The next record that is not blank; false at the end. Fields lie in the text, without the blanks around them. */
bool csv_next(Context *context, Csv_cursor *cursor, Csv_record *record);

/* What separates the fields of this line: a comma, semicolon or tab if there is one, else blanks. */
char csv_guess_separator(const char *line);

/* Reads a file, plain or .gz. Every record has as many fields as the first. The spec's separator, header and names of
 * columns are looked at. */
Csv_table *csv_read(Context *context, const char *path, const Data_spec *spec);

/* Is the field a finite number, and which? */
bool csv_number(const char *field, double *number);
/* Empty, ?, NA, N/A, NaN or null. */
bool csv_is_missing(const char *field);

/* The column that `word` names in the header, or by its number from 1, or from -1 at the end; fails if there is none.
 */
size_t csv_column(Context *context, const Csv_table *table, const char *key, const char *word);

/* Do two words say the same, letters' case aside? */
bool csv_same_word(const char *one, const char *other);

#endif
