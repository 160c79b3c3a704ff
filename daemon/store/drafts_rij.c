/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/drafts_rij.c - one row of an import: read, allowed, judged.
 */
#include "daemon/store/drafts_in.h"

#include <stdio.h>
#include <string.h>

#include "protocol/hash.h"
#include "protocol/id.h"

/* ---- faults ---- */

static void
fault_text(struct ov_intake *m, int64_t rij, const char *kolom,
    const char *code, json_t *tekst)
{
	if (json_array_size(m->faults) >= FAULTS_MAX)
		json_decref(tekst);
	else
		(void)json_array_append_new(m->faults,
		    json_pack("{s:I,s:s,s:s,s:o}", "rij", (json_int_t)rij,
		        "kolom", kolom, "reden", code, "tekst", tekst));
}

void
ov_rij_fault(struct ov_intake *m, int64_t rij, const char *kolom,
    const char *code)
{
	fault_text(m, rij, kolom, code, ov_j_sentence(code));
}

/* The rule as a sentence, its limit and its source. */
static json_t *
rule_text(const char *zin, unsigned grens, const char *bron)
{
	OV_BUF b = {0};
	const char *s;

	ov_buf_str(&b, zin);
	if (grens > 0)
		ov_buf_fmt(&b, " De grens is %u jaar.", grens);
	if (bron != NULL)
		ov_buf_fmt(&b, " Bron: %s.", bron);
	s = ov_buf_text(&b);
	return json_string(s != NULL ? s : zin);
}

static void
content_faults(struct ov_intake *m, int64_t rij)
{
	const struct ov_fout_plek *f;
	char code[64];
	OV_JSON *zin = NULL;

	for (size_t i = 0; i < m->out.fouten.n; i++) {
		f = &m->out.fouten.f[i];
		if (f->reden == OV_REDEN_ONTBREEKT)
			continue;
		(void)snprintf(code, sizeof(code), "reden/%s",
		    ov_reden_code(f->reden));
		json_decref(zin);
		zin = ov_j_sentence(code);
		fault_text(m, rij, f->pad, code,
		    rule_text(f->uitleg != NULL ? f->uitleg
		                                : json_string_value(zin),
		        0, f->bron));
	}
}

/* The receiver may not have it: the member that decides, why, the limit and
 * the source. */
static void
policy_fault(struct ov_intake *m, int64_t rij)
{
	const struct ov_verdict *v = &m->out.nee;
	const char *code = ov_why_code(v->why);
	OV_JSON *zin = ov_j_sentence(code != NULL ? code : m->out.code);
	char kolom[OV_FOUT_PAD] = "/ontvanger";

	if (v->lid != NULL && v->why != OV_WHY_WOONGEMEENTE)
		(void)snprintf(kolom, sizeof(kolom), "/inhoud%s", v->lid);
	fault_text(m, rij, kolom, m->out.code,
	    rule_text(json_string_value(zin), v->grens, v->bron));
}

const json_t *
ov_intake_faults(const struct ov_intake *m)
{
	return m->faults;
}

/* ---- a row ---- */

bool
ov_rij_read(struct ov_intake *m, const json_t *j, struct row *r)
{
	struct ov_jobj o;
	struct ov_err e = {0};
	uint8_t id[16];

	*r = (struct row){.pgn = "", .zaak = "", .klas = "", .mentor = ""};
	ov_jo_init(&o, j, "row");
	if (ov_jo_has(&o, "rij"))
		r->rij = (int64_t)ov_jo_int(&o, "rij", OV_JSON_INT_MAX);
	if (ov_jo_has(&o, "profiel"))
		(void)ov_jo_str(&o, "profiel", 40); /* whoever asked knows */
	if (ov_jo_has(&o, "srt"))
		ov_jo_lit(&o, "srt", m->srt);
	r->ref = ov_jo_str(&o, "eigenReferentie", REF_MAX);
	if (ov_jo_has(&o, "pgn"))
		r->pgn = ov_jo_str0(&o, "pgn", 32);
	if (ov_jo_has(&o, "zaak"))
		r->zaak = ov_jo_str0(&o, "zaak", OV_ID_TEXT);
	if (ov_jo_has(&o, "klas"))
		r->klas = ov_jo_str0(&o, "klas", OV_KLAS_MAX);
	if (ov_jo_has(&o, "mentor"))
		r->mentor = ov_jo_str0(&o, "mentor", OV_NAAM_MAX);
	if (ov_jo_has(&o, "ontvanger"))
		r->ontvanger = ov_jo_str0(&o, "ontvanger", OV_NAAM_MAX);
	r->inhoud = ov_jo_obj(&o, "inhoud");
	if (ov_jo_end(&o, &e) != OV_OK) {
		ov_rij_fault(m, r->rij, o.bad != NULL ? o.bad : "",
		    o.reden == OV_REDEN_ONTBREEKT ? "reden/ontbreekt"
		    : o.reden == OV_REDEN_TE_LANG ? "reden/te-lang"
		                                  : "reden/type");
		return false;
	}
	if (r->ontvanger != NULL && r->ontvanger[0] == '\0')
		r->ontvanger = NULL;
	if (r->pgn[0] != '\0' && (strlen(r->pgn) != OV_PGN_LEN ||
	                             ov_pgn_kind(r->pgn) == OV_PGN_NONE)) {
		ov_rij_fault(m, r->rij, "/pgn", "pgn-ongeldig");
		return false;
	}
	if (r->zaak[0] != '\0' &&
	    ov_id_parse(ov_view_str(r->zaak), id) != OV_OK) {
		ov_rij_fault(m, r->rij, "/zaak", "reden/patroon");
		return false;
	}
	return true;
}

/* May who brings the row write its parts, of this pupil? */
bool
ov_rij_may(struct ov_intake *m, const struct row *r)
{
	struct ov_wie w = m->map ? ov_wie_spool(m->st)
	                         : ov_wie_uid(m->st, m->uid);
	struct ov_feiten f;
	struct ov_oordeel o;
	const char *code;

	if (w.alles)
		return true;
	ov_feiten_of(m->st->toegang, &f, m->srt, false, r->inhoud, r->klas);
	o = ov_wie_oordeel(m->st, &w, OV_MAG_INVULLEN, &f);
	if (o.mag && (r->delen & ~o.delen) == 0)
		return true;
	code = ov_waarom_code(o.waarom);
	ov_rij_fault(m, r->rij, "", code != NULL ? code : "toegang-functie");
	return false;
}

bool
ov_rij_judge(struct ov_intake *m, const struct row *r)
{
	struct ov_draft_in in = {.srt = m->srt,
	    .ontvanger = r->ontvanger,
	    .inhoud = r->inhoud,
	    .has_pgn = r->pgn[0] != '\0' || m->c[m->nc].leerling != 0};
	OV_BUF key = {0};

	ov_draft_check(m->st, &in, &m->out);
	if (m->out.code != NULL && strcmp(m->out.code, "niet-toegestaan") == 0)
		policy_fault(m, r->rij);
	else if (m->out.code != NULL)
		ov_rij_fault(m, r->rij,
		    strncmp(m->out.code, "ontvanger", 9) == 0 ? "/ontvanger"
		                                              : "",
		    m->out.code);
	if (m->out.slecht > 0)
		content_faults(m, r->rij);
	if (m->out.code != NULL || m->out.slecht > 0)
		return false;
	/* Twice in one file, for the same receiver and status. */
	ov_buf_fmt(&key, "%s %s ", r->ref,
	    m->out.lid != NULL ? m->out.lid->oin.s : "");
	ov_draft_about(&key, m->srt, r->inhoud);
	if (ov_buf_text(&key) == NULL ||
	    json_object_get(m->seen, ov_buf_text(&key)) != NULL) {
		ov_rij_fault(m, r->rij, "/eigenReferentie",
		    "referentie-dubbel");
		return false;
	}
	return json_object_set_new(m->seen, ov_buf_text(&key), json_true()) ==
	       0;
}

static void
missing_add(struct ov_buf *b, const char *pad)
{
	if (b->n + strlen(pad) + 1 < ONTBREEKT_MAX)
		ov_buf_fmt(b, "%s%s", b->n > 0 ? "," : "", pad);
}

enum ov_rc
ov_rij_missing(struct ov_intake *m, const struct row *r, struct cand *c,
    struct ov_err *e)
{
	const struct ov_type *t = ov_types_latest(m->st->types, m->srt);
	OV_BUF b = {0};

	if (ov_type_has_pid_json(t, r->inhoud) && r->pgn[0] == '\0' &&
	    c->leerling == 0)
		missing_add(&b, "/pgn");
	c->geen = ov_draft_waits(&m->out);
	if (m->out.lid == NULL && !c->geen)
		missing_add(&b, "/ontvanger");
	for (size_t i = 0; i < m->out.fouten.n; i++)
		missing_add(&b, m->out.fouten.f[i].pad);
	c->volledig = m->out.ontbreekt == 0;
	if (ov_buf_text(&b) == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	memcpy(c->ontbreekt, b.p, b.n);
	c->ontbreekt[b.n] = '\0';
	return OV_OK;
}

static int
canon_add(const char *p, size_t n, void *arg)
{
	ov_buf_add(arg, p, n);
	return 0;
}

/* The hashes of a row: its key, and its content without what it did not say:
 * the same file is the same draft when our contacts have changed. */
enum ov_rc
ov_rij_hashes(struct ov_intake *m, const struct row *r, struct cand *c,
    struct ov_err *e)
{
	OV_BUF t = {0};
	OV_JSON *said = json_copy(r->inhoud);

	if (m->out.contact)
		(void)json_object_del(said, "contactpersoon");
	if (json_dump_callback(said, canon_add, &t,
	        JSON_COMPACT | JSON_SORT_KEYS) != 0)
		t.bad = true;
	ov_buf_fmt(&t, "\n%s\n%s", r->pgn, r->zaak);
	if (ov_buf_ok(&t, e) != OV_OK ||
	    ov_draft_key(m->srt, c->oin, r->ref, r->inhoud, c->hash_ref, e) !=
	        OV_OK)
		return OV_NOSPACE;
	return ov_sha256(c->hash_text, t.p, t.n);
}
