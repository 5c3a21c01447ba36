/* Small NUL-terminated texts in arrays of fixed size; cut at UTF-8 boundaries, never overrun. */
#pragma once

#include "base/slice.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* Copies into dst of size bytes; false when text was cut. */
bool text_copy(char *dst, size_t size, const char *text);
bool text_copy_slice(char *dst, size_t size, struct slice text);
bool text_format(char *dst, size_t size, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
bool text_vformat(char *dst, size_t size, const char *fmt, va_list args)
    __attribute__((format(printf, 3, 0)));

/* Well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms, no NUL). */
bool text_is_utf8(struct slice s);

/* Puts ? in place of control characters and of bytes that are no UTF-8, so that a text that quotes
 * foreign bytes can be shown and written as JSON or XML. */
void text_make_plain(char *text);

/* Exactly n decimal digits. */
bool text_is_digits(struct slice s, size_t n);

/* The value of a hex digit of either case, -1: it is none. */
int text_hex_digit(char c);

/* Lower-case hex of s into dst, which has room for 2 * s.len + 1. */
void text_hex(struct slice s, char *dst);

/* Undoes percent-encoding (RFC 3986 section 2.1) into dst of size bytes; with form, + is a blank as
 * in HTML forms. false, and dst is "": a % without two hex digits, %00, or too long. */
bool text_percent_decode(struct slice s, bool form, char *dst, size_t size);
