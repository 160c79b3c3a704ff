/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/data.h - the text files that are compiled in.
 *
 * Law and code lists change every year, so they are files: the JSON and text
 * files in data/, docs/openapi.json, and the database schema in store/schema.
 * The build writes them into tables (cmake/embed.cmake).  Bytes are those of
 * the file, with a NUL behind the last that n does not count.
 */
#ifndef OV_PROTOCOL_DATA_H
#define OV_PROTOCOL_DATA_H

#include <stddef.h>

struct ov_data {
	const char *name;
	const unsigned char *p;
	size_t n;
};

/* By file name ("types.json", "fouten.txt", "openapi.json"); NULL when there
 * is no such file. */
const struct ov_data *ov_data_find(const char *name);
/* File i in order of name; NULL behind the last. */
const struct ov_data *ov_data_at(size_t i);
/* store/schema/NNN.sql, by its number, named "schema/NNN.sql"; NULL behind
 * the last.  Lives in ov_store. */
const struct ov_data *ov_schema_find(unsigned int n);

#endif
