/* SPDX-License-Identifier: EUPL-1.2 */
/* test_route.c - every endpoint, its parameters, and what is no endpoint. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/limits.h"
#include "protocol/route.h"

#define JTI "cXFxcXFxcXFxcXFxcXFxcQ"
#define HEX "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define SHA "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static enum ov_fout
find(const char *method, const char *target, struct ov_route_par *par)
{
	return ov_route_find(ov_view_str(method), ov_view_str(target), par);
}

/* A good target of each route; a change of any character of its path (and of
 * its method) makes it another or none. */
static const struct {
	const char *method, *target;
	enum ov_route route;
	uint64_t num1, num2;
	uint8_t has;
} good[] = {
    {"POST", "/v1/berichten", OV_R_BERICHT, 0, 0, 0},
    {"GET", "/v1/berichten/" JTI "/ontvangstbewijs", OV_R_ONTVANGSTBEWIJS, 0, 0,
        0},
    {"GET", "/v1/sleutels", OV_R_SLEUTELS, 0, 0, 0},
    {"GET", "/v1/contacten", OV_R_CONTACTEN, 0, 0, 0},
    {"GET", "/v1/adresboek", OV_R_ADRESBOEK, 0, 0, 0},
    {"GET", "/v1/adresboek/42", OV_R_ADRESBOEK_VERSIE, 42, 0, OV_HAS_NUM1},
    {"POST", "/v1/adresboek", OV_R_ADRESBOEK_NIEUW, 0, 0, 0},
    {"GET", "/v1/afstemming?van=1&tot=1000", OV_R_AFSTEMMING, 1, 1000,
        OV_HAS_NUM1 | OV_HAS_NUM2},
    {"GET", "/v1/log/checkpoint", OV_R_LOG_CHECKPOINT, 0, 0, 0},
    {"GET", "/v1/log/tile/0/x001/234.p/255", OV_R_LOG_TILE, 0, 0, 0},
    {"POST", "/v1/getuige/add-checkpoint", OV_R_GETUIGE_TOEVOEGEN, 0, 0, 0},
    {"GET", "/v1/getuige/" HEX "/checkpoint", OV_R_GETUIGE_CHECKPOINT, 0, 0,
        OV_HAS_DIGEST},
    {"POST", "/v1/oprf/evalueer", OV_R_OPRF_EVALUEER, 0, 0, 0},
    {"GET", "/v1/oprf/sleutels/1", OV_R_OPRF_SLEUTELS, 1, 0, OV_HAS_NUM1},
    {"GET", "/v1/oprf/gebruik?ep=3", OV_R_OPRF_GEBRUIK, 3, 0, OV_HAS_NUM1},
    {"GET", "/v1/status", OV_R_STATUS, 0, 0, 0},
    {"GET", "/openapi.json", OV_R_OPENAPI, 0, 0, 0},
};
#define GOOD (sizeof(good) / sizeof(good[0]))

static void
test_every_endpoint(void **state)
{
	struct ov_route_par par;
	bool seen[OV_R_N] = {false};
	size_t i;

	(void)state;
	for (i = 0; i < GOOD; i++) {
		assert_int_equal(find(good[i].method, good[i].target, &par),
		    OV_FOUT_GEEN);
		assert_int_equal(par.route, good[i].route);
		assert_true(par.num1 == good[i].num1);
		assert_true(par.num2 == good[i].num2);
		assert_int_equal(par.has, good[i].has);
		assert_non_null(ov_route_info(par.route));
		assert_int_equal(ov_route_info(par.route)->route, par.route);
		assert_string_equal(ov_route_info(par.route)->method,
		    good[i].method);
		seen[par.route] = true;
	}
	for (i = 1; i < OV_R_N; i++)
		assert_true(seen[i]);
	assert_null(ov_route_info(OV_R_NONE));
	assert_null(ov_route_info(OV_R_N));
}

/* Every prefix of every target, and every target with a character more, is
 * another endpoint of the table or none; never a crash, never a guess. */
static void
test_prefixes_and_additions(void **state)
{
	struct ov_route_par par;
	char longer[200];
	size_t i, n, k;

	(void)state;
	for (i = 0; i < GOOD; i++) {
		struct ov_view m = ov_view_str(good[i].method);
		struct ov_view t = ov_view_str(good[i].target);
		size_t len = t.n;

		for (n = 0; n < len; n++) {
			bool known = false;

			t.n = n;
			for (k = 0; k < GOOD; k++)
				known |= ov_view_eq(t, good[k].target);
			if (ov_route_find(m, t, &par) == OV_FOUT_GEEN)
				assert_true(known || par.num1 > 0 ||
				            par.route == OV_R_LOG_TILE);
		}
		memcpy(longer, good[i].target, len + 1);
		longer[len + 1] = '\0';
		longer[len] = '/';
		assert_int_not_equal(find(good[i].method, longer, &par),
		    OV_FOUT_GEEN);
		longer[len] = '%';
		assert_int_not_equal(find(good[i].method, longer, &par),
		    OV_FOUT_GEEN);
		longer[len] = '&';
		assert_int_not_equal(find(good[i].method, longer, &par),
		    OV_FOUT_GEEN);
	}
}

static void
test_parameters(void **state)
{
	struct ov_route_par par;
	size_t i;

	(void)state;
	assert_int_equal(find("GET", "/v1/berichten/" JTI "/ontvangstbewijs",
	                     &par),
	    OV_FOUT_GEEN);
	for (i = 0; i < 16; i++)
		assert_int_equal(par.jti[i], 0x71);
	assert_int_equal(find("GET", "/v1/getuige/" HEX "/checkpoint", &par),
	    OV_FOUT_GEEN);
	assert_int_equal(par.digest[1], 0x11);
	assert_int_equal(find("GET", "/v1/oprf/sleutels/7?sha256=" SHA, &par),
	    OV_FOUT_GEEN);
	assert_int_equal(par.has, OV_HAS_DIGEST | OV_HAS_NUM1);
	assert_int_equal(find("GET", "/v1/afstemming?tot=5&van=5", &par),
	    OV_FOUT_GEEN);
	assert_true(par.num1 == 5 && par.num2 == 5);
	assert_int_equal(find("GET", "/v1/log/tile/3/001", &par), OV_FOUT_GEEN);
	assert_true(ov_view_eq(par.tile, "3/001"));
}

static void
test_not_found(void **state)
{
	static const char *const paths[] = {"", "/", "*", "/v1", "/v1/",
	    "/v2/berichten", "/V1/berichten", "/v1/Berichten", "//v1/berichten",
	    "/v1//berichten", "/v1/./berichten", "/v1/../v1/berichten",
	    "/v1/berichten/", "/v1/berichten;a", "/v1/bericht%65n",
	    "/v1/status?", "/v1/status?a=1", "/v1/adresboek?versie=1",
	    "/v1/adresboek/0", "/v1/adresboek/01", "/v1/adresboek/-1",
	    "/v1/adresboek/4294967296", "/v1/adresboek/1/2", "/v1/adresboek/1a",
	    "/v1/berichten/" JTI, "/v1/berichten/" JTI "x/ontvangstbewijs",
	    "/v1/berichten/cXFxcXFxcXFxcXFxcXFxcR/ontvangstbewijs",
	    "/v1/berichten//ontvangstbewijs",
	    "/v1/berichten/" JTI "/bijlagen/0", "/v1/oprf/sleutels/0",
	    "/v1/oprf/sleutels", "/v1/oprf/sleutels/",
	    "/v1/getuige/" HEX "0/checkpoint",
	    "/v1/getuige/00112233445566778899AABBCCDDEEFF"
	    "00112233445566778899aabbccddeeff/checkpoint",
	    "/v1/getuige/checkpoint", "/v1/log/tile", "/v1/log/tile/",
	    "/v1/log/tile/entries/000", "/v1/log/tile/entries/x001/000",
	    "/v1/log/tile/64/000", "/v1/log/tile/00/000", "/v1/log/tile/0/00",
	    "/v1/log/tile/0/0000", "/v1/log/tile/0/x000/001",
	    "/v1/log/tile/0/x01/000", "/v1/log/tile/0/001/000",
	    "/v1/log/tile/0/x001", "/v1/log/tile/0/000.p/0",
	    "/v1/log/tile/0/000.p/256", "/v1/log/tile/0/000.p/",
	    "/v1/log/tile/0/000.p/01", "/v1/log/tile/0/000.q/1",
	    "/v1/log/tile/0/000/",
	    "/v1/log/tile/0/x001/x001/x001/x001/x001/x001/x001/000"};
	struct ov_route_par par;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (find("GET", paths[i], &par) != OV_FOUT_NIET_GEVONDEN)
			fail_msg("%s was found", paths[i]);
		assert_int_equal(par.route, OV_R_NONE);
	}
	/* The reserved attachment does not exist with its own method. */
	assert_int_equal(find("PUT", "/v1/berichten/" JTI "/bijlagen/0", &par),
	    OV_FOUT_NIET_GEVONDEN);
	/* The largest number of a tile is still one. */
	assert_int_equal(
	    find("GET", "/v1/log/tile/0/x001/x001/x001/x001/x001/x001/000.p/1",
	        &par),
	    OV_FOUT_GEEN);
}

static void
test_ranges(void **state)
{
	static const char *const bad[] = {"/v1/afstemming", "/v1/afstemming?",
	    "/v1/afstemming?van=1", "/v1/afstemming?tot=1",
	    "/v1/afstemming?van=0&tot=1", "/v1/afstemming?van=2&tot=1",
	    "/v1/afstemming?van=1&tot=1001", "/v1/afstemming?van=01&tot=2",
	    "/v1/afstemming?van=1&tot=2&", "/v1/afstemming?&van=1&tot=2",
	    "/v1/afstemming?van=1&&tot=2", "/v1/afstemming?van=1&van=1&tot=2",
	    "/v1/afstemming?van=1&tot=2&x=1", "/v1/afstemming?van=+1&tot=2",
	    "/v1/afstemming?van=1;tot=2", "/v1/afstemming?van&tot=2",
	    "/v1/afstemming?van=&tot=2", "/v1/afstemming?ep=1&tot=2",
	    "/v1/afstemming?van=18446744073709551617&tot=18446744073709551617",
	    "/v1/afstemming?van=9007199254740992&tot=9007199254740992",
	    "/v1/oprf/gebruik", "/v1/oprf/gebruik?ep=0",
	    "/v1/oprf/gebruik?ep=4294967296", "/v1/oprf/gebruik?ep=1&ep=1",
	    "/v1/oprf/gebruik?tot=1", "/v1/oprf/sleutels/1?",
	    "/v1/oprf/sleutels/1?sha256=",
	    "/v1/oprf/sleutels/1?sha256=" SHA "&sha256=" SHA,
	    "/v1/oprf/sleutels/1?sha256=" SHA "A", "/v1/oprf/sleutels/1?ep=1"};
	struct ov_route_par par;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (find("GET", bad[i], &par) != OV_FOUT_BEREIK_ONGELDIG)
			fail_msg("%s was taken", bad[i]);
	assert_int_equal(find("GET",
	                     "/v1/afstemming?van=9007199254740000&tot="
	                     "9007199254740991",
	                     &par),
	    OV_FOUT_GEEN);
}

static void
test_methods(void **state)
{
	static const char *const methods[] = {"HEAD", "OPTIONS", "PUT",
	    "DELETE", "PATCH", "TRACE", "CONNECT", "get", "Post", "GETT", "G",
	    ""};
	struct ov_route_par par;
	size_t i, k;

	(void)state;
	for (i = 0; i < GOOD; i++) {
		bool both = strcmp(good[i].target, "/v1/adresboek") == 0;
		bool get = strcmp(good[i].method, "GET") == 0;

		for (k = 0; k < sizeof(methods) / sizeof(methods[0]); k++) {
			assert_int_equal(find(methods[k], good[i].target, &par),
			    OV_FOUT_METHODE);
			assert_string_equal(par.allow, both  ? "GET, POST"
			                               : get ? "GET"
			                                     : "POST");
		}
		if (!both)
			assert_int_equal(find(get ? "POST" : "GET",
			                     good[i].target, &par),
			    OV_FOUT_METHODE);
	}
}

static enum ov_fout
body(enum ov_route r, bool has, uint64_t n, const char *type,
    const char *encoding)
{
	return ov_route_body(ov_route_info(r), has, n, ov_view_str(type),
	    ov_view_str(encoding));
}

static void
test_bodies(void **state)
{
	static const struct {
		enum ov_route r;
		bool has;
		uint64_t n;
		const char *type, *encoding;
		enum ov_fout want;
	} rows[] = {
	    {OV_R_BERICHT, true, 1, "application/jose", "", OV_FOUT_GEEN},
	    {OV_R_BERICHT, true, 1, "Application/JOSE", "identity",
	        OV_FOUT_GEEN},
	    {OV_R_BERICHT, true, 0, "application/jose", "", OV_FOUT_GEEN},
	    {OV_R_BERICHT, true, 512 * 1024, "application/jose", "",
	        OV_FOUT_GEEN},
	    {OV_R_BERICHT, true, 512 * 1024 + 1, "application/jose", "",
	        OV_FOUT_TE_GROOT},
	    {OV_R_BERICHT, false, 0, "application/jose", "",
	        OV_FOUT_LENGTE_NODIG},
	    {OV_R_BERICHT, true, 1, "", "", OV_FOUT_MEDIA_TYPE},
	    {OV_R_BERICHT, true, 1, "application/jose;a=b", "",
	        OV_FOUT_MEDIA_TYPE},
	    {OV_R_BERICHT, true, 1, "application/json", "", OV_FOUT_MEDIA_TYPE},
	    {OV_R_BERICHT, true, 1, "application/jose", "gzip",
	        OV_FOUT_MEDIA_TYPE},
	    {OV_R_ADRESBOEK_NIEUW, true, 2 * 1024 * 1024,
	        "text/plain; charset=utf-8", "", OV_FOUT_GEEN},
	    {OV_R_ADRESBOEK_NIEUW, true, 9, "text/plain;charset=UTF-8", "",
	        OV_FOUT_GEEN},
	    {OV_R_ADRESBOEK_NIEUW, true, 9, "text/plain", "", OV_FOUT_GEEN},
	    {OV_R_ADRESBOEK_NIEUW, true, 9, "text/plain; charset=latin1", "",
	        OV_FOUT_MEDIA_TYPE},
	    {OV_R_ADRESBOEK_NIEUW, true, 9, "text/plainer", "",
	        OV_FOUT_MEDIA_TYPE},
	    {OV_R_GETUIGE_TOEVOEGEN, true, 9, "", "", OV_FOUT_GEEN},
	    {OV_R_OPRF_EVALUEER, true, 32 * 1024, "application/jose", "",
	        OV_FOUT_GEEN},
	    {OV_R_OPRF_EVALUEER, true, 32 * 1024 + 1, "application/jose", "",
	        OV_FOUT_TE_GROOT},
	    {OV_R_STATUS, false, 0, "", "", OV_FOUT_GEEN},
	    {OV_R_STATUS, true, 0, "", "", OV_FOUT_GEEN},
	    {OV_R_STATUS, true, 1, "", "", OV_FOUT_TE_GROOT},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(body(rows[i].r, rows[i].has, rows[i].n,
		                     rows[i].type, rows[i].encoding),
		    rows[i].want);
}

static void
test_ctypes(void **state)
{
	int t;

	(void)state;
	assert_null(ov_ctype_text(OV_CT_NONE));
	for (t = OV_CT_NONE + 1; t <= OV_CT_TEXT; t++) {
		const char *s = ov_ctype_text((enum ov_ctype)t);

		assert_non_null(s);
		/* The same text reads back as the same text. */
		assert_string_equal(ov_ctype_text(
		                        ov_ctype_from(ov_view_str(s))),
		    s);
	}
	assert_int_equal(ov_ctype_from(ov_view_str("text/html")), OV_CT_NONE);
	assert_int_equal(ov_ctype_from(ov_view_str("")), OV_CT_NONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_endpoint),
	    cmocka_unit_test(test_prefixes_and_additions),
	    cmocka_unit_test(test_parameters),
	    cmocka_unit_test(test_not_found),
	    cmocka_unit_test(test_ranges),
	    cmocka_unit_test(test_methods),
	    cmocka_unit_test(test_bodies),
	    cmocka_unit_test(test_ctypes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
