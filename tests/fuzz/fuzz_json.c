/* SPDX-License-Identifier: EUPL-1.2 */
/* fuzz_json.c - our reader and writer of JSON against jansson's: what jansson
 * takes (and is not too deep, and without NUL), protocol/jtree.h takes with the
 * same value, and the other way round; what is written is byte for byte what
 * jansson writes, and parses to the same.
 */
#include <stdlib.h>
#include <string.h>

#include "protocol/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#define MAX ((size_t)1 << 16)

static size_t
depth(const json_t *j)
{
	size_t most = 0, i, d;
	const char *key;
	json_t *v;

	if (!json_is_object(j) && !json_is_array(j))
		return 0;
	for (i = 0; i < json_array_size(j); i++) {
		d = depth(json_array_get(j, i));
		most = d > most ? d : most;
	}
	if (json_is_object(j)) {
		/* The iteration macro of jansson wants a changeable object;
		 * nothing is changed. */
		void *it = json_object_iter((json_t *)(uintptr_t)j);

		for (; it != NULL;
		     it = json_object_iter_next((json_t *)(uintptr_t)j, it)) {
			key = json_object_iter_key(it);
			v = json_object_iter_value(it);
			if (key == NULL)
				abort();
			d = depth(v);
			most = d > most ? d : most;
		}
	}
	return most + 1;
}

static void
read_members(const json_t *j)
{
	struct ov_jobj o;
	struct ov_oin oin;
	struct ov_date d;
	uint8_t id[16];
	int64_t t;

	ov_jo_init(&o, j, "fuzz");
	(void)ov_jo_int(&o, "v", OV_JSON_INT_MAX);
	if (ov_jo_has(&o, "s"))
		(void)ov_jo_str(&o, "s", 20);
	if (ov_jo_has(&o, "jti"))
		ov_jo_b64u(&o, "jti", id, sizeof(id));
	if (ov_jo_has(&o, "iss"))
		ov_jo_oin(&o, "iss", &oin);
	if (ov_jo_has(&o, "dag"))
		ov_jo_date(&o, "dag", &d);
	if (ov_jo_has(&o, "tijd"))
		ov_jo_moment(&o, "tijd", &t);
	if (ov_jo_has(&o, "lijst"))
		(void)ov_jo_arr(&o, "lijst", 4);
	if (ov_jo_end(&o, NULL) == OV_OK && o.ntaken != json_object_size(j))
		abort();
}

/* Values behind a node, itself too: every one is reached exactly once. */
static size_t
nodes(const struct ov_jn *v)
{
	const struct ov_jn *m;
	size_t n = 1, members = 0;

	for (m = ov_jn_first(v); m != NULL; m = ov_jn_next(m), members++) {
		n += nodes(m);
		if (ov_jn_is(v, OV_J_OBJECT) &&
		    (m->name == NULL || strlen(m->name) != m->name_n ||
		        ov_jn_get(v, m->name) != m))
			abort();
	}
	if (members != ov_jn_count(v) ||
	    (ov_jn_is(v, OV_J_TEXT) && strlen(ov_jn_text(v)) != v->n))
		abort();
	return n;
}

/* j is what we made of it, NULL when it was refused. */
static void
other_reader(const uint8_t *p, size_t n, const json_t *j)
{
	OV_JDOC d = {0}, made = {0};
	OV_JSON *back = NULL, *theirs = NULL;
	json_error_t je;

	if (n <= MAX && memchr(p, '\0', n) == NULL)
		theirs = json_loadb((const char *)p, n, JSON_REJECT_DUPLICATES,
		    &je);
	if ((theirs != NULL && depth(theirs) <= OV_JSON_DEPTH_MAX) !=
	    (j != NULL))
		abort();
	if (j == NULL)
		return;
	if (!json_equal(j, theirs) ||
	    ov_jdoc_parse(p, n, MAX, &d, NULL) != OV_OK ||
	    nodes(d.root) != d.nodes)
		abort();
	if (ov_jdoc_of(j, &made, NULL) != OV_OK)
		abort();
	back = ov_jn_json(made.root);
	if (!json_equal(j, back))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	OV_BUF b = {0};
	json_t *j, *again;
	json_malloc_t alloc;
	json_free_t release;
	char *text;

	ov_json_init();
	if (ov_json_parse(p, n, MAX, &j, NULL) != OV_OK) {
		other_reader(p, n, NULL);
		return 0;
	}
	other_reader(p, n, j);
	if (depth(j) > OV_JSON_DEPTH_MAX)
		abort();
	read_members(j);
	ov_json_dump(&b, j);
	if (ov_buf_ok(&b, NULL) != OV_OK ||
	    ov_json_parse(b.p, b.n, b.n, &again, NULL) != OV_OK ||
	    !json_equal(j, again))
		abort();
	text = json_dumps(j, JSON_COMPACT);
	if (text == NULL || strlen(text) != b.n || memcmp(text, b.p, b.n) != 0)
		abort();
	json_get_alloc_funcs(&alloc, &release);
	release(text);
	json_decref(again);
	json_decref(j);
	return 0;
}
