/* shepctl trust add: shows a certificate authority, has a person compare its fingerprint, and puts
 * it into the trust folder, on record where that is a service's. All that are named are added, or
 * none. */
#include "base/clock.h"
#include "base/text.h"
#include "crypto/algorithm.h"
#include "crypto/encode.h"
#include "crypto/trust.h"
#include "ctl/audit.h"
#include "ctl/commands.h"
#include "ctl/ctl.h"
#include "ctl/folder.h"
#include "ctl/login.h"
#include "ctl/show.h"
#include "ctl/trust.h"

#include <stdlib.h>
#include <unistd.h>

enum {
    FILES_MAX = 16,
    ADDED_MAX = 64, /* certificates of one call */
    PRINTS_MAX = 64,
    NAME_BYTES = 160, /* of a file's name, before its fingerprint */
    SHORT_PRINT = 16, /* hex digits of the fingerprint in a file's name */
    LINE_BYTES = 64,  /* of PEM */
    PEM_MAX = 1024 * 1024,
    HEX_TEXT = 65,
    EVENT_TEXT = 1024,
};

struct adding {
    const char *dir;
    const char *config; /* NULL: LOGIN_USUAL_CONFIG, where there is one */
    bool yes;
    bool expired_allowed;
    char prints[PRINTS_MAX][HEX_TEXT]; /* fingerprints given, lower-case hex */
    size_t print_count;
    struct cert *certs[ADDED_MAX]; /* owned */
    size_t count;
};

enum { OPT_DIR, OPT_CONFIG, OPT_YES, OPT_FINGERPRINT, OPT_EXPIRED };

static const struct option_row rows[] = {
    { OPT_DIR, "dir", "DIR", "the folder; " TRUST_DIR " by default" },
    { OPT_CONFIG, "config", "FILE",
      "the service's configuration (" LOGIN_USUAL_CONFIG "): its folder's changes go on record" },
    { OPT_YES, "yes", NULL, "do not ask: the fingerprint has been compared" },
    { OPT_FINGERPRINT, "fingerprint", "HEX",
      "add what has this SHA-256 and do not ask, may be repeated" },
    { OPT_EXPIRED, "allow-expired", NULL, "for signatures that were stamped in its time" },
};

/* Hex with colons and blanks among it, in any case. */
static enum status add_print(struct adding *a, const char *value, struct err *err)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    size_t len = 0;

    if (a->print_count == PRINTS_MAX)
        return RAISE(err, ST_INPUT, "--fingerprint: more than %d", PRINTS_MAX);
    char *to = a->prints[a->print_count];
    for (const char *at = value; *at; at++) {
        const char *digit = strchr(digits, *at);
        if (*at == ':' || *at == ' ')
            continue;
        if (!digit || len == HEX_TEXT - 1)
            return RAISE(err, ST_INPUT, "--fingerprint: expected the 64 hex digits of a SHA-256");
        to[len++] = digits[(digit - digits) % 16];
    }
    if (len != HEX_TEXT - 1)
        return RAISE(err, ST_INPUT, "--fingerprint: expected the 64 hex digits of a SHA-256");
    a->print_count++;
    return ST_OK;
}

static enum status set(void *ctx, int key, const char *value, struct err *err)
{
    struct adding *a = ctx;

    switch (key) {
    case OPT_DIR:
        a->dir = value;
        return ST_OK;
    case OPT_CONFIG:
        a->config = value;
        return ST_OK;
    case OPT_YES:
        a->yes = true;
        return ST_OK;
    case OPT_EXPIRED:
        a->expired_allowed = true;
        return ST_OK;
    default:
        return add_print(a, value, err);
    }
}

static const struct usage usage = {
    .command = "shepctl trust add",
    .arguments = "FILE…",
    .about = "Puts certificates of authorities into the trust folder after their fingerprint was "
             "compared\nwith one from another source. FILE is DER, PEM or base64; - is standard "
             "input.\nExit status: 0 added, 1 refused, 2 trouble. With several, all are added or "
             "none.",
    .rows = rows,
    .row_count = sizeof(rows) / sizeof(rows[0]),
    .min_arguments = 1,
    .max_arguments = FILES_MAX,
    .set = set,
};

/* ---- reading ---- */

static enum status take_cert(void *ctx, struct cert *taken, struct err *err)
{
    AUTO(cert_free) struct cert *cert = taken;
    struct adding *a = ctx;

    if (a->count == ADDED_MAX)
        return RAISE(err, ST_INPUT, "more than %d certificates in one call", ADDED_MAX);
    a->certs[a->count++] = TAKE(cert);
    return ST_OK;
}

static enum status read_file(struct adding *a, const char *path, struct err *err)
{
    AUTO(bytes_free) struct bytes *content = NULL;
    struct err cause;

    TRY(file_read(path, FOLDER_FILE_MAX, &content, err));
    if (certs_read(bytes_slice(content), take_cert, a, &cause) != ST_OK)
        return RAISE(err, cause.status, "%s: %s", path, cause.text);
    return ST_OK;
}

/* ---- judging ---- */

static void hex_of(const struct cert *cert, char hex[HEX_TEXT])
{
    text_hex(slice_mem(cert_signer(cert)->sha256, 32), hex);
}

static bool is_twice(const struct adding *a, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (slice_eq(cert_der(a->certs[i]), cert_der(a->certs[at])))
            return true;
    return false;
}

/* Why it is not added; ST_CONFLICT. */
static enum status refuse(const struct adding *a, size_t at, const struct folder *folder,
                          struct err *err)
{
    const struct cert *cert = a->certs[at];
    const struct folder_item *there = folder_find(folder, cert);
    const char *reason = trust_refuse_issuer(cert);

    if (there)
        return RAISE(err, ST_CONFLICT, "it is there already, in %s", there->file);
    if (is_twice(a, at))
        return RAISE(err, ST_CONFLICT, "it is named twice");
    if (reason)
        return RAISE(err, ST_CONFLICT, "%s", reason);
    if (cert_algorithm(cert) == ALG_UNKNOWN)
        return RAISE(err, ST_CONFLICT, "its key is of a kind that is not known here");
    if (!a->expired_allowed && trust_days_left(cert, clock_now(clock_system())) < 0)
        return RAISE(err, ST_CONFLICT, "it has expired; --allow-expired takes it all the same");
    return ST_OK;
}

static bool is_named(const struct adding *a, const struct cert *cert)
{
    char hex[HEX_TEXT];

    hex_of(cert, hex);
    for (size_t i = 0; i < a->print_count; i++)
        if (strcmp(a->prints[i], hex) == 0)
            return true;
    return false;
}

static bool ask(void)
{
    char answer[16] = "";

    (void)fputs("Compare the SHA-256 with one from another source. Trust it? [y/N] ", stdout);
    (void)fflush(stdout);
    if (!fgets(answer, sizeof(answer), stdin))
        return false;
    return strcmp(answer, "y\n") == 0 || strcmp(answer, "yes\n") == 0;
}

static enum status confirm(const struct adding *a, const struct cert *cert, struct err *err)
{
    if (a->print_count > 0)
        return is_named(a, cert) ? ST_OK
                                 : RAISE(err, ST_CONFLICT,
                                         "its SHA-256 is none of those that --fingerprint gives");
    if (a->yes)
        return ST_OK;
    if (!isatty(STDIN_FILENO))
        return RAISE(err, ST_INPUT,
                     "no terminal to confirm on: compare the fingerprint and say --fingerprint HEX "
                     "or --yes");
    return ask() ? ST_OK : RAISE(err, ST_CONFLICT, "not confirmed");
}

static enum status judge_one(const struct adding *a, size_t at, const struct folder *folder,
                             struct err *err)
{
    const struct cert *cert = a->certs[at];

    (void)printf("%s\n", trust_kind(cert));
    show_cert(stdout, cert);
    (void)fputs("  НУЦ РК      ", stdout);
    trust_show_known(stdout, cert);
    (void)fputc('\n', stdout);
    TRY(refuse(a, at, folder, err));
    return confirm(a, cert, err);
}

/* ---- on record ---- */

/* At the first set-up there is no configuration that counts, and no journal yet. *ret_conf NULL. */
static enum status find_conf(const struct adding *a, const struct conf **ret_conf, struct err *err)
{
    const char *path = a->config ? a->config : LOGIN_USUAL_CONFIG;
    AUTO(conf_free) const struct conf *conf = NULL;
    struct err why = { .text = "there is none that can be read" };

    *ret_conf = NULL;
    if (a->config)
        TRY(conf_load(path, &conf, err));
    else if (access(path, R_OK) == 0 && conf_load(path, &conf, &why) != ST_OK)
        conf = NULL;
    if (conf && access(conf->journal.dir, F_OK) == 0) {
        *ret_conf = TAKE(conf);
        return ST_OK;
    }
    (void)fprintf(stderr, "%s: not on record: ", usage.command);
    if (conf)
        (void)fprintf(stderr, "there is no journal yet in %s\n", conf->journal.dir);
    else
        (void)fprintf(stderr, "no configuration counts yet (%s: %s)\n", path, why.text);
    return ST_OK;
}

static enum status record_one(const struct adding *a, struct audit *audit, const struct cert *cert,
                              struct err *err)
{
    char hex[HEX_TEXT], text[EVENT_TEXT];
    const struct event event = { .level = EVENT_NOTICE, .name = "trust.placed", .text = text };

    hex_of(cert, hex);
    (void)text_format(text, sizeof(text), "%s %.300s, SHA-256 %s, into %.300s", trust_kind(cert),
                      cert_signer(cert)->subject, hex, a->dir);
    text_make_plain(text);
    return audit_write(audit, &event, err);
}

/* A folder of one's own is one's own business. */
static enum status record(const struct adding *a, struct err *err)
{
    AUTO(conf_free) const struct conf *conf = NULL;
    AUTO(audit_close) struct audit *audit = NULL;

    TRY(find_conf(a, &conf, err));
    if (!conf || !login_is_within(a->dir, conf->trust.dir))
        return ST_OK;
    const struct audit_params params = {
        .conf = conf, .clock = clock_system(), .wait_ms = AUDIT_WAIT_MS, .root_may = true
    };
    TRY(audit_open(&params, &audit, err));
    for (size_t i = 0; i < a->count; i++)
        TRY(record_one(a, audit, a->certs[i], err));
    return ST_OK;
}

/* ---- writing ---- */

/* Letters of any script stay; what a shell or a path takes for its own becomes _. */
static void name_of(const struct cert *cert, char dst[NAME_BYTES])
{
    const struct signer *facts = cert_signer(cert);
    size_t len = 0;

    (void)text_copy(dst, NAME_BYTES, facts->common_name[0] ? facts->common_name : facts->subject);
    for (const char *at = dst; *at; at++) {
        unsigned char c = (unsigned char)*at;
        bool plain = c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                     (c >= 'a' && c <= 'z') || (len > 0 && (c == '-' || c == '.'));
        if (plain)
            dst[len++] = *at;
        else if (len > 0 && dst[len - 1] != '_')
            dst[len++] = '_';
    }
    dst[len] = '\0';
}

static enum status path_of(const struct adding *a, const struct cert *cert,
                           char path[FILE_PATH_MAX], struct err *err)
{
    char name[NAME_BYTES];
    char file[NAME_BYTES + HEX_TEXT];
    char hex[HEX_TEXT];

    name_of(cert, name);
    hex_of(cert, hex);
    (void)text_format(file, sizeof(file), "%s-%.*s.pem", name, SHORT_PRINT, hex);
    return file_path(path, a->dir, file, err);
}

static enum status write_one(const struct adding *a, const struct cert *cert, struct err *err)
{
    AUTO(bytes_free) struct bytes *base64 = base64_encode(cert_der(cert));
    AUTO(bytes_free) struct bytes *pem = bytes_new(PEM_MAX);
    char path[FILE_PATH_MAX];

    if (!base64 || !pem)
        return RAISE(err, ST_NOMEM, "out of memory");
    bytes_add_str(pem, "-----BEGIN CERTIFICATE-----\n");
    for (size_t at = 0; at < base64->len; at += LINE_BYTES) {
        size_t left = base64->len - at;
        bytes_add(pem, slice_mem(base64->at + at, left < LINE_BYTES ? left : LINE_BYTES));
        bytes_add_str(pem, "\n");
    }
    bytes_add_str(pem, "-----END CERTIFICATE-----\n");
    TRY(bytes_check(pem, "certificate", err));
    TRY(path_of(a, cert, path, err));
    TRY(file_write(path, bytes_slice(pem), 0644, err));
    (void)fputs("added ", stdout);
    ctl_print_text(stdout, path);
    (void)fputc('\n', stdout);
    return ST_OK;
}

static enum status run(struct adding *a, char **paths, struct err *err)
{
    AUTO(folder_clear) struct folder *folder = &(struct folder){ 0 };

    for (; *paths; paths++)
        TRY(read_file(a, *paths, err));
    TRY(folder_read(a->dir, folder, err));
    for (size_t i = 0; i < a->count; i++)
        TRY(judge_one(a, i, folder, err));
    TRY(record(a, err));
    for (size_t i = 0; i < a->count; i++)
        TRY(write_one(a, a->certs[i], err));
    (void)puts(
        "A running shepd takes it at its next reload: systemctl reload shepd, or kill -HUP.");
    return ST_OK;
}

int cmd_trust_add(int argc, char **argv)
{
    AUTO_FREE struct adding *a = calloc(1, sizeof(*a));
    char **arguments;
    struct err err;

    if (!a) {
        (void)RAISE(&err, ST_NOMEM, "out of memory");
        return ctl_fail(usage.command, &err);
    }
    a->dir = TRUST_DIR;
    int code = ctl_options(&usage, a, argc, argv, &arguments);
    if (code != CTL_GO)
        return code;
    enum status done = run(a, arguments, &err);
    for (size_t i = 0; i < a->count; i++)
        cert_free(a->certs[i]);
    if (done == ST_OK)
        return CTL_OK;
    (void)ctl_fail(usage.command, &err);
    return done == ST_CONFLICT ? CTL_NO : CTL_TROUBLE;
}
