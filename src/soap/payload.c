/* The payload by its root element: shape first, then gSOAP by the generated types, then values. */
#include "soap/payload.h"
#include "soap/decode.h"
#include "soap/shape.h"

#include "base/text.h"

static const struct payload_service *const services[] = { &payload_signing, &payload_coid };

const struct place payload_root = { .nth = 1 };

static enum status check_shape(struct slice c14n, const char *const *containers, struct err *err)
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

enum status payload_unreadable(const struct engine *engine, struct err *err)
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

/* An operation and the service it belongs to. */
struct found {
    const struct payload_service *service;
    const struct payload_operation *operation;
};

/* By both names, or else by its name alone; false: no operation of that name. */
static bool find_operation(const struct payload *payload, struct found *ret)
{
    bool named = false;

    for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++)
        for (size_t k = 0; k < services[i]->count; k++) {
            if (strcmp(services[i]->operations[k].name, payload->name) != 0)
                continue;
            *ret = (struct found){ services[i], &services[i]->operations[k] };
            if (strcmp(services[i]->ns, payload->ns) == 0)
                return true;
            named = true;
        }
    return named;
}

enum status decode_payload(struct engine *engine, const struct payload *payload,
                           struct request *req, struct err *err)
{
    struct found found;

    if (!find_operation(payload, &found))
        return RAISE_CAUSE(err, ST_INPUT, "unknownOperation", "requestData/data", NULL,
                           "the root element %.60s is no operation of this service", payload->name);
    if (strcmp(payload->ns, found.service->ns) != 0)
        return RAISE_CAUSE(err, ST_INPUT, "unknownOperation", "requestData/data", found.service->ns,
                           "%s is in the namespace \"%.80s\", not in %s", payload->name,
                           payload->ns, found.service->ns);
    TRY(check_shape(payload->c14n, found.service->containers, err));
    TRY(engine_read(engine, payload->c14n, err));
    engine->strictness = REFUSE_UNKNOWN;
    engine_ignore_namespaces(engine);
    TRY(found.operation->read(engine, req, err));
    req->op = found.operation->op;
    return ST_OK;
}
