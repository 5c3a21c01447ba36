/* A typed reply: what flow decides, soap writes and the journal records. */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "model/request.h"
#include "model/session.h"

#include <stdbool.h>

enum reply_kind {
    REPLY_RESPONSE, /* SendMessageResponse, HTTP 200 */
    REPLY_FAULT,    /* SOAP Fault with ErrorInfo, HTTP 500 */
};

/* What the caller should know of a session that was made all the same. */
struct session_warning {
    const char *code;  /* camelCase, for a program */
    const char *field; /* path inside the request */
    const char *text;  /* in the session's language */
};

/* Answer to createSigningSession (payloads.md section 3). */
struct session_created {
    struct id signing_session_id;
    enum session_state state;
    int64_t expires_ms;
    const char *qr_text;
    struct slice qr_png;
    const char *link;
    const char *business_link;
    const char *page_url;
    struct session_warning *warnings;
    size_t warning_count;
};

/* Detail in `data` with SCSE002 and SCSE003; "" where it says nothing. */
struct error_detail {
    const char *code;
    const char *field;
    const char *limit;
    const char *upstream_status;
    const char *upstream_text;
};

/* Plain data; all of it, the struct included, is the arena's, but `session` and `kept`, which are
 * owned. */
struct reply {
    struct arena *arena;
    enum reply_kind kind;
    /* both kinds */
    const char *code;       /* SCSS001 SCSE002 SCSE003, or a Fault's SCE001 … SCE909 */
    const char *message;    /* at most 250 characters; a Fault's errorMessage */
    const char *on_record;  /* what the journal says in its place; NULL: the message */
    const char *session_id; /* ШЭП's, echoed; "" when unknown */
    int64_t date_ms;
    /* REPLY_FAULT */
    bool fault_of_server; /* faultcode soap:Server, else soap:Client */
    /* REPLY_RESPONSE */
    const char *message_id;     /* ours: the id of the exchange that made the answer; a kept one is
                                   an earlier exchange's */
    const char *correlation_id; /* the request's messageId */
    bool data_as_text;
    bool sign_payload; /* a business signature of ours; the payload then goes as text */
    bool has_detail;
    struct error_detail detail; /* with SCSE002, SCSE003 */
    enum operation op;          /* which member below is the answer; OP_NONE: none */
    struct session_created created;
    struct signing_session *session; /* status, result, cancel */
    int64_t document_id;             /* getSigningResult: 0 = all */
    const struct coid_answer *coid;  /* the operations of ЦОИД; the arena's */
    struct bytes
        *kept; /* an answer given before, or already encoded: the Body's bytes as they were */
};

/* NULL is fine. */
void reply_free(struct reply *reply);
DEFINE_AUTO(struct reply, reply_free)
