/* Texts, tokens and numbers of a payload. */
#include "soap/field.h"

#include "base/bytes.h"
#include "base/day.h"
#include "base/id.h"
#include "base/text.h"
#include "crypto/encode.h"

#include <errno.h>
#include <stdlib.h>

struct place place_child(const struct place *parent, const char *name)
{
    struct place place = { .nth = 1 };

    text_format(place.text, sizeof(place.text), "%s%s%s", parent->text, parent->text[0] ? "/" : "",
                name);
    return place;
}

struct place place_item(const struct place *parent, const char *name, size_t i)
{
    struct place place = { .nth = (unsigned)i + 1 };

    text_format(place.text, sizeof(place.text), "%s%s%s[%zu]", parent->text,
                parent->text[0] ? "/" : "", name, i + 1);
    return place;
}

size_t field_characters(struct slice text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++)
        n += ((unsigned char)text.at[i] & 0xC0) != 0x80;
    return n;
}

static enum status take(const struct reader *r, const struct place *parent,
                        const struct field *field, struct slice text, const char **ret)
{
    struct place place = place_child(parent, field->name);
    char limit[48];
    size_t n = field_characters(text);

    if (field->required && slice_trim(text).len == 0)
        return RAISE_CAUSE(r->err, ST_INPUT, "fieldMissing", place.text, NULL,
                           "%s is missing or empty", place.text);
    if (!text_is_utf8(text))
        return RAISE_CAUSE(r->err, ST_INPUT, "fieldInvalid", place.text, NULL, "%s is not UTF-8",
                           place.text);
    if (n > field->max_chars) {
        text_format(limit, sizeof(limit), "%zu characters", field->max_chars);
        return RAISE_CAUSE(r->err, ST_INPUT, "fieldTooLong", place.text, limit,
                           "%s has %zu characters, at most %zu are possible", place.text, n,
                           field->max_chars);
    }
    *ret = arena_text(r->arena, text);
    return *ret ? ST_OK : RAISE(r->err, ST_NOMEM, "request: out of memory");
}

enum status field_text(const struct reader *r, const struct place *parent,
                       const struct field *field, const char *value, const char **ret)
{
    return take(r, parent, field, slice_str(value), ret);
}

enum status field_token(const struct reader *r, const struct place *parent,
                        const struct field *field, const char *value, const char **ret)
{
    return take(r, parent, field, slice_trim(slice_str(value)), ret);
}

static enum status invalid(const struct reader *r, const struct place *place, const char *limit,
                           const char *what)
{
    return RAISE_CAUSE(r->err, ST_INPUT, "fieldInvalid", place->text, limit, "%s %s", place->text,
                       what);
}

enum status field_digits(const struct reader *r, const struct place *parent,
                         const struct field *field, const char *value, const char **ret)
{
    struct place place = place_child(parent, field->name);
    struct slice text = slice_trim(slice_str(value));

    if (text.len && !text_is_digits(text, 12))
        return invalid(r, &place, "12 digits", "must be 12 digits");
    return field_token(r, parent, field, value, ret);
}

enum status field_uuid(const struct reader *r, const struct place *parent,
                       const struct field *field, const char *value, const char **ret)
{
    struct place place = place_child(parent, field->name);
    const char *text = "";
    struct id id;

    TRY(field_token(r, parent, field, value, &text));
    if (!id_parse(slice_str(text), &id))
        return invalid(r, &place, "UUID", "is no UUID");
    *ret = text;
    return ST_OK;
}

enum status field_base64(const struct reader *r, const struct place *parent,
                         const struct field *field, const char *value, struct slice *ret)
{
    AUTO(bytes_free) struct bytes *content = NULL;
    struct place place = place_child(parent, field->name);
    struct slice text = slice_str(value);
    struct err cause = { 0 };
    char *copy;

    if (slice_trim(text).len == 0)
        return RAISE_CAUSE(r->err, ST_INPUT, "fieldMissing", place.text, NULL,
                           "%s is missing or empty", place.text);
    switch (base64_decode(text, text.len, &content, &cause)) {
    case ST_OK:
        break;
    case ST_INPUT:
        return invalid(r, &place, "base64", "is not base64");
    default:
        *r->err = cause;
        return cause.status;
    }
    copy = arena_text(r->arena, bytes_slice(content));
    if (!copy)
        return RAISE(r->err, ST_NOMEM, "request: out of memory");
    *ret = (struct slice){ copy, content->len };
    return ST_OK;
}

enum status field_bool(const struct reader *r, const struct place *parent,
                       const struct field *field, const char *value, bool *ret)
{
    struct place place = place_child(parent, field->name);
    struct slice text = slice_trim(slice_str(value));
    bool is_true = slice_eq_str(text, "true") || slice_eq_str(text, "1");

    if (text.len && !is_true && !slice_eq_str(text, "false") && !slice_eq_str(text, "0"))
        return invalid(r, &place, "true, false, 1, 0", "must be true or false");
    *ret = is_true;
    return ST_OK;
}

/* Nothing, Z, or +05:00. */
static bool is_zone(struct slice text)
{
    return text.len == 0 || slice_eq_str(text, "Z") ||
           (text.len == 6 && (text.at[0] == '+' || text.at[0] == '-') && text.at[3] == ':' &&
            text_is_digits((struct slice){ text.at + 1, 2 }, 2) &&
            text_is_digits((struct slice){ text.at + 4, 2 }, 2));
}

enum status field_day(const struct reader *r, const struct place *parent, const struct field *field,
                      const char *value, int32_t *ret)
{
    enum { DAY_CHARS = DAY_TEXT - 1 };
    struct place place = place_child(parent, field->name);
    struct slice text = slice_trim(slice_str(value));

    if (text.len == 0)
        return RAISE_CAUSE(r->err, ST_INPUT, "fieldMissing", place.text, NULL,
                           "%s is missing or empty", place.text);
    if (text.len < DAY_CHARS || !day_parse((struct slice){ text.at, DAY_CHARS }, ret) ||
        !is_zone(slice_skip(text, DAY_CHARS)))
        return invalid(r, &place, "xs:date", "must be a date such as 2026-11-22");
    return ST_OK;
}

enum status field_number(const struct reader *r, const struct place *parent,
                         const struct field *field, struct range range, const char *value,
                         int64_t *ret)
{
    const struct field text_rule = { field->name, field->required, 20 };
    struct place place = place_child(parent, field->name);
    const char *text = "";
    char limit[48];
    char *end;
    long long number;

    TRY(field_token(r, parent, &text_rule, value, &text));
    if (!*text) {
        *ret = 0;
        return ST_OK;
    }
    errno = 0;
    number = strtoll(text, &end, 10);
    if (errno == 0 && !*end && number >= range.min && number <= range.max) {
        *ret = number;
        return ST_OK;
    }
    text_format(limit, sizeof(limit), "%lld..%lld", (long long)range.min, (long long)range.max);
    return RAISE_CAUSE(r->err, ST_INPUT, "fieldInvalid", place.text, limit,
                       "%s must be a whole number from %lld to %lld", place.text,
                       (long long)range.min, (long long)range.max);
}
