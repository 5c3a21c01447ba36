/* Opening the folder, revoking, writing lists; pki_init.c makes it. */
#include "sandbox/pki.h"

#include "base/text.h"
#include "sandbox/crl.h"
#include "sandbox/file.h"
#include "sandbox/pki_files.h"

#include <ctype.h>
#include <stdlib.h>

enum { CERT_FILE_MAX = 65536, KEY_COMPROMISE = 1 };

struct pki {
    char dir[FILE_PATH_MAX];
    char base_url[PKI_URL_TEXT];
    struct key *keys[FAMILY_COUNT][AUTHORITY_COUNT];
};

/* ---- the folder's small files ---- */

enum status pki_pass_path(char dst[FILE_PATH_MAX], const char *dir, struct err *err)
{
    return file_path(dst, dir, "pass", err);
}

enum status pki_authority_path(char dst[FILE_PATH_MAX], const char *dir,
                               const struct family *family, const struct entity *entity,
                               struct err *err)
{
    char name[64];

    (void)text_format(name, sizeof(name), "authority/%s-%s.p12", family->name, entity->name);
    return file_path(dst, dir, name, err);
}

enum status pki_read_base_url(const char *dir, char dst[PKI_URL_TEXT], struct err *err)
{
    static const struct slice key = { "base_url", 8 };
    char path[FILE_PATH_MAX];
    AUTO(bytes_free) struct bytes *text = NULL;
    struct slice line;

    TRY(file_path(path, dir, "authority.conf", err));
    TRY(file_read(path, PKI_URL_TEXT + 64, &text, err));
    line = slice_trim(bytes_slice(text));
    if (slice_starts(line, key))
        line = slice_trim(slice_skip(line, key.len));
    if (line.len < 2 || line.at[0] != '=' ||
        !text_copy_slice(dst, PKI_URL_TEXT, slice_trim(slice_skip(line, 1))))
        return RAISE(err, ST_INPUT, "%s: expected base_url = http://HOST:PORT", path);
    return ST_OK;
}

/* ---- open ---- */

static enum status load_family(struct pki *pki, size_t f, const char *pass_path, struct err *err)
{
    char path[FILE_PATH_MAX];

    for (size_t a = 0; a < AUTHORITY_COUNT; a++) {
        TRY(pki_authority_path(path, pki->dir, &families[f], &authorities[a], err));
        TRY(key_open(&(struct key_source){ path, pass_path, NULL, NULL }, &pki->keys[f][a], err));
    }
    return ST_OK;
}

enum status pki_open(const char *dir, struct pki **ret_pki, struct err *err)
{
    char pass_path[FILE_PATH_MAX];
    AUTO(pki_free) struct pki *pki = calloc(1, sizeof(*pki));

    if (!pki)
        return RAISE(err, ST_NOMEM, "out of memory");
    TRY(pki_pass_path(pass_path, dir, err));
    if (!file_exists(pass_path))
        return RAISE(err, ST_NOT_FOUND, "%s holds no sandbox: run shepctl sandbox init first", dir);
    if (!text_copy(pki->dir, sizeof(pki->dir), dir))
        return RAISE(err, ST_INPUT, "path too long: %s", dir);
    TRY(pki_read_base_url(dir, pki->base_url, err));
    for (size_t f = 0; f < FAMILY_COUNT; f++)
        TRY(load_family(pki, f, pass_path, err));
    *ret_pki = TAKE(pki);
    return ST_OK;
}

void pki_free(struct pki *pki)
{
    if (!pki)
        return;
    for (size_t f = 0; f < FAMILY_COUNT; f++)
        for (size_t a = 0; a < AUTHORITY_COUNT; a++)
            key_free(pki->keys[f][a]);
    free(pki);
}

const char *pki_dir(const struct pki *pki)
{
    return pki->dir;
}

const char *pki_base_url(const struct pki *pki)
{
    return pki->base_url;
}

const struct key *pki_key(const struct pki *pki, const struct family *family, enum kind role)
{
    return pki->keys[family - families][role];
}

/* ---- revocation ---- */

/* Hex with or without colons, lower-cased, leading zeros dropped; false: not hex. */
static bool serial_parse(const char *text, char dst[INDEX_SERIAL_TEXT])
{
    size_t n = 0;

    for (; *text; text++) {
        if (*text == ':' || (n == 0 && *text == '0'))
            continue;
        if (!isxdigit((unsigned char)*text) || n + 1 >= INDEX_SERIAL_TEXT)
            return false;
        dst[n++] = (char)tolower((unsigned char)*text);
    }
    dst[n] = '\0';
    return n > 0;
}

static enum status serial_of_file(const struct pki *pki, const char *path,
                                  char dst[INDEX_SERIAL_TEXT], struct err *err)
{
    char pass_path[FILE_PATH_MAX];
    AUTO(bytes_free) struct bytes *data = NULL;
    AUTO(cert_free) struct cert *cert = NULL;
    AUTO(key_free) struct key *key = NULL;
    struct err ignored;
    const struct signer *signer;

    TRY(file_read(path, CERT_FILE_MAX, &data, err));
    if (cert_parse(bytes_slice(data), &cert, &ignored) != ST_OK) {
        TRY(pki_pass_path(pass_path, pki->dir, err));
        if (key_open(&(struct key_source){ path, pass_path, NULL, NULL }, &key, &ignored) != ST_OK)
            return RAISE(err, ST_INPUT, "%s is neither a certificate nor a PKCS#12 of this sandbox",
                         path);
    }
    signer = cert_signer(cert ? cert : key_cert(key));
    if (!text_copy(dst, INDEX_SERIAL_TEXT, signer->serial))
        return RAISE(err, ST_NOT_FOUND, "%s was not issued here", path);
    return ST_OK;
}

static enum status revoke_locked(const struct pki *pki, const char *serial, int64_t now_ms,
                                 struct index_entry *ret_entry, struct err *err)
{
    AUTO(index_free) struct index *index = NULL;

    TRY(index_load(pki->dir, &index, err));
    TRY(index_revoke(index, serial, KEY_COMPROMISE, now_ms, err));
    TRY(index_save(pki->dir, index, err));
    for (size_t i = 0; i < index_count(index); i++)
        if (strcmp(index_at(index, i)->serial, serial) == 0)
            *ret_entry = *index_at(index, i);
    return pki_write_crls(pki, now_ms, err);
}

enum status pki_revoke(const struct pki *pki, const char *who, int64_t now_ms,
                       struct index_entry *ret_entry, struct err *err)
{
    char serial[INDEX_SERIAL_TEXT];
    enum status status;
    int lock = -1;

    if (file_exists(who))
        TRY(serial_of_file(pki, who, serial, err));
    else if (!serial_parse(who, serial))
        return RAISE(err, ST_INPUT, "%s is neither a file nor a serial number in hex", who);
    TRY(file_lock(pki->dir, &lock, err));
    status = revoke_locked(pki, serial, now_ms, ret_entry, err);
    file_unlock(lock);
    return status;
}

/* ---- lists ---- */

static const struct {
    const char *suffix;
    enum crl_form form;
    enum kind issuer;
} lists[] = {
    { "", CRL_BASE, KIND_CA },
    { "-delta", CRL_DELTA, KIND_CA },
    { "-root", CRL_ROOT, KIND_ROOT },
};

enum status pki_write_crls(const struct pki *pki, int64_t now_ms, struct err *err)
{
    AUTO(index_free) struct index *index = NULL;
    char path[FILE_PATH_MAX], name[64];

    TRY(index_load(pki->dir, &index, err));
    for (size_t f = 0; f < FAMILY_COUNT; f++) {
        const struct family *family = &families[f];

        for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
            AUTO(bytes_free) struct bytes *der = NULL;

            (void)text_format(name, sizeof(name), "crl/%s%s.crl", family->name, lists[i].suffix);
            TRY(file_path(path, pki->dir, name, err));
            const struct crl_wish wish = { pki_key(pki, family, lists[i].issuer), family->name,
                                           lists[i].form, now_ms };
            TRY(crl_make(&wish, index, &der, err));
            TRY(file_write(path, bytes_slice(der), 0644, err));
        }
    }
    return ST_OK;
}
