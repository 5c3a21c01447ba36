#include "crypto/ocsp_ask.h"

#include "base/text.h"
#include "crypto/encode.h"

enum {
    DEADLINE_MS = 25 * 1000,      /* when the judge sets none */
    LISTS_DEADLINE_MS = 5 * 1000, /* where lists can answer in the responders' place */
    ROUNDS = 2,                   /* the question and its one repetition */
    PAUSE_MS = 250,               /* between them */
    REPEAT_MIN_MS = 1000,         /* no repetition when less is left */
};

static int64_t deadline_of(const struct ocsp_inquiry *inquiry)
{
    int64_t given_ms = inquiry->judge->deadline_ms;
    int64_t latest_ms =
        clock_monotonic_ms() + (inquiry->has_lists ? LISTS_DEADLINE_MS : DEADLINE_MS);

    return given_ms && (!inquiry->has_lists || given_ms < latest_ms) ? given_ms : latest_ms;
}

static void say_unusable(struct ocsp_said *said, const struct err *err)
{
    *said = (struct ocsp_said){ .late = err->status == ST_TIMEOUT };
    said->answer.again = err->status == ST_UPSTREAM || err->status == ST_UNAVAILABLE;
    text_copy(said->answer.text, sizeof(said->answer.text), err->text);
}

static enum status fetch(const struct trust_io *io, const char *url, struct slice request,
                         int64_t deadline_ms, struct bytes **ret_answer, struct err *err)
{
    const struct fetch fetch = {
        .url = url,
        .content_type = "application/ocsp-request",
        .accept = "application/ocsp-response",
        .body = request,
        .max_bytes = OCSP_ANSWER_MAX,
        .deadline_ms = deadline_ms,
    };

    if (!io || !io->fetch)
        return RAISE(err, ST_INPUT, "the OCSP responder is out of reach");
    return io->fetch(io->ctx, &fetch, ret_answer, err);
}

static void ask_live(const struct ocsp_inquiry *inquiry, const char *url, int64_t deadline_ms,
                     struct ocsp_said *said)
{
    uint8_t nonce[OCSP_NONCE_BYTES];
    struct ocsp_query query = { .subject = inquiry->subject,
                                .issuer = inquiry->issuer,
                                .now_ms = inquiry->judge->now_ms,
                                .skew_ms = inquiry->judge->skew_ms };
    AUTO(bytes_free) struct bytes *request = NULL;
    AUTO(bytes_free) struct bytes *answer = NULL;
    struct err err;

    random_fill(nonce, sizeof(nonce));
    query.nonce = slice_mem(nonce, sizeof(nonce));
    if (ocsp_request(&query, &request, &err) != ST_OK ||
        fetch(inquiry->judge->io, url, bytes_slice(request), deadline_ms, &answer, &err) != ST_OK) {
        say_unusable(said, &err);
        return;
    }
    *said = (struct ocsp_said){ 0 };
    ocsp_judge_response(&query, bytes_slice(answer), &said->answer);
    if (said->answer.state != OCSP_UNUSABLE)
        said->der = TAKE(answer);
}

static struct ocsp_cache *cache_of(const struct ocsp_inquiry *inquiry)
{
    return inquiry->judge->io ? inquiry->judge->io->answers : NULL;
}

static void ask_one(const struct ocsp_inquiry *inquiry, const char *url, int64_t deadline_ms,
                    struct ocsp_said *ret_said)
{
    struct ocsp_cache *cache = cache_of(inquiry);
    struct ocsp_question question = { .now_ms = inquiry->judge->now_ms,
                                      .deadline_ms = deadline_ms };
    struct ocsp_flight *flight = NULL;

    ocsp_question_key(inquiry->subject, inquiry->issuer, url, question.key);
    if (ocsp_cache_enter(cache, &question, &flight, ret_said) == OCSP_TURN_TOLD)
        return;
    ask_live(inquiry, url, deadline_ms, ret_said);
    ocsp_cache_note(cache, url, ret_said->late || ret_said->answer.again, clock_monotonic_ms());
    ocsp_cache_tell(cache, &question, flight, ret_said);
}

/* The rounds over the responders. */
struct asking {
    const struct ocsp_inquiry *inquiry;
    int64_t deadline_ms;
    bool done[OCSP_URLS_MAX]; /* not to be asked again */
};

static size_t left_of(const struct asking *a)
{
    size_t left = 0;

    for (size_t i = 0; i < a->inquiry->urls->count; i++)
        left += !a->done[i];
    return left;
}

/* Keeps what says more; of two failures the later. */
static void keep_better(struct ocsp_said *best, struct ocsp_said *said)
{
    if (said->answer.state < best->answer.state) {
        bytes_free(said->der);
        return;
    }
    bytes_free(best->der);
    *best = *said;
}

/* Of the time that is left, for the next of so many. */
static int64_t share_of(int64_t time_ms, size_t left)
{
    return left > 1 ? time_ms / (int64_t)left : time_ms;
}

/* false: there is a word that no other responder can better. */
static bool ask_round(struct asking *a, struct ocsp_said *best)
{
    const struct ocsp_urls *urls = a->inquiry->urls;
    size_t left = left_of(a);

    for (size_t i = 0; i < urls->count; i++) {
        struct ocsp_said said = { 0 };
        if (a->done[i])
            continue;
        int64_t now_ms = clock_monotonic_ms();
        if (now_ms >= a->deadline_ms && best->answer.text[0])
            return false;
        ask_one(a->inquiry, urls->at[i], now_ms + share_of(a->deadline_ms - now_ms, left), &said);
        left--;
        a->done[i] = !said.answer.again;
        keep_better(best, &said);
        if (best->answer.state >= OCSP_REVOKED)
            return false;
    }
    return true;
}

/* Those that failed a moment ago have nothing to say where lists can answer. */
static bool spare_ailing(struct asking *a)
{
    const struct ocsp_urls *urls = a->inquiry->urls;
    bool spared = false;

    for (size_t i = 0; i < urls->count && a->inquiry->has_lists; i++) {
        a->done[i] = ocsp_cache_is_ailing(cache_of(a->inquiry), urls->at[i], clock_monotonic_ms());
        spared = spared || a->done[i];
    }
    return spared;
}

void ocsp_ask(const struct ocsp_inquiry *inquiry, struct ocsp_said *ret_said, bool *ret_spared)
{
    const struct trust_io *io = inquiry->judge->io;
    struct asking a = { .inquiry = inquiry, .deadline_ms = deadline_of(inquiry) };

    *ret_said = (struct ocsp_said){ 0 };
    *ret_spared = spare_ailing(&a);
    if (*ret_spared)
        text_copy(ret_said->answer.text, sizeof(ret_said->answer.text),
                  "the responder failed a moment ago and is left alone for a while");
    for (int round = 0; round < ROUNDS && left_of(&a) > 0; round++) {
        if (round > 0 && a.deadline_ms - clock_monotonic_ms() < REPEAT_MIN_MS)
            return;
        if (round > 0 && io && io->pause)
            io->pause(io->ctx, PAUSE_MS);
        if (!ask_round(&a, ret_said))
            return;
    }
}
