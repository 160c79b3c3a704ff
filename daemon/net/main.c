/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/net/main.c - overstapd-net: the process around the role. */
#include <curl/curl.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/notify.h"
#include "base/sandbox.h"
#include "base/watchdog.h"
#include "daemon/net/net.h"
#include "daemon/start.h"

#define PEM_MAX ((size_t)64 << 10)

/* One descriptor per connection, as many as we may. */
static void
raise_descriptors(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
}

static enum ov_rc
read_pair(const struct ov_daemon_conf *conf, struct ov_buf *cert,
    struct ov_buf *key, struct ov_err *e)
{
	OV_CLOSE int dir = -1;
	enum ov_rc rc;

	rc = ov_fs_read(AT_FDCWD, conf->tls_cert, PEM_MAX, cert, e);
	if (rc == OV_OK)
		rc = ov_daemon_credentials(conf, "net", &dir, e);
	if (rc == OV_OK)
		rc = ov_fs_private(dir, "tls.key", e);
	if (rc == OV_OK)
		rc = ov_fs_read(dir, "tls.key", PEM_MAX, key, e);
	return rc;
}

static enum ov_rc
listen_all(struct ov_net *net, const struct ov_daemon_conf *conf,
    struct ov_err *e)
{
	char host[256], port[6];
	enum ov_rc rc = OV_OK;

	for (size_t i = 0; rc == OV_OK && i < conf->listen.n; i++) {
		rc = ov_daemon_listen_split(conf->listen.v[i], host,
		    sizeof(host), port, e);
		if (rc == OV_OK)
			rc = ov_net_listen(net, host, port, NULL, e);
	}
	return rc;
}

static void
notify(const char *state)
{
	struct ov_err e = {0};

	if (ov_notify(state, &e) != OV_OK)
		ov_log(OV_LOG_WARN, "event=notify fault=\"%s\"", e.msg);
}

static void
on_stop(struct ov_loop *loop, int signo, void *arg)
{
	(void)loop;
	(void)signo;
	notify("STOPPING=1");
	ov_net_drain(arg);
}

/* What begins when store is there. */
struct start {
	struct ov_loop *loop;
	const struct ov_daemon_conf *conf;
	struct ov_watchdog watchdog;
	enum ov_rc rc;
	struct ov_err e;
};

static void
on_up(struct ov_net *net, void *arg)
{
	struct start *s = arg;

	s->rc = listen_all(net, s->conf, &s->e);
	if (s->rc == OV_OK)
		s->rc = ov_notify("READY=1", &s->e);
	if (s->rc != OV_OK) {
		ov_loop_stop(s->loop);
		return;
	}
	ov_watchdog_start(&s->watchdog, s->loop);
	ov_log(OV_LOG_INFO, "event=ready listen=%zu", s->conf->listen.n);
}

/* Until told to stop. */
static enum ov_rc
serve(struct start *s, struct ov_net *net, struct ov_err *e)
{
	enum ov_rc rc;

	if ((rc = ov_loop_signal(s->loop, SIGTERM, on_stop, net, e)) != OV_OK ||
	    (rc = ov_loop_signal(s->loop, SIGINT, on_stop, net, e)) != OV_OK)
		return rc;
	rc = ov_loop_run(s->loop, e);
	ov_watchdog_stop(&s->watchdog, s->loop);
	if (s->rc != OV_OK) {
		*e = s->e;
		return s->rc;
	}
	return rc == OV_OK ? ov_net_result(net, e) : rc;
}

static enum ov_rc
run(const struct ov_daemon_conf *conf, struct ov_err *e)
{
	OV_BUF cert = {0}, key = {0};
	struct start s = {.conf = conf};
	struct ov_net_conf nc = {.store = -1, .up = on_up, .arg = &s};
	struct ov_net *net = NULL;
	enum ov_rc rc;

	if ((rc = read_pair(conf, &cert, &key, e)) != OV_OK ||
	    (rc = ov_daemon_connect(conf, "net", &nc.store, e)) != OV_OK ||
	    (rc = ov_loop_new(&s.loop, e)) != OV_OK) {
		ov_close(&nc.store);
		return rc;
	}
	nc.cert = (struct ov_view){cert.p, cert.n};
	nc.key = (struct ov_view){key.p, key.n};
	rc = ov_net_new(s.loop, &nc, &net, e);
	ov_buf_free(&key);
	if (rc == OV_OK)
		rc = serve(&s, net, e);
	ov_net_free(net);
	ov_loop_free(s.loop);
	return rc;
}

int
main(int argc, char **argv)
{
	struct ov_daemon_conf conf;
	const char *path;
	struct ov_err e = {0};
	enum ov_rc rc;
	int code = ov_daemon_options(argc, argv, "overstapd-net",
	    "Accepts and makes the connections of an instance of Overstap.",
	    &path);

	if (code >= 0)
		return code;
	ov_log_init("net");
	raise_descriptors();
	if ((rc = ov_sandbox(&e)) == OV_OK &&
	    (rc = ov_daemon_conf_load(path, &conf, &e)) == OV_OK) {
		ov_log_level(conf.log_level);
		if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
			rc = ov_fail(&e, OV_SYS, "libcurl");
		else
			rc = run(&conf, &e);
		curl_global_cleanup();
		ov_daemon_conf_free(&conf);
	}
	if (rc == OV_OK)
		return 0;
	ov_log(OV_LOG_ERROR, "event=stop rc=%s fault=\"%s\"", ov_rc_name(rc),
	    e.msg);
	return 1;
}
