/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/net/pool.h - a pool: the connections to one partner under one set of
 * pins, and the transfers on them.
 *
 * A pool is a libcurl multi handle of its own, so that a connection is never
 * shared between partners, nor used after the pins or roots it was checked
 * with have changed: such a pool is retired, finishes what it has, and goes.
 */
#ifndef OV_DAEMON_NET_POOL_H
#define OV_DAEMON_NET_POOL_H

#include <curl/curl.h>

#include "daemon/net/role.h"

#define OV_NET_PINS_TEXT (OV_PINS_MAX * 60)

/* One request of ours. */
struct ov_net_fetch {
	struct ov_net_fetch *next; /* waiting, or under way */
	struct ov_net_fetch *prev;
	struct ov_net_pool *pool;
	uint64_t ref; /* of the packet */
	CURL *easy;   /* once it is under way */
	bool post;
	uint64_t due_ms; /* loop time at which it fails */
	char *url;
	struct curl_slist *fields;
	struct ov_buf body;   /* what we send */
	struct ov_buf answer; /* what came */
	bool too_big;
	struct ov_n_result result;
};

struct ov_net_pool {
	struct ov_net_pool *next;
	struct ov_net *net;
	uint32_t partner;
	uint8_t pki;
	char pins[OV_NET_PINS_TEXT]; /* "sha256//...;sha256//..." */
	bool retired;
	CURLM *multi;
	struct ov_timer timer; /* libcurl's */
	struct ov_timer idle;
	unsigned nactive, nwaiting;
	struct ov_net_fetch *active;
	struct ov_net_fetch *waiting, *last;
};

/* The pool for these settings, made when there is none; NULL without
 * memory. */
struct ov_net_pool *ov_net_pool_get(struct ov_net *, uint32_t partner,
    uint8_t pki, const char *pins);
/* Give it a request: at once, or when one of its 64 ends.  Taken. */
void ov_net_pool_add(struct ov_net_pool *, struct ov_net_fetch *);
/* Take no new requests; free it when the last has ended. */
void ov_net_pool_retire(struct ov_net_pool *);
/* End all it has, without an answer, and free it. */
void ov_net_pool_drop(struct ov_net_pool *);

/* fetch.c: make the easy handle of a fetch; false: *why is a constant. */
bool ov_net_fetch_start(struct ov_net_fetch *, const char **why);
/* fetch.c: report how it ended (why: NULL after an answer) and free it. */
void ov_net_fetch_end(struct ov_net_fetch *, const char *why);

#endif
