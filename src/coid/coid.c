#include "coid/ask.h"

#include "base/text.h"

enum { COID_ARENA_MAX = 1 << 20 };

static enum status refuse(const char *setting, const char *text, struct err *err)
{
    return RAISE_CAUSE(err, ST_INPUT, "settingInvalid", setting, NULL, "ЦОИД: %s: %s", setting,
                       text);
}

static bool is_base_url(const char *url)
{
    const struct slice s = slice_str(url);

    return (slice_starts(s, SLICE("https://")) || slice_starts(s, SLICE("http://"))) &&
           s.at[s.len - 1] != '/' && strcspn(url, " ?#{}\r\n") == s.len;
}

static bool is_template(const char *text)
{
    return strstr(text, "{participant}") && strstr(text, "{fullName}") && strstr(text, "{iin}");
}

static enum status check(const struct coid_params *p, struct err *err)
{
    if (!is_base_url(p->base_url))
        return refuse("base_url", "an http(s) URL without a slash at its end is wanted", err);
    if (!p->participant[0])
        return refuse("participant", "who asks must be named in the consent (req 2.19)", err);
    if (!text_is_utf8(slice_str(p->participant)) || !is_template(p->consent_template) ||
        !text_is_utf8(slice_str(p->consent_template)))
        return refuse("consent_template", "{participant}, {fullName} and {iin} must be in it", err);
    if (!(p->threshold > 0.0 && p->threshold <= 1.0))
        return refuse("threshold_percent", "above 0 and at most 100", err);
    if (p->budget_ms <= 0 || p->call_ms <= 0 || p->data_window_ms <= 0)
        return refuse("budget_ms", "times are above 0", err);
    if (!p->sign_key)
        return refuse("sign_key_file", "without a key no data can be asked for", err);
    return ask_check_paths(&p->paths, err);
}

static bool keep(struct arena *arena, const char **text)
{
    if (*text)
        *text = arena_text(arena, slice_str(*text));
    return *text != NULL;
}

static enum status copy_texts(struct coid *coid, struct err *err)
{
    struct coid_params *p = &coid->p;
    const char **const texts[] = {
        &p->base_url,   &p->participant,   &p->consent_template,   &p->paths.verify,
        &p->paths.data, &p->paths.vendors, &p->paths.transactions, &p->paths.act_detail,
        &p->paths.act,  &p->paths.news,
    };
    bool ok = true;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        ok = keep(coid->arena, texts[i]) && ok;
    if (p->jws.iss)
        ok = keep(coid->arena, &p->jws.iss) && ok;
    return ok ? ST_OK : RAISE(err, ST_NOMEM, "ЦОИД: out of memory");
}

enum status coid_new(const struct coid_params *params, struct coid **ret_coid, struct err *err)
{
    AUTO(coid_free) struct coid *coid = NULL;
    AUTO(arena_free) struct arena *arena = NULL;

    TRY(check(params, err));
    arena = arena_new(COID_ARENA_MAX);
    coid = arena ? arena_alloc(arena, sizeof(*coid)) : NULL;
    if (!coid)
        return RAISE(err, ST_NOMEM, "ЦОИД: out of memory");
    coid->arena = TAKE(arena);
    coid->p = *params;
    coid->vendors = vendors_new();
    if (!coid->vendors)
        return RAISE(err, ST_NOMEM, "ЦОИД: out of memory");
    TRY(copy_texts(coid, err));
    *ret_coid = TAKE(coid);
    return ST_OK;
}

void coid_free(struct coid *coid)
{
    if (!coid)
        return;
    vendors_free(coid->vendors);
    arena_free(coid->arena); /* the struct is in it */
}
