/* SPDX-License-Identifier: EUPL-1.2 */
/* base/version.h - the version of all programs, and of the wire they speak. */
#ifndef OV_BASE_VERSION_H
#define OV_BASE_VERSION_H

#define OV_VERSION "1.0.0"     /* CHANGES.md, publiccode.yml */
#define OV_API_VERSION "1.0.0" /* header API-Version, docs/openapi.json */

#endif
