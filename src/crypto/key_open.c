/* Where a key is and how it is opened: the one place that decides. */
#include "base/text.h"
#include "crypto/der.h"
#include "crypto/key_impl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { SECRET_FILE_MAX = 4096 /* bytes; its first line counts */ };

/* A password or PIN, wiped with its holder. */
struct secret {
    char text[SECRET_MAX + 1];
    bool given;
};

static const char *secret_text(const struct secret *secret)
{
    return secret->given ? secret->text : NULL;
}

static bool is_token(const char *place)
{
    return strncmp(place, "pkcs11:", 7) == 0;
}

/* For messages: the query of a URI may hold what should not stand there. */
static int place_len(const char *place)
{
    return (int)(is_token(place) ? strcspn(place, "?") : strlen(place));
}

static bool is_set(const char *text)
{
    return text && *text;
}

/* Any file, a pipe too: `--pass-file <(…)` is a good way to hand over a password. */
static enum status read_file(const char *path, size_t max, struct bytes **ret, struct err *err)
{
    AUTO(bytes_wipe) struct bytes *content = bytes_new(max + 1);
    FILE *file = fopen(path, "rbe");

    if (!file)
        return RAISE(err, errno == ENOENT ? ST_NOT_FOUND : ST_INPUT, "%s: %s", path,
                     strerrordesc_np(errno));
    char *place = content ? bytes_extend(content, max + 1) : NULL;
    size_t len = place ? fread(place, 1, max + 1, file) : 0;
    bool failed = ferror(file) != 0;
    (void)fclose(file);
    if (!place)
        return RAISE(err, ST_NOMEM, "%s: out of memory", path);
    if (failed)
        return RAISE(err, ST_INPUT, "%s: cannot be read", path);
    if (len > max)
        return RAISE(err, ST_INPUT, "%s: longer than %zu bytes", path, max);
    content->len = len;
    *ret = TAKE(content);
    return ST_OK;
}

static enum status set_secret(struct slice text, struct secret *ret, struct err *err)
{
    if (text.len > SECRET_MAX || memchr(text.at, '\0', text.len))
        return RAISE_CAUSE(err, ST_INPUT, "wrongPassword", NULL, "1024 bytes",
                           "a password longer than %d bytes or with a NUL", SECRET_MAX);
    memcpy(ret->text, text.at, text.len);
    ret->text[text.len] = '\0';
    ret->given = true;
    return ST_OK;
}

static enum status load_secret(const char *path, struct secret *ret, struct err *err)
{
    AUTO(bytes_wipe) struct bytes *content = NULL;

    if (!is_set(path))
        return ST_OK;
    TRY(read_file(path, SECRET_FILE_MAX, &content, err));
    struct slice line = bytes_slice(content);
    const char *end = memchr(line.at, '\n', line.len);
    if (end)
        line.len = (size_t)(end - line.at);
    if (line.len > 0 && line.at[line.len - 1] == '\r')
        line.len--;
    return set_secret(line, ret, err);
}

static enum status add_cert(void *ctx, const struct cert *cert, struct err *err)
{
    return key_parts_add(ctx, cert_x509(cert), err);
}

static enum status load_certs(const char *path, struct key_parts *parts, struct err *err)
{
    AUTO(bytes_free) struct bytes *content = NULL;
    struct err cause;

    if (!is_set(path))
        return ST_OK;
    TRY(read_file(path, KEY_FILE_MAX, &content, err));
    enum status status = cert_parse_each(bytes_slice(content), add_cert, parts, &cause);
    if (status == ST_OK)
        return ST_OK;
    return RAISE(err, status == ST_NOMEM ? ST_NOMEM : ST_INPUT, "%s: %s", path, cause.text);
}

/* A PKCS#12 is DER and begins so; everything else is read as PEM. */
static bool is_der(struct slice content)
{
    return content.len > 0 && (uint8_t)content.at[0] == DER_SEQUENCE;
}

static enum status parts_of_file(struct slice content, const struct secret *secret,
                                 struct key_parts *parts, struct err *err)
{
    if (!is_der(content))
        return key_parts_pem(content, secret_text(secret), parts, err);
    if (!secret->given)
        return RAISE_CAUSE(err, ST_INPUT, "passwordMissing", NULL, NULL,
                           "PKCS#12: its password is wanted");
    return key_parts_p12(content, secret->text, parts, err);
}

static enum status load_file(const struct key_source *source, const struct secret *secret,
                             struct key_parts *parts, struct err *err)
{
    AUTO(bytes_wipe) struct bytes *content = NULL;

    TRY(read_file(source->place, KEY_FILE_MAX, &content, err));
    return parts_of_file(bytes_slice(content), secret, parts, err);
}

static enum status load_token(const struct key_source *source, const struct secret *secret,
                              struct key_parts *parts, struct err *err)
{
    const struct token_params params = { source->pkcs11_module, source->place, secret->text };

    if (!is_set(source->pkcs11_module))
        return RAISE_CAUSE(err, ST_INPUT, "pkcs11Off", NULL, NULL,
                           "a key in a token wants the token's PKCS#11 module, and none is set");
    if (!secret->given)
        return RAISE_CAUSE(err, ST_INPUT, "passwordMissing", NULL, NULL,
                           "a key in a token wants its PIN in a file");
    TRY(token_open(&params, &parts->token, &parts->pkey, err));
    if (is_set(source->cert_file))
        return ST_OK;
    AUTO(X509_free) X509 *x509 = token_certificate(source->place);
    return x509 ? key_parts_add(parts, x509, err) : ST_OK;
}

static enum status open_source(const struct key_source *source, const struct secret *secret,
                               struct key **ret_key, struct err *err)
{
    bool in_token = is_token(source->place);
    struct key_parts parts = { 0 };

    enum status status =
        in_token ? load_token(source, secret, &parts, err) : load_file(source, secret, &parts, err);
    if (status == ST_OK)
        status = load_certs(source->cert_file, &parts, err);
    if (status == ST_OK)
        status = key_make(&parts, in_token ? "PKCS#11" : "key", ret_key, err);
    key_parts_clear(&parts);
    return status;
}

enum status key_open(const struct key_source *source, struct key **ret_key, struct err *err)
{
    struct secret secret = { .given = false };
    struct err cause;

    enum status status = load_secret(source->secret_file, &secret, &cause);
    if (status == ST_OK)
        status = open_source(source, &secret, ret_key, &cause);
    OPENSSL_cleanse(&secret, sizeof(secret));
    if (status == ST_OK)
        return ST_OK;
    return RAISE_CAUSE(err, status, cause.code, NULL, cause.limit, "%.*s: %s",
                       place_len(source->place), source->place, cause.text);
}

enum status key_open_p12(struct slice p12, struct slice password, struct key **ret_key,
                         struct err *err)
{
    struct secret secret = { .given = false };
    struct key_parts parts = { 0 };

    enum status status = set_secret(password, &secret, err);
    if (status == ST_OK)
        status = key_parts_p12(p12, secret.text, &parts, err);
    if (status == ST_OK)
        status = key_make(&parts, "PKCS#12", ret_key, err);
    key_parts_clear(&parts);
    OPENSSL_cleanse(&secret, sizeof(secret));
    return status;
}
