/* The insides of struct wsse and struct verified, for the files that make and read them. */
#pragma once

#include "wsse/dom.h"
#include "wsse/known.h"
#include "wsse/wsse.h"

struct wsse {
    struct xml_limits limits;
    unsigned algorithms;
    unsigned business_algorithms;
    bool follow_aia;
    struct trust *trust;
    struct pin *pins;
    const struct cert **pin_certs; /* the certificates of pins, as struct judge wants them */
    size_t pin_count;
    struct trust_io io;
    bool has_io;
    enum revocation revocation;
    enum revocation_scope scope;
    enum unknown unknown, business_unknown;
    char *ocsp_url;
    int64_t skew_ms;
    struct key *key;
    struct known *known;
    const struct clock *clock;
};

struct verified {
    struct signer signer;
    struct bytes *authored; /* the payload as a document of its own when a ds:Signature stands
                               anywhere in it; NULL: none does */
    struct bytes *body;
    struct payload payload; /* its texts and bytes are the two below */
    struct bytes *payload_c14n;
    struct bytes *payload_names; /* name, NUL, namespace */
    struct err payload_err;      /* status ST_OK: there is a payload, or none at all */
};

/* How this wsse judges the signature of a message, and what its refusal means to the caller. */
struct judge wsse_judge_of(const struct wsse *wsse, int64_t deadline_ms);
enum status wsse_status_of(const struct report *report);
/* The signer of a report that was admitted: why it is not VALID, "" when it is. */
void wsse_note_unknown(const struct report *report, struct signer *signer);

/**
 * The element in `data` below soap:Body as it stands in the message, made a document of its own:
 * with the namespaces it declares and nothing signed uses, for a business signature was made over
 * them too. *ret stays NULL when it is text or bears no ds:Signature.
 * ST_FORMAT  as payload_split(); ST_NOMEM
 */
MUST_USE enum status payload_document(const xmlNode *body, struct bytes **ret, struct err *err);

/**
 * Splits the canonical bytes of a verified soap:Body: what gSOAP reads stays in env->body, the
 * content of `data` becomes env->payload or env->payload_err. The ds:Signature children of the
 * payload's root are left out of it; env->authored has them: in, for an element, what
 * payload_document() gave; out, for text too.
 * ST_FORGED  env->authored is not the element that was signed
 * ST_FORMAT  data, requestData or what is above it stands there twice
 */
MUST_USE enum status payload_split(struct slice canonical_body, const struct xml_limits *limits,
                                   struct verified *env, struct err *err);
