/* The two halves of decoding, apart from the verified envelope; inside the room and for its tests.
 */
#pragma once

#include "soap/engine.h"

/* What soap_decode() takes out of a verified envelope; all borrowed. */
struct parts {
    struct slice body; /* canonical */
    const struct signer *signer;
    struct payload payload;
    const struct err *payload_err; /* why there is none; NULL: nothing wrong */
};

/* soap_decode() without the envelope. */
MUST_USE enum status soap_decode_parts(struct codec *codec, const struct parts *parts,
                                       struct request **ret_req, struct err *err);

/* SyncMessageInfo out of the Body; texts are req's arena's. ST_FORMAT, ST_NOMEM */
MUST_USE enum status decode_info(struct engine *engine, struct slice body, struct request *req,
                                 struct err *err);
/* The payload's root and fields. ST_INPUT with code, field and limit; ST_NOMEM */
MUST_USE enum status decode_payload(struct engine *engine, const struct payload *payload,
                                    struct request *req, struct err *err);
