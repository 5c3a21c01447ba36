/* The door from wsse: takes the parts out of a verified envelope. */
#include "soap/decode.h"

enum status soap_decode(struct codec *codec, const struct verified *env, struct request **ret_req,
                        struct err *err)
{
    struct parts parts = { .body = verified_body(env), .signer = verified_signer(env) };
    struct err cause = { 0 };
    enum status status = verified_payload(env, &parts.payload, &cause);

    if (status != ST_OK && status != ST_INPUT) {
        *err = cause;
        return status;
    }
    if (status == ST_INPUT) {
        parts.payload = (struct payload){ .form = PAYLOAD_TEXT }; /* only text can be no XML */
        parts.payload_err = &cause;
    }
    return soap_decode_parts(codec, &parts, ret_req, err);
}
