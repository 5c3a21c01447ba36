/* Signing by telephone (seeds 001, 004; flows.md section 1): the rules of sessions, and the JSON
 * that the eGov Mobile app fetches and PUTs back. Thread-safe. */
#pragma once

#include "base/auto.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/err.h"
#include "crypto/trust.h"
#include "journal/journal.h"
#include "mobile/messages.h"
#include "model/peer.h"
#include "model/reply.h"
#include "model/request.h"
#include "store/store.h"

struct mobile;

struct mobile_params {
    const char *public_url;        /* https://host[/path], no trailing slash: API №1 is
                                      public_url/m/TOKEN/mgovSign */
    const char *link_template;     /* https://m.egov.kz/mobileSign/?link={API1} (C-25) */
    const char *business_template; /* https://m.egov.kz/businessSign/?link={API1} */
    const char *expiry_zone;       /* "Z" or "+0500" style (C-23) */
    int64_t default_life_ms, max_life_ms;
    int64_t login_window_ms;   /* authType Eds: how far a login's timeStamp may be from our clock */
    size_t max_document_bytes; /* all documents of a session together */
    unsigned max_documents;
    unsigned max_signers; /* of a session, each with a turn of his own */
    size_t max_put_bytes;
    int max_xml_depth;
    bool timestamp_required;       /* CMS methods */
    bool refusal_allowed;          /* sandbox.enabled: DELETE of the sandbox's telephone */
    unsigned algorithms;           /* allow-list of users' signatures */
    unsigned timestamp_algorithms; /* and of their timestamps */
    bool follow_aia;               /* struct judge */
    enum revocation revocation;
    enum revocation_scope scope;
    enum unknown unknown; /* what becomes of a document of whose signer revocation cannot be learnt:
                             refused for now (503), or accepted with a warning in the journal */
    const char *ocsp_url;
    int64_t skew_ms;
    const struct key *seal_key; /* borrowed: seals the evidence of signed sessions (req 0.14) */
    const char *seal_tsp_url;   /* NULL: seals go without a timestamp */
    int64_t content_keep_ms;    /* after a session's end: mobile_wipe_next() */
    struct slice cluster_key;   /* at least 32 bytes; copied */
    struct trust *trust;        /* borrowed, as all below: must outlive mobile */
    const struct trust_io *io;
    struct store *store;
    struct journal *journal;
    const struct clock *clock;
};

MUST_USE enum status mobile_new(const struct mobile_params *params, struct mobile **ret_mobile,
                                struct err *err);
/* NULL is fine. */
void mobile_free(struct mobile *mobile);
DEFINE_AUTO(struct mobile, mobile_free)

/* The organisation a sender signs for when the request names none, and whose BIN it must be; and
 * the exchange it asks in, for the journal (NULL: none). */
struct mobile_sender {
    const char *sender_id;
    struct organisation organisation;
    const struct peer *peer;
};

/* The four operations. reply has its arena; set are op and its answer. ST_INPUT with code, field
 * and limit for what the caller did wrong; ST_INPUT code sessionUnknown for a session that is not
 * there or not the sender's. Results go into reply (texts in its arena; reply->session owned by
 * it). */
MUST_USE enum status mobile_create(struct mobile *mobile, const struct mobile_sender *sender,
                                   const struct request *req, struct reply *reply, struct err *err);
MUST_USE enum status mobile_status(struct mobile *mobile, const char *sender_id,
                                   const struct session_query *query, struct reply *reply,
                                   struct err *err);
MUST_USE enum status mobile_result(struct mobile *mobile, const char *sender_id,
                                   const struct session_query *query, struct reply *reply,
                                   struct err *err);
MUST_USE enum status mobile_cancel(struct mobile *mobile, const struct mobile_sender *sender,
                                   const struct request *req, struct reply *reply, struct err *err);

/* One HTTP call of the app: GET /m/TOKEN/mgovSign, GET|POST|PUT|DELETE /m/TOKEN/documents. */
struct mobile_call {
    const char *method;
    struct slice path; /* as http_path() gives it, below the path of public_url */
    struct slice authorization;
    struct slice accept_language;
    struct slice body;
    const struct peer *peer;
};
struct mobile_answer {
    int status;
    struct bytes *json; /* the caller's */
    bool wrong_token;   /* no session has the path's, or the Bearer is not the session's */
};
/* Always answers (its own failures are 500/503 with a message), and writes the journal before it
 * returns: when that fails the answer is 503. */
void mobile_handle(struct mobile *mobile, const struct mobile_call *call,
                   struct mobile_answer *ret_answer);

/* {"message":…} for a telephone or browser that is not heard at all (429); the caller's, NULL when
 * out of memory. */
struct bytes *mobile_stranger_json(struct slice accept_language);

/* Seals the evidence of one signed session that waits for it, if any (req 0.14): XAdES-T with a
 * timestamp authority, else XAdES-BES; what fails is tried again later by itself, and in the end
 * without the authority. Idempotent, for any number of instances. *ret_more: one was waiting.
 * Its errors are those of the authority, the store and the journal. */
MUST_USE enum status mobile_seal_next(struct mobile *mobile, bool *ret_more, struct err *err);

/* Wipes the contents of one session that ended content_keep_ms ago, if any: what was issued, and of
 * what came back signed all but the signatures, each of which is proven to hold with the issued
 * document first. What fails has its line in the journal (session.wipe_failed), and is tried again
 * an hour later. Idempotent, for any number of instances. *ret_more: there was one. Errors of the
 * store, its keys and the journal. */
MUST_USE enum status mobile_wipe_next(struct mobile *mobile, bool *ret_more, struct err *err);

/* GET /sign/ID…: what the page shows of a session: no document, no description, no person. */
struct mobile_page {
    enum session_state state;
    bool was_opened; /* the documents were fetched */
    /* Why the last signature was refused, or why it failed, for the citizen in the language asked
     * for; static, "" when there is nothing to say. */
    const char *why;
    uint32_t refusals; /* PUTs refused so far */
    int64_t expires_ms;
    int64_t left_ms;         /* until then by the database's clock, 0 when it is over */
    char organisation[2048]; /* its name in that language; 500 characters at most */
    char back_url[1024];     /* https, "" when none */
    size_t signer_count;     /* how many must sign, 1 at least */
    size_t signed_count;     /* how many have */
    char qr_text[512];       /* these also of a final session: the app then says why it is over */
    char link[512];
    char business_link[512];
};
/* ST_NOT_FOUND: no session has this page. */
MUST_USE enum status mobile_page_find(struct mobile *mobile, struct slice page_id,
                                      enum language language, struct mobile_page *ret_page,
                                      struct err *err);
