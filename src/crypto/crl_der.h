/* DER as revocation lists need it: strict (X.690 section 10), in place, without allocation. */
#pragma once

#include "crypto/der.h"

#include <stdint.h>

enum crl_tag {
    CRL_TAG_BOOLEAN = 0x01,
    CRL_TAG_OID = 0x06,
    CRL_TAG_ENUMERATED = 0x0a,
    CRL_TAG_UTC_TIME = 0x17,
    CRL_TAG_GENERALIZED_TIME = 0x18,
    CRL_TAG_0 = 0xa0, /* [0], constructed */
};

/* As der_next(), and the length is written in its shortest form. */
bool crl_der_next(struct slice *rest, struct der_item *ret);
/* As der_take(), likewise. */
bool crl_der_take(struct slice *rest, unsigned tag, struct slice *ret_content);

/* The content of an INTEGER that is neither negative nor over max bytes, without its leading zero
 * (empty for 0). NULL, or what it is: "negative" … */
const char *crl_der_unsigned(struct slice content, size_t max, struct slice *ret);
/* UTCTime or GeneralizedTime as RFC 5280 section 4.1.2.5 wants them, to the second with Z.
 * Seconds of Unix time. */
bool crl_der_time(const struct der_item *item, int64_t *ret_seconds);

/* The last arc of the extensions below id-ce, 2.5.29 (RFC 5280 sections 5.2 and 5.3). */
enum crl_extension_id {
    CRL_EXT_OTHER = 0, /* not below 2.5.29 */
    CRL_EXT_NUMBER = 20,
    CRL_EXT_REASON = 21,
    CRL_EXT_DELTA = 27,
    CRL_EXT_IDP = 28,
    CRL_EXT_CERTIFICATE_ISSUER = 29,
    CRL_EXT_AKI = 35,
    CRL_EXT_FRESHEST = 46,
    CRL_EXT_IDS = 128,
};

struct crl_extension {
    unsigned id; /* enum crl_extension_id, or another arc */
    bool critical;
    struct slice oid;   /* content */
    struct slice value; /* content of the OCTET STRING */
};
/* Takes the next one. NULL, or what is wrong with it. */
const char *crl_extension_next(struct slice *rest, struct crl_extension *ret);
