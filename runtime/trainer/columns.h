/* columns.h - what the columns of a CSV file are to the network. */
#ifndef NNC_TRAINER_COLUMNS_H
#define NNC_TRAINER_COLUMNS_H

#include "csv.h"
#include "pool.h"

/* The inputs of a training file: every column that is neither a label nor ignored, categories with their words. */
void columns_learn(Context *context, Encoding *encoding, const Csv_table *table, const Data_spec *spec,
                   const nnc_network *network);

/* For each column of the encoding, where a table has it: by name if both have a header, else by position. Labels and
 * ignored columns may be missing from the table. */
size_t *columns_match(Context *context, const Encoding *encoding, const Csv_table *table, const Data_spec *spec,
                      const nnc_network *network);

/* Numbers of one input of the network that the encoding gives. */
size_t columns_width(const Encoding *encoding);

/* Writes the inputs of one record. What is missing is NAN (words: all 0). False if the record is to be dropped. */
bool columns_inputs(Context *context, const Encoding *encoding, const Csv_table *table, size_t row, const size_t *at,
                    const Data_spec *spec, const nnc_network *network, double *values);

#endif
