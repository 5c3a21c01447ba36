/* Birth and death of the room: settings are checked and copied once, then never change. */
#include "base/text.h"
#include "crypto/encode.h"
#include "mobile/internal.h"

enum { PARAMS_MAX = 16384, KEY_MIN = 32, LINK_ROOM = 511 };

static enum status refuse(const char *name, const char *what, struct err *err)
{
    return RAISE_CAUSE(err, ST_INPUT, "settingInvalid", name, NULL, "setting %s: %s", name, what);
}

static enum status copy(struct mobile *mobile, const char **text, struct err *err)
{
    if (!*text)
        return ST_OK;
    *text = arena_text(mobile->arena, slice_str(*text));
    return *text ? ST_OK : RAISE(err, ST_NOMEM, "settings of signing");
}

static enum status copy_texts(struct mobile *mobile, struct err *err)
{
    struct mobile_params *p = &mobile->p;
    char *key = arena_alloc(mobile->arena, p->cluster_key.len + 1);

    TRY(copy(mobile, &p->public_url, err));
    TRY(copy(mobile, &p->link_template, err));
    TRY(copy(mobile, &p->business_template, err));
    TRY(copy(mobile, &p->expiry_zone, err));
    TRY(copy(mobile, &p->ocsp_url, err));
    TRY(copy(mobile, &p->seal_tsp_url, err));
    if (!key)
        return RAISE(err, ST_NOMEM, "settings of signing");
    memcpy(key, p->cluster_key.at, p->cluster_key.len);
    p->cluster_key.at = key;
    return ST_OK;
}

static enum status check_public_url(const struct mobile *mobile, struct err *err)
{
    struct slice url = slice_str(mobile->p.public_url);
    struct slice scheme =
        slice_starts(url, SLICE("http://")) ? SLICE("http://") : SLICE("https://");

    if (!slice_starts(url, scheme) || url.len == scheme.len || url.at[url.len - 1] == '/')
        return refuse("public_url", "must be https://host[/path] without a slash at its end", err);
    return ST_OK;
}

/* Z, +0500, -05:00 (C-23). */
static enum status read_zone(struct mobile *mobile, struct err *err)
{
    struct slice zone = slice_str(mobile->p.expiry_zone);
    struct slice minutes;
    int sign;

    if (slice_eq_str(zone, "Z"))
        return ST_OK;
    if (zone.len < 5 || (zone.at[0] != '+' && zone.at[0] != '-'))
        return refuse("expiry_zone", "must be Z, or an offset like +0500 or +05:00", err);
    sign = zone.at[0] == '-' ? -1 : 1;
    minutes = slice_skip(zone, zone.at[3] == ':' ? 4 : 3);
    if (!text_is_digits((struct slice){ zone.at + 1, 2 }, 2) || !text_is_digits(minutes, 2))
        return refuse("expiry_zone", "must be Z, or an offset like +0500 or +05:00", err);
    mobile->zone_minutes = sign * (((zone.at[1] - '0') * 10 + zone.at[2] - '0') * 60 +
                                   (minutes.at[0] - '0') * 10 + minutes.at[1] - '0');
    return ST_OK;
}

/* The longest URLs that these settings can make are made once, so that no session meets a limit. */
static enum status try_urls(const struct mobile *mobile, struct err *err)
{
    struct id id = id_new(0);
    struct urls urls = { 0 };
    bool fit;

    TRY(urls_make(mobile, &id, &urls, err));
    fit = urls.qr_text->len <= LINK_ROOM && urls.link->len <= LINK_ROOM &&
          urls.business_link->len <= LINK_ROOM;
    urls_free(&urls);
    if (!fit)
        return refuse("public_url", "with the link template it makes links over 511 characters",
                      err);
    return ST_OK;
}

static enum status check(const struct mobile_params *p, struct err *err)
{
    if (p->cluster_key.len < KEY_MIN || p->cluster_key.len > 1024)
        return refuse("cluster_key", "must have 32 to 1024 bytes", err);
    if (p->default_life_ms < 60000 || p->max_life_ms < p->default_life_ms)
        return refuse("default_life_ms", "must be at least a minute and at most max_life_ms", err);
    if (p->login_window_ms < 1000 || p->login_window_ms > 3600000)
        return refuse("login_window_ms", "must be from a second to an hour", err);
    if (p->max_documents < 1 || p->max_signers < 1 || p->max_document_bytes < 1 ||
        p->max_put_bytes < 1 || p->max_xml_depth < 1)
        return refuse("max_documents", "a ceiling of signing is 0", err);
    return ST_OK;
}

enum status mobile_new(const struct mobile_params *params, struct mobile **ret_mobile,
                       struct err *err)
{
    AUTO(arena_free) struct arena *arena = NULL;
    struct mobile *mobile;

    TRY(check(params, err));
    arena = arena_new(PARAMS_MAX);
    mobile = arena ? arena_alloc(arena, sizeof(*mobile)) : NULL;
    if (!mobile)
        return RAISE(err, ST_NOMEM, "settings of signing");
    mobile->arena = arena;
    mobile->p = *params;
    TRY(copy_texts(mobile, err));
    TRY(check_public_url(mobile, err));
    TRY(read_zone(mobile, err));
    TRY(try_urls(mobile, err));
    *ret_mobile = mobile;
    (void)TAKE(arena);
    return ST_OK;
}

void mobile_free(struct mobile *mobile)
{
    if (mobile)
        arena_free(mobile->arena); /* wipes: the cluster key is in it */
}
