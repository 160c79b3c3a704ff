/* SPDX-License-Identifier: EUPL-1.2 */
/* Any bytes as a row of JSON objects: however it is cut it gives the same
 * objects; and an array that the JSON gate takes whole, and that has only
 * objects, is taken here too. */
#include <stdlib.h>
#include <string.h>

#include "protocol/json.h"
#include "protocol/jsonreeks.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static enum ov_rc
on_object(void *arg, uint64_t nr, json_t *v, struct ov_err *e)
{
	(void)nr;
	(void)e;
	ov_json_dump(arg, v);
	return OV_OK;
}

static enum ov_rc
parse(const uint8_t *p, size_t n, size_t at, struct ov_buf *out)
{
	struct ov_jsonreeks *r = ov_jsonreeks_new(on_object, out);
	enum ov_rc rc;

	if (r == NULL)
		abort();
	rc = ov_jsonreeks_push(r, p, at, NULL);
	if (rc == OV_OK && at < n)
		rc = ov_jsonreeks_push(r, p + at, n - at, NULL);
	if (rc == OV_OK)
		rc = ov_jsonreeks_end(r, NULL);
	ov_jsonreeks_free(r);
	return rc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	OV_BUF a = {0}, b = {0}, whole = {0};
	OV_JSON *doc = NULL;
	bool objects = true;
	enum ov_rc rc = parse(p, n, n, &a);

	if (parse(p, n, n > 0 ? p[0] % n : 0, &b) != rc || a.n != b.n ||
	    (a.n > 0 && memcmp(a.p, b.p, a.n) != 0))
		abort();
	if (ov_json_parse(p, n, OV_JSONREEKS_MAX, &doc, NULL) != OV_OK ||
	    !json_is_array(doc))
		return 0;
	for (size_t i = 0; i < json_array_size(doc); i++) {
		objects = objects && json_is_object(json_array_get(doc, i));
		ov_json_dump(&whole, json_array_get(doc, i));
	}
	if (objects && (rc != OV_OK || whole.n != a.n ||
	                   (a.n > 0 && memcmp(whole.p, a.p, a.n) != 0)))
		abort();
	return 0;
}
