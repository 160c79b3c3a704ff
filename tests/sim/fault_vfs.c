/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/sim/fault_vfs.c - disks that fail at a chosen write: a layer between
 * SQLite and the system, which remembers what was written since the last sync.
 *
 * A power failure undoes every unsynced write of a file and then does a random
 * part of them again, some of them torn at a sector: that is all a disk
 * promises.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <unistd.h>

#include "tests/sim/sim.h"

#define SECTOR 512

struct op { /* one unsynced write (n bytes at off), or truncation to off */
	struct op *older;
	bool cut;
	sqlite3_int64 off, size; /* size of the file before it */
	size_t n, nold;
	uint8_t *data; /* n new bytes, then nold old ones */
};

struct sim_file {
	struct sim_file *next;
	char *path;
	struct op *ops; /* newest first */
};

struct vfile { /* what SQLite sees; the real file lies behind it */
	sqlite3_file base;
	struct sim_disk *disk;
	struct sim_file *file;
};

static sqlite3_vfs *real;
static sqlite3_vfs shim;
static struct sim_disk *disks;

static sqlite3_file *
inner(sqlite3_file *f)
{
	return (sqlite3_file *)(void *)((struct vfile *)(void *)f + 1);
}

#define IN(f) (inner(f)->pMethods)

/* ---- disks ---- */

static void
ops_free(struct sim_file *f)
{
	struct op *o;

	while ((o = f->ops) != NULL) {
		f->ops = o->older;
		free(o->data);
		free(o);
	}
}

static int register_once(void);

void
sim_disk_add(struct sim_disk *d, const char *prefix)
{
	int n;

	SIM_CHECK(register_once() == SQLITE_OK);
	memset(d, 0, sizeof(*d));
	n = snprintf(d->prefix, sizeof(d->prefix), "%s", prefix);
	SIM_CHECK(n > 0 && (size_t)n < sizeof(d->prefix));
	d->next = disks;
	disks = d;
}

static void
files_free(struct sim_disk *d)
{
	struct sim_file *f;

	while ((f = d->files) != NULL) {
		d->files = f->next;
		ops_free(f);
		free(f->path);
		free(f);
	}
}

void
sim_disk_remove(struct sim_disk *d)
{
	struct sim_disk **at = &disks;

	while (*at != NULL && *at != d)
		at = &(*at)->next;
	if (*at == d)
		*at = d->next;
	files_free(d);
}

void
sim_disk_fault(struct sim_disk *d, enum sim_fault fault, uint64_t n)
{
	d->fault = fault;
	d->at = d->ops + n;
	d->hit = false;
	d->keep = fault == SIM_POWER;
}

/* Bring one file to what the disk may hold: undo all, redo some. */
static void
file_settle(struct sim_file *f)
{
	struct op *o, *list = NULL, *next;
	int fd = open(f->path, O_RDWR | O_CLOEXEC);
	size_t n;

	SIM_CHECK(fd >= 0 || f->ops == NULL);
	for (o = f->ops; o != NULL; o = next) { /* newest first */
		next = o->older;
		if (o->nold > 0)
			SIM_CHECK(pwrite(fd, o->data + o->n, o->nold, o->off) ==
			          (ssize_t)o->nold);
		SIM_CHECK(ftruncate(fd, o->size) == 0);
		o->older = list; /* now oldest first */
		list = o;
	}
	f->ops = NULL;
	while ((o = list) != NULL) {
		list = o->older;
		n = o->n;
		if (sim_chance(250) && n > SECTOR)
			n -= SECTOR * sim_below(n / SECTOR);
		if (o->cut ? sim_chance(500) : sim_chance(500))
			SIM_CHECK(o->cut ? ftruncate(fd, o->off) == 0
			                 : pwrite(fd, o->data, n, o->off) ==
			                       (ssize_t)n);
		free(o->data);
		free(o);
	}
	if (fd >= 0)
		SIM_CHECK(close(fd) == 0);
}

void
sim_disk_thaw(struct sim_disk *d)
{
	char shm[256];

	if (d->hit && d->fault == SIM_POWER) {
		for (struct sim_file *f = d->files; f != NULL; f = f->next) {
			file_settle(f);
			(void)snprintf(shm, sizeof(shm), "%s-shm", f->path);
			(void)unlink(shm); /* memory, not disk */
		}
	}
	files_free(d);
	d->fault = SIM_NONE;
	d->at = 0;
	d->keep = d->frozen = false;
}

static struct sim_disk *
disk_of(const char *path)
{
	struct sim_disk *d = disks;

	while (d != NULL && strncmp(path, d->prefix, strlen(d->prefix)) != 0)
		d = d->next;
	return d;
}

static struct sim_file *
file_of(struct sim_disk *d, const char *path)
{
	struct sim_file *f = d->files;

	while (f != NULL && strcmp(f->path, path) != 0)
		f = f->next;
	if (f == NULL) {
		f = calloc(1, sizeof(*f));
		SIM_CHECK(f != NULL);
		f->path = strdup(path);
		SIM_CHECK(f->path != NULL);
		f->next = d->files;
		d->files = f;
	}
	return f;
}

/* Does this operation happen?  SQLITE_OK, or the error it gets. */
static int
meet(struct sim_disk *d, int ioerr)
{
	if (d == NULL)
		return SQLITE_OK;
	if (d->frozen)
		return ioerr;
	d->ops++;
	if (d->ops != d->at || d->fault == SIM_NONE)
		return SQLITE_OK;
	d->hit = true;
	if (d->fault == SIM_FULL)
		return SQLITE_FULL;
	if (d->fault != SIM_IOERR) {
		d->frozen = true;
		d->died(d->died_ctx);
	}
	return ioerr;
}

static void
remember(sqlite3_file *f, const void *p, size_t n, sqlite3_int64 off, bool cut)
{
	struct vfile *v = (struct vfile *)(void *)f;
	struct op *o;
	sqlite3_int64 have;

	if (v->disk == NULL || !v->disk->keep)
		return;
	o = calloc(1, sizeof(*o));
	SIM_CHECK(o != NULL);
	SIM_CHECK(IN(f)->xFileSize(inner(f), &o->size) == SQLITE_OK);
	o->cut = cut;
	o->off = off;
	o->n = n;
	have = o->size > off ? o->size - off : 0;
	o->nold = cut || have < (sqlite3_int64)n ? (size_t)have : n;
	o->data = malloc(o->n + o->nold + 1);
	SIM_CHECK(o->data != NULL);
	if (n > 0)
		memcpy(o->data, p, n);
	if (o->nold > 0)
		SIM_CHECK(IN(f)->xRead(inner(f), o->data + n, (int)o->nold,
		              off) == SQLITE_OK);
	o->older = v->file->ops;
	v->file->ops = o;
}

/* ---- file methods ---- */

static int
f_close(sqlite3_file *f)
{
	return IN(f)->xClose(inner(f));
}

static int
f_read(sqlite3_file *f, void *p, int n, sqlite3_int64 off)
{
	return IN(f)->xRead(inner(f), p, n, off);
}

static int
f_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 off)
{
	int rc = meet(((struct vfile *)(void *)f)->disk, SQLITE_IOERR_WRITE);

	if (rc != SQLITE_OK)
		return rc;
	remember(f, p, (size_t)n, off, false);
	return IN(f)->xWrite(inner(f), p, n, off);
}

static int
f_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	int rc = meet(((struct vfile *)(void *)f)->disk, SQLITE_IOERR_TRUNCATE);

	if (rc != SQLITE_OK)
		return rc;
	remember(f, NULL, 0, size, true);
	return IN(f)->xTruncate(inner(f), size);
}

static int
f_sync(sqlite3_file *f, int flags)
{
	struct vfile *v = (struct vfile *)(void *)f;
	int rc = meet(v->disk, SQLITE_IOERR_FSYNC);

	if (v->disk != NULL)
		v->disk->syncs++;
	(void)flags; /* tmpfs: there is nothing to wait for */
	if (rc == SQLITE_OK && v->file != NULL)
		ops_free(v->file);
	return rc;
}

static int
f_size(sqlite3_file *f, sqlite3_int64 *n)
{
	return IN(f)->xFileSize(inner(f), n);
}

static int
f_lock(sqlite3_file *f, int k)
{
	return IN(f)->xLock(inner(f), k);
}

static int
f_unlock(sqlite3_file *f, int k)
{
	return IN(f)->xUnlock(inner(f), k);
}

static int
f_reserved(sqlite3_file *f, int *out)
{
	return IN(f)->xCheckReservedLock(inner(f), out);
}

static int
f_control(sqlite3_file *f, int op, void *arg)
{
	return IN(f)->xFileControl(inner(f), op, arg);
}

static int
f_sector(sqlite3_file *f)
{
	(void)f;
	return SECTOR;
}

/* Nothing is atomic, nothing in order, and an overwrite may hurt its
 * neighbours: SQLite must rely on its syncs alone. */
static int
f_traits(sqlite3_file *f)
{
	(void)f;
	return 0;
}

static int
f_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **p)
{
	return IN(f)->xShmMap(inner(f), page, size, extend, p);
}

static int
f_shm_lock(sqlite3_file *f, int off, int n, int flags)
{
	return IN(f)->xShmLock(inner(f), off, n, flags);
}

static void
f_shm_barrier(sqlite3_file *f)
{
	IN(f)->xShmBarrier(inner(f));
}

static int
f_shm_unmap(sqlite3_file *f, int del)
{
	return IN(f)->xShmUnmap(inner(f), del);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = f_close,
    .xRead = f_read,
    .xWrite = f_write,
    .xTruncate = f_truncate,
    .xSync = f_sync,
    .xFileSize = f_size,
    .xLock = f_lock,
    .xUnlock = f_unlock,
    .xCheckReservedLock = f_reserved,
    .xFileControl = f_control,
    .xSectorSize = f_sector,
    .xDeviceCharacteristics = f_traits,
    .xShmMap = f_shm_map,
    .xShmLock = f_shm_lock,
    .xShmBarrier = f_shm_barrier,
    .xShmUnmap = f_shm_unmap,
};

/* ---- the layer ---- */

static int
v_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *out)
{
	struct vfile *me = (struct vfile *)(void *)f;
	int rc;

	(void)v;
	me->base.pMethods = NULL;
	me->disk = name == NULL ? NULL : disk_of(name);
	me->file = me->disk == NULL ? NULL : file_of(me->disk, name);
	rc = real->xOpen(real, name, inner(f), flags, out);
	if (inner(f)->pMethods != NULL)
		me->base.pMethods = &methods;
	return rc;
}

static int
v_delete(sqlite3_vfs *v, const char *name, int sync)
{
	struct sim_disk *d = disk_of(name);

	(void)v;
	if (d != NULL && d->frozen)
		return SQLITE_IOERR_DELETE;
	if (d != NULL)
		ops_free(file_of(d, name));
	return real->xDelete(real, name, sync);
}

static int
register_once(void)
{
	if (real != NULL)
		return SQLITE_OK;
	real = sqlite3_vfs_find(NULL);
	if (real == NULL)
		return SQLITE_ERROR;
	shim = *real;
	shim.zName = "sim";
	shim.szOsFile = (int)sizeof(struct vfile) + real->szOsFile;
	shim.xOpen = v_open;
	shim.xDelete = v_delete;
	return sqlite3_vfs_register(&shim, 1);
}
