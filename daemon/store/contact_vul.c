/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/contact_vul.c - the member contactpersoon of what we write, from
 * our own contacts where the writer left it out.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/store/contact.h"
#include "daemon/store/ctl.h"
#include "protocol/types_int.h"

#define LID "contactpersoon"

void
ov_contact_forget(struct ov_store *st)
{
	if (st->contacten == NULL)
		return;
	ov_contacten_free(st->contacten);
	free(st->contacten);
	st->contacten = NULL;
}

/* Read once: an import asks for each of its rows. */
static const struct ov_contacten *
ours(struct ov_store *st)
{
	struct ov_err e = {0};

	if (st->contacten != NULL)
		return st->contacten;
	if ((st->contacten = calloc(1, sizeof(*st->contacten))) == NULL)
		return NULL;
	if (ov_contact_own(st, true, st->contacten, NULL, &e) != OV_OK) {
		ov_log(OV_LOG_WARN, "event=contacts fault=\"%s\"", e.msg);
		ov_contact_forget(st);
	}
	return st->contacten;
}

/* Of this type before one of every type, and the oldest of those. */
static const struct ov_contact *
valid(const struct ov_contacten *all, const char *srt, const char *dag)
{
	const struct ov_contact *any = NULL;

	for (size_t i = 0; i < all->n; i++) {
		const struct ov_contact *c = &all->row[i];

		if (c->naam[0] == '\0' || strcmp(c->van, dag) > 0 ||
		    (c->tot[0] != '\0' && strcmp(c->tot, dag) < 0))
			continue;
		if (strcmp(c->srt, srt) == 0)
			return c;
		if (any == NULL && strcmp(c->srt, "*") == 0)
			any = c;
	}
	return any;
}

/* Its category is marked as one without values. */
static bool
left_out(const struct ov_types *t, const struct ov_field *f,
    const json_t *inhoud)
{
	const char *s;

	if (f->cat < 0)
		return false;
	s = json_string_value(
	    json_object_get(json_object_get(inhoud, "uitlevering"),
	        t->categorie->code[f->cat].code));
	return s != NULL &&
	       (strcmp(s, "VERBODEN") == 0 || strcmp(s, "OPT-UIT") == 0);
}

static json_t *
j_person(const struct ov_contact *c)
{
	json_t *j = json_pack("{s:s}", "naam", c->naam);

	if (c->functie[0] != '\0')
		(void)ov_j_set(j, "functie", json_string(c->functie));
	if (c->telefoon[0] != '\0')
		(void)ov_j_set(j, "telefoon", json_string(c->telefoon));
	if (c->email[0] != '\0')
		(void)ov_j_set(j, "email", json_string(c->email));
	return j;
}

bool
ov_contact_fill(struct ov_store *st, const char *srt, const char *dag,
    json_t *inhoud)
{
	const struct ov_type *t = ov_types_find(st->types, srt, dag);
	const struct ov_contacten *all;
	const struct ov_contact *c;
	const struct ov_field *f;

	if (inhoud == NULL || t == NULL || json_object_get(inhoud, LID) != NULL)
		return false;
	f = ov_type_field(st->types, t, "/" LID);
	if (f == NULL || left_out(st->types, f, inhoud) ||
	    (all = ours(st)) == NULL || (c = valid(all, srt, dag)) == NULL)
		return false;
	return ov_j_set(inhoud, LID, j_person(c));
}

bool
ov_contact_fits(struct ov_store *st, const struct ov_contact *c)
{
	static const char van[] = "/inhoud/" LID;
	static struct ov_fouten fouten; /* large */
	const char *srt = c->srt;
	OV_JSON *j = NULL;
	char dag[11];
	bool good = true;

	if (strcmp(srt, "*") == 0) /* each type has the same group */
		srt = "overstapdossier";
	if (ov_type_field(st->types, ov_types_latest(st->types, srt),
	        "/" LID) == NULL)
		return true;
	ov_store_today(st, dag);
	if ((j = json_pack("{s:o}", LID, j_person(c))) == NULL ||
	    ov_types_check_json(st->types, srt, j, 0, dag, &fouten) ==
	        OV_DAMAGED)
		return false;
	for (size_t i = 0; i < fouten.n; i++)
		good = good &&
		       strncmp(fouten.f[i].pad, van, sizeof(van) - 1) != 0;
	return good;
}
