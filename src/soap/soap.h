/* The gSOAP floor: verified bytes to typed requests, typed replies to the Body's bytes. gSOAP's
 * memory lives and dies inside. */
#pragma once

#include "base/auto.h"
#include "base/bytes.h"
#include "base/err.h"
#include "model/reply.h"
#include "model/request.h"
#include "wsse/wsse.h"

struct codec; /* a pool of struct soap, one per worker at work; thread-safe */

struct codec_params {
    unsigned pool;
    size_t max_document_bytes; /* of all documents of a session together, decoded */
    unsigned max_documents;
};
MUST_USE enum status codec_new(const struct codec_params *params, struct codec **ret_codec,
                               struct err *err);
/* NULL is fine. */
void codec_free(struct codec *codec);
DEFINE_AUTO(struct codec, codec_free)

/**
 * ST_FORMAT  the Body is no SendMessage, or has no requestInfo: a Fault; names the element
 * A payload that cannot be read (none, unknown root, a field of the wrong type, a missing field) is
 * ST_OK with op == OP_NONE and payload_err set: that is SCSE002.
 */
MUST_USE enum status soap_decode(struct codec *codec, const struct verified *env,
                                 struct request **ret_req, struct err *err);
/* The Body's content: one SendMessageResponse or Fault element. *ret_body is the caller's. */
MUST_USE enum status soap_encode(struct codec *codec, const struct reply *reply,
                                 struct bytes **ret_body, struct err *err);

/* The contract as served: name "SyncChannel.wsdl", "signing.xsd" …; SOAP address replaced by
 * address (scheme://host/path). ST_NOT_FOUND. */
MUST_USE enum status soap_contract(struct slice name, const char *address, struct bytes **ret,
                                   struct err *err);
