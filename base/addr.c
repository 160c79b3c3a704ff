/* SPDX-License-Identifier: EUPL-1.2 */
/* base/addr.c - sources of connections. */
#include "base/addr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

bool
ov_addr_of(const struct sockaddr_storage *sa, uint8_t out[OV_ADDR_LEN])
{
	const struct sockaddr_in *v4;
	const struct sockaddr_in6 *v6;

	memset(out, 0, OV_ADDR_LEN);
	if (sa->ss_family == AF_INET) {
		v4 = (const struct sockaddr_in *)(const void *)sa;
		out[10] = out[11] = 0xff;
		memcpy(out + 12, &v4->sin_addr, 4);
		return true;
	}
	if (sa->ss_family == AF_INET6) {
		v6 = (const struct sockaddr_in6 *)(const void *)sa;
		memcpy(out, &v6->sin6_addr, 8);
		return true;
	}
	return false;
}

void
ov_addr_others(uint8_t out[OV_ADDR_LEN])
{
	memset(out, 0xff, OV_ADDR_LEN);
}

void
ov_addr_fmt(char out[OV_ADDR_TEXT], const uint8_t addr[OV_ADDR_LEN])
{
	static const uint8_t v4[12] = {[10] = 0xff, [11] = 0xff};
	uint8_t all[OV_ADDR_LEN];
	char text[INET6_ADDRSTRLEN] = "?";

	ov_addr_others(all);
	if (memcmp(addr, all, OV_ADDR_LEN) == 0)
		(void)snprintf(out, OV_ADDR_TEXT, "others");
	else if (memcmp(addr, v4, sizeof(v4)) == 0)
		(void)snprintf(out, OV_ADDR_TEXT, "%u.%u.%u.%u", addr[12],
		    addr[13], addr[14], addr[15]);
	else {
		(void)inet_ntop(AF_INET6, addr, text, sizeof(text));
		(void)snprintf(out, OV_ADDR_TEXT, "%.42s/64", text);
	}
}
