/* The money protocol (C-26; flows.md section 2):
 *
 *   fresh row ──▶ POST ──2xx────────────────────────────▶ DONE
 *   known row ──▶ GET  ──2xx────────────────────────────▶ DONE
 *
 *   POST ──no answer, 502, 504─▶ GET      POST ──406──────────────────▶ GET
 *   POST ──404*, 500───────────▶ REFUSED  POST ──anything else────────▶ later
 *   GET  ──404*────────────────▶ POST     GET  ──likewise, after 406──▶ REFUSED: the image
 *                                         GET  ──after 406 of the key─▶ later
 *   GET  ──anything else───────▶ later
 *
 * 404*: ЦОИД's own, with the words of annex 4 (to POST: person or vendor; to GET: SIMILARITY) or
 * with none of them (C-12); a proxy's, or one of a wrong path, says nothing of the key.
 *
 * Where an earlier POST may still be under way, even what ends a row is followed by a GET: ЦОИД may
 * have compared what it refused the second time.
 *
 * POST at most twice, always with the one key, always on record before it goes. «Later» leaves the
 * row open: the same messageId comes again and begins with GET. */
#include "coid/compare.h"

#include "coid/refusal.h"
#include "coid/verification.h"

enum {
    POSTS_MAX = 2,
    UNDER_WAY_MS = 60000, /* no comparison of ЦОИД's lasts longer */
};

enum step { STEP_GET, STEP_POST, STEP_DONE, STEP_REFUSED, STEP_LATER };

struct comparison {
    struct errand *errand;
    struct coid_call *call;
    const struct question *post;
    unsigned posts;
    bool alone; /* no earlier POST of this key can still be under way */
    enum {
        SETTLED,     /* nothing is open */
        SETTLE_406,  /* the last POST said either that the key is known or that the image is bad */
        SETTLE_KEY,  /* it said that the key is known */
        SETTLE_ENDS, /* it said that it never compares, but one before it may have been compared */
    } open;          /* what a GET must settle */
    struct err refusal; /* of the last POST, while that is open */
    struct told told;   /* owned */
    struct err err;     /* why not */
};

static enum status ask_anew(struct comparison *c, const struct question *question)
{
    told_free(&c->told);
    return ask(c->errand, question, &c->told, &c->err);
}

static enum step after_refusal(struct comparison *c)
{
    if (c->told.ends && c->alone)
        return STEP_REFUSED;
    if (!c->told.ends && c->told.http != 406)
        return STEP_LATER;
    c->open = c->told.ends ? SETTLE_ENDS : c->told.is_key ? SETTLE_KEY : SETTLE_406;
    c->refusal = c->err;
    return STEP_GET;
}

static enum step after_post(struct comparison *c)
{
    switch (c->told.fate) {
    case FATE_TOLD:
        return STEP_DONE;
    case FATE_DOUBT:
        c->alone = false;
        return errand_has_time(c->errand) ? STEP_GET : STEP_LATER;
    case FATE_REFUSED:
        return after_refusal(c);
    case FATE_UNSENT:
    case FATE_UNBELIEVED:
        break;
    }
    return STEP_LATER;
}

static enum step post(struct comparison *c)
{
    struct errand *errand = c->errand;

    if (c->posts == POSTS_MAX || (c->posts > 0 && !errand_has_time(errand)))
        return STEP_LATER; /* with the error of the last one */
    if (!errand_has_time(errand)) {
        (void)RAISE_CAUSE(&c->err, ST_TIMEOUT, "timeout", NULL, NULL, "no time left to ask ЦОИД");
        return STEP_LATER;
    }
    if (errand_enter(errand, &c->err) != ST_OK ||
        store_coid_asking(errand->coid->p.store, &errand->key, &c->err) != ST_OK)
        return STEP_LATER;
    c->posts++;
    (void)!ask_anew(c, c->post);
    return after_post(c);
}

/* ЦОИД knows of no comparison, although it has just called the key or the image not acceptable: it
 * was the image, unless somebody's comparison with this key is still under way, or it was said to
 * be the key: then one is, however long it takes. */
static enum step settle_406(struct comparison *c)
{
    if (c->alone && c->open == SETTLE_406) {
        (void)refusal_image(c->refusal.upstream_text, &c->err);
        return STEP_REFUSED;
    }
    c->err = c->refusal;
    return STEP_LATER;
}

/* Nothing was compared, or nobody says: after a 500 there is no third POST in any case. */
static enum step settle_end(struct comparison *c, bool missing)
{
    if (!missing && c->refusal.upstream_status != 500)
        return STEP_LATER;
    c->err = c->refusal;
    return STEP_REFUSED;
}

static enum step get(struct comparison *c)
{
    const struct question question = { .asked = ASK_RESULT };
    const struct err before = c->err;

    if (ask_anew(c, &question) == ST_OK)
        return STEP_DONE;
    const bool missing =
        c->told.fate == FATE_REFUSED && strcmp(c->err.code, "similarityNotFound") == 0;
    if (c->open == SETTLE_ENDS)
        return settle_end(c, missing);
    if (!missing)
        return STEP_LATER;
    if (c->open != SETTLED)
        return settle_406(c);
    if (c->posts > 0)
        c->err = before; /* why nothing came of the POST tells more, should there be no other */
    return STEP_POST;
}

/* Later is never SCSE002: whoever repeats the message must come here again. */
static enum status later(const struct comparison *c, struct err *err)
{
    *err = c->err;
    if (err->status == ST_INPUT)
        err->status = ST_UPSTREAM;
    return err->status;
}

static enum status refused(const struct comparison *c, struct err *err)
{
    const struct errand *errand = c->errand;
    const struct coid_end end = {
        .state = COID_REFUSED,
        .vendor_name = "",
        .result = "",
        .refused_status = c->err.upstream_status,
        .refused_code = c->err.code,
        .refused_text = c->err.upstream_text,
    };
    const struct note note = { EVENT_WARNING, "coid.refused", c->err.code, c->err.text };

    TRY(errand_journal(errand, &note, err));
    TRY(store_coid_end(errand->coid->p.store, &errand->key, &end, err));
    *err = c->err;
    return err->status;
}

static enum status done(struct comparison *c, bool by_get, struct coid_answer *ret, struct err *err)
{
    TRY(verification_read(c->errand, c->call, &c->told, ret, err));
    if (by_get)
        TRY(verification_recovered(c->errand, err));
    return verification_done(c->errand, c->call, ret, err);
}

static enum status run(struct comparison *c, enum step step, struct coid_answer *ret,
                       struct err *err)
{
    bool by_get = false;

    while (step == STEP_GET || step == STEP_POST) {
        by_get = step == STEP_GET;
        step = by_get ? get(c) : post(c);
    }
    if (step == STEP_DONE)
        return done(c, by_get, ret, err);
    return step == STEP_REFUSED ? refused(c, err) : later(c, err);
}

/* Another exchange, or an adapter that was thought dead, has ended the row meanwhile. */
static enum status ended_meanwhile(struct errand *errand, struct coid_call *call,
                                   struct coid_answer *ret, struct err *err)
{
    TRY(store_coid_find(errand->coid->p.store, errand->sender_id, &errand->key, call, err));
    if (call->state == COID_DONE)
        return verification_again(errand, call, ret, err);
    if (call->state == COID_REFUSED)
        return refusal_again(call, err);
    return RAISE(err, ST_CONFLICT, "the verification is being worked on elsewhere");
}

/* What is there already: a row that has ended, or one whose answer came just before the end of who
 * asked. ST_NOT_FOUND: nothing. */
static enum status at_hand(struct errand *errand, struct coid_call *call, struct coid_answer *ret,
                           struct err *err)
{
    if (call->state == COID_REFUSED)
        return refusal_again(call, err);
    if (call->state == COID_WRITTEN)
        return ST_NOT_FOUND;
    const enum status status = verification_again(errand, call, ret, err);
    if (call->state == COID_DONE)
        return status;
    if (status == ST_UPSTREAM) /* an answer, but none of this: ask again */
        return ST_NOT_FOUND;
    TRY(status);
    if (!ret->proof.is_signed &&
        !errand->coid->p.unsigned_accepted) /* it was, meanwhile it is not */
        return ST_NOT_FOUND;
    TRY(verification_recovered(errand, err));
    return verification_done(errand, call, ret, err);
}

enum status compare(struct errand *errand, struct coid_call *call, bool fresh,
                    const struct question *question, struct coid_answer *ret, struct err *err)
{
    struct comparison c = {
        .errand = errand,
        .call = call,
        .post = question,
        .alone = call->asked_ms == 0 || call->now_ms - call->asked_ms > UNDER_WAY_MS,
    };
    enum status status = at_hand(errand, call, ret, err);

    if (status != ST_NOT_FOUND)
        return status;
    status = run(&c, fresh ? STEP_POST : STEP_GET, ret, err);
    told_free(&c.told);
    return status == ST_CONFLICT ? ended_meanwhile(errand, call, ret, err) : status;
}
