/* SPDX-License-Identifier: EUPL-1.2 */
/* base/vis.h - makes foreign bytes safe to stand as a value in a log line. */
#ifndef OV_BASE_VIS_H
#define OV_BASE_VIS_H

#include <stddef.h>

/* Bytes that hold any n foreign bytes, escaped, and the NUL. */
#define OV_VIS_SIZE(n) ((size_t)4 * (n) + 1)

/* Write p[0..n) into out as printable ASCII without space, quote, '=' and
 * backslash: those and everything else become \xNN.  What does not fit is cut
 * at a whole escape and marked with a final "...".  Returns out; cap is at
 * least 4.  An empty value becomes "-". */
const char *ov_vis(char *out, size_t cap, const void *p, size_t n);

#endif
