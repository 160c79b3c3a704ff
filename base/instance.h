/* SPDX-License-Identifier: EUPL-1.2 */
/* base/instance.h - overstap.conf: the one configuration file of an instance,
 * which every role reads; the doctor (overstap check) reads it by the same
 * rules.
 *
 * "key = value" lines as in base/conf.h.  A list is separated by commas or
 * blanks.  A path that does not begin with '/' is relative to the directory
 * of the configuration file; here every path is already complete.
 *
 *	oin           own OIN, 20 characters (required)
 *	regio         slug of the region (required)
 *	naam          name of the organisation (required)
 *	logdomein     domain in the names of logs and witnesses (required)
 *	rol           list of vo mbo po vso leerplicht doorstroompunt ...
 *	brin          list of 00AA or 00AA/00 (BRIN, with vestiging)
 *	gemeenten     list of CBS codes, four digits
 *	url           https://host[:port] that partners reach us by
 *	listen        list of address:port; [address]:port for IPv6
 *	state         directory of main.db and houder.db (state);
 *	              $STATE_DIRECTORY, where a supervisor set it, wins
 *	run           directory of the sockets between roles (run)
 *	credentials   directory with a folder per role (credentials)
 *	spool         directory with in/ and out/; absent: no spool
 *	tables        directory with tables that take the place of built-in ones
 *	              (matrix.json, regio.json, ...); absent: none
 *	accounts      file that says which account has which function (accounts.json
 *	              of protocol/toegang.h); absent: who may connect may do all
 *	tls-cert      certificate chain, PEM (tls.crt)
 *	houder        yes: this instance is a holder of share keys (no)
 *	plafond-dag   holder: evaluations a day, per epoch and share, that no
 *	              address book raises (50000)
 *	plafond-jaar  the same for a school year (250000)
 *	rate          requests a second of one partner (200)
 *	burst         requests of one partner at once (1000)
 *	log-level     error, warn, info or debug (info)
 *	users         list of users (names or numbers) that may use the control
 *	              socket, besides root and the owner of the process
 */
#ifndef OV_BASE_INSTANCE_H
#define OV_BASE_INSTANCE_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/version.h"

#define OV_CONF_ROLES_MAX 16
#define OV_CONF_LISTEN_MAX 16
#define OV_CONF_BRIN_MAX 256
#define OV_CONF_GEMEENTEN_MAX 64
#define OV_CONF_USERS_MAX 64

/* Strings, NULL-terminated and counted. */
struct ov_words {
	char **v;
	size_t n;
};

struct ov_daemon_conf {
	char oin[21];
	char *regio;
	char *naam;
	char *logdomein;
	struct ov_words rol;       /* slugs */
	struct ov_words brin;      /* "00AA" or "00AA/00" */
	struct ov_words gemeenten; /* four digits */
	char *url;                 /* or NULL */
	struct ov_words listen;    /* "address:port" */
	char *state;
	char *run;
	char *credentials;
	char *spool;    /* or NULL */
	char *tables;   /* or NULL */
	char *accounts; /* or NULL */
	char *tls_cert;
	bool houder;
	int64_t plafond_dag;
	int64_t plafond_jaar;
	int64_t rate;
	int64_t burst;
	enum ov_level log_level;
	struct ov_words users;
};

/* Read the file; *out is given: ov_daemon_conf_free().  OV_BADMSG names file,
 * line and key, or the key that is missing. */
OV_MUST_CHECK enum ov_rc ov_daemon_conf_load(const char *path,
    struct ov_daemon_conf *out, struct ov_err *e);
/* The same over a text in memory; base is the directory that relative paths
 * begin at. */
OV_MUST_CHECK enum ov_rc ov_daemon_conf_parse(const char *name,
    const char *base, const void *text, size_t n, struct ov_daemon_conf *out,
    struct ov_err *e);
void ov_daemon_conf_free(struct ov_daemon_conf *);

/* Open the credentials of a role ("net", "vault", "houder", "store"):
 * $CREDENTIALS_DIRECTORY where a supervisor set it, otherwise the folder of
 * that name under `credentials`.  *out is given (close it). */
OV_MUST_CHECK enum ov_rc ov_daemon_credentials(const struct ov_daemon_conf *,
    const char *role, int *out, struct ov_err *e);

/* The complete path of a socket, "<run>/<name>.sock", in out. */
OV_MUST_CHECK enum ov_rc ov_daemon_socket(const struct ov_daemon_conf *,
    const char *name, char *out, size_t cap, struct ov_err *e);

/* The name of a user of this machine; false when there is none. */
bool ov_daemon_user_name(uid_t uid, char *out, size_t cap);
/* May this user give commands, where no accounts file says so?  Root, the owner of this process, and whoever
 * stands in `users`. */
bool ov_daemon_user_ok(const struct ov_daemon_conf *, uid_t uid);

/* The host and port of one `listen` word: host without brackets. */
OV_MUST_CHECK enum ov_rc ov_daemon_listen_split(const char *word, char *host,
    size_t hostcap, char port[6], struct ov_err *e);

#endif
