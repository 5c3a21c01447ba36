/* kzgost_load(): the provider as a part of the program. */
#include "crypto/gost/kzgost.h"
#include "crypto/gost/provider.h"
#include "crypto/gost/register.h"

#include <pthread.h>

#include <openssl/provider.h>

static int load(OSSL_LIB_CTX *libctx)
{
    if (!kz_register())
        return 0;
    if (OSSL_PROVIDER_available(libctx, KZGOST_PROVIDER))
        return 1;
    return OSSL_PROVIDER_load(libctx, "default") &&
           OSSL_PROVIDER_add_builtin(libctx, KZGOST_PROVIDER, kz_provider_init) &&
           OSSL_PROVIDER_load(libctx, KZGOST_PROVIDER);
}

int kzgost_load(OSSL_LIB_CTX *libctx)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* one loads, the others wait */
    int done;

    (void)pthread_mutex_lock(&lock);
    done = load(libctx);
    (void)pthread_mutex_unlock(&lock);
    return done;
}
