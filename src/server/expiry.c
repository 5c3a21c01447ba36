#include "server/expiry.h"

#include "base/file.h"
#include "base/text.h"
#include "crypto/der.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
    ITEMS_MAX = 4000,      /* certificates of one configuration; the gauges hold as many */
    FILE_MAX = 1024 * 1024 /* bytes of a file of certificates */
};

#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

struct item {
    enum expiry_role role;
    char name[METRIC_VALUE_MAX];
    char serial[METRIC_VALUE_MAX];
    char subject[256];
    char sha256[METRIC_VALUE_MAX];
    int64_t from_ms, to_ms;
};

struct expiry_list {
    struct item *items;
    size_t count, room;
};

/* ours: we must renew it, so its end is said again every day. */
static const struct {
    const char *name;
    bool ours;
} roles[] = {
    [EXPIRY_SIGN] = { "sign", true },
    [EXPIRY_SIGN_CHAIN] = { "sign-chain", true },
    [EXPIRY_TLS_PUBLIC] = { "tls-public", true },
    [EXPIRY_TLS_ADMIN] = { "tls-admin", true },
    [EXPIRY_GATEWAY] = { "gateway", true },
    [EXPIRY_COID_SIGN] = { "coid-sign", true },
    [EXPIRY_COID_SIGN_CHAIN] = { "coid-sign-chain", true },
    [EXPIRY_COID_CLIENT] = { "coid-client", true },
    [EXPIRY_COID_CA] = { "coid-ca", false },
    [EXPIRY_JWS_PIN] = { "jws-pin", true },
    [EXPIRY_CLIENT_CA] = { "client-ca", false },
    [EXPIRY_STORE_CA] = { "store-ca", false },
    [EXPIRY_LDAP_CA] = { "ldap-ca", false },
    [EXPIRY_SYSLOG_CLIENT] = { "syslog-client", true },
    [EXPIRY_SYSLOG_CA] = { "syslog-ca", false },
    [EXPIRY_ROOT] = { "root", false },
    [EXPIRY_INTERMEDIATE] = { "intermediate", false },
};

/* ---- the list ---- */

struct expiry_list *expiry_list_new(void)
{
    return calloc(1, sizeof(struct expiry_list));
}

void expiry_list_free(struct expiry_list *list)
{
    if (!list)
        return;
    free(list->items);
    free(list);
}

static enum status make_room(struct expiry_list *list, struct err *err)
{
    if (list->count < list->room)
        return ST_OK;
    if (list->count == ITEMS_MAX)
        return RAISE(err, ST_INPUT, "more than %d certificates are configured", ITEMS_MAX);
    size_t room = list->room ? 2 * list->room : 16;
    struct item *grown = reallocarray(list->items, room, sizeof(*grown));
    if (!grown)
        return RAISE(err, ST_NOMEM, "certificates: out of memory");
    list->items = grown;
    list->room = room;
    return ST_OK;
}

enum status expiry_add(struct expiry_list *list, enum expiry_role role, const char *name,
                       const struct cert *cert, struct err *err)
{
    const struct signer *facts = cert_signer(cert);
    struct item item = { .role = role,
                         .from_ms = facts->not_before_ms,
                         .to_ms = facts->not_after_ms };

    TRY(make_room(list, err));
    (void)text_copy(item.name, sizeof(item.name), name);
    (void)text_copy(item.serial, sizeof(item.serial), facts->serial);
    (void)text_copy(item.subject, sizeof(item.subject), facts->subject);
    text_hex(slice_mem(facts->sha256, sizeof(facts->sha256)), item.sha256);
    list->items[list->count++] = item;
    return ST_OK;
}

/* A TLS chain may stand beside its key in one PEM: what is no certificate is passed over. */
static enum status add_content(struct expiry_list *list, enum expiry_role role, const char *name,
                               struct slice content, struct err *err)
{
    size_t found = 0;
    enum status status = ST_OK;

    for (;;) {
        AUTO(bytes_wipe) struct bytes *der = NULL;
        AUTO(cert_free) struct cert *cert = NULL;
        status = armour_next(&content, &der, err);
        if (status != ST_OK)
            break;
        if (cert_parse(bytes_slice(der), &cert, err) != ST_OK)
            continue;
        TRY(expiry_add(list, role, name, cert, err));
        found++;
    }
    if (status != ST_NOT_FOUND)
        return status;
    return found > 0 ? ST_OK : RAISE(err, ST_INPUT, "no certificate in it");
}

enum status expiry_add_file(struct expiry_list *list, enum expiry_role role, const char *path,
                            struct err *err)
{
    AUTO(bytes_wipe) struct bytes *content = NULL;
    const char *slash = strrchr(path, '/');
    struct err cause;

    if (!*path)
        return ST_OK;
    TRY(file_load(path, FILE_MAX, &content, err));
    enum status status =
        add_content(list, role, slash ? slash + 1 : path, bytes_slice(content), &cause);
    if (status == ST_OK)
        return ST_OK;
    return RAISE(err, status == ST_NOMEM ? ST_NOMEM : ST_INPUT, "%s: %s", path, cause.text);
}

size_t expiry_count(const struct expiry_list *list)
{
    return list->count;
}

struct expiry_fact expiry_at(const struct expiry_list *list, size_t i)
{
    const struct item *item = &list->items[i];

    return (struct expiry_fact){ .role = roles[item->role].name,
                                 .name = item->name,
                                 .subject = item->subject,
                                 .serial = item->serial,
                                 .sha256 = item->sha256,
                                 .from_ms = item->from_ms,
                                 .to_ms = item->to_ms,
                                 .ours = roles[item->role].ours };
}

/* ---- what to say ---- */

/* Where a certificate stands on its way; SAFE and what is equal need no word. */
enum { SAFE = 0, LAST_DAY = 4, ENDED = 5, EARLY = -1 };
static const int warn_days[] = { 30, 14, 7, 1 }; /* req 3.01 */

static int64_t stage_of(const struct item *item, int64_t now_ms)
{
    int64_t left_ms = item->to_ms - now_ms;
    int stage = SAFE;

    if (now_ms < item->from_ms)
        return EARLY;
    if (left_ms < 0)
        return ENDED + (roles[item->role].ours ? -left_ms / DAY_MS : 0);
    for (size_t i = 0; i < sizeof(warn_days) / sizeof(warn_days[0]); i++)
        stage += left_ms <= warn_days[i] * DAY_MS;
    return stage;
}

struct said {
    enum expiry_role role;
    char sha256[METRIC_VALUE_MAX];
    int64_t stage;
};

struct expiry_watch {
    pthread_mutex_t lock;
    struct said *said; /* of certificates that are not SAFE */
    size_t count;
};

struct expiry_watch *expiry_watch_new(void)
{
    struct expiry_watch *watch = calloc(1, sizeof(*watch));

    if (watch)
        (void)pthread_mutex_init(&watch->lock, NULL);
    return watch;
}

void expiry_watch_free(struct expiry_watch *watch)
{
    if (!watch)
        return;
    free(watch->said);
    (void)pthread_mutex_destroy(&watch->lock);
    free(watch);
}

static bool was_said(const struct expiry_watch *watch, const struct item *item, int64_t stage)
{
    for (size_t i = 0; i < watch->count; i++)
        if (watch->said[i].role == item->role && watch->said[i].stage == stage &&
            strcmp(watch->said[i].sha256, item->sha256) == 0)
            return true;
    return false;
}

/* "ends 2026-12-22T14:00:00+05:00, in 29 days": Astana's clock (req 0.19). */
static void tell_date(const struct item *item, int64_t now_ms, char *dst, size_t size)
{
    char at[TIME_TEXT];
    int64_t left_ms = item->to_ms - now_ms;

    time_utc_offset_text(now_ms < item->from_ms ? item->from_ms : item->to_ms, at);
    if (now_ms < item->from_ms)
        text_format(dst, size, "is not valid before %s", at);
    else if (left_ms < 0)
        text_format(dst, size, "ended %s, %" PRId64 " days ago", at, -left_ms / DAY_MS);
    else
        text_format(dst, size, "ends %s, in %" PRId64 " days", at, left_ms / DAY_MS);
}

static void say_one(const struct item *item, int64_t stage, int64_t now_ms, expiry_say_fn *say,
                    void *ctx)
{
    char date[96];
    char text[400];
    struct expiry_notice notice = { .text = text };

    tell_date(item, now_ms, date, sizeof(date));
    text_format(text, sizeof(text), "certificate of role %s%s%s %s; serial=%s sha256=%s",
                roles[item->role].name, *item->name ? " " : "", item->name, date, item->serial,
                item->sha256);
    notice.level = stage == EARLY || stage >= LAST_DAY ? EVENT_ALERT : EVENT_WARNING;
    notice.event = stage == EARLY   ? "certificate.early"
                   : stage >= ENDED ? "certificate.expired"
                                    : "certificate.expiring";
    say(ctx, &notice);
}

void expiry_check(struct expiry_watch *watch, const struct expiry_list *list, int64_t now_ms,
                  expiry_say_fn *say, void *ctx)
{
    struct said *now = calloc(list->count + 1, sizeof(*now));
    size_t n = 0;

    pthread_mutex_lock(&watch->lock);
    for (size_t i = 0; i < list->count; i++) {
        const struct item *item = &list->items[i];
        int64_t stage = stage_of(item, now_ms);
        if (stage == SAFE)
            continue;
        if (!was_said(watch, item, stage))
            say_one(item, stage, now_ms, say, ctx);
        if (!now)
            continue; /* out of memory: said again rather than never */
        now[n] = (struct said){ .role = item->role, .stage = stage };
        memcpy(now[n++].sha256, item->sha256, sizeof(item->sha256));
    }
    free(watch->said);
    watch->said = now;
    watch->count = n;
    pthread_mutex_unlock(&watch->lock);
}

/* ---- numbers ---- */

void expiry_measure(const struct expiry_list *list, int64_t now_ms, struct metric *end,
                    struct metric *days)
{
    struct metric_sample *samples = calloc(list->count + 1, sizeof(*samples));

    if (!samples)
        return;
    for (size_t i = 0; i < list->count; i++) {
        const struct item *item = &list->items[i];
        samples[i] = (struct metric_sample){ { roles[item->role].name, item->name, item->serial,
                                               item->sha256 },
                                             (double)item->to_ms / 1000 };
    }
    metric_replace(end, samples, list->count);
    for (size_t i = 0; i < list->count; i++)
        samples[i].value = (double)(list->items[i].to_ms - now_ms) / (double)DAY_MS;
    metric_replace(days, samples, list->count);
    free(samples);
}

bool expiry_can_sign(const struct expiry_list *list, int64_t now_ms, char *ret_why, size_t size)
{
    char date[96];

    for (size_t i = 0; i < list->count; i++) {
        const struct item *item = &list->items[i];
        if (item->role != EXPIRY_SIGN || (now_ms >= item->from_ms && now_ms <= item->to_ms))
            continue;
        tell_date(item, now_ms, date, sizeof(date));
        text_format(ret_why, size, "the certificate that signs our answers %s", date);
        return false;
    }
    return true;
}
