/* SPDX-License-Identifier: EUPL-1.2 */
/* base/addr.h - where a connection comes from, as 16 bytes and as text.
 *
 * A source is an IPv4 address (mapped into IPv6, RFC 4291 2.5.5.2) or the
 * first 64 bits of an IPv6 address, since one customer has at least a /64.
 */
#ifndef OV_BASE_ADDR_H
#define OV_BASE_ADDR_H

#include <stdbool.h>
#include <stdint.h>

#define OV_ADDR_LEN 16
#define OV_ADDR_TEXT 46 /* the longest text with its NUL */

struct sockaddr_storage;

/* The source of a socket address; false for another family. */
bool ov_addr_of(const struct sockaddr_storage *, uint8_t out[OV_ADDR_LEN]);
/* All bits one: several sources taken together.  It is no address that a
 * connection can come from. */
void ov_addr_others(uint8_t out[OV_ADDR_LEN]);
/* "192.0.2.1", "2001:db8:0:1::/64", or "others". */
void ov_addr_fmt(char out[OV_ADDR_TEXT], const uint8_t addr[OV_ADDR_LEN]);

#endif
