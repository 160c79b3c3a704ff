/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/ctl.h - the control socket inside: what a command is, and what
 * control.c does for it (docs/control.md has the protocol).
 *
 * A command is a row of a table.  start() reads the arguments through c->in
 * and must call ov_ctl_args() before it uses them; step() is called while the
 * socket is writable and little is queued, does a bounded piece of work, and
 * in the end calls ov_ctl_end() or one of the refusals, after which nothing
 * of it is called any more but drop().  One connection, one command.
 */
#ifndef OV_DAEMON_STORE_CTL_H
#define OV_DAEMON_STORE_CTL_H

#include <sys/types.h>

#include "daemon/store/role.h"
#include "protocol/json.h"

#define OV_CTL_FRAME ((size_t)1 << 20)
/* Rows of one page of a list: what a step reads. */
#define OV_CTL_PAGE 64

struct ov_ctl;

/* For every account of the accounts file. */
#define OV_CTL_ELK (1u << 31)

struct ov_ctl_cmd {
	const char *name;
	/* Who may: any of these rights (OV_MAG_*, protocol/toegang.h) on some
	 * type, or OV_CTL_ELK.  0: nobody, once there is an accounts file.
	 * What of a record is shown is for the command itself to ask
	 * (daemon/store/toegang.h). */
	unsigned mag;
	size_t size; /* of the state, zeroed */
	void (*start)(struct ov_ctl *);
	void (*step)(struct ov_ctl *); /* NULL: start() does all */
	/* Rows of the client; NULL: it sends none.  v is borrowed.  fed(),
	 * if any, when they ended. */
	void (*rows)(struct ov_ctl *, const json_t *v);
	void (*fed)(struct ov_ctl *);
	void (*drop)(struct ov_ctl *); /* free what the state holds */
};

struct ov_ctl {
	struct ov_store *st;
	uid_t uid;
	struct ov_jobj in; /* the arguments */
	void *state;
	const struct ov_ctl_cmd *cmd;
	bool done;    /* the last frame is queued */
	bool waiting; /* step() is not called until ov_ctl_wake() */
	uint64_t serial;
	/* private to control.c */
	struct ov_ctl *next;
	int fd;
	bool feeding, begun, gone;
	json_t *query;
	struct ov_buf ibuf, obuf, rowbuf;
	size_t sent, taken;
	uint64_t idle_ms, progress_ms;
};

/* The i-th command of all, NULL behind the last. */
const struct ov_ctl_cmd *ov_ctl_command(size_t i);

/* ---- arguments ---- */

/* All arguments were good and known; else the refusal is queued (code
 * opdracht-ongeldig). */
bool ov_ctl_args(struct ov_ctl *);
/* An optional number (0 when absent), an optional text (NULL when absent), an
 * optional switch (false when absent). */
int64_t ov_ctl_int(struct ov_ctl *, const char *name);
const char *ov_ctl_text(struct ov_ctl *, const char *name, size_t max);
bool ov_ctl_flag(struct ov_ctl *, const char *name);
/* A partner as a person names it (docs/control.md).  NULL: *code says why. */
const struct ov_lid *ov_ctl_partner(struct ov_store *, const char *word,
    const char **code);

/* ---- answers ---- */

/* A row; taken.  NULL is "no memory". */
void ov_ctl_row(struct ov_ctl *, json_t *);
void ov_ctl_progress(struct ov_ctl *, int64_t done, int64_t total);
/* The last frame; end is taken. */
void ov_ctl_end(struct ov_ctl *, json_t *end);
/* Refuse with a code of data/fouten.txt; fouten (taken) may be NULL. */
void ov_ctl_fout(struct ov_ctl *, const char *code, json_t *fouten);
/* Refuse because something failed; class STOP ends the process. */
void ov_ctl_fail(struct ov_ctl *, const struct ov_err *);
/* ov_ctl_fail() unless rc is OV_OK; true when it is. */
bool ov_ctl_ok(struct ov_ctl *, enum ov_rc, const struct ov_err *);
/* step() may be called again (a partner answered). */
void ov_ctl_wake(struct ov_ctl *);
/* The client of this serial, if it is still there and waiting: for answers
 * that come later. */
struct ov_ctl *ov_ctl_find(struct ov_store *, uint64_t serial);

/* JSON texts of ours. */
json_t *ov_j_moment(int64_t t);           /* "" for 0 */
json_t *ov_j_id(const void *p, size_t n); /* b64u, "" for another length */
json_t *ov_j_partner(struct ov_store *, int64_t partner); /* name or OIN */

/* Set a member (taken); false and the object broken off when memory ended. */
bool ov_j_set(json_t *o, const char *name, json_t *v);
/* The end of a command that asks for pseudonyms: klaar, wacht, laatste_datum
 * and reden put in "end", which is taken and returned; NULL without memory. */
json_t *ov_j_outlook(json_t *end, const struct ov_outlook *);

/* Code and its Dutch sentence. */
const char *ov_ctl_code_of(enum ov_rc);
json_t *ov_j_sentence(const char *code);

/* ---- lists (ctl_page.c) ---- */

/* One row of a query into the element of an array, without its memory. */
typedef enum ov_rc ov_row_fn(sqlite3_stmt *, void *row, struct ov_err *);
/* At most OV_CTL_PAGE rows (elements of `size` bytes) of a query that
 * ov_db_q() began with this rc, and end it; *n is how many.  False: the
 * refusal is queued. */
bool ov_ctl_page(struct ov_ctl *, enum ov_rc rc, sqlite3_stmt *, ov_row_fn *,
    void *rows, size_t size, size_t *n, struct ov_err *e);
/* End a list of n rows with "aantal", "verborgen" when rows were kept from the
 * account, and how many there are of each name: a query of (name, count),
 * begun and ended as above. */
void ov_ctl_end_counts(struct ov_ctl *, int64_t n, int64_t verborgen,
    const char *const *names, size_t nnames, enum ov_rc rc, sqlite3_stmt *,
    struct ov_err *e);

/* ---- reading content (ctl_read.c) ---- */

/* Write one line `gelezen` and one leaf for each of n records, and commit:
 * before the first byte of content is shown.  Its own transaction.
 * handeling: show, print, export, count.  False: the refusal
 * log-niet-beschikbaar is queued. */
struct ov_gelezen {
	const char *tabel; /* of the record */
	int64_t record;    /* its nr, 0: an aggregate */
	const char *grond; /* the legal ground in its content */
};
bool ov_ctl_read_log(struct ov_ctl *, const char *handeling,
    const struct ov_gelezen *, size_t n);
/* The same without a client. */
OV_MUST_CHECK enum ov_rc ov_read_log(struct ov_store *, uid_t,
    const char *handeling, const struct ov_gelezen *, size_t n,
    struct ov_err *);
/* Open the received message nr that may be opened (never one that waits for
 * its link: OV_DENIED).  *out is given, free it with ov_claims_free(). */
/* Is this what opening a damaged record gives (and not a part that is down, or
 * a record that may not be opened)? */
bool ov_unreadable(enum ov_rc);
/* Note once, with its reason, that a record cannot be read: in the open
 * transaction.  A message also gets the state TERZIJDE.  tabel is "bericht" or
 * "concept". */
OV_MUST_CHECK enum ov_rc ov_aside(struct ov_store *, const char *tabel,
    int64_t nr, const struct ov_err *why, struct ov_err *);
/* The same in a transaction of its own. */
OV_MUST_CHECK enum ov_rc ov_aside_now(struct ov_store *, const char *tabel,
    int64_t nr, const struct ov_err *why, struct ov_err *);
/* The claims of a received message whose content may be shown; OV_DENIED: of
 * one that may not.  What a person accepted as corrected (correctie.h) is laid
 * over the content. */
OV_MUST_CHECK enum ov_rc ov_bericht_open(struct ov_store *, int64_t nr,
    struct ov_claims *out, struct ov_err *);
/* The same, as the sender signed it. */
OV_MUST_CHECK enum ov_rc ov_bericht_as_sent(struct ov_store *, int64_t nr,
    struct ov_claims *out, struct ov_err *);
/* Claims of a compact JWS that was verified when it was stored. */
OV_MUST_CHECK enum ov_rc ov_jws_claims(struct ov_view jws,
    struct ov_claims *out, struct ov_err *);

/* ---- messages about messages (ctl_about.c) ---- */

/* Take back a delivered message of ours: an intrekking to its receiver.  Ends
 * the command. */
void ov_about_withdraw(struct ov_ctl *, int64_t nr, const char *reden);
/* A received correctie holds (grond NULL) or does not (why the old content
 * stays, a code of grondBewaren): an afsluitverklaring to its sender.  Ends
 * the command. */
void ov_about_judge(struct ov_ctl *, int64_t nr, const char *grond);

/* ---- pupils (ctl_pupil_data.c) ---- */

/* What the administration of a municipality says of a pupil beside. */
enum {
	OV_MEER_WOONGEMEENTE, /* CBS code */
	OV_MEER_UIT,          /* day of leaving the last school */
	OV_MEER_INSTROOM,     /* year in which to begin at a new one */
	OV_MEER_SK,           /* day of the startkwalificatie */
	OV_MEER_N
};
extern const char *const ov_pupil_meer[OV_MEER_N]; /* names of the members */

struct ov_pupil_data { /* column `gegevens`; wiped by ov_pupil_free() */
	json_t *root;
	const char *ref, *geboortedatum, *school; /* school "" when unknown */
	const char *meer[OV_MEER_N];              /* "" when unknown */
};
OV_MUST_CHECK enum ov_rc ov_pupil_open(struct ov_store *, int64_t nr,
    struct ov_pupil_data *, struct ov_err *);
void ov_pupil_free(struct ov_pupil_data *);
/* Keyed tag of an own reference of a pupil. */
OV_MUST_CHECK enum ov_rc ov_pupil_tag(struct ov_store *, const char *ref,
    uint8_t tag[16], struct ov_err *);
/* Up to OV_TAGS_MAX of them in one call of the vault. */
OV_MUST_CHECK enum ov_rc ov_pupil_tags(struct ov_store *,
    const char *const *ref, size_t n, uint8_t (*tag)[16], struct ov_err *);
/* Number of our own applicant with this reference, 0: none. */
OV_MUST_CHECK enum ov_rc ov_pupil_by_ref(struct ov_store *, const char *ref,
    int64_t *nr, struct ov_err *);
/* The own reference of a pupil, "" when there is none; given. */
json_t *ov_j_pupil_ref(struct ov_store *, int64_t leerling);

/* ---- pupils coming in and going (pupils.c) ---- */

/* One load under way: every row is judged first, by itself and beside the
 * pupils that are there; with one fault nothing changes.  Judging and storing
 * take 64 rows a step. */
struct ov_load;
struct ov_load_sum {
	int64_t geladen, gewijzigd, zonder_pgn, fout;
};
/* vervang: who is not in the file and has no dossier goes. */
OV_MUST_CHECK enum ov_rc ov_load_new(struct ov_store *, bool vervang,
    struct ov_load **out, struct ov_err *);
/* Judge only: nothing is kept, whatever is found. */
void ov_load_proef(struct ov_load *);
/* Judge a row of docs/control.md and keep it (a reference is taken).  Its
 * faults are kept, up to 1,000. */
void ov_load_row(struct ov_load *, json_t *row);
/* All rows are there: store the next; *done after the last. */
OV_MUST_CHECK enum ov_rc ov_load_step(struct ov_load *, bool *done,
    struct ov_err *);
void ov_load_progress(const struct ov_load *, int64_t *done, int64_t *total);
const struct ov_load_sum *ov_load_sum(const struct ov_load *);
/* The faults: an array of {rij, kolom, reden, tekst}; borrowed. */
const json_t *ov_load_faults(const struct ov_load *);
void ov_load_free(struct ov_load *);
/* Remove one of ours by number, or by reference where ref is not NULL.
 * OV_DENIED: there is none; *linked: it has dossiers, and stays. */
OV_MUST_CHECK enum ov_rc ov_pupil_remove(struct ov_store *, int64_t nr,
    const char *ref, bool *linked, struct ov_err *);

/* ---- drafts (drafts.c) ---- */

/* One import under way: rows are judged one by one, sealed and stored in
 * batches, and become visible together. */
struct ov_intake;
struct ov_intake_in {
	const char *profiel, *bestand;
	uid_t uid;
	const char *deel; /* the file has this part only; NULL: whole */
	bool map;         /* from the folder in/: its own account */
	bool overslaan;   /* keep the good rows of a file with faults */
	bool proef;       /* judge only: nothing is kept, whatever is found */
};
struct ov_intake_sum {
	int64_t goed, fout, gelijk, gewijzigd;
};
OV_MUST_CHECK enum ov_rc ov_intake_new(struct ov_store *,
    const struct ov_intake_in *, struct ov_intake **out, struct ov_err *);
/* A row of docs/control.md.  Its faults are kept, up to 1,000. */
OV_MUST_CHECK enum ov_rc ov_intake_row(struct ov_intake *, const json_t *row,
    struct ov_err *);
/* All rows are there: ask for the pseudonyms of the next 64; *done after the
 * last.  Who calls it until then keeps the work of one turn small; without it
 * ov_intake_end() does all at once. */
OV_MUST_CHECK enum ov_rc ov_intake_step(struct ov_intake *, bool *done,
    struct ov_err *);
/* Store the rest and make it visible, or nothing when there were faults and
 * overslaan is off. */
OV_MUST_CHECK enum ov_rc ov_intake_end(struct ov_intake *,
    struct ov_intake_sum *, struct ov_err *);
/* The faults: an array of {rij, kolom, reden, tekst}; borrowed. */
const json_t *ov_intake_faults(const struct ov_intake *);
/* Drops what was not made visible. */
void ov_intake_free(struct ov_intake *);
/* Remove what import nr (0: any), not made visible, left behind. */
OV_MUST_CHECK enum ov_rc ov_intake_drop(struct ov_store *, int64_t nr,
    struct ov_err *);
/* Of those that were cut off; at start. */
OV_MUST_CHECK enum ov_rc ov_intake_clean(struct ov_store *, struct ov_err *);

/* Whom a draft goes to, and in which role (drafts_check.c). */
struct ov_draft_in {
	const char *srt, *ontvanger; /* word as given, or NULL */
	json_t *inhoud;              /* schema and ground are filled in */
	bool has_pgn;
};
struct ov_draft_out {
	const struct ov_lid *lid; /* NULL: nobody (yet) */
	enum ov_rol rol;          /* valid with lid */
	struct ov_fouten fouten;  /* what is wrong in the content */
	size_t ontbreekt, slecht; /* of fouten: missing, and worse */
	const char *code;         /* a refusal of another kind, or NULL */
	struct ov_verdict nee;    /* niet-toegestaan: why, or zeroed */
	/* No member serves this gemeente; rol says for what, where it may go
	 * to a gemeente (else OV_ROL_N). */
	bool geen_ontvanger;
	bool contact; /* contactpersoon was put in from our own contacts */
};
void ov_draft_check(struct ov_store *, const struct ov_draft_in *,
    struct ov_draft_out *);
/* A notice that lacks a receiver and may wait for one (GEEN-ONTVANGER). */
static inline bool
ov_draft_waits(const struct ov_draft_out *o)
{
	return o->geen_ontvanger && o->lid == NULL && o->rol != OV_ROL_N;
}

/* A stored draft. */
struct ov_draft {
	int64_t nr, leerling, uitgaand;
	char srt[OV_SRT_MAX + 1], stand[16], partner[OV_OIN_LEN + 1];
	char ontbreekt[512];
	json_t *root; /* {eigenReferentie, ontvanger, zaak, inhoud}; owned */
	const char *ref, *ontvanger, *zaak; /* "" when absent */
	const char *klas, *mentor;          /* stay at home; "" when absent */
	json_t *inhoud;
	json_t *geleverd; /* part -> {door, bestand, tijd}, or NULL */
};
/* Its number (0 algemeen, 1 A, ...), -1: no part. */
int ov_deel_number(const char *word);
/* OV_DENIED: there is none of this number. */
OV_MUST_CHECK enum ov_rc ov_draft_read(struct ov_store *, int64_t nr,
    struct ov_draft *, struct ov_err *);
void ov_draft_free(struct ov_draft *);
/* In the open transaction: queue it.  *code is set when it may not go; *geen:
 * it waits as GEEN-ONTVANGER. */
OV_MUST_CHECK enum ov_rc ov_draft_send(struct ov_store *, int64_t nr,
    const char **code, bool *geen, struct ov_err *);
/* In the open transaction: judge a draft that waits for a receiver again.
 * *found: there is one now, and what was sent goes to it.  *code is set when it
 * does not follow what went there before: the caller rolls back, it waits. */
OV_MUST_CHECK enum ov_rc ov_draft_again(struct ov_store *, int64_t nr,
    bool *found, const char **code, struct ov_err *);
/* What makes two rows the same draft (drafts_key.c): type, receiver's OIN, own
 * reference, and of the content the status; of a verzuimmelding the kind and
 * first day of the absence, whatever its receiver, since an absence is told to
 * one, who follows from where the pupil lives. */
void ov_draft_about(struct ov_buf *, const char *srt, const json_t *inhoud);
OV_MUST_CHECK enum ov_rc ov_draft_key(const char *srt, const char *oin,
    const char *ref, const json_t *inhoud, uint8_t out[32], struct ov_err *);
/* The visible draft with this key.  *nr 0: there is none. */
OV_MUST_CHECK enum ov_rc ov_draft_by_key(struct ov_store *, const char *srt,
    const char *oin, const char *ref, const json_t *inhoud, int64_t *nr,
    struct ov_err *);
/* In the open transaction: a draft and its key go. */
OV_MUST_CHECK enum ov_rc ov_draft_drop(struct ov_store *, int64_t nr,
    struct ov_err *);
/* How complete it is (drafts_stand.c): members algemeen, A, B, C ("2/4", or
 * "-" where the part does not count) and ontbreektDeel are set in row. */
void ov_j_delen(struct ov_store *, const struct ov_draft *, json_t *row);
/* The own reference of draft nr, "" when there is none; given. */
json_t *ov_j_draft_ref(struct ov_store *, int64_t concept);

/* ---- messages about messages (link_run.c) ---- */

/* In the open transaction: queue an `ontvangst` about message nr. */
struct ov_ontvangst {
	const char *koppeling, *functioneel, *reden, *moment; /* or NULL */
	const uint8_t *vervangt; /* jti of the answer it corrects, or NULL */
};
OV_MUST_CHECK enum ov_rc ov_ontvangst_queue(struct ov_store *, int64_t nr,
    const struct ov_ontvangst *, struct ov_err *);

/* ---- linking (link.c) ---- */

/* As ov_link_kick(), and look at every waiting message again: what is known of
 * a pupil has changed. */
void ov_link_again(struct ov_store *);
/* Decide by hand that message nr is pupil `leerling` (0: the one whose tag
 * fits); own transaction.  OV_DENIED when the tags differ. */
OV_MUST_CHECK enum ov_rc ov_link_decide(struct ov_store *, int64_t nr,
    int64_t leerling, struct ov_err *);
/* Undo: sealed back under its pid, and a breach note starts (table datalek,
 * alarm koppeling-ongedaan).  What a municipality received open stays open and
 * is about nobody known (link.h).  Own transaction. */
OV_MUST_CHECK enum ov_rc ov_link_undo(struct ov_store *, int64_t nr,
    const char *reden, uid_t, struct ov_err *);
/* A lasting no: a message in doubt is about none of the pupils whose tag fits,
 * and is not asked about again.  Own transaction; OV_DENIED: no doubt. */
OV_MUST_CHECK enum ov_rc ov_link_refuse(struct ov_store *, int64_t nr, uid_t,
    struct ov_err *);

/* ---- inbox (ctl_inbox.c) ---- */

/* Message nr as a row of inbox.list; *out is given.  OV_DENIED: none. */
OV_MUST_CHECK enum ov_rc ov_j_bericht(struct ov_store *, int64_t nr,
    json_t **out, struct ov_err *);

/* ---- folders (spool.c, spool_in.c, spool_out.c) ---- */

/* Folders in place of commands, when the configuration names them: files in
 * in/<profile>/ are imported, what was received appears in out/<type>/
 * (docs/control.md).  A file is read and stored in steps, each a deferred
 * call of the loop. */
struct ov_spool;
OV_MUST_CHECK enum ov_rc ov_spool_new(struct ov_store *, struct ov_spool **out,
    struct ov_err *);
void ov_spool_free(struct ov_spool *);
/* Every second. */
void ov_spool_tick(struct ov_spool *);

/* ---- contact persons (ctl_contact.c) ---- */

struct ov_contact;
json_t *ov_j_contact(const struct ov_contact *);

/* ---- the tables; each ends with a row without name ---- */

extern const struct ov_ctl_cmd ov_ctl_basis[], ov_ctl_partners[],
    ov_ctl_pupils[], ov_ctl_drafts[], ov_ctl_outbox[], ov_ctl_inbox[],
    ov_ctl_about[], ov_ctl_cases[], ov_ctl_count[], ov_ctl_export[],
    ov_ctl_log[], ov_ctl_check[], ov_ctl_kalender[], ov_ctl_startpop[],
    ov_ctl_report[], ov_ctl_worklist[], ov_ctl_access[], ov_ctl_stand[],
    ov_ctl_inzage[], ov_ctl_geen[], ov_ctl_leavers[], ov_ctl_voortgang[],
    ov_ctl_contact[];

#endif
