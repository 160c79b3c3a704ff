/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/houder/seeds.c - share seeds from the credentials directory. */
#include "daemon/houder/houder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"

/* A decimal number without leading zeros, at most max; *p moves behind it. */
static bool
number(const char **p, uint64_t max, uint64_t *out)
{
	const char *s = *p;

	*out = 0;
	if (*s < '1' || *s > '9')
		return false;
	for (; *s >= '0' && *s <= '9'; s++) {
		*out = *out * 10 + (uint64_t)(*s - '0');
		if (*out > max)
			return false;
	}
	*p = s;
	return true;
}

/* What systemd puts before the name of each file of a folder of credentials:
 * LoadCredentialEncrypted=houder:FOLDER in overstapd-houder@.service. */
static const char *
bare(const char *name)
{
	static const char folder[] = "houder_";
	size_t n = sizeof(folder) - 1;

	return strncmp(name, folder, n) == 0 ? name + n : name;
}

/* "oprf.<epoch>.<share>", or not a seed at all. */
static bool
seed_name(const char *name, uint32_t *ep, uint8_t *share)
{
	uint64_t a, b;

	if (strncmp(name, "oprf.", 5) != 0)
		return false;
	name += 5;
	if (!number(&name, UINT32_MAX, &a) || *name++ != '.' ||
	    !number(&name, UINT8_MAX, &b) || *name != '\0')
		return false;
	*ep = (uint32_t)a;
	*share = (uint8_t)b;
	return true;
}

static enum ov_rc
load_seed(int dirfd, const char *name, struct ov_houder_keys *keys,
    struct ov_err *e)
{
	OV_SECRET32 seed = {{0}};
	OV_BUF b = {0};
	uint32_t ep;
	uint8_t share;
	enum ov_rc rc;

	if (!seed_name(bare(name), &ep, &share))
		return ov_fail(e, OV_BADMSG,
		    "seed: a name that is not oprf.<epoch>.<share>");
	if ((rc = ov_fs_private(dirfd, name, e)) != OV_OK)
		return ov_while(e, rc, "seed");
	rc = ov_fs_read(dirfd, name, sizeof(seed.b), &b, e);
	if (rc == OV_TOOBIG || (rc == OV_OK && b.n != sizeof(seed.b)))
		return ov_fail(e, OV_BADMSG, "seed %s: not 32 bytes", name);
	if (rc != OV_OK)
		return ov_while(e, rc, "seed");
	memcpy(seed.b, b.p, sizeof(seed.b));
	return ov_houder_keys_seed(keys, ep, share, &seed, e);
}

enum ov_rc
ov_houder_seeds(int dirfd, struct ov_houder_keys *keys, size_t *n,
    struct ov_err *e)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct dirent *d;
	enum ov_rc rc = OV_OK;
	DIR *dir;

	*n = 0;
	if (fd < 0)
		return ov_fail_sys(e, "open the folder of seeds");
	if ((dir = fdopendir(fd)) == NULL) {
		rc = ov_fail_sys(e, "read the folder of seeds");
		(void)close(fd);
		return rc;
	}
	for (errno = 0; rc == OV_OK && (d = readdir(dir)) != NULL; errno = 0) {
		/* Other credentials may lie beside the seeds. */
		if (strncmp(bare(d->d_name), "oprf.", 5) != 0)
			continue;
		if ((rc = load_seed(dirfd, d->d_name, keys, e)) == OV_OK)
			(*n)++;
	}
	if (rc == OV_OK && errno != 0)
		rc = ov_fail_sys(e, "read the folder of seeds");
	(void)closedir(dir);
	return rc;
}
