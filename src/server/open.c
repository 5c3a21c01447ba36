#include "server/open.h"

#include "base/file.h"

#include <string.h>

enum {
    MAX_SECRET = 4096, /* bytes of a key or password file */
    MIN_KEY = 32,      /* bytes of a key */
};

enum status secret_load(const char *path, size_t min_bytes, struct bytes **ret_secret,
                        struct err *err)
{
    AUTO(bytes_wipe) struct bytes *secret = NULL;

    TRY(file_load(path, MAX_SECRET, &secret, err));
    if (secret->len < min_bytes)
        return RAISE(err, ST_INPUT, "%s: holds %zu bytes, at least %zu are needed", path,
                     secret->len, min_bytes);
    *ret_secret = TAKE(secret);
    return ST_OK;
}

enum status open_store(const struct conf *conf, struct vault *vault, struct store **ret_store,
                       struct err *err)
{
    AUTO(bytes_wipe) struct bytes *password = NULL;
    const struct conf_store *c = &conf->store;

    if (*c->password_file)
        TRY(secret_load(c->password_file, 1, &password, err));
    if (password)
        password->at[strcspn(password->at, "\r\n")] = '\0'; /* its first line */
    const struct store_params params = {
        .socket = *c->socket ? c->socket : NULL,
        .host = c->host,
        .port = (unsigned)c->port,
        .user = c->user,
        .password = password ? password->at : "",
        .database = c->database,
        .tls_ca_file = *c->tls_ca_file ? c->tls_ca_file : NULL,
        .vault = vault,
        .pool = (unsigned)c->pool,
        .wait_ms = c->wait_ms,
    };
    return store_open(&params, ret_store, err);
}

enum status open_journal(const struct conf *conf, const struct open_journal *what,
                         struct journal **ret_journal, struct err *err)
{
    AUTO(bytes_wipe) struct bytes *key = NULL;

    TRY(secret_load(conf->journal.pseudonym_key_file, MIN_KEY, &key, err));
    const struct journal_params params = {
        .dir = what->dir,
        .instance = what->instance,
        .pseudonym_key = bytes_slice(key),
        .max_file_bytes = (size_t)conf->journal.max_file_bytes,
        .clock = what->clock,
        .wrote = what->wrote,
        .ctx = what->ctx,
    };
    return journal_open(&params, ret_journal, err);
}

enum status open_syslog(const struct conf *conf, const char *dir, struct syslog **ret_syslog,
                        struct err *err)
{
    const struct conf_syslog *c = &conf->syslog;
    struct syslog_params params = {
        .address = c->address,
        .dir = dir,
        .head = { .hostname = *c->hostname ? c->hostname : conf->instance.name,
                  .enterprise = (unsigned)c->enterprise_number,
                  .version = SHEP_VERSION,
                  .max_bytes = (size_t)c->max_message_bytes },
        .tls_ca_file = c->tls_ca_file,
        .tls_name = c->tls_name,
        .tls_cert_file = c->tls_cert_file,
        .tls_key_file = c->tls_key_file,
        .connect_ms = c->connect_ms,
        .io_ms = c->io_ms,
        .resend_lines = (uint64_t)c->resend_lines,
    };

    *ret_syslog = NULL;
    if (strcmp(c->transport, "off") == 0)
        return ST_OK;
    if (!syslog_transport_parse(c->transport, &params.transport) ||
        !syslog_facility_parse(c->facility, &params.head.facility))
        return RAISE(err, ST_INTERNAL, "[syslog]: the table of settings has a word that is none");
    return syslog_open(&params, ret_syslog, err);
}
