/* SPDX-License-Identifier: EUPL-1.2 */
/* test_fout.c - every code has a sentence, every sentence a code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/fout.h"

static const char *const local[] = {
#define X(code) code,
    OV_LOKALE_FOUTEN(X)
#undef X
};
#define LOCALS (sizeof(local) / sizeof(local[0]))

/* A sentence that a person can read and JSON needs not escape. */
static void
plain(struct ov_view v, size_t min, size_t max)
{
	size_t i;

	assert_in_range(v.n, min, max);
	for (i = 0; i < v.n; i++) {
		assert_true(v.p[i] >= ' ' && v.p[i] < 0x7f);
		assert_true(v.p[i] != '"' && v.p[i] != '\\' && v.p[i] != '|');
	}
	assert_true(v.p[0] >= 'A' && v.p[0] <= 'Z');
}

static void
has_line(const char *code, int status)
{
	struct ov_fout_text t;

	if (!ov_fout_find(code, &t))
		fail_msg("no line for %s", code);
	assert_int_equal(t.status, status);
	plain(t.title, 5, 70);
	plain(t.detail, 25, 300);
	/* What happened, and what to do: sentences, ended. */
	assert_int_equal(t.detail.p[t.detail.n - 1], '.');
}

static void
test_every_code_has_a_line(void **state)
{
	char name[64];
	size_t i;
	int k;

	(void)state;
	for (k = OV_FOUT_GEEN + 1; k < (int)OV_FOUT_N; k++) {
		enum ov_fout f = (enum ov_fout)k;

		has_line(ov_fout_code(f), ov_fout_status(f));
		assert_int_equal(ov_fout_from(ov_view_str(ov_fout_code(f))), f);
	}
	for (k = OV_REDEN_GEEN + 1; k < (int)OV_REDEN_N; k++) {
		(void)snprintf(name, sizeof(name), "reden/%s",
		    ov_reden_code((enum ov_reden)k));
		has_line(name, 0);
	}
	for (i = 0; i < LOCALS; i++)
		has_line(local[i], 0);
}

static bool
is_reden(struct ov_view code)
{
	char name[64];
	int k;

	for (k = OV_REDEN_GEEN + 1; k < (int)OV_REDEN_N; k++) {
		(void)snprintf(name, sizeof(name), "reden/%s",
		    ov_reden_code((enum ov_reden)k));
		if (ov_view_eq(code, name))
			return true;
	}
	return false;
}

static bool
is_local(struct ov_view code)
{
	size_t i;

	for (i = 0; i < LOCALS; i++)
		if (ov_view_eq(code, local[i]))
			return true;
	return false;
}

/* And once: as many lines as codes. */
static void
test_every_line_has_a_code(void **state)
{
	struct ov_fout_text t;
	struct ov_view code;
	size_t n;

	(void)state;
	for (n = 0; ov_fout_nth(n, &code, &t); n++) {
		bool known = t.status != 0 ? ov_fout_from(code) != OV_FOUT_GEEN
		                           : is_reden(code) || is_local(code);

		if (!known)
			fail_msg("no code for line %.*s", (int)code.n,
			    (const char *)code.p);
	}
	assert_int_equal(n, OV_FOUT_N - 1 + OV_REDEN_N - 1 + LOCALS);
	assert_int_equal(t.title.n, 0);
}

/* The table of docs/protocol.md 7. */
static void
test_what_a_sender_does(void **state)
{
	static const struct {
		int status;
		const char *code;
		enum ov_after after;
	} rows[] = {
	    {200, "", OV_AFTER_DELIVERED},
	    {201, "", OV_AFTER_DELIVERED},
	    {410, "vernietigd", OV_AFTER_DELIVERED},
	    {410, "", OV_AFTER_DELIVERED},
	    {409, "sleutel-onbekend", OV_AFTER_NEW_BUNDLE},
	    {409, "volgnummer-hergebruikt", OV_AFTER_NEW_SEQ},
	    {0, "", OV_AFTER_AGAIN},
	    {408, "", OV_AFTER_AGAIN},
	    {429, "te-veel", OV_AFTER_AGAIN},
	    {503, "log-niet-beschikbaar", OV_AFTER_AGAIN},
	    {503, "tijdelijk-niet-beschikbaar", OV_AFTER_AGAIN},
	    {507, "opslag-vol", OV_AFTER_AGAIN},
	    {500, "", OV_AFTER_AGAIN},
	    {502, "", OV_AFTER_AGAIN},
	    {409, "tijd-afwijkend", OV_AFTER_AGAIN},
	    {403, "partij-onbekend", OV_AFTER_AGAIN},
	    {403, "", OV_AFTER_AGAIN},
	    {403, "onbekende-code", OV_AFTER_AGAIN},
	    {409, "", OV_AFTER_AGAIN},
	    {404, "niet-gevonden", OV_AFTER_AGAIN},
	    {405, "methode", OV_AFTER_AGAIN},
	    {301, "", OV_AFTER_AGAIN},
	    {400, "bericht-ongeldig", OV_AFTER_REFUSED},
	    {400, "", OV_AFTER_REFUSED},
	    {413, "te-groot", OV_AFTER_REFUSED},
	    {413, "", OV_AFTER_REFUSED},
	    {415, "media-type", OV_AFTER_REFUSED},
	    {422, "inhoud-ongeldig", OV_AFTER_REFUSED},
	    {411, "lengte-nodig", OV_AFTER_REFUSED},
	    {403, "niet-toegestaan", OV_AFTER_REFUSED},
	    {403, "partij-komt-niet-overeen", OV_AFTER_REFUSED},
	    {409, "jti-hergebruikt", OV_AFTER_REFUSED},
	    {409, "epoch-gesloten", OV_AFTER_REFUSED},
	    /* A code under another status than its own says nothing. */
	    {503, "niet-toegestaan", OV_AFTER_AGAIN},
	    {400, "vernietigd", OV_AFTER_REFUSED},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(ov_fout_after(rows[i].status,
		                     ov_fout_from(ov_view_str(rows[i].code))),
		    rows[i].after);
}

static void
test_problem_raw(void **state)
{
	static const char begin[] =
	    "{\"type\":\"urn:overstap:fout:element-ongeldig\",\"title\":\"";
	OV_BUF b = {0}, none = {0};
	const char *s;

	(void)state;
	ov_fout_problem_raw(&b, OV_FOUT_ELEMENT_ONGELDIG,
	    ov_view_str("\"index\":3"));
	s = ov_buf_text(&b);
	assert_non_null(s);
	assert_memory_equal(s, begin, sizeof(begin) - 1);
	assert_non_null(strstr(s, "\",\"status\":422,\"detail\":\""));
	assert_non_null(strstr(s, ".\",\"index\":3}"));
	ov_fout_problem_raw(&none, OV_FOUT_GEEN, ov_view_str(""));
	assert_true(none.bad);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_code_has_a_line),
	    cmocka_unit_test(test_every_line_has_a_code),
	    cmocka_unit_test(test_what_a_sender_does),
	    cmocka_unit_test(test_problem_raw),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
