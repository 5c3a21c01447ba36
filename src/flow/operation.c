/* The operations, by the name of the payload's root element (flows.md section 4). */
#include "flow/internal.h"

typedef enum status operation_fn(struct flows *flows, const struct flow_sender *sender,
                                 const struct request *req, struct reply *reply, struct err *err);

static enum status create_signing_session(struct flows *flows, const struct flow_sender *sender,
                                          const struct request *req, struct reply *reply,
                                          struct err *err)
{
    const struct mobile_sender who = { sender->sender_id, sender->organisation };

    return mobile_create(flows->params.mobile, &who, req, reply, err);
}

static enum status get_signing_status(struct flows *flows, const struct flow_sender *sender,
                                      const struct request *req, struct reply *reply,
                                      struct err *err)
{
    return mobile_status(flows->params.mobile, sender->sender_id, &req->payload.query, reply, err);
}

static enum status get_signing_result(struct flows *flows, const struct flow_sender *sender,
                                      const struct request *req, struct reply *reply,
                                      struct err *err)
{
    return mobile_result(flows->params.mobile, sender->sender_id, &req->payload.query, reply, err);
}

static enum status cancel_signing_session(struct flows *flows, const struct flow_sender *sender,
                                          const struct request *req, struct reply *reply,
                                          struct err *err)
{
    return mobile_cancel(flows->params.mobile, sender->sender_id, &req->payload.query, reply, err);
}

static operation_fn *const operations[] = {
    [OP_CREATE_SIGNING_SESSION] = create_signing_session,
    [OP_GET_SIGNING_STATUS] = get_signing_status,
    [OP_GET_SIGNING_RESULT] = get_signing_result,
    [OP_CANCEL_SIGNING_SESSION] = cancel_signing_session,
};

enum status operation_run(struct flows *flows, const struct flow_sender *sender,
                          const struct request *req, struct reply *reply, struct err *err)
{
    if (req->op == OP_NONE) {
        *err = req->payload_err;
        return err->status;
    }
    if ((size_t)req->op >= sizeof(operations) / sizeof(operations[0]) || !operations[req->op])
        return RAISE_CAUSE(err, ST_INPUT, "unknownOperation", "requestData/data", NULL,
                           "%.60s is not offered here", req->operation_name);
    TRY(operations[req->op](flows, sender, req, reply, err));
    reply->op = req->op;
    return ST_OK;
}
