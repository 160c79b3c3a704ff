/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/ctl_contact.c - our own contact persons: who is served to the
 * partners. */
#include <string.h>

#include "daemon/store/contact.h"
#include "daemon/store/ctl.h"
#include "protocol/toegang.h"

json_t *
ov_j_contact(const struct ov_contact *c)
{
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "srt", c->srt, "naam",
	    c->naam, "functie", c->functie, "telefoon", c->telefoon, "email",
	    c->email, "van", c->van, "tot", c->tot);
}

static void
list_start(struct ov_ctl *c)
{
	int64_t nr[OV_CONTACT_MAX];
	struct ov_contacten own;
	struct ov_err e = {0};
	json_t *j;

	if (!ov_ctl_args(c) ||
	    !ov_ctl_ok(c, ov_contact_own(c->st, true, &own, nr, &e), &e))
		return;
	for (size_t i = 0; i < own.n; i++) {
		j = ov_j_contact(&own.row[i]);
		(void)ov_j_set(j, "nr", json_integer(nr[i]));
		ov_ctl_row(c, j);
	}
	ov_ctl_end(c, json_pack("{s:I,s:I}", "aantal", (json_int_t)own.n,
	                  "versie", (json_int_t)own.versie));
	ov_contacten_free(&own);
}

static void
take(struct ov_ctl *c, const char *name, char *out, size_t cap)
{
	const char *v = ov_ctl_text(c, name, cap - 1);

	if (v != NULL)
		(void)snprintf(out, cap, "%s", v);
}

static void
add_start(struct ov_ctl *c)
{
	struct ov_contact k = {.srt = "*"};
	struct ov_err e = {0};
	int64_t nr = 0;
	enum ov_rc rc;

	ov_store_today(c->st, k.van);
	take(c, "srt", k.srt, sizeof(k.srt));
	take(c, "naam", k.naam, sizeof(k.naam));
	take(c, "functie", k.functie, sizeof(k.functie));
	take(c, "telefoon", k.telefoon, sizeof(k.telefoon));
	take(c, "email", k.email, sizeof(k.email));
	take(c, "van", k.van, sizeof(k.van));
	take(c, "tot", k.tot, sizeof(k.tot));
	if (!ov_ctl_args(c))
		return;
	if (k.naam[0] == '\0' || (k.telefoon[0] == '\0' && k.email[0] == '\0'))
		ov_ctl_fout(c, "opdracht-ongeldig", NULL);
	else if (strcmp(k.srt, "*") != 0 &&
	         ov_types_latest(c->st->types, k.srt) == NULL)
		ov_ctl_fout(c, "profiel-onbekend", NULL);
	else if (!ov_contact_fits(c->st, &k))
		ov_ctl_fout(c, "opdracht-ongeldig", NULL);
	else if ((rc = ov_contact_add(c->st, &k, &nr, &e)) == OV_BADMSG)
		ov_ctl_fout(c, "datum-ongeldig", NULL);
	else if (rc == OV_TOOBIG)
		ov_ctl_fout(c, "stand-past-niet", NULL);
	else if (ov_ctl_ok(c, rc, &e))
		ov_ctl_end(c, json_pack("{s:I}", "nr", (json_int_t)nr));
}

static void
remove_start(struct ov_ctl *c)
{
	int64_t nr = (int64_t)ov_jo_int(&c->in, "nr", OV_JSON_INT_MAX);
	struct ov_err e = {0};
	enum ov_rc rc;

	if (!ov_ctl_args(c))
		return;
	if ((rc = ov_contact_remove(c->st, nr, &e)) == OV_DENIED)
		ov_ctl_fout(c, "nummer-onbekend", NULL);
	else if (ov_ctl_ok(c, rc, &e))
		ov_ctl_end(c, json_pack("{s:i}", "verwijderd", 1));
}

static void
bounce_start(struct ov_ctl *c)
{
	const char *word = ov_jo_str(&c->in, "partner", OV_NAAM_MAX), *code;
	size_t nr = (size_t)ov_jo_int(&c->in, "nr", OV_CONTACT_MAX);
	bool weer = ov_ctl_flag(c, "weer");
	struct ov_contact who;
	const struct ov_lid *l;
	struct ov_err e = {0};
	enum ov_rc rc;

	if (!ov_ctl_args(c))
		return;
	if ((l = ov_ctl_partner(c->st, word, &code)) == NULL)
		ov_ctl_fout(c, code, NULL);
	else if ((rc = ov_stuit(c->st, l, nr, weer, &who, &e)) == OV_DENIED)
		ov_ctl_fout(c, "nummer-onbekend", NULL);
	else if (ov_ctl_ok(c, rc, &e))
		ov_ctl_end(c,
		    json_pack("{s:s,s:s}", "srt", who.srt, "naam", who.naam));
}

const struct ov_ctl_cmd ov_ctl_contact[] = {
    {.name = "contacts.list", .mag = OV_CTL_ELK, .start = list_start},
    {.name = "contacts.add", .mag = OV_MAG_BEHEREN, .start = add_start},
    {.name = "contacts.remove", .mag = OV_MAG_BEHEREN, .start = remove_start},
    {.name = "contacts.bounce",
        .mag = OV_MAG_INZIEN | OV_MAG_BESLISSEN | OV_MAG_VERZENDEN |
               OV_MAG_BEHEREN,
        .start = bounce_start},
    {0},
};
