/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/cmd_init.h - a new organisation on this machine: folders, keys,
 * configuration, enrolment card, certificate request.
 *
 *	overstap.conf
 *	credentials/vault/{identity,log,witness,kek-root}   32 bytes, 0400
 *	credentials/net/tls.key                             PEM
 *	credentials/houder/                                 with --houder
 *	kaart.txt   the card, signed by the identity key
 *	tls.csr     what the region's CA makes tls.crt from
 */
#ifndef OV_TOOLS_CMD_INIT_H
#define OV_TOOLS_CMD_INIT_H

#include "protocol/adresboek.h"

struct ov_init {
	const char *dir;
	const char *naam, *oin, *regio, *logdomein, *url;
	const char *listen; /* NULL: every address, port of the url */
	const char *const *rol;
	size_t nrol;
	const char *const *brin; /* "00AA", "00AA/01", "00AA01" */
	size_t nbrin;
	const char *const *gemeente; /* four digits */
	size_t ngemeente;
	bool houder;
	/* A name under /etc/overstap, run by systemd: roles of other users
	 * read overstap.conf and tls.crt, databases are in /var/lib/overstap
	 * and sockets in /run/overstap. */
	const char *name; /* NULL: everything in dir, for one user */
};

/* OV_DENIED when there is a configuration already; no key is ever replaced.
 * One that was cut short is finished with the keys that it made.  vinger is
 * the card's fingerprint. */
OV_MUST_CHECK enum ov_rc ov_init_instance(const struct ov_init *,
    char vinger[OV_VINGER_TEXT], struct ov_err *e);

/* Make the seed of a share: credentials/houder/oprf.<ep>.<share>. */
OV_MUST_CHECK enum ov_rc ov_init_share(const char *credentials, uint32_t ep,
    uint32_t share, struct ov_err *e);

#endif
