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

/* Limits of every XML document from outside (architecture.md section 5). Fixed beside them
 * (wsse/document.h): 1,000,000 nodes; 256 attributes of an element, 256 namespaces in scope,
 * 1,024 bytes of a namespace URI; a canonical form that outgrows the document by max_bytes at
 * most. A message costs some eight times its bytes and 250 bytes a node while it is judged. */
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
    unsigned algorithms;          /* allow-list, enum algorithm */
    bool follow_aia;              /* struct judge */
    unsigned business_algorithms; /* likewise, for signatures inside the payload; 0: ALG_DEFAULT */
    struct trust *trust;
    const struct pin *pins;
    size_t pin_count;
    const struct trust_io *io;
    enum revocation revocation;
    enum revocation_scope scope;
    enum unknown unknown, business_unknown; /* what becomes of a signer of whom revocation cannot
                                               be learnt: of messages, inside payloads */
    const char *ocsp_url;                   /* NULL: as the certificate says */
    int64_t skew_ms;
    struct key *key; /* our signing key; NULL: verification only */
    const struct clock *clock;
};

/* Policy, keys and trust: immutable, thread-safe; a reload makes a new one. Inside, the
 * certificates of valid messages are kept parsed, at most 256. */
struct wsse;

/* Copies what it needs and takes references to trust, certificates and key; the clock and what io
 * points at are borrowed and must outlive it. limits of 0 bytes: 32 MiB, depth 64.
 * ST_NOMEM  out of memory */
MUST_USE enum status wsse_new(const struct wsse_params *params, struct wsse **ret_wsse,
                              struct err *err);
/* NULL is fine. */
void wsse_free(struct wsse *wsse);
DEFINE_AUTO(struct wsse, wsse_free)

struct verified; /* a verified envelope */

/**
 * Verifies a SOAP 1.1 message: one Body by position, one Reference to it and at most one more to
 * the wsu:Timestamp of the same Security header, allow-lists, no DTD, depth and size; then the
 * signer (req 0.31, 0.32), of whom KeyUsage digitalSignature is demanded.
 *
 * Beyond the letter of the contract: processing instructions are refused anywhere (SOAP 1.1
 * section 3); so is a header other than Security that must be understood by us (section 4.2.3);
 * Body may be named by an unqualified Id (node-soap); the id named must stand once in the document,
 * under any attribute called id; an unsigned Timestamp says nothing; a signed one without Expires
 * does not expire. UTF-8 and US-ASCII alone, a BOM allowed.
 *
 * deadline_ms  monotonic, for what is fetched about revocation; 0: as crypto has it
 *
 * ST_FORMAT    not XML, DTD, depth, size, no Envelope; two of what may stand once; a header that
 *              is not understood
 * ST_UNSIGNED  no signature in the Security header for us
 * ST_FORGED    signature, algorithm, coverage, KeyInfo, key usage
 * ST_STALE     certificate's dates, path, revocation; Timestamp outside the window
 * ST_UNAVAILABLE  revocation cannot be learnt
 * ST_NOMEM     out of memory
 * err->text is the report's reason: «check: what is wrong».
 * *ret_env is the caller's: verified_free(). Thread-safe.
 */
MUST_USE enum status wsse_verify(const struct wsse *wsse, struct slice bytes, int64_t deadline_ms,
                                 struct verified **ret_env, struct err *err);
void verified_free(struct verified *env);
DEFINE_AUTO(struct verified, verified_free)

/* Borrowed; pin is filled when the certificate is a pinned one, however KeyInfo named it; unknown
 * when the message was let through without knowing of revocation (params.unknown). */
const struct signer *verified_signer(const struct verified *env);
/* Exclusive C14N of the verified Body, the one thing gSOAP is fed: read again from the very bytes
 * that were digested, so it holds no comment and no CDATA. Borrowed. The content of `data`,
 * elements or text, is taken out of it (it travels by verified_payload()). */
struct slice verified_body(const struct verified *env);

enum payload_form { PAYLOAD_NONE, PAYLOAD_ELEMENT, PAYLOAD_TEXT };
struct payload {
    enum payload_form form; /* how it stood in `data`: element children or text */
    struct slice c14n;      /* exclusive C14N of its root element; borrowed */
    const char *name;       /* local name of the root */
    const char *ns;         /* namespace URI, "" when none */
};
/**
 * The payload in `data`: Body/…/request/requestData/data, or response/responseData/data, by local
 * names; xsi:type ignored; parsed under the same guards. An encoding declared in text is ignored,
 * for text is characters already (.NET says utf-16). Namespaces that only values use are not in
 * c14n.
 *
 * ST_OK with PAYLOAD_NONE when there is no data or it is empty.
 * ST_INPUT  field data; code payloadNotXml: text that is not one well-formed XML element;
 *           payloadNotOneElement: several elements, or text beside one
 * *ret is borrowed from env. Thread-safe.
 */
MUST_USE enum status verified_payload(const struct verified *env, struct payload *ret,
                                      struct err *err);

/**
 * Puts the Body's content (bytes of one element, at most 64 MiB, 128 deep) into a signed SOAP 1.1
 * envelope as shep-contract.md section 4 «What we emit» says; the algorithm is the key's. The bytes
 * stay as they are, but for CR LF and CR, which become LF; the prefixes soap and wsu are declared.
 *
 * ST_INTERNAL  no key, or one we do not sign with; content that is not one element
 * ST_NOMEM     out of memory
 * *ret_out is the caller's. Thread-safe.
 */
MUST_USE enum status wsse_sign(const struct wsse *wsse, struct slice body_content,
                               struct bytes **ret_out, struct err *err);
