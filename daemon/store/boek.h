/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/boek.h - see role.h, "boek.c": the state of fetching. */
#ifndef OV_DAEMON_STORE_BOEK_H
#define OV_DAEMON_STORE_BOEK_H

#include "daemon/store/role.h"

struct ov_boek_state;

#endif
