/* The payload by its root element: shape first, then gSOAP by the generated types, then values. */
#include "soap/decode.h"
#include "soap/payload_create.h"
#include "soap/shape.h"

#include "base/id.h"
#include "base/text.h"

#define SIGNING_NS "urn:shep-adapter:signing:1"
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

static const struct place root = { .nth = 1 };

static enum status check_shape(struct slice c14n, struct err *err)
{
    struct place place;
    enum shape shape = shape_check(c14n, containers, true, &place);
    const char *where = place.text[0] ? place.text : "the root element";

    switch (shape) {
    case SHAPE_OK:
        return ST_OK;
    case SHAPE_TEXT_BETWEEN:
        return RAISE_CAUSE(err, ST_INPUT, "fieldInvalid", place.text, NULL,
                           "%s holds text between its elements", where);
    case SHAPE_ELEMENT_IN_TEXT:
        return RAISE_CAUSE(err, ST_INPUT, "fieldInvalid", place.text, NULL,
                           "%s holds an element where text is expected (is it known? XML in a text "
                           "is escaped)",
                           where);
    default:
        return RAISE_CAUSE(err, ST_INPUT, "fieldInvalid", place.text, "64 levels",
                           "the payload is nested too deeply");
    }
}

/* Why gSOAP could not read it. */
static enum status unreadable(const struct engine *engine, struct err *err)
{
    struct place place;

    if (engine->soap->error == SOAP_EOM)
        return RAISE(err, ST_NOMEM, "payload: out of memory");
    place = place_find(engine->in, engine->refused ? engine->refused_at : engine_position(engine));
    /* soap_ignore_element() stops at a prefixed name by itself when namespaces are ignored */
    if (!engine->refused && engine->soap->error != SOAP_TAG_MISMATCH)
        return RAISE_CAUSE(err, ST_INPUT, "fieldInvalid", place.text, NULL,
                           "the payload cannot be read at %s (gSOAP error %d)", place.text,
                           engine->soap->error);
    if (place.nth > 1)
        return RAISE_CAUSE(err, ST_INPUT, "fieldInvalid", place.text, "once",
                           "%s stands more than once", place.text);
    return RAISE_CAUSE(err, ST_INPUT, "fieldUnknown", place.text, NULL, "%s is not known here",
                       place.text);
}

static enum status read_create(struct engine *engine, struct request *req, struct err *err)
{
    struct _s__createSigningSession in = { 0 };
    const struct reader reader = { req->arena, err };

    if (!soap_get__s__createSigningSession(engine->soap, &in, "s:createSigningSession", NULL))
        return unreadable(engine, err);
    return payload_create(&reader, codec_limits(engine->codec), &in, &req->payload.create);
}

static enum status read_session_id(const char *value, struct request *req, struct err *err)
{
    static const struct field rule = { "signingSessionId", true, 64 };
    const struct reader reader = { req->arena, err };
    struct session_query *query = &req->payload.query;
    struct id id;

    TRY(field_token(&reader, &root, &rule, value, &query->signing_session_id));
    if (!id_parse(slice_str(query->signing_session_id), &id))
        return RAISE_CAUSE(err, ST_INPUT, "fieldInvalid", rule.name, "UUID",
                           "signingSessionId is no UUID");
    return ST_OK;
}

static enum status read_status(struct engine *engine, struct request *req, struct err *err)
{
    static const struct field rule = { "waitSeconds", false, 0 };
    struct _s__getSigningStatus in = { 0 };
    const struct reader reader = { req->arena, err };

    if (!soap_get__s__getSigningStatus(engine->soap, &in, "s:getSigningStatus", NULL))
        return unreadable(engine, err);
    TRY(read_session_id(in.signingSessionId, req, err));
    return field_number(&reader, &root, &rule, (struct range){ 0, MAX_WAIT_S }, in.waitSeconds,
                        &req->payload.query.wait_seconds);
}

static enum status read_result(struct engine *engine, struct request *req, struct err *err)
{
    static const struct field rule = { "documentId", false, 0 };
    struct _s__getSigningResult in = { 0 };
    const struct reader reader = { req->arena, err };

    if (!soap_get__s__getSigningResult(engine->soap, &in, "s:getSigningResult", NULL))
        return unreadable(engine, err);
    TRY(read_session_id(in.signingSessionId, req, err));
    return field_number(&reader, &root, &rule, (struct range){ 1, INT32_MAX }, in.documentId,
                        &req->payload.query.document_id);
}

static enum status read_cancel(struct engine *engine, struct request *req, struct err *err)
{
    struct _s__cancelSigningSession in = { 0 };

    if (!soap_get__s__cancelSigningSession(engine->soap, &in, "s:cancelSigningSession", NULL))
        return unreadable(engine, err);
    return read_session_id(in.signingSessionId, req, err);
}

static const struct operation_row {
    const char *name;
    enum operation op;
    enum status (*read)(struct engine *engine, struct request *req, struct err *err);
} operations[] = {
    { "createSigningSession", OP_CREATE_SIGNING_SESSION, read_create },
    { "getSigningStatus", OP_GET_SIGNING_STATUS, read_status },
    { "getSigningResult", OP_GET_SIGNING_RESULT, read_result },
    { "cancelSigningSession", OP_CANCEL_SIGNING_SESSION, read_cancel },
};

static const struct operation_row *find_operation(const char *name)
{
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
        if (strcmp(operations[i].name, name) == 0)
            return &operations[i];
    return NULL;
}

enum status decode_payload(struct engine *engine, const struct payload *payload,
                           struct request *req, struct err *err)
{
    const struct operation_row *row = find_operation(payload->name);

    if (!row)
        return RAISE_CAUSE(err, ST_INPUT, "unknownOperation", "requestData/data", NULL,
                           "the root element %.60s is no operation of this service", payload->name);
    if (strcmp(payload->ns, SIGNING_NS) != 0)
        return RAISE_CAUSE(err, ST_INPUT, "unknownOperation", "requestData/data", SIGNING_NS,
                           "%s is in the namespace \"%.80s\", not in %s", row->name, payload->ns,
                           SIGNING_NS);
    TRY(check_shape(payload->c14n, err));
    TRY(engine_read(engine, payload->c14n, err));
    engine->strictness = REFUSE_UNKNOWN;
    engine_ignore_namespaces(engine);
    TRY(row->read(engine, req, err));
    req->op = row->op;
    return ST_OK;
}
