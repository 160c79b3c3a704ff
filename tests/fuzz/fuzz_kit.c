/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/fuzz/fuzz_kit.c - what `overstap import` reads: a mapping file and a
 * file of rows, as files.  The first byte chooses the profile and the second
 * CSV or JSON; the mapping ends at the first NUL, then come the rows.  Every
 * row is good or is a fault, and no row is lost. */
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/fs.h"
#include "protocol/json.h"
#include "tools/cmd_import.h"

static char folder[] = "/tmp/fuzz-kit.XXXXXX";

static void
gone(void)
{
	static const char *const names[] = {"kaart", "rij.csv", "rij.json"};
	char path[64];

	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(folder);
}

static void
put(char path[64], const char *name, const uint8_t *p, size_t n)
{
	int fd;

	(void)snprintf(path, 64, "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	must(fd >= 0 && ov_write_all(fd, p, n, NULL) == OV_OK, "a file");
	(void)close(fd);
}

/* The mapping is refused with its line, or kept.  Loading a whole kit takes
 * longest and is done for one input in 64; both ways say the same. */
static bool
kit(struct ov_kit *k, const char *profile, struct ov_view map, const char *path)
{
	static unsigned turn;
	struct ov_err e = {0};
	struct ov_kit all;
	enum ov_rc rc = ov_mapping_load(k->profile, map, &k->mapping, &e);

	must(rc == OV_OK || strncmp(e.msg, "line ", 5) == 0, e.msg);
	if (turn++ % 64 == 0) {
		must(ov_kit_load(&all, profile, path, &e) == rc, "the kit");
		ov_kit_free(&all);
	}
	return rc == OV_OK;
}

/* Everything that is fed, as arrays of JSON; how many rows. */
static uint64_t
fed(struct ov_batch *b)
{
	OV_BUF text = {0};
	OV_JSON *some = NULL;
	uint64_t good = 0;
	size_t n;

	while (ov_batch_feed(b, &text, &n) && n > 0) {
		must(ov_json_parse(text.p, text.n, text.n, &some, NULL) ==
		             OV_OK &&
		         json_array_size(some) == n,
		    "an array of rows");
		ov_json_free(&some);
		ov_buf_reset(&text);
		good += n;
	}
	return good;
}

static void
rows(const struct ov_kit *k, const char *profile, const char *path)
{
	struct ov_batch b = {0};
	struct ov_err e = {0};
	uint64_t good, bad;

	if (ov_batch_open(&b, k, path, &e) != OV_OK)
		goto out;
	b.rollen = OV_ROL_BIT(OV_ROL_VO);
	b.wat = ov_rows_of(profile);
	if (ov_batch_scan(&b, &e) == OV_OK && !b.header_bad) {
		ov_batch_again(&b);
		good = fed(&b);
		bad = b.bad_rows;
		must(good + bad == b.rows, "each row once");
		ov_batch_forget(&b);
		if (ov_batch_straight(&b, false))
			must(fed(&b) == good && b.bad_rows == bad,
			    "in one pass too");
		else
			must(good == 0, "nothing to feed");
	}
out:
	ov_batch_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const char *const profiles[] = {"overstapdossier",
	    "uitschrijving", "overstapstatus", "leerlingen"};
	static struct ov_kit kits[4];
	static bool begun;
	const uint8_t *nul;
	char map[64], file[64];
	struct ov_kit *k;
	size_t m;

	if (!begun) {
		ov_json_init();
		must(mkdtemp(folder) != NULL && atexit(gone) == 0, "a folder");
		for (size_t i = 0; i < 4; i++)
			must(ov_kit_load(&kits[i], profiles[i], NULL, NULL) ==
			         OV_OK,
			    profiles[i]);
		begun = true;
	}
	if (n < 2 || (nul = memchr(p + 2, 0, n - 2)) == NULL)
		return 0;
	m = (size_t)(nul - p);
	put(map, "kaart", p + 2, m - 2);
	put(file, (p[1] & 1) != 0 ? "rij.json" : "rij.csv", nul + 1, n - m - 1);
	k = &kits[p[0] % 4];
	if (!kit(k, profiles[p[0] % 4], (struct ov_view){p + 2, m - 2}, map))
		return 0;
	rows(k, profiles[p[0] % 4], file);
	ov_mapping_free(k->mapping);
	k->mapping = NULL;
	return 0;
}
