# SPDX-License-Identifier: EUPL-1.2
# embed.cmake - write text files into a C table (protocol/data.h).
#
#   cmake -DOUT=file.c -DKIND=data|schema -DFILES=a,b,c -P embed.cmake
#
# "data" makes ov_data_find() and ov_data_at() over the file names; "schema"
# makes ov_schema_find() over files named NNN.sql.

string(REPLACE "," ";" FILES "${FILES}")
set(text "/* Made by cmake/embed.cmake; do not edit. */\n")
string(APPEND text "#include <string.h>\n\n#include \"protocol/data.h\"\n\n")
set(rows "")
set(n 0)
foreach(f IN LISTS FILES)
	get_filename_component(name "${f}" NAME)
	if(KIND STREQUAL "schema")
		if(NOT name MATCHES "^[0-9][0-9][0-9]\\.sql$")
			message(FATAL_ERROR "${f}: expected NNN.sql")
		endif()
		string(REGEX MATCH "^[0-9]+" number "${name}")
		set(name "schema/${name}")
	endif()
	file(READ "${f}" hex HEX)
	string(LENGTH "${hex}" len)
	math(EXPR len "${len} / 2")
	string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
	string(REGEX REPLACE
	    "((0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,))"
	    "\\1\n" hex "${hex}")
	string(APPEND text
	    "static const unsigned char f${n}[] = {\n${hex}0x00};\n")
	if(KIND STREQUAL "schema")
		string(APPEND rows
		    "\tcase 1${number} - 1000:\n\t\treturn &d${n};\n")
		string(APPEND text "static const struct ov_data d${n} = "
		    "{\"${name}\", f${n}, ${len}};\n")
	else()
		string(APPEND rows "\t{\"${name}\", f${n}, ${len}},\n")
	endif()
	math(EXPR n "${n} + 1")
endforeach()

if(KIND STREQUAL "schema")
	string(APPEND text "
const struct ov_data *
ov_schema_find(unsigned int n)
{
	switch (n) {
${rows}	default:
		return NULL;
	}
}
")
else()
	string(APPEND text "
static const struct ov_data files[] = {
${rows}	{NULL, NULL, 0},
};

const struct ov_data *
ov_data_at(size_t i)
{
	const struct ov_data *d = files;

	while (d->name != NULL && i-- > 0)
		d++;
	return d->name != NULL ? d : NULL;
}

const struct ov_data *
ov_data_find(const char *name)
{
	const struct ov_data *d;

	for (d = files; d->name != NULL; d++)
		if (strcmp(d->name, name) == 0)
			return d;
	return NULL;
}
")
endif()
file(WRITE "${OUT}" "${text}")
