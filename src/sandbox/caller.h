/* A sender's information system behind ШЭП: makes a SendMessage, signs it, sends it, and verifies
 * and reads the answer (shep-contract.md sections 1 to 4). */
#pragma once

#include "base/bytes.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/id.h"
#include "crypto/key.h"
#include "crypto/trust.h"
#include "rest/rest.h"

#include <stdbool.h>

struct call_params {
    const char *url;
    const char *service_id;
    const char *sender_id;
    const char *sender_password; /* NULL: no element */
    const char *message_id;      /* NULL: a fresh one */
    struct slice payload;        /* an XML document in UTF-8; as text anything in UTF-8 */
    bool as_text;                /* escaped text in `data`, as through gateways */
    struct key *key;             /* signs the request; borrowed */
    struct key *business_key;    /* signs the payload too; borrowed; NULL: it goes as it is */
    const struct trust *trust;   /* judges the answer; NULL: its signatures only */
    struct rest *rest;
    const struct clock *clock;
    int64_t wait_ms; /* in all */
};

/* What came back; members owned, call_answer_free(). */
struct call_answer {
    char sent_message_id[128];
    long http_status;
    bool is_soap;  /* the members below but raw say something */
    bool is_fault; /* a Fault; code and message are ErrorInfo's, or faultcode and faultstring */
    char code[32]; /* SCSS001 … */
    char message[1024];
    char message_id[128];
    char correlation_id[128];
    char session_id[64];
    struct bytes *data;      /* the payload's XML; NULL: none */
    struct report *report;   /* of the answer's signature; NULL: it is no envelope */
    struct report *business; /* of the signature in the payload; NULL: it bears none */
    struct bytes *raw;       /* as it came */
};
/* Frees the members, not the struct. */
void call_answer_free(struct call_answer *answer);

/**
 * One exchange. ST_OK says that an answer came, whatever it says.
 * ST_INPUT     the payload is no XML or signed already, or the key cannot sign
 * ST_UPSTREAM, ST_TIMEOUT  as rest_do()
 */
MUST_USE enum status call_send(const struct call_params *params, struct call_answer *ret_answer,
                               struct err *err);
