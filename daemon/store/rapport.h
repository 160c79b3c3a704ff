/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/rapport.h - the reports inside: what one list is, and what
 * rapport_run.c does for it.
 *
 * A report looks at every received message of its types in the order of
 * arrival, 64 a step, and then shows rows.  Numerators come from there and
 * from nothing else; denominators from an imported start population
 * (ctl_startpop.c).  Content that is opened only to be counted costs one line
 * `gelezen` over the table for the whole report; content that is shown one
 * line for each record.
 */
#ifndef OV_DAEMON_STORE_RAPPORT_H
#define OV_DAEMON_STORE_RAPPORT_H

#include "daemon/store/ctl.h"
#include "protocol/b64.h"

struct ov_rap;

/* One message, as it lies there. */
struct ov_rap_row {
	int64_t nr, partner, ontvangen, leerling, afgehandeld;
	bool has_tag;
	uint8_t tag[16];
};

enum ov_rap_soort { OV_RAP_TEKST, OV_RAP_AANTAL, OV_RAP_PCT };
struct ov_rap_kolom {
	const char *naam, *kop;
	enum ov_rap_soort soort;
	/* duo: a path in the content, "=..." made, "" stays empty. */
	const char *uit;
};

enum ov_rap_jaar {
	OV_RAP_CONVENANT, /* from 1 October */
	OV_RAP_VORIG,     /* the school year before this one */
	OV_RAP_SCHOOL,    /* from 1 August */
	OV_RAP_MAAND      /* --maand is required, and no year */
};

struct ov_rap_lijst {
	const char *naam, *titel;
	enum ov_rap_jaar jaar;
	const char *srt[3]; /* types, one after the other; NULL: no more */
	/* Who may ask, once there are accounts: any of these rights on some
	 * record of mag_srt (NULL: of any type). */
	unsigned mag;
	const char *mag_srt;
	/* A message only counts, or is shown, where the account has one of
	 * these rights over it; 0: the report is of the whole. */
	unsigned weegt;
	bool inhoud;   /* content is opened */
	bool persoon;  /* content is shown: a line for each record */
	bool verzendt; /* takes "verzend" */
	const char *formule[2];
	const struct ov_rap_kolom *kolom; /* ends with naam NULL */
	/* Read something else than received messages, a bounded piece a call,
	 * before them; *klaar after the last.  weg: free s->eigen. */
	enum ov_rc (*stap)(struct ov_rap *, bool *klaar, struct ov_err *);
	void (*weg)(struct ov_rap *);
	/* Count one message; cl NULL where content is not opened.  *toon: it
	 * is shown (persoon). */
	enum ov_rc (*een)(struct ov_rap *, const struct ov_rap_row *,
	    const struct ov_claims *cl, bool *toon, struct ov_err *);
	/* Show one message (persoon). */
	json_t *(*rij)(struct ov_rap *, const struct ov_rap_row *,
	    const struct ov_claims *cl);
	/* All is counted: the rows. */
	enum ov_rc (*slot)(struct ov_rap *, struct ov_err *);
};

struct ov_rap {
	struct ov_ctl *c;
	const struct ov_rap_lijst *l;
	int jaar;          /* first year; with maand its year */
	int maand;         /* 1..12, 0: none */
	struct ov_date op; /* as of the end of this day */
	int64_t tot;       /* the moment behind it */
	char normbron[65]; /* "": the first of the table */
	bool per_gemeente, verzend;
	json_t *cel, *mens; /* counts; persons already counted */
	json_t *let_op;     /* remarks, Dutch */
	void *eigen;        /* of the list: stap, weg */
	int fase;           /* index of srt */
	int64_t at, n, verborgen;
	bool logged, gestapt;
};

extern const struct ov_rap_lijst ov_rap_vsv, ov_rap_terugkeer,
    ov_rap_tijdigheid, ov_rap_doorlooptijd, ov_rap_duo, ov_rap_terugkoppeling,
    ov_rap_uitvalreden, ov_rap_in_beeld, ov_rap_effect;

/* ---- rapport_run.c: what lists share ---- */

/* cel[key][name] += n. */
bool ov_rap_tel(json_t *cel, const char *key, const char *name, int64_t n);
int64_t ov_rap_waarde(const json_t *cel, const char *key, const char *name);
/* The person a message is about, as far as it is known here: our own pupil, or
 * the pseudonym as this partner gives it.  False: nobody. */
bool ov_rap_mens(const struct ov_rap_row *, bool pupil, char out[64]);
/* The newest start population of this year and shape that was there on the
 * day; 0: none. */
OV_MUST_CHECK enum ov_rc ov_rap_startpop(struct ov_rap *, int jaar,
    const char *vorm, int64_t *nr, struct ov_err *);
/* teller and noemer (of this formula) and pct into a row; noemer < 0: null. */
void ov_rap_breuk(const struct ov_rap *, json_t *row, const char *formule,
    int64_t teller, int64_t noemer);
/* The norm of a category and what the fraction makes of it: members norm,
 * gehaald, normbron; empty where there is none. */
void ov_rap_norm(const struct ov_rap *, json_t *row, const char *formule,
    const char *categorie, int64_t teller, int64_t noemer);
void ov_rap_let_op(struct ov_rap *, const char *text);

#endif
