#include "crypto/vault.h"

#include "base/file.h"
#include "base/text.h"
#include "crypto/encode.h"
#include "crypto/ossl.h"

#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

enum {
    FILE_MAX = 16 * 1024, /* bytes of the file of keys */
    KEY_BYTES = 32,
    NONCE_BYTES = 12,
    TAG_BYTES = 16,
    CONTENT_MAX = 1 << 30,
};

DEFINE_AUTO(EVP_CIPHER_CTX, EVP_CIPHER_CTX_free)

struct vault_key {
    char id[VAULT_KEY_ID_MAX + 1];
    uint8_t key[KEY_BYTES];
};

struct vault {
    pthread_rwlock_t lock; /* of the keys: they are replaced while they are used */
    struct vault_key keys[VAULT_KEYS_MAX];
    size_t count;
    EVP_CIPHER *cipher;
};

/* ---- the file of keys ---- */

/* Where a line stands, and what was read before it. */
struct reading {
    const char *path;
    size_t line;
    struct vault *vault;
};

static enum status refuse(const struct reading *r, const char *why, struct err *err)
{
    return RAISE_CAUSE(err, ST_INPUT, "contentKeys", NULL, NULL, "%s:%zu: %s", r->path, r->line,
                       why);
}

static struct slice cut(struct slice *rest, const char *ends)
{
    size_t len = 0;

    while (len < rest->len && !strchr(ends, rest->at[len]))
        len++;
    const struct slice part = { rest->at, len };
    *rest = slice_skip(*rest, len < rest->len ? len + 1 : len);
    return part;
}

static bool is_key_id(struct slice id)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

    for (size_t i = 0; i < id.len; i++)
        if (!memchr(alphabet, id.at[i], sizeof(alphabet) - 1))
            return false;
    return id.len >= 1 && id.len <= VAULT_KEY_ID_MAX;
}

static const struct vault_key *find_key(const struct vault *vault, struct slice id)
{
    for (size_t i = 0; i < vault->count; i++)
        if (slice_eq_str(id, vault->keys[i].id))
            return &vault->keys[i];
    return NULL;
}

static enum status read_line(const struct reading *r, struct slice line, struct err *err)
{
    struct vault *vault = r->vault;
    AUTO(bytes_wipe) struct bytes *key = NULL;
    struct slice rest = slice_trim(line);
    struct err cause;

    if (rest.len == 0 || rest.at[0] == '#')
        return ST_OK;
    const struct slice id = cut(&rest, " \t");
    if (!is_key_id(id))
        return refuse(r, "a key's name has 1 to 16 of A-Z a-z 0-9 . _ -", err);
    if (find_key(vault, id))
        return refuse(r, "another line has a key of this name", err);
    if (vault->count == VAULT_KEYS_MAX)
        return refuse(r, "more than 64 keys", err);
    enum status status = base64_decode(slice_trim(rest), FILE_MAX, &key, &cause);
    if (status == ST_NOMEM)
        return RAISE(err, ST_NOMEM, "%s: out of memory", r->path);
    if (status != ST_OK || key->len != KEY_BYTES)
        return refuse(r, "behind the name stand 32 bytes in base64, and nothing else", err);
    struct vault_key *to = &vault->keys[vault->count++];
    (void)text_copy_slice(to->id, sizeof(to->id), id);
    memcpy(to->key, key->at, KEY_BYTES);
    return ST_OK;
}

static enum status read_lines(struct reading *r, struct slice file, struct err *err)
{
    while (file.len > 0) {
        r->line++;
        TRY(read_line(r, cut(&file, "\n"), err));
    }
    if (r->vault->count == 0)
        return RAISE_CAUSE(err, ST_INPUT, "contentKeys", NULL, NULL, "%s: holds no key", r->path);
    return ST_OK;
}

/* A file that is everybody's to read is a key that everybody has. */
static enum status check_mode(const char *path, struct err *err)
{
    struct stat info;

    if (stat(path, &info) == 0 && (info.st_mode & (S_IRWXO | S_IWGRP)))
        return RAISE_CAUSE(err, ST_INPUT, "contentKeys", NULL, NULL,
                           "%s: its mode is %03o, so others may read or change it; chmod 600", path,
                           (unsigned)info.st_mode & 0777U);
    return ST_OK;
}

static struct vault *vault_new(void)
{
    AUTO(vault_close) struct vault *vault = calloc(1, sizeof(*vault));

    if (!vault)
        return NULL;
    (void)pthread_rwlock_init(&vault->lock, NULL);
    vault->cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    if (!vault->cipher)
        return NULL;
    return TAKE(vault);
}

enum status vault_open(const char *path, struct vault **ret_vault, struct err *err)
{
    AUTO(vault_close) struct vault *vault = vault_new();
    AUTO(bytes_wipe) struct bytes *file = NULL;
    struct reading reading = { .path = path, .vault = vault };

    if (!vault)
        return ossl_raise(err, ST_NOMEM, "content keys");
    TRY(check_mode(path, err));
    TRY(file_load(path, FILE_MAX, &file, err));
    TRY(read_lines(&reading, bytes_slice(file), err));
    *ret_vault = TAKE(vault);
    return ST_OK;
}

void vault_close(struct vault *vault)
{
    if (!vault)
        return;
    EVP_CIPHER_free(vault->cipher);
    (void)pthread_rwlock_destroy(&vault->lock);
    OPENSSL_cleanse(vault->keys, sizeof(vault->keys));
    free(vault);
}

void vault_replace(struct vault *vault, struct vault *fresh)
{
    (void)pthread_rwlock_wrlock(&vault->lock);
    memcpy(vault->keys, fresh->keys, sizeof(vault->keys));
    vault->count = fresh->count;
    (void)pthread_rwlock_unlock(&vault->lock);
    vault_close(fresh);
}

/* ---- sealing ---- */

/* A sealed value, taken apart. */
struct parts {
    struct slice head; /* version, length, name */
    struct slice key_id;
    const uint8_t *nonce;
    struct slice body; /* ciphertext */
    const uint8_t *tag;
};

/* The key, the nonce, and what is bound in: head and place. enc: 1 to seal, 0 to unseal. */
static bool begin(const struct vault *vault, const struct vault_key *key, const struct parts *parts,
                  struct slice place, EVP_CIPHER_CTX *ctx, int enc)
{
    int len = 0;

    return EVP_CipherInit_ex2(ctx, vault->cipher, key->key, parts->nonce, enc, NULL) == 1 &&
           EVP_CipherUpdate(ctx, NULL, &len, slice_u8(parts->head), (int)parts->head.len) == 1 &&
           EVP_CipherUpdate(ctx, NULL, &len, slice_u8(place), (int)place.len) == 1;
}

static enum status seal(const struct vault *vault, const char *place, struct slice content,
                        struct bytes *out, struct err *err)
{
    AUTO(EVP_CIPHER_CTX_free) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    const struct vault_key *key = &vault->keys[0];
    uint8_t tag[TAG_BYTES], nonce[NONCE_BYTES], end[TAG_BYTES];
    int len = 0;

    random_fill(nonce, sizeof(nonce));
    bytes_add(out, slice_mem(&(char){ VAULT_VERSION }, 1));
    bytes_add(out, slice_mem(&(char){ (char)strlen(key->id) }, 1));
    bytes_add_str(out, key->id);
    const size_t head = out->len;
    bytes_add(out, slice_mem(nonce, sizeof(nonce)));
    char *body = bytes_extend(out, content.len);
    TRY(bytes_check(out, "sealed content", err));
    const struct parts parts = { .head = { out->at, head }, .nonce = nonce };
    if (!ctx || !begin(vault, key, &parts, slice_str(place), ctx, 1) ||
        (content.len > 0 &&
         EVP_CipherUpdate(ctx, (uint8_t *)body, &len, slice_u8(content), (int)content.len) != 1) ||
        EVP_CipherFinal_ex(ctx, end, &len) != 1 ||
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES, tag) != 1)
        return ossl_raise(err, ctx ? ST_INTERNAL : ST_NOMEM, "sealing content");
    bytes_add(out, slice_mem(tag, sizeof(tag)));
    return bytes_check(out, "sealed content", err);
}

enum status vault_seal(struct vault *vault, const char *place, struct slice content,
                       struct bytes **ret_sealed, struct err *err)
{
    AUTO(bytes_free) struct bytes *out = NULL;

    if (content.len > CONTENT_MAX)
        return RAISE(err, ST_INTERNAL, "%s: %zu bytes are too much to be sealed", place,
                     content.len);
    out = bytes_new(content.len + VAULT_OVERHEAD_MAX);
    if (!out)
        return RAISE(err, ST_NOMEM, "sealing content: out of memory");
    (void)pthread_rwlock_rdlock(&vault->lock);
    enum status status = seal(vault, place, content, out, err);
    (void)pthread_rwlock_unlock(&vault->lock);
    TRY(status);
    *ret_sealed = TAKE(out);
    return ST_OK;
}

/* ---- unsealing ---- */

static bool take_apart(struct slice sealed, struct parts *ret)
{
    if (sealed.len < 2 || sealed.at[0] != VAULT_VERSION)
        return false;
    const size_t id_len = (uint8_t)sealed.at[1];
    const size_t fixed = 2 + id_len + NONCE_BYTES + TAG_BYTES;
    if (id_len < 1 || id_len > VAULT_KEY_ID_MAX || sealed.len < fixed ||
        sealed.len - fixed > CONTENT_MAX)
        return false;
    *ret = (struct parts){
        .head = { sealed.at, 2 + id_len },
        .key_id = { sealed.at + 2, id_len },
        .nonce = slice_u8(sealed) + 2 + id_len,
        .body = { sealed.at + 2 + id_len + NONCE_BYTES, sealed.len - fixed },
        .tag = slice_u8(sealed) + sealed.len - TAG_BYTES,
    };
    return true;
}

static enum status unseal(const struct vault *vault, const char *place, const struct parts *parts,
                          uint8_t *body, struct err *err)
{
    AUTO(EVP_CIPHER_CTX_free) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    const struct vault_key *key = find_key(vault, parts->key_id);
    uint8_t tag[TAG_BYTES], end[TAG_BYTES];
    int len = 0;

    if (!key) {
        char id[VAULT_KEY_ID_MAX + 1];
        (void)text_copy_slice(id, sizeof(id), parts->key_id);
        text_make_plain(id);
        return RAISE_CAUSE(err, ST_INTERNAL, "vaultKey", NULL, NULL,
                           "%s: sealed under the key %s, which the file of keys does not have",
                           place, id);
    }
    memcpy(tag, parts->tag, sizeof(tag));
    if (!ctx || !begin(vault, key, parts, slice_str(place), ctx, 0) ||
        (parts->body.len > 0 &&
         EVP_CipherUpdate(ctx, body, &len, slice_u8(parts->body), (int)parts->body.len) != 1) ||
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES, tag) != 1)
        return ossl_raise(err, ctx ? ST_INTERNAL : ST_NOMEM, "unsealing content");
    if (EVP_CipherFinal_ex(ctx, end, &len) == 1)
        return ST_OK;
    if (ossl_clear())
        return RAISE(err, ST_NOMEM, "unsealing content: out of memory");
    return RAISE_CAUSE(err, ST_INTERNAL, "vaultSeal", NULL, NULL,
                       "%s: the sealed content was changed, torn, or is another row's", place);
}

enum status vault_unseal(struct vault *vault, const char *place, char *sealed, size_t len,
                         struct slice *ret_content, struct err *err)
{
    struct parts parts;

    if (!take_apart(slice_mem(sealed, len), &parts))
        return RAISE_CAUSE(err, ST_INTERNAL, "vaultSeal", NULL, NULL,
                           "%s: what is kept is no sealed content, or torn", place);
    uint8_t *body = (uint8_t *)sealed + (parts.body.at - sealed);
    (void)pthread_rwlock_rdlock(&vault->lock);
    enum status status = unseal(vault, place, &parts, body, err);
    (void)pthread_rwlock_unlock(&vault->lock);
    if (status != ST_OK) {
        OPENSSL_cleanse(body, parts.body.len); /* never verified */
        return status;
    }
    *ret_content = parts.body;
    return ST_OK;
}
