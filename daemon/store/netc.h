/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/netc.h - net as store sees it (role.h has ov_fetch()). */
#ifndef OV_DAEMON_STORE_NETC_H
#define OV_DAEMON_STORE_NETC_H

#include "base/vis.h"
#include "daemon/store/role.h"

#define OV_SEEN_MAX 2048

/* The last answer (or silence) of a partner since we started. */
struct ov_peer_seen {
	struct ov_oin oin;
	int64_t at;
	uint16_t status; /* 0: no answer */
	uint32_t rtt_us, adresboek;
	int64_t skew; /* its clock minus ours, seconds */
	char fault[80];
};
/* NULL: not asked yet. */
const struct ov_peer_seen *ov_peer_seen(const struct ov_store *,
    const struct ov_oin *);

OV_MUST_CHECK enum ov_rc ov_netc_new(struct ov_store *, struct ov_err *);
void ov_netc_free(struct ov_store *);
/* An OV_N_RESULT packet. */
OV_MUST_CHECK enum ov_rc ov_netc_result(struct ov_store *, struct ov_view pkt,
    struct ov_err *);
/* Tell net the region's CAs, the book version and the limits. */
void ov_netc_trust(struct ov_store *);
/* A pin that went out of the book. */
void ov_netc_drop(struct ov_store *, const uint8_t spki[32], int64_t partner);
bool ov_netc_is_up(const struct ov_store *);

#endif
