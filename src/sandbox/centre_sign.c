#include "sandbox/centre_sign.h"

enum { HEADER_MAX = 512 };

static enum status sign_unknown(const struct centre_signer *signer, struct slice body,
                                struct bytes **ret_text, struct err *err)
{
    AUTO(bytes_free) struct bytes *own = NULL;
    AUTO(bytes_free) struct bytes *header = bytes_new(HEADER_MAX);
    AUTO(jws_free) struct jws *jws = NULL;
    struct bytes *text = NULL;

    TRY(jws_sign(signer->key, body, &signer->settings, &own, err));
    TRY(jws_parse(bytes_slice(own), &jws, err));
    if (header) {
        bytes_addf(header,
                   "{\"alg\":\"%.*s\",\"kid\":\"0badc01d00000000000000000000000000000bad\"}",
                   (int)jws_alg(jws).len, jws_alg(jws).at);
        text = jws_compose(bytes_slice(header), (struct slice){ NULL, 0 }, jws_signature(jws),
                           signer->settings.alphabet);
    }
    if (!text)
        return RAISE(err, ST_NOMEM, "out of memory");
    *ret_text = text;
    return ST_OK;
}

enum status centre_sign(const struct centre_signer *signer, enum sign_form form, struct slice body,
                        struct bytes **ret_text, struct err *err)
{
    struct bytes *garbage = NULL;

    switch (form) {
    case SIGN_NOT:
        *ret_text = NULL;
        return ST_OK;
    case SIGN_OTHER_BYTES:
        return jws_sign(signer->key, SLICE("{}"), &signer->settings, ret_text, err);
    case SIGN_UNKNOWN_KID:
        return sign_unknown(signer, body, ret_text, err);
    case SIGN_EXPIRED:
        return jws_sign(signer->expired, body, &signer->settings, ret_text, err);
    case SIGN_GARBAGE:
        garbage = bytes_dup(SLICE("WGJlkaHzz5VAKdukFIOl")); /* as seed 002 section 6.1 prints it */
        if (!garbage)
            return RAISE(err, ST_NOMEM, "out of memory");
        *ret_text = garbage;
        return ST_OK;
    case SIGN_WELL:
        break;
    }
    return jws_sign(signer->key, body, &signer->settings, ret_text, err);
}
