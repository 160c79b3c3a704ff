/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/fuzz/driver.c - replays a corpus through a fuzz harness when there is
 * no libFuzzer: every file given, every file in a directory given, and of
 * files up to 4 KiB every prefix.  An empty corpus is a failure. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"

#define FILE_MAX ((size_t)4 << 20)
#define PREFIX_MAX ((size_t)4096)

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* From a fresh allocation of exactly n bytes, so that the address sanitizer
 * sees a read behind the end. */
static void
run(const uint8_t *p, size_t n)
{
	uint8_t *copy = malloc(n != 0 ? n : 1);

	if (copy == NULL)
		abort();
	if (n > 0)
		memcpy(copy, p, n);
	(void)LLVMFuzzerTestOneInput(copy, n);
	free(copy);
}

static bool
replay_file(int dirfd, const char *name)
{
	OV_BUF b = {0};
	struct ov_err e = {0};
	size_t n;

	if (ov_fs_read(dirfd, name, FILE_MAX, &b, &e) != OV_OK) {
		(void)fprintf(stderr, "%s\n", e.msg);
		return false;
	}
	if (b.n <= PREFIX_MAX)
		for (n = 0; n < b.n; n++)
			run(b.p, n);
	run(b.p, b.n);
	return true;
}

static bool
replay_dir(const char *path, size_t *count)
{
	DIR *d = opendir(path);
	struct dirent *entry;
	bool ok = true;

	if (d == NULL) {
		perror(path);
		return false;
	}
	while (ok && (entry = readdir(d)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		ok = replay_file(dirfd(d), entry->d_name);
		(*count)++;
	}
	(void)closedir(d);
	return ok;
}

int
main(int argc, char **argv)
{
	struct stat st;
	size_t count = 0;
	int i;

	for (i = 1; i < argc; i++) {
		if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode)) {
			if (!replay_dir(argv[i], &count))
				return 1;
			continue;
		}
		if (!replay_file(AT_FDCWD, argv[i]))
			return 1;
		count++;
	}
	if (count == 0) {
		(void)fprintf(stderr, "no corpus\n");
		return 1;
	}
	(void)printf("%zu inputs replayed\n", count);
	return 0;
}
