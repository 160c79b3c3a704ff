/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/net/pool.c - libcurl's multi interface on our loop. */
#include "daemon/net/pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Partners that speak only HTTP/1.1 get no more connections than this: a
 * handshake costs them as much as ten messages. */
#define CONNECTIONS_MAX 8L

static void progress(struct ov_net_pool *);

/* --- libcurl's wishes --------------------------------------------------------- */

static void
act(struct ov_net_pool *p, curl_socket_t fd, int bits)
{
	int running;

	if (curl_multi_socket_action(p->multi, fd, bits, &running) != CURLM_OK)
		ov_log(OV_LOG_ERROR, "event=fetch fault=\"multi handle\"");
	progress(p);
}

static void
on_timer(struct ov_loop *loop, void *arg)
{
	(void)loop;
	act(arg, CURL_SOCKET_TIMEOUT, 0);
}

static void
on_socket(struct ov_loop *loop, int fd, unsigned int events, void *arg)
{
	int bits = 0;

	(void)loop;
	if ((events & OV_LOOP_IN) != 0)
		bits |= CURL_CSELECT_IN;
	if ((events & OV_LOOP_OUT) != 0)
		bits |= CURL_CSELECT_OUT;
	if ((events & OV_LOOP_ERR) != 0)
		bits |= CURL_CSELECT_ERR;
	act(arg, fd, bits);
}

/* Watch this descriptor (CURLMOPT_SOCKETFUNCTION). */
static int
watch(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
	struct ov_net_pool *p = arg;
	struct ov_loop *loop = p->net->loop;
	unsigned int events = 0;
	enum ov_rc rc;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		ov_loop_fd_del(loop, fd);
		return 0;
	}
	if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
		events |= OV_LOOP_IN;
	if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
		events |= OV_LOOP_OUT;
	if (known != NULL)
		return ov_loop_fd_mod(loop, fd, events, NULL) == OV_OK ? 0 : -1;
	rc = ov_loop_fd(loop, fd, events, on_socket, p, NULL);
	if (rc != OV_OK || curl_multi_assign(p->multi, fd, p) != CURLM_OK)
		return -1;
	return 0;
}

/* Call back after ms (CURLMOPT_TIMERFUNCTION). */
static int
schedule(CURLM *multi, long ms, void *arg)
{
	struct ov_net_pool *p = arg;

	(void)multi;
	if (ms < 0)
		ov_loop_disarm(p->net->loop, &p->timer);
	else
		ov_loop_arm(p->net->loop, &p->timer,
		    ov_loop_now_ms(p->net->loop) + (uint64_t)ms);
	return 0;
}

/* --- transfers ---------------------------------------------------------------- */

static void
list_active(struct ov_net_pool *p, struct ov_net_fetch *f)
{
	f->prev = NULL;
	if ((f->next = p->active) != NULL)
		f->next->prev = f;
	p->active = f;
	p->nactive++;
}

static void
unlist_active(struct ov_net_pool *p, struct ov_net_fetch *f)
{
	if (f->prev != NULL)
		f->prev->next = f->next;
	else
		p->active = f->next;
	if (f->next != NULL)
		f->next->prev = f->prev;
	p->nactive--;
}

static void
rest(struct ov_net_pool *p)
{
	ov_loop_arm(p->net->loop, &p->idle,
	    ov_loop_now_ms(p->net->loop) + OV_NET_POOL_IDLE_MS);
}

/* Put it under way, or end it. */
static void
start(struct ov_net_pool *p, struct ov_net_fetch *f)
{
	const char *why = "out of memory";

	ov_loop_disarm(p->net->loop, &p->idle);
	if (!ov_net_fetch_start(f, &why)) {
		ov_net_fetch_end(f, why);
		return;
	}
	if (curl_multi_add_handle(p->multi, f->easy) != CURLM_OK) {
		ov_net_fetch_end(f, why);
		return;
	}
	list_active(p, f);
}

static struct ov_net_fetch *
take_waiting(struct ov_net_pool *p)
{
	struct ov_net_fetch *f = p->waiting;

	if (f != NULL) {
		if ((p->waiting = f->next) == NULL)
			p->last = NULL;
		p->nwaiting--;
	}
	return f;
}

void
ov_net_pool_add(struct ov_net_pool *p, struct ov_net_fetch *f)
{
	f->pool = p;
	if (p->nactive < OV_NET_FETCHES) {
		start(p, f);
		if (p->nactive == 0)
			rest(p);
	} else if (p->nwaiting >= OV_NET_FETCH_QUEUE) {
		ov_net_fetch_end(f, "too many requests to this partner");
	} else {
		f->next = NULL;
		if (p->last != NULL)
			p->last->next = f;
		else
			p->waiting = f;
		p->last = f;
		p->nwaiting++;
	}
}

static void
ended(struct ov_net_pool *p, struct ov_net_fetch *f, CURLcode code)
{
	const char *why = code != CURLE_OK ? curl_easy_strerror(code) : NULL;

	if (f->too_big)
		why = "answer too large";
	(void)curl_multi_remove_handle(p->multi, f->easy);
	unlist_active(p, f);
	ov_net_fetch_end(f, why);
}

static void
pool_free(struct ov_net_pool *p)
{
	struct ov_net *net = p->net;
	struct ov_net_pool **at;

	for (at = &net->pools; *at != p; at = &(*at)->next)
		;
	*at = p->next;
	/* It calls watch() for the connections it closes. */
	(void)curl_multi_cleanup(p->multi);
	ov_loop_disarm(net->loop, &p->timer);
	ov_loop_disarm(net->loop, &p->idle);
	free(p);
	ov_net_drained(net);
}

/* Report what ended, start what waits; may free the pool. */
static void
progress(struct ov_net_pool *p)
{
	struct ov_net_fetch *f;
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(p->multi, &left)) != NULL) {
		char *arg = NULL;
		CURLcode code = m->data.result;

		if (m->msg != CURLMSG_DONE ||
		    curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &arg) !=
		        CURLE_OK)
			continue;
		f = (struct ov_net_fetch *)(void *)arg;
		ended(p, f, code);
	}
	while (p->nactive < OV_NET_FETCHES && (f = take_waiting(p)) != NULL)
		start(p, f);
	if (p->nactive > 0)
		return;
	if (p->retired || p->net->draining)
		pool_free(p);
	else
		rest(p);
}

/* --- pools -------------------------------------------------------------------- */

static void
on_idle(struct ov_loop *loop, void *arg)
{
	struct ov_net_pool *p = arg;

	(void)loop;
	if (p->nactive == 0)
		pool_free(p);
}

static bool
configure(struct ov_net_pool *p)
{
	CURLM *m = p->multi;

	return curl_multi_setopt(m, CURLMOPT_SOCKETFUNCTION, watch) ==
	           CURLM_OK &&
	       curl_multi_setopt(m, CURLMOPT_SOCKETDATA, p) == CURLM_OK &&
	       curl_multi_setopt(m, CURLMOPT_TIMERFUNCTION, schedule) ==
	           CURLM_OK &&
	       curl_multi_setopt(m, CURLMOPT_TIMERDATA, p) == CURLM_OK &&
	       curl_multi_setopt(m, CURLMOPT_PIPELINING,
	           (long)CURLPIPE_MULTIPLEX) == CURLM_OK &&
	       curl_multi_setopt(m, CURLMOPT_MAX_CONCURRENT_STREAMS,
	           (long)OV_STREAMS_MAX) == CURLM_OK &&
	       curl_multi_setopt(m, CURLMOPT_MAX_HOST_CONNECTIONS,
	           CONNECTIONS_MAX) == CURLM_OK;
}

struct ov_net_pool *
ov_net_pool_get(struct ov_net *net, uint32_t partner, uint8_t pki,
    const char *pins)
{
	struct ov_net_pool *p, *next;

	for (p = net->pools; p != NULL; p = next) {
		next = p->next;
		if (p->partner != partner || p->retired)
			continue;
		if (p->pki == pki && strcmp(p->pins, pins) == 0)
			return p;
		ov_net_pool_retire(p);
	}
	if (strlen(pins) >= sizeof(p->pins) ||
	    (p = calloc(1, sizeof(*p))) == NULL)
		return NULL;
	p->net = net;
	p->partner = partner;
	p->pki = pki;
	memcpy(p->pins, pins, strlen(pins) + 1);
	p->timer.fn = on_timer;
	p->idle.fn = on_idle;
	p->timer.arg = p->idle.arg = p;
	if ((p->multi = curl_multi_init()) == NULL || !configure(p)) {
		(void)curl_multi_cleanup(p->multi);
		free(p);
		return NULL;
	}
	p->next = net->pools;
	net->pools = p;
	return p;
}

void
ov_net_pool_retire(struct ov_net_pool *p)
{
	p->retired = true;
	if (p->nactive == 0 && p->nwaiting == 0)
		pool_free(p);
}

void
ov_net_pool_drop(struct ov_net_pool *p)
{
	struct ov_net_fetch *f;

	p->retired = true;
	while ((f = p->active) != NULL) {
		(void)curl_multi_remove_handle(p->multi, f->easy);
		unlist_active(p, f);
		ov_net_fetch_end(f, "connection dropped");
	}
	while ((f = take_waiting(p)) != NULL)
		ov_net_fetch_end(f, "connection dropped");
	pool_free(p);
}
