#include "crypto/init.h"

#include "crypto/gost/kzgost.h"
#include "crypto/ossl.h"

#include <openssl/provider.h>
#include <pthread.h>
#include <stdbool.h>

/* The one guarded library initialisation of the room; a failed one may be tried again. */
static pthread_mutex_t init_lock = PTHREAD_MUTEX_INITIALIZER;
static bool init_done;
static OSSL_PROVIDER *legacy; /* RC2-40 in the PKCS#12 of НУЦ РК */

/* OpenSSL does not free by itself what a loaded provider holds. */
static void unload_legacy(void)
{
    (void)OSSL_PROVIDER_unload(legacy);
}

static enum status load_all(struct err *err)
{
    if (kzgost_load(NULL) != 1) /* and the default provider with it */
        return ossl_raise(err, ST_INTERNAL, "the provider kzgost");
    legacy = OSSL_PROVIDER_load(NULL, "legacy");
    if (!legacy)
        return ossl_raise(err, ST_INTERNAL, "OpenSSL's provider legacy");
    (void)OPENSSL_atexit(unload_legacy);
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

void crypto_thread_end(void)
{
    OPENSSL_thread_stop();
}
