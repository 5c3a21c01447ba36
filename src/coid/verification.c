/* What a verification's answer says, and that it is this verification's: the signature is over the
 * body alone, so that whoever can repeat an old answer must not pass. */
#include "coid/verification.h"

#include "base/text.h"
#include "coid/proof.h"
#include "coid/read.h"

#include <strings.h>

enum status verification_find(struct errand *errand, const struct coid_sender *sender,
                              const char *key, struct coid_call *ret_call, struct err *err)
{
    struct id id;
    enum status status = ST_NOT_FOUND;

    if (id_parse(slice_trim(slice_str(key)), &id))
        status = store_coid_find(errand->coid->p.store, sender->sender_id, &id, ret_call, err);
    if (status == ST_NOT_FOUND)
        return RAISE_CAUSE(err, ST_INPUT, "verificationUnknown", "idempotencyKey", NULL,
                           "no such verification of sender %s", sender->sender_id);
    TRY(status);
    errand->key = id;
    errand->iin = ret_call->iin;
    return ST_OK;
}

enum status verification_recovered(const struct errand *errand, struct err *err)
{
    const struct note note = { EVENT_NOTICE, "coid.recovered", "",
                               "the comparison was made before: its result is at hand" };

    return errand_journal(errand, &note, err);
}

static enum status check_identity(const struct errand *errand, const struct coid_call *call,
                                  const struct coid_verification *told, struct err *err)
{
    if (strcmp(told->iin, call->iin) != 0)
        return RAISE_CAUSE(err, ST_UPSTREAM, "answerInvalid", "iin", NULL,
                           "ЦОИД's answer is of another person");
    if (strcasecmp(told->idempotency_key, errand->key.text) != 0)
        return RAISE_CAUSE(err, ST_UPSTREAM, "answerInvalid", "x_idempotency_key", NULL,
                           "ЦОИД's answer is of another verification%s",
                           told->idempotency_key[0] ? "" : ", or of none");
    return ST_OK;
}

static enum status read_json(const struct errand *errand, const struct coid_call *call,
                             const struct json *json, struct coid_answer *ret, struct err *err)
{
    struct coid_verification *told = &ret->told.verification;
    struct reading *reading = reading_new(errand->arena);

    if (!reading)
        return RAISE(err, ST_NOMEM, "answer: out of memory");
    TRY(read_verification(reading, json, told, err));
    TRY(check_identity(errand, call, told, err));
    ret->extras = reading_extras(reading, &ret->extra_count);
    told->idempotency_key = arena_text(errand->arena, slice_str(errand->key.text));
    told->passed = told->similarity >= errand->coid->p.threshold; /* C-05 */
    told->data_until = "";
    return told->idempotency_key ? ST_OK : RAISE(err, ST_NOMEM, "answer: out of memory");
}

/* Until when personal data may be asked for: the same however often it is said. */
static enum status fill_until(const struct errand *errand, const struct coid_call *call,
                              struct coid_verification *told, struct err *err)
{
    char text[TIME_TEXT];

    if (!told->passed)
        return ST_OK;
    time_utc_offset_text(call->asked_ms + errand->coid->p.data_window_ms, text);
    told->data_until = arena_text(errand->arena, slice_str(text));
    return told->data_until ? ST_OK : RAISE(err, ST_NOMEM, "answer: out of memory");
}

enum status verification_read(const struct errand *errand, const struct coid_call *call,
                              const struct told *told, struct coid_answer *ret, struct err *err)
{
    ret->proof = told->proof;
    const enum status status = read_json(errand, call, told->json, ret, err);
    if (status != ST_OK)
        told_spoilt(errand, told, err);
    return status;
}

enum { RESULT_BYTES = sizeof(((struct coid_call *)0)->result) };

/* What is kept of a result: all its digits but for one next to nothing, whose row must end, too. */
static const char *result_text(const struct coid_verification *told, char room[RESULT_BYTES])
{
    if (strlen(told->result) < RESULT_BYTES)
        return told->result;
    (void)text_format(room, RESULT_BYTES, "%.*f", RESULT_BYTES - 3, told->similarity);
    return room;
}

enum status verification_done(struct errand *errand, struct coid_call *call,
                              struct coid_answer *answer, struct err *err)
{
    struct coid_verification *told = &answer->told.verification;
    const struct coid_observer *observer = &errand->coid->p.observer;
    struct store *store = errand->coid->p.store;
    char result[RESULT_BYTES];
    const struct coid_end end = {
        .state = COID_DONE,
        .vendor_name = told->vendor,
        .result = result_text(told, result),
        .refused_code = "",
        .refused_text = "",
    };

    if (call->state != COID_DONE) {
        TRY(store_coid_end(store, &errand->key, &end, err));
        if (observer->compared)
            observer->compared(observer->ctx, told->vendor);
    }
    TRY(store_coid_find(store, errand->sender_id, &errand->key, call, err));
    return fill_until(errand, call, told, err);
}

static enum status again_by(struct errand *errand, const struct coid_call *call, enum operation op,
                            struct coid_answer *ret, struct err *err)
{
    AUTO(json_free) struct json *json = NULL;
    struct coid_evidence evidence;

    TRY(store_coid_evidence_of(errand->coid->p.store, &errand->key, op, errand->arena, &evidence,
                               err));
    TRY(answer_parse(errand->coid, evidence.body, &json, err));
    TRY(read_json(errand, call, json, ret, err));
    TRY(proof_read(&evidence, errand->arena, &ret->proof, err));
    return fill_until(errand, call, &ret->told.verification, err);
}

enum status verification_again(struct errand *errand, const struct coid_call *call,
                               struct coid_answer *ret, struct err *err)
{
    const enum status status = again_by(errand, call, OP_VERIFY_PHOTO, ret, err);

    if (status != ST_NOT_FOUND && status != ST_UPSTREAM)
        return status;
    return again_by(errand, call, OP_GET_VERIFICATION, ret, err); /* it was recovered */
}
