#include "server/jws_source.h"

#include "base/log.h"
#include "base/text.h"
#include "crypto/trust.h"
#include "rest/ldap.h"
#include "server/diary.h"
#include "server/open.h"
#include "server/outward.h"

#include <stdlib.h>

struct jws_source {
    enum jws_input input;
    struct trust *folder;     /* of pins; NULL: none is configured */
    const struct cert **pins; /* the folder's */
    size_t pin_count;
    struct ldap_directory *ldap; /* NULL: none is configured */
    struct jws_lookup lookup;
    struct journal *journal;
    const struct clock *clock;
    struct metric *calls; /* NULL: nobody counts */
};

/* ldap_params.tell */
static void tell(void *ctx, const char *url, const struct err *why)
{
    const struct jws_source *source = ctx;
    char text[320];

    (void)text_format(text, sizeof(text), "%s", why ? why->text : url);
    const struct event event = { .level = why ? EVENT_WARNING : EVENT_NOTICE,
                                 .name = why ? "ldap.away" : "ldap.back",
                                 .text = text };
    if (why)
        log_err(LOG_LEVEL_WARNING, event.name, why);
    else
        log_info(event.name, "url=%s", url);
    (void)diary_note(source->journal, source->clock, &event);
}

/* A question to a directory, for its lines. */
struct ldap_call {
    char about[80];
    struct outward_call call;
};

static void ldap_call_fill(struct ldap_call *ret, const char *url, struct slice kid)
{
    (void)text_format(ret->about, sizeof(ret->about), "kid=%.*s", (int)kid.len, kid.at);
    ret->call = (struct outward_call){ .purpose = "ldap", .server = url, .about = ret->about };
}

/* ldap_params.asking */
static enum status asking(void *ctx, const char *url, struct slice kid, struct err *err)
{
    const struct jws_source *source = ctx;
    const struct outward outward = { source->journal, source->clock, source->calls };
    struct ldap_call what;

    ldap_call_fill(&what, url, kid);
    return outward_asked(&outward, &what.call, err);
}

/* ldap_params.asked */
static void asked(void *ctx, const char *url, struct slice kid, int64_t began_ms,
                  const struct err *why)
{
    const struct jws_source *source = ctx;
    const struct outward outward = { source->journal, source->clock, source->calls };
    struct ldap_call what;

    ldap_call_fill(&what, url, kid);
    what.call.start_ms = began_ms;
    outward_told(&outward, &what.call, 0, why);
}

static enum status load_pins(struct jws_source *source, const char *dir, struct err *err)
{
    TRY(trust_new(&source->folder, err));
    TRY(trust_add_dir(source->folder, dir, err));
    size_t count = trust_count(source->folder);
    if (count == 0)
        return RAISE(err, ST_INPUT, "[jws] pins_dir: %s holds no certificate", dir);
    source->pins = calloc(count, sizeof(const struct cert *));
    if (!source->pins)
        return RAISE(err, ST_NOMEM, "[jws] pins_dir: out of memory");
    for (; source->pin_count < count; source->pin_count++)
        source->pins[source->pin_count] = trust_at(source->folder, source->pin_count);
    return ST_OK;
}

static enum status open_ldap(struct jws_source *source, const struct conf_ldap *conf,
                             struct err *err)
{
    AUTO(bytes_wipe) struct bytes *password = NULL;
    struct err cause;

    if (*conf->bind_pass_file)
        TRY(secret_load(conf->bind_pass_file, 1, &password, err));
    if (password)
        password->len = strcspn(password->at, "\r\n"); /* its first line */
    const struct ldap_params params = {
        .urls = conf->urls,
        .starttls = conf->starttls,
        .ca_file = conf->ca_file,
        .base = conf->base,
        .filter = conf->filter,
        .bind_dn = conf->bind_dn,
        .bind_password = bytes_slice(password),
        .timeout_ms = conf->timeout_ms,
        .keep_ms = conf->keep_ms,
        .clock = source->clock,
        .tell = tell,
        .asking = asking,
        .asked = asked,
        .tell_ctx = source,
    };
    if (ldap_directory_new(&params, &source->ldap, &cause) != ST_OK)
        return RAISE(err, cause.status, "[ldap] %s", cause.text);
    source->lookup = ldap_directory_lookup(source->ldap);
    return ST_OK;
}

enum status jws_source_new(const struct jws_source_params *params, struct jws_source **ret_source,
                           struct err *err)
{
    AUTO(jws_source_free) struct jws_source *source = calloc(1, sizeof(*source));
    const struct conf *conf = params->conf;

    if (!source)
        return RAISE(err, ST_NOMEM, "[jws] out of memory");
    source->journal = params->journal;
    source->clock = params->clock;
    source->calls = params->calls;
    TRY(jws_input_parse(conf->jws.input, &source->input, err));
    if (*conf->jws.pins_dir)
        TRY(load_pins(source, conf->jws.pins_dir, err));
    if (*conf->ldap.urls)
        TRY(open_ldap(source, &conf->ldap, err));
    *ret_source = TAKE(source);
    return ST_OK;
}

void jws_source_free(struct jws_source *source)
{
    if (!source)
        return;
    ldap_directory_free(source->ldap); /* it tells this source of its servers */
    free(source->pins);
    trust_free(source->folder);
    free(source);
}

void jws_source_adopt(struct jws_source *source, struct jws_source *before)
{
    if (source->ldap && before->ldap)
        ldap_directory_adopt(source->ldap, before->ldap);
}

const struct cert *const *jws_source_pins(const struct jws_source *source, size_t *ret_count)
{
    *ret_count = source->pin_count;
    return source->pins;
}

struct jws_params jws_source_params_of(const struct jws_source *source)
{
    return (struct jws_params){ .input = source->input,
                                .lookup = source->ldap ? &source->lookup : NULL };
}
