/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/profile_fixture.h - the built-in tables with the profiles, and
 * what an import gave: the last draft and the faults of all rows.
 */
#ifndef OV_TESTS_PROFILE_FIXTURE_H
#define OV_TESTS_PROFILE_FIXTURE_H

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/fs.h"
#include "protocol/data.h"
#include "protocol/json.h"
#include "protocol/profiel.h"

#ifndef OV_TEST_DATA
#define OV_TEST_DATA "tests/data" /* from the root of the checkout */
#endif

static struct ov_types *types;
static struct ov_policy *policy;
static struct ov_profiles *profiles;

static inline struct ov_view
data(const char *name)
{
	const struct ov_data *d = ov_data_find(name);

	assert_non_null(d);
	return (struct ov_view){d->p, d->n};
}

static inline int
setup(void **state)
{
	struct ov_types_src src = {data("types.json"), data("codelijsten.json"),
	    data("grondslagen.json")};
	struct ov_policy_src rules = {data("matrix.json"), data("regio.json")};
	struct ov_err e = {0};

	(void)state;
	ov_json_init();
	if (ov_types_load(&src, &types, &e) != OV_OK ||
	    ov_policy_load(types, &rules, &policy, &e) != OV_OK ||
	    ov_profiles_load(types, data("profielen.json"), &profiles, &e) !=
	        OV_OK)
		fail_msg("%s", e.msg);
	return 0;
}

static inline int
teardown(void **state)
{
	(void)state;
	ov_profiles_free(profiles);
	ov_policy_free(policy);
	ov_types_free(types);
	return 0;
}

/* What came in: the last draft and all faults of all rows. */
struct seen {
	json_t *draft;
	size_t rows, bad, n;
	struct ov_io_fault f[64];
};

static inline enum ov_rc
on_row(void *arg, const struct ov_io_row *r, struct ov_err *e)
{
	struct seen *s = arg;
	size_t i;

	(void)e;
	s->rows++;
	s->bad += r->bad;
	for (i = 0; i < r->nfaults && s->n < 64; i++)
		s->f[s->n++] = r->fault[i];
	json_decref(s->draft);
	s->draft = json_incref(r->draft);
	return OV_OK;
}

static inline void
run(const char *profiel, const char *csv, size_t n, const char *map,
    struct seen *s)
{
	struct ov_mapping *m = NULL;
	struct ov_import_opts o = {.profile = ov_profile_find(profiles,
	                               profiel),
	    .policy = policy,
	    .rollen = OV_ROL_BIT(OV_ROL_VO),
	    .vandaag = "2025-04-01",
	    .fn = on_row,
	    .arg = s};
	struct ov_import *im;
	struct ov_err e = {0};

	memset(s, 0, sizeof(*s));
	assert_non_null(o.profile);
	if (map != NULL &&
	    ov_mapping_load(o.profile, ov_view_str(map), &m, &e) != OV_OK)
		fail_msg("%s", e.msg);
	o.mapping = m;
	im = ov_import_new(&o);
	if (ov_import_push(im, csv, n, &e) != OV_OK ||
	    ov_import_end(im, &e) != OV_OK)
		fail_msg("%s", e.msg);
	ov_import_free(im);
	ov_mapping_free(m);
}

static inline void
show(const struct seen *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		print_error("  row %d col %zu %s %s %s\n", (int)s->f[i].row,
		    s->f[i].col, s->f[i].pad, ov_reden_code(s->f[i].reden),
		    s->f[i].kolom != NULL ? s->f[i].kolom : "-");
}

static inline const struct ov_io_fault *
find(const struct seen *s, const char *pad, enum ov_reden reden)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (strcmp(s->f[i].pad, pad) == 0 && s->f[i].reden == reden)
			return &s->f[i];
	show(s);
	fail_msg("no fault %s %s", pad, ov_reden_code(reden));
	return NULL;
}

static inline json_t *
read_file(const char *name)
{
	char path[512];
	json_t *v;

	(void)snprintf(path, sizeof(path), "%s/%s", OV_TEST_DATA, name);
	v = json_load_file(path, 0, NULL);
	assert_non_null(v);
	return v;
}

#endif
