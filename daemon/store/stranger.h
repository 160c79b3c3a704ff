/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/stranger.h - whom we did not let in: counted by where he came
 * from and why (docs/protocol.md 1: 403 partij-onbekend, or the end of the
 * handshake).
 *
 * store keeps the table: net knows the source but not the reason, and a role
 * that talks to strangers should remember as little as it can.  It lives in
 * memory, since start: a write per stranger would let strangers fill a disk.
 * It is bounded (OV_STRANGERS_MAX); the row that was quiet longest makes room,
 * and the totals of `count` stay right.
 */
#ifndef OV_DAEMON_STORE_STRANGER_H
#define OV_DAEMON_STORE_STRANGER_H

#include "base/addr.h"
#include "daemon/store/role.h"

enum ov_vreemd {
	OV_VREEMD_GEEN,        /* no stranger */
	OV_VREEMD_HANDDRUK,    /* no or an unfit certificate, no handshake */
	OV_VREEMD_GEEN_LID,    /* the key is of no member (any more) */
	OV_VREEMD_INGETROKKEN, /* its member is suspended or has left */
	OV_VREEMD_VERLOPEN,    /* expired, or not valid yet */
	OV_VREEMD_NAAM,        /* issued to another OIN than the key's member */
	OV_VREEMD_KETEN,       /* not issued by the region's CA */
	OV_VREEMD_N
};

struct ov_stranger {
	uint8_t source[OV_ADDR_LEN];
	enum ov_vreemd why;
	uint64_t n;
	uint64_t turn; /* of its newest, counted over all rows */
	int64_t first, last;
	struct ov_oin oin; /* the member of the key, or empty */
};

/* The word of `partners strangers`. */
const char *ov_vreemd_name(enum ov_vreemd);
/* n times more from this source.  lid: the member of the key, or NULL. */
void ov_stranger_count(struct ov_store *, const uint8_t source[OV_ADDR_LEN],
    enum ov_vreemd, const struct ov_lid *lid, uint64_t n);
/* All rows, newest first, at most max; how many. */
size_t ov_stranger_rows(const struct ov_store *, struct ov_stranger *out,
    size_t max);

OV_MUST_CHECK enum ov_rc ov_stranger_new(struct ov_store *, struct ov_err *);
void ov_stranger_free(struct ov_store *);

#endif
