#include "crypto/trust_impl.h"

#include "base/text.h"
#include "crypto/aia.h"
#include "crypto/cert_impl.h"
#include "crypto/der.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
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
};

struct cache_slot {
    uint8_t sha256[32];
    struct path path;
};

struct trust {
    atomic_int refs;
    struct cert *certs[CERTS_MAX];
    size_t count;
    size_t anchor_count;
    pthread_mutex_t lock; /* of the cache: everything else is immutable once built */
    struct aia *aia;
    struct cache_slot *cache; /* CACHE_SLOTS, found by the first bytes of the SHA-256 */
};

enum status trust_new(struct trust **ret_trust, struct err *err)
{
    AUTO(trust_free) struct trust *trust = calloc(1, sizeof(*trust));

    if (!trust)
        return RAISE(err, ST_NOMEM, "trust: out of memory");
    atomic_init(&trust->refs, 1);
    pthread_mutex_init(&trust->lock, NULL);
    trust->cache = calloc(CACHE_SLOTS, sizeof(*trust->cache));
    trust->aia = aia_new();
    if (!trust->cache || !trust->aia)
        return RAISE(err, ST_NOMEM, "trust: out of memory");
    *ret_trust = TAKE(trust);
    return ST_OK;
}

bool trust_holds(const struct trust *trust, const struct cert *cert)
{
    for (size_t i = 0; i < trust->count; i++)
        if (memcmp(cert_signer(trust->certs[i])->sha256, cert_signer(cert)->sha256, 32) == 0)
            return true;
    return false;
}

enum status trust_add(struct trust *trust, const struct cert *cert, struct err *err)
{
    if (trust_holds(trust, cert))
        return ST_OK;
    if (trust->count == CERTS_MAX)
        return RAISE_CAUSE(err, ST_INPUT, "trustTooLarge", NULL, "1024 certificates",
                           "trust: more than %d certificates", CERTS_MAX);
    trust->certs[trust->count++] = cert_ref(cert);
    if (cert_is_self_signed(cert))
        trust->anchor_count++;
    return ST_OK;
}

static enum status add_cert(void *ctx, const struct cert *cert, struct err *err)
{
    return trust_add(ctx, cert, err);
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
    return content ? cert_parse_each(bytes_slice(content), add_cert, trust, err) : ST_OK;
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
    for (size_t i = 0; i < trust->count; i++)
        cert_free(trust->certs[i]);
    for (size_t i = 0; trust->cache && i < CACHE_SLOTS; i++)
        path_clear(&trust->cache[i].path);
    free(trust->cache);
    aia_free(trust->aia);
    pthread_mutex_destroy(&trust->lock);
    free(trust);
}

size_t trust_anchor_count(const struct trust *trust)
{
    return trust->anchor_count;
}

struct aia *trust_aia(const struct trust *trust)
{
    return trust->aia;
}

size_t trust_count(const struct trust *trust)
{
    return trust->count;
}

const struct cert *trust_at(const struct trust *trust, size_t i)
{
    return trust->certs[i];
}

void trust_each(const struct trust *trust, void (*visit)(void *ctx, X509 *cert), void *ctx)
{
    for (int anchors = 1; anchors >= 0; anchors--)
        for (size_t i = 0; i < trust->count; i++)
            if (cert_is_self_signed(trust->certs[i]) == (anchors == 1))
                visit(ctx, cert_x509(trust->certs[i]));
}

void path_clear(struct path *path)
{
    for (size_t i = 0; i < path->count; i++)
        cert_free(path->certs[i]);
    path->count = 0;
}

void path_copy(struct path *to, const struct path *from)
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

bool path_is_current(const struct path *path, int64_t at_ms)
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

bool trust_recall(const struct trust *trust, const struct cert *signer, int64_t at_ms,
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

void trust_remember(const struct trust *trust, const struct cert *signer, const struct path *path)
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
