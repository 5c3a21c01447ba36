/* Makes the sandbox's folder: every certificate is made once, and kept when it is there. */
#include "sandbox/pki.h"

#include "base/text.h"
#include "crypto/encode.h"
#include "sandbox/directory.h"
#include "sandbox/issue.h"
#include "sandbox/openssl.h"
#include "sandbox/pki_files.h"
#include "sandbox/tls.h"

enum {
    PASSWORD_BYTES = 12,
    PASSWORD_MAX = 128,
    DAY_MS = 24 * 60 * 60 * 1000,
    README_MAX = 16384,
};

/* What one run of pki_init() carries along. */
struct making {
    const char *dir;
    char base_url[PKI_URL_TEXT];
    char password[PASSWORD_MAX];
    char pass_path[FILE_PATH_MAX];
    int64_t now_ms;
    struct index *index;
    struct pki_made made;
};

/* ---- folders, password, address ---- */

static enum status make_dirs(const char *dir, struct err *err)
{
    static const char *const names[] = { "trust", "authority", "tls", "crl", "ldap" };
    char path[FILE_PATH_MAX];

    TRY(file_make_dir(dir, 0755, err));
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        TRY(file_path(path, dir, names[i], err));
        TRY(file_make_dir(path, 0755, err));
    }
    for (size_t f = 0; f < FAMILY_COUNT; f++) {
        TRY(file_path(path, dir, families[f].name, err));
        TRY(file_make_dir(path, 0755, err));
    }
    return ST_OK;
}

static enum status make_password(const char *path, struct err *err)
{
    uint8_t number[PASSWORD_BYTES];
    AUTO(bytes_wipe) struct bytes *word = NULL;
    char line[PASSWORD_MAX];

    random_fill(number, sizeof(number));
    word = base64url_encode(slice_mem(number, sizeof(number)));
    if (!word || !text_format(line, sizeof(line), "%s\n", word->at))
        return RAISE(err, ST_NOMEM, "out of memory");
    return file_write(path, slice_str(line), 0600, err);
}

static enum status take_password(struct making *m, struct err *err)
{
    AUTO(bytes_wipe) struct bytes *text = NULL;

    TRY(pki_pass_path(m->pass_path, m->dir, err));
    if (!file_exists(m->pass_path))
        TRY(make_password(m->pass_path, err));
    TRY(file_read(m->pass_path, PASSWORD_MAX, &text, err));
    if (!text_copy_slice(m->password, sizeof(m->password), slice_trim(bytes_slice(text))) ||
        m->password[0] == '\0')
        return RAISE(err, ST_INPUT, "%s holds no password", m->pass_path);
    return ST_OK;
}

/* It goes into certificates as it is: nothing but http://HOST[:PORT]. */
static bool base_url_fits(const char *url)
{
    static const char scheme[] = "http://";
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789.-:[]";
    size_t skip = sizeof(scheme) - 1;

    return strncmp(url, scheme, skip) == 0 && url[skip] != '\0' && strlen(url) < PKI_URL_TEXT &&
           strspn(url + skip, allowed) == strlen(url + skip);
}

static enum status take_base_url(struct making *m, const char *wanted, struct err *err)
{
    char path[FILE_PATH_MAX], text[PKI_URL_TEXT + 16];

    if (wanted && !base_url_fits(wanted))
        return RAISE(err, ST_INPUT, "base URL %s: expected http://HOST[:PORT]", wanted);
    TRY(file_path(path, m->dir, "authority.conf", err));
    if (file_exists(path)) {
        TRY(pki_read_base_url(m->dir, m->base_url, err));
        if (wanted && strcmp(wanted, m->base_url) != 0)
            return RAISE(err, ST_CONFLICT,
                         "the certificates of %s name %s, not %s: take another folder", m->dir,
                         m->base_url, wanted);
        return base_url_fits(m->base_url)
                   ? ST_OK
                   : RAISE(err, ST_INPUT, "%s: expected base_url = http://HOST[:PORT]", path);
    }
    (void)text_copy(m->base_url, sizeof(m->base_url), wanted ? wanted : PKI_BASE_URL);
    (void)text_format(text, sizeof(text), "base_url = %s\n", m->base_url);
    return file_write(path, slice_str(text), 0644, err);
}

/* ---- one certificate ---- */

/* The index first: a crash leaves a line without a file, never a file that OCSP does not know. */
static enum status enter(struct making *m, const struct family *family, const struct entity *entity,
                         X509 *cert, struct err *err)
{
    struct index_entry entry = { .revoked = entity->revoked_days != 0 };
    AUTO(BN_free) BIGNUM *bn = ASN1_INTEGER_to_BN(X509_get0_serialNumber(cert), NULL);
    uint8_t number[INDEX_SERIAL_TEXT / 2];
    int len = bn ? BN_num_bytes(bn) : 0;
    char hex[INDEX_SERIAL_TEXT + 1];

    if (len <= 0 || len > (int)sizeof(number) - 1)
        return openssl_fail(err, "serial number");
    (void)BN_bn2bin(bn, number);
    text_hex(slice_mem(number, (size_t)len), hex);
    (void)text_copy(entry.serial, sizeof(entry.serial), hex[0] == '0' ? hex + 1 : hex);
    (void)text_copy(entry.family, sizeof(entry.family), family->name);
    (void)text_copy(entry.name, sizeof(entry.name), entity->name);
    entry.revoked_ms = entry.revoked ? m->now_ms + (int64_t)entity->revoked_days * DAY_MS : 0;
    entry.reason = entry.revoked ? 1 : 0; /* keyCompromise */
    TRY(index_add(m->index, &entry, err));
    return index_save(m->dir, m->index, err);
}

static enum status make_one(struct making *m, const struct issue_params *params, const char *path,
                            struct err *err)
{
    AUTO(EVP_PKEY_free) EVP_PKEY *key = NULL;
    AUTO(X509_free) X509 *cert = NULL;
    AUTO(bytes_wipe) struct bytes *p12 = NULL;

    TRY(issue_key(params->family, &key, err));
    TRY(issue_certificate(params, key, &cert, err));
    TRY(issue_p12(key, cert, m->password, &p12, err));
    TRY(enter(m, params->family, params->entity, cert, err));
    TRY(file_write(path, bytes_slice(p12), 0600, err));
    m->made.made++;
    return ST_OK;
}

/* A kept certificate must be this CA's: a folder put together from two would fail much later. */
static enum status check_kept(const struct key *key, EVP_PKEY *issuer_key, const char *path,
                              struct err *err)
{
    X509 *cert = cert_x509(key_cert(key));

    if (X509_verify(cert, issuer_key ? issuer_key : key_pkey(key)) != 1) {
        (void)openssl_fail(err, path);
        return RAISE(err, ST_CONFLICT,
                     "%s is not from this sandbox's authority: remove it, or take a new folder",
                     path);
    }
    return ST_OK;
}

/* One PKCS#12 that the folder should hold. */
struct wanted {
    const struct family *family;
    const struct entity *entity;
    const struct key *issuer; /* NULL: self-signed */
    const char *path;
};

/* Makes it or keeps it. *ret_key is the caller's. */
static enum status ensure(struct making *m, const struct wanted *w, struct key **ret_key,
                          struct err *err)
{
    const char *path = w->path;
    const struct issue_params params = {
        .family = w->family,
        .entity = w->entity,
        .base_url = m->base_url,
        .issuer = w->issuer ? cert_x509(key_cert(w->issuer)) : NULL,
        .issuer_key = w->issuer ? key_pkey(w->issuer) : NULL,
        .now_ms = m->now_ms,
    };
    AUTO(key_free) struct key *key = NULL;
    bool there = file_exists(path);

    if (!there)
        TRY(make_one(m, &params, path, err));
    TRY(key_open(&(struct key_source){ path, m->pass_path, NULL, NULL }, &key, err));
    if (there) {
        TRY(check_kept(key, params.issuer_key, path, err));
        m->made.kept++;
    }
    *ret_key = TAKE(key);
    return ST_OK;
}

static enum status write_pem(const char *dir, const char *name, const struct key *key,
                             struct err *err)
{
    char path[FILE_PATH_MAX];
    AUTO(bytes_free) struct bytes *pem = NULL;

    TRY(file_path(path, dir, name, err));
    if (file_exists(path))
        return ST_OK;
    TRY(issue_pem(cert_x509(key_cert(key)), &pem, err));
    return file_write(path, bytes_slice(pem), 0644, err);
}

/* ---- one family ---- */

static enum status make_authorities(struct making *m, const struct family *family,
                                    struct key **ret_ca, struct err *err)
{
    AUTO(key_free) struct key *root = NULL;
    AUTO(key_free) struct key *ca = NULL;
    char path[FILE_PATH_MAX], name[64];

    TRY(pki_authority_path(path, m->dir, family, &authorities[KIND_ROOT], err));
    TRY(ensure(m, &(struct wanted){ family, &authorities[KIND_ROOT], NULL, path }, &root, err));
    (void)text_format(name, sizeof(name), "trust/%s-root.pem", family->name);
    TRY(write_pem(m->dir, name, root, err));

    TRY(pki_authority_path(path, m->dir, family, &authorities[KIND_CA], err));
    TRY(ensure(m, &(struct wanted){ family, &authorities[KIND_CA], root, path }, &ca, err));
    (void)text_format(name, sizeof(name), "trust/%s-ca.pem", family->name);
    TRY(write_pem(m->dir, name, ca, err));

    for (size_t a = KIND_OCSP; a < AUTHORITY_COUNT; a++) {
        AUTO(key_free) struct key *key = NULL;

        TRY(pki_authority_path(path, m->dir, family, &authorities[a], err));
        TRY(ensure(m, &(struct wanted){ family, &authorities[a], ca, path }, &key, err));
    }
    *ret_ca = TAKE(ca);
    return ST_OK;
}

static enum status make_family(struct making *m, const struct family *family, struct err *err)
{
    AUTO(key_free) struct key *ca = NULL;
    char path[FILE_PATH_MAX], name[128];

    TRY(make_authorities(m, family, &ca, err));
    for (size_t i = 0; i < HOLDER_COUNT; i++) {
        AUTO(key_free) struct key *key = NULL;

        if (!family_has(family, &holders[i]))
            continue;
        (void)text_format(name, sizeof(name), "%s/%s.p12", family->name, holders[i].name);
        TRY(file_path(path, m->dir, name, err));
        TRY(ensure(m, &(struct wanted){ family, &holders[i], ca, path }, &key, err));
        (void)text_format(name, sizeof(name), "%s/%s.pem", family->name, holders[i].name);
        TRY(write_pem(m->dir, name, key, err));
    }
    return ST_OK;
}

/* ---- the folder ---- */

static enum status write_readme(const struct making *m, struct err *err)
{
    char path[FILE_PATH_MAX];
    AUTO(bytes_free) struct bytes *text = bytes_new(README_MAX);

    if (!text)
        return RAISE(err, ST_NOMEM, "out of memory");
    bytes_add_str(
        text,
        "A test НУЦ РК, made by `shepctl sandbox init`. Nothing in here is worth anything "
        "outside.\n"
        "Delete the folder to start anew; init keeps what is there.\n\n"
        "pass                        password of every .p12 (key bag 3DES, certificates RC2-40)\n"
        "trust/                      roots and issuing CAs, for --trust and for shepd\n"
        "FAMILY/NAME.p12, NAME.pem   keys with certificates, and the certificates alone\n"
        "authority/                  the authority's own keys\n"
        "crl/                        revocation lists as of the last init, run or revoke\n"
        "tls/                        ca.pem, server.pem, server.key: localhost, 127.0.0.1, ::1;\n"
        "                            client.p12, client-expired.p12 under client-ca.pem: the RSA\n"
        "                            key of ЦОИД's participant, for mutual TLS\n"
        "ldap/coid.ldif              ЦОИД's certificates for an LDAP server; base "
        "DN " DIRECTORY_BASE "\n"
        "coid/transactions           the comparisons that ЦОИД has billed\n"
        "index                       what was issued, and what is revoked\n"
        "authority.conf              the address that certificates name for OCSP and CRLs\n\n"
        "FAMILY is gost2015, gost2004 or rsa. NAME:\n");
    for (size_t i = 0; i < HOLDER_COUNT; i++)
        bytes_addf(text, "  %-20s %s%s%s%s%s\n", holders[i].name, holders[i].purpose,
                   holders[i].iin ? ", IIN " : "", holders[i].iin ? holders[i].iin : "",
                   holders[i].bin ? ", BIN " : "", holders[i].bin ? holders[i].bin : "");
    bytes_addf(text,
               "\n`shepctl sandbox run DIR` serves %s: POST /ocsp/FAMILY, POST /tsp/FAMILY,\n"
               "GET /crl/FAMILY.crl, /crl/FAMILY-delta.crl, /crl/FAMILY-root.crl,\n"
               "/cert/FAMILY-ca.cer, /cert/FAMILY-root.cer.\n"
               "`shepctl sandbox revoke DIR FAMILY/NAME.pem` revokes a certificate.\n"
               "It serves ЦОИД as well, over mutual TLS: its line COID says where. %s/coid/ lists\n"
               "the people with a meaning, and the faults that can be asked for.\n",
               m->base_url, m->base_url);
    TRY(bytes_check(text, "README", err));
    TRY(file_path(path, m->dir, "README", err));
    return file_write(path, bytes_slice(text), 0644, err);
}

static enum status make_all(struct making *m, const char *base_url, struct err *err)
{
    AUTO(pki_free) struct pki *pki = NULL;

    TRY(take_base_url(m, base_url, err));
    TRY(take_password(m, err));
    TRY(index_load(m->dir, &m->index, err));
    for (size_t f = 0; f < FAMILY_COUNT; f++)
        TRY(make_family(m, &families[f], err));
    TRY(tls_make(m->dir, m->now_ms, err));
    TRY(tls_make_client(m->dir, m->password, m->now_ms, err));
    TRY(directory_write(m->dir, err));
    TRY(write_readme(m, err));
    TRY(pki_open(m->dir, &pki, err));
    return pki_write_crls(pki, m->now_ms, err);
}

enum status pki_init(const struct pki_params *params, struct pki_made *ret_made, struct err *err)
{
    struct making m = { .dir = params->dir, .now_ms = clock_now(params->clock) };
    enum status status;
    int lock = -1;

    TRY(make_dirs(params->dir, err));
    TRY(file_lock(params->dir, &lock, err));
    status = make_all(&m, params->base_url, err);
    file_unlock(lock);
    index_free(m.index);
    OPENSSL_cleanse(m.password, sizeof(m.password));
    if (status == ST_OK)
        *ret_made = m.made;
    return status;
}
