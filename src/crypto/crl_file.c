/* The file: "SHEPCRL" NUL, version and length of the head (4 bytes each, big-endian), the head (its
 * fields as OCTET STRINGs of DER), the table's records as in memory, HMAC-SHA-256 of all that. */
#include "crypto/crl_file.h"

#include "base/file.h"
#include "base/text.h"
#include "crypto/crl_impl.h"
#include "crypto/encode.h"
#include "crypto/ossl.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/core_names.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    VERSION = 1,
    PREFIX_BYTES = 16,
    MAC_BYTES = 32,
    HEAD_MAX = 256 * 1024, /* two extensions of 64 KiB at most, and the numbers */
};

#define MAGIC SLICE("SHEPCRL\0")

DEFINE_AUTO(EVP_MAC_CTX, EVP_MAC_CTX_free)

static enum status mac_start(struct slice key, EVP_MAC_CTX **ret, struct err *err)
{
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };

    if (key.len < CRL_FILE_KEY_MIN)
        return RAISE(err, ST_INPUT, "the key of stored CRLs is shorter than %d bytes",
                     CRL_FILE_KEY_MIN);
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    AUTO(EVP_MAC_CTX_free) EVP_MAC_CTX *ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;
    EVP_MAC_free(mac);
    if (!ctx || EVP_MAC_init(ctx, slice_u8(key), key.len, params) != 1)
        return ossl_raise(err, ST_INTERNAL, "HMAC");
    *ret = TAKE(ctx);
    return ST_OK;
}

static void put_u64(struct bytes *to, uint64_t value)
{
    uint8_t octets[8];

    for (size_t i = 0; i < sizeof(octets); i++)
        octets[i] = (uint8_t)(value >> (56 - 8 * i));
    der_add(to, DER_OCTET_STRING, slice_mem(octets, sizeof(octets)));
}

static void put_number(struct bytes *to, const struct crl_number *number)
{
    der_add(to, DER_OCTET_STRING, slice_mem(number->at, number->present ? sizeof(number->at) : 0));
}

static enum status make_head(const struct crl *crl, struct bytes **ret, struct err *err)
{
    const struct crl_facts *facts = &crl->facts;
    AUTO(bytes_free) struct bytes *head = bytes_new(HEAD_MAX);

    if (!head)
        return RAISE(err, ST_NOMEM, "stored CRL: out of memory");
    der_add(head, DER_OCTET_STRING, slice_mem(crl->issuer_key, sizeof(crl->issuer_key)));
    der_add(head, DER_OCTET_STRING, slice_mem(facts->sha256, sizeof(facts->sha256)));
    put_u64(head, facts->algorithm);
    put_u64(head, (uint64_t)facts->this_update_ms);
    put_u64(head, (uint64_t)facts->next_update_ms);
    put_number(head, &facts->number);
    put_number(head, &facts->base_number);
    der_add(head, DER_OCTET_STRING, bytes_slice(crl->idp)); /* empty: none */
    der_add(head, DER_OCTET_STRING, bytes_slice(crl->freshest));
    put_u64(head, crl->table.width);
    put_u64(head, crl->table.count);
    TRY(bytes_check(head, "stored CRL", err));
    *ret = TAKE(head);
    return ST_OK;
}

static void make_prefix(size_t head_len, uint8_t dst[PREFIX_BYTES])
{
    memcpy(dst, MAGIC.at, MAGIC.len);
    for (size_t i = 0; i < 4; i++) {
        dst[8 + i] = (uint8_t)((unsigned)VERSION >> (24 - 8 * i));
        dst[12 + i] = (uint8_t)(head_len >> (24 - 8 * i));
    }
}

static enum status refuse_disk(const char *path, struct err *err)
{
    return RAISE(err, ST_UNAVAILABLE, "%s: cannot be written: %s", path, strerrordesc_np(errno));
}

static enum status write_parts(const struct crl *crl, int fd, const char *path, struct slice key,
                               struct err *err)
{
    AUTO(EVP_MAC_CTX_free) EVP_MAC_CTX *mac = NULL;
    AUTO(bytes_free) struct bytes *head = NULL;
    uint8_t prefix[PREFIX_BYTES];
    uint8_t tag[MAC_BYTES];
    size_t tag_len = 0;

    TRY(mac_start(key, &mac, err));
    TRY(make_head(crl, &head, err));
    const struct slice head_bytes = bytes_slice(head);
    make_prefix(head_bytes.len, prefix);
    const struct slice parts[] = { slice_mem(prefix, sizeof(prefix)), head_bytes,
                                   slice_mem(crl->table.at, crl_table_bytes(crl)) };
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (parts[i].len > 0 && EVP_MAC_update(mac, slice_u8(parts[i]), parts[i].len) != 1)
            return ossl_raise(err, ST_INTERNAL, "HMAC");
        if (!file_write_all(fd, parts[i]))
            return refuse_disk(path, err);
    }
    if (EVP_MAC_final(mac, tag, &tag_len, sizeof(tag)) != 1 || tag_len != sizeof(tag))
        return ossl_raise(err, ST_INTERNAL, "HMAC");
    if (!file_write_all(fd, slice_mem(tag, sizeof(tag))) || fsync(fd) != 0)
        return refuse_disk(path, err);
    return ST_OK;
}

/* The rename itself must outlive a crash too. */
static bool sync_folder(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    struct slice name = slash ? slice_mem(path, (size_t)(slash - path) + 1) : SLICE(".");

    if (!text_copy_slice(folder, sizeof(folder), name))
        return false;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool synced = fsync(fd) == 0;
    (void)close(fd);
    return synced;
}

enum status crl_save(const struct crl *crl, const char *path, struct slice key, struct err *err)
{
    char beside[PATH_MAX];

    if (!text_format(beside, sizeof(beside), "%s.XXXXXX", path))
        return RAISE(err, ST_UNAVAILABLE, "%s: the path is too long", path);
    int fd = mkostemp(beside, O_CLOEXEC); /* mode 0600 */
    if (fd < 0)
        return refuse_disk(path, err);
    enum status status = write_parts(crl, fd, path, key, err);
    (void)close(fd);
    if (status == ST_OK && (rename(beside, path) != 0 || !sync_folder(path)))
        status = refuse_disk(path, err);
    if (status != ST_OK)
        (void)unlink(beside);
    return status;
}

/* A file being read: what is left of it by fstat(), so that no length of its own is believed. */
struct source {
    const char *path;
    int fd;
    size_t left;
    EVP_MAC_CTX *mac;
};

static enum status refuse_damaged(const struct source *source, struct err *err)
{
    return RAISE_CAUSE(err, ST_FORMAT, "crlFileDamaged", NULL, NULL,
                       "%s: the stored CRL is damaged", source->path);
}

static enum status take(struct source *source, void *at, size_t len, struct err *err)
{
    size_t done = 0;

    if (len > source->left)
        return refuse_damaged(source, err);
    while (done < len) {
        ssize_t n = read(source->fd, (char *)at + done, len - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return refuse_damaged(source, err);
        done += (size_t)n;
    }
    source->left -= len;
    if (source->mac && len > 0 && EVP_MAC_update(source->mac, at, len) != 1)
        return ossl_raise(err, ST_INTERNAL, "HMAC");
    return ST_OK;
}

static bool get_exact(struct slice *head, void *at, size_t len)
{
    struct slice content;

    if (!crl_der_take(head, DER_OCTET_STRING, &content) || content.len != len)
        return false;
    memcpy(at, content.at, len);
    return true;
}

static bool get_u64(struct slice *head, uint64_t *ret)
{
    uint8_t octets[8];

    if (!get_exact(head, octets, sizeof(octets)))
        return false;
    *ret = 0;
    for (size_t i = 0; i < sizeof(octets); i++)
        *ret = *ret << 8 | octets[i];
    return true;
}

static bool get_number(struct slice *head, struct crl_number *ret)
{
    struct slice content;

    if (!crl_der_take(head, DER_OCTET_STRING, &content) ||
        (content.len != 0 && content.len != sizeof(ret->at)))
        return false;
    ret->present = content.len != 0;
    if (ret->present)
        memcpy(ret->at, content.at, sizeof(ret->at));
    return true;
}

struct stored {
    uint8_t issuer_key[32];
    uint64_t algorithm, this_update, next_update, width, count;
    struct slice idp, freshest; /* in the head's bytes, while they live; empty: none */
};

static bool read_head(struct slice head, struct crl *crl, struct stored *stored)
{
    struct crl_facts *facts = &crl->facts;

    if (!get_exact(&head, stored->issuer_key, sizeof(stored->issuer_key)) ||
        !get_exact(&head, facts->sha256, sizeof(facts->sha256)) ||
        !get_u64(&head, &stored->algorithm) || !get_u64(&head, &stored->this_update) ||
        !get_u64(&head, &stored->next_update) || !get_number(&head, &facts->number) ||
        !get_number(&head, &facts->base_number) ||
        !crl_der_take(&head, DER_OCTET_STRING, &stored->idp) ||
        !crl_der_take(&head, DER_OCTET_STRING, &stored->freshest) ||
        !get_u64(&head, &stored->width) || !get_u64(&head, &stored->count) || head.len > 0)
        return false;
    facts->algorithm = (enum algorithm)stored->algorithm;
    facts->this_update_ms = (int64_t)stored->this_update;
    facts->next_update_ms = (int64_t)stored->next_update;
    facts->count = stored->count;
    return stored->width >= 1 && stored->width <= CRL_SERIAL_MAX && stored->count <= CRL_BYTES_MAX;
}

static enum status dup_unless_empty(struct slice content, struct bytes **ret, struct err *err)
{
    if (content.len == 0)
        return ST_OK;
    *ret = bytes_dup(content);
    return *ret ? ST_OK : RAISE(err, ST_NOMEM, "stored CRL: out of memory");
}

static enum status take_head(struct source *source, struct crl *crl, struct stored *stored,
                             struct err *err)
{
    uint8_t prefix[PREFIX_BYTES] = { 0 };
    uint8_t expected[PREFIX_BYTES];
    AUTO(bytes_free) struct bytes *head = NULL;

    TRY(take(source, prefix, sizeof(prefix), err));
    size_t len =
        (size_t)prefix[12] << 24 | (size_t)prefix[13] << 16 | (size_t)prefix[14] << 8 | prefix[15];
    make_prefix(len, expected);
    if (memcmp(prefix, expected, sizeof(prefix)) != 0)
        return RAISE_CAUSE(err, ST_FORMAT, "crlFileVersion", NULL, NULL,
                           "%s: not a stored CRL of version %d", source->path, VERSION);
    if (len > HEAD_MAX || len > source->left)
        return refuse_damaged(source, err);
    head = bytes_new(len);
    char *place = head ? bytes_extend(head, len) : NULL;
    if (!place)
        return RAISE(err, ST_NOMEM, "stored CRL: out of memory");
    TRY(take(source, place, len, err));
    if (!read_head(bytes_slice(head), crl, stored))
        return refuse_damaged(source, err);
    TRY(dup_unless_empty(stored->idp, &crl->idp, err));
    return dup_unless_empty(stored->freshest, &crl->freshest, err);
}

static enum status take_table(struct source *source, struct crl *crl, const struct stored *stored,
                              struct err *err)
{
    size_t bytes = (size_t)stored->count * ((size_t)stored->width + CRL_RECORD_TAIL);

    if (source->left != bytes + MAC_BYTES)
        return refuse_damaged(source, err);
    TRY(crl_table_make(&crl->table, (size_t)stored->count, (size_t)stored->width, err));
    return take(source, crl->table.at, bytes, err);
}

static enum status check_mac(struct source *source, struct err *err)
{
    AUTO(EVP_MAC_CTX_free) EVP_MAC_CTX *mac = TAKE(source->mac);
    uint8_t ours[MAC_BYTES];
    uint8_t theirs[MAC_BYTES];
    size_t len = 0;

    if (EVP_MAC_final(mac, ours, &len, sizeof(ours)) != 1 || len != sizeof(ours))
        return ossl_raise(err, ST_INTERNAL, "HMAC");
    TRY(take(source, theirs, sizeof(theirs), err));
    if (!equal_constant_time(slice_mem(ours, len), slice_mem(theirs, len)))
        return RAISE_CAUSE(err, ST_FORGED, "crlFileMac", NULL, NULL,
                           "%s: the stored CRL was changed or is under another key", source->path);
    return ST_OK;
}

static enum status check_file(struct source *source, struct err *err)
{
    struct stat info;

    if (fstat(source->fd, &info) != 0 || !S_ISREG(info.st_mode) ||
        (info.st_mode & (S_IWGRP | S_IWOTH)) || (info.st_uid != geteuid() && info.st_uid != 0))
        return RAISE_CAUSE(err, ST_FORGED, "crlFileMode", NULL, NULL,
                           "%s: not a regular file that this user alone may write", source->path);
    if (info.st_size > (off_t)CRL_BYTES_MAX * 2)
        return refuse_damaged(source, err);
    source->left = (size_t)info.st_size;
    return ST_OK;
}

static enum status read_parts(struct source *source, struct crl *crl, struct err *err)
{
    struct stored stored = { 0 };

    TRY(check_file(source, err));
    TRY(take_head(source, crl, &stored, err));
    TRY(take_table(source, crl, &stored, err));
    TRY(check_mac(source, err));
    if (memcmp(stored.issuer_key, crl->issuer_key, sizeof(stored.issuer_key)) != 0)
        return RAISE_CAUSE(err, ST_FORGED, "crlFileIssuer", NULL, NULL,
                           "%s: the stored CRL is another issuer's", source->path);
    if (crl_table_disorder(&crl->table) != crl->table.count)
        return refuse_damaged(source, err);
    return crl_read_scope(crl, err);
}

enum status crl_load(const char *path, struct slice key, const struct cert *issuer,
                     struct crl **ret_crl, struct err *err)
{
    AUTO(EVP_MAC_CTX_free) EVP_MAC_CTX *mac = NULL;
    AUTO(crl_free) struct crl *crl = NULL;

    TRY(mac_start(key, &mac, err));
    crl = crl_new(issuer);
    if (!crl)
        return RAISE(err, ST_NOMEM, "stored CRL: out of memory");
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return RAISE(err, ST_NOT_FOUND, "%s: cannot be read: %s", path, strerrordesc_np(errno));
    struct source source = { .path = path, .fd = fd, .mac = TAKE(mac) };
    enum status status = read_parts(&source, crl, err);
    EVP_MAC_CTX_free(source.mac);
    (void)close(fd);
    if (status == ST_OK)
        *ret_crl = TAKE(crl);
    return status;
}
