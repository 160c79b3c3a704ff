/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/store_world.h - the store role with a real vault in the same
 * process, an address book of two members, no net, and a client of its
 * control socket.
 */
#ifndef OV_TESTS_STORE_WORLD_H
#define OV_TESTS_STORE_WORLD_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>
#include <sodium.h>

#include "crypto/vault.h"
#include "daemon/store/ctl.h"
#include "protocol/b64.h"
#include "protocol/hash.h"

#define SELF "00000099000000001000"
#define PEER "00000099000000002000"
#define GEMEENTE "00000099000000003000" /* of world_book_gemeente() */

struct world {
	char dir[64], path[96];
	struct ov_loop *loop;
	struct ov_daemon_conf conf;
	struct ov_vault *vault;
	struct ov_store *st;
	struct ov_timer pause;
	bool fatal;
};

static struct world w;

/* ---- the role ---- */

static enum ov_rc
world_vault(void *ctx, struct ov_view req, struct ov_reply *r, struct ov_err *e)
{
	enum ov_rc rc;

	(void)ctx;
	rc = ov_vault_call(w.vault, req, &r->buf, e);
	r->v = (struct ov_view){r->buf.p, r->buf.n};
	return rc;
}

static enum ov_rc
world_net(void *ctx, const void *p, size_t n, struct ov_err *e)
{
	(void)ctx;
	(void)p;
	(void)n;
	return ov_fail(e, OV_AGAIN, "no net here");
}

static void
world_fatal(void *ctx)
{
	(void)ctx;
	w.fatal = true;
}

static void
world_conf(void)
{
	char text[512];
	struct ov_err e = {0};
	int n;

	n = snprintf(text, sizeof(text),
	    "oin = " SELF "\nregio = voorbeeld\nnaam = Het Voorbeeld\n"
	    "logdomein = overstap.example\nrol = vo\nbrin = 25PU\n"
	    "url = https://p1.overstap.example:8443\n"
	    "listen = 127.0.0.1:8443\nspool = spool\n");
	assert_int_equal(ov_daemon_conf_parse("overstap.conf", w.dir, text,
	                     (size_t)n, &w.conf, &e),
	    OV_OK);
}

/* Open the store; on failure everything of it is gone again. */
static enum ov_rc
world_open(struct ov_err *e)
{
	static struct ov_vault_keys k;
	struct ov_vault_conf vc = {SELF, "voorbeeld", "overstap.example"};
	struct ov_store_env env = {.conf = &w.conf,
	    .vault = world_vault,
	    .net = world_net,
	    .random = randombytes_buf,
	    .fatal = world_fatal};
	enum ov_rc rc;

	memset(&k.identity, 0x11, sizeof(k.identity));
	memset(&k.log, 0x22, sizeof(k.log));
	memset(&k.witness, 0x33, sizeof(k.witness));
	memset(&k.kek_root, 0x44, sizeof(k.kek_root));
	assert_int_equal(ov_vault_load_keys(&k, &vc, &w.vault, e), OV_OK);
	assert_int_equal(ov_loop_new(&w.loop, e), OV_OK);
	env.loop = w.loop;
	env.state = w.conf.state;
	if ((rc = ov_store_new(&env, &w.st, e)) != OV_OK) {
		ov_loop_free(w.loop);
		ov_vault_free(w.vault);
		w.st = NULL;
	}
	return rc;
}

static void
world_start(void)
{
	struct ov_err e = {0};

	if (world_open(&e) != OV_OK)
		fail_msg("store: %s", e.msg);
	if (ov_control_new(w.st, w.path, -1, &e) != OV_OK)
		fail_msg("control: %s", e.msg);
}

static void
world_stop(void)
{
	ov_store_free(w.st);
	ov_loop_free(w.loop);
	ov_vault_free(w.vault);
	w.st = NULL;
}

static int
world_remove(const char *path, const struct stat *s, int type, struct FTW *f)
{
	(void)s;
	(void)type;
	(void)f;
	return remove(path);
}

static inline int
world_up(void **state)
{
	(void)state;
	assert_true(sodium_init() >= 0);
	memset(&w, 0, sizeof(w));
	memcpy(w.dir, "/tmp/ov-store-XXXXXX", 21);
	assert_non_null(mkdtemp(w.dir));
	(void)snprintf(w.path, sizeof(w.path), "%s/control.sock", w.dir);
	world_conf();
	world_start();
	return 0;
}

static inline int
world_down(void **state)
{
	(void)state;
	assert_false(w.fatal);
	world_stop();
	ov_daemon_conf_free(&w.conf);
	assert_int_equal(nftw(w.dir, world_remove, 8, FTW_DEPTH | FTW_PHYS), 0);
	return 0;
}

/* ---- an address book, put in force without its ceremonies ---- */

static void
world_key(char *out, unsigned i, bool pin)
{
	uint8_t md[32], in = (uint8_t)i;
	char t[OV_B64_SIZE(32)];

	assert_int_equal(ov_sha256(md, &in, 1), OV_OK);
	if (pin) {
		(void)ov_b64_enc(t, md, 32);
		(void)snprintf(out, 64, "sha256//%s", t);
	} else {
		(void)ov_b64u_enc(out, md, 32);
	}
}

/* The other member's identity key. */
static inline void
world_peer(uint8_t pk[32], uint8_t sk[64])
{
	uint8_t seed[32];

	memset(seed, 0x55, sizeof(seed));
	assert_int_equal(crypto_sign_seed_keypair(pk, sk, seed), 0);
}

static json_t *
world_lid(unsigned i, const char *oin, const char *naam, const char *rol,
    const char *naar, const char *brin)
{
	char id[64], log[64], wit[64], pin[64], url[64];
	uint8_t pk[32], sk[64];

	world_peer(pk, sk);
	(void)ov_b64u_enc(id, pk, sizeof(pk));
	world_key(log, i * 4 + 1, false);
	world_key(wit, i * 4 + 2, false);
	world_key(pin, i * 4 + 3, true);
	if (strcmp(oin, SELF) == 0)
		(void)ov_b64u_enc(id, w.st->keys.id_pk, 32);
	(void)snprintf(url, sizeof(url), "https://p%u.overstap.example:8443",
	    i);
	return json_pack("{s:s,s:s,s:[s],s:s,s:s,s:s,s:n,s:s,s:s,s:[s],s:[s],"
	                 "s:s,s:[s],s:[s],s:[{s:s,s:[s]}],s:[]}",
	    "oin", oin, "naam", naam, "rol", rol, "status", "actief", "url",
	    url, "id", id, "id_vorige", "log", log, "getuige", wit,
	    "tls_server", pin, "tls_client", pin, "pki", "regio", "suites",
	    "OS1", "mag_naar", naar, "brin", "brin", brin, "vestigingen", "00",
	    "gemeenten");
}

/* A third member, leerplicht and doorstroompunt of 0193. */
static inline void
world_gemeente(json_t *boek)
{
	json_t *leden = json_object_get(boek, "leden"), *lid, *budget;
	char id[64];

	lid = world_lid(3, GEMEENTE, "Gemeente Zwolle", "leerplicht", SELF,
	    "25GM");
	world_key(id, 99, false);
	(void)json_object_set_new(lid, "id", json_string(id));
	(void)json_array_append_new(json_object_get(lid, "rol"),
	    json_string("doorstroompunt"));
	(void)json_object_set_new(lid, "brin", json_array());
	(void)json_array_append_new(json_object_get(lid, "gemeenten"),
	    json_string("0193"));
	assert_int_equal(json_array_append_new(leden, lid), 0);
	(void)json_array_append_new(json_object_get(json_array_get(leden, 0),
	                                "mag_naar"),
	    json_string(GEMEENTE));
	budget = json_object_get(json_object_get(json_object_get(boek, "oprf"),
	                             "budget"),
	    SELF);
	assert_int_equal(json_object_set_new(budget, GEMEENTE,
	                     json_deep_copy(json_object_get(budget, PEER))),
	    0);
}

static inline json_t *
world_book_json(void)
{
	char name[OV_NOTE_NAME_MAX + 1], now[OV_MOMENT_SIZE],
	    tot[OV_MOMENT_SIZE];
	uint8_t pk[32], sk[64], seed[32] = {0xd0};
	struct ov_vkey v;
	struct ov_err e = {0};
	OV_BUF t = {0};
	json_t *j;

	assert_int_equal(crypto_sign_seed_keypair(pk, sk, seed), 0);
	assert_int_equal(ov_beheer_name(name, "overstap.example", "voorbeeld",
	                     "b0", &e),
	    OV_OK);
	assert_int_equal(ov_vkey_make(&v, name, OV_VKEY_ED25519, pk, &e),
	    OV_OK);
	ov_vkey_text(&t, &v);
	ov_moment_fmt(now, ov_now(w.st) - 3600);
	ov_moment_fmt(tot, ov_now(w.st) + 30 * 86400);
	j = json_pack("{s:s,s:i,s:s,s:i,s:s,s:s,s:s,s:s,s:i,s:[s],s:[o,o],"
	              "s:[s],s:{s:[{s:i,s:s,s:s,s:{s:[s],s:[s]},s:{}}],"
	              "s:{s:{s:{s:i,s:i,s:s,s:i}}}},s:{s:i},s:[]}",
	    "type", "overstap-adresboek", "v", 1, "regio", "voorbeeld",
	    "versie", 1, "vorige", "", "uitgegeven", now, "geldig_tot", tot,
	    "logdomein", "overstap.example", "drempel", 1, "beheerders",
	    ov_buf_text(&t), "leden",
	    world_lid(1, SELF, "Het Voorbeeld", "vo", PEER, "25PU"),
	    world_lid(2, PEER, "Beroepscollege", "mbo", SELF, "25LH"), "ca",
	    "AQID", "oprf", "epochs", "ep", 1, "status", "actief", "van",
	    "2026-08-01T00:00:00Z", "delen", "1", SELF, "2", PEER, "manifesten",
	    "budget", SELF, PEER, "dag", 5100, "dag_na", 510, "dag_tot",
	    "2026-09-30", "jaar", 25500, "log", "minimum_getuigen", 1,
	    "ingetrokken");
	assert_non_null(j);
	return j;
}

/* Takes the book. */
static inline void
world_book_put(json_t *j)
{
	struct ov_adresboek *b;
	struct ov_err e = {0};
	OV_BUF text = {0};

	ov_json_dump(&text, j);
	ov_buf_str(&text, "\n");
	json_decref(j);
	if (ov_adresboek_parse(text.p, text.n, &b, &e) != OV_OK)
		fail_msg("book: %s", e.msg);
	ov_adresboek_free(w.st->boek);
	w.st->boek = b;
	if (ov_sleutels_ready(w.st, &e) != OV_OK)
		fail_msg("keys: %s", e.msg);
}

static inline void
world_book(void)
{
	world_book_put(world_book_json());
}

static inline void
world_book_gemeente(void)
{
	json_t *j = world_book_json();

	world_gemeente(j);
	world_book_put(j);
}

/* ---- a client ---- */

static void
world_pause(struct ov_loop *loop, void *arg)
{
	(void)arg;
	ov_loop_stop(loop);
}

/* Let the role work for some milliseconds. */
static inline void
world_turn(uint64_t ms)
{
	struct ov_err e = {0};

	w.pause.fn = world_pause;
	ov_loop_arm(w.loop, &w.pause, ov_loop_now_ms(w.loop) + ms);
	assert_int_equal(ov_loop_run(w.loop, &e), OV_OK);
}

static inline int
client_open(void)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	memcpy(sa.sun_path, w.path, strlen(w.path) + 1);
	assert_int_equal(connect(fd, (const struct sockaddr *)&sa, sizeof(sa)),
	    0);
	return fd;
}

static inline void
client_bytes(int fd, const void *p, size_t n)
{
	const char *s = p;
	ssize_t k;

	while (n > 0) {
		k = send(fd, s, n, MSG_NOSIGNAL);
		if (k < 0 && errno == EAGAIN) {
			world_turn(1);
			continue;
		}
		assert_true(k > 0);
		s += k;
		n -= (size_t)k;
	}
}

static inline void
client_text(int fd, const char *s)
{
	size_t n = strlen(s);
	uint8_t len[4] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16),
	    (uint8_t)(n >> 8), (uint8_t)n};

	client_bytes(fd, len, 4);
	client_bytes(fd, s, n);
}

static inline void
client_json(int fd, json_t *j)
{
	OV_BUF b = {0};

	assert_non_null(j);
	ov_json_dump(&b, j);
	assert_non_null(ov_buf_text(&b));
	client_text(fd, ov_buf_text(&b));
	json_decref(j);
}

/* Exactly n bytes; false when the role closed the connection first. */
static inline bool
client_read(int fd, void *out, size_t n)
{
	uint8_t *p = out;
	ssize_t k;

	for (unsigned tries = 0; n > 0; tries++) {
		assert_true(tries < 20000);
		k = recv(fd, p, n, 0);
		if (k < 0 && errno == EAGAIN) {
			world_turn(1);
			continue;
		}
		if (k <= 0)
			return false;
		p += k;
		n -= (size_t)k;
	}
	return true;
}

/* The next frame; NULL at the end of the connection. */
static inline json_t *
client_frame(int fd)
{
	uint8_t len[4];
	char *text;
	json_t *j;
	size_t n;

	if (!client_read(fd, len, 4))
		return NULL;
	n = (size_t)len[0] << 24 | (size_t)len[1] << 16 | (size_t)len[2] << 8 |
	    len[3];
	assert_true(n <= OV_CTL_FRAME);
	text = calloc(1, n + 1);
	assert_non_null(text);
	assert_true(client_read(fd, text, n));
	j = json_loads(text, 0, NULL);
	assert_non_null(j);
	free(text);
	return j;
}

/* A whole command.  Rows are appended to rows (may be NULL); feed (taken) is
 * sent as one frame of rows.  The result is {"end":..} or {"fout":..}. */
static inline json_t *
ask(const char *cmd, json_t *arg, json_t *feed, json_t *rows)
{
	json_t *j, *r;
	size_t i;
	int fd = client_open();

	client_json(fd, json_pack("{s:i,s:s,s:o}", "v", 1, "cmd", cmd, "arg",
	                    arg != NULL ? arg : json_object()));
	for (;;) {
		j = client_frame(fd);
		assert_non_null(j);
		if (json_object_get(j, "go") != NULL) {
			assert_non_null(feed);
			client_json(fd, json_pack("{s:o}", "rows", feed));
			client_json(fd, json_pack("{s:b}", "end", 1));
			feed = NULL;
		} else if (json_object_get(j, "rows") != NULL) {
			json_array_foreach(json_object_get(j, "rows"), i, r)
			{
				if (rows != NULL)
					assert_int_equal(json_array_append(rows,
					                     r),
					    0);
			}
		} else if (json_object_get(j, "progress") == NULL) {
			break;
		}
		json_decref(j);
	}
	json_decref(feed);
	assert_null(client_frame(fd));
	(void)close(fd);
	return j;
}

/* The member of "end"; the whole is released by the caller. */
static inline json_int_t
end_int(const json_t *j, const char *name)
{
	const json_t *v = json_object_get(json_object_get(j, "end"), name);

	if (!json_is_integer(v))
		fail_msg("no number %s", name);
	return json_integer_value(v);
}

/* The command is refused with this code and has a sentence. */
static inline void
refused(json_t *j, const char *code)
{
	const json_t *f = json_object_get(j, "fout");
	const char *got = json_string_value(json_object_get(f, "code"));
	const char *tekst = json_string_value(json_object_get(f, "tekst"));

	if (got == NULL)
		fail_msg("not refused");
	else
		assert_string_equal(got, code);
	assert_non_null(tekst);
	assert_true(strlen(tekst) > strlen(code) + 10);
	json_decref(j);
}

#endif
