/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/net/net.h - the role that talks to strangers, as main.c and tests
 * see it.
 *
 * It owns the listening sockets, the TLS key, and message bodies in flight.
 * It decides nothing: who is at the other end of a connection, and every
 * answer with content, comes from store by the packets N1 to N9 of
 * protocol/packet.h.  What net answers by itself is what HTTP, the limits of
 * protocol/limits.h and an unknown key leave no choice about.
 *
 * One thread, one loop.  Whatever a stranger can make large is bounded: the
 * constants are in daemon/net/role.h and protocol/limits.h.
 */
#ifndef OV_DAEMON_NET_NET_H
#define OV_DAEMON_NET_NET_H

#include "base/loop.h"
#include "protocol/rd.h"

struct ov_net;

struct ov_net_conf {
	int store;           /* SEQPACKET socket to store; taken */
	struct ov_view cert; /* certificate chain, PEM; copied */
	struct ov_view key;  /* private key, PEM; copied */
	/* Called once, when store is there and has said whom to trust: the
	 * time to listen.  A partner who came before would be a stranger.
	 * NULL: nobody asks. */
	void (*up)(struct ov_net *, void *arg);
	void *arg;
};

/* *out is given: ov_net_free().  curl_global_init() was called before.
 * OV_BADMSG when certificate and key are unusable or do not fit. */
OV_MUST_CHECK enum ov_rc ov_net_new(struct ov_loop *,
    const struct ov_net_conf *, struct ov_net **out, struct ov_err *e);
/* Accept connections at a numeric address or a name and a port ("0": any);
 * *bound, if not NULL, is the port of the first socket. */
OV_MUST_CHECK enum ov_rc ov_net_listen(struct ov_net *, const char *host,
    const char *port, uint16_t *bound, struct ov_err *e);
/* Stop accepting, finish what is in flight for at most OV_NET_DRAIN_MS, then
 * stop the loop. */
void ov_net_drain(struct ov_net *);
/* After the loop stopped: OV_OK when it was asked to or store went away,
 * otherwise why. */
OV_MUST_CHECK enum ov_rc ov_net_result(const struct ov_net *, struct ov_err *e);
/* Close everything; the socket to store too. */
void ov_net_free(struct ov_net *);

#endif
