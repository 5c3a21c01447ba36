/* What the tests of soap_encode() share: an answer to start from, and what its XML must say. */
#pragma once

#include "soap/support.h"
#include "support/cmocka.h"

#define ID "0193a5c0-7b2e-7c3d-8e4f-0123456789ab"
#define GUID "{01234567-89ab-cdef-0123-456789ABCDEF}"

/* 2026-11-22T14:03:07.120+05:00 */
static const int64_t now_ms = 1795338187120;

/* An answer of nothing but its ids. */
struct reply plain(void);

/* The Body by shared_codec, the caller's. Fails the test when it cannot. */
struct bytes *encode(const struct reply *reply);

/* The first element of that name holds the text; no element has that name. */
void assert_text(const struct bytes *xml, const char *element, const char *want);
void assert_absent(const struct bytes *xml, const char *element);
