/* where.h - which samples of the training file train or test, as the columns of a table say. */
#ifndef NNC_TRAINER_WHERE_H
#define NNC_TRAINER_WHERE_H

#include "csv.h"
#include "pool.h"

/* Sets the roles and groups of the pool's part 0 by data.train.where, data.test.where and data.folds: COLUMN. Row r is
 * described by line line[r] of the table; line NULL: by line r. */
void where_pick(Context *context, Pool *pool, const Data_spec *spec, const Csv_table *table, const size_t *line);

/* The same, by the table that data.index names. Nothing if no column is asked for, or part 0 was not read. */
void where_pick_by_index(Context *context, Pool *pool, const Data_spec *spec, const char *directory);

#endif
