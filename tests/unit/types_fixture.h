/* SPDX-License-Identifier: EUPL-1.2 */
/* types_fixture.h - the shipped tables, and an example of every type, of which
 * the tests break one thing at a time. */
#ifndef TYPES_FIXTURE_H
#define TYPES_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "protocol/data.h"
#include "protocol/json.h"
#include "protocol/types.h"

#ifndef OV_TEST_DATA
#define OV_TEST_DATA "tests/data"
#endif
#define VANDAAG "2025-04-01"
#define FILES 17

static struct ov_types *types;
static json_t *docs[FILES];
static const struct {
	const char *name, *srt;
	size_t pid;
} files[FILES] = {{"dossier-volledig.json", "overstapdossier", 43},
    {"dossier-minimaal.json", "overstapdossier", 43},
    {"uitschrijving.json", "uitschrijving", 43},
    {"status.json", "overstapstatus", 43}, {"ontvangst.json", "ontvangst", 0},
    {"verzuimmelding.json", "verzuimmelding", 43},
    {"verzuimstatus.json", "verzuimstatus", 0},
    {"terugkoppeling.json", "terugkoppeling", 0},
    {"terugkoppeling-leerling.json", "terugkoppeling", 43},
    {"warme-overdracht.json", "warme-overdracht", 43},
    {"correctie.json", "correctie", 0}, {"intrekking.json", "intrekking", 0},
    {"wissing.json", "wissing", 0},
    {"afsluitverklaring.json", "afsluitverklaring", 0},
    {"afsluitverklaring-blijft.json", "afsluitverklaring", 0},
    {"pgn-wijziging.json", "pgn-wijziging", 43},
    {"overdracht.json", "overdracht", 43}};
enum file {
	DOSSIER,
	DOSSIER_MINIMAAL,
	UITSCHRIJVING,
	STATUS,
	ONTVANGST,
	VERZUIM,
	VSTATUS,
	TERUG,
	TERUG_LEERLING,
	WARM,
	CORRECTIE,
	INTREKKING,
	WISSING,
	AFSLUIT,
	AFSLUIT_BLIJFT,
	PGN,
	OVERDRACHT
};
static struct ov_fouten fouten;
static size_t tried;

static struct ov_view
data(const char *name)
{
	const struct ov_data *d = ov_data_find(name);

	assert_non_null(d);
	return (struct ov_view){d->p, d->n};
}

static json_t *
read_file(const char *name)
{
	char path[512], *dir = getenv("OVERSTAP_TEST_DATA");
	json_error_t e;
	json_t *v;

	(void)snprintf(path, sizeof(path), "%s/%s",
	    dir != NULL ? dir : OV_TEST_DATA, name);
	v = json_load_file(path, JSON_REJECT_DUPLICATES, &e);
	if (v == NULL)
		fail_msg("%s: %s", path, e.text);
	return v;
}

static int
setup(void **state)
{
	struct ov_types_src src = {data("types.json"), data("codelijsten.json"),
	    data("grondslagen.json")};
	struct ov_err e = {0};
	size_t i;

	(void)state;
	ov_json_init();
	if (ov_types_load(&src, &types, &e) != OV_OK)
		fail_msg("%s", e.msg);
	for (i = 0; i < FILES; i++)
		docs[i] = read_file(files[i].name);
	return 0;
}

static int
teardown(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < FILES; i++)
		json_decref(docs[i]);
	ov_types_free(types);
	return 0;
}

static inline bool
has(const char *pad, enum ov_reden reden)
{
	size_t i;

	for (i = 0; i < fouten.n; i++)
		if (fouten.f[i].reden == reden &&
		    strcmp(fouten.f[i].pad, pad) == 0)
			return true;
	return false;
}

static inline void
expect(size_t file, json_t *doc, const char *pad, enum ov_reden reden)
{
	size_t i;

	tried++;
	assert_int_equal(ov_types_check_json(types, files[file].srt, doc,
	                     files[file].pid, VANDAAG, &fouten),
	    OV_BADMSG);
	if (has(pad, reden))
		return;
	for (i = 0; i < fouten.n; i++)
		print_error("  %s %s\n", fouten.f[i].pad,
		    ov_reden_code(fouten.f[i].reden));
	fail_msg("expected %s %s", pad, ov_reden_code(reden));
}

#endif
