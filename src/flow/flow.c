/* One request through the business floor: who, claim, operation, kept answer (architecture.md
 * section 1). */
#include "flow/internal.h"

#include <time.h>

enum {
    CODE_LEN = 7,             /* SCSS001 */
    CLAIM_POLL_MS = 100,      /* between two looks at a claim that another exchange holds */
    ANSWER_RESERVE_MS = 1500, /* left of the deadline to write "inProgress", sign and send it */
};

enum status flows_new(const struct flow_params *params, struct flows **ret_flows, struct err *err)
{
    AUTO(flows_free) struct flows *flows = calloc(1, sizeof(*flows));

    if (flows)
        flows->passwords = passwords_new();
    if (!flows || !flows->passwords)
        return RAISE(err, ST_NOMEM, "flows: out of memory");
    flows->params = *params;
    *ret_flows = TAKE(flows);
    return ST_OK;
}

void flows_free(struct flows *flows)
{
    if (!flows)
        return;
    passwords_free(flows->passwords);
    free(flows);
}

static void pause_ms(int64_t ms)
{
    const struct timespec pause = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

    (void)nanosleep(&pause, NULL);
}

/* Claims the messageId; while another exchange runs it, looks again until the deadline. */
static enum status claim_message(struct flows *flows, const struct claim *claim,
                                 int64_t deadline_ms, struct claim_answer *ret_kept,
                                 struct err *err)
{
    enum claim_state state = CLAIM_RUNNING;

    for (;;) {
        TRY(store_claim(flows->params.store, claim, &state, ret_kept, err));
        if (state != CLAIM_RUNNING)
            break;
        if (clock_monotonic_ms() + CLAIM_POLL_MS + ANSWER_RESERVE_MS > deadline_ms)
            return RAISE_CAUSE(err, ST_TIMEOUT, "inProgress", "messageId", NULL,
                               "this messageId is still being worked on: ask again");
        pause_ms(CLAIM_POLL_MS);
    }
    if (state == CLAIM_REUSED)
        return RAISE_CAUSE(err, ST_INPUT, "messageIdReused", "messageId", NULL,
                           "this messageId came before with another payload");
    return ST_OK;
}

/* What the store keeps of an answer: its status code, a newline, the Body's bytes. */
static enum status pack_answer(const struct reply *reply, struct bytes **ret, struct err *err)
{
    AUTO(bytes_free) struct bytes *kept = bytes_new(reply->kept->len + CODE_LEN + 1);

    if (kept) {
        bytes_add_str(kept, reply->code);
        bytes_add(kept, SLICE("\n"));
        bytes_add(kept, bytes_slice(reply->kept));
    }
    TRY(bytes_check(kept, "kept answer", err));
    *ret = TAKE(kept);
    return ST_OK;
}

static enum status unpack_answer(const struct claim_answer *kept, struct reply *reply,
                                 struct err *err)
{
    struct slice all = bytes_slice(kept->bytes);

    if (all.len <= CODE_LEN || all.at[CODE_LEN] != '\n')
        return RAISE(err, ST_INTERNAL, "kept answer: not of our making");
    reply->code = arena_text(reply->arena, (struct slice){ all.at, CODE_LEN });
    reply->kept = bytes_dup(slice_skip(all, CODE_LEN + 1));
    reply->message_id = arena_text(reply->arena, slice_str(kept->exchange.text));
    if (!reply->code || !reply->kept || !reply->message_id)
        return RAISE(err, ST_NOMEM, "kept answer: out of memory");
    reply_set_message(reply); /* for the journal */
    return ST_OK;
}

/* SCSS001 and SCSE002 are kept and given again; after anything else the next try runs again. */
static enum status settle_claim(struct flows *flows, const struct claim *claim, bool keep,
                                struct reply *reply, struct err *err)
{
    AUTO(bytes_free) struct bytes *kept = NULL;

    if (!keep)
        return store_claim_release(flows->params.store, claim, err);
    TRY(soap_encode(flows->params.codec, flows->params.wsse, reply, &reply->kept, err));
    TRY(pack_answer(reply, &kept, err));
    return store_claim_keep(flows->params.store, claim, bytes_slice(kept), err);
}

/* The claim is ours: run, turn a business error into its reply, settle. */
static enum status run_claimed(struct flows *flows, const struct asking *asking,
                               const struct claim *claim, struct reply *reply, struct err *err)
{
    struct err cause = { 0 };
    enum status done = operation_run(flows, asking, reply, &cause);

    if (done != ST_OK)
        TRY(reply_set_error(reply, &cause, err));
    return settle_claim(flows, claim, done == ST_OK || done == ST_INPUT, reply, err);
}

static enum status run_once(struct flows *flows, const struct asking *asking, struct reply *reply,
                            struct err *err)
{
    const struct claim claim = {
        .sender_id = asking->sender->sender_id,
        .message_id = asking->req->info.message_id,
        .payload_sha256 = asking->req->payload_sha256,
        .exchange = asking->peer->exchange,
        .lease_ms = flows->params.claim_lease_ms,
        .keep_ms = flows->params.claim_keep_ms,
    };

    struct claim_answer kept = { .bytes = NULL };

    TRY(claim_message(flows, &claim, asking->peer->deadline_ms, &kept, err));
    AUTO(bytes_free) struct bytes *bytes = kept.bytes;
    if (bytes)
        return unpack_answer(&kept, reply, err); /* answered before: the same answer again */
    return run_claimed(flows, asking, &claim, reply, err);
}

enum status flow_run(struct flows *flows, const struct peer *peer, const struct request *req,
                     struct reply **ret_reply, struct err *err)
{
    int64_t now_ms = clock_now(flows->params.clock);
    struct asking asking = { .peer = peer, .req = req };
    AUTO(reply_free) struct reply *reply = NULL;
    struct err cause = { 0 };

    TRY(request_check(flows, req, now_ms, &asking.sender, err));
    reply = reply_new(peer, req, now_ms);
    if (!reply)
        return RAISE(err, ST_NOMEM, "reply: out of memory");
    if (run_once(flows, &asking, reply, &cause) != ST_OK) {
        bytes_free(TAKE(reply->kept)); /* an answer that was not kept must not leave */
        TRY(reply_set_error(reply, &cause, err));
    }
    *ret_reply = TAKE(reply);
    return ST_OK;
}
