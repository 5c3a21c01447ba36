/* The operations, by what is asked. */
#include "coid/internal.h"

typedef enum status run_fn(struct errand *errand, const struct coid_sender *sender,
                           const struct request *req, struct coid_answer *ret, struct err *err);

static run_fn *const runs[] = {
    [OP_VERIFY_PHOTO] = run_verify_photo,
    [OP_GET_VERIFICATION] = run_get_verification,
    [OP_GET_PERSON_DATA] = run_get_person_data,
    [OP_GET_VENDORS] = run_get_vendors,
    [OP_GET_TRANSACTIONS] = run_get_transactions,
    [OP_GET_ACT_DETAIL] = run_get_act_detail,
    [OP_GET_ACT] = run_get_act,
    [OP_GET_NEWS] = run_get_news,
};

enum status coid_run(struct coid *coid, const struct coid_sender *sender, const struct peer *peer,
                     const struct request *req, struct reply *reply, struct err *err)
{
    struct coid_answer *answer = arena_alloc(reply->arena, sizeof(*answer));
    struct errand errand;

    if (!answer)
        return RAISE(err, ST_NOMEM, "answer: out of memory");
    if (req->op >= sizeof(runs) / sizeof(runs[0]) || !runs[req->op])
        return RAISE(err, ST_INTERNAL, "operation %d is none of ЦОИД", (int)req->op);
    errand_begin(&errand, coid, sender, peer, req, reply->arena);
    const enum status status = runs[req->op](&errand, sender, req, answer, err);
    errand_end(&errand);
    TRY(status);
    reply->coid = answer;
    return ST_OK;
}
