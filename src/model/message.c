#include "model/reply.h"
#include "model/request.h"

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
