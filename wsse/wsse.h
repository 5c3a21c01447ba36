/* WS-Security of ШЭП: only wsse_verify() makes a struct verified, and holding one is the proof.
 * Source: shep-contract.md section 4; WS-Security 1.1 X.509 Token Profile. */
#pragma once

#include "base/auto.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/slice.h"
#include "crypto/key.h"
#include "crypto/trust.h"
#include "model/signer.h"

/* libxml2 and xmlsec1, silenced and tightened; once per process, after crypto_init(), before
 * threads. */
MUST_USE enum status wsse_init(struct err *err);

/* Limits of every XML document from outside (architecture.md section 5). */
struct xml_limits {
    size_t max_bytes;
    int max_depth; /* elements */
};

/* A pinned gateway certificate (KeyInfo IssuerSerial), by the name of its configuration section. */
struct pin {
    char name[64];
    struct cert *cert;
};

struct wsse_params {
    struct xml_limits limits;
    unsigned algorithms; /* allow-list, enum algorithm */
    struct trust *trust;
    const struct pin *pins;
    size_t pin_count;
    const struct trust_io *io;
    enum revocation revocation;
    const char *ocsp_url; /* NULL: as the certificate says */
    int64_t skew_ms;
    struct key *key; /* our signing key; NULL: verification only */
    const struct clock *clock;
};

struct wsse; /* policy, keys and trust: immutable, thread-safe; a reload makes a new one */

/* Copies what it needs and takes references to trust, certificates and key. */
MUST_USE enum status wsse_new(const struct wsse_params *params, struct wsse **ret_wsse,
                              struct err *err);
/* NULL is fine. */
void wsse_free(struct wsse *wsse);
DEFINE_AUTO(struct wsse, wsse_free)

struct verified; /* a verified envelope */

/**
 * Verifies a SOAP 1.1 request: one Body by position, one Reference to it and at most one more to
 * the wsu:Timestamp of the same Security header, allow-lists, no DTD, depth and size; then the
 * signer.
 *
 * ST_FORMAT    not XML, DTD, depth, size, no Envelope
 * ST_UNSIGNED  no signature
 * ST_FORGED    signature, algorithm, coverage
 * ST_STALE     certificate's dates, path, revocation; Timestamp outside the window
 * ST_UNAVAILABLE  revocation cannot be learnt
 * *ret_env is the caller's: verified_free(). Thread-safe.
 */
MUST_USE enum status wsse_verify(const struct wsse *wsse, struct slice bytes, int64_t deadline_ms,
                                 struct verified **ret_env, struct err *err);
void verified_free(struct verified *env);
DEFINE_AUTO(struct verified, verified_free)

const struct signer *verified_signer(const struct verified *env);
/* Exclusive C14N of the verified Body, the one thing gSOAP is fed. Borrowed. The child elements of
 * `data` are taken out of it (they travel by verified_payload()). */
struct slice verified_body(const struct verified *env);

enum payload_form { PAYLOAD_NONE, PAYLOAD_ELEMENT, PAYLOAD_TEXT };
struct payload {
    enum payload_form form; /* how it stood in `data`: element children or text */
    struct slice c14n;      /* exclusive C14N of its root element; borrowed */
    const char *name;       /* local name of the root */
    const char *ns;         /* namespace URI, "" when none */
};
/**
 * The payload in `data` (matched by local name, xsi:type ignored), parsed under the same guards.
 * ST_OK with PAYLOAD_NONE when there is no data or it is empty.
 * ST_INPUT  text that is not one well-formed XML element (code payloadNotXml)
 */
MUST_USE enum status verified_payload(const struct verified *env, struct payload *ret,
                                      struct err *err);

/* Puts the Body's content (bytes of one element) into a signed SOAP 1.1 envelope as
 * shep-contract.md section 4 «What we emit» says. *ret_out is the caller's. */
MUST_USE enum status wsse_sign(const struct wsse *wsse, struct slice body_content,
                               struct bytes **ret_out, struct err *err);
