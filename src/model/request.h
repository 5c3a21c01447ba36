/* A typed request: what soap makes of verified bytes, flow reads and the journal records. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "model/coid.h"
#include "model/session.h"
#include "model/signer.h"

#include <stdbool.h>

enum operation {
    OP_NONE = 0, /* the payload could not be read; request.payload_err says why */
    OP_CREATE_SIGNING_SESSION,
    OP_GET_SIGNING_STATUS,
    OP_GET_SIGNING_RESULT,
    OP_CANCEL_SIGNING_SESSION,
    OP_VERIFY_PHOTO, /* from here on ЦОИД's */
    OP_GET_VERIFICATION,
    OP_GET_PERSON_DATA,
    OP_GET_VENDORS,
    OP_GET_TRANSACTIONS,
    OP_GET_ACT_DETAIL,
    OP_GET_ACT,
    OP_GET_NEWS,
};

enum { OPERATION_COUNT = OP_GET_NEWS + 1 };
/* verifyPhoto, getVerification …: the root of its payload; "-": OP_NONE. For journal, evidence and
 * numbers. */
const char *operation_name(enum operation op);

/* The services that operations belong to: each has a serviceId of its own. */
enum service_kind { SERVICE_SIGNING, SERVICE_COID };

/* SyncMessageInfo (shep-contract.md section 1); "" where absent. */
struct message_info {
    const char *message_id;
    const char *correlation_id;
    const char *service_id;
    const char *message_date; /* as written; flow reads it with time_parse() */
    const char *route_id;
    const char *sender_id;
    const char *password;   /* never logged */
    const char *session_id; /* ШЭП's, echoed */
};

/* Defaults of absent elements are those of signing.xsd; soap has checked types, flow checks rules.
 */
struct create_session {
    const char *description;
    const char *language;       /* "" = ru */
    int64_t expires_in_seconds; /* 0 = the configured default */
    enum sign_method method;
    enum auth_type auth;
    bool has_organisation;
    struct organisation organisation;
    const struct expected_signer *signers;
    size_t signer_count;
    const char *back_url;
    const struct document *documents;
    size_t document_count;
};

struct session_query {
    const char *signing_session_id; /* as written */
    int64_t document_id;            /* getSigningResult: 0 = all */
    int64_t wait_seconds;           /* getSigningStatus: wait for a change; 0 = answer at once */
};

/* Plain data; all of it, the struct included, is the arena's. */
struct request {
    struct arena *arena; /* owned */
    struct message_info info;
    struct signer signer;       /* of the transport signature, copied from the verified envelope */
    bool has_author;            /* the payload bears a business signature that stands … */
    struct signer author;       /* … and this is whose (req 0.30, 0.31) */
    bool sign_answer;           /* the sender wants the answer's payload signed */
    bool data_as_text;          /* the payload came as text in `data`: answer likewise */
    uint8_t payload_sha256[32]; /* of the payload's exclusive C14N; zeros when there is none */
    enum operation op;
    const char *operation_name; /* local name of the payload's root, "" when there is none */
    struct err payload_err;     /* op == OP_NONE: an ST_INPUT error for SCSE002 */
    union {
        struct create_session create;
        struct session_query query;
        struct coid_verify_photo verify_photo;
        struct coid_get_verification get_verification;
        struct coid_get_person_data get_person_data;
        struct coid_get_transactions get_transactions;
        struct coid_get_act get_act; /* getActDetail too */
    } payload;
};

/* NULL is fine. */
void request_free(struct request *req);
DEFINE_AUTO(struct request, request_free)
