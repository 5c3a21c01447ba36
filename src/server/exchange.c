/* The whole service on one page. */
#include "server/exchange.h"

/* Each stage takes only what the stage before it made. */
static enum status run(const struct road *r, const struct peer *peer, struct slice in,
                       struct request **ret_req, struct reply **ret_reply, struct err *err)
{
    AUTO(verified_free) struct verified *env = NULL;

    TRY(wsse_verify(r->wsse, in, peer->deadline_ms, &env, err)); /* bytes    -> verified envelope */
    TRY(soap_decode(r->codec, env, ret_req, err));               /* verified -> typed request */
    TRY(journal_received(r->journal, peer, *ret_req, err));      /* on record before any effect */
    TRY(flow_run(r->flows, peer, *ret_req, ret_reply, err));     /* request  -> typed reply */
    return ST_OK;
}

/* An error takes the same road out as a reply: Fault, or SCSE003. */
static enum status refuse(const struct road *r, const struct peer *peer, const struct request *req,
                          const struct err *cause, struct reply **ret_reply, struct err *err)
{
    reply_free(TAKE(*ret_reply));
    return flow_fault(cause, peer, req, clock_now(r->clock), ret_reply, err);
}

enum status exchange(const struct road *r, const struct peer *peer, struct slice in,
                     struct answer *ret_answer, struct err *err)
{
    AUTO(request_free) struct request *req = NULL;
    AUTO(reply_free) struct reply *reply = NULL;
    AUTO(bytes_free) struct bytes *body = NULL;
    struct err cause = { 0 };

    if (run(r, peer, in, &req, &reply, &cause) != ST_OK)
        TRY(refuse(r, peer, req, &cause, &reply, err));
    if (journal_answered(r->journal, peer, req, reply, cause.text, &cause) != ST_OK)
        TRY(refuse(r, peer, req, &cause, &reply, err)); /* the one answer without a line */
    TRY(soap_encode(r->codec, reply, &body, err));      /* reply -> body bytes */
    TRY(wsse_sign(r->wsse, bytes_slice(body), &ret_answer->bytes,
                  err)); /* body  -> signed envelope */
    ret_answer->http_status = reply->kind == REPLY_FAULT ? 500 : 200;
    return ST_OK;
}
