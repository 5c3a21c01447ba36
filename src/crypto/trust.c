#include "crypto/trust_impl.h"

#include "base/text.h"
#include "crypto/cert_impl.h"
#include "crypto/der.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    CERTS_MAX = 1024,       /* of one trust */
    FILE_MAX = 1024 * 1024, /* bytes of one file of a folder */
    CACHE_SLOTS = 1024,     /* signers whose path is remembered */
    STRONG_LEVEL = 2,       /* OpenSSL's auth_level: 112 bits */
    WEAK_LEVEL = 0,
};

struct cache_slot {
    uint8_t sha256[32];
    struct path path;
};

struct trust {
    atomic_int refs;
    X509_STORE *anchors;
    STACK_OF(X509) * intermediates;
    size_t anchor_count;
    pthread_mutex_t lock;     /* of the cache: everything else is immutable once built */
    struct cache_slot *cache; /* CACHE_SLOTS, found by the first bytes of the SHA-256 */
};

enum status trust_new(struct trust **ret_trust, struct err *err)
{
    AUTO(trust_free) struct trust *trust = calloc(1, sizeof(*trust));

    if (!trust)
        return RAISE(err, ST_NOMEM, "trust: out of memory");
    atomic_init(&trust->refs, 1);
    pthread_mutex_init(&trust->lock, NULL);
    trust->anchors = X509_STORE_new();
    trust->intermediates = sk_X509_new_null();
    trust->cache = calloc(CACHE_SLOTS, sizeof(*trust->cache));
    if (!trust->anchors || !trust->intermediates || !trust->cache)
        return RAISE(err, ST_NOMEM, "trust: out of memory");
    *ret_trust = TAKE(trust);
    return ST_OK;
}

enum status trust_add(struct trust *trust, const struct cert *cert, struct err *err)
{
    X509 *x509 = cert_x509(cert);

    if (trust->anchor_count + (size_t)sk_X509_num(trust->intermediates) >= CERTS_MAX)
        return RAISE_CAUSE(err, ST_INPUT, "trustTooLarge", NULL, "1024 certificates",
                           "trust: more than %d certificates", CERTS_MAX);
    if (cert_is_self_signed(cert)) {
        if (X509_STORE_add_cert(trust->anchors, x509) != 1)
            return ossl_raise(err, ST_NOMEM, "trust");
        trust->anchor_count++;
        return ST_OK;
    }
    if (!X509_up_ref(x509) || sk_X509_push(trust->intermediates, x509) <= 0)
        return ossl_raise(err, ST_NOMEM, "trust");
    return ST_OK;
}

static enum status add_content(struct trust *trust, struct slice content, struct err *err)
{
    enum status status = ST_OK;

    for (size_t found = 0;; found++) {
        AUTO(bytes_free) struct bytes *der = NULL;
        AUTO(cert_free) struct cert *cert = NULL;
        status = armour_next(&content, &der, err);
        if (found > 0 && status == ST_NOT_FOUND)
            return ST_OK;
        if (status != ST_OK)
            return status == ST_NOT_FOUND ? RAISE(err, ST_INPUT, "empty") : status;
        TRY(cert_parse_der(bytes_slice(der), &cert, err));
        TRY(trust_add(trust, cert, err));
    }
}

/* NULL content: not a regular file, skip it. */
static enum status read_at(int folder, const char *name, struct bytes **ret, struct err *err)
{
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat info;

    if (fd < 0)
        return RAISE(err, ST_INPUT, "%s", strerrordesc_np(errno));
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        (void)close(fd);
        return ST_OK;
    }
    AUTO(bytes_free) struct bytes *content = bytes_new(FILE_MAX + 1);
    char *place = content ? bytes_extend(content, FILE_MAX + 1) : NULL;
    size_t len = 0;
    for (ssize_t n = 1; place && n > 0 && len <= FILE_MAX; len += n > 0 ? (size_t)n : 0)
        n = read(fd, place + len, FILE_MAX + 1 - len);
    (void)close(fd);
    if (!place)
        return RAISE(err, ST_NOMEM, "out of memory");
    if (len > FILE_MAX)
        return RAISE(err, ST_INPUT, "longer than %d bytes", FILE_MAX);
    content->len = len;
    *ret = TAKE(content);
    return ST_OK;
}

static enum status add_file(struct trust *trust, int folder, const char *name, struct err *err)
{
    AUTO(bytes_free) struct bytes *content = NULL;

    TRY(read_at(folder, name, &content, err));
    return content ? add_content(trust, bytes_slice(content), err) : ST_OK;
}

/* What scandir() found, in the order of names: errors are the same on every machine. */
struct listing {
    struct dirent **entries;
    int count;
};

static void free_listing(struct listing *listing)
{
    for (int i = 0; i < listing->count; i++)
        free(listing->entries[i]);
    free(listing->entries);
}

static int is_no_dot(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static enum status add_listing(struct trust *trust, const char *dir, const struct listing *listing,
                               struct err *err)
{
    int folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum status status = ST_OK;
    struct err cause;

    if (folder < 0)
        return RAISE(err, ST_INPUT, "%s: %s", dir, strerrordesc_np(errno));
    for (int i = 0; status == ST_OK && i < listing->count; i++) {
        const char *name = listing->entries[i]->d_name;
        status = add_file(trust, folder, name, &cause);
        if (status != ST_OK)
            status = RAISE(err, status == ST_NOMEM ? ST_NOMEM : ST_INPUT, "%s/%s: %s", dir, name,
                           cause.text);
    }
    (void)close(folder);
    return status;
}

enum status trust_add_dir(struct trust *trust, const char *dir, struct err *err)
{
    struct listing listing = { 0 };

    listing.count = scandir(dir, &listing.entries, is_no_dot, alphasort);
    if (listing.count < 0)
        return RAISE(err, errno == ENOENT || errno == ENOTDIR ? ST_NOT_FOUND : ST_INPUT, "%s: %s",
                     dir, strerrordesc_np(errno));
    enum status status = add_listing(trust, dir, &listing, err);
    free_listing(&listing);
    return status;
}

struct trust *trust_ref(const struct trust *trust)
{
    struct trust *shared = (struct trust *)trust;

    atomic_fetch_add_explicit(&shared->refs, 1, memory_order_relaxed);
    return shared;
}

void trust_free(struct trust *trust)
{
    if (!trust || atomic_fetch_sub_explicit(&trust->refs, 1, memory_order_acq_rel) > 1)
        return;
    X509_STORE_free(trust->anchors);
    x509_stack_free(trust->intermediates);
    for (size_t i = 0; trust->cache && i < CACHE_SLOTS; i++)
        path_clear(&trust->cache[i].path);
    free(trust->cache);
    pthread_mutex_destroy(&trust->lock);
    free(trust);
}

size_t trust_anchor_count(const struct trust *trust)
{
    return trust->anchor_count;
}

void trust_each(const struct trust *trust, void (*visit)(void *ctx, X509 *cert), void *ctx)
{
    AUTO(x509_stack_free) STACK_OF(X509) *anchors = X509_STORE_get1_all_certs(trust->anchors);

    for (int i = 0; anchors && i < sk_X509_num(anchors); i++)
        visit(ctx, sk_X509_value(anchors, i));
    for (int i = 0; i < sk_X509_num(trust->intermediates); i++)
        visit(ctx, sk_X509_value(trust->intermediates, i));
}

void path_clear(struct path *path)
{
    for (size_t i = 0; i < path->count; i++)
        cert_free(path->certs[i]);
    path->count = 0;
}

static void path_copy(struct path *to, const struct path *from)
{
    for (size_t i = 0; i < from->count; i++)
        to->certs[i] = cert_ref(from->certs[i]);
    to->count = from->count;
}

int dates_compare(const struct signer *facts, int64_t at_ms)
{
    if (at_ms < facts->not_before_ms)
        return -1;
    return at_ms / 1000 > facts->not_after_ms / 1000 ? 1 : 0;
}

static bool path_is_current(const struct path *path, int64_t at_ms)
{
    for (size_t i = 0; i < path->count; i++) {
        if (dates_compare(cert_signer(path->certs[i]), at_ms) != 0)
            return false;
    }
    return path->count > 0;
}

static struct cache_slot *slot_of(const struct trust *trust, const uint8_t sha256[32])
{
    return &trust->cache[((size_t)sha256[0] << 8 | sha256[1]) % CACHE_SLOTS];
}

static bool recall(const struct trust *trust, const struct cert *signer, int64_t at_ms,
                   struct path *ret)
{
    struct trust *shared = (struct trust *)trust; /* the cache alone changes, under its lock */
    const uint8_t *sha256 = cert_signer(signer)->sha256;
    struct cache_slot *slot = slot_of(trust, sha256);

    pthread_mutex_lock(&shared->lock);
    bool hit = memcmp(slot->sha256, sha256, sizeof(slot->sha256)) == 0 &&
               path_is_current(&slot->path, at_ms);
    if (hit)
        path_copy(ret, &slot->path);
    pthread_mutex_unlock(&shared->lock);
    return hit;
}

static void remember(const struct trust *trust, const struct cert *signer, const struct path *path)
{
    struct trust *shared = (struct trust *)trust;
    const uint8_t *sha256 = cert_signer(signer)->sha256;
    struct cache_slot *slot = slot_of(trust, sha256);
    struct path old;

    pthread_mutex_lock(&shared->lock);
    old = slot->path;
    memcpy(slot->sha256, sha256, sizeof(slot->sha256));
    slot->path.count = 0;
    path_copy(&slot->path, path);
    pthread_mutex_unlock(&shared->lock);
    path_clear(&old);
}

/* Dates are judged apart, by their own rows. */
static int tolerate_dates(int ok, X509_STORE_CTX *ctx)
{
    int error = X509_STORE_CTX_get_error(ctx);

    return ok || error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID;
}

static STACK_OF(X509) * untrusted_of(const struct trust *trust, const struct judge *judge)
{
    STACK_OF(X509) *all = sk_X509_dup(trust->intermediates);

    for (size_t i = 0; all && i < judge->extra_count; i++)
        (void)sk_X509_push(all, cert_x509(judge->extra[i])); /* a lost one costs the path only */
    return all;
}

static void explain(X509_STORE_CTX *ctx, char why[WHY_MAX])
{
    const char *reason = X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx));
    X509 *at = X509_STORE_CTX_get_current_cert(ctx);
    AUTO(cert_free) struct cert *cert = NULL;
    struct err err;

    if (at && cert_wrap(at, &cert, &err) == ST_OK)
        text_format(why, WHY_MAX, "%s, serial %s: %s", cert_label(cert), cert_signer(cert)->serial,
                    reason);
    else
        text_copy(why, WHY_MAX, reason);
}

static bool take_chain(X509_STORE_CTX *ctx, struct path *ret)
{
    STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(ctx);
    int count = sk_X509_num(chain);
    struct err err;

    if (count <= 0 || count > PATH_CERTS_MAX) {
        text_format(ret->why, WHY_MAX, "the path is longer than %d certificates", PATH_CERTS_MAX);
        return false;
    }
    for (int i = 0; i < count; i++) {
        if (cert_wrap(sk_X509_value(chain, i), &ret->certs[i], &err) != ST_OK) {
            text_copy(ret->why, WHY_MAX, err.text);
            path_clear(ret);
            return false;
        }
        ret->count++;
    }
    return true;
}

static bool build(const struct trust *trust, const struct cert *signer, const struct judge *judge,
                  int64_t at_ms, struct path *ret)
{
    AUTO(X509_STORE_CTX_free) X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    AUTO(x509_stack_drop) STACK_OF(X509) *untrusted = untrusted_of(trust, judge);
    bool weak = (judge->algorithms & ALG_RSA_SHA1) != 0;

    if (!ctx || !untrusted ||
        X509_STORE_CTX_init(ctx, trust->anchors, cert_x509(signer), untrusted) != 1) {
        text_copy(ret->why, WHY_MAX, "out of memory");
        return false;
    }
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_set_time(param, (time_t)(at_ms / 1000));
    X509_VERIFY_PARAM_set_depth(param, PATH_CERTS_MAX);
    X509_VERIFY_PARAM_set_auth_level(param, weak ? WEAK_LEVEL : STRONG_LEVEL);
    X509_STORE_CTX_set_verify_cb(ctx, tolerate_dates);
    bool found = X509_verify_cert(ctx) == 1;
    if (!found)
        explain(ctx, ret->why);
    else
        found = take_chain(ctx, ret);
    ERR_clear_error();
    if (found && !weak)
        remember(trust, signer, ret);
    return found;
}

bool trust_find_path(const struct trust *trust, const struct cert *signer,
                     const struct judge *judge, int64_t at_ms, struct path *ret)
{
    return recall(trust, signer, at_ms, ret) || build(trust, signer, judge, at_ms, ret);
}
