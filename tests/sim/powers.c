/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/sim/powers.c - the real vault and the real houder of a node, called
 * directly, with keys that are easy to name.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "crypto/houder.h"
#include "crypto/vault.h"
#include "daemon/houder/houder.h"

/* sim.h and crypto/oprf.h each bring their own name for the size of a batch. */
#include "tests/sim/sim.h"

struct sim_powers {
	struct ov_vault *vault;
	struct ov_houder_keys *keys;
	struct ov_houder *houder;
	struct ov_debits *debits;
};

static void
vault_new(struct sim_powers *p, const struct sim_powers_conf *conf)
{
	struct ov_vault_conf c = {conf->oin, SIM_REGIO, SIM_LOGDOMEIN};
	struct ov_vault_keys k;

	memset(k.identity.b, conf->identity, 32);
	memset(k.log.b, conf->other, 32);
	memset(k.witness.b, 0x10 + conf->other, 32);
	memset(k.kek_root.b, 0x20 + conf->other, 32);
	SIM_OK(ov_vault_load_keys(&k, &c, &p->vault, e));
}

static void
houder_new(struct sim_powers *p, const struct sim_powers_conf *conf)
{
	struct ov_houder_conf c = {1000000, 10000000, 1000, 1000};
	struct ov_secret32 seed;
	char dir[160];

	(void)snprintf(dir, sizeof(dir), "%s/houder", conf->dir);
	(void)mkdir(dir, 0700);
	memset(seed.b, 0x30 + conf->other, 32);
	SIM_OK(ov_debits_open(dir, &p->debits, e));
	SIM_OK(ov_houder_keys_new(SIM_REGIO, &p->keys, e));
	SIM_OK(ov_houder_keys_seed(p->keys, 1, conf->share, &seed, e));
	SIM_OK(ov_houder_new(&c, p->keys, p->debits, &p->houder, e));
}

struct sim_powers *
sim_powers_new(const struct sim_powers_conf *conf)
{
	struct sim_powers *p = calloc(1, sizeof(*p));

	SIM_CHECK(p != NULL);
	vault_new(p, conf);
	if (conf->share != 0)
		houder_new(p, conf);
	return p;
}

void
sim_powers_free(struct sim_powers *p)
{
	if (p == NULL)
		return;
	ov_vault_free(p->vault);
	ov_houder_free(p->houder);
	ov_houder_keys_free(p->keys);
	ov_debits_close(p->debits);
	free(p);
}

enum ov_rc
sim_powers_vault(struct sim_powers *p, struct ov_view req, struct ov_buf *reply,
    struct ov_err *e)
{
	return ov_vault_call(p->vault, req, reply, e);
}

enum ov_rc
sim_powers_houder(struct sim_powers *p, struct ov_view req,
    struct ov_buf *reply, struct ov_err *e)
{
	struct ov_now now = {sim_wall(), sim_ms()};

	return ov_houder_call(p->houder, req, now, reply, e);
}
