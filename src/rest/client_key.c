#include "rest/client_key.h"

#include "crypto/init.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>

/* A token's uses stand in line, and a handshake has a deadline. Not even its PIN is tried. */
static enum status check_place(const char *place, struct err *err)
{
    if (strncmp(place, "pkcs11:", 7) == 0)
        return RAISE_CAUSE(err, ST_INPUT, "clientKeyInToken", NULL, NULL,
                           "TLS client key: it must stand in a file, not in a token");
    return ST_OK;
}

static enum status check_algorithm(const struct key *key, const char *place, struct err *err)
{
    if (key_algorithm(key) != ALG_RSA_SHA256)
        return RAISE_CAUSE(err, ST_INPUT, "clientKeyNotRsa", NULL, NULL,
                           "TLS client key %s: %s, where an RSA key is wanted", place,
                           algorithm_name(key_algorithm(key)));
    return ST_OK;
}

static enum status check_dates(const struct signer *signer, int64_t now_ms, const char *place,
                               struct err *err)
{
    char when[TIME_TEXT];

    if (now_ms < signer->not_before_ms) {
        time_utc_text(signer->not_before_ms, when);
        return RAISE_CAUSE(err, ST_INPUT, "clientCertNotYet", NULL, NULL,
                           "TLS client key %s: its certificate is valid from %s only", place, when);
    }
    if (now_ms > signer->not_after_ms) {
        time_utc_text(signer->not_after_ms, when);
        return RAISE_CAUSE(err, ST_INPUT, "clientCertExpired", NULL, NULL,
                           "TLS client key %s: its certificate ended at %s", place, when);
    }
    return ST_OK;
}

enum status client_key_open(const struct key_source *source, const struct clock *clock,
                            struct key **ret_key, struct err *err)
{
    AUTO(key_free) struct key *key = NULL;

    TRY(check_place(source->place, err));
    TRY(crypto_init(err)); /* a .p12 may be sealed with RC2-40 */
    TRY(key_open(source, &key, err));
    TRY(check_algorithm(key, source->place, err));
    if (clock)
        TRY(check_dates(cert_signer(key_cert(key)), clock_now(clock), source->place, err));
    *ret_key = TAKE(key);
    return ST_OK;
}

bool client_key_show(const struct key *key, void *ssl_ctx)
{
    SSL_CTX *tls = ssl_ctx;
    bool ok = SSL_CTX_use_certificate(tls, cert_x509(key_cert(key))) == 1 &&
              SSL_CTX_use_PrivateKey(tls, key_pkey(key)) == 1;

    for (size_t i = 0; ok && i < key_chain_count(key); i++)
        ok = SSL_CTX_add1_chain_cert(tls, cert_x509(key_chain_at(key, i))) == 1;
    if (!ok)
        ERR_clear_error();
    return ok;
}
