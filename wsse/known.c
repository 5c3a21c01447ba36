/* Certificates of verified messages, kept parsed. */
#include "wsse/known.h"

#include "crypto/encode.h"

#include <pthread.h>

enum { SLOTS = 256 }; /* found by the first byte of the SHA-256 */

struct known {
    pthread_mutex_t lock;
    struct cert *certs[SLOTS]; /* references of ours; NULL: empty */
};

struct known *known_new(void)
{
    struct known *known = calloc(1, sizeof(*known));

    if (known)
        pthread_mutex_init(&known->lock, NULL);
    return known;
}

void known_free(struct known *known)
{
    if (!known)
        return;
    for (size_t i = 0; i < SLOTS; i++)
        cert_free(known->certs[i]);
    pthread_mutex_destroy(&known->lock);
    free(known);
}

struct cert *known_find(struct known *known, struct slice der)
{
    uint8_t hash[SHA256_BYTES];
    struct cert *found = NULL;

    if (!known)
        return NULL;
    sha256(der, hash);
    pthread_mutex_lock(&known->lock);
    found = known->certs[hash[0]];
    found = found && slice_eq(cert_der(found), der) ? cert_ref(found) : NULL;
    pthread_mutex_unlock(&known->lock);
    return found;
}

void known_keep(struct known *known, const struct cert *cert)
{
    struct cert *old = NULL;
    struct cert **slot = NULL;

    if (!known)
        return;
    slot = &known->certs[cert_signer(cert)->sha256[0]];
    pthread_mutex_lock(&known->lock);
    if (*slot != cert) {
        old = *slot;
        *slot = cert_ref(cert);
    }
    pthread_mutex_unlock(&known->lock);
    cert_free(old);
}
