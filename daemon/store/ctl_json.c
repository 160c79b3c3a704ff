/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/ctl_json.c - arguments of commands, and small JSON of their
 * answers.
 */
#include <string.h>

#include "daemon/store/ctl.h"
#include "protocol/b64.h"

const char *
ov_ctl_code_of(enum ov_rc rc)
{
	switch (rc) {
	case OV_NOSPACE:
		return "schijf-vol";
	case OV_AGAIN:
		return "nu-niet";
	case OV_DENIED:
		return "kan-niet";
	case OV_OK:
	case OV_TOOBIG:
	case OV_BADMSG:
	case OV_BADSIG:
	case OV_SYS:
	case OV_DAMAGED:
		break;
	}
	return "inwendige-fout";
}

json_t *
ov_j_outlook(json_t *end, const struct ov_outlook *o)
{
	if (ov_j_set(end, "klaar", json_integer((json_int_t)o->ready)) &&
	    ov_j_set(end, "wacht", json_integer((json_int_t)o->waiting)) &&
	    ov_j_set(end, "laatste_datum", json_string(o->last)) &&
	    ov_j_set(end, "reden", json_string(o->reden)))
		return end;
	json_decref(end);
	return NULL;
}

json_t *
ov_j_sentence(const char *code)
{
	struct ov_fout_text t;
	OV_BUF b = {0};

	if (!ov_fout_find(code, &t))
		return json_string(code);
	ov_buf_add(&b, t.title.p, t.title.n);
	ov_buf_str(&b, ". ");
	ov_buf_add(&b, t.detail.p, t.detail.n);
	return b.bad ? NULL : json_stringn((const char *)b.p, b.n);
}

/* ---- small JSON ---- */

bool
ov_j_set(json_t *o, const char *name, json_t *v)
{
	return json_object_set_new(o, name, v) == 0;
}

json_t *
ov_j_moment(int64_t t)
{
	char text[OV_MOMENT_SIZE];

	if (t == 0)
		return json_string("");
	ov_moment_fmt(text, t);
	return json_string(text);
}

json_t *
ov_j_id(const void *p, size_t n)
{
	char text[OV_B64U_SIZE(32)];

	if (p == NULL || (n != 16 && n != 32))
		return json_string("");
	(void)ov_b64u_enc(text, p, n);
	return json_string(text);
}

json_t *
ov_j_partner(struct ov_store *st, int64_t partner)
{
	const struct ov_lid *lid;
	struct ov_oin oin;
	struct ov_err e = {0};

	if (partner == 0 || ov_partner_oin(st, partner, &oin, &e) != OV_OK)
		return json_string("");
	lid = st->boek != NULL ? ov_book_oin(st->boek, &oin) : NULL;
	return json_string(lid != NULL ? lid->naam : oin.s);
}

/* ---- arguments ---- */

bool
ov_ctl_args(struct ov_ctl *c)
{
	struct ov_err e = {0};

	if (ov_jo_end(&c->in, &e) == OV_OK)
		return true;
	ov_ctl_fout(c, "opdracht-ongeldig", NULL);
	return false;
}

int64_t
ov_ctl_int(struct ov_ctl *c, const char *name)
{
	if (!ov_jo_has(&c->in, name))
		return 0;
	return (int64_t)ov_jo_int(&c->in, name, OV_JSON_INT_MAX);
}

const char *
ov_ctl_text(struct ov_ctl *c, const char *name, size_t max)
{
	const char *s;

	if (!ov_jo_has(&c->in, name) || ov_jo_null(&c->in, name))
		return NULL;
	s = ov_jo_str0(&c->in, name, max);
	return s[0] != '\0' ? s : NULL;
}

bool
ov_ctl_flag(struct ov_ctl *c, const char *name)
{
	return ov_jo_has(&c->in, name) && ov_jo_bool(&c->in, name);
}

/* "0344" or "0344/leerplicht" behind "gemeente:". */
static const struct ov_lid *
by_gemeente(const struct ov_adresboek *b, const char *w, const char **code)
{
	const struct ov_lid *lid = NULL, *l;
	enum ov_rol rol;
	char g[5] = {0};

	if (strlen(w) >= 4)
		memcpy(g, w, 4);
	if (!ov_is_gemeente(ov_view_str(g)) || (w[4] != '\0' && w[4] != '/'))
		return NULL;
	if (w[4] == '/')
		return ov_rol_parse(w + 5, &rol) ? ov_book_gemeente(b, g, rol)
		                                 : NULL;
	for (int r = 0; r < OV_ROL_N; r++) {
		if ((l = ov_book_gemeente(b, g, (enum ov_rol)r)) == NULL)
			continue;
		if (lid != NULL && lid != l) {
			*code = "ontvanger-meerduidig";
			return NULL;
		}
		lid = l;
	}
	return lid;
}

const struct ov_lid *
ov_ctl_partner(struct ov_store *st, const char *word, const char **code)
{
	const struct ov_lid *lid;
	bool ambiguous = false;
	char brin[16];

	*code = "ontvanger-onbekend";
	if (st->boek == NULL || word == NULL) {
		if (st->boek == NULL)
			*code = "adresboek-ontbreekt";
		return NULL;
	}
	if (strncmp(word, "gemeente:", 9) == 0)
		return by_gemeente(st->boek, word + 9, code);
	if (strlen(word) == 7 && word[4] == '/') { /* 00AA/01 */
		memcpy(brin, word, 8);
		brin[4] = '-';
		word = brin;
	}
	lid = ov_book_find(st->boek, word, &ambiguous);
	if (lid == NULL && ambiguous)
		*code = "ontvanger-meerduidig";
	return lid;
}
