#include "server/judging.h"

#include <string.h>

enum revocation judging_revocation(const struct conf *conf)
{
    static const struct {
        const char *word;
        enum revocation how;
    } words[] = {
        { "off", REVOCATION_OFF },
        { "ocsp", REVOCATION_OCSP },
        { "crl", REVOCATION_CRL },
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(conf->trust.revocation, words[i].word) == 0)
            return words[i].how;
    return REVOCATION_AUTO;
}

enum revocation_scope judging_scope(const struct conf *conf)
{
    return strcmp(conf->trust.revocation_scope, "signer") == 0 ? REVOCATION_SIGNER
                                                               : REVOCATION_PATH;
}

enum unknown judging_unknown(const char *word)
{
    return strcmp(word, "accept") == 0 ? UNKNOWN_ACCEPT : UNKNOWN_REFUSE;
}

const char *judging_ocsp_url(const struct conf *conf)
{
    return *conf->trust.ocsp_url ? conf->trust.ocsp_url : NULL;
}
