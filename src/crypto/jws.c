/* The JWS itself: taken apart, put together, signed. */
#include "crypto/jws.h"

#include "base/text.h"
#include "crypto/cert_impl.h"
#include "crypto/encode.h"
#include "crypto/jws_impl.h"
#include "json/json.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

enum {
    TEXT_MAX = 16 * 1024, /* bytes of a detached JWS; a payload inside has the same room */
    HEADER_DEPTH_MAX = 4,
    HEADER_VALUES_MAX = 32,
    ALG_MAX = 64,
    KID_MAX = 79,  /* hex digits, as many as a signer's serial holds */
    ISS_MAX = 512, /* bytes, as many as a signer's name holds */
};

struct jws {
    struct slice header_text; /* as it stands in text */
    struct slice payload_text;
    struct bytes *text;
    struct bytes *header;
    struct bytes *payload; /* NULL: detached */
    struct bytes *signature;
    struct json *json; /* of the header */
    struct slice alg, kid, iss;
};

static const struct jws_alg algs[] = {
    { "GOST3410-2015-512", ALG_GOST2015_512 },
    { "ECGOST34310", ALG_GOST2004 | ALG_GAMMA },
};

enum { ALGS = sizeof(algs) / sizeof(algs[0]) };

const struct jws_alg *jws_alg_named(struct slice name)
{
    for (size_t i = 0; i < ALGS; i++)
        if (slice_eq_str(name, algs[i].name))
            return &algs[i];
    return NULL;
}

static const struct jws_alg *alg_of_key(const struct key *key)
{
    for (size_t i = 0; i < ALGS; i++)
        if (algs[i].algorithms & key_algorithm(key))
            return &algs[i];
    return NULL;
}

/* ---- words ---- */

/* words: the two that the enum's 0 and 1 are called. */
static enum status parse_word(const char *word, const char *const words[2], int *ret,
                              struct err *err)
{
    for (int i = 0; i < 2; i++)
        if (strcmp(word, words[i]) == 0) {
            *ret = i;
            return ST_OK;
        }
    return RAISE(err, ST_INPUT, "JWS: «%.40s»: expected %s or %s", word, words[0], words[1]);
}

enum status jws_input_parse(const char *word, enum jws_input *ret, struct err *err)
{
    static const char *const words[2] = { "body", "rfc7515" };
    int value = 0;

    TRY(parse_word(word, words, &value, err));
    *ret = (enum jws_input)value;
    return ST_OK;
}

enum status jws_order_parse(const char *word, enum jws_order *ret, struct err *err)
{
    static const char *const words[2] = { "le-rs", "be-sr" };
    int value = 0;

    TRY(parse_word(word, words, &value, err));
    *ret = (enum jws_order)value;
    return ST_OK;
}

enum status jws_alphabet_parse(const char *word, enum jws_alphabet *ret, struct err *err)
{
    static const char *const words[2] = { "url", "std" };
    int value = 0;

    TRY(parse_word(word, words, &value, err));
    *ret = (enum jws_alphabet)value;
    return ST_OK;
}

/* ---- reading ---- */

/* Either alphabet, padded or not (C-09). */
static enum status decode_part(struct slice part, const char *what, struct bytes **ret,
                               struct err *err)
{
    AUTO(bytes_free) struct bytes *standard = bytes_dup(part);
    struct err cause;

    if (!standard)
        return RAISE(err, ST_NOMEM, "JWS: out of memory");
    for (size_t i = 0; i < standard->len; i++) {
        char *c = &standard->at[i];
        if (*c == ' ' || *c == '\t' || *c == '\r' || *c == '\n')
            return RAISE(err, ST_FORMAT, "JWS: %s: a blank at byte %zu", what, i + 1);
        *c = (char)(*c == '-' ? '+' : *c == '_' ? '/' : *c);
    }
    if (base64_decode(bytes_slice(standard), TEXT_MAX, ret, &cause) != ST_OK)
        return RAISE(err, ST_FORMAT, "JWS: %s: %s", what, cause.text);
    return ST_OK;
}

static bool split(struct slice *rest, struct slice *ret_part)
{
    const char *dot = rest->len ? memchr(rest->at, '.', rest->len) : NULL;

    if (!dot)
        return false;
    *ret_part = (struct slice){ rest->at, (size_t)(dot - rest->at) };
    *rest = slice_skip(*rest, ret_part->len + 1);
    return true;
}

static enum status read_parts(struct jws *jws, struct err *err)
{
    struct slice rest = slice_trim(bytes_slice(jws->text));

    if (!split(&rest, &jws->header_text) || !split(&rest, &jws->payload_text) ||
        (rest.len && memchr(rest.at, '.', rest.len)))
        return RAISE(err, ST_FORMAT, "JWS: not three parts with «.» between them");
    if (jws->header_text.len == 0 || rest.len == 0)
        return RAISE(err, ST_FORMAT, "JWS: the %s is empty",
                     rest.len == 0 ? "signature" : "header");
    TRY(decode_part(jws->header_text, "header", &jws->header, err));
    if (jws->payload_text.len > 0)
        TRY(decode_part(jws->payload_text, "payload", &jws->payload, err));
    return decode_part(rest, "signature", &jws->signature, err);
}

static bool is_kid(struct slice kid)
{
    for (size_t i = 0; i < kid.len; i++)
        if (!isxdigit((unsigned char)kid.at[i])) /* ASCII: the program sets no locale */
            return false;
    return kid.len > 0 && kid.len <= KID_MAX;
}

/* Names reach reports: no control characters. */
static bool is_plain(struct slice text, size_t max)
{
    for (size_t i = 0; i < text.len; i++)
        if ((uint8_t)text.at[i] < 0x20 || text.at[i] == 0x7f)
            return false;
    return text.len > 0 && text.len <= max;
}

static enum status read_header(struct jws *jws, struct err *err)
{
    static const struct json_limits limits = { TEXT_MAX, HEADER_DEPTH_MAX, HEADER_VALUES_MAX };
    const struct json *iss;
    struct err cause;

    if (json_parse(bytes_slice(jws->header), &limits, &jws->json, &cause) != ST_OK)
        return RAISE(err, ST_FORMAT, "JWS header: %s", cause.text);
    if (!json_string(json_member(jws->json, "alg"), &jws->alg) || !is_plain(jws->alg, ALG_MAX))
        return RAISE_CAUSE(err, ST_FORMAT, NULL, "alg", "64 bytes",
                           "JWS header: «alg» is not a name of at most %d bytes", ALG_MAX);
    if (!json_string(json_member(jws->json, "kid"), &jws->kid) || !is_kid(jws->kid))
        return RAISE_CAUSE(err, ST_FORMAT, NULL, "kid", "79 hex digits",
                           "JWS header: «kid» is not a number of 1 to %d hex digits", KID_MAX);
    if (json_member(jws->json, "crit"))
        return RAISE_CAUSE(err, ST_FORMAT, NULL, "crit", NULL,
                           "JWS header: «crit» asks for extensions that are not known");
    iss = json_member(jws->json, "iss");
    if (iss && !json_is_null(iss) && (!json_string(iss, &jws->iss) || !is_plain(jws->iss, ISS_MAX)))
        return RAISE_CAUSE(err, ST_FORMAT, NULL, "iss", "512 bytes",
                           "JWS header: «iss» is not a name of at most %d bytes", ISS_MAX);
    return ST_OK;
}

enum status jws_parse(struct slice text, struct jws **ret_jws, struct err *err)
{
    AUTO(jws_free) struct jws *jws = NULL;

    if (text.len > TEXT_MAX)
        return RAISE_CAUSE(err, ST_FORMAT, NULL, NULL, "16384 bytes",
                           "JWS: %zu bytes, the limit is %d", text.len, TEXT_MAX);
    jws = calloc(1, sizeof(*jws));
    if (!jws || !(jws->text = bytes_dup(text)))
        return RAISE(err, ST_NOMEM, "JWS: out of memory");
    jws->iss = SLICE("");
    TRY(read_parts(jws, err));
    TRY(read_header(jws, err));
    *ret_jws = TAKE(jws);
    return ST_OK;
}

void jws_free(struct jws *jws)
{
    if (!jws)
        return;
    bytes_free(jws->text);
    bytes_free(jws->header);
    bytes_free(jws->payload);
    bytes_free(jws->signature);
    json_free(jws->json);
    free(jws);
}

struct slice jws_header(const struct jws *jws)
{
    return bytes_slice(jws->header);
}

struct slice jws_alg(const struct jws *jws)
{
    return jws->alg;
}

struct slice jws_kid(const struct jws *jws)
{
    return jws->kid;
}

struct slice jws_iss(const struct jws *jws)
{
    return jws->iss;
}

struct slice jws_signature(const struct jws *jws)
{
    return bytes_slice(jws->signature);
}

bool jws_payload(const struct jws *jws, struct slice *ret_payload)
{
    if (!jws->payload)
        return false;
    *ret_payload = bytes_slice(jws->payload);
    return true;
}

/* The serial number as its bytes say, lower-case hex without leading zeros. TumarCSP leaves out the
 * zero byte that keeps a number positive, so that a sign would be nobody's intention. */
static bool serial_text(const struct cert *cert, char dst[KID_MAX + 1])
{
    enum { HEAD = 2, BYTES_MAX = KID_MAX / 2 };
    const ASN1_INTEGER *serial = X509_get0_serialNumber(cert_x509(cert));
    char digits[2 * BYTES_MAX + 1];
    unsigned char der[HEAD + BYTES_MAX];
    unsigned char *at = der;
    int len = i2d_ASN1_INTEGER(serial, NULL);

    if (len <= HEAD || len - HEAD > BYTES_MAX || i2d_ASN1_INTEGER(serial, &at) != len)
        return false;
    text_hex(slice_mem(der + HEAD, (size_t)(len - HEAD)), digits);
    return text_copy(dst, KID_MAX + 1, digits + strspn(digits, "0"));
}

bool jws_kid_is(struct slice kid, const struct cert *cert)
{
    char serial[KID_MAX + 1];
    char digits[KID_MAX + 1];

    while (kid.len > 0 && kid.at[0] == '0')
        kid = slice_skip(kid, 1);
    if (!is_kid(kid) || !text_copy_slice(digits, sizeof(digits), kid))
        return false;
    return serial_text(cert, serial) && strcasecmp(digits, serial) == 0;
}

void jws_found_add(struct jws_found *found, const struct cert *cert)
{
    for (size_t i = 0; i < found->count; i++)
        if (slice_eq(cert_der(found->certs[i]), cert_der(cert)))
            return;
    if (found->count < JWS_FOUND_MAX)
        found->certs[found->count++] = cert_ref(cert);
}

void jws_found_clear(struct jws_found *found)
{
    while (found->count > 0)
        cert_free(found->certs[--found->count]);
}

/* ---- writing ---- */

static struct bytes *encode(struct slice data, enum jws_alphabet alphabet)
{
    return alphabet == JWS_BASE64_STD ? base64_encode(data) : base64url_encode(data);
}

struct bytes *jws_compose(struct slice header, struct slice payload, struct slice signature,
                          enum jws_alphabet alphabet)
{
    AUTO(bytes_free) struct bytes *first = encode(header, alphabet);
    AUTO(bytes_free)
    struct bytes *second = encode(payload.at ? payload : SLICE(""), alphabet);
    AUTO(bytes_free) struct bytes *third = encode(signature, alphabet);

    if (!first || !second || !third)
        return NULL;
    AUTO(bytes_free) struct bytes *text = bytes_new(first->len + second->len + third->len + 2);
    if (!text)
        return NULL;
    bytes_add(text, bytes_slice(first));
    bytes_add(text, SLICE("."));
    bytes_add(text, bytes_slice(second));
    bytes_add(text, SLICE("."));
    bytes_add(text, bytes_slice(third));
    return text->failed ? NULL : TAKE(text);
}

enum status jws_rfc_input(struct slice header_text, struct slice payload_text, struct slice body,
                          struct bytes **ret, struct err *err)
{
    AUTO(bytes_free) struct bytes *encoded = base64url_encode(body);
    struct slice second = payload_text.len > 0 ? payload_text : bytes_slice(encoded);
    AUTO(bytes_free) struct bytes *input = bytes_new(header_text.len + second.len + 1);

    if (!encoded || !input)
        return RAISE(err, ST_NOMEM, "JWS: out of memory");
    bytes_add(input, header_text);
    bytes_add(input, SLICE("."));
    bytes_add(input, second);
    TRY(bytes_check(input, "JWS", err));
    *ret = TAKE(input);
    return ST_OK;
}

enum status jws_input_of(const struct jws *jws, struct slice body, struct bytes **ret,
                         struct err *err)
{
    return jws_rfc_input(jws->header_text, jws->payload_text, body, ret, err);
}

struct bytes *jws_reversed(struct slice signature)
{
    struct bytes *reversed = bytes_dup(signature);

    for (size_t i = 0; reversed && i < signature.len; i++)
        reversed->at[i] = signature.at[signature.len - 1 - i];
    return reversed;
}

static enum status write_header(const struct key *key, const struct jws_alg *alg,
                                const struct jws_settings *settings, struct bytes **ret,
                                struct err *err)
{
    AUTO(json_free) struct json *json = json_new_object();
    char kid[KID_MAX + 1];

    if (!serial_text(key_cert(key), kid))
        return RAISE(err, ST_INPUT, "JWS: the certificate's serial number is too long for a kid");
    if (!json)
        return RAISE(err, ST_NOMEM, "JWS: out of memory");
    json_set_string(json, "alg", slice_str(alg->name));
    json_set_string(json, "kid", slice_str(kid));
    if (settings->iss)
        json_set_string(json, "iss", slice_str(settings->iss));
    return json_print(json, TEXT_MAX, ret, err);
}

static enum status sign_input(const struct key *key, struct slice header, struct slice body,
                              const struct jws_settings *settings, struct bytes **ret_signature,
                              struct err *err)
{
    AUTO(bytes_free) struct bytes *first = encode(header, settings->alphabet);
    AUTO(bytes_free)
    struct bytes *second =
        settings->attached ? encode(body, settings->alphabet) : bytes_dup(SLICE(""));
    AUTO(bytes_free) struct bytes *input = NULL;
    AUTO(bytes_free) struct bytes *signature = NULL;

    if (!first || !second)
        return RAISE(err, ST_NOMEM, "JWS: out of memory");
    if (settings->input == JWS_INPUT_RFC7515)
        TRY(jws_rfc_input(bytes_slice(first), bytes_slice(second), body, &input, err));
    TRY(key_sign(key, input ? bytes_slice(input) : body, &signature, err));
    enum jws_order own = key_algorithm(key) == ALG_GAMMA ? JWS_ORDER_BE_SR : JWS_ORDER_LE_RS;
    *ret_signature =
        settings->order == own ? TAKE(signature) : jws_reversed(bytes_slice(signature));
    return *ret_signature ? ST_OK : RAISE(err, ST_NOMEM, "JWS: out of memory");
}

enum status jws_sign(const struct key *key, struct slice body, const struct jws_settings *settings,
                     struct bytes **ret_text, struct err *err)
{
    const struct jws_alg *alg = alg_of_key(key);
    AUTO(bytes_free) struct bytes *header = NULL;
    AUTO(bytes_free) struct bytes *signature = NULL;

    if (!alg)
        return RAISE(err, ST_INPUT,
                     "JWS: a key of %s has no «alg»: expected ГОСТ 34.10-2015-512 "
                     "or ГОСТ 34.310-2004",
                     algorithm_name(key_algorithm(key)));
    TRY(write_header(key, alg, settings, &header, err));
    TRY(sign_input(key, bytes_slice(header), body, settings, &signature, err));
    *ret_text =
        jws_compose(bytes_slice(header), settings->attached ? body : (struct slice){ NULL, 0 },
                    bytes_slice(signature), settings->alphabet);
    return *ret_text ? ST_OK : RAISE(err, ST_NOMEM, "JWS: out of memory");
}
