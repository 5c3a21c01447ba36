/* Texts, tokens and numbers of a payload. */
#include "soap/field.h"

#include "base/text.h"

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
