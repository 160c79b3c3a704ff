/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/launcher/children.h - the roles of one instance as child processes:
 * start them in order, notice when one goes, stop or restart them all.
 *
 * The store comes first, because it makes the sockets that the others connect
 * to.  A role that dies takes the others with it: they start anew together,
 * after 1 second, then 2, 4 and so on to 30; a minute of all of them running
 * begins the count again.
 *
 * Each child gets its own NOTIFY_SOCKET, of which only messages from our own
 * children count, and SIGTERM when this process goes away.
 */
#ifndef OV_DAEMON_LAUNCHER_CHILDREN_H
#define OV_DAEMON_LAUNCHER_CHILDREN_H

#include "base/loop.h"

struct ov_children;

struct ov_children_conf {
	const char *bin;  /* directory of the programs */
	const char *file; /* overstap.conf, given to each with -c */
	const char *run;  /* directory of sockets and pid files; exists */
	bool houder;
	bool once; /* do not restart */
};

/* Strings are borrowed.  The programs are started from the loop. */
OV_MUST_CHECK enum ov_rc ov_children_new(struct ov_loop *,
    const struct ov_children_conf *, struct ov_children **out,
    struct ov_err *e);
void ov_children_free(struct ov_children *);
/* Some child has changed state (SIGCHLD). */
void ov_children_reap(struct ov_children *);
/* Stop in order, then end the loop.  A second call does not wait. */
void ov_children_stop(struct ov_children *);
/* With once: a child ended by itself. */
bool ov_children_failed(const struct ov_children *);
/* How long to wait before the n-th restart in a row, ms. */
uint64_t ov_children_backoff(unsigned int n);

#endif
