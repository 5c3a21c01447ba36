#include "server/allowed.h"

#include <string.h>

/* "gost2015" allows both lengths: certificates of either may sign. */
static unsigned bits_of(const char *const *words)
{
    unsigned bits = 0;

    for (; *words; words++) {
        enum algorithm one = algorithm_parse(slice_str(*words));
        bits |= one == ALG_GOST2015_512 ? ALG_GOST2015_512 | ALG_GOST2015_256 : (unsigned)one;
    }
    return bits;
}

static unsigned listed(const struct conf *conf, enum signature_kind kind)
{
    unsigned bits;

    switch (kind) {
    case KIND_TRANSPORT:
        return bits_of(conf->trust.transport_algorithms);
    case KIND_USER:
        return bits_of(conf->trust.user_algorithms);
    case KIND_BUSINESS:
        return bits_of(conf->trust.business_algorithms);
    case KIND_JWS:
        bits = bits_of(conf->jws.algorithms);
        return bits & ALG_GOST2004 ? bits | ALG_GAMMA : bits; /* kz-crypto.md section 4 */
    default:
        return ALG_DEFAULT; /* of a timestamp's authority */
    }
}

unsigned allowed_algorithms(const struct conf *conf, enum signature_kind kind)
{
    static const char *const words[KIND_COUNT_] = {
        [KIND_TRANSPORT] = "transport",
        [KIND_USER] = "user",
        [KIND_BUSINESS] = "business",
        [KIND_TIMESTAMP] = "timestamp",
    };
    unsigned bits = listed(conf, kind);

    for (const char *const *word = conf->trust.sha1_profiles; *word; word++)
        if (words[kind] && strcmp(*word, words[kind]) == 0)
            bits |= ALG_RSA_SHA1;
    return bits;
}
