/* The operations of signing by telephone: signing.xsd. */
#include "soap/payload.h"
#include "soap/payload_create.h"

#define MAX_WAIT_S 20 /* flows.md section 1 */

static const char *const containers[] = { "createSigningSession",
                                          "getSigningStatus",
                                          "getSigningResult",
                                          "cancelSigningSession",
                                          "organisation",
                                          "signers",
                                          "signer",
                                          "documents",
                                          "document",
                                          "meta",
                                          "item",
                                          "file",
                                          NULL };

static enum status read_create(struct engine *engine, struct request *req, struct err *err)
{
    struct _s__createSigningSession in = { 0 };
    const struct reader reader = { req->arena, err };

    if (!soap_get__s__createSigningSession(engine->soap, &in, "s:createSigningSession", NULL))
        return payload_unreadable(engine, err);
    return payload_create(&reader, codec_limits(engine->codec), &in, &req->payload.create);
}

static enum status read_session_id(const char *value, struct request *req, struct err *err)
{
    static const struct field rule = { "signingSessionId", true, 64 };
    const struct reader reader = { req->arena, err };

    return field_uuid(&reader, &payload_root, &rule, value, &req->payload.query.signing_session_id);
}

static enum status read_status(struct engine *engine, struct request *req, struct err *err)
{
    static const struct field rule = { "waitSeconds", false, 0 };
    struct _s__getSigningStatus in = { 0 };
    const struct reader reader = { req->arena, err };

    if (!soap_get__s__getSigningStatus(engine->soap, &in, "s:getSigningStatus", NULL))
        return payload_unreadable(engine, err);
    TRY(read_session_id(in.signingSessionId, req, err));
    return field_number(&reader, &payload_root, &rule, (struct range){ 0, MAX_WAIT_S },
                        in.waitSeconds, &req->payload.query.wait_seconds);
}

static enum status read_result(struct engine *engine, struct request *req, struct err *err)
{
    static const struct field rule = { "documentId", false, 0 };
    struct _s__getSigningResult in = { 0 };
    const struct reader reader = { req->arena, err };

    if (!soap_get__s__getSigningResult(engine->soap, &in, "s:getSigningResult", NULL))
        return payload_unreadable(engine, err);
    TRY(read_session_id(in.signingSessionId, req, err));
    return field_number(&reader, &payload_root, &rule, (struct range){ 1, INT32_MAX },
                        in.documentId, &req->payload.query.document_id);
}

static enum status read_cancel(struct engine *engine, struct request *req, struct err *err)
{
    struct _s__cancelSigningSession in = { 0 };

    if (!soap_get__s__cancelSigningSession(engine->soap, &in, "s:cancelSigningSession", NULL))
        return payload_unreadable(engine, err);
    return read_session_id(in.signingSessionId, req, err);
}

static const struct payload_operation operations[] = {
    { "createSigningSession", OP_CREATE_SIGNING_SESSION, read_create },
    { "getSigningStatus", OP_GET_SIGNING_STATUS, read_status },
    { "getSigningResult", OP_GET_SIGNING_RESULT, read_result },
    { "cancelSigningSession", OP_CANCEL_SIGNING_SESSION, read_cancel },
};

const struct payload_service payload_signing = { "urn:shep-adapter:signing:1", containers,
                                                 operations,
                                                 sizeof(operations) / sizeof(operations[0]) };
