#include "crypto/init.h"

#include "crypto/gost/kzgost.h"
#include "crypto/ossl.h"

#include <openssl/provider.h>
#include <pthread.h>
#include <stdbool.h>

/* The one guarded library initialisation of the room; a failed one may be tried again. */
static pthread_mutex_t init_lock = PTHREAD_MUTEX_INITIALIZER;
static bool init_done;

static enum status load_all(struct err *err)
{
    if (!OSSL_PROVIDER_load(NULL, "default"))
        return ossl_raise(err, ST_INTERNAL, "OpenSSL's provider default");
    if (!OSSL_PROVIDER_load(NULL, "legacy")) /* RC2-40 in the PKCS#12 of НУЦ РК */
        return ossl_raise(err, ST_INTERNAL, "OpenSSL's provider legacy");
    if (kzgost_load(NULL) != 1)
        return ossl_raise(err, ST_INTERNAL, "the provider kzgost");
    return ST_OK;
}

enum status crypto_init(struct err *err)
{
    enum status status = ST_OK;

    pthread_mutex_lock(&init_lock);
    if (!init_done) {
        status = load_all(err);
        init_done = status == ST_OK;
    }
    pthread_mutex_unlock(&init_lock);
    return status;
}
