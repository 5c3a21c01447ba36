#include "crypto/password.h"

#include "base/text.h"
#include "crypto/encode.h"

#include <argon2.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdlib.h>

enum {
    REMEMBERED_MAX = 1024,
    PASSWORD_MAX = 1024, /* bytes */
    PHC_MAX = 512,
    KEY_BYTES = 32,
    SALT_BYTES = 16,
    HASH_BYTES = 32,
    TIME_COST = 2,           /* passes; with the memory: OWASP's advice for argon2id */
    MEMORY_COST = 19 * 1024, /* KiB */
    LANES = 1,
};

struct passwords {
    uint8_t key[KEY_BYTES]; /* of this process alone */
    pthread_mutex_t lock;   /* of the memory */
    uint8_t tags[REMEMBERED_MAX][SHA256_BYTES];
    size_t count;
    size_t next;             /* the oldest makes room */
    pthread_mutex_t hashing; /* one argon2 at a time: each takes its 19 MiB */
};

struct passwords *passwords_new(void)
{
    struct passwords *passwords = calloc(1, sizeof(*passwords));

    if (!passwords)
        return NULL;
    random_fill(passwords->key, sizeof(passwords->key));
    pthread_mutex_init(&passwords->lock, NULL);
    pthread_mutex_init(&passwords->hashing, NULL);
    return passwords;
}

void passwords_free(struct passwords *passwords)
{
    if (!passwords)
        return;
    pthread_mutex_destroy(&passwords->lock);
    pthread_mutex_destroy(&passwords->hashing);
    OPENSSL_cleanse(passwords, sizeof(*passwords));
    free(passwords);
}

/* HMAC over both: a new hash in the configuration forgets the old password. */
static void make_tag(const struct passwords *passwords, struct slice phc, struct slice password,
                     uint8_t ret[SHA256_BYTES])
{
    uint8_t both[2][SHA256_BYTES];
    struct slice key = slice_mem(passwords->key, sizeof(passwords->key));

    hmac_sha256(key, phc, both[0]);
    hmac_sha256(key, password, both[1]);
    hmac_sha256(key, slice_mem(both, sizeof(both)), ret);
    OPENSSL_cleanse(both, sizeof(both));
}

static bool is_remembered(struct passwords *passwords, const uint8_t tag[SHA256_BYTES])
{
    bool found = false;

    pthread_mutex_lock(&passwords->lock);
    for (size_t i = 0; i < passwords->count; i++)
        found |= CRYPTO_memcmp(passwords->tags[i], tag, SHA256_BYTES) == 0;
    pthread_mutex_unlock(&passwords->lock);
    return found;
}

static void remember(struct passwords *passwords, const uint8_t tag[SHA256_BYTES])
{
    pthread_mutex_lock(&passwords->lock);
    memcpy(passwords->tags[passwords->next], tag, SHA256_BYTES);
    passwords->next = (passwords->next + 1) % REMEMBERED_MAX;
    if (passwords->count < REMEMBERED_MAX)
        passwords->count++;
    pthread_mutex_unlock(&passwords->lock);
}

bool passwords_match(struct passwords *passwords, const char *phc, struct slice password)
{
    uint8_t tag[SHA256_BYTES];
    size_t len = strnlen(phc, PHC_MAX + 1);

    if (len > PHC_MAX || password.len > PASSWORD_MAX)
        return false;
    make_tag(passwords, slice_mem(phc, len), password, tag);
    if (is_remembered(passwords, tag))
        return true;
    pthread_mutex_lock(&passwords->hashing);
    bool right = argon2id_verify(phc, password.at, password.len) == ARGON2_OK;
    pthread_mutex_unlock(&passwords->hashing);
    if (right)
        remember(passwords, tag);
    return right;
}

enum status password_hash(struct slice password, char ret[128], struct err *err)
{
    uint8_t salt[SALT_BYTES];
    char phc[128];

    if (password.len == 0 || password.len > PASSWORD_MAX)
        return RAISE_CAUSE(err, ST_INPUT, "passwordLength", "password", "1 to 1024 bytes",
                           "a password has 1 to %d bytes", PASSWORD_MAX);
    random_fill(salt, sizeof(salt));
    int result = argon2id_hash_encoded(TIME_COST, MEMORY_COST, LANES, password.at, password.len,
                                       salt, sizeof(salt), HASH_BYTES, phc, sizeof(phc));
    if (result != ARGON2_OK)
        return RAISE(err, result == ARGON2_MEMORY_ALLOCATION_ERROR ? ST_NOMEM : ST_INTERNAL,
                     "argon2: %s", argon2_error_message(result));
    text_copy(ret, 128, phc);
    return ST_OK;
}
