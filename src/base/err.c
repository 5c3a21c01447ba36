#include "base/err.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>

static const char *const names[] = {
    [ST_OK] = "ok",
    [ST_NOMEM] = "nomem",
    [ST_FORMAT] = "format",
    [ST_SERVICE] = "service",
    [ST_STALE] = "stale",
    [ST_FORGED] = "forged",
    [ST_UNSIGNED] = "unsigned",
    [ST_AUTHOR_STALE] = "author_stale",
    [ST_AUTHOR_FORGED] = "author_forged",
    [ST_AUTHOR_UNSIGNED] = "author_unsigned",
    [ST_INPUT] = "input",
    [ST_NOT_FOUND] = "not_found",
    [ST_CONFLICT] = "conflict",
    [ST_UPSTREAM] = "upstream",
    [ST_TIMEOUT] = "timeout",
    [ST_UNAVAILABLE] = "unavailable",
    [ST_INTERNAL] = "internal",
};

enum status err_raise(struct err *err, enum status status, const char *file, int line,
                      const struct err_cause *cause, const char *fmt, ...)
{
    va_list args;

    err->status = status;
    err->file = file;
    err->line = line;
    text_copy(err->code, sizeof(err->code), cause->code ? cause->code : "");
    text_copy(err->field, sizeof(err->field), cause->field ? cause->field : "");
    text_copy(err->limit, sizeof(err->limit), cause->limit ? cause->limit : "");
    va_start(args, fmt);
    text_vformat(err->text, sizeof(err->text), fmt, args);
    va_end(args);
    text_make_plain(err->field); /* both may quote what came from outside */
    text_make_plain(err->text);
    err->upstream_status = 0;
    err->upstream_text[0] = '\0';
    return status;
}

void err_set_upstream(struct err *err, int status, struct slice text)
{
    err->upstream_status = status;
    (void)text_copy_slice(err->upstream_text, sizeof(err->upstream_text), text);
    text_make_plain(err->upstream_text);
}

const char *status_name(enum status status)
{
    return names[status];
}
