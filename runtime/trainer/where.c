/* where.c - which samples of the training file train or test, as the columns of a table say. */
#include "where.h"

#include "file.h"
#include "words.h"

#include <stdio.h>
#include <string.h>

enum { FOLDS_MAX = 1000, VALUES_SHOWN = 12 };

typedef struct Picker {
    Context *context;
    const Csv_table *table;
    const size_t *line; /* of each row; NULL: the same */
    size_t rows;
} Picker;

static const char *cell(const Picker *picker, size_t row, size_t column)
{
    size_t line = picker->line == NULL ? row : picker->line[row];
    return picker->table->cell[line * picker->table->columns + column];
}

static Classes values_of(const Picker *picker, size_t column)
{
    const char **word = context_allocate(picker->context, picker->rows, sizeof *word);
    for (size_t r = 0; r < picker->rows; r++)
        word[r] = cell(picker, r, column);
    return words_distinct(picker->context, word, picker->rows);
}

/* ---- conditions ---- */

static _Noreturn void fail_value(const Picker *picker, const char *key, const char *column, const char *value,
                                 const Classes *values)
{
    char list[400] = "";
    size_t used = 0;
    for (size_t i = 0; i < values->count && i < VALUES_SHOWN && used + 30 < sizeof list; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%.24s", i == 0 ? "" : ", ", values->name[i]);
    context_fail(picker->context, "%s: error: %s asks for %s in column %s, which holds %s%s", picker->table->path, key,
                 value, column, list, values->count > VALUES_SHOWN ? ", ..." : "");
}

/* Which of the column's values are asked for: [values->count]. */
static bool *asked_values(const Picker *picker, const char *key, const Data_column *condition, const Classes *values)
{
    bool *asked = context_allocate(picker->context, values->count, sizeof *asked);
    for (size_t i = 0; i < condition->words.count; i++) {
        long which = words_find(values, condition->words.item[i]);
        if (which < 0)
            fail_value(picker, key, condition->name, condition->words.item[i], values);
        asked[which] = true;
    }
    return asked;
}

/* Clears picked[row] wherever the column holds none of the values. */
static void narrow(const Picker *picker, const char *key, const Data_column *condition, bool *picked)
{
    size_t column = csv_column(picker->context, picker->table, key, condition->name);
    Classes values = values_of(picker, column);
    const bool *asked = asked_values(picker, key, condition, &values);
    for (size_t r = 0; r < picker->rows; r++)
        picked[r] = picked[r] && asked[words_find(&values, cell(picker, r, column))];
}

/* The rows for which all conditions hold; all rows if there is no condition. */
static bool *picked_rows(const Picker *picker, const char *key, const Data_columns *conditions)
{
    bool *picked = context_allocate(picker->context, picker->rows, sizeof *picked);
    for (size_t r = 0; r < picker->rows; r++)
        picked[r] = true;
    for (size_t i = 0; i < conditions->count; i++)
        narrow(picker, key, &conditions->item[i], picked);
    return picked;
}

static size_t count_role(const Pool *pool, int role)
{
    size_t count = 0;
    for (size_t r = 0; r < pool->part[0].rows; r++)
        count += pool->role[r] == role;
    return count;
}

static void pick_roles(const Picker *picker, Pool *pool, const Data_spec *spec)
{
    const bool *trains = picked_rows(picker, "train.where", &spec->train.where);
    const bool *tests = picked_rows(picker, "test.where", &spec->test.where);
    pool->role = context_allocate(picker->context, picker->rows, 1);
    for (size_t r = 0; r < picker->rows; r++) {
        bool test = spec->test.where.count > 0 && tests[r];
        pool->role[r] = test ? ROLE_TEST : trains[r] ? ROLE_TRAIN : ROLE_NONE;
    }
    if (spec->test.where.count > 0 && count_role(pool, ROLE_TEST) == 0)
        context_fail(picker->context, "%s: error: data.test.where holds for no sample", picker->table->path);
    if (count_role(pool, ROLE_TRAIN) == 0)
        context_fail(picker->context, "%s: error: data.%s leaves no sample to train on", picker->table->path,
                     spec->train.where.count > 0 ? "train.where" : "test.where");
}

/* ---- folds ---- */

static void pick_groups(const Picker *picker, Pool *pool, const char *name)
{
    size_t column = csv_column(picker->context, picker->table, "folds", name);
    const char **word = context_allocate(picker->context, picker->rows, sizeof *word);
    size_t count = 0;
    for (size_t r = 0; r < picker->rows; r++) {
        if (pool->role == NULL || pool->role[r] == ROLE_TRAIN)
            word[count++] = cell(picker, r, column);
    }
    pool->groups = words_distinct(picker->context, word, count);
    if (pool->groups.count < 2 || pool->groups.count > FOLDS_MAX)
        context_fail(picker->context, "%s: error: column %s has %zu values; as data.folds it has 2 to %d",
                     picker->table->path, name, pool->groups.count, FOLDS_MAX);
    pool->group = context_allocate(picker->context, picker->rows, sizeof *pool->group);
    for (size_t r = 0; r < picker->rows; r++) {
        long group = words_find(&pool->groups, cell(picker, r, column));
        pool->group[r] = group < 0 ? SIZE_MAX : (size_t)group; /* of rows that are not used */
    }
}

/* ---- all of it ---- */

void where_pick(Context *context, Pool *pool, const Data_spec *spec, const Csv_table *table, const size_t *line)
{
    Picker picker = {context, table, line, pool->part[0].rows};
    if (spec->train.where.count > 0 || spec->test.where.count > 0)
        pick_roles(&picker, pool, spec);
    if (spec->fold_column != NULL)
        pick_groups(&picker, pool, spec->fold_column);
}

void where_pick_by_index(Context *context, Pool *pool, const Data_spec *spec, const char *directory)
{
    const Part *part = &pool->part[0];
    bool asked = spec->train.where.count > 0 || spec->test.where.count > 0 || spec->fold_column != NULL;
    if (!asked || part->rows == 0)
        return;
    if (spec->index == NULL)
        context_fail(context, "%serror: data.where and data.folds by a column need data.index, the table that has it",
                     pool_place(context, spec));
    Data_spec view = {
        .train.where = spec->train.where, .test.where = spec->test.where, .fold_column = spec->fold_column};
    const Csv_table *table = csv_read(context, file_join(context, directory, spec->index), &view);
    if (table->rows != part->rows)
        context_fail(context, "%s: error: %zu lines below the header, but %s has %zu samples", table->path, table->rows,
                     part->input[0].path, part->rows);
    where_pick(context, pool, spec, table, NULL);
}
