/* Whether a status call waits: only its own sender's, only for a live session, never past the
 * deadline. */
#include "flow/internal.h"

enum { ANSWER_RESERVE_MS = 5000 }; /* of the deadline, for the answer after the wait */

bool flow_waits(struct flows *flows, const struct peer *peer, const struct request *req,
                struct flow_wait *ret_wait)
{
    int64_t now_ms = clock_now(flows->params.clock);
    const struct flow_sender *sender = NULL;
    AUTO(reply_free) struct reply *reply = NULL;
    struct err ignored;

    if (req->op != OP_GET_SIGNING_STATUS || req->payload.query.wait_seconds <= 0 ||
        !service_is(flows, req->info.service_id, SERVICE_SIGNING))
        return false;
    if (request_check(flows, req, now_ms, &sender, &ignored) != ST_OK)
        return false;
    reply = reply_new(peer, req, now_ms);
    if (!reply || mobile_status(flows->params.mobile, sender->sender_id, &req->payload.query, reply,
                                &ignored) != ST_OK)
        return false;
    int64_t latest_ms = peer->deadline_ms - ANSWER_RESERVE_MS;
    int64_t until_ms = clock_monotonic_ms() + req->payload.query.wait_seconds * 1000;
    *ret_wait = (struct flow_wait){ { reply->session->id, reply->session->state,
                                      (uint32_t)reply->session->turn_count },
                                    until_ms < latest_ms ? until_ms : latest_ms };
    return reply->session->state <= SESSION_DOCUMENTS_SENT;
}
