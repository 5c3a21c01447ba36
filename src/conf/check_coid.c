#include "conf/check.h"

#include <string.h>

/* Names in braces that a text may have; each must stand there, for what it names must be told. */
struct braces {
    const char *names[4]; /* NULL at the end */
};

static bool is_one_of(const struct braces *braces, const char *at, size_t len)
{
    for (const char *const *name = braces->names; *name; name++)
        if (strlen(*name) == len && memcmp(*name, at, len) == 0)
            return true;
    return false;
}

static enum status check_braces(const char *where, const char *text, const struct braces *braces,
                                struct err *err)
{
    for (const char *at = text; (at = strpbrk(at, "{}")); at++) {
        size_t len = strcspn(at, "}") + 1;
        if (*at == '}' || !is_one_of(braces, at, len))
            return RAISE(err, ST_INPUT, "%s: nothing is known of %.24s", where, at);
        at += len - 1;
    }
    for (const char *const *name = braces->names; *name; name++)
        if (!strstr(text, *name))
            return RAISE(err, ST_INPUT, "%s: wants %s in it", where, *name);
    return ST_OK;
}

/* TLS in any case, the sandbox's too: what goes there are citizens' photos (req 3.07, C-13). */
static enum status check_url(const char *path, const char *url, struct err *err)
{
    static const char scheme[] = "https://";
    size_t len = strlen(url);

    if (strncmp(url, scheme, strlen(scheme)) != 0)
        return RAISE(err, ST_INPUT, "%s: [coid] base_url begins with https://", path);
    if (strcspn(url + strlen(scheme), "/:") == 0 || strpbrk(url, "?#@{}\\ \t"))
        return RAISE(err, ST_INPUT, "%s: [coid] base_url is https://host[:port]/path alone", path);
    if (url[len - 1] == '/')
        return RAISE(err, ST_INPUT, "%s: [coid] base_url has no / at its end", path);
    return ST_OK;
}

static enum status check_path(const char *path, const char *key, const char *value,
                              const struct braces *braces, struct err *err)
{
    struct err cause;

    if (!*value || *value == '/' || strpbrk(value, "?#%\\ \t"))
        return RAISE(err, ST_INPUT,
                     "%s: [coid] %s is a path below base_url, without / before it or a query", path,
                     key);
    if (check_braces(key, value, braces, &cause) != ST_OK)
        return RAISE(err, ST_INPUT, "%s: [coid] %s", path, cause.text);
    return ST_OK;
}

static enum status check_paths(const char *path, const struct conf_coid *c, struct err *err)
{
    const struct {
        const char *key;
        const char *value;
        struct braces braces;
    } all[] = {
        { "verify_path", c->verify_path, { { NULL } } },
        { "data_path", c->data_path, { { NULL } } },
        { "vendors_path", c->vendors_path, { { NULL } } },
        { "transactions_path", c->transactions_path, { { "{from}", "{to}" } } },
        { "act_detail_path", c->act_detail_path, { { "{year}", "{month}" } } },
        { "act_path", c->act_path, { { "{year}", "{month}" } } },
        { "news_path", c->news_path, { { NULL } } },
    };

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        TRY(check_path(path, all[i].key, all[i].value, &all[i].braces, err));
    return ST_OK;
}

/* Who we are to ЦОИД, whom we believe, and in whose name the citizen's consent is told. */
static enum status check_demands(const char *path, const struct conf *conf, struct err *err)
{
    static const struct braces consent = { { "{participant}", "{fullName}", "{iin}" } };
    const struct conf_coid *c = &conf->coid;
    const struct {
        const char *key;
        const char *value;
    } demanded[] = {
        { "ca_file", c->ca_file },
        { "client_key_file", c->client_key_file },
        { "sign_key_file", c->sign_key_file },
        { "participant", c->participant },
    };
    struct err cause;

    for (size_t i = 0; i < sizeof(demanded) / sizeof(demanded[0]); i++)
        if (!*demanded[i].value)
            return RAISE(err, ST_INPUT, "%s: [coid] %s is required with base_url", path,
                         demanded[i].key);
    if (!*conf->jws.pins_dir && !*conf->ldap.urls)
        return RAISE(err, ST_INPUT,
                     "%s: [coid] wants [jws] pins_dir or [ldap] urls: by which certificates are "
                     "answers believed?",
                     path);
    if (check_braces("consent_template", c->consent_template, &consent, &cause) != ST_OK)
        return RAISE(err, ST_INPUT, "%s: [coid] %s", path, cause.text);
    return ST_OK;
}

/* While ЦОИД hangs, its callers hold so many workers: others must be left for signing. */
static enum status check_limits(const char *path, const struct conf *conf, struct err *err)
{
    const struct conf_coid *c = &conf->coid;

    if (c->budget_ms >= conf->limits.exchange_ms)
        return RAISE(err, ST_INPUT,
                     "%s: [coid] budget_ms must be below [limits] exchange_ms (%lld)", path,
                     (long long)conf->limits.exchange_ms);
    if (c->call_ms > c->budget_ms)
        return RAISE(err, ST_INPUT, "%s: [coid] call_ms: at most budget_ms (%lld)", path,
                     (long long)c->budget_ms);
    if (c->max_calls + c->max_waiting >= conf->http.workers)
        return RAISE(err, ST_INPUT,
                     "%s: [coid] max_calls and max_waiting together must be below [http] workers "
                     "(%lld)",
                     path, (long long)conf->http.workers);
    return ST_OK;
}

static enum status check_senders(const char *path, const struct conf *conf, struct err *err)
{
    const bool offered = *conf->coid.base_url;

    for (size_t i = 0; i < conf->sender_count; i++) {
        const struct conf_sender *sender = &conf->senders[i];
        bool calls = conf_is_listed(sender->service_ids, conf->coid.service_id);
        if (calls && !offered)
            return RAISE(err, ST_INPUT,
                         "%s: [sender \"%s\"] service_ids: %s is not offered, as [coid] base_url "
                         "is empty",
                         path, sender->name, conf->coid.service_id);
        if (sender->coid_daily_limit > 0 && !calls)
            return RAISE(err, ST_INPUT,
                         "%s: [sender \"%s\"] coid_daily_limit: %s is not among service_ids", path,
                         sender->name, conf->coid.service_id);
    }
    return ST_OK;
}

enum status conf_check_coid(const char *path, const struct conf *conf, struct err *err)
{
    const struct conf_coid *c = &conf->coid;

    if (!*c->service_id || strcmp(c->service_id, conf->signing.service_id) == 0)
        return RAISE(err, ST_INPUT, "%s: [coid] service_id must differ from [signing] service_id",
                     path);
    if (c->evidence_keep_days < CONF_THREE_YEARS && !conf->sandbox.enabled)
        return RAISE(err, ST_INPUT, "%s: [coid] evidence_keep_days: at least %d", path,
                     CONF_THREE_YEARS);
    TRY(check_senders(path, conf, err));
    if (!*c->base_url)
        return ST_OK;
    TRY(check_url(path, c->base_url, err));
    TRY(check_paths(path, c, err));
    TRY(check_demands(path, conf, err));
    return check_limits(path, conf, err);
}
