#include "conf/check.h"

#include "base/endpoint.h"
#include "base/text.h"

#include <string.h>

static bool is_set(const char *text)
{
    return text && *text;
}

static bool is_loopback(const char *listen)
{
    return listen && (strncmp(listen, "127.", 4) == 0 || strncmp(listen, "[::1]", 5) == 0);
}

static bool is_word(const char *text, const char *word)
{
    return strcmp(text, word) == 0;
}

bool conf_is_listed(const char *const *list, const char *word)
{
    for (; *list; list++)
        if (is_word(*list, word))
            return true;
    return false;
}

static bool has_gateway(const struct conf *c, const char *name)
{
    for (size_t i = 0; i < c->gateway_count; i++)
        if (is_word(c->gateways[i].name, name))
            return true;
    return false;
}

static enum status check_sender(const char *path, const struct conf *c,
                                const struct conf_sender *sender, struct err *err)
{
    const char *ids[] = { sender->iin, sender->bin, sender->business_iin, sender->business_bin };

    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
        if (is_set(ids[i]) && !text_is_digits(slice_str(ids[i]), 12))
            return RAISE(err, ST_INPUT, "%s: [sender \"%s\"] iin and bin are 12 digits", path,
                         sender->name);
    if (!is_set(sender->iin) && !is_set(sender->bin) && !sender->gateways[0])
        return RAISE(err, ST_INPUT,
                     "%s: [sender \"%s\"] wants iin, bin or gateways: who signs for it?", path,
                     sender->name);
    for (const char *const *name = sender->gateways; *name; name++)
        if (!has_gateway(c, *name))
            return RAISE(err, ST_INPUT,
                         "%s: [sender \"%s\"] names gateway %s, which has no section", path,
                         sender->name, *name);
    return ST_OK;
}

/* A demand that nobody can meet, or that never takes effect, is a mistake. */
static enum status check_business(const char *path, const struct conf_sender *sender,
                                  struct err *err)
{
    const bool some = sender->business_services[0];
    const bool known = is_set(sender->business_iin) || is_set(sender->business_bin) ||
                       is_set(sender->iin) || is_set(sender->bin);

    if (some && is_word(sender->business_signature, "ignore"))
        return RAISE(err, ST_INPUT,
                     "%s: [sender \"%s\"] business_signature = ignore, yet business_services "
                     "demand one",
                     path, sender->name);
    if ((some || is_word(sender->business_signature, "demand")) &&
        is_word(sender->business_signer, "sender") && !known)
        return RAISE(err, ST_INPUT,
                     "%s: [sender \"%s\"] wants business_iin or business_bin: whose signature is "
                     "demanded?",
                     path, sender->name);
    for (const char *const *name = sender->business_services; *name; name++)
        if (!conf_is_listed(sender->service_ids, *name))
            return RAISE(err, ST_INPUT,
                         "%s: [sender \"%s\"] business_services: %s is not among service_ids", path,
                         sender->name, *name);
    return ST_OK;
}

static enum status check_senders(const char *path, const struct conf *c, struct err *err)
{
    for (size_t i = 0; i < c->sender_count; i++) {
        TRY(check_sender(path, c, &c->senders[i], err));
        TRY(check_business(path, &c->senders[i], err));
        for (size_t k = 0; k < i; k++)
            if (is_word(c->senders[i].sender_id, c->senders[k].sender_id))
                return RAISE(err, ST_INPUT, "%s: sender_id %s stands in two sections", path,
                             c->senders[i].sender_id);
    }
    return ST_OK;
}

/* Evidence is kept three years at least, so that a signature can be judged again. */
static enum status check_retention(const char *path, const struct conf *c, struct err *err)
{
    const int64_t months = c->journal.keep_months;
    const struct conf_signing *signing = &c->signing;

    if (signing->evidence_keep_days < CONF_THREE_YEARS && !c->sandbox.enabled)
        return RAISE(err, ST_INPUT, "%s: [signing] evidence_keep_days: at least %d", path,
                     CONF_THREE_YEARS);
    if (signing->content_keep_days > signing->evidence_keep_days)
        return RAISE(err, ST_INPUT,
                     "%s: [signing] content_keep_days: at most evidence_keep_days (%lld)", path,
                     (long long)signing->evidence_keep_days);
    if (months && months < CONF_JOURNAL_MONTHS) /* req 0.51 */
        return RAISE(err, ST_INPUT, "%s: [journal] keep_months: 0, or at least %d", path,
                     CONF_JOURNAL_MONTHS);
    return ST_OK;
}

static enum status check_time(const char *path, const struct conf *c, struct err *err)
{
    struct endpoint endpoint;
    size_t count = 0;

    for (const char *const *server = c->time.servers; *server; server++, count++)
        if (!endpoint_parse(*server, "123", &endpoint))
            return RAISE(err, ST_INPUT, "%s: [time] servers: %.100s is neither host nor host:port",
                         path, *server);
    return count <= CONF_TIME_SERVERS
               ? ST_OK
               : RAISE(err, ST_INPUT, "%s: [time] servers: %d at most", path, CONF_TIME_SERVERS);
}

/* A setting of TLS that never takes effect would leave personal data in the clear. */
static enum status check_syslog(const char *path, const struct conf *c, struct err *err)
{
    const struct conf_syslog *s = &c->syslog;
    const bool tls = is_word(s->transport, "tls") || is_word(s->transport, "relp-tls");
    struct endpoint endpoint;

    if (is_word(s->transport, "off"))
        return ST_OK;
    if (!endpoint_parse(s->address, "514", &endpoint))
        return RAISE(err, ST_INPUT, "%s: [syslog] address: %.100s is neither host nor host:port",
                     path, s->address);
    if (tls && !is_set(s->tls_ca_file))
        return RAISE(err, ST_INPUT, "%s: [syslog] transport = %s wants tls_ca_file", path,
                     s->transport);
    if (!tls && (is_set(s->tls_ca_file) || is_set(s->tls_name) || is_set(s->tls_cert_file)))
        return RAISE(err, ST_INPUT,
                     "%s: [syslog] tls_… settings with transport = %s, which has none", path,
                     s->transport);
    if (is_set(s->tls_cert_file) != is_set(s->tls_key_file))
        return RAISE(err, ST_INPUT, "%s: [syslog] tls_cert_file and tls_key_file go together",
                     path);
    return ST_OK;
}

enum status conf_check(const char *path, const struct conf *c, struct err *err)
{
    if (is_set(c->http.tls_cert_file) != is_set(c->http.tls_key_file))
        return RAISE(err, ST_INPUT, "%s: [http] tls_cert_file and tls_key_file go together", path);
    if (is_set(c->admin.tls_cert_file) != is_set(c->admin.tls_key_file))
        return RAISE(err, ST_INPUT, "%s: [admin] tls_cert_file and tls_key_file go together", path);
    if (!is_set(c->admin.tls_cert_file) && !is_loopback(c->admin.listen))
        return RAISE(err, ST_INPUT, "%s: [admin] listen: without TLS only on loopback", path);
    if (c->limits.claim_lease_ms <= c->limits.exchange_ms)
        return RAISE(err, ST_INPUT, "%s: [limits] claim_lease_ms must be above exchange_ms", path);
    TRY(check_retention(path, c, err));
    TRY(check_senders(path, c, err));
    TRY(check_time(path, c, err));
    TRY(check_syslog(path, c, err));
    return conf_check_coid(path, c, err);
}
