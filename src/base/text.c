#include "base/text.h"

#include <stdint.h>
#include <stdio.h>

/* Drops the tail of a multi-byte character that a cut has left incomplete. */
static void trim_partial(char *dst, size_t len)
{
    size_t back = 0;

    while (back < 3 && back < len && ((uint8_t)dst[len - 1 - back] & 0xc0) == 0x80)
        back++;
    if (back >= len)
        return;
    uint8_t lead = (uint8_t)dst[len - 1 - back];
    size_t want = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
    if (back < want)
        dst[len - 1 - back] = '\0';
}

bool text_copy_slice(char *dst, size_t size, struct slice text)
{
    size_t len = text.len < size ? text.len : size - 1;

    if (len > 0)
        memcpy(dst, text.at, len);
    dst[len] = '\0';
    if (len == text.len)
        return true;
    trim_partial(dst, len);
    return false;
}

bool text_copy(char *dst, size_t size, const char *text)
{
    return text_copy_slice(dst, size, slice_str(text));
}

bool text_vformat(char *dst, size_t size, const char *fmt, va_list args)
{
    int len = vsnprintf(dst, size, fmt, args);

    if (len < 0) {
        dst[0] = '\0';
        return false;
    }
    if ((size_t)len < size)
        return true;
    trim_partial(dst, size - 1);
    return false;
}

bool text_format(char *dst, size_t size, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    bool whole = text_vformat(dst, size, fmt, args);
    va_end(args);
    return whole;
}

/* Length of the character at s, 0 when malformed: RFC 3629 section 4, byte by byte. */
static size_t utf8_char(const uint8_t *s, size_t left)
{
    static const struct {
        uint8_t lead_min, lead_max, second_min, second_max, len;
    } forms[] = {
        { 0x01, 0x7f, 0, 0, 1 },       { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
        { 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
        { 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
    };

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (s[0] < forms[i].lead_min || s[0] > forms[i].lead_max)
            continue;
        if (forms[i].len > left)
            return 0;
        if (forms[i].len > 1 && (s[1] < forms[i].second_min || s[1] > forms[i].second_max))
            return 0;
        for (size_t k = 2; k < forms[i].len; k++)
            if ((s[k] & 0xc0) != 0x80)
                return 0;
        return forms[i].len;
    }
    return 0;
}

/* Nearly all of a large text is this. */
static size_t ascii_run(struct slice s)
{
    size_t len = 0;

    while (len < s.len && s.at[len] != 0 && (s.at[len] & 0x80) == 0)
        len++;
    return len;
}

bool text_is_utf8(struct slice s)
{
    while (s.len > 0) {
        size_t len = ascii_run(s);
        if (len == 0)
            len = utf8_char(slice_u8(s), s.len);
        if (len == 0)
            return false;
        s = slice_skip(s, len);
    }
    return true;
}

void text_make_plain(char *text)
{
    uint8_t *at = (uint8_t *)text;
    size_t left = strlen(text);

    while (left > 0) {
        size_t len = utf8_char(at, left);
        if (len == 0 || *at < 0x20 || *at == 0x7f) {
            *at = '?';
            len = 1;
        }
        at += len;
        left -= len;
    }
}

bool text_is_digits(struct slice s, size_t n)
{
    if (s.len != n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (s.at[i] < '0' || s.at[i] > '9')
            return false;
    return true;
}

int text_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void text_hex(struct slice s, char *dst)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < s.len; i++) {
        *dst++ = digits[(uint8_t)s.at[i] >> 4];
        *dst++ = digits[(uint8_t)s.at[i] & 15];
    }
    *dst = '\0';
}

struct slice slice_trim(struct slice s)
{
    static const char blanks[] = { ' ', '\t', '\r', '\n' };

    while (s.len > 0 && memchr(blanks, s.at[0], sizeof(blanks)))
        s = slice_skip(s, 1);
    while (s.len > 0 && memchr(blanks, s.at[s.len - 1], sizeof(blanks)))
        s.len--;
    return s;
}

/* Takes a character or a %XX off the front; -1: malformed, or a NUL. */
static int take_encoded(struct slice *s)
{
    int high, low;

    if (s->at[0] != '%') {
        high = (unsigned char)s->at[0];
        *s = slice_skip(*s, 1);
        return high ? high : -1;
    }
    high = s->len > 2 ? text_hex_digit(s->at[1]) : -1;
    low = s->len > 2 ? text_hex_digit(s->at[2]) : -1;
    if (high < 0 || low < 0 || high + low == 0)
        return -1;
    *s = slice_skip(*s, 3);
    return high * 16 + low;
}

bool text_percent_decode(struct slice s, bool form, char *dst, size_t size)
{
    size_t n = 0;

    while (s.len > 0) {
        int c = form && s.at[0] == '+' ? ' ' : -1;

        if (c == ' ')
            s = slice_skip(s, 1);
        else
            c = take_encoded(&s);
        if (c < 0 || n + 1 >= size) {
            dst[0] = '\0';
            return false;
        }
        dst[n++] = (char)c;
    }
    dst[n] = '\0';
    return true;
}
