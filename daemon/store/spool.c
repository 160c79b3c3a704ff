/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/spool.c - folders in place of commands: when there is work, and
 * a little of it each turn of the loop.
 */
#include "daemon/store/spool.h"

#include <stdlib.h>

#include "protocol/data.h"

#define EVERY_S 5
#define RETRY_S 60

static void turn(struct ov_loop *, void *);

static void
queue(struct ov_spool *sp)
{
	struct ov_err e = {0};

	if (sp->queued || !(sp->in || sp->out))
		return;
	if (ov_loop_defer(sp->st->env.loop, turn, sp, &e) == OV_OK)
		sp->queued = true;
	else /* the next tick tries again */
		ov_log(OV_LOG_WARN, "event=spool fault=\"%s\"", e.msg);
}

/* A folder that is not there, or is full, is no reason to stop. */
static void
put_off(struct ov_spool *sp, enum ov_rc rc, const struct ov_err *e)
{
	sp->next = ov_now(sp->st) + RETRY_S;
	ov_log(OV_LOG_WARN, "event=spool fault=\"%s\"", e->msg);
	if (rc == OV_DAMAGED)
		ov_store_fatal(sp->st, e);
}

static void
turn(struct ov_loop *loop, void *arg)
{
	struct ov_spool *sp = arg;
	struct ov_err e = {0};
	enum ov_rc rc;

	(void)loop;
	sp->queued = false;
	if (sp->out && (rc = ov_spool_out(sp, &sp->out, &e)) != OV_OK) {
		sp->out = false;
		put_off(sp, rc, &e);
	}
	if (sp->in && (rc = ov_spool_in(sp, &sp->in, &e)) != OV_OK) {
		sp->in = false;
		ov_spool_in_drop(sp);
		put_off(sp, rc, &e);
	}
	queue(sp);
}

void
ov_spool_tick(struct ov_spool *sp)
{
	int64_t now = ov_now(sp->st);

	if (sp->st->env.conf->spool == NULL)
		return;
	if (now >= sp->next) {
		sp->next = now + EVERY_S;
		sp->in = sp->out = true;
	}
	queue(sp);
}

enum ov_rc
ov_spool_put(int dir, const char *name, const struct ov_buf *b,
    struct ov_err *e)
{
	struct stat s;
	enum ov_rc rc;

	if ((rc = ov_fs_replace(dir, name, b->p, b->n, e)) != OV_OK)
		return rc;
	if (fstat(dir, &s) < 0 ||
	    ((s.st_mode & S_IRGRP) != 0 && fchmodat(dir, name, 0640, 0) < 0))
		return ov_fail_sys(e, "permissions of a spool file");
	return OV_OK;
}

enum ov_rc
ov_spool_new(struct ov_store *st, struct ov_spool **out, struct ov_err *e)
{
	const struct ov_data *d = ov_data_find("profielen.json");
	struct ov_spool *sp;
	enum ov_rc rc;

	*out = NULL;
	if (d == NULL)
		return ov_fail(e, OV_DAMAGED, "no table of profiles");
	if ((sp = calloc(1, sizeof(*sp))) == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	sp->st = st;
	rc = ov_profiles_load(st->types, (struct ov_view){d->p, d->n},
	    &sp->profiles, e);
	if (rc != OV_OK) {
		free(sp);
		return rc;
	}
	*out = sp;
	return OV_OK;
}

void
ov_spool_free(struct ov_spool *sp)
{
	if (sp == NULL)
		return;
	ov_loop_undefer(sp->st->env.loop, sp);
	ov_spool_in_drop(sp);
	ov_profiles_free(sp->profiles);
	free(sp);
}
