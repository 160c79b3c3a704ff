/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/net/role.h - the state of the role and how its files share it.
 *
 *	listener.c  accepts, counts by source address
 *	tls.c       settings of both TLS sides
 *	trust.c     the region's roots; what a certificate says (N1, N6)
 *	conn.c      one TLS connection: deadlines, bytes in and out
 *	h1.c h2.c   its HTTP: bytes to requests, answers to bytes
 *	request.c   one request from its head to its answer (N2, N3)
 *	answer.c    the fields of an answer; problem documents of our own
 *	peer.c      what one key has in flight: rate, concurrency, bytes
 *	fetch.c     requests of our own (N4, N5)
 *	pool.c      the connections for them: libcurl on the loop
 *	link.c      packets to and from store
 *
 * A connection is never freed under the feet of the code that works on it:
 * ov_net_conn_kill() marks it, and whoever entered from the loop ends with
 * ov_net_conn_settle(), which frees what was marked.
 */
#ifndef OV_DAEMON_NET_ROLE_H
#define OV_DAEMON_NET_ROLE_H

#include <openssl/ssl.h>
#include <sys/socket.h>

#include "base/addr.h"
#include "base/ipc.h"
#include "base/log.h"
#include "base/loop.h"
#include "daemon/net/net.h"
#include "protocol/fout.h"
#include "protocol/http1.h"
#include "protocol/limits.h"
#include "protocol/packet.h"
#include "protocol/route.h"

/* Descriptors: a region of 1,000 partners with two connections each. */
#define OV_NET_CONNS_MAX 4096
/* One address may be a supplier with hundreds of schools. */
#define OV_NET_CONNS_PER_SOURCE 1024
/* HTTP/1.1 takes one connection per request in flight. */
#define OV_NET_CONNS_PER_PEER 128
/* Connections that wait for one of the 16 handshakes of their source. */
#define OV_NET_WAITING_PER_SOURCE 64
/* Bodies on their way to store and being answered, in all and of one
 * partner: a batch and its successor, and no partner all of it. */
#define OV_NET_BODIES_MAX (16 * OV_MIB)
#define OV_NET_PEER_BODIES_MAX (8 * OV_MIB)
/* Answers that were not taken off us yet. */
#define OV_NET_ANSWERS_MAX (16 * OV_MIB)
/* A connection whose client does not read is not read either. */
#define OV_NET_OUT_MAX (256 * OV_KIB)
#define OV_NET_OUT_LOW (64 * OV_KIB)
/* Packets that store's socket had no room for. */
#define OV_NET_QUEUE_MAX (48 * OV_MIB)
/* Store answers a batch in milliseconds; after this it is stuck. */
#define OV_NET_ANSWER_MS 60000
/* No progress in writing to a client. */
#define OV_NET_STALL_MS 30000
/* Reading what a client still sends after the last answer. */
#define OV_NET_LINGER_MS 5000
/* The same while stopping, when partners have no reason to hang up. */
#define OV_NET_LINGER_DRAIN_MS 500
/* From SIGTERM to the end. */
#define OV_NET_DRAIN_MS 5000
/* HTTP/2: resets by the client before it is told to calm down. */
#define OV_NET_RESETS_MAX 100
#define OV_NET_RESETS_MS 10000
/* Bytes a connection reads in one turn before others get theirs. */
#define OV_NET_TURN_READS 8
#define OV_NET_READ_SIZE ((size_t)16384)
/* A partner's requests under way and waiting (store has 1,024 in all). */
#define OV_NET_FETCHES 64
#define OV_NET_FETCH_QUEUE 1024
/* A pool without requests: below the partner's idle limit of 75 s. */
#define OV_NET_POOL_IDLE_MS 60000

/* ---- link.c: store ---------------------------------------------------- */

struct ov_net_packet {
	struct ov_net_packet *next;
	size_t n;
	uint8_t p[];
};

struct ov_net_link {
	int fd;
	struct ov_ipc_in in;
	struct ov_pkw w; /* the packet being composed */
	struct ov_net_packet *head, **tail;
	size_t queued; /* bytes */
};

OV_MUST_CHECK enum ov_rc ov_net_link_open(struct ov_net *, int fd,
    struct ov_err *e);
void ov_net_link_close(struct ov_net *);
/* Compose and send one record; queues when the socket is full.  A failure
 * ends the role. */
void ov_net_send(struct ov_net *, uint16_t type, uint64_t ref,
    const struct ov_rec *, const void *record);
/* Store is behind: take nothing new from clients. */
bool ov_net_link_behind(const struct ov_net *);

/* ---- trust.c, tls.c --------------------------------------------------- */

#define OV_NET_ROOTS_MAX 16

struct ov_net_trust {
	/* One store per root: two roots may have one name. */
	X509_STORE *root[OV_NET_ROOTS_MAX];
	size_t n;
	struct ov_buf pem; /* the same, for libcurl */
};

void ov_net_trust_free(struct ov_net_trust *);
/* An OV_N_TRUST packet. */
OV_MUST_CHECK enum ov_rc ov_net_trust_packet(struct ov_net *,
    struct ov_view pkt, struct ov_err *e);
/* What the certificate of a finished handshake says; conn is left alone. */
OV_MUST_CHECK enum ov_rc ov_net_trust_peer(const struct ov_net_trust *, SSL *,
    struct ov_n_peer *out, struct ov_err *e);
/* Is it a key we speak with: ECDSA P-256 or P-384, Ed25519, RSA from 3072? */
bool ov_net_key_ok(EVP_PKEY *);

OV_MUST_CHECK enum ov_rc ov_net_tls_new(const struct ov_net_conf *,
    SSL_CTX **out, struct ov_err *e);
/* Key exchange groups, the hybrid first where this OpenSSL has it. */
const char *ov_net_tls_groups(void);

/* ---- peer.c ----------------------------------------------------------- */

struct ov_net_peer {
	struct ov_net_peer *next; /* in its bucket */
	uint8_t spki[32];
	bool known;        /* the last word of store */
	unsigned conns;    /* connections */
	unsigned inflight; /* requests that store has or gets */
	size_t bytes;      /* of their bodies */
	uint64_t milli;    /* tokens, in thousandths */
	uint64_t at_ms;    /* when they were counted */
};

#define OV_NET_BUCKETS 1024

/* Found or made, and held by one connection more; NULL without memory. */
struct ov_net_peer *ov_net_peer_hold(struct ov_net *, const uint8_t spki[32]);
/* A connection or a request less; may free it. */
void ov_net_peer_release(struct ov_net *, struct ov_net_peer *);
/* Take a token; false: the rate is exceeded, try again in *retry seconds. */
bool ov_net_peer_token(struct ov_net *, struct ov_net_peer *, uint32_t *retry);
/* Store does not know this key any more. */
void ov_net_peer_unknown(struct ov_net *, const uint8_t spki[32]);
void ov_net_peers_free(struct ov_net *);

/* ---- listener.c ------------------------------------------------------- */

struct ov_net_source {
	struct ov_net_source *next;
	uint8_t addr[OV_ADDR_LEN];
	unsigned conns;
	unsigned handshakes;
	unsigned nwaiting;
	struct ov_net_conn *waiting, **tail;
};

struct ov_net_listener {
	struct ov_net_listener *next;
	struct ov_net *net;
	int fd;
};

void ov_net_listeners_close(struct ov_net *);
/* A handshake of this source ended: start the next. */
void ov_net_source_next(struct ov_net *, struct ov_net_source *);
/* A connection of this source is gone. */
void ov_net_source_leave(struct ov_net *, struct ov_net_source *);
/* Take a connection out of the waiting list. */
void ov_net_source_unwait(struct ov_net_source *, struct ov_net_conn *);
/* There is room for connections again. */
void ov_net_listeners_resume(struct ov_net *);
/* Count a refused handshake for the next report, and log it unless there are
 * too many. */
void ov_net_refused(struct ov_net *, const struct ov_net_source *,
    const char *why);
/* Tell store how many there were, by source. */
void ov_net_report(struct ov_net *);

/* ---- conn.c ----------------------------------------------------------- */

enum ov_net_state {
	OV_NET_WAITING,   /* for its turn to shake hands */
	OV_NET_HANDSHAKE, /* TLS */
	OV_NET_VERDICT,   /* N1 is with store */
	OV_NET_OPEN,      /* requests */
	OV_NET_LINGER,    /* all is said; reading the rest off the wire */
	OV_NET_DEAD       /* to be freed by the next settle */
};

struct ov_net_h1;
struct ov_net_h2;
struct ov_net_req;

struct ov_net_conn {
	struct ov_net *net;
	uint64_t id;
	int fd;
	SSL *ssl;
	enum ov_net_state state;
	struct ov_net_source *source;
	struct ov_net_peer *peer;
	struct ov_net_conn *prev, *next; /* all */
	struct ov_net_conn *hash;        /* in its bucket */
	struct ov_net_conn *wait;        /* next waiting of the source */
	struct ov_net_conn *held;        /* next that store holds up */
	struct ov_net_req *reqs;         /* that have no answer yet */
	unsigned nreqs;
	struct ov_timer timer; /* handshake, headers, body, idle */
	struct ov_timer stall; /* writing */
	struct ov_buf out;
	size_t out_at;          /* written so far */
	size_t lingered;        /* bytes read after the last answer */
	size_t charged;         /* its part of net->answers */
	enum ov_net_state died; /* what it was when it was killed */
	unsigned events;        /* asked of the loop */
	bool told;              /* store knows it by N1 */
	bool known;             /* and store knows the key */
	bool read_on_write;     /* SSL_read waits to write */
	bool write_on_read;     /* SSL_write waits to read */
	bool is_held;           /* in the list of those held up */
	bool closing;           /* nothing more after what is in `out` */
	struct ov_net_h1 *h1;
	struct ov_net_h2 *h2;
};

/* A new connection (fd is taken), waiting; NULL without memory. */
struct ov_net_conn *ov_net_conn_new(struct ov_net *, int fd,
    struct ov_net_source *);
/* Begin the handshake. */
void ov_net_conn_start(struct ov_net_conn *);
struct ov_net_conn *ov_net_conn_find(struct ov_net *, uint64_t id);
/* Store's answer to N1. */
void ov_net_conn_verdict(struct ov_net_conn *, bool known);
/* Free it at the next settle. */
void ov_net_conn_kill(struct ov_net_conn *);
/* Say goodbye when what is in `out` is written. */
void ov_net_conn_close(struct ov_net_conn *);
/* Write what can be written, watch for what is needed, or free it.  The last
 * thing done with c. */
void ov_net_conn_settle(struct ov_net_conn *);
/* (Re)arm its deadline. */
void ov_net_conn_deadline(struct ov_net_conn *, uint64_t ms);
/* Those that were held up may go on: store has room. */
void ov_net_conns_resume(struct ov_net *);
/* Finish: no new requests. */
void ov_net_conn_drain(struct ov_net_conn *);
void ov_net_conns_free(struct ov_net *);

/* ---- h1.c, h2.c ------------------------------------------------------- */

struct ov_net_answer;

OV_MUST_CHECK enum ov_rc ov_net_h1_new(struct ov_net_conn *, struct ov_err *e);
void ov_net_h1_free(struct ov_net_h1 *);
/* Bytes from the client; kills or closes the connection where HTTP demands. */
void ov_net_h1_input(struct ov_net_conn *, const uint8_t *p, size_t n);
void ov_net_h1_answer(struct ov_net_conn *, const struct ov_net_answer *);
/* Does it want to read now? */
bool ov_net_h1_reads(const struct ov_net_conn *);
void ov_net_h1_drain(struct ov_net_conn *);
/* Its deadline passed. */
void ov_net_h1_late(struct ov_net_conn *);

OV_MUST_CHECK enum ov_rc ov_net_h2_new(struct ov_net_conn *, struct ov_err *e);
void ov_net_h2_free(struct ov_net_h2 *);
void ov_net_h2_input(struct ov_net_conn *, const uint8_t *p, size_t n);
void ov_net_h2_answer(struct ov_net_conn *, uint64_t stream,
    const struct ov_net_answer *);
/* Bytes of answers that are not in frames yet; 0 for NULL. */
size_t ov_net_h2_held(const struct ov_net_h2 *);
/* Move frames to `out` while there is room. */
void ov_net_h2_output(struct ov_net_conn *);
void ov_net_h2_drain(struct ov_net_conn *);
void ov_net_h2_late(struct ov_net_conn *);

/* ---- request.c -------------------------------------------------------- */

struct ov_net_req {
	struct ov_net_req *hash;        /* in its bucket */
	struct ov_net_req *prev, *next; /* of its connection */
	struct ov_net *net;
	struct ov_net_conn *c; /* NULL: nobody waits for the answer */
	struct ov_net_peer *peer;
	uint64_t conn, stream;
	struct ov_route_par par;
	uint8_t tile[OV_TILE_PATH_MAX];
	uint8_t trace[OV_TRACE_MAX];
	size_t ntrace;
	uint32_t adresboek;
	struct ov_buf body;
	size_t length; /* of the body, and what is reserved for it */
	bool sent;     /* store has it */
	struct ov_timer timer;
};

/* A head as both protocols read it; absent fields are empty views. */
struct ov_net_head {
	struct ov_view method, target, type, encoding, adresboek, trace;
	bool has_length;
	uint64_t length;
};

/* Judge a head.  The request whose body (length bytes) is to come, or NULL:
 * then it has been answered. */
struct ov_net_req *ov_net_req_begin(struct ov_net_conn *, uint64_t stream,
    const struct ov_net_head *);
/* Bytes of the body; false: more than it said, or no memory. */
OV_MUST_CHECK bool ov_net_req_body(struct ov_net_req *, const void *p,
    size_t n);
/* The body is complete: to store.  False: shorter than it said. */
OV_MUST_CHECK bool ov_net_req_done(struct ov_net_req *);
/* The client is not interested any more.  What store has, counts until it
 * answers. */
void ov_net_req_forget(struct ov_net_req *);
/* An OV_N_ANSWER packet. */
OV_MUST_CHECK enum ov_rc ov_net_req_packet(struct ov_net *, struct ov_view pkt,
    struct ov_err *e);
void ov_net_reqs_free(struct ov_net *);
/* How long a body of n bytes may take. */
uint64_t ov_net_body_ms(uint64_t n);

/* ---- answer.c --------------------------------------------------------- */

struct ov_net_answer {
	int status;
	enum ov_ctype ctype;
	uint32_t retry;    /* Retry-After, 0: none */
	const char *allow; /* or NULL */
	bool close;
	bool head; /* the request was HEAD: leave the body out */
	struct ov_view body;
};

#define OV_NET_FIELDS_MAX 12

/* Names (as written in HTTP/1.1) and values of an answer's fields. */
struct ov_net_fields {
	struct ov_h1_field f[OV_NET_FIELDS_MAX];
	size_t n;
	char adresboek[12], retry[12];
};

void ov_net_fields(const struct ov_net *, const struct ov_net_answer *,
    struct ov_net_fields *out);
/* Give an answer to whoever asked (stream is for HTTP/2). */
void ov_net_answer(struct ov_net_conn *, uint64_t stream,
    const struct ov_net_answer *);
/* The same with a problem document and its status; OV_FOUT_GEEN: the status
 * of *how without a body. */
void ov_net_refuse(struct ov_net_conn *, uint64_t stream, enum ov_fout,
    const struct ov_net_answer *how);

/* ---- fetch.c, pool.c (more in pool.h) ---------------------------------- */

struct ov_net_pool;

OV_MUST_CHECK enum ov_rc ov_net_fetch_packet(struct ov_net *,
    struct ov_view pkt, struct ov_err *e);
/* Drop the pools of a partner; what they had under way ends without an
 * answer. */
void ov_net_fetch_drop(struct ov_net *, uint32_t partner);
/* The roots changed: no new request over connections that were checked with
 * the old ones. */
void ov_net_fetch_retire(struct ov_net *);
bool ov_net_fetch_busy(const struct ov_net *);
void ov_net_fetch_free(struct ov_net *);

/* ---- net.c ------------------------------------------------------------ */

struct ov_net {
	struct ov_loop *loop;
	struct ov_net_link link;
	SSL_CTX *tls;
	struct ov_buf cert, key; /* PEM, for libcurl */
	struct ov_net_trust trust;
	uint32_t adresboek, rate, burst;        /* N8 */
	void (*up)(struct ov_net *, void *arg); /* until it was called */
	void *up_arg;

	struct ov_net_listener *listeners;
	struct ov_net_source *sources[OV_NET_BUCKETS];
	bool full; /* the listeners rest */
	struct ov_timer rest;
	/* Handshakes not reported yet, by source, and all others. */
	struct ov_n_gone refused[OV_STRANGERS_PER_REPORT + 1];
	size_t nrefused;
	struct ov_timer report;
	struct ov_ratelimit refused_log;

	struct ov_net_conn *conns;
	struct ov_net_conn *conn[OV_NET_BUCKETS];
	struct ov_net_conn *held;
	unsigned nconns;
	uint64_t last_conn;

	struct ov_net_peer *peers[OV_NET_BUCKETS];
	struct ov_net_req *req[OV_NET_BUCKETS];
	size_t nreqs;
	size_t bodies;  /* bytes reserved */
	size_t answers; /* bytes not written yet */

	struct ov_net_pool *pools;

	struct ov_timer drain;
	bool draining;
	bool gone; /* store is not there any more */
	bool failed;
	struct ov_err why;

	uint8_t read[OV_NET_READ_SIZE];
};

/* Something that cannot go on: remember why and stop the loop. */
void ov_net_fail(struct ov_net *, const struct ov_err *);
/* While draining: is all done? */
void ov_net_drained(struct ov_net *);

#endif
