/* The whole service on one page. Between its two halves a status call may wait, holding no worker.
 */
#include "server/exchange.h"

#include "base/text.h"

/* Each stage takes only what the stage before it made. */
enum status exchange_receive(const struct road *r, const struct peer *peer, struct slice in,
                             struct request **ret_req, struct err *err)
{
    AUTO(verified_free) struct verified *env = NULL;

    TRY(wsse_verify(r->wsse, in, peer->deadline_ms, &env, err)); /* bytes    -> verified envelope */
    TRY(soap_decode(r->codec, env, ret_req, err));               /* verified -> typed request */
    TRY(flow_author(r->flows, peer, env, *ret_req, err));        /* and who wrote its payload */
    return journal_received(r->journal, peer, *ret_req, err);    /* on record before any effect */
}

/* request -> typed reply; an error takes the same road out: Fault, or SCSE003 */
static enum status reply_to(const struct road *r, const struct peer *peer,
                            const struct request *req, struct err *cause, struct reply **ret_reply,
                            struct err *err)
{
    if (cause->status == ST_OK && flow_run(r->flows, peer, req, ret_reply, cause) == ST_OK)
        return ST_OK;
    return flow_fault(cause, peer, req, clock_now(r->clock), ret_reply, err);
}

enum status exchange_answer(const struct road *r, const struct peer *peer,
                            const struct request *req, const struct err *refused,
                            struct answer *ret_answer, struct err *err)
{
    AUTO(reply_free) struct reply *reply = NULL;
    AUTO(bytes_free) struct bytes *body = NULL;
    struct err cause = refused ? *refused : (struct err){ 0 };

    TRY(reply_to(r, peer, req, &cause, &reply, err));
    if (journal_answered(r->journal, peer, req, reply, cause.text, &cause) != ST_OK) {
        reply_free(
            TAKE(reply)); /* what is not on record does not leave; the one answer without a line: */
        TRY(flow_fault(&cause, peer, req, clock_now(r->clock), &reply, err));
    }
    text_copy(ret_answer->code, sizeof(ret_answer->code), reply->code);
    if (reply->has_detail)
        text_copy(ret_answer->reason, sizeof(ret_answer->reason), reply->detail.code);
    TRY(soap_encode(r->codec, r->wsse, reply, &body, err)); /* reply -> body bytes */
    TRY(wsse_sign(r->wsse, bytes_slice(body), &ret_answer->bytes,
                  err)); /* body  -> signed envelope */
    ret_answer->http_status = reply->kind == REPLY_FAULT ? 500 : 200;
    return ST_OK;
}
