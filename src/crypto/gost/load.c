/* kzgost_load(): the provider as a part of the program. */
#include "crypto/gost/kzgost.h"
#include "crypto/gost/provider.h"
#include "crypto/gost/register.h"

#include <pthread.h>

#include <openssl/crypto.h>
#include <openssl/provider.h>

/* What was loaded into one context: our references, to be given back. */
struct loaded {
    struct loaded *next;
    OSSL_LIB_CTX *libctx;
    OSSL_PROVIDER *standard;
    OSSL_PROVIDER *kzgost;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct loaded *contexts; /* behind lock */

static void free_loaded(struct loaded *loaded)
{
    if (loaded->kzgost)
        OSSL_PROVIDER_unload(loaded->kzgost);
    if (loaded->standard)
        OSSL_PROVIDER_unload(loaded->standard);
    OPENSSL_free(loaded);
}

static void unload_default(void)
{
    kzgost_unload(NULL);
}

static int load(OSSL_LIB_CTX *libctx)
{
    static int at_exit; /* behind lock */
    struct loaded *loaded;

    if (!kz_register())
        return 0;
    if (OSSL_PROVIDER_available(libctx, KZGOST_PROVIDER))
        return 1;
    loaded = OPENSSL_zalloc(sizeof(*loaded));
    if (!loaded)
        return 0;
    loaded->libctx = libctx;
    loaded->standard = OSSL_PROVIDER_load(libctx, "default");
    if (loaded->standard && OSSL_PROVIDER_add_builtin(libctx, KZGOST_PROVIDER, kz_provider_init))
        loaded->kzgost = OSSL_PROVIDER_load(libctx, KZGOST_PROVIDER);
    if (!loaded->kzgost) {
        free_loaded(loaded);
        return 0;
    }
    loaded->next = contexts;
    contexts = loaded;
    if (!libctx && !at_exit)
        at_exit = OPENSSL_atexit(unload_default);
    return 1;
}

int kzgost_load(OSSL_LIB_CTX *libctx)
{
    int done;

    (void)pthread_mutex_lock(&lock);
    done = load(libctx);
    (void)pthread_mutex_unlock(&lock);
    return done;
}

void kzgost_unload(OSSL_LIB_CTX *libctx)
{
    (void)pthread_mutex_lock(&lock);
    for (struct loaded **at = &contexts; *at; at = &(*at)->next) {
        struct loaded *loaded = *at;

        if (loaded->libctx == libctx) {
            *at = loaded->next;
            free_loaded(loaded);
            break;
        }
    }
    (void)pthread_mutex_unlock(&lock);
}
