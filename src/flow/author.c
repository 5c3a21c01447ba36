/* Who wrote the payload: the business signature, by the sender's rule (req 0.29, 0.30, 0.31). The
 * transport's signature says who carried it. */
#include "flow/internal.h"

static bool is_demanded(const struct business *business, const char *service_id)
{
    return business->demanded || in_list(business->services, service_id);
}

enum status flow_author(struct flows *flows, const struct peer *peer, const struct verified *env,
                        struct request *req, struct err *err)
{
    const struct flow_sender *sender = NULL;
    struct err cause;
    enum status status;

    if (sender_check(flows, req, &sender, &cause) != ST_OK)
        return ST_OK; /* flow_run() refuses it, and says why */
    req->sign_answer = sender->business.answer == BUSINESS_ANSWER_ALWAYS;
    if (sender->business.ignored)
        return ST_OK;
    status = wsse_judge_author(flows->params.wsse, env, &sender->business.author, peer->deadline_ms,
                               &req->author, &cause);
    if (status == ST_NOT_FOUND)
        return ST_OK; /* whether one is demanded is asked before the claim */
    if (status != ST_OK) {
        *err = cause;
        return status;
    }
    req->has_author = true;
    req->sign_answer |= sender->business.answer == BUSINESS_ANSWER_SAME;
    return ST_OK;
}

enum status author_check(const struct flow_sender *sender, const struct request *req,
                         struct err *err)
{
    if (req->has_author || !is_demanded(&sender->business, req->info.service_id))
        return ST_OK;
    return RAISE_CAUSE(err, ST_AUTHOR_UNSIGNED, "businessSignature", "data", NULL,
                       "sender %s owes a business signature in data", sender->sender_id);
}
