#include "coid/ask.h"

#include "base/text.h"
#include "coid/call.h"
#include "coid/proof.h"
#include "coid/read.h"
#include "coid/refusal.h"

#include <strings.h>

enum {
    HEADERS_MAX = 4,
    NOTE_BYTES = 640,
    TIMES_BYTES = 192,
    REFUSAL_BYTES = 2048, /* whose words are looked for; the caller is told fewer */
    JSON_DEPTH = 32,
    JSON_VALUES = 1000000, /* a year's transactions */
};

/* ---- the call ---- */

/* One call under way. */
struct outing {
    struct errand *errand;
    const struct question *question;
    const struct call *call;
    int64_t max_ms;
    bool is_whole; /* it had all its time, not what was left of the errand's */
    bool is_sent;  /* or was tried to */
    struct coid_times times;
    struct rest_answer answer; /* owned */
    struct finding finding;    /* owned */
    struct told *told;
};

static enum status journal_asked(const struct outing *outing, struct err *err)
{
    const struct errand *errand = outing->errand;
    char text[NOTE_BYTES];

    (void)text_format(text, sizeof(text), "operation=%s method=%s attempt=%u bytes=%zu",
                      operation_name(outing->call->op), outing->call->method, errand->calls,
                      outing->question->body.len);
    return errand_journal(errand, &(const struct note){ EVENT_INFO, "coid.asked", "", text }, err);
}

static bool is_good(long http)
{
    return http >= 200 && http < 300;
}

static void times_text(const struct coid_times *t, char dst[TIMES_BYTES])
{
    (void)text_format(dst, TIMES_BYTES,
                      "wait_ms=%lld queue_ms=%lld connect_ms=%lld first_byte_ms=%lld total_ms=%lld "
                      "judge_ms=%lld",
                      (long long)t->wait_ms, (long long)t->line.queue_ms,
                      (long long)t->line.connect_ms, (long long)t->line.first_byte_ms,
                      (long long)t->line.total_ms, (long long)t->judge_ms);
}

/* cause: how the call ended without an answer; NULL: there is one. */
static enum status journal_told(const struct outing *outing, const struct err *cause,
                                struct err *err)
{
    const int http = outing->told->http;
    char times[TIMES_BYTES];
    char text[NOTE_BYTES];
    char code[16] = "";

    times_text(&outing->times, times);
    (void)text_format(text, sizeof(text), "operation=%s bytes=%zu %s verdict=%s%s%s",
                      operation_name(outing->call->op),
                      outing->answer.body ? outing->answer.body->len : 0, times,
                      outing->finding.word ? outing->finding.word : "none", cause ? ": " : "",
                      cause ? cause->text : "");
    if (http != 0)
        (void)text_format(code, sizeof(code), "%d", http);
    const bool well = is_good(http) && outing->finding.is_believed;
    return errand_journal(outing->errand,
                          &(const struct note){ well ? EVENT_INFO : EVENT_WARNING, "coid.told",
                                                http != 0 ? code : cause->code, text },
                          err);
}

struct headers {
    const char *at[HEADERS_MAX + 1];
    char key[64], type[64];
    char *jws; /* the arena's */
};

static enum status make_headers(const struct outing *outing, struct headers *ret, struct err *err)
{
    const struct question *question = outing->question;
    size_t n = 0;

    *ret = (struct headers){ .at = { NULL } };
    ret->at[n++] = "Accept: application/json"; /* req 2.34 */
    if (outing->call->keyed) {
        (void)text_format(ret->key, sizeof(ret->key), "x-idempotency-key: %s",
                          outing->errand->key.text);
        ret->at[n++] = ret->key;
    }
    if (question->content_type) {
        (void)text_format(ret->type, sizeof(ret->type), "Content-Type: %s", question->content_type);
        ret->at[n++] = ret->type;
    }
    if (question->jws) {
        static const char name[] = "x-jws-signature: ";
        const size_t size = sizeof(name) + strlen(question->jws);

        ret->jws = arena_alloc(outing->errand->arena, size);
        if (!ret->jws)
            return RAISE(err, ST_NOMEM, "header: out of memory");
        (void)text_format(ret->jws, size, "%s%s", name, question->jws);
        ret->at[n] = ret->jws;
    }
    return ST_OK;
}

enum { WANTED_JWS, WANTED_KEY };
static const char *const wanted[] = { "x-jws-signature", "x-idempotency-key", NULL };

static enum status send_it(struct outing *outing, const char *url, const struct headers *headers,
                           struct err *err)
{
    const struct coid_params *p = &outing->errand->coid->p;
    const int64_t end_ms = clock_monotonic_ms() + outing->max_ms;
    const int64_t until_ms = outing->errand->until_ms;
    const struct rest_call call = {
        .method = outing->call->method,
        .url = url,
        .headers = headers->at,
        .body = outing->question->body,
        .max_bytes = p->max_answer_bytes,
        .deadline_ms = end_ms < until_ms ? end_ms : until_ms,
        .wanted = wanted,
        .once = outing->call->once,
        .times = &outing->times.line,
    };

    outing->is_whole = end_ms <= until_ms;
    outing->is_sent = true;
    return rest_do(p->rest, &call, &outing->answer, err);
}

/* No answer: what is known of the call, and what that says of the other side. */
static enum status no_answer(struct outing *outing, struct err *err)
{
    const bool left = outing->times.line.connect_ms >= 0;
    const bool spoilt = err->status == ST_UPSTREAM && err->code[0]; /* answerTooLong, headerTwice */
    const struct err was = *err;

    outing->told->fate = spoilt ? FATE_UNBELIEVED : left ? FATE_DOUBT : FATE_UNSENT;
    if (spoilt)
        (void)RAISE_CAUSE(err, ST_UPSTREAM, "answerInvalid", was.field, was.limit, "%s", was.text);
    else if (was.status == ST_UPSTREAM)
        (void)RAISE_CAUSE(err, ST_UPSTREAM, "upstreamUnreachable", NULL, NULL, "%s", was.text);
    else if (was.status == ST_TIMEOUT)
        (void)RAISE_CAUSE(err, ST_TIMEOUT, "timeout", NULL, NULL, "%s", was.text);
    else if (was.status == ST_UNAVAILABLE)
        (void)RAISE_CAUSE(err, ST_UNAVAILABLE, "upstreamBusy", NULL, NULL, "%s", was.text);
    if (err->status == ST_UPSTREAM || (err->status == ST_TIMEOUT && outing->is_whole))
        errand_outcome(outing->errand, spoilt ? UPSTREAM_WELL : UPSTREAM_FAILED);
    return err->status;
}

/* ---- the answer ---- */

static bool is_json_type(const char *type)
{
    static const char json[] = "application/json";
    const size_t len = sizeof(json) - 1;

    return strncasecmp(type, json, len) == 0 && (type[len] == '\0' || strchr("; \t", type[len]));
}

enum status answer_parse(const struct coid *coid, struct slice body, struct json **ret_json,
                         struct err *err)
{
    const struct json_limits limits = { coid->p.max_answer_bytes, JSON_DEPTH, JSON_VALUES };
    struct err cause;

    if (json_parse(body, &limits, ret_json, &cause) == ST_OK)
        return ST_OK;
    if (cause.status == ST_NOMEM) {
        *err = cause;
        return ST_NOMEM;
    }
    /* a key that is quoted can be anything, a name too; the journal repeats what is said here */
    return RAISE_CAUSE(err, ST_UPSTREAM, "answerInvalid", NULL, cause.limit,
                       "ЦОИД's answer is not JSON: %s",
                       strchr(cause.text, '"') ? "a key stands twice in one object" : cause.text);
}

/* Its signature stands: what is it? */
static enum status take(struct outing *outing, struct err *err)
{
    const struct rest_answer *answer = &outing->answer;
    const char *key = answer->headers[WANTED_KEY];

    if (!is_json_type(answer->content_type))
        return RAISE_CAUSE(err, ST_UPSTREAM, "answerInvalid", "Content-Type", NULL,
                           "ЦОИД's answer is not application/json");
    if (outing->call->keyed && key && strcasecmp(key, outing->errand->key.text) != 0)
        return RAISE_CAUSE(err, ST_UPSTREAM, "answerInvalid", "x-idempotency-key", NULL,
                           "ЦОИД's answer bears another key");
    return answer_parse(outing->errand->coid, bytes_slice(answer->body), &outing->told->json, err);
}

static enum status refuse(struct outing *outing, struct err *err)
{
    struct told *told = outing->told;
    struct refusal refusal;
    char text[REFUSAL_BYTES];
    const struct said said = {
        .http = told->http,
        .text = text,
        .is_own = read_refusal(bytes_slice(outing->answer.body), told->http, text, sizeof(text)),
    };

    (void)refusal_raise(outing->question->asked, &said, &refusal, err);
    told->ends = refusal.ends;
    told->is_key = refusal.is_key;
    told->fate = told->http == 502 || told->http == 504 ? FATE_DOUBT : FATE_REFUSED;
    errand_outcome(outing->errand, refusal.failed ? UPSTREAM_FAILED : UPSTREAM_WELL);
    return err->status;
}

static enum status note_unsigned(const struct outing *outing, struct err *err)
{
    const struct note note = { EVENT_WARNING, "coid.unsigned", "",
                               "an answer without signature is accepted: coid.unsigned_answers" };

    return errand_journal(outing->errand, &note, err);
}

/* Evidence first, then the journal, then anybody's eyes; the journal hears of it in any case. */
static enum status keep(struct outing *outing, struct err *err)
{
    const struct finding *finding = &outing->finding;
    const bool good = is_good(outing->told->http);
    struct err lost;
    enum status kept = ST_OK;

    if (good || !finding->is_believed)
        kept = proof_keep(outing->errand, outing->question, bytes_slice(outing->answer.body),
                          finding, &outing->told->proof, &lost);
    TRY(journal_told(outing, NULL, err));
    if (kept != ST_OK) {
        *err = lost;
        return kept;
    }
    return good && !finding->report && finding->is_believed ? note_unsigned(outing, err) : ST_OK;
}

static enum status judge(struct outing *outing, struct err *err)
{
    const struct rest_answer *answer = &outing->answer;
    const bool must_be_signed =
        is_good(answer->status) && !outing->errand->coid->p.unsigned_accepted;
    const int64_t began_ms = clock_monotonic_ms();

    TRY(finding_make(outing->errand, bytes_slice(answer->body), answer->headers[WANTED_JWS],
                     must_be_signed, &outing->finding, err));
    outing->finding.http = (int)answer->status;
    outing->times.judge_ms = clock_monotonic_ms() - began_ms;
    return ST_OK;
}

static enum status weigh(struct outing *outing, struct err *err)
{
    struct told *told = outing->told;

    told->http = (int)outing->answer.status;
    told->fate = FATE_UNBELIEVED;
    TRY(judge(outing, err));
    TRY(keep(outing, err));
    if (!outing->finding.is_believed) {
        errand_outcome(outing->errand, UPSTREAM_WELL);
        return finding_refuse(&outing->finding, err);
    }
    if (!is_good(told->http))
        return refuse(outing, err);
    errand_outcome(outing->errand, UPSTREAM_WELL);
    TRY(take(outing, err));
    told->fate = FATE_TOLD;
    return ST_OK;
}

static enum status go(struct outing *outing, struct err *err)
{
    struct errand *errand = outing->errand;
    struct headers headers;
    const char *url = NULL;
    struct err lost;

    TRY(errand_enter(errand, err));
    if (!errand_has_time(errand))
        return RAISE_CAUSE(err, ST_TIMEOUT, "timeout", NULL, NULL, "no time left to ask ЦОИД");
    TRY(call_url(errand, outing->call, outing->question, &url, err));
    TRY(make_headers(outing, &headers, err));
    outing->times.wait_ms = errand->calls++ == 0 ? errand->pass.queue_ms : 0;
    TRY(journal_asked(outing, err));
    if (send_it(outing, url, &headers, err) == ST_OK)
        return weigh(outing, err);
    (void)no_answer(outing, err);
    if (journal_told(outing, err, &lost) != ST_OK)
        *err = lost;
    return err->status;
}

/* For the numbers of the service. */
static void observe(const struct outing *outing, const char *code)
{
    const struct coid_observer *observer = &outing->errand->coid->p.observer;
    const struct coid_called called = {
        .op = outing->call->op,
        .http_status = outing->told->http,
        .code = code,
        .times = outing->times,
    };

    if (outing->is_sent && observer->called)
        observer->called(observer->ctx, &called);
}

enum status ask(struct errand *errand, const struct question *question, struct told *ret,
                struct err *err)
{
    struct outing outing = {
        .errand = errand,
        .question = question,
        .call = call_of(question->asked),
        .max_ms = question->max_ms ? question->max_ms : errand->coid->p.call_ms,
        .times = { -1, { -1, -1, -1, -1 }, -1 },
        .told = ret,
    };

    *ret = (struct told){ .fate = FATE_UNSENT };
    const enum status status = go(&outing, err);
    observe(&outing, status == ST_OK ? "" : err->code);
    rest_answer_free(&outing.answer);
    finding_free(&outing.finding);
    if (status != ST_OK)
        told_spoilt(errand, ret, err);
    return status;
}

void told_spoilt(const struct errand *errand, const struct told *told, struct err *err)
{
    if (err->status == ST_UPSTREAM && err->upstream_status == 0 && told->http != 0)
        err_set_upstream(err, told->http, SLICE(""));
    errand_alert(errand, err);
}

enum status ask_for(struct errand *errand, const struct question *question, answer_reader *read,
                    struct coid_answer *ret, struct err *err)
{
    struct reading *reading = reading_new(errand->arena);
    struct told told;

    if (!reading)
        return RAISE(err, ST_NOMEM, "answer: out of memory");
    TRY(ask(errand, question, &told, err));
    enum status status = read(reading, told.json, ret, err);
    told_free(&told);
    if (status != ST_OK)
        told_spoilt(errand, &told, err);
    TRY(status);
    ret->proof = told.proof;
    ret->extras = reading_extras(reading, &ret->extra_count);
    return ST_OK;
}

void told_free(struct told *told)
{
    json_free(TAKE(told->json));
}
