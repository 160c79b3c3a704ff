/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/bench/parts.c - what the parts of accepting one message cost alone.
 *
 * Each part is the library call that the roles make, over the same bytes as
 * one accepted message, in a loop in this one thread; the figure is CPU time
 * (user and system) per message, the median of five slices.  The commit is
 * the receiver's own rows through store/ into a main.db of its own.
 *
 * usage: bench-parts CONTENT.json FOLDER MILLISECONDS
 */
#include <errno.h>
#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "crypto/jose.h"
#include "crypto/record.h"
#include "protocol/b64.h"
#include "protocol/claims.h"
#include "protocol/data.h"
#include "protocol/hash.h"
#include "protocol/id.h"
#include "protocol/json.h"
#include "protocol/receipt.h"
#include "protocol/types.h"
#include "store/log.h"

#define SLICES 5
#define SRT "overstapdossier"
#define FROM "00000001999999990001"
#define TO "00000001999999990002"
#define BATCH 64 /* rows of a batch with 64 in flight */
#define BASE 100 /* rows of a commit of the baseline */

static void
die(const char *what, const struct ov_err *e)
{
	(void)fprintf(stderr, "bench-parts: %s: %s\n", what, e->msg);
	exit(1);
}

static double
clock_us(clockid_t id)
{
	struct timespec t;

	(void)clock_gettime(id, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* ---- one message ---- */

struct msg {
	struct ov_crypto *cr;
	struct ov_secret32 enc;
	struct ov_secret64 id;
	uint8_t id_pk[32], enc_pk[32];
	struct ov_buf payload, jws, jwe, receipt;
	struct ov_types *types;
	char today[OV_DATE_SIZE];
	/* taken apart once, for the parts that begin there */
	struct ov_jwe head;
	struct ov_buf ct, plain, blob;
	struct ov_secret32 cek, kek;
	struct ov_view ct64, payload64; /* the long base64url texts */
	struct ov_jws sig;
	struct ov_buf text;
};

static struct ov_view
data_view(const char *name)
{
	const struct ov_data *d = ov_data_find(name);

	return d != NULL ? (struct ov_view){d->p, d->n} : (struct ov_view){0};
}

static void
must(bool ok, const char *what)
{
	struct ov_err e = {.msg = "it does not work"};

	if (!ok)
		die(what, &e);
}

static void
read_file(const char *path, struct ov_buf *b)
{
	char block[8192];
	size_t n;
	FILE *f = fopen(path, "rb");

	must(f != NULL, path);
	while ((n = fread(block, 1, sizeof(block), f)) > 0)
		ov_buf_add(b, block, n);
	must(fclose(f) == 0 && !b->bad, path);
}

/* The part of a compact serialisation between dot i and the next. */
static struct ov_view
part_of(const struct ov_buf *b, int i)
{
	const uint8_t *p = b->p, *end = b->p + b->n, *dot;

	for (; i > 0; i--)
		p = (const uint8_t *)memchr(p, '.', (size_t)(end - p)) + 1;
	dot = memchr(p, '.', (size_t)(end - p));
	return (struct ov_view){p, (size_t)((dot != NULL ? dot : end) - p)};
}

static void
compose(struct msg *m, const char *file)
{
	struct ov_claims c = {.seq = 1,
	    .ep = 1,
	    .has_pid = true,
	    .srt = SRT,
	    .has_zaak = true};
	struct ov_err e = {0};
	OV_BUF text = {0}, content = {0};
	OV_JSON *o = NULL;

	read_file(file, &text);
	must(ov_json_parse(text.p, text.n, OV_JOSE_MAX, &o, &e) == OV_OK, file);
	ov_json_dump(&content, o);
	must(ov_oin_parse(ov_view_str(FROM), &c.iss) == OV_OK &&
	         ov_oin_parse(ov_view_str(TO), &c.aud) == OV_OK,
	    "oin");
	c.iat = (int64_t)time(NULL);
	c.exp = c.iat + 86400;
	ov_random(c.pid, sizeof(c.pid));
	ov_random(c.jti, sizeof(c.jti));
	ov_random(c.zaak, sizeof(c.zaak));
	if (ov_claims_compose(&m->payload, &c,
	        (struct ov_view){content.p, content.n}, &e) != OV_OK ||
	    ov_os1_sign(&m->id, OV_SIGN_BERICHT, m->payload.p, m->payload.n,
	        &m->jws, &e) != OV_OK ||
	    ov_os1_seal(m->cr, m->enc_pk, FROM, TO, m->jws.p, m->jws.n, &m->jwe,
	        &e) != OV_OK)
		die("message", &e);
}

static void
take_apart(struct msg *m)
{
	struct ov_secret32 z;
	struct ov_err e = {0};

	if (ov_jwe_split(m->jwe.p, m->jwe.n, &m->head, &m->ct, &e) != OV_OK ||
	    ov_x25519(&m->enc, m->head.epk, &z, &e) != OV_OK ||
	    ov_os1_cek(&z, FROM, 20, TO, 20, &m->cek, &e) != OV_OK ||
	    ov_jws_split(m->jws.p, m->jws.n, OV_TYP_BERICHT, &m->sig, &m->text,
	        &e) != OV_OK)
		die("message", &e);
	m->ct64 = part_of(&m->jwe, 3);
	m->payload64 = part_of(&m->jws, 1);
	must(ov_buf_room(&m->plain, m->jwe.n) != NULL &&
	         ov_buf_room(&m->blob, m->jwe.n) != NULL,
	    "memory");
	/* a receipt's payload is about this long */
	for (int i = 0; i < 44; i++)
		ov_buf_str(&m->receipt, "0123456789abcdefghijklmnopqrst\n");
}

static void
prepare(struct msg *m, const char *file)
{
	struct ov_types_src src = {data_view("types.json"),
	    data_view("codelijsten.json"), data_view("grondslagen.json")};
	struct ov_secret32 seed;
	struct ov_err e = {0};

	if (ov_crypto_new(&m->cr, &e) != OV_OK ||
	    ov_types_load(&src, &m->types, &e) != OV_OK)
		die("start", &e);
	ov_random(seed.b, sizeof(seed.b));
	ov_random(m->enc.b, sizeof(m->enc.b));
	ov_random(m->kek.b, sizeof(m->kek.b));
	if (ov_ed25519_keys(&seed, &m->id, m->id_pk, &e) != OV_OK ||
	    ov_x25519_public(&m->enc, m->enc_pk, &e) != OV_OK)
		die("keys", &e);
	ov_date_fmt(m->today, ov_date_nl((int64_t)time(NULL)));
	compose(m, file);
	take_apart(m);
}

/* ---- the parts ---- */

static bool
do_b64(struct msg *m)
{
	char out[4096];
	size_t n;

	return ov_b64u_dec((const char *)m->ct64.p, m->ct64.n, m->plain.p,
	           m->plain.n, &n) == OV_OK &&
	       ov_b64u_dec((const char *)m->payload64.p, m->payload64.n,
	           m->plain.p, m->plain.n, &n) == OV_OK &&
	       ov_b64u_enc(out, m->receipt.p, m->receipt.n) > 0;
}

static bool
do_x25519(struct msg *m)
{
	struct ov_secret32 z;

	return ov_x25519(&m->enc, m->head.epk, &z, NULL) == OV_OK;
}

static bool
do_gcm(struct msg *m)
{
	return ov_gcm_open(m->cr, &m->cek, m->head.iv, m->head.aad.p,
	           m->head.aad.n, m->ct.p, m->ct.n, m->head.tag, m->plain.p,
	           NULL) == OV_OK;
}

static bool
do_verify(struct msg *m)
{
	return ov_jws_verify(&m->sig, m->id_pk, NULL) == OV_OK;
}

static bool
do_json(struct msg *m)
{
	static struct ov_fouten f;
	struct ov_claims c = {0};
	bool ok;

	ok = ov_claims_parse(m->text.p, m->text.n, &c, NULL, NULL) == OV_OK &&
	     ov_types_check(m->types, c.srt, c.inhoud, 43, m->today, &f) ==
	         OV_OK;
	ov_claims_free(&c);
	return ok;
}

/* Content and receipt under the record's key, and that key wrapped. */
static bool
do_seal(struct msg *m)
{
	uint8_t id[16] = {1}, wrap[OV_WRAP];
	struct ov_secret32 dek;
	struct ov_rec_at at = {"bericht", id, 1, 1};

	ov_random(dek.b, sizeof(dek.b));
	return ov_dek_wrap(&m->kek, id, 1, &dek, wrap, NULL) == OV_OK &&
	       ov_rec_seal(&dek, &at, m->jws.p, m->jws.n, m->blob.p, NULL) ==
	           OV_OK &&
	       ov_dek_unwrap(&m->kek, id, 1, wrap, &dek, NULL) == OV_OK &&
	       ov_rec_seal(&dek, &at, m->receipt.p, m->receipt.n, m->blob.p,
	           NULL) == OV_OK;
}

static bool
do_sha(struct msg *m)
{
	uint8_t h[32];

	return ov_sha256(h, m->jwe.p, m->jwe.n) == OV_OK &&
	       ov_sha256(h, m->jws.p, m->jws.n) == OV_OK;
}

static bool
do_sign(struct msg *m)
{
	uint8_t sig[64];

	return ov_ed25519_sign(&m->id, m->receipt.p, m->receipt.n, sig, NULL) ==
	       OV_OK;
}

static bool
do_scalarmult(struct msg *m)
{
	static uint8_t p[32], q[32];

	if (sodium_is_zero(p, sizeof(p)))
		crypto_core_ristretto255_random(p);
	return crypto_scalarmult_ristretto255(q, m->kek.b, p) == 0;
}

static bool
do_hash_to_group(struct msg *m)
{
	uint8_t p[32];

	return crypto_core_ristretto255_from_hash(p, m->jws.p) == 0;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Microseconds of CPU per call. */
static double
measure(struct msg *m, bool (*fn)(struct msg *), double ms, const char *name)
{
	double slice[SLICES], t0, t;
	size_t n;

	must(fn(m), name);
	for (int i = 0; i < SLICES; i++) {
		t0 = clock_us(CLOCK_THREAD_CPUTIME_ID);
		n = 0;
		do {
			for (int k = 0; k < 16; k++)
				must(fn(m), name);
			n += 16;
			t = clock_us(CLOCK_THREAD_CPUTIME_ID) - t0;
		} while (t < ms * 1000 / SLICES);
		slice[i] = t / (double)n;
	}
	qsort(slice, SLICES, sizeof(slice[0]), by_value);
	return slice[SLICES / 2];
}

/* ---- TLS records: our half of a connection in memory ---- */

struct tls {
	SSL_CTX *ctx[2];
	SSL *ssl[2]; /* client, server */
	BIO *bio[2];
};

static int
any(int ok, X509_STORE_CTX *x)
{
	(void)ok;
	(void)x;
	return 1;
}

static X509 *
self_signed(EVP_PKEY *pk)
{
	X509 *x = X509_new();

	must(x != NULL && ASN1_INTEGER_set(X509_get_serialNumber(x), 1) == 1 &&
	         X509_gmtime_adj(X509_getm_notBefore(x), -60) != NULL &&
	         X509_gmtime_adj(X509_getm_notAfter(x), 3600) != NULL &&
	         X509_set_pubkey(x, pk) == 1 &&
	         X509_sign(x, pk, EVP_sha256()) > 0,
	    "certificate");
	return x;
}

static void
tls_open(struct tls *t)
{
	EVP_PKEY *pk = EVP_EC_gen("P-256");
	X509 *x;
	int done[2] = {0, 0};

	must(pk != NULL, "TLS key");
	x = self_signed(pk);
	must(BIO_new_bio_pair(&t->bio[0], 1 << 17, &t->bio[1], 1 << 17) == 1,
	    "BIO pair");
	for (int i = 0; i < 2; i++) {
		t->ctx[i] = SSL_CTX_new(
		    i == 0 ? TLS_client_method() : TLS_server_method());
		must(t->ctx[i] != NULL &&
		         SSL_CTX_set_min_proto_version(t->ctx[i],
		             TLS1_3_VERSION) == 1 &&
		         SSL_CTX_use_certificate(t->ctx[i], x) == 1 &&
		         SSL_CTX_use_PrivateKey(t->ctx[i], pk) == 1 &&
		         (t->ssl[i] = SSL_new(t->ctx[i])) != NULL,
		    "TLS");
		SSL_set_verify(t->ssl[i], SSL_VERIFY_PEER, any);
		SSL_set_bio(t->ssl[i], t->bio[i], t->bio[i]);
	}
	SSL_set_connect_state(t->ssl[0]);
	SSL_set_accept_state(t->ssl[1]);
	for (int i = 0; i < 20 && (done[0] != 1 || done[1] != 1); i++)
		for (int k = 0; k < 2; k++)
			done[k] = SSL_do_handshake(t->ssl[k]);
	must(done[0] == 1 && done[1] == 1, "TLS handshake");
	EVP_PKEY_free(pk);
	X509_free(x);
}

/* Only the receiver's half is on the clock. */
static double
tls_cost(struct msg *m, double ms)
{
	struct tls t = {0};
	char buf[16384];
	double sum = 0, t0;
	size_t n = 0, got;
	int r;

	tls_open(&t);
	while (sum < ms * 1000) {
		must(SSL_write(t.ssl[0], m->jwe.p, (int)m->jwe.n) ==
		         (int)m->jwe.n,
		    "TLS write");
		t0 = clock_us(CLOCK_THREAD_CPUTIME_ID);
		for (got = 0; got < m->jwe.n; got += (size_t)r) {
			r = SSL_read(t.ssl[1], buf, sizeof(buf));
			must(r > 0, "TLS read");
		}
		must(SSL_write(t.ssl[1], m->receipt.p, (int)m->receipt.n) ==
		         (int)m->receipt.n,
		    "TLS write");
		sum += clock_us(CLOCK_THREAD_CPUTIME_ID) - t0;
		must(SSL_read(t.ssl[0], buf, sizeof(buf)) > 0, "TLS read");
		n++;
	}
	for (int i = 0; i < 2; i++) {
		SSL_free(t.ssl[i]);
		SSL_CTX_free(t.ctx[i]);
	}
	return sum / (double)n;
}

/* ---- the commit ---- */

struct disk {
	struct ov_db *db;
	struct ov_slog log;
	int64_t nr;
	uint64_t seq;
};

static void
row(struct disk *d, const struct msg *m, struct ov_err *e)
{
	struct ov_leaf leaf = {.tijd = (int64_t)time(NULL),
	    .soort = OV_LEAF_ONTVANGST};
	uint8_t id[16], jti[16], wrap[OV_WRAP], rnd[2][OV_ID_RANDOM];
	uint64_t idx;

	d->seq++;
	ov_random(rnd, sizeof(rnd));
	ov_jti_make(id, d->seq, rnd[0]);
	ov_jti_make(jti, d->seq, rnd[1]);
	ov_random(wrap, sizeof(wrap));
	memcpy(leaf.partij.s, FROM, sizeof(leaf.partij.s));
	ov_random(leaf.ref, sizeof(leaf.ref));
	if (ov_db_run(d->db, e,
	        "INSERT INTO bericht(id,partner,seq,ep,srt,rol,zaak,ontvangen,"
	        "stand,gesloten,versie,inhoud,tag16)"
	        " VALUES(?1,1,?2,1,'overstapdossier','mbo',?1,?3,'ONBEKEND',1,"
	        "1,?4,?5)",
	        "biibb", (const void *)id, (size_t)16, (int64_t)d->seq,
	        leaf.tijd, (const void *)m->jws.p, m->jws.n, (const void *)id,
	        (size_t)16) != OV_OK)
		die("row", e);
	d->nr = ov_db_last(d->db);
	if (ov_db_run(d->db, e, "INSERT INTO sleutel_jong VALUES(?1,?2,1)",
	        "bb", (const void *)id, (size_t)16, (const void *)wrap,
	        (size_t)OV_WRAP) != OV_OK ||
	    ov_db_run(d->db, e, "INSERT INTO gezien VALUES(1,?1,?2,?3,?4,0)",
	        "biib", (const void *)jti, (size_t)16, (int64_t)d->seq, d->nr,
	        (const void *)leaf.ref, (size_t)32) != OV_OK ||
	    ov_db_run(d->db, e, "UPDATE bericht SET bewijs=?2 WHERE nr=?1",
	        "ib", d->nr, (const void *)m->receipt.p,
	        m->receipt.n) != OV_OK ||
	    ov_slog_add(&d->log, &leaf, &idx, NULL, e) != OV_OK)
		die("row", e);
}

static void
commit(struct disk *d, const struct msg *m, int rows)
{
	struct ov_digest root;
	struct ov_err e = {0};

	if (ov_db_begin(d->db, &e) != OV_OK)
		die("begin", &e);
	for (int i = 0; i < rows; i++)
		row(d, m, &e);
	if (ov_slog_flush(&d->log, &root, &e) != OV_OK ||
	    ov_db_commit(d->db, &e) != OV_OK)
		die("commit", &e);
	ov_slog_committed(&d->log);
}

/* CPU per row in commits of 64, and rows and commits a second in commits of
 * 100, through the same statements. */
static json_t *
disk_cost(const struct msg *m, const char *folder, double ms)
{
	struct disk d = {0};
	struct ov_err e = {0};
	double cpu, wall, per_row;
	char path[4096];
	int n;

	must(snprintf(path, sizeof(path), "%s/main.db", folder) <
	         (int)sizeof(path),
	    folder);
	if (ov_db_open(path, &d.db, &e) != OV_OK ||
	    ov_slog_open(&d.log, d.db, &e) != OV_OK ||
	    ov_db_run(d.db, &e, "INSERT INTO partner(id,oin) VALUES(1,?1)", "t",
	        FROM) != OV_OK)
		die(folder, &e);
	commit(&d, m, BATCH);
	cpu = clock_us(CLOCK_PROCESS_CPUTIME_ID);
	wall = clock_us(CLOCK_MONOTONIC);
	for (n = 0; clock_us(CLOCK_MONOTONIC) - wall < ms * 3000; n++)
		commit(&d, m, BATCH);
	per_row = (clock_us(CLOCK_PROCESS_CPUTIME_ID) - cpu) / (n * BATCH);
	wall = clock_us(CLOCK_MONOTONIC);
	for (n = 0; clock_us(CLOCK_MONOTONIC) - wall < ms * 3000; n++)
		commit(&d, m, BASE);
	wall = (clock_us(CLOCK_MONOTONIC) - wall) / 1e6;
	ov_db_close(d.db);
	return json_pack("{s:f,s:f,s:f}", "commit_cpu_us", per_row,
	    "rows_per_s", (double)n * BASE / wall, "commits_per_s",
	    (double)n / wall);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		bool (*fn)(struct msg *);
		bool accept; /* a part of accepting a message */
	} parts[] = {{"base64url", do_b64, true}, {"x25519", do_x25519, true},
	    {"aes_gcm_open", do_gcm, true}, {"ed25519_verify", do_verify, true},
	    {"json_schema", do_json, true}, {"seal", do_seal, true},
	    {"sha256", do_sha, true}, {"receipt_sign", do_sign, true},
	    {"scalarmult", do_scalarmult, false},
	    {"hash_to_group", do_hash_to_group, false}};
	static struct msg m;
	json_t *o, *acc, *disk;
	double ms, sum = 0, us;
	char *end = NULL;

	if (argc != 4 || (ms = strtod(argv[3], &end)) <= 0 || *end != '\0') {
		(void)fputs("usage: bench-parts CONTENT.json FOLDER MS\n",
		    stderr);
		return 2;
	}
	ov_json_init();
	prepare(&m, argv[1]);
	acc = json_object();
	o = json_object();
	must(acc != NULL && o != NULL, "memory");
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		us = measure(&m, parts[i].fn, ms, parts[i].name);
		(void)json_object_set_new(parts[i].accept ? acc : o,
		    parts[i].name, json_real(us));
		sum += parts[i].accept ? us : 0;
	}
	us = tls_cost(&m, ms);
	(void)json_object_set_new(acc, "tls_records", json_real(us));
	sum += us;
	disk = disk_cost(&m, argv[2], ms);
	must(disk != NULL, "memory");
	us = json_real_value(json_object_get(disk, "commit_cpu_us"));
	(void)json_object_set_new(acc, "commit", json_real(us));
	sum += us;
	(void)json_object_update(o, disk);
	json_decref(disk);
	(void)json_object_set_new(o, "accept", acc);
	(void)json_object_set_new(o, "accept_sum_us", json_real(sum));
	(void)json_object_set_new(o, "jwe_bytes",
	    json_integer((json_int_t)m.jwe.n));
	(void)json_object_set_new(o, "jws_bytes",
	    json_integer((json_int_t)m.jws.n));
	must(json_dumpf(o, stdout, JSON_COMPACT) == 0 && putchar('\n') != EOF &&
	         fflush(stdout) == 0,
	    "output");
	json_decref(o);
	ov_types_free(m.types);
	ov_crypto_free(m.cr);
	ov_buf_free(&m.payload);
	ov_buf_free(&m.jws);
	ov_buf_free(&m.jwe);
	ov_buf_free(&m.receipt);
	ov_buf_free(&m.ct);
	ov_buf_free(&m.plain);
	ov_buf_free(&m.blob);
	ov_buf_free(&m.text);
	return 0;
}
