#include "crypto/totp.h"

#include "base/text.h"
#include "crypto/encode.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

enum { SHA1_BYTES = 20, URI_MAX = 1024 };

enum status hotp_value(struct slice secret, uint64_t counter, uint32_t *ret_value, struct err *err)
{
    uint8_t message[8], mac[SHA1_BYTES];
    unsigned len = sizeof(mac);

    for (size_t i = 0; i < sizeof(message); i++)
        message[i] = (uint8_t)(counter >> (8 * (sizeof(message) - 1 - i)));
    if (!HMAC(EVP_sha1(), secret.at, (int)secret.len, message, sizeof(message), mac, &len) ||
        len != SHA1_BYTES)
        return RAISE(err, ST_INTERNAL, "one-time code: OpenSSL has no HMAC-SHA-1");
    const uint8_t *at = mac + (mac[SHA1_BYTES - 1] & 0xf);
    *ret_value = (uint32_t)(at[0] & 0x7f) << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 |
                 (uint32_t)at[3];
    OPENSSL_cleanse(mac, sizeof(mac));
    return ST_OK;
}

enum status totp_code(struct slice secret, int64_t step, char ret[TOTP_DIGITS + 1], struct err *err)
{
    uint32_t value = 0;

    TRY(hotp_value(secret, (uint64_t)step, &value, err));
    (void)text_format(ret, TOTP_DIGITS + 1, "%06u", (unsigned)(value % 1000000));
    return ST_OK;
}

/* All steps are computed, whichever it is. */
enum status totp_find(struct slice secret, int64_t now_ms, struct slice code, int64_t *ret_step,
                      struct err *err)
{
    const int64_t now = now_ms / 1000 / TOTP_STEP_S;
    char want[TOTP_DIGITS + 1];

    *ret_step = -1;
    for (int64_t step = now - TOTP_DRIFT_STEPS; step <= now + TOTP_DRIFT_STEPS; step++) {
        TRY(totp_code(secret, step, want, err));
        if (equal_constant_time(slice_mem(want, TOTP_DIGITS), code))
            *ret_step = step;
    }
    OPENSSL_cleanse(want, sizeof(want));
    return ST_OK;
}

struct bytes *base32_encode(struct slice data)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    const uint8_t *in = slice_u8(data);
    struct bytes *out = bytes_new(data.len * 2 + 8);
    unsigned held = 0, bits = 0;

    for (size_t i = 0; out && i < data.len; i++) {
        held = (held << 8 | in[i]) & 0xfff;
        for (bits += 8; bits >= 5; bits -= 5)
            bytes_add(out, slice_mem(&alphabet[held >> (bits - 5) & 31], 1));
    }
    if (out && bits > 0)
        bytes_add(out, slice_mem(&alphabet[held << (5 - bits) & 31], 1));
    if (out && out->failed) {
        bytes_wipe(out);
        return NULL;
    }
    return out;
}

static void add_encoded(struct bytes *b, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     strchr("-._~", c);
        bytes_addf(b, plain ? "%c" : "%%%02X", c);
    }
}

struct bytes *totp_uri(const char *issuer, const char *account, struct slice secret)
{
    AUTO(bytes_wipe) struct bytes *text = base32_encode(secret);
    struct bytes *uri = bytes_new(URI_MAX);

    if (text && uri) {
        bytes_add_str(uri, "otpauth://totp/");
        add_encoded(uri, issuer);
        bytes_add_str(uri, ":");
        add_encoded(uri, account);
        bytes_addf(uri, "?secret=%s&issuer=", text->at);
        add_encoded(uri, issuer);
        bytes_addf(uri, "&algorithm=SHA1&digits=%d&period=%d", TOTP_DIGITS, TOTP_STEP_S);
    }
    if (!text || !uri || uri->failed) {
        bytes_wipe(uri);
        return NULL;
    }
    return uri;
}
