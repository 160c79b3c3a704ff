/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/fuzz/fuzz_daemonconf.c - overstap.conf: what loads can be used, every
 * path is complete and every listen word has host and port.
 */
#include "tests/fuzz/fuzz.h"

#include "base/instance.h"

static void
use(const struct ov_daemon_conf *c)
{
	char host[64], port[6];

	must(strlen(c->oin) == 20 && c->naam != NULL && c->regio != NULL &&
	         c->logdomein != NULL,
	    "what is required");
	must(c->state[0] == '/' && c->run[0] == '/' &&
	         c->credentials[0] == '/' && c->tls_cert[0] == '/' &&
	         (c->spool == NULL || c->spool[0] == '/'),
	    "whole paths");
	must(c->rate > 0 && c->burst > 0, "a rate");
	for (size_t i = 0; i < c->listen.n; i++)
		must(ov_daemon_listen_split(c->listen.v[i], host, sizeof(host),
		         port, NULL) == OV_OK,
		    "host and port");
	for (size_t i = 0; i < c->brin.n; i++)
		must(strlen(c->brin.v[i]) == 4 || strlen(c->brin.v[i]) == 7,
		    "BRIN");
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct ov_daemon_conf c;
	struct ov_err e = {0};

	if (ov_daemon_conf_parse("fuzz", "/base", p, n, &c, &e) == OV_OK)
		use(&c);
	else
		must(e.msg[0] != '\0' && c.naam == NULL && c.listen.v == NULL,
		    "a reason, and nothing to free");
	ov_daemon_conf_free(&c);
	return 0;
}
