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
    size_t max_photo_bytes; /* of verifyPhoto, decoded */
};
MUST_USE enum status codec_new(const struct codec_params *params, struct codec **ret_codec,
                               struct err *err);
/* NULL is fine. */
void codec_free(struct codec *codec);
DEFINE_AUTO(struct codec, codec_free)

/**
 * Children of SendMessage and of the payload are taken in any order, qualified or not, with any
 * xsi:type; unknown elements are skipped in the envelope and refused in the payload. Dates and
 * sessionId stay as written (shep-contract.md section 1 «What real callers send»).
 *
 * ST_FORMAT       the Body is no SendMessage, has no requestInfo, no messageId, serviceId or
 *                 senderId, one of its texts over 255 characters, or an element twice: a Fault;
 *                 names the element
 * ST_UNAVAILABLE  no gSOAP engine came free in five seconds
 *
 * A payload that cannot be read is ST_OK with op == OP_NONE and payload_err set, which is SCSE002;
 * code is payloadMissing, payloadNotXml, unknownOperation, fieldMissing, fieldInvalid,
 * fieldUnknown, fieldTooLong, tooManyDocuments, documentsTooLarge, photoTooLarge or consentMissing,
 * field a path such as documents/document[2]/file/data. Types, presence and lengths of signing.xsd
 * and coid.xsd are checked here, rules are flow's, mobile's and coid's. *ret_req is the caller's:
 * request_free(). Thread-safe.
 */
MUST_USE enum status soap_decode(struct codec *codec, const struct verified *env,
                                 struct request **ret_req, struct err *err);
/**
 * The Body's content: one SendMessageResponse or Fault element (or reply->kept as it is), without
 * an XML declaration, its namespaces declared on itself. Dates have Astana's offset; the status
 * message is cut at 250 characters; sessionId is echoed when it is a guid in braces and left out
 * otherwise (it would break the caller's validation); characters that XML cannot carry become
 * U+FFFD. With reply->sign_payload the payload is signed by wsse (NULL otherwise allowed) and
 * stands in `data` as text.
 *
 * ST_INTERNAL  a signed XML document that is no XML text; a reply without its session or ЦОИД's
 * answer; a payload
 * that cannot be signed ST_NOMEM     also when the answer grows over 128 MiB *ret_body is the
 * caller's. Thread-safe.
 */
MUST_USE enum status soap_encode(struct codec *codec, const struct wsse *wsse,
                                 const struct reply *reply, struct bytes **ret_body,
                                 struct err *err);

/**
 * The contract as served: the files of wsdl/ by name ("SyncChannel.wsdl", "signing.xsd", "coid.xsd"
 * …), compiled in. The SOAP address is replaced by address
 * (scheme://host[/prefix]/shep/SyncChannel), imports by scheme://host[/prefix]/wsdl/NAME, which is
 * where the server must serve these names
 * (.wsdl too). ST_NOT_FOUND  no such file
 */
MUST_USE enum status soap_contract(struct slice name, const char *address, struct bytes **ret,
                                   struct err *err);
