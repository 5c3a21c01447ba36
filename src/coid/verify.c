/* verifyPhoto and getVerification (seed 002 sections 6.1 and 6.2). */
#include "base/day.h"
#include "base/text.h"
#include "coid/compare.h"
#include "coid/image.h"
#include "coid/verification.h"

#include <stdio.h>

enum { QUERY_BYTES = 64 };

static enum status record_key(const struct errand *errand, int64_t vendor, struct err *err)
{
    char text[64];

    (void)text_format(text, sizeof(text), "vendor=%lld", (long long)vendor);
    return errand_journal(errand, &(const struct note){ EVENT_INFO, "coid.key_written", "", text },
                          err);
}

/* What the store calls a conflict is the sender's own affair. */
static enum status not_begun(struct err *err)
{
    const struct err was = *err;

    if (strcmp(was.code, "dailyLimit") == 0)
        return RAISE_CAUSE(err, ST_INPUT, "dailyLimit", NULL, was.limit,
                           "the sender's comparisons of today are used up");
    err->status = ST_INPUT; /* messageIdReused */
    return ST_INPUT;
}

/* The row of this message: it stands before anything is asked. Who is not let in to ЦОИД learns of
 * a row that is there, and makes none: what was never asked neither counts nor is stored. */
static enum status begin(struct errand *errand, const struct coid_sender *sender,
                         const struct request *req, struct coid_call *ret_call, bool *ret_fresh,
                         struct err *err)
{
    const struct coid_verify_photo *photo = &req->payload.verify_photo;
    struct err kept_out;
    const bool is_in = errand_enter(errand, &kept_out) == ST_OK;
    const struct coid_begin row = {
        .sender_id = sender->sender_id,
        .message_id = req->info.message_id,
        .payload_sha256 = req->payload_sha256,
        .exchange = errand->peer->exchange,
        .key = errand_id(errand->coid),
        .iin = photo->iin,
        .vendor = photo->vendor,
        .photo = photo->photo,
        .day = day_of(errand->start_ms),
        .daily_limit = sender->daily_limit,
        .find_only = !is_in,
    };
    const enum status status =
        store_coid_begin(errand->coid->p.store, &row, ret_call, ret_fresh, err);

    if (status == ST_CONFLICT)
        return not_begun(err);
    if (status == ST_NOT_FOUND && !is_in) {
        *err = kept_out;
        return kept_out.status;
    }
    TRY(status);
    errand->key = ret_call->key;
    return *ret_fresh ? record_key(errand, photo->vendor, err) : ST_OK;
}

/* A row whose vendor does not exist ends here: what was never asked must not count. */
static enum status check_vendor(struct errand *errand, const struct coid_call *call,
                                struct err *err)
{
    struct err lost;

    if (call->state != COID_WRITTEN)
        return ST_OK;
    const enum status status = vendors_check(errand, call->vendor, err);
    if (status != ST_INPUT)
        return status;
    const struct coid_end end = {
        .state = COID_REFUSED,
        .vendor_name = "",
        .result = "",
        .refused_code = err->code,
        .refused_text = "",
    };
    if (store_coid_end(errand->coid->p.store, &errand->key, &end, &lost) == ST_OK)
        return status;
    *err = lost;
    return lost.status;
}

enum status run_verify_photo(struct errand *errand, const struct coid_sender *sender,
                             const struct request *req, struct coid_answer *ret, struct err *err)
{
    const struct coid_verify_photo *photo = &req->payload.verify_photo;
    struct coid *coid = errand->coid;
    struct coid_call call;
    struct image image;
    bool fresh = false;
    char query[QUERY_BYTES];

    errand->iin = photo->iin;
    TRY(rule_iin(coid, photo->iin, "iin", err));
    TRY(image_check(photo->photo, coid->p.max_photo_bytes, &image, err));
    TRY(begin(errand, sender, req, &call, &fresh, err));
    TRY(check_vendor(errand, &call, err));
    (void)text_format(query, sizeof(query), "iin=%s&vendor=%lld", photo->iin,
                      (long long)photo->vendor);
    const struct question post = {
        .asked = ASK_VERIFY,
        .query = query,
        .content_type = image.content_type, /* req 2.13, C-03 */
        .body = photo->photo,
    };
    return compare(errand, &call, fresh, &post, ret, err);
}

/* ЦОИД's own word, signed anew; and the end of a row that was left open. */
enum status run_get_verification(struct errand *errand, const struct coid_sender *sender,
                                 const struct request *req, struct coid_answer *ret,
                                 struct err *err)
{
    const struct question question = { .asked = ASK_RESULT };
    struct told told;
    struct coid_call call;

    TRY(verification_find(errand, sender, req->payload.get_verification.idempotency_key, &call,
                          err));
    TRY(ask(errand, &question, &told, err));
    enum status status = verification_read(errand, &call, &told, ret, err);
    told_free(&told);
    TRY(status);
    if (call.state != COID_DONE)
        TRY(verification_recovered(errand, err));
    return verification_done(errand, &call, ret, err);
}
