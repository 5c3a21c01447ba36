/* MariaDB, the one store: claims, sessions, evidence, receipts, the journal's table, leases.
 * A pool of connections; every function is thread-safe. InnoDB only, changes by conditional UPDATE,
 * COMMIT checked, bounded retry on 1213/1205 (architecture.md section 3.8). Errors of all:
 * ST_UNAVAILABLE  the database is away, busy or full, or no connection was free in time; after a
 *                 change: lost in its COMMIT, whether it holds is not known. Every change here
 * bears being asked for again. ST_INTERNAL     SQL that should not fail failed ST_INPUT        a
 * value that no column holds, or over 60 MiB in one statement A call takes wait_ms for a
 * connection, 5 s of retries, and 15 s for an answer of the server at most. Error texts name
 * neither hosts nor users, but those of store_open(). */
#pragma once

#include "base/auto.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/id.h"
#include "model/event.h"
#include "model/session.h"

#include <stdbool.h>
#include <stdint.h>

struct store;
struct vault;

struct store_params {
    const char *socket; /* unix socket; NULL: host and port */
    const char *host;
    unsigned port;
    const char *user;
    const char *password; /* "" none */
    const char *database;
    const char *tls_ca_file; /* NULL: no TLS */
    struct vault *vault;     /* seals contents, crypto/vault.h; borrowed, must outlive the store.
                                NULL: contents can be neither stored nor read */
    unsigned pool;           /* connections */
    int64_t wait_ms;         /* for a free connection, and connecting; at most 60 s */
    const char *init_sql; /* run on every new connection; tests set the clock with it; NULL: none */
};

/* Connects once to prove it can; refuses when @@max_allowed_packet < 64 MiB (ST_INPUT). params are
 * copied. The database must exist; its user needs all rights on it. */
MUST_USE enum status store_open(const struct store_params *params, struct store **ret_store,
                                struct err *err);
/* NULL is fine. */
void store_close(struct store *store);
DEFINE_AUTO(struct store, store_close)

/* Brings the schema up to this program's version (etc/schema, compiled in); one instance at a time
 * by a lease row, others wait up to 2 min. ST_CONFLICT: the database is newer than this program. */
MUST_USE enum status store_migrate(struct store *store, const char *instance, struct err *err);
/* For who looks on and must not change it. ST_CONFLICT: the schema is older or newer than this
 * program; ST_INTERNAL: there is none. */
MUST_USE enum status store_check_schema(struct store *store, struct err *err);
/* For readiness: a statement that writes nothing and fails when the cluster is not primary. */
MUST_USE enum status store_ping(struct store *store, struct err *err);
/* The database's NOW(6), Unix ms. */
MUST_USE enum status store_now(struct store *store, int64_t *ret_ms, struct err *err);

/* ---- claims: (senderId, messageId) once (architecture.md section 1) ---- */
enum claim_state {
    CLAIM_MINE,     /* run the operation, then keep or release */
    CLAIM_ANSWERED, /* *ret_answer is the kept answer */
    CLAIM_RUNNING,  /* another holds it within its lease */
    CLAIM_REUSED,   /* the same messageId came with another payload */
};
struct claim {
    const char *sender_id;
    const char *message_id;
    const uint8_t *payload_sha256; /* 32 bytes */
    struct id exchange;            /* who claims: our exchange id */
    int64_t lease_ms;
    int64_t keep_ms; /* how long an answer is kept: 72 h */
};
/* An answer that was given before. */
struct claim_answer {
    struct bytes *bytes; /* the caller's; NULL: none */
    struct id exchange;  /* whose answer it was: its messageId says so */
};
/* *ret_answer is empty unless CLAIM_ANSWERED. A claim of one's own exchange is MINE again.
 * ST_INPUT: senderId or messageId over 255 characters. */
MUST_USE enum status store_claim(struct store *store, const struct claim *claim,
                                 enum claim_state *ret_state, struct claim_answer *ret_answer,
                                 struct err *err);
/* The answer, an XML document, may have 60 MiB; it is kept sealed. ST_CONFLICT: the lease was taken
 * over by another exchange; the caller must not answer with its own. */
MUST_USE enum status store_claim_keep(struct store *store, const struct claim *claim,
                                      struct slice answer, struct err *err);
/* Lets the next try run again (SCSE003, Faults). */
MUST_USE enum status store_claim_release(struct store *store, const struct claim *claim,
                                         struct err *err);

/* ---- signing sessions ---- */
/* The three URL values, looked up by SHA-256 (payloads.md section 1). */
struct session_secrets {
    uint8_t token_sha256[32];   /* of TOKEN in /m/TOKEN */
    uint8_t page_id_sha256[32]; /* of ID in /sign/ID */
};
/* Inserts session, documents, signers in one transaction; created/expires are the database's clock:
 * expires = NOW(6) + life_ms. session->state etc. are ignored. ST_CONFLICT: the id exists, or two
 * documents have one id. */
MUST_USE enum status store_session_create(struct store *store,
                                          const struct signing_session *session,
                                          const struct session_secrets *secrets, int64_t life_ms,
                                          int64_t *ret_created_ms, int64_t *ret_expires_ms,
                                          struct err *err);
enum session_parts {
    SESSION_HEAD = 0,           /* session, signers, turns */
    SESSION_DOCUMENTS = 1 << 0, /* with the documents and their content */
    SESSION_RESULT = 1 << 1,    /* with the documents, without content, with signed_documents of the
                                   turns taken, evidence, the seal */
};
struct session_key { /* exactly one is set */
    const struct id *id;
    const uint8_t *token_sha256;
    const uint8_t *page_id_sha256;
};
/* A live session past its expiry is returned as SESSION_EXPIRED. ST_NOT_FOUND. max_bytes: of
 * documents, signed documents and evidence together; ST_INPUT with code tooLarge when they have
 * more. *ret_session is the caller's: signing_session_free(). */
MUST_USE enum status store_session_find(struct store *store, const struct session_key *key,
                                        unsigned parts, size_t max_bytes,
                                        struct signing_session **ret_session, struct err *err);
/* The changes below: ST_NOT_FOUND: no such session; ST_CONFLICT: it is final or expired, the text
 * says which. */
/* How far each of many sessions is now (overdue ones are expired), for those who wait for news; one
 * query for 64 of them. A session that is not there stays as it came. */
struct session_watch {
    struct id id;
    enum session_state state;
    uint32_t turns; /* taken so far */
};
MUST_USE enum status store_session_states(struct store *store, struct session_watch *sessions,
                                          size_t count, struct err *err);
/* created → scanned → documents_sent: only forward, only while live. Repeating it is fine. */
MUST_USE enum status store_session_advance(struct store *store, const struct id *id,
                                           enum session_state to, struct err *err);
struct session_put { /* all documents, signed by one signer */
    uint32_t turn;
    const struct signed_document *documents; /* their own turn is not looked at */
    size_t count;
    const uint8_t *put_sha256; /* 32 bytes */
};
/* Stores signed documents, signers, evidence and the PUT's hash, and makes the session signed when
 * all turns are taken: all or nothing. *ret_is_signed: it was the last turn. ST_CONFLICT: the turn
 * is taken, the session is not live any more, or a document is not the session's. */
MUST_USE enum status store_session_sign(struct store *store, const struct id *id,
                                        const struct session_put *put, bool *ret_is_signed,
                                        struct err *err);
/* Counts a refused PUT and keeps its reason; the fifth makes the session failed (payloads.md
 * section 6). */
MUST_USE enum status store_session_refuse_put(struct store *store, const struct id *id,
                                              const char *reason, enum session_state *ret_state,
                                              struct err *err);
/* Live → to (SESSION_CANCELLED or SESSION_FAILED) with a reason. */
MUST_USE enum status store_session_end(struct store *store, const struct id *id,
                                       enum session_state to, const char *reason, struct err *err);

/* ---- logins with an authentication key (authType Eds, req 1.19) ---- */
struct login {
    const uint8_t *sha256; /* 32 bytes: of what was signed and of the certificate */
    const char *iin;
    const char *bin; /* "" none */
};
/* How many logins a session has had; bounded by the caller. */
struct login_tally {
    uint32_t refused, accepted;
};
/* What the session's reason begins with after a refused login. */
#define STORE_LOGIN_REASON "login: "
/* Each login counts once: *ret_seen says that this one was accepted before, and changes nothing.
 * Takes the reason of a refused login away. ST_CONFLICT: the session is not live, or not there. */
MUST_USE enum status store_login_accept(struct store *store, const struct id *session,
                                        const struct login *login, bool *ret_seen, struct err *err);
/* Counts a refused login and keeps its reason behind STORE_LOGIN_REASON. ST_CONFLICT likewise. */
MUST_USE enum status store_login_refuse(struct store *store, const struct id *session,
                                        const char *reason, struct err *err);
/* ST_NOT_FOUND: no such session. */
MUST_USE enum status store_login_count(struct store *store, const struct id *session,
                                       struct login_tally *ret_tally, struct err *err);
/* Whether somebody logged in with this IIN, and with no other BIN where both have one. An empty IIN
 * is nobody. */
MUST_USE enum status store_login_has(struct store *store, const struct id *session, const char *iin,
                                     const char *bin, bool *ret_has, struct err *err);

/* ---- seals over a finished exchange's evidence (req 0.14) ---- */
/* A session waits for its seal from the moment it is signed. Takes one that is due and puts its
 * next try off, by a minute first and an hour in the end: whoever dies on the way is followed by
 * another. *ret_tries: earlier ones. ST_NOT_FOUND: none is due. */
MUST_USE enum status store_seal_take(struct store *store, struct id *ret_session,
                                     unsigned *ret_tries, struct err *err);
/* Keeps the seal; the first one counts, and a second is ST_OK too. */
MUST_USE enum status store_seal_keep(struct store *store, const struct id *session,
                                     const struct evidence_seal *seal, struct err *err);

/* ---- contents whose time is over ---- */
/* Takes an ended session whose contents are there longer than keep_ms after its end, and puts its
 * next try off by an hour. One whose evidence waits for its seal is left. ST_NOT_FOUND: none. */
MUST_USE enum status store_wipe_take(struct store *store, int64_t keep_ms, struct id *ret_session,
                                     struct err *err);
/* Wipes the issued contents, and of each signed document all but what is left of it: id, turn and
 * content of `left` count. Digests and sizes stay those of what was there. *ret_done: false when
 * somebody was first, and nothing was changed. */
MUST_USE enum status store_wipe_keep(struct store *store, const struct id *session,
                                     const struct signed_document *left, size_t count,
                                     bool *ret_done, struct err *err);

/* ---- OCSP receipts (req 0.23), trust_io's members; ctx is the struct store ---- */
MUST_USE enum status store_find_receipt(void *ctx, const uint8_t signature_sha256[32],
                                        const uint8_t cert_sha256[32], struct bytes **ret_ocsp,
                                        struct err *err);
MUST_USE enum status store_keep_receipt(void *ctx, const uint8_t signature_sha256[32],
                                        const uint8_t cert_sha256[32], struct slice ocsp,
                                        struct err *err);

/* ---- the journal's table: an event_sink (model/event.h); at most 1,000 rows at a time ---- */
struct event_sink store_event_sink(struct store *store);

/* ---- housekeeping: one instance at a time by a lease row ---- */
/* A session whose time is over, as it stood then. */
struct overdue {
    struct id id;
    char sender_id[1024];
    enum session_state state; /* a live one */
    uint32_t turns;           /* taken */
    uint32_t turns_wanted;
    int64_t expires_ms;
};
/* What is told of before it is deleted. */
enum swept_kind {
    SWEPT_SESSIONS,      /* with all that is kept of them */
    SWEPT_COID_EVIDENCE, /* answers of ЦОИД, with what was asked */
    SWEPT_COID_CALLS,    /* verifications, with their photos and decisions */
};
struct sweep {
    const char *instance;
    int64_t evidence_keep_ms; /* at least 1, and so the next */
    int64_t coid_keep_ms;     /* what is kept of ЦОИД (store/coid.h) */
    /* Told of each session before it is marked expired, once; again when a crash, or a database
     * that went away, came in between. Its error ends the sweep, and the session is left. */
    enum status (*tell_expired)(void *ctx, const struct overdue *session, struct err *err);
    /* Likewise of how many of a kind will be deleted, a batch at a time. */
    enum status (*tell_deleted)(void *ctx, enum swept_kind kind, uint64_t count, struct err *err);
    void *ctx;
};
struct swept {
    uint64_t expired; /* sessions marked expired */
    uint64_t claims;  /* forgotten: past their time */
    uint64_t deleted; /* sessions, with all that is kept of them: evidence_keep_ms past their end */
    uint64_t receipts;      /* kept longer than evidence_keep_ms */
    uint64_t coid_evidence; /* kept longer than coid_keep_ms, as all that follows */
    uint64_t coid_calls;    /* after the last that was kept of them */
    uint64_t coid_days;     /* counters of the daily limit, after their last change */
    uint64_t coid_news;     /* after ЦОИД told them last */
};
/* Bounded batches; what is left the next sweep does. Zeros: there was nothing to do, or another
 * instance is at it. */
MUST_USE enum status store_sweep(struct store *store, const struct sweep *sweep, struct swept *ret,
                                 struct err *err);
/* Sessions with which the work behind the answers is late, 10,000 of each at most. */
struct backlog {
    int64_t seals; /* signed for over two minutes, and without a seal */
    int64_t wipes; /* contents kept over an hour longer than keep_ms after the session's end */
};
MUST_USE enum status store_backlog(struct store *store, int64_t keep_ms, struct backlog *ret,
                                   struct err *err);
