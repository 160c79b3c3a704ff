/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/net/net.c - the life of the role: made, drained, freed. */
#include "daemon/net/net.h"

#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "daemon/net/role.h"

/* How often store hears of refused handshakes. */
#define REPORT_MS 5000

static void
on_report(struct ov_loop *loop, void *arg)
{
	struct ov_net *net = arg;

	ov_net_report(net);
	ov_loop_arm(loop, &net->report, ov_loop_now_ms(loop) + REPORT_MS);
}

enum ov_rc
ov_net_new(struct ov_loop *loop, const struct ov_net_conf *conf,
    struct ov_net **out, struct ov_err *e)
{
	struct ov_net *net;
	enum ov_rc rc;
	int fd = conf->store;

	*out = NULL;
	if ((net = calloc(1, sizeof(*net))) == NULL) {
		ov_close(&fd);
		return ov_fail(e, OV_NOSPACE, "out of memory");
	}
	net->loop = loop;
	net->up = conf->up;
	net->up_arg = conf->arg;
	net->rate = OV_PEER_RATE;
	net->burst = OV_PEER_BURST;
	rc = ov_net_link_open(net, fd, e);
	if (rc == OV_OK)
		rc = ov_net_tls_new(conf, &net->tls, e);
	if (rc == OV_OK) {
		ov_buf_add(&net->cert, conf->cert.p, conf->cert.n);
		ov_buf_add(&net->key, conf->key.p, conf->key.n);
		rc = ov_buf_ok(&net->cert, e);
	}
	if (rc == OV_OK)
		rc = ov_buf_ok(&net->key, e);
	if (rc != OV_OK) {
		ov_net_free(net);
		return rc;
	}
	net->report.fn = on_report;
	net->report.arg = net;
	ov_loop_arm(loop, &net->report, ov_loop_now_ms(loop) + REPORT_MS);
	*out = net;
	return OV_OK;
}

void
ov_net_fail(struct ov_net *net, const struct ov_err *e)
{
	if (net->failed)
		return;
	net->failed = true;
	net->why = *e;
	ov_loop_stop(net->loop);
}

enum ov_rc
ov_net_result(const struct ov_net *net, struct ov_err *e)
{
	if (!net->failed)
		return OV_OK;
	*e = net->why;
	return e->rc;
}

/* --- the end ---------------------------------------------------------------- */

void
ov_net_drained(struct ov_net *net)
{
	if (net->draining && net->conns == NULL && !ov_net_fetch_busy(net) &&
	    !ov_net_link_behind(net))
		ov_loop_stop(net->loop);
}

static void
on_drain(struct ov_loop *loop, void *arg)
{
	(void)arg;
	ov_loop_stop(loop);
}

void
ov_net_drain(struct ov_net *net)
{
	struct ov_net_conn *c, *next;

	if (net->draining)
		return;
	net->draining = true;
	ov_net_listeners_close(net);
	net->drain.fn = on_drain;
	net->drain.arg = net;
	ov_loop_arm(net->loop, &net->drain,
	    ov_loop_now_ms(net->loop) + OV_NET_DRAIN_MS);
	for (c = net->conns; c != NULL; c = next) {
		next = c->next;
		ov_net_conn_drain(c);
		ov_net_conn_settle(c);
	}
	ov_net_drained(net);
}

void
ov_net_free(struct ov_net *net)
{
	if (net == NULL)
		return;
	/* From here on nothing is told to store. */
	net->failed = true;
	ov_net_listeners_close(net);
	ov_net_fetch_free(net);
	ov_net_conns_free(net);
	ov_net_reqs_free(net);
	ov_net_peers_free(net);
	ov_loop_disarm(net->loop, &net->report);
	ov_loop_disarm(net->loop, &net->drain);
	ov_loop_disarm(net->loop, &net->rest);
	ov_net_trust_free(&net->trust);
	SSL_CTX_free(net->tls);
	ov_buf_free(&net->cert);
	ov_buf_free(&net->key);
	ov_net_link_close(net);
	free(net);
}
