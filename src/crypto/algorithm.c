#include "crypto/algorithm.h"

#include "crypto/gost/kzgost.h"
#include "crypto/scheme.h"

#include <string.h>

/* OIDs of kz-crypto.md section 1; the names of keys and digests are the KZ provider's. */
static const struct scheme schemes[] = {
    { ALG_GOST2015_512, "ГОСТ 34.10-2015-512", KZGOST_KEY_2015_512, KZGOST_DIGEST_2015_512,
      "1.2.398.3.10.1.3.3", "1.2.398.3.10.1.1.2.2", "1.2.398.3.10.1.1.2.3.2" },
    { ALG_GOST2004, "ГОСТ 34.310-2004", KZGOST_KEY_2004, KZGOST_DIGEST_34311_95,
      "1.2.398.3.10.1.3.1", "1.2.398.3.10.1.1.1.1", "1.2.398.3.10.1.1.1.2" },
    { ALG_GOST2015_256, "ГОСТ 34.10-2015-256", KZGOST_KEY_2015_256, KZGOST_DIGEST_2015_256,
      "1.2.398.3.10.1.3.2", "1.2.398.3.10.1.1.2.1", "1.2.398.3.10.1.1.2.3.1" },
    { ALG_GAMMA, "ГОСТ 34.310-2004 (TumarCSP)", KZGOST_KEY_GAMMA, KZGOST_DIGEST_GAMMA,
      "1.3.6.1.4.1.6801.1.2.1", "1.3.6.1.4.1.6801.1.5.8", "1.3.6.1.4.1.6801.1.2.2" },
    { ALG_RSA_SHA256, "RSA-SHA256", "RSA", "SHA256", "2.16.840.1.101.3.4.2.1",
      "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.11" },
    { ALG_RSA_SHA1, "RSA-SHA1", "RSA", "SHA1", "1.3.14.3.2.26", "1.2.840.113549.1.1.1",
      "1.2.840.113549.1.1.5" },
};

static const struct {
    const char *oid;
    const char *name;
} other_digests[] = {
    { "2.16.840.1.101.3.4.2.2", "SHA384" },
    { "2.16.840.1.101.3.4.2.3", "SHA512" },
};

static const struct {
    const char *word;
    enum algorithm algorithm;
} words[] = {
    { "gost2015", ALG_GOST2015_512 },
    { "gost2004", ALG_GOST2004 },
    { "rsa", ALG_RSA_SHA256 },
};

enum { SCHEMES = sizeof(schemes) / sizeof(schemes[0]) };

const struct scheme *scheme_of_algorithm(enum algorithm algorithm)
{
    for (size_t i = 0; i < SCHEMES; i++)
        if (schemes[i].algorithm == algorithm)
            return &schemes[i];
    return NULL;
}

const struct scheme *scheme_of_key(const EVP_PKEY *key)
{
    for (size_t i = 0; key && i < SCHEMES; i++)
        if (EVP_PKEY_is_a(key, schemes[i].key_type))
            return &schemes[i];
    return NULL;
}

const struct scheme *scheme_find(const EVP_PKEY *key, const char *digest_oid)
{
    for (size_t i = 0; key && i < SCHEMES; i++)
        if (strcmp(schemes[i].digest_oid, digest_oid) == 0 &&
            EVP_PKEY_is_a(key, schemes[i].key_type))
            return &schemes[i];
    return NULL;
}

const struct scheme *scheme_of_signature(const ASN1_OBJECT *signature)
{
    char oid[OID_TEXT];

    oid_text(signature, oid);
    for (size_t i = 0; i < SCHEMES; i++)
        if (strcmp(schemes[i].signature_oid, oid) == 0)
            return &schemes[i];
    return NULL;
}

const char *digest_name_of_oid(const char *digest_oid)
{
    for (size_t i = 0; i < SCHEMES; i++)
        if (strcmp(schemes[i].digest_oid, digest_oid) == 0)
            return schemes[i].digest;
    for (size_t i = 0; i < sizeof(other_digests) / sizeof(other_digests[0]); i++)
        if (strcmp(other_digests[i].oid, digest_oid) == 0)
            return other_digests[i].name;
    return NULL;
}

const char *algorithm_name(enum algorithm algorithm)
{
    const struct scheme *scheme = scheme_of_algorithm(algorithm);

    return scheme ? scheme->name : "unknown";
}

enum algorithm algorithm_parse(struct slice word)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (slice_eq_str(word, words[i].word))
            return words[i].algorithm;
    return ALG_UNKNOWN;
}
