/* RFC 8259's grammar, byte by byte, with limits: builds nothing, says yes or names the place. */
#include "json/scan.h"

#include "base/text.h"

#include <math.h>
#include <stdlib.h>

struct scan {
    struct slice text;
    size_t at;
    int depth;
    size_t values;
    const struct json_limits *limits;
    struct err *err;
};

static enum status refuse(const struct scan *s, size_t at, const char *why)
{
    return RAISE(s->err, ST_FORMAT, "JSON: %s at byte %zu", why, at);
}

/* The byte at the cursor, or -1 at the end. */
static int peek(const struct scan *s)
{
    return s->at < s->text.len ? (unsigned char)s->text.at[s->at] : -1;
}

static void skip_blanks(struct scan *s)
{
    for (int c = peek(s); c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = peek(s))
        s->at++;
}

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

/* Four hex digits at the cursor; -1 when they are not there. */
static int take_hex4(struct scan *s)
{
    int value = 0;

    for (int i = 0; i < 4; i++) {
        int digit = text_hex_digit((char)peek(s));
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
        s->at++;
    }
    return value;
}

/* The cursor stands behind \u. */
static enum status scan_unicode_escape(struct scan *s)
{
    size_t start = s->at - 2;
    int unit = take_hex4(s);

    if (unit < 0)
        return refuse(s, start, "\\u without four hex digits");
    if (unit == 0)
        return refuse(s, start, "\\u0000");
    if (unit >= 0xDC00 && unit <= 0xDFFF)
        return refuse(s, start, "unpaired low surrogate");
    if (unit < 0xD800 || unit > 0xDBFF)
        return ST_OK;
    if (!slice_starts(slice_skip(s->text, s->at), SLICE("\\u")))
        return refuse(s, start, "unpaired high surrogate");
    s->at += 2;
    unit = take_hex4(s);
    if (unit < 0xDC00 || unit > 0xDFFF)
        return refuse(s, start, "unpaired high surrogate");
    return ST_OK;
}

static enum status scan_escape(struct scan *s)
{
    size_t start = s->at++;
    int c = peek(s);

    if (c <= 0 || !strchr("\"\\/bfnrtu", c))
        return refuse(s, start, "unknown escape");
    s->at++;
    return c == 'u' ? scan_unicode_escape(s) : ST_OK;
}

static enum status scan_string(struct scan *s)
{
    size_t start = s->at++;

    for (;;) {
        int c = peek(s);
        if (c < 0)
            return refuse(s, start, "string without an end");
        if (c < 0x20)
            return refuse(s, s->at, "raw control character in a string");
        if (c == '\\') {
            TRY(scan_escape(s));
            continue;
        }
        s->at++;
        if (c == '"')
            return ST_OK;
    }
}

static size_t skip_digits(struct scan *s)
{
    size_t start = s->at;

    while (is_digit(peek(s)))
        s->at++;
    return s->at - start;
}

/* cJSON's strtod would make an infinity of it, which no writer can put back. */
static bool is_finite_number(struct slice number)
{
    char text[JSON_MAX_NUMBER + 1];

    if (!text_copy_slice(text, sizeof(text), number))
        return false;
    return isfinite(strtod(text, NULL));
}

static enum status scan_number(struct scan *s)
{
    size_t start = s->at;
    struct slice number;

    if (peek(s) == '-')
        s->at++;
    if (peek(s) == '0')
        s->at++;
    else if (skip_digits(s) == 0)
        return refuse(s, start, "not a number");
    if (is_digit(peek(s)))
        return refuse(s, start, "number with a leading zero");
    if (peek(s) == '.') {
        s->at++;
        if (skip_digits(s) == 0)
            return refuse(s, start, "number without digits behind the point");
    }
    if (peek(s) == 'e' || peek(s) == 'E') {
        s->at++;
        if (peek(s) == '+' || peek(s) == '-')
            s->at++;
        if (skip_digits(s) == 0)
            return refuse(s, start, "number without digits in its exponent");
    }
    number = (struct slice){ s->text.at + start, s->at - start };
    if (number.len > JSON_MAX_NUMBER)
        return refuse(s, start, "number longer than 63 characters");
    return is_finite_number(number) ? ST_OK : refuse(s, start, "number out of range");
}

static enum status scan_literal(struct scan *s)
{
    static const struct slice literals[] = { SLICE("true"), SLICE("false"), SLICE("null") };
    struct slice rest = slice_skip(s->text, s->at);

    for (size_t i = 0; i < sizeof(literals) / sizeof(literals[0]); i++)
        if (slice_starts(rest, literals[i])) {
            s->at += literals[i].len;
            return ST_OK;
        }
    return refuse(s, s->at, rest.len ? "no JSON value" : "value missing, text ends");
}

static enum status scan_value(struct scan *s);

static enum status scan_key(struct scan *s)
{
    skip_blanks(s);
    if (peek(s) != '"')
        return refuse(s, s->at, "key missing");
    TRY(scan_string(s));
    skip_blanks(s);
    if (peek(s) != ':')
        return refuse(s, s->at, "colon missing");
    s->at++;
    return ST_OK;
}

/* The cursor stands on [ or {. */
static enum status scan_container(struct scan *s)
{
    bool object = s->text.at[s->at++] == '{';
    int end = object ? '}' : ']';

    if (++s->depth > s->limits->max_depth || s->depth > JSON_MAX_DEPTH)
        return refuse(s, s->at - 1, "nested too deeply");
    skip_blanks(s);
    if (peek(s) != end)
        for (;;) {
            if (object)
                TRY(scan_key(s));
            TRY(scan_value(s));
            skip_blanks(s);
            if (peek(s) != ',')
                break;
            s->at++;
        }
    if (peek(s) != end)
        return refuse(s, s->at, object ? "comma or } missing" : "comma or ] missing");
    s->at++;
    s->depth--;
    return ST_OK;
}

static enum status scan_value(struct scan *s)
{
    int c;

    skip_blanks(s);
    if (++s->values > s->limits->max_values)
        return refuse(s, s->at, "too many values");
    c = peek(s);
    if (c == '{' || c == '[')
        return scan_container(s);
    if (c == '"')
        return scan_string(s);
    return c == '-' || is_digit(c) ? scan_number(s) : scan_literal(s);
}

enum status json_scan(struct slice text, const struct json_limits *limits, struct err *err)
{
    struct scan s = { .text = text, .limits = limits, .err = err };

    if (text.len > limits->max_bytes)
        return RAISE(err, ST_FORMAT, "JSON: %zu bytes, the limit is %zu", text.len,
                     limits->max_bytes);
    if (slice_starts(text, SLICE("\xEF\xBB\xBF")))
        return refuse(&s, 0, "byte order mark");
    if (!text_is_utf8(text))
        return RAISE(err, ST_FORMAT, "JSON: not UTF-8, or holds a NUL");
    TRY(scan_value(&s));
    skip_blanks(&s);
    return s.at == text.len ? ST_OK : refuse(&s, s.at, "something behind the document");
}
