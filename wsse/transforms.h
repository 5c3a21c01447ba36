/* The algorithms xmlsec1 does not know, as verify-only transforms of it, by EVP and kzgost. */
#pragma once

#include "base/err.h"
#include "crypto/algorithm.h"

#include <openssl/types.h>
#include <xmlsec/keys.h>
#include <xmlsec/transforms.h>

/* Registers them; once, after xmlSecCryptoInit(). ST_INTERNAL: xmlsec1 refused. */
MUST_USE enum status transforms_register(struct err *err);

xmlSecTransformId transform_sign_gost2004(void);
xmlSecTransformId transform_sign_gost2015_256(void);
xmlSecTransformId transform_sign_gost2015_512(void);
xmlSecTransformId transform_sign_rsa_sha1_more(void);
xmlSecTransformId transform_digest_34311(void);
xmlSecTransformId transform_digest_2015_256(void);
xmlSecTransformId transform_digest_2015_512(void);
xmlSecTransformId transform_digest_sha1_more(void);

/* A key of xmlsec's that shares pkey: one more reference, no copy. NULL when out of memory.
 * The caller's: xmlSecKeyDestroy(), or given to a context that does it. */
xmlSecKeyPtr transforms_lend_key(EVP_PKEY *pkey, xmlSecTransformId method);
