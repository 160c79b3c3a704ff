/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_region.c - a region from nothing to a book that a member
 * accepts, and everything on the way that must be refused. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fs.h"
#include "protocol/json.h"
#include "protocol/kaart.h"
#include "tools/cmd_cli.h"
#include "tools/cmd_init.h"
#include "tools/cmd_region.h"

#define NOW INT64_C(1788249600) /* 2026-09-01T08:00:00Z */
#define DAY INT64_C(86400)
#define VO "00000099000000001000"
#define MBO "00000099000000002000"
#define GEM "00000099000000003000"

struct world {
	char dir[64];
	char region[80];
	char vinger[3][OV_VINGER_TEXT];
};

static const char *const oins[] = {VO, MBO, GEM};
static const char *const rols[] = {"vo", "mbo", "leerplicht"};
static const char *const brins[] = {"00AA/00", "25PW", "00AA01"};

static void
path(const struct world *w, const char *rel, char out[200])
{
	assert_true(snprintf(out, 200, "%s/%s", w->dir, rel) < 200);
}

static void
organisation(struct world *w, size_t i, const char *dir)
{
	char full[200], url[64];
	struct ov_init q = {.dir = full,
	    .naam = oins[i],
	    .oin = oins[i],
	    .regio = "voorbeeld",
	    .logdomein = "overstap.example",
	    .url = url,
	    .rol = &rols[i],
	    .nrol = 1,
	    .brin = &brins[i],
	    .nbrin = i < 2 ? 1 : 0};
	struct ov_err e = {0};

	path(w, dir, full);
	(void)snprintf(url, sizeof(url), "https://host%zu.example:8443", i);
	assert_int_equal(ov_init_instance(&q, w->vinger[i], &e), OV_OK);
	/* A second time nothing is replaced. */
	assert_int_equal(ov_init_instance(&q, w->vinger[i], &e), OV_DENIED);
}

static int
setup(void **state)
{
	static const char *const admins[] = {"anna", "bert", "carla"};
	struct world *w = calloc(1, sizeof(*w));
	struct ov_region_new q = {.regio = "voorbeeld",
	    .logdomein = "overstap.example",
	    .drempel = 2,
	    .beheer = admins,
	    .nbeheer = 3,
	    .getuigen = 2,
	    .now = NOW};
	struct ov_err e = {0};

	assert_non_null(w);
	(void)snprintf(w->dir, sizeof(w->dir), "/tmp/ov-region-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	(void)snprintf(w->region, sizeof(w->region), "%s/reg", w->dir);
	q.dir = w->region;
	assert_int_equal(ov_region_create(&q, &e), OV_OK);
	assert_int_equal(ov_region_create(&q, &e), OV_DENIED);
	organisation(w, 0, "vo");
	organisation(w, 1, "mbo");
	organisation(w, 2, "gem");
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;
	pid_t pid = fork();

	if (pid == 0) {
		(void)execlp("rm", "rm", "-rf", w->dir, (char *)NULL);
		_exit(127);
	}
	free(w);
	return pid > 0 ? 0 : -1;
}

static void
slurp(const struct world *w, const char *rel, struct ov_buf *b)
{
	char full[200];
	struct ov_err e = {0};

	path(w, rel, full);
	assert_int_equal(ov_cli_file(full, 1 << 22, b, &e), OV_OK);
}

static enum ov_rc
add(struct world *w, const char *card, const char *csr, const char *typed)
{
	static const char *const all[] = {"*"};
	OV_BUF c = {0}, r = {0}, cert = {0};
	struct ov_region reg;
	struct ov_oin oin;
	struct ov_err e = {0};
	enum ov_rc rc;

	slurp(w, card, &c);
	slurp(w, csr, &r);
	assert_int_equal(ov_region_open(w->region, &reg, &e), OV_OK);
	rc = ov_region_add(&reg,
	    &(struct ov_region_add){.card = {c.p, c.n},
	        .csr = {r.p, r.n},
	        .typed = typed,
	        .mag = all,
	        .nmag = 1,
	        .days = 90,
	        .now = NOW},
	    &oin, &cert, &e);
	if (rc == OV_OK) {
		assert_true(cert.n > 0);
		assert_int_equal(ov_region_save(&reg, &e), OV_OK);
	}
	ov_region_close(&reg);
	return rc;
}

static enum ov_rc
sign(struct world *w, const char *key, int64_t now, int days,
    struct ov_region_signed *s)
{
	uint8_t seed[OV_SEED_LEN];
	char full[200];
	struct ov_region r;
	struct ov_err e = {0};
	enum ov_rc rc;

	path(w, key, full);
	assert_int_equal(ov_seed_read(AT_FDCWD, full, seed, &e), OV_OK);
	assert_int_equal(ov_region_open(w->region, &r, &e), OV_OK);
	rc = ov_region_sign(&r, seed, now, days, s, &e);
	ov_region_close(&r);
	return rc;
}

static void
version(struct world *w, uint32_t n, struct ov_buf *note)
{
	struct ov_region r;
	struct ov_err e = {0};

	assert_int_equal(ov_region_open(w->region, &r, &e), OV_OK);
	assert_int_equal(ov_region_version(&r, n, note, NULL, &e), OV_OK);
	ov_region_close(&r);
}

/* Without the fingerprint of this very card nobody gets in, nor with the TLS
 * key of another. */
static void
test_add_needs_the_fingerprint(void **state)
{
	struct world *w = *state;
	char typed[OV_VINGER_TEXT];

	assert_int_equal(add(w, "vo/kaart.txt", "vo/tls.csr", NULL), OV_DENIED);
	assert_int_equal(add(w, "vo/kaart.txt", "vo/tls.csr", ""), OV_DENIED);
	assert_int_equal(add(w, "vo/kaart.txt", "vo/tls.csr", w->vinger[1]),
	    OV_DENIED);
	/* Every single wrong character. */
	for (size_t i = 0; i < OV_VINGER_TEXT - 1; i++) {
		memcpy(typed, w->vinger[0], sizeof(typed));
		if (typed[i] == '-')
			continue;
		typed[i] = typed[i] == '7' ? '8' : '7';
		assert_int_equal(add(w, "vo/kaart.txt", "vo/tls.csr", typed),
		    OV_DENIED);
	}
	/* Every prefix. */
	memcpy(typed, w->vinger[0], sizeof(typed));
	for (size_t n = OV_VINGER_TEXT - 1; n-- > 0;) {
		typed[n] = '\0';
		assert_int_equal(add(w, "vo/kaart.txt", "vo/tls.csr", typed),
		    OV_DENIED);
	}
	assert_int_equal(add(w, "vo/kaart.txt", "mbo/tls.csr", w->vinger[0]),
	    OV_DENIED);
	assert_int_equal(add(w, "vo/kaart.txt", "vo/kaart.txt", w->vinger[0]),
	    OV_BADMSG);
}

/* One changed bit anywhere in a card, and it is no card. */
static void
test_changed_card(void **state)
{
	struct world *w = *state;
	OV_BUF b = {0};
	struct ov_kaart *k;

	slurp(w, "vo/kaart.txt", &b);
	for (size_t i = 0; i < b.n - 1; i++) {
		b.p[i] ^= 1;
		if (ov_kaart_open(b.p, b.n, &k, NULL) == OV_OK) {
			char v[OV_VINGER_TEXT];

			/* Only the signature line's name may be free. */
			ov_vinger(v, k->sha256);
			assert_string_equal(v, w->vinger[0]);
			ov_kaart_free(k);
		}
		b.p[i] ^= 1;
	}
	assert_int_equal(ov_kaart_open(b.p, b.n, &k, NULL), OV_OK);
	assert_string_equal(k->lid.oin.s, VO);
	assert_int_equal(k->lid.nbrin, 1);
	assert_string_equal(k->lid.brin[0].vestiging[0], "00");
	ov_kaart_free(k);
}

static void
first_version(struct world *w)
{
	struct ov_region_signed s;

	assert_int_equal(add(w, "vo/kaart.txt", "vo/tls.csr", w->vinger[0]),
	    OV_OK);
	assert_int_equal(add(w, "mbo/kaart.txt", "mbo/tls.csr", w->vinger[1]),
	    OV_OK);
	/* A stranger's key, then one administrator twice, then another. */
	assert_int_equal(sign(w, "vo/credentials/vault/identity", NOW, 35, &s),
	    OV_DENIED);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(sign(w, "reg/beheer/anna.key", NOW, 35, &s),
		    OV_OK);
		assert_false(s.complete);
		assert_int_equal(s.have, 1);
		assert_int_equal(s.need, 2);
	}
	assert_int_equal(sign(w, "reg/beheer/carla.key", NOW, 35, &s), OV_OK);
	assert_true(s.complete);
	assert_int_equal(s.versie, 1);
}

/* A member takes version 1 by its fingerprint only, and version 2 because it
 * follows; not after it was tampered with, nor without the threshold. */
static void
test_versions(void **state)
{
	struct world *w = *state;
	struct ov_adresboek *one = NULL, *two = NULL, *none = NULL;
	OV_BUF n1 = {0}, n2 = {0}, diff = {0};
	struct ov_region_signed s;
	char v1[OV_VINGER_TEXT];
	struct ov_accept_in in = {.typed = v1, .now = NOW};
	uint8_t *cut;

	first_version(w);
	version(w, 1, &n1);
	{
		struct ov_note note;
		struct ov_adresboek *k;

		assert_int_equal(ov_note_parse(n1.p, n1.n, &note, NULL), OV_OK);
		assert_int_equal(ov_adresboek_parse(note.text.p, note.text.n,
		                     &k, NULL),
		    OV_OK);
		ov_vinger(v1, k->sha256);
		ov_adresboek_free(k);
	}
	assert_int_equal(ov_adresboek_accept(&in, n1.p, n1.n, &one, NULL),
	    OV_ACCEPT_OK);
	in.typed = w->vinger[0];
	assert_int_equal(ov_adresboek_accept(&in, n1.p, n1.n, &none, NULL),
	    OV_ACCEPT_FINGERPRINT);
	in.typed = NULL;
	assert_int_equal(ov_adresboek_accept(&in, n1.p, n1.n, &none, NULL),
	    OV_ACCEPT_FINGERPRINT);

	assert_int_equal(add(w, "gem/kaart.txt", "gem/tls.csr", w->vinger[2]),
	    OV_OK);
	assert_int_equal(sign(w, "reg/beheer/bert.key", NOW + DAY, 35, &s),
	    OV_OK);
	assert_int_equal(sign(w, "reg/beheer/anna.key", NOW + 2 * DAY, 35, &s),
	    OV_OK);
	assert_true(s.complete);
	assert_int_equal(s.versie, 2);
	version(w, 2, &n2);
	in = (struct ov_accept_in){.stored = one, .now = NOW + DAY};
	assert_int_equal(ov_adresboek_accept(&in, n2.p, n2.n, &two, NULL),
	    OV_ACCEPT_OK);
	assert_int_equal(ov_adresboek_diff(&diff, one, two, NULL), OV_OK);
	assert_non_null(strstr(ov_buf_text(&diff), "added: " GEM));
	assert_null(strstr(ov_buf_text(&diff), "added: " VO));

	/* From the future: more than ten minutes early. */
	in.now = NOW + DAY - 601;
	assert_int_equal(ov_adresboek_accept(&in, n2.p, n2.n, &none, NULL),
	    OV_ACCEPT_TIME);
	in.now = NOW + DAY;
	/* Back again, and one signature less. */
	in.stored = two;
	assert_int_equal(ov_adresboek_accept(&in, n1.p, n1.n, &none, NULL),
	    OV_ACCEPT_OLDER);
	in.stored = one;
	cut = memrchr(n2.p, '\n', n2.n - 1);
	assert_non_null(cut);
	assert_int_equal(ov_adresboek_accept(&in, n2.p,
	                     (size_t)(cut - n2.p) + 1, &none, NULL),
	    OV_ACCEPT_SIGNATURES);
	/* Expiry: 35 days, then 14 of grace. */
	assert_int_equal(ov_book_age(two, NOW + 36 * DAY - 1), OV_BOOK_VALID);
	assert_int_equal(ov_book_age(two, NOW + 36 * DAY + 1), OV_BOOK_GRACE);
	assert_int_equal(ov_book_age(two, NOW + 51 * DAY), OV_BOOK_OVER);
	ov_adresboek_free(one);
	ov_adresboek_free(two);
}

static enum ov_rc
route(struct world *w, const char *what, const char *rol, const char *van,
    const char *tot)
{
	struct ov_region_route q = {.gemeente = "0193",
	    .rol = rol,
	    .srt = "*",
	    .naar = strcmp(what, "mbo") == 0 ? MBO : GEM,
	    .van = van,
	    .tot = tot};
	struct ov_region r;
	enum ov_rc rc;

	if (what[0] == '0')
		q.gemeente = what;
	else if (strcmp(what, "verzuimmelding") == 0 ||
	         strcmp(what, "praatje") == 0)
		q.srt = what;
	assert_int_equal(ov_region_open(w->region, &r, NULL), OV_OK);
	rc = strcmp(what, "remove") == 0 ? ov_region_route_remove(&r, &q, NULL)
	                                 : ov_region_route_add(&r, &q, NULL);
	if (rc == OV_OK)
		assert_int_equal(ov_region_save(&r, NULL), OV_OK);
	ov_region_close(&r);
	return rc;
}

/* Who serves a gemeente: in the next version, told by its diff, and taken back
 * in the one after it. */
static void
test_route(void **state)
{
	static const struct {
		const char *what, *rol, *van, *tot;
		enum ov_rc rc;
	} t[] = {{"add", "leerplicht", "2026-08-01", "2026-12-31", OV_OK},
	    {"add", "leerplicht", "2026-12-31", NULL, OV_DENIED}, /* one day */
	    {"add", "leerplicht", "2027-01-01", NULL, OV_OK},
	    {"verzuimmelding", "leerplicht", "2026-08-01", NULL, OV_OK},
	    {"praatje", "leerplicht", "2026-08-01", NULL, OV_BADMSG},
	    {"add", "doorstroompunt", "2026-08-01", NULL, OV_DENIED},
	    {"add", "vo", "2026-08-01", NULL, OV_BADMSG},
	    {"mbo", "leerplicht", "2028-08-01", NULL, OV_DENIED},
	    {"019", "leerplicht", "2026-08-01", NULL, OV_BADMSG},
	    {"0194", "leerplicht", "2026-02-29", NULL, OV_BADMSG},
	    {"0194", "leerplicht", "2026-08-02", "2026-08-01", OV_BADMSG},
	    {"remove", "leerplicht", "2026-08-02", NULL, OV_DENIED},
	    {"remove", "leerplicht", "2027-01-01", NULL, OV_OK}};
	struct world *w = *state;
	struct ov_adresboek *one = NULL, *two = NULL;
	struct ov_region_signed s;
	struct ov_region r;
	OV_BUF diff = {0}, back = {0};

	assert_int_equal(add(w, "gem/kaart.txt", "gem/tls.csr", w->vinger[2]),
	    OV_OK);
	first_version(w);
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++)
		assert_int_equal(route(w, t[i].what, t[i].rol, t[i].van,
		                     t[i].tot),
		    t[i].rc);
	for (int i = 0; i < 2; i++)
		assert_int_equal(sign(w,
		                     i == 0 ? "reg/beheer/anna.key"
		                            : "reg/beheer/bert.key",
		                     NOW + DAY, 35, &s),
		    OV_OK);
	assert_true(s.complete);
	assert_int_equal(ov_region_open(w->region, &r, NULL), OV_OK);
	assert_int_equal(ov_region_version(&r, 1, NULL, &one, NULL), OV_OK);
	assert_int_equal(ov_region_version(&r, 2, NULL, &two, NULL), OV_OK);
	ov_region_close(&r);
	assert_int_equal(one->nroute, 0);
	assert_int_equal(two->nroute, 2);
	assert_int_equal(ov_adresboek_diff(&diff, one, two, NULL), OV_OK);
	assert_non_null(strstr(ov_buf_text(&diff),
	    "route added: every type of gemeente 0193, leerplicht, to " GEM
	    " from 2026-08-01 until 2026-12-31\n"));
	assert_non_null(strstr(ov_buf_text(&diff),
	    "route added: verzuimmelding of gemeente 0193, leerplicht, to " GEM
	    " from 2026-08-01\n"));
	assert_int_equal(ov_adresboek_diff(&back, two, one, NULL), OV_OK);
	assert_non_null(strstr(ov_buf_text(&back), "route removed: every"));
	ov_adresboek_free(one);
	ov_adresboek_free(two);
}

/* What was being signed is dropped when the state changes; more than 60 days
 * is not a valid version. */
static void
test_pending_and_expiry(void **state)
{
	struct world *w = *state;
	struct ov_region_signed s;
	struct ov_region r;
	struct ov_oin mbo, vo;
	struct ov_err e = {0};

	first_version(w);
	assert_int_equal(sign(w, "reg/beheer/anna.key", NOW + DAY, 35, &s),
	    OV_OK);
	assert_int_equal(ov_region_open(w->region, &r, &e), OV_OK);
	assert_true(ov_region_pending(&r));
	assert_int_equal(ov_region_find(&r, MBO, &mbo, &e), OV_OK);
	for (size_t i = 0; i < 4; i++) {
		static const char *const same[] = {"00AA", "00AA00", "00AA-00",
		    "00AA/00"};

		assert_int_equal(ov_region_find(&r, same[i], &vo, &e), OV_OK);
		assert_string_equal(vo.s, oins[0]);
	}
	assert_int_equal(ov_region_find(&r, "25PW", &vo, &e), OV_OK);
	assert_string_equal(vo.s, MBO);
	assert_int_equal(ov_region_find(&r, "00AA01", &vo, &e), OV_DENIED);
	assert_int_equal(ov_region_find(&r, "0344", &vo, &e), OV_DENIED);
	assert_int_equal(ov_region_status(&r, &mbo, OV_LID_VERTROKKEN,
	                     "sleutel-gecompromitteerd", NOW + DAY, &e),
	    OV_OK);
	assert_int_equal(ov_region_save(&r, &e), OV_OK);
	assert_false(ov_region_pending(&r));
	ov_region_close(&r);
	assert_int_equal(sign(w, "reg/beheer/anna.key", NOW + DAY, 61, &s),
	    OV_OK);
	assert_int_equal(sign(w, "reg/beheer/bert.key", NOW + DAY, 61, &s),
	    OV_DENIED);
	assert_false(s.complete);
}

/* crypto figures of docs/protocol.md, "Budgets": own domain 1.25 n + 500 in
 * the first year, 20 % and 2 % a day; another's max(50, 2 n), 25 % a day. */
static void
test_budget(void **state)
{
	static const struct {
		const char *a, *b;
		int64_t day, later, year;
	} want[] = {{VO, VO, 100, 10, 500}, {VO, MBO, 1550, 1550, 6200},
	    {MBO, MBO, 5100, 510, 25500}, {MBO, VO, 13, 13, 50},
	    {MBO, GEM, 9, 9, 50}};
	struct world *w = *state;
	struct ov_region r;
	struct ov_err e = {0};
	json_t *b, *line;

	assert_int_equal(add(w, "vo/kaart.txt", "vo/tls.csr", w->vinger[0]),
	    OV_OK);
	assert_int_equal(add(w, "mbo/kaart.txt", "mbo/tls.csr", w->vinger[1]),
	    OV_OK);
	assert_int_equal(add(w, "gem/kaart.txt", "gem/tls.csr", w->vinger[2]),
	    OV_OK);
	assert_int_equal(ov_region_open(w->region, &r, &e), OV_OK);
	assert_int_equal(ov_region_figure(&r, "leerlingen", MBO "=20000", &e),
	    OV_OK);
	assert_int_equal(ov_region_figure(&r, "verwacht", VO ":" MBO "=3100",
	                     &e),
	    OV_OK);
	assert_int_equal(ov_region_figure(&r, "dag", MBO ":" GEM "=9", &e),
	    OV_OK);
	assert_int_equal(ov_region_figure(&r, "dag", MBO ":nobody=9", &e),
	    OV_DENIED);
	assert_int_equal(ov_region_figure(&r, "dag", MBO "=9", &e), OV_BADMSG);
	assert_int_equal(ov_region_figure(&r, "verwacht", VO ":" MBO "=-1", &e),
	    OV_BADMSG);
	b = ov_region_budget(&r, NOW);
	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		line = json_object_get(json_object_get(b, want[i].a),
		    want[i].b);
		assert_int_equal(json_integer_value(
		                     json_object_get(line, "dag")),
		    want[i].day);
		assert_int_equal(json_integer_value(
		                     json_object_get(line, "dag_na")),
		    want[i].later);
		assert_int_equal(json_integer_value(
		                     json_object_get(line, "jaar")),
		    want[i].year);
		assert_string_equal(json_string_value(
		                        json_object_get(line, "dag_tot")),
		    "2026-10-01");
	}
	json_decref(b);
	ov_region_close(&r);
}

/* One organisation never holds both shares; a second year costs less. */
static void
test_epoch(void **state)
{
	struct world *w = *state;
	struct ov_region_epoch q = {.ep = 1,
	    .status = OV_EPOCH_ACTIEF,
	    .houder1 = MBO,
	    .houder2 = MBO,
	    .now = NOW};
	struct ov_region_signed s;
	struct ov_region r;
	struct ov_err e = {0};
	json_t *b, *line;

	assert_int_equal(add(w, "mbo/kaart.txt", "mbo/tls.csr", w->vinger[1]),
	    OV_OK);
	assert_int_equal(add(w, "gem/kaart.txt", "gem/tls.csr", w->vinger[2]),
	    OV_OK);
	assert_int_equal(ov_region_open(w->region, &r, &e), OV_OK);
	assert_int_equal(ov_region_epoch(&r, &q, &e), OV_DENIED);
	q.houder2 = GEM;
	assert_int_equal(ov_region_epoch(&r, &q, &e), OV_OK);
	assert_int_equal(ov_region_figure(&r, "leerlingen", MBO "=20000", &e),
	    OV_OK);
	b = ov_region_budget(&r, NOW + 365 * DAY);
	line = json_object_get(json_object_get(b, MBO), MBO);
	assert_int_equal(json_integer_value(json_object_get(line, "jaar")),
	    12500);
	json_decref(b);
	assert_int_equal(ov_region_save(&r, &e), OV_OK);
	ov_region_close(&r);
	assert_int_equal(sign(w, "reg/beheer/anna.key", NOW, 35, &s), OV_OK);
	assert_int_equal(sign(w, "reg/beheer/bert.key", NOW, 35, &s), OV_OK);
	assert_true(s.complete);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_add_needs_the_fingerprint,
	        setup, teardown),
	    cmocka_unit_test_setup_teardown(test_changed_card, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_versions, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_pending_and_expiry, setup,
	        teardown),
	    cmocka_unit_test_setup_teardown(test_route, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_budget, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_epoch, setup, teardown),
	};

	ov_json_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
