/* Who signed: the facts of a certificate that upper floors compare, show and keep. */
#pragma once

#include <stdint.h>

/* EKU roles of НУЦ РК (kz-crypto.md section 1); a set of bits. */
enum role {
    ROLE_INDIVIDUAL = 1 << 0,         /* 1.2.398.3.3.4.1.1 */
    ROLE_LEGAL_ENTITY = 1 << 1,       /* 1.2.398.3.3.4.1.2 */
    ROLE_CEO = 1 << 2,                /* 1.2.398.3.3.4.1.2.1 */
    ROLE_SIGN_RIGHT = 1 << 3,         /* 1.2.398.3.3.4.1.2.2 */
    ROLE_SIGN_FINANCE = 1 << 4,       /* 1.2.398.3.3.4.1.2.3 */
    ROLE_HR = 1 << 5,                 /* 1.2.398.3.3.4.1.2.4 */
    ROLE_EMPLOYEE = 1 << 6,           /* 1.2.398.3.3.4.1.2.5 */
    ROLE_INFORMATION_SYSTEM = 1 << 7, /* 1.2.398.3.3.4.3 and below */
    ROLE_NCA = 1 << 8,                /* 1.2.398.3.3.4.2 and below: НУЦ's own people */
};

/* RFC 5280 section 4.2.1.3; a set of bits. */
enum key_usage {
    USAGE_DIGITAL_SIGNATURE = 1 << 0,
    USAGE_NON_REPUDIATION = 1 << 1,
    USAGE_KEY_ENCIPHERMENT = 1 << 2,
    USAGE_DATA_ENCIPHERMENT = 1 << 3,
    USAGE_KEY_AGREEMENT = 1 << 4,
    USAGE_KEY_CERT_SIGN = 1 << 5,
    USAGE_CRL_SIGN = 1 << 6,
};

/* Plain data, UTF-8, NUL-terminated; "" where the certificate says nothing. */
struct signer {
    char subject[512]; /* RFC 4514 order as in the certificate, UTF-8 unescaped */
    char issuer[512];
    char common_name[256];
    char iin[13];    /* 12 digits of serialNumber=IIN… */
    char bin[13];    /* 12 digits of OU=BIN… */
    char serial[80]; /* lower-case hex without leading zeros */
    int64_t not_before_ms;
    int64_t not_after_ms;
    unsigned roles;     /* enum role */
    unsigned key_usage; /* enum key_usage; 0 when the extension is absent */
    uint8_t sha256[32]; /* of the whole certificate's DER */
    char pin[64];       /* name of the pinned gateway certificate this is, "" otherwise */
    char unknown[240];  /* why revocation could not be learnt, where a setting let the signature
                           through all the same; "" otherwise */
};
