/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/adresboek_lid.c - one member, as card and book both write it. */
#include <stdlib.h>
#include <string.h>

#include "protocol/adresboek_in.h"
#include "protocol/b64.h"

struct ov_boek_arena_block {
	struct ov_boek_arena_block *next;
	max_align_t data[];
};

static const char *const pkis[] = {"regio", "pin", "pkioverheid", NULL};

void *
ov_boek_arena_get(struct ov_boek_arena *a, size_t n, size_t size)
{
	struct ov_boek_arena_block *b;

	if (n == 0)
		n = 1;
	if (n > (OV_BUF_MAX - sizeof(*b)) / size ||
	    (b = calloc(1, sizeof(*b) + n * size)) == NULL)
		return NULL;
	b->next = a->head;
	a->head = b;
	return b->data;
}

const char *
ov_boek_arena_str(struct ov_boek_arena *a, const char *s)
{
	size_t n = strlen(s) + 1;
	char *t = ov_boek_arena_get(a, n, 1);

	if (t != NULL)
		memcpy(t, s, n);
	return t;
}

void
ov_boek_arena_free(struct ov_boek_arena *a)
{
	struct ov_boek_arena_block *b, *next;

	for (b = a->head; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	a->head = NULL;
}

static const char *const rollen[OV_ROL_N] = {"vo", "vso", "pro", "vavo", "mbo",
    "leerplicht", "doorstroompunt"};

const char *
ov_rol_name(enum ov_rol r)
{
	return (unsigned)r < OV_ROL_N ? rollen[r] : "?";
}

bool
ov_rol_parse(const char *t, enum ov_rol *out)
{
	int i;

	for (i = 0; i < OV_ROL_N; i++) {
		if (strcmp(t, rollen[i]) == 0) {
			*out = (enum ov_rol)i;
			return true;
		}
	}
	return false;
}

const char *
ov_pki_name(enum ov_pki p)
{
	return p == OV_PKI_PIN ? "pin" : "regio";
}

bool
ov_host_ok(const char *s, size_t n)
{
	bool digits = true; /* of the last label */
	size_t i;

	if (n == 0 || n > OV_HOST_MAX || s[0] == '.' || s[0] == '-' ||
	    s[n - 1] == '.' || s[n - 1] == '-')
		return false;
	for (i = 0; i < n; i++) {
		if (s[i] == '.') {
			if (s[i - 1] == '.' || s[i - 1] == '-' ||
			    s[i + 1] == '-')
				return false;
			digits = true;
		} else if ((s[i] >= 'a' && s[i] <= 'z') || s[i] == '-') {
			digits = false;
		} else if (s[i] < '0' || s[i] > '9') {
			return false;
		}
	}
	return !digits;
}

/* "https://host[:port]"; false when it is anything else. */
static bool
read_url(struct ov_boek_arena *a, struct ov_lid *l, const char *url)
{
	static const char head[] = "https://";
	const char *host, *colon, *p;
	unsigned port = 443;
	char *copy;
	size_t n;

	if (strncmp(url, head, sizeof(head) - 1) != 0)
		return false;
	host = url + sizeof(head) - 1;
	colon = strchr(host, ':');
	n = colon != NULL ? (size_t)(colon - host) : strlen(host);
	if (!ov_host_ok(host, n))
		return false;
	if (colon != NULL) {
		port = 0;
		if (colon[1] < '1' || colon[1] > '9')
			return false;
		for (p = colon + 1; *p >= '0' && *p <= '9' && port <= 65535;
		     p++)
			port = port * 10 + (unsigned)(*p - '0');
		if (*p != '\0' || port > 65535)
			return false;
	}
	l->url = ov_boek_arena_str(a, url);
	if (l->url == NULL || (copy = ov_boek_arena_get(a, n + 1, 1)) == NULL)
		return false;
	memcpy(copy, host, n);
	l->host = copy;
	l->port = (uint16_t)port;
	return true;
}

static void
read_rol(struct ov_jobj *o, struct ov_lid *l)
{
	const json_t *a = ov_jo_arr(o, "rol", OV_ROLLEN_MAX);
	enum ov_rol r;
	const char *t;
	size_t i;

	for (i = 0; i < json_array_size(a); i++) {
		t = json_string_value(json_array_get(a, i));
		if (t == NULL || !ov_rol_parse(t, &r) ||
		    (l->rol & OV_ROL_BIT(r)) != 0) {
			ov_jo_fail(o, "rol", OV_REDEN_CODE);
			return;
		}
		l->rol |= OV_ROL_BIT(r);
	}
	if (l->rol == 0)
		ov_jo_fail(o, "rol", OV_REDEN_ONTBREEKT);
}

/* 1 to 4 texts "sha256//<b64>". */
static size_t
read_pins(struct ov_jobj *o, const char *name, uint8_t pin[][32])
{
	static const char head[] = "sha256//";
	const size_t hl = sizeof(head) - 1;
	const json_t *a = ov_jo_arr(o, name, OV_PINS_MAX);
	struct ov_view v;
	size_t i, n = json_array_size(a);

	for (i = 0; i < n; i++) {
		v = ov_json_view(json_array_get(a, i));
		if (v.n <= hl || memcmp(v.p, head, hl) != 0 ||
		    ov_b64_exact((struct ov_view){v.p + hl, v.n - hl}, pin[i],
		        32) != OV_OK) {
			ov_jo_fail(o, name, OV_REDEN_PATROON);
			return 0;
		}
	}
	if (n == 0)
		ov_jo_fail(o, name, OV_REDEN_ONTBREEKT);
	return n;
}

static bool
read_brin1(struct ov_boek_arena *a, const json_t *j, struct ov_lid_brin *b)
{
	struct ov_jobj o;
	const json_t *v;
	struct ov_view t;
	size_t i, n;

	ov_jo_init(&o, j, "brin");
	t = ov_jo_view(&o, "brin", 4, 4);
	v = ov_jo_arr(&o, "vestigingen", OV_VESTIGINGEN_MAX);
	if (ov_jo_end(&o, NULL) != OV_OK || !ov_is_brin(t))
		return false;
	memcpy(b->brin, t.p, 4);
	n = json_array_size(v);
	if ((b->vestiging = ov_boek_arena_get(a, n, sizeof(*b->vestiging))) ==
	    NULL)
		return false;
	for (i = 0; i < n; i++) {
		t = ov_json_view(json_array_get(v, i));
		if (!ov_is_vestiging(t))
			return false;
		memcpy(b->vestiging[i], t.p, 2);
	}
	b->n = n;
	return true;
}

static void
read_brin(struct ov_boek_arena *a, struct ov_jobj *o, struct ov_lid *l)
{
	const json_t *j = ov_jo_arr(o, "brin", OV_BRINS_MAX);
	size_t i, n = json_array_size(j);

	if ((l->brin = ov_boek_arena_get(a, n, sizeof(*l->brin))) == NULL) {
		ov_jo_fail(o, "brin", OV_REDEN_TYPE);
		return;
	}
	for (i = 0; i < n; i++) {
		if (!read_brin1(a, json_array_get(j, i), &l->brin[i])) {
			ov_jo_fail(o, "brin", OV_REDEN_PATROON);
			return;
		}
	}
	l->nbrin = n;
}

static void
read_gemeenten(struct ov_boek_arena *a, struct ov_jobj *o, struct ov_lid *l)
{
	const json_t *j = ov_jo_arr(o, "gemeenten", OV_GEMEENTEN_MAX);
	size_t i, n = json_array_size(j);
	struct ov_view t;

	if ((l->gemeente = ov_boek_arena_get(a, n, sizeof(*l->gemeente))) ==
	    NULL) {
		ov_jo_fail(o, "gemeenten", OV_REDEN_TYPE);
		return;
	}
	for (i = 0; i < n; i++) {
		t = ov_json_view(json_array_get(j, i));
		if (!ov_is_gemeente(t)) {
			ov_jo_fail(o, "gemeenten", OV_REDEN_PATROON);
			return;
		}
		memcpy(l->gemeente[i], t.p, 4);
	}
	l->ngemeente = n;
}

enum ov_rc
ov_lid_read(struct ov_boek_arena *a, struct ov_jobj *o, struct ov_lid *l,
    struct ov_err *e)
{
	const char *url, *p;
	int pki;

	ov_jo_oin(o, "oin", &l->oin);
	l->naam = ov_boek_arena_str(a, ov_jo_str(o, "naam", OV_NAAM_MAX));
	read_rol(o, l);
	url = ov_jo_str0(o, "url", OV_URL_MAX);
	ov_jo_b64u(o, "id", l->id, sizeof(l->id));
	ov_jo_b64u(o, "log", l->log, sizeof(l->log));
	ov_jo_b64u(o, "getuige", l->getuige, sizeof(l->getuige));
	l->nserver = read_pins(o, "tls_server", l->server);
	l->nclient = read_pins(o, "tls_client", l->client);
	pki = ov_jo_word(o, "pki", pkis);
	read_brin(a, o, l);
	read_gemeenten(a, o, l);
	if (o->rc != OV_OK)
		return OV_OK; /* sticks: ov_jo_end() tells */
	if (l->naam == NULL)
		return ov_fail(e, OV_NOSPACE, "memory");
	for (p = l->naam; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return ov_fail(e, OV_BADMSG, "naam");
	if (url[0] == '\0')
		return ov_fail(e, OV_DENIED, "a member without url: not built");
	if (pki == 2)
		return ov_fail(e, OV_DENIED, "pki pkioverheid: not built");
	if (!read_url(a, l, url))
		return ov_fail(e, OV_BADMSG, "url");
	l->pki = pki == 1 ? OV_PKI_PIN : OV_PKI_REGIO;
	return ov_thumb_ed25519(l->id_thumb, l->id, e);
}
