#include "rest/ldap.h"

#include "base/bytes.h"
#include "base/text.h"
#include "rest/kid_cache.h"
#include "rest/ldap_ask.h"
#include "rest/ldap_text.h"

#include <ldap.h>
#include <pthread.h>
#include <stdlib.h>

enum {
    ASIDE_MS = 1000, /* the first time */
    ASIDE_MAX_MS = 60 * 1000,
    SEARCHES_MAX = 3, /* iss, iss the other way round, base */
};

static const char usual_filter[] = "(|(userCertificate=*)(cACertificate=*))";

struct server {
    char *url;
    bool starttls;
    int64_t aside_until_ms;
    unsigned failures; /* in a row */
};

struct ldap_directory {
    struct kid_cache *cache;
    struct server servers[LDAP_SERVERS_MAX];
    size_t server_count;
    char *ca_file, *base, *filter, *bind_dn; /* NULL: none */
    struct bytes *password;
    int64_t timeout_ms;
    const struct clock *clock;
    pthread_mutex_t lock; /* guards the servers' state */
    pthread_mutex_t tell_lock;
    /* What of the caller's is called, all under the lock and none when closed. */
    bool closed;
    void (*tell)(void *ctx, const char *url, const struct err *why); /* NULL: nobody listens */
    enum status (*asking)(void *ctx, const char *url, struct slice kid, struct err *err);
    void (*asked)(void *ctx, const char *url, struct slice kid, int64_t began_ms,
                  const struct err *why);
    void *tell_ctx;
};

/* ---- birth: what must hold ---- */

static const char *text_or_null(const char *text)
{
    return text && *text ? text : NULL;
}

static void free_url(LDAPURLDesc *url)
{
    ldap_free_urldesc(url);
}

DEFINE_AUTO(LDAPURLDesc, free_url)

static enum status check_url(const char *text, bool *ret_tls, struct err *err)
{
    AUTO(free_url) LDAPURLDesc *url = NULL;

    if (ldap_url_parse(text, &url) != LDAP_URL_SUCCESS)
        return RAISE(err, ST_INPUT, "LDAP server %.80s: not a URL of LDAP", text);
    *ret_tls = strcmp(url->lud_scheme, "ldaps") == 0;
    if (!*ret_tls && strcmp(url->lud_scheme, "ldap") != 0)
        return RAISE(err, ST_INPUT, "LDAP server %.80s: neither ldap:// nor ldaps://", text);
    if (!text_or_null(url->lud_host) || text_or_null(url->lud_dn) || url->lud_attrs ||
        url->lud_filter || url->lud_exts || strchr(text, '?'))
        return RAISE(err, ST_INPUT, "LDAP server %.80s: expected scheme, host and port alone",
                     text);
    return ST_OK;
}

static enum status add_server(struct ldap_directory *directory, const char *url, bool starttls,
                              struct err *err)
{
    struct server *server = &directory->servers[directory->server_count];
    bool tls = false;

    if (directory->server_count == LDAP_SERVERS_MAX)
        return RAISE_CAUSE(err, ST_INPUT, NULL, NULL, "8 servers", "LDAP: more than %d servers",
                           LDAP_SERVERS_MAX);
    TRY(check_url(url, &tls, err));
    server->url = strdup(url);
    if (!server->url)
        return RAISE(err, ST_NOMEM, "LDAP: out of memory");
    server->starttls = starttls && !tls;
    directory->server_count++;
    if ((tls || starttls) && !directory->ca_file)
        return RAISE(err, ST_INPUT, "LDAP server %.80s: TLS needs a CA file to verify it by", url);
    if (directory->bind_dn && !tls && !starttls)
        return RAISE(err, ST_INPUT, "LDAP server %.80s: no password travels without TLS", url);
    return ST_OK;
}

static enum status copy_text(const char *text, char **ret, struct err *err)
{
    if (!text_or_null(text))
        return ST_OK;
    *ret = strdup(text);
    return *ret ? ST_OK : RAISE(err, ST_NOMEM, "LDAP: out of memory");
}

static enum status copy_texts(struct ldap_directory *directory, const struct ldap_params *params,
                              struct err *err)
{
    TRY(copy_text(params->ca_file, &directory->ca_file, err));
    TRY(copy_text(params->base, &directory->base, err));
    TRY(copy_text(params->filter, &directory->filter, err));
    TRY(copy_text(params->bind_dn, &directory->bind_dn, err));
    directory->password = bytes_dup(params->bind_password);
    return directory->password ? ST_OK : RAISE(err, ST_NOMEM, "LDAP: out of memory");
}

static enum status check_texts(const struct ldap_directory *directory, struct err *err)
{
    AUTO_FREE struct ldap_names *names = calloc(1, sizeof(*names));

    if (!names)
        return RAISE(err, ST_NOMEM, "LDAP: out of memory");
    if (directory->base && !ldap_names_of(slice_str(directory->base), names))
        return RAISE(err, ST_INPUT, "LDAP base: not a distinguished name of RFC 4514");
    if ((directory->bind_dn != NULL) != (directory->password->len > 0))
        return RAISE(err, ST_INPUT, "LDAP: a bind DN and its password belong together");
    return directory->filter ? ldap_filter_check(directory->filter, err) : ST_OK;
}

/* ---- death ---- */

static void free_state(void *ctx)
{
    struct ldap_directory *directory = ctx;

    for (size_t i = 0; i < directory->server_count; i++)
        free(directory->servers[i].url);
    free(directory->ca_file);
    free(directory->base);
    free(directory->filter);
    free(directory->bind_dn);
    bytes_wipe(directory->password);
    (void)pthread_mutex_destroy(&directory->lock);
    (void)pthread_mutex_destroy(&directory->tell_lock);
    free(directory);
}

void ldap_directory_free(struct ldap_directory *directory)
{
    if (!directory)
        return;
    (void)pthread_mutex_lock(&directory->tell_lock);
    directory->closed = true;
    (void)pthread_mutex_unlock(&directory->tell_lock);
    if (directory->cache)
        kid_cache_close(directory->cache); /* its source is this directory */
    else
        free_state(directory);
}

/* ---- servers ---- */

static bool is_aside(struct ldap_directory *directory, const struct server *server)
{
    int64_t now_ms = clock_now(directory->clock);

    (void)pthread_mutex_lock(&directory->lock);
    bool aside = server->aside_until_ms > now_ms &&
                 server->aside_until_ms - now_ms <= ASIDE_MAX_MS; /* the clock was set back */
    (void)pthread_mutex_unlock(&directory->lock);
    return aside;
}

/* why NULL: it has answered. */
static void note_outcome(struct ldap_directory *directory, struct server *server,
                         const struct err *why)
{
    int64_t now_ms = clock_now(directory->clock);

    (void)pthread_mutex_lock(&directory->lock);
    unsigned before = server->failures;
    server->failures = why ? before + (before < 16) : 0;
    int64_t aside_ms = why ? (int64_t)ASIDE_MS << before : 0;
    server->aside_until_ms = now_ms + (aside_ms < ASIDE_MAX_MS ? aside_ms : ASIDE_MAX_MS);
    bool is_news = (before > 0) != (why != NULL);
    (void)pthread_mutex_unlock(&directory->lock);
    (void)pthread_mutex_lock(&directory->tell_lock);
    if (is_news && directory->tell && !directory->closed)
        directory->tell(directory->tell_ctx, server->url, why);
    (void)pthread_mutex_unlock(&directory->tell_lock);
}

static enum status note_asking(struct ldap_directory *directory, const struct server *server,
                               struct slice kid, struct err *err)
{
    enum status status = ST_OK;

    (void)pthread_mutex_lock(&directory->tell_lock);
    if (directory->closed)
        status = RAISE(err, ST_UNAVAILABLE, "LDAP: its directory is closed");
    else if (directory->asking)
        status = directory->asking(directory->tell_ctx, server->url, kid, err);
    (void)pthread_mutex_unlock(&directory->tell_lock);
    return status;
}

static void note_asked(struct ldap_directory *directory, const struct server *server,
                       struct slice kid, int64_t began_ms, const struct err *why)
{
    (void)pthread_mutex_lock(&directory->tell_lock);
    if (directory->asked && !directory->closed)
        directory->asked(directory->tell_ctx, server->url, kid, began_ms, why);
    (void)pthread_mutex_unlock(&directory->tell_lock);
}

/* ---- questions ---- */

/* What is searched for one kid; the searches' texts point into the rest. */
struct plan {
    struct ldap_names names; /* of iss */
    struct bytes *filter;
    struct ldap_search searches[SEARCHES_MAX];
    size_t count;
};

static void plan_free(struct plan *plan)
{
    bytes_free(plan->filter);
    free(plan);
}

DEFINE_AUTO(struct plan, plan_free)

static enum status fill_plan(const struct ldap_directory *directory, struct slice kid,
                             struct slice iss, struct plan *plan, struct err *err)
{
    const char *filter = directory->filter ? directory->filter : usual_filter;

    TRY(ldap_filter_of(filter, kid, iss, &plan->filter, err));
    if (ldap_names_of(iss, &plan->names)) {
        plan->searches[plan->count++] =
            (struct ldap_search){ plan->names.straight, false, "(objectClass=*)" };
        plan->searches[plan->count++] =
            (struct ldap_search){ plan->names.reversed, false, "(objectClass=*)" };
    }
    if (directory->base)
        plan->searches[plan->count++] =
            (struct ldap_search){ directory->base, true, plan->filter->at };
    if (plan->count == 0)
        return RAISE(err, ST_INPUT, "LDAP: no base is configured, and the JWS' iss is no name");
    return ST_OK;
}

/* ST_NOT_FOUND: the server has searched everything and has none. */
static enum status ask_one(struct ldap_directory *directory, struct server *server,
                           const struct plan *plan, struct slice kid, struct jws_found *ret_found,
                           struct err *err)
{
    const struct ldap_server how = { .url = server->url,
                                     .starttls = server->starttls,
                                     .ca_file = directory->ca_file,
                                     .bind_dn = directory->bind_dn,
                                     .password = bytes_slice(directory->password) };
    const struct ldap_question question = { .server = &how,
                                            .searches = plan->searches,
                                            .search_count = plan->count,
                                            .kid = kid,
                                            .deadline_ms =
                                                clock_monotonic_ms() + directory->timeout_ms };
    struct ldap_reply reply = { 0 };
    const int64_t began_ms = clock_now(directory->clock);

    TRY(note_asking(directory, server, kid, err));
    enum status status = ldap_ask(&question, &reply, err);
    note_asked(directory, server, kid, began_ms, status == ST_OK ? NULL : err);
    note_outcome(directory, server, status == ST_OK ? NULL : err);
    TRY(status);
    *ret_found = reply.found;
    if (reply.found.count > 0)
        return ST_OK;
    if (reply.cut)
        return RAISE_CAUSE(err, ST_UPSTREAM, "answerTooLong", NULL, reply.cut,
                           "%s: the kid is not among what fits into %s", server->url, reply.cut);
    return RAISE(err, ST_NOT_FOUND, "%s: no certificate of the kid", server->url);
}

/* kid_source.ask */
static enum status ask(void *ctx, struct slice kid, struct slice iss, struct jws_found *ret_found,
                       struct err *err)
{
    struct ldap_directory *directory = ctx;
    AUTO(plan_free) struct plan *plan = calloc(1, sizeof(*plan));
    size_t missing = 0; /* servers that have searched in vain */
    struct err last;

    if (!plan)
        return RAISE(err, ST_NOMEM, "LDAP: out of memory");
    TRY(fill_plan(directory, kid, iss, plan, err));
    (void)RAISE(err, ST_UNAVAILABLE, "LDAP: every server is put aside for a while");
    for (size_t i = 0; i < directory->server_count; i++) {
        struct server *server = &directory->servers[i];
        if (is_aside(directory, server))
            continue;
        enum status status = ask_one(directory, server, plan, kid, ret_found, &last);
        if (status == ST_OK)
            return ST_OK;
        missing += status == ST_NOT_FOUND;
        if (status != ST_NOT_FOUND)
            *err = last;
    }
    if (missing == directory->server_count)
        return RAISE(err, ST_NOT_FOUND, "LDAP: no server has a certificate of the kid");
    return err->status;
}

static enum status find(void *ctx, const struct jws_want *want, struct jws_found *ret_found,
                        struct err *err)
{
    const struct ldap_directory *directory = ctx;

    return kid_cache_find(directory->cache, want, ret_found, err);
}

/* ---- the whole ---- */

static enum status build(struct ldap_directory *directory, const struct ldap_params *params,
                         struct err *err)
{
    const struct kid_cache_params cache = {
        .source = { .ctx = directory, .ask = ask, .free = free_state },
        .clock = params->clock,
        .keep_ms = params->keep_ms,
    };

    TRY(copy_texts(directory, params, err));
    for (const char *const *url = params->urls; *url; url++)
        TRY(add_server(directory, *url, params->starttls, err));
    if (directory->server_count == 0)
        return RAISE(err, ST_INPUT, "LDAP: no server is named");
    TRY(check_texts(directory, err));
    return kid_cache_new(&cache, &directory->cache, err);
}

enum status ldap_directory_new(const struct ldap_params *params,
                               struct ldap_directory **ret_directory, struct err *err)
{
    AUTO(ldap_directory_free) struct ldap_directory *directory = calloc(1, sizeof(*directory));

    if (!directory)
        return RAISE(err, ST_NOMEM, "LDAP: out of memory");
    (void)pthread_mutex_init(&directory->lock, NULL);
    (void)pthread_mutex_init(&directory->tell_lock, NULL);
    directory->timeout_ms = params->timeout_ms;
    directory->clock = params->clock;
    directory->tell = params->tell;
    directory->asking = params->asking;
    directory->asked = params->asked;
    directory->tell_ctx = params->tell_ctx;
    TRY(build(directory, params, err));
    *ret_directory = TAKE(directory);
    return ST_OK;
}

struct jws_lookup ldap_directory_lookup(struct ldap_directory *directory)
{
    return (struct jws_lookup){ directory, find };
}

void ldap_directory_adopt(struct ldap_directory *directory, struct ldap_directory *from)
{
    kid_cache_adopt(directory->cache, from->cache);
}
