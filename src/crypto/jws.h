/* The JWS of ЦОИД in x-jws-signature (req 2.40–2.51, C-09, C-10; kz-crypto.md section 4): compact,
 * normally detached (header..signature), over the body's bytes. Thread-safe. */
#pragma once

#include "base/auto.h"
#include "base/bytes.h"
#include "crypto/key.h"
#include "crypto/trust.h"

/* What the signature is over. */
enum jws_input {
    JWS_INPUT_BODY,    /* the body's bytes alone (req 2.43, 2.51) */
    JWS_INPUT_RFC7515, /* ASCII(BASE64URL(header) "." BASE64URL(body)), RFC 7515 section 5.1 */
};
/* Order of the two numbers of a GOST signature; a verifier takes either. */
enum jws_order {
    JWS_ORDER_LE_RS, /* LE(r) ‖ LE(s), НУЦ РК's */
    JWS_ORDER_BE_SR, /* BE(s) ‖ BE(r), TumarCSP's: its whole reverse */
};
/* How base64 is written (C-09); a reader takes both, with or without padding. */
enum jws_alphabet {
    JWS_BASE64_URL, /* RFC 4648 section 5, no padding: the text of the contract */
    JWS_BASE64_STD, /* RFC 4648 section 4 with padding: its examples */
};

/* The words of configuration and command line: body, rfc7515; le-rs, be-sr; url, std. ST_INPUT:
 * another. */
MUST_USE enum status jws_input_parse(const char *word, enum jws_input *ret, struct err *err);
MUST_USE enum status jws_order_parse(const char *word, enum jws_order *ret, struct err *err);
MUST_USE enum status jws_alphabet_parse(const char *word, enum jws_alphabet *ret, struct err *err);

struct jws;

/**
 * Takes a JWS apart; nothing is verified. Blanks around it are skipped.
 * ST_FORMAT  over 16 KiB, not three parts, not base64, header not strict JSON, `alg` or `kid`
 *            missing, kid not 1–79 hex digits, a `crit` header (nothing of it is understood)
 * *ret_jws is the caller's: jws_free().
 */
MUST_USE enum status jws_parse(struct slice text, struct jws **ret_jws, struct err *err);
/* NULL is fine. */
void jws_free(struct jws *jws);
DEFINE_AUTO(struct jws, jws_free)

/* Borrowed from the JWS. */
struct slice jws_header(const struct jws *jws); /* decoded JSON */
struct slice jws_alg(const struct jws *jws);
struct slice jws_kid(const struct jws *jws); /* as written */
struct slice jws_iss(const struct jws *jws); /* empty: none */
struct slice jws_signature(const struct jws *jws);
/* false: the payload is outside (detached). */
bool jws_payload(const struct jws *jws, struct slice *ret_payload);

/* The serial number of the certificate equals the kid as a number (req 2.48; kz-crypto.md section
 * 4: leading zeros come and go; TumarCSP's serials are their bytes, a high first bit is no sign).
 */
bool jws_kid_is(struct slice kid, const struct cert *cert);

/* What a JWS says of its signer. Borrowed. */
struct jws_want {
    struct slice kid;    /* hex digits as written */
    struct slice iss;    /* "": none */
    int64_t deadline_ms; /* monotonic */
};
enum { JWS_FOUND_MAX = 8 };
struct jws_found {
    struct cert *certs[JWS_FOUND_MAX];
    size_t count;
};
/* Adds a certificate, which it shares, unless it is there already or there is no room. */
void jws_found_add(struct jws_found *found, const struct cert *cert);
void jws_found_clear(struct jws_found *found); /* frees the certificates, not the struct */

/* Where certificates are looked for when none at hand has the kid: the authority's LDAP
 * (rest/ldap.h). What is found is no more than bytes: path and revocation are judged apart. */
struct jws_lookup {
    void *ctx;
    /* All certificates of the kid that the source has, at least one on ST_OK; then the caller's:
     * jws_found_clear(). ST_NOT_FOUND: the source was asked and has none of that kid. */
    enum status (*find)(void *ctx, const struct jws_want *want, struct jws_found *ret_found,
                        struct err *err);
};

struct jws_params {
    enum jws_input input;
    const struct jws_lookup *lookup; /* NULL: judge->pins and judge->extra only */
};

/**
 * Judges a JWS over body. The certificate is the one of judge->pins and judge->extra whose serial
 * number is the kid, else lookup's (several: the one whose key made the signature); none known, or
 * a source that is away, is «unknown», never a yes. `alg` must be that of its key. `iss` is told,
 * not judged: the kid and the key decide.
 *
 * body  exactly as it came; at == NULL: it must be inside. A payload inside must equal the body.
 */
MUST_USE enum verdict jws_judge(const struct judge *judge, struct slice text, struct slice body,
                                const struct jws_params *params, struct report *report);

struct jws_settings {
    enum jws_input input;
    enum jws_order order;
    enum jws_alphabet alphabet;
    bool attached;   /* the body inside as well; the contract sends it outside (req 2.44) */
    const char *iss; /* optional: DN of the certificate; NULL: none */
};
/**
 * Signs body; alg by the key, kid its certificate's serial number. *ret_text is the caller's.
 * ST_INPUT  the key is of an algorithm that has no `alg` (req 2.41)
 */
MUST_USE enum status jws_sign(const struct key *key, struct slice body,
                              const struct jws_settings *settings, struct bytes **ret_text,
                              struct err *err);

/* header "." payload "." signature in base64; payload.at == NULL: header..signature. The caller's;
 * NULL when out of memory. */
struct bytes *jws_compose(struct slice header, struct slice payload, struct slice signature,
                          enum jws_alphabet alphabet);
