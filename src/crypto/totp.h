/* One-time codes of a second factor: HOTP (RFC 4226) over time (RFC 6238): HMAC-SHA-1, 30 seconds,
 * 6 digits, which is what every authenticator app takes for granted. Pure; thread-safe. */
#pragma once

#include "base/bytes.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    TOTP_SECRET_BYTES = 20, /* RFC 4226 section 4: 160 bits are recommended */
    TOTP_STEP_S = 30,
    TOTP_DIGITS = 6,
    TOTP_DRIFT_STEPS = 1, /* before and after ours: the telephone's clock */
};

/* RFC 4226 section 5.3, before it is cut to digits: 31 bits. ST_INTERNAL: OpenSSL fails. */
MUST_USE enum status hotp_value(struct slice secret, uint64_t counter, uint32_t *ret_value,
                                struct err *err);

/* The code of one step, with NUL. */
MUST_USE enum status totp_code(struct slice secret, int64_t step, char ret[TOTP_DIGITS + 1],
                               struct err *err);

/* Which step around now_ms the code is of, compared in constant time; *ret_step -1: none. Only the
 * caller can know whether it was taken before: RFC 6238 section 5.2 wants each code once. */
MUST_USE enum status totp_find(struct slice secret, int64_t now_ms, struct slice code,
                               int64_t *ret_step, struct err *err);

/* RFC 4648 section 6, no padding, as apps want it typed. NULL when out of memory. */
struct bytes *base32_encode(struct slice data);
/* otpauth://totp/ISSUER:ACCOUNT?secret=… for a QR code (Key URI Format of Google Authenticator).
 * NULL when out of memory; holds the secret: bytes_wipe(). */
struct bytes *totp_uri(const char *issuer, const char *account, struct slice secret);
