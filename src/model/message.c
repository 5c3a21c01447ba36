#include "model/reply.h"
#include "model/request.h"

const char *operation_name(enum operation op)
{
    static const char *const names[] = {
        [OP_NONE] = "-",
        [OP_CREATE_SIGNING_SESSION] = "createSigningSession",
        [OP_GET_SIGNING_STATUS] = "getSigningStatus",
        [OP_GET_SIGNING_RESULT] = "getSigningResult",
        [OP_CANCEL_SIGNING_SESSION] = "cancelSigningSession",
        [OP_VERIFY_PHOTO] = "verifyPhoto",
        [OP_GET_VERIFICATION] = "getVerification",
        [OP_GET_PERSON_DATA] = "getPersonData",
        [OP_GET_VENDORS] = "getVendors",
        [OP_GET_TRANSACTIONS] = "getTransactions",
        [OP_GET_ACT_DETAIL] = "getActDetail",
        [OP_GET_ACT] = "getAct",
        [OP_GET_NEWS] = "getNews",
    };
    _Static_assert(sizeof(names) / sizeof(names[0]) == OPERATION_COUNT, "each has a name");

    return names[(unsigned)op < OPERATION_COUNT ? op : OP_NONE];
}

void request_free(struct request *req)
{
    if (req)
        arena_free(req->arena); /* the request itself stands in its arena */
}

void reply_free(struct reply *reply)
{
    if (!reply)
        return;
    signing_session_free(reply->session);
    bytes_free(reply->kept);
    arena_free(reply->arena);
}
