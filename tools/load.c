/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/load.c - the load generator: valid sealed messages of one member, made
 * beforehand, fired at one receiver; what came back as one line of JSON.
 *
 * Closed loop (the default): K messages are in flight all the time.  Open
 * loop (--rate): a message is due every 1/rate seconds whatever the receiver
 * does, and its time runs from that moment.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "protocol/json.h"
#include "tools/load.h"

#define COUNT_MAX 1000000
#define CODE_MAX 48

struct load {
	struct load_ask ask;
	struct load_plan plan;
	uint64_t wait_ms;
	uint64_t every; /* keep and verify every n-th receipt */
	struct load_world w;
	struct load_conn *conn;
	uint64_t began;     /* ns: the program */
	uint64_t connected; /* ns */
	uint64_t fire;      /* ns */
};

static int
usage(FILE *f)
{
	(void)fputs(
	    "usage: overstap-load -i DIR --book FILE --to MEMBER"
	    " --content FILE\n"
	    "                     [--type SRT] [--count N] [--in-flight K]\n"
	    "                     [--rate R] [--verify N] [--wait MS]\n"
	    "\n"
	    "  -i DIR        instance of the sending member (overstap init);\n"
	    "                its daemons must not run\n"
	    "  --book FILE   the region's address book (note)\n"
	    "  --to MEMBER   OIN, BRIN or name of the receiver\n"
	    "  --content F   JSON of the member `inhoud`\n"
	    "  --type SRT    message type (overstapdossier)\n"
	    "  --count N     messages (1000)\n"
	    "  --in-flight K at most at the same time (64)\n"
	    "  --rate R      messages a second, open loop (as fast as it "
	    "goes)\n"
	    "  --verify N    verify every N-th receipt in full (16; 0: none)\n"
	    "  --wait MS     keep trying to connect (0)\n"
	    "\n"
	    "Prints one JSON object.  Exit code 0: every message was accepted\n"
	    "and every receipt that was verified is good; 1 otherwise.\n",
	    f);
	return f == stderr ? 2 : 0;
}

/* ---- the run ---- */

/* The receiver's key bundle, over a new connection. */
static enum ov_rc
greet(struct load *l, struct ov_err *e)
{
	OV_BUF bundle = {0};
	enum ov_rc rc;

	load_conn_free(l->conn);
	l->conn = NULL;
	if ((rc = load_conn_open(&l->w, l->wait_ms, &l->conn, e)) != OV_OK ||
	    (rc = load_conn_get(l->conn, "/v1/sleutels", &bundle, e)) != OV_OK)
		return rc;
	return load_bundle(&l->w, (struct ov_view){bundle.p, bundle.n}, e);
}

static enum ov_rc
prepare(struct load *l, struct ov_err *e)
{
	static const struct timespec pause = {.tv_nsec = 2000000};
	OV_BUF top = {0};
	enum ov_rc rc;

	if ((rc = load_world_open(&l->w, &l->ask, e)) != OV_OK)
		return rc;
	/* A receiver that is starting may hang up, or not know us yet. */
	while (((rc = greet(l, e)) == OV_AGAIN || rc == OV_DENIED) &&
	       load_now_ns() - l->began < l->wait_ms * 1000000)
		(void)nanosleep(&pause, NULL);
	l->connected = load_now_ns();
	if (rc != OV_OK ||
	    (rc = load_conn_get(l->conn, "/v1/afstemming?van=1&tot=1", &top,
	         e)) != OV_OK ||
	    (rc = load_highest(&l->w, (struct ov_view){top.p, top.n}, e)) !=
	        OV_OK)
		return rc;
	for (size_t i = 0; i < l->plan.n; i++) {
		if ((rc = load_make(&l->w, &l->plan.m[i], e)) != OV_OK)
			return rc;
		l->plan.m[i].keep = l->every > 0 && i % l->every == 0;
	}
	return OV_OK;
}

/* Making many messages takes longer than an idle connection may last. */
static enum ov_rc
fire(struct load *l, struct ov_err *e)
{
	enum ov_rc rc;

	load_conn_free(l->conn);
	l->conn = NULL;
	if ((rc = load_conn_open(&l->w, l->wait_ms, &l->conn, e)) != OV_OK)
		return rc;
	l->fire = load_now_ns();
	return load_conn_fire(l->conn, &l->plan, e);
}

/* ---- what came of it ---- */

static int
by_time(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static double
percentile(const uint64_t *t, size_t n, double p)
{
	size_t i = (size_t)(p * (double)n);

	if (n == 0)
		return 0;
	return (double)t[i < n ? i : n - 1] / 1e6;
}

/* Count a refusal under its problem code, or its bare status. */
static void
count_refusal(json_t *codes, const struct load_msg *m)
{
	static const char urn[] = "urn:overstap:fout:";
	char code[CODE_MAX];
	OV_JSON *doc = NULL;
	const char *type = NULL;
	json_t *have;

	if (m->answer.n > 0 && ov_json_parse(m->answer.p, m->answer.n,
	                           OV_ANSWER_MAX, &doc, NULL) == OV_OK)
		type = json_string_value(json_object_get(doc, "type"));
	if (type != NULL && strncmp(type, urn, sizeof(urn) - 1) == 0)
		(void)snprintf(code, sizeof(code), "%s",
		    type + sizeof(urn) - 1);
	else
		(void)snprintf(code, sizeof(code), "%d", m->status);
	have = json_object_get(codes, code);
	(void)json_object_set_new(codes, code,
	    json_integer(json_integer_value(have) + 1));
}

struct tally {
	size_t accepted, repeated, lost, good, bad;
	uint64_t last;  /* ns: the last answer */
	uint64_t first; /* ns: the first acceptance; 0: none */
	uint64_t *times;
	size_t bytes, got;
	json_t *refused;
	char doubt[OV_ERR_TEXT]; /* why the first bad receipt is bad */
};

static void
tally_one(const struct load *l, const struct load_msg *m, struct tally *t)
{
	struct ov_err e = {0};

	if (m->status == 0) {
		t->lost++;
		return;
	}
	if (m->done > t->last)
		t->last = m->done;
	if (m->status != 201 && m->status != 200) {
		count_refusal(t->refused, m);
		return;
	}
	if (t->first == 0 || m->done < t->first)
		t->first = m->done;
	t->times[t->accepted + t->repeated] = m->done - m->due;
	t->bytes += m->n;
	t->got += m->got;
	if (m->status == 201)
		t->accepted++;
	else
		t->repeated++;
	if (!m->keep)
		return;
	if (load_receipt_ok(&l->w, m, &e)) {
		t->good++;
	} else if (t->bad++ == 0) {
		(void)snprintf(t->doubt, sizeof(t->doubt), "%s", e.msg);
	}
}

/* Numbers of a run; *ok says whether it went as it must. */
static json_t *
result(const struct load *l, struct tally *t, bool *ok)
{
	size_t n = t->accepted + t->repeated;
	double s = t->last > l->fire ? (double)(t->last - l->fire) / 1e9 : 0;
	json_t *o;

	qsort(t->times, n, sizeof(*t->times), by_time);
	*ok = t->accepted == l->plan.n && t->bad == 0;
	o = json_pack("{s:s,s:I,s:I,s:I,s:I,s:O,s:I,s:f,s:f,s:f,s:f,s:f,s:f}",
	    "loop", l->plan.rate > 0 ? "open" : "closed", "in_flight",
	    (json_int_t)l->plan.in_flight, "sent", (json_int_t)l->plan.n,
	    "accepted", (json_int_t)t->accepted, "repeated",
	    (json_int_t)t->repeated, "refused", t->refused, "lost",
	    (json_int_t)t->lost, "seconds", s, "per_second",
	    s > 0 ? (double)t->accepted / s : 0.0, "p50_ms",
	    percentile(t->times, n, 0.50), "p90_ms",
	    percentile(t->times, n, 0.90), "p99_ms",
	    percentile(t->times, n, 0.99), "max_ms",
	    percentile(t->times, n, 1.0));
	if (o == NULL)
		return NULL;
	(void)json_object_set_new(o, "wire_bytes",
	    json_integer(n > 0 ? (json_int_t)(t->bytes / n) : 0));
	(void)json_object_set_new(o, "answer_bytes",
	    json_integer(n > 0 ? (json_int_t)(t->got / n) : 0));
	(void)json_object_set_new(o, "content_bytes",
	    json_integer((json_int_t)l->w.content.n));
	(void)json_object_set_new(o, "receipts_good",
	    json_integer((json_int_t)t->good));
	(void)json_object_set_new(o, "receipts_bad",
	    json_integer((json_int_t)t->bad));
	if (t->doubt[0] != '\0')
		(void)json_object_set_new(o, "receipt_fault",
		    json_string(t->doubt));
	(void)json_object_set_new(o, "connected_ms",
	    json_real((double)(l->connected - l->began) / 1e6));
	if (t->first != 0)
		(void)json_object_set_new(o, "first_accepted_ms",
		    json_real((double)(t->first - l->began) / 1e6));
	return o;
}

static bool
report(const struct load *l, enum ov_rc rc, const struct ov_err *e)
{
	struct tally t = {.refused = json_object()};
	bool ok = false;
	OV_JSON *o = NULL;

	t.times = calloc(l->plan.n, sizeof(*t.times));
	if (t.times == NULL || t.refused == NULL) {
		(void)fputs("overstap-load: out of memory\n", stderr);
		free(t.times);
		json_decref(t.refused);
		return false;
	}
	for (size_t i = 0; i < l->plan.n; i++)
		tally_one(l, &l->plan.m[i], &t);
	o = result(l, &t, &ok);
	if (o != NULL && rc != OV_OK)
		(void)json_object_set_new(o, "fault", json_string(e->msg));
	if (o == NULL || json_dumpf(o, stdout, JSON_COMPACT) != 0 ||
	    putchar('\n') == EOF || fflush(stdout) != 0)
		ok = false;
	free(t.times);
	json_decref(t.refused);
	return ok && rc == OV_OK;
}

/* ---- options ---- */

static bool
number(const char *s, uint64_t max, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(s, &end, 10);
	return s[0] >= '0' && s[0] <= '9' && *end == '\0' && errno == 0 &&
	       *out <= max;
}

static bool
option(struct load *l, int c, const char *arg)
{
	uint64_t n = 0;
	bool ok = true;

	switch (c) {
	case 'i':
		l->ask.dir = arg;
		break;
	case 'b':
		l->ask.book = arg;
		break;
	case 't':
		l->ask.to = arg;
		break;
	case 'c':
		l->ask.content = arg;
		break;
	case 's':
		l->ask.srt = arg;
		break;
	case 'n':
		ok = number(arg, COUNT_MAX, &n) && n > 0;
		l->plan.n = (size_t)n;
		break;
	case 'k':
		ok = number(arg, 1000, &n) && n > 0;
		l->plan.in_flight = (size_t)n;
		break;
	case 'r':
		ok = number(arg, 1000000, &n) && n > 0;
		l->plan.rate = (double)n;
		break;
	case 'v':
		ok = number(arg, COUNT_MAX, &l->every);
		break;
	case 'w':
		ok = number(arg, 600000, &l->wait_ms);
		break;
	default:
		ok = false;
	}
	return ok;
}

int
main(int argc, char **argv)
{
	static const struct option opts[] = {{"instance", required_argument,
	                                         NULL, 'i'},
	    {"book", required_argument, NULL, 'b'},
	    {"to", required_argument, NULL, 't'},
	    {"content", required_argument, NULL, 'c'},
	    {"type", required_argument, NULL, 's'},
	    {"count", required_argument, NULL, 'n'},
	    {"in-flight", required_argument, NULL, 'k'},
	    {"rate", required_argument, NULL, 'r'},
	    {"verify", required_argument, NULL, 'v'},
	    {"wait", required_argument, NULL, 'w'},
	    {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	struct load l = {.ask = {.srt = "overstapdossier"},
	    .plan = {.n = 1000, .in_flight = 64},
	    .every = 16,
	    .began = load_now_ns()};
	struct ov_err e = {0};
	enum ov_rc rc;
	bool ok = false;
	int c;

	(void)signal(SIGPIPE, SIG_IGN);
	ov_json_init();
	while ((c = getopt_long(argc, argv, "i:h", opts, NULL)) != -1) {
		if (c == 'h')
			return usage(stdout);
		if (!option(&l, c, optarg))
			return usage(stderr);
	}
	if (argc != optind || l.ask.dir == NULL || l.ask.book == NULL ||
	    l.ask.to == NULL || l.ask.content == NULL)
		return usage(stderr);
	l.plan.m = calloc(l.plan.n, sizeof(*l.plan.m));
	if (l.plan.m == NULL)
		rc = ov_fail(&e, OV_NOSPACE, "out of memory");
	else if ((rc = prepare(&l, &e)) == OV_OK)
		rc = fire(&l, &e);
	if (l.fire != 0)
		ok = report(&l, rc, &e);
	if (rc != OV_OK)
		(void)fprintf(stderr, "overstap-load: %s\n", e.msg);
	for (size_t i = 0; l.plan.m != NULL && i < l.plan.n; i++)
		load_msg_free(&l.plan.m[i]);
	free(l.plan.m);
	load_conn_free(l.conn);
	load_world_free(&l.w);
	return ok ? 0 : 1;
}
