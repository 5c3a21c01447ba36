#include "coid/call.h"

#include "base/text.h"

#include <stddef.h>
#include <stdio.h>

enum { URL_BYTES = 1024 };

#define PATH(member) offsetof(struct coid_paths, member)

/* What is asked where: keyed and once in the end. */
/* clang-format off */
static const struct call calls[] = {
    { ASK_VERIFY,       OP_VERIFY_PHOTO,     "POST", PATH(verify),       { NULL },              true,  true },
    { ASK_RESULT,       OP_GET_VERIFICATION, "GET",  PATH(verify),       { NULL },              true,  false },
    { ASK_DATA,         OP_GET_PERSON_DATA,  "POST", PATH(data),         { NULL },              true,  true },
    { ASK_VENDORS,      OP_GET_VENDORS,      "GET",  PATH(vendors),      { NULL },              false, false },
    { ASK_TRANSACTIONS, OP_GET_TRANSACTIONS, "GET",  PATH(transactions), { "from", "to" },      false, false },
    { ASK_ACT_DETAIL,   OP_GET_ACT_DETAIL,   "GET",  PATH(act_detail),   { "year", "month" },   false, false },
    { ASK_ACT,          OP_GET_ACT,          "GET",  PATH(act),          { "year", "month" },   false, false },
    { ASK_NEWS,         OP_GET_NEWS,         "GET",  PATH(news),         { NULL },              false, false },
};
/* clang-format on */
enum { CALLS = sizeof(calls) / sizeof(calls[0]) };

const struct call *call_of(enum asked asked)
{
    const struct call *call = calls;

    while (call->asked != asked)
        call++;
    return call;
}

enum operation asked_operation(enum asked asked)
{
    return call_of(asked)->op;
}

static const char *path_of(const struct call *call, const struct coid_paths *paths)
{
    return *(const char *const *)(const void *)((const char *)paths + call->path);
}

/* ---- the URL ---- */

/* The value of the {name} at the front, and how long that is; NULL: there is none of it. */
static const char *value_at(const char *at, const struct path_value *values, size_t *ret_len)
{
    for (size_t i = 0; i < PATH_VALUES && values[i].name; i++) {
        const size_t len = strlen(values[i].name);

        if (strncmp(at + 1, values[i].name, len) == 0 && at[len + 1] == '}') {
            *ret_len = len + 2;
            return values[i].value;
        }
    }
    return NULL;
}

/* false: a { that begins nothing of ours. */
static bool put_path(struct bytes *url, const char *path, const struct path_value *values)
{
    for (const char *at = path; *at;) {
        size_t len = strcspn(at, "{");
        const char *value;

        bytes_add(url, (struct slice){ at, len });
        at += len;
        if (!*at)
            break;
        value = value_at(at, values, &len);
        if (!value)
            return false;
        bytes_add_str(url, value);
        at += len;
    }
    return true;
}

enum status call_url(const struct errand *errand, const struct call *call,
                     const struct question *question, const char **ret, struct err *err)
{
    AUTO(bytes_free) struct bytes *url = bytes_new(URL_BYTES);

    if (!url)
        return RAISE(err, ST_NOMEM, "URL: out of memory");
    bytes_addf(url, "%s/", errand->coid->p.base_url);
    (void)put_path(url, path_of(call, &errand->coid->p.paths),
                   question->values); /* checked at the start */
    if (question->query)
        bytes_addf(url, "?%s", question->query);
    TRY(bytes_check(url, "URL", err));
    *ret = arena_text(errand->arena, bytes_slice(url));
    return *ret ? ST_OK : RAISE(err, ST_NOMEM, "URL: out of memory");
}

static enum status check_path(const struct call *call, const char *path, struct err *err)
{
    struct path_value values[PATH_VALUES] = { 0 };
    AUTO(bytes_free) struct bytes *url = bytes_new(URL_BYTES);
    bool is_right = path && path[0] && path[0] != '/' && strcspn(path, " ?#\r\n") == strlen(path);
    char named[16];

    if (!url)
        return RAISE(err, ST_NOMEM, "path: out of memory");
    for (size_t i = 0; is_right && call->names[i]; i++) {
        values[i].name = call->names[i];
        (void)text_format(named, sizeof(named), "{%s}", call->names[i]);
        is_right = strstr(path, named) != NULL;
    }
    if (is_right && put_path(url, path, values) && !url->failed)
        return ST_OK;
    return RAISE_CAUSE(err, ST_INPUT, "settingInvalid", operation_name(call->op), NULL,
                       "the path of %s is not one", operation_name(call->op));
}

enum status ask_check_paths(const struct coid_paths *paths, struct err *err)
{
    for (size_t i = 0; i < CALLS; i++)
        TRY(check_path(&calls[i], path_of(&calls[i], paths), err));
    return ST_OK;
}
