/* The signature and digest methods of XML signatures: URI, algorithm, the code behind them. */
#pragma once

#include "base/bytes.h"
#include "crypto/algorithm.h"

#include <xmlsec/transforms.h>

struct signature_method {
    const char *uri;
    enum algorithm algorithm;
    xmlSecTransformId (*transform)(void);
};

struct digest_method {
    const char *uri;
    enum algorithm algorithm; /* the signature algorithm it belongs to */
    const char *md;           /* for EVP_MD_fetch() */
    xmlSecTransformId (*transform)(void);
};

/* NULL: none of ours. uri may be NULL. */
const struct signature_method *signature_method_find(const char *uri);
const struct digest_method *digest_method_find(const char *uri);

/* What we sign with; NULL for an algorithm with which we do not sign. */
const struct signature_method *signature_method_of(enum algorithm algorithm);
const struct digest_method *digest_method_of(enum algorithm algorithm);

/* A key that verifies `method` may stand in this kind of certificate. */
bool algorithm_fits_key(enum algorithm method, enum algorithm key);

/* The digest of data in base64. ST_INTERNAL: the library refused. */
MUST_USE enum status digest_base64(const struct digest_method *method, struct slice data,
                                   struct bytes **ret, struct err *err);
