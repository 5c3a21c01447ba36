/* OpenSSL's own SHA-256 context: it lives on the stack and cannot fail, which a fetched digest can.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/encode.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <stdlib.h>

enum {
    HMAC_BLOCK = 64,                /* RFC 2104 for SHA-256 */
    ENCODE_MAX = 512 * 1024 * 1024, /* EVP_EncodeBlock() counts in int */
};

void sha256(struct slice data, uint8_t ret[SHA256_BYTES])
{
    SHA256_CTX ctx;

    SHA256_Init(&ctx);
    SHA256_Update(&ctx, data.at, data.len);
    SHA256_Final(ret, &ctx);
    OPENSSL_cleanse(&ctx, sizeof(ctx));
}

static void hmac_pass(const uint8_t block[HMAC_BLOCK], uint8_t pad, struct slice data,
                      uint8_t ret[SHA256_BYTES])
{
    uint8_t padded[HMAC_BLOCK];
    SHA256_CTX ctx;

    for (size_t i = 0; i < HMAC_BLOCK; i++)
        padded[i] = block[i] ^ pad;
    SHA256_Init(&ctx);
    SHA256_Update(&ctx, padded, sizeof(padded));
    SHA256_Update(&ctx, data.at, data.len);
    SHA256_Final(ret, &ctx);
    OPENSSL_cleanse(&ctx, sizeof(ctx));
    OPENSSL_cleanse(padded, sizeof(padded));
}

void hmac_sha256(struct slice key, struct slice data, uint8_t ret[SHA256_BYTES])
{
    uint8_t block[HMAC_BLOCK] = { 0 };
    uint8_t inner[SHA256_BYTES];

    if (key.len > HMAC_BLOCK)
        sha256(key, block);
    else if (key.len > 0)
        memcpy(block, key.at, key.len);
    hmac_pass(block, 0x36, data, inner);
    hmac_pass(block, 0x5c, slice_mem(inner, sizeof(inner)), ret);
    OPENSSL_cleanse(block, sizeof(block));
    OPENSSL_cleanse(inner, sizeof(inner));
}

bool equal_constant_time(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || CRYPTO_memcmp(a.at, b.at, a.len) == 0);
}

void random_fill(void *at, size_t len)
{
    if (RAND_priv_bytes_ex(NULL, at, len, 0) != 1)
        abort();
}

struct bytes *base64_encode(struct slice data)
{
    if (data.len > ENCODE_MAX)
        return NULL;
    size_t len = (data.len + 2) / 3 * 4;
    AUTO(bytes_free) struct bytes *text = bytes_new(len);
    char *place = text ? bytes_extend(text, len) : NULL;

    if (!place)
        return NULL;
    if (len > 0)
        (void)EVP_EncodeBlock((unsigned char *)place, slice_u8(data), (int)data.len);
    return TAKE(text);
}

struct bytes *base64url_encode(struct slice data)
{
    AUTO(bytes_free) struct bytes *text = base64_encode(data);

    if (!text)
        return NULL;
    while (text->len > 0 && text->at[text->len - 1] == '=')
        text->at[--text->len] = '\0';
    for (size_t i = 0; i < text->len; i++) {
        if (text->at[i] == '+')
            text->at[i] = '-';
        else if (text->at[i] == '/')
            text->at[i] = '_';
    }
    return TAKE(text);
}

/* 0–63, or one of these: each has the bit of SEXTET_BLANK. */
enum { SEXTET_BLANK = 64, SEXTET_PAD, SEXTET_BAD, SEXTETS = UINT8_MAX + 1 };

static unsigned sextet(char c, const char extra[2])
{
    if (c >= 'A' && c <= 'Z')
        return (unsigned)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (unsigned)(c - 'a' + 26);
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0' + 52);
    if (c == extra[0])
        return 62;
    if (c == extra[1])
        return 63;
    if (c == '=')
        return SEXTET_PAD;
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' ? SEXTET_BLANK : SEXTET_BAD;
}

struct base64_reader {
    uint32_t bits; /* the group under way, six bits a character */
    size_t chars;  /* characters of the alphabet so far */
    size_t pads;
    struct bytes *to;
};

/* One character; false: out of place. */
static bool base64_take(struct base64_reader *r, unsigned value)
{
    if (value == SEXTET_BLANK)
        return true;
    if (value == SEXTET_PAD)
        return ++r->pads <= 2;
    if (value == SEXTET_BAD || r->pads > 0)
        return false;
    r->bits = r->bits << 6 | value;
    if (++r->chars % 4 == 0) {
        const char group[3] = { (char)(r->bits >> 16), (char)(r->bits >> 8), (char)r->bits };
        bytes_add(r->to, slice_mem(group, sizeof(group)));
        r->bits = 0;
    }
    return true;
}

/* Whole groups without blanks or padding: nearly all of a large text. Returns the characters read.
 */
static size_t base64_take_groups(struct base64_reader *r, struct slice text,
                                 const uint8_t sextets[SEXTETS])
{
    enum { GROUPS = 256 };
    const uint8_t *in = slice_u8(text);
    char out[3 * GROUPS];
    size_t groups = 0;

    for (; groups < GROUPS && text.len - 4 * groups >= 4; groups++, in += 4) {
        const unsigned a = sextets[in[0]], b = sextets[in[1]], c = sextets[in[2]],
                       d = sextets[in[3]];
        const uint32_t bits = a << 18 | b << 12 | c << 6 | d;

        if ((a | b | c | d) & SEXTET_BLANK)
            break;
        out[3 * groups] = (char)(bits >> 16);
        out[3 * groups + 1] = (char)(bits >> 8);
        out[3 * groups + 2] = (char)bits;
    }
    bytes_add(r->to, slice_mem(out, 3 * groups));
    OPENSSL_cleanse(out, 3 * groups);
    r->chars += 4 * groups;
    return 4 * groups;
}

/* All of text; false: *ret_at is out of place. */
static bool base64_take_all(struct base64_reader *r, struct slice text, const char extra[2],
                            size_t *ret_at)
{
    uint8_t sextets[SEXTETS];

    for (size_t c = 0; c < SEXTETS; c++)
        sextets[c] = (uint8_t)sextet((char)c, extra);
    for (size_t i = 0; i < text.len; i++) {
        if (r->chars % 4 == 0 && r->pads == 0)
            i += base64_take_groups(r, slice_skip(text, i), sextets);
        *ret_at = i;
        if (i < text.len && !base64_take(r, sextets[slice_u8(text)[i]]))
            return false;
    }
    return true;
}

/* The last, short group. false: a lone character, or padding that does not fit. */
static bool base64_end(struct base64_reader *r)
{
    size_t left = r->chars % 4;

    if (left == 1 || (r->pads > 0 && (left + r->pads) != 4))
        return false;
    if (left >= 2)
        bytes_add(r->to, slice_mem(&(char){ (char)(r->bits >> (left == 2 ? 4 : 10)) }, 1));
    if (left == 3)
        bytes_add(r->to, slice_mem(&(char){ (char)(r->bits >> 2) }, 1));
    return true;
}

static enum status decode(struct slice text, const char extra[2], size_t max_bytes,
                          struct bytes **ret, struct err *err)
{
    size_t bound = text.len / 4 * 3 + 3;
    AUTO(bytes_wipe) struct bytes *to = bytes_new(bound < max_bytes ? bound : max_bytes);
    struct base64_reader reader = { .to = to };
    size_t at = 0;

    if (!to)
        return RAISE(err, ST_NOMEM, "base64: out of memory");
    if (!base64_take_all(&reader, text, extra, &at))
        return RAISE(err, ST_INPUT, "not base64 at byte %zu", at + 1);
    if (!base64_end(&reader))
        return RAISE(err, ST_INPUT, "base64 ends in the middle of a group");
    if (reader.chars / 4 * 3 > max_bytes || (to->failed && to->max == max_bytes))
        return RAISE(err, ST_INPUT, "base64 holds more than %zu bytes", max_bytes);
    TRY(bytes_check(to, "base64", err));
    *ret = TAKE(to);
    return ST_OK;
}

enum status base64_decode(struct slice text, size_t max_bytes, struct bytes **ret, struct err *err)
{
    return decode(text, "+/", max_bytes, ret, err);
}

enum status base64url_decode(struct slice text, size_t max_bytes, struct bytes **ret,
                             struct err *err)
{
    return decode(text, "-_", max_bytes, ret, err);
}
