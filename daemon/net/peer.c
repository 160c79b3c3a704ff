/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/net/peer.c - what one key has in flight, over all its connections.
 *
 * A key that store knows is remembered when its last connection closes, so
 * that reconnecting does not fill its bucket; there are as many of those as
 * the address book has pins.  A stranger is forgotten.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/net/role.h"

static struct ov_net_peer **
bucket(struct ov_net *net, const uint8_t spki[32])
{
	/* A digest is as good as a hash. */
	return &net->peers[(spki[0] | (unsigned)spki[1] << 8) % OV_NET_BUCKETS];
}

struct ov_net_peer *
ov_net_peer_hold(struct ov_net *net, const uint8_t spki[32])
{
	struct ov_net_peer **at = bucket(net, spki), *p;

	for (p = *at; p != NULL; p = p->next)
		if (memcmp(p->spki, spki, 32) == 0)
			break;
	if (p == NULL) {
		if ((p = calloc(1, sizeof(*p))) == NULL)
			return NULL;
		memcpy(p->spki, spki, 32);
		p->milli = (uint64_t)net->burst * 1000;
		p->at_ms = ov_loop_now_ms(net->loop);
		p->next = *at;
		*at = p;
	}
	p->conns++;
	return p;
}

void
ov_net_peer_release(struct ov_net *net, struct ov_net_peer *p)
{
	struct ov_net_peer **at;

	if (p->known || p->conns > 0 || p->inflight > 0)
		return;
	for (at = bucket(net, p->spki); *at != p; at = &(*at)->next)
		;
	*at = p->next;
	free(p);
}

void
ov_net_peer_unknown(struct ov_net *net, const uint8_t spki[32])
{
	struct ov_net_peer *p;

	for (p = *bucket(net, spki); p != NULL; p = p->next)
		if (memcmp(p->spki, spki, 32) == 0) {
			p->known = false;
			ov_net_peer_release(net, p);
			return;
		}
}

bool
ov_net_peer_token(struct ov_net *net, struct ov_net_peer *p, uint32_t *retry)
{
	uint64_t now = ov_loop_now_ms(net->loop), room, gain;

	/* rate tokens a second are rate thousandths a millisecond. */
	room = (uint64_t)net->burst * 1000;
	gain = now - p->at_ms;
	gain = gain < 3600000 ? gain * net->rate : room;
	p->at_ms = now;
	p->milli = p->milli + gain < room ? p->milli + gain : room;
	if (p->milli < 1000) {
		*retry = 1;
		return false;
	}
	p->milli -= 1000;
	return true;
}

void
ov_net_peers_free(struct ov_net *net)
{
	struct ov_net_peer *p;

	for (size_t i = 0; i < OV_NET_BUCKETS; i++)
		while ((p = net->peers[i]) != NULL) {
			net->peers[i] = p->next;
			free(p);
		}
}
