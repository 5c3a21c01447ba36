/* The operations, by the name of the payload's root element (flows.md section 4). */
#include "flow/internal.h"

typedef enum status operation_fn(struct flows *flows, const struct asking *asking,
                                 struct reply *reply, struct err *err);

static enum status create_signing_session(struct flows *flows, const struct asking *asking,
                                          struct reply *reply, struct err *err)
{
    const struct mobile_sender who = { asking->sender->sender_id, asking->sender->organisation,
                                       asking->peer };

    return mobile_create(flows->params.mobile, &who, asking->req, reply, err);
}

static enum status get_signing_status(struct flows *flows, const struct asking *asking,
                                      struct reply *reply, struct err *err)
{
    return mobile_status(flows->params.mobile, asking->sender->sender_id,
                         &asking->req->payload.query, reply, err);
}

static enum status get_signing_result(struct flows *flows, const struct asking *asking,
                                      struct reply *reply, struct err *err)
{
    return mobile_result(flows->params.mobile, asking->sender->sender_id,
                         &asking->req->payload.query, reply, err);
}

static enum status cancel_signing_session(struct flows *flows, const struct asking *asking,
                                          struct reply *reply, struct err *err)
{
    const struct mobile_sender who = { asking->sender->sender_id, asking->sender->organisation,
                                       asking->peer };

    return mobile_cancel(flows->params.mobile, &who, asking->req, reply, err);
}

/* All of ЦОИД's: coid has a table of its own. */
static enum status ask_coid(struct flows *flows, const struct asking *asking, struct reply *reply,
                            struct err *err)
{
    const struct coid_sender who = { asking->sender->sender_id, asking->sender->coid_daily_limit };

    return coid_run(flows->params.coid, &who, asking->peer, asking->req, reply, err);
}

static const struct operation_row {
    enum service_kind service;
    operation_fn *run;
} operations[] = {
    [OP_CREATE_SIGNING_SESSION] = { SERVICE_SIGNING, create_signing_session },
    [OP_GET_SIGNING_STATUS] = { SERVICE_SIGNING, get_signing_status },
    [OP_GET_SIGNING_RESULT] = { SERVICE_SIGNING, get_signing_result },
    [OP_CANCEL_SIGNING_SESSION] = { SERVICE_SIGNING, cancel_signing_session },
    [OP_VERIFY_PHOTO] = { SERVICE_COID, ask_coid },
    [OP_GET_VERIFICATION] = { SERVICE_COID, ask_coid },
    [OP_GET_PERSON_DATA] = { SERVICE_COID, ask_coid },
    [OP_GET_VENDORS] = { SERVICE_COID, ask_coid },
    [OP_GET_TRANSACTIONS] = { SERVICE_COID, ask_coid },
    [OP_GET_ACT_DETAIL] = { SERVICE_COID, ask_coid },
    [OP_GET_ACT] = { SERVICE_COID, ask_coid },
    [OP_GET_NEWS] = { SERVICE_COID, ask_coid },
};

enum status operation_run(struct flows *flows, const struct asking *asking, struct reply *reply,
                          struct err *err)
{
    const struct request *req = asking->req;
    const bool known =
        (size_t)req->op < sizeof(operations) / sizeof(operations[0]) && operations[req->op].run;

    if (req->op == OP_NONE) {
        *err = req->payload_err;
        return err->status;
    }
    if (!known || !service_is(flows, req->info.service_id, operations[req->op].service))
        return RAISE_CAUSE(err, ST_INPUT, "unknownOperation", "requestData/data", NULL,
                           "%.60s is no operation of service %.60s", req->operation_name,
                           req->info.service_id);
    TRY(operations[req->op].run(flows, asking, reply, err));
    reply->op = req->op;
    return ST_OK;
}
