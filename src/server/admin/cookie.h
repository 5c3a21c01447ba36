/* Cookies and the tokens of forms: what the browser carries, and what only our own pages know.
 * RFC 6265bis (the __Host- prefix), OWASP CSRF Prevention Cheat Sheet. Pure. */
#pragma once

#include "http/http.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    COOKIE_BYTES = 32,
    COOKIE_TEXT = 44, /* base64url of so many random bytes, with NUL */
    COOKIE_HEADER = 160,
};

enum cookie_kind {
    COOKIE_SESSION,  /* a log-in; only its SHA-256 is stored */
    COOKIE_DOOR,     /* ties the log-in form to the browser that got it */
    COOKIE_LANGUAGE, /* ru kk en */
};

/* Whether the browser came over TLS, to us or to a proxy that is trusted. Without it (loopback, a
 * sandbox) the names have no __Host- and no Secure, which a browser would refuse there. */
bool cookie_is_secure(const struct http_request *request);

/* Its value; false, and ret is "": there is none, there are two, or it is too long for size. */
bool cookie_find(struct slice header, bool secure, enum cookie_kind kind, char *ret, size_t size);
/* A value of COOKIE_TEXT - 1 characters as cookie_new() makes them. */
bool cookie_is_whole(const char *value);
/* Fresh randomness. */
void cookie_new(char ret[COOKIE_TEXT]);
/* Set-Cookie: …; value "" lets the browser forget it. */
void cookie_header(bool secure, enum cookie_kind kind, const char *value, char ret[COOKIE_HEADER]);
/* What the store knows it by. */
void cookie_sha256(const char *value, uint8_t ret[32]);

/* The token of every form that is shown to whoever has this cookie: an HMAC under it. */
void form_token(const char *cookie, char ret[COOKIE_TEXT]);
bool form_token_is_right(const char *cookie, const char *token);

/* Whether the browser says that a page of ours sent it: Origin and Sec-Fetch-Site, one of which at
 * least every browser of today sends with a POST. Neither: no. base_url: http_base_url(). */
bool origin_is_ours(struct slice origin, struct slice fetch_site, const char *base_url);
