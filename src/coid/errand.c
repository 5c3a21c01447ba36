/* One operation on its way: its ids, its time, its pass, its lines in the journal. */
#include "base/text.h"
#include "coid/internal.h"

enum {
    RESERVE_MS = 3000,   /* of the exchange: to judge, to keep, to write and to sign the answer */
    CALL_MIN_MS = 300,   /* a call with less is not begun */
    JOURNAL_TEXT = 1024, /* with the key after it */
};

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

void errand_begin(struct errand *errand, struct coid *coid, const struct coid_sender *sender,
                  const struct peer *peer, const struct request *req, struct arena *arena)
{
    *errand = (struct errand){
        .coid = coid,
        .peer = peer,
        .sender_id = sender->sender_id,
        .message_id = req->info.message_id,
        .session_id = req->info.session_id,
        .iin = "",
        .arena = arena,
        .start_ms = clock_now(coid->p.clock),
        .until_ms =
            earlier(peer->deadline_ms - RESERVE_MS, clock_monotonic_ms() + coid->p.budget_ms),
    };
}

void errand_begin_own(struct errand *errand, struct coid *coid, struct arena *arena,
                      struct peer *ret_peer)
{
    static const struct coid_sender ourselves = { .sender_id = "-" };
    static const struct request none = { .info = { .message_id = "", .session_id = "" } };
    const int64_t now_ms = clock_now(coid->p.clock);

    *ret_peer = (struct peer){
        .exchange = id_new(now_ms),
        .start_ms = now_ms,
        .deadline_ms = clock_monotonic_ms() + coid->p.budget_ms + RESERVE_MS,
    };
    errand_begin(errand, coid, &ourselves, ret_peer, &none, arena);
}

void errand_end(struct errand *errand)
{
    if (errand->has_passed)
        upstream_leave(errand->coid->p.upstream, &errand->pass, errand->outcome);
    errand->has_passed = false;
}

enum status errand_enter(struct errand *errand, struct err *err)
{
    if (errand->has_passed)
        return ST_OK;
    TRY(upstream_enter(errand->coid->p.upstream, errand->until_ms, &errand->pass, err));
    errand->has_passed = true;
    errand->until_ms = errand->pass.deadline_ms;
    return ST_OK;
}

bool errand_has_time(const struct errand *errand)
{
    return clock_monotonic_ms() + CALL_MIN_MS <= errand->until_ms;
}

void errand_outcome(struct errand *errand, enum upstream_outcome outcome)
{
    if (outcome > errand->outcome)
        errand->outcome = outcome;
}

struct id errand_id(const struct coid *coid)
{
    struct id id;

    do
        id = id_new(clock_now(coid->p.clock));
    while (text_is_digits(slice_str(strrchr(id.text, '-') + 1), 12));
    return id;
}

enum status errand_journal(const struct errand *errand, const struct note *note, struct err *err)
{
    char text[JOURNAL_TEXT];
    const struct event event = {
        .level = note->level,
        .name = note->event,
        .account = errand->sender_id,
        .ip = errand->peer->address,
        .start_ms = errand->start_ms,
        .end_ms = clock_now(errand->coid->p.clock),
        .exchange = errand->peer->exchange.text,
        .message_id = errand->message_id,
        .session_id = errand->session_id,
        .code = note->code,
        .iin = errand->iin,
        .text = text,
    };

    (void)text_format(text, sizeof(text), "%s%s%s", note->text, errand->key.text[0] ? " key=" : "",
                      errand->key.text);
    return journal_write(errand->coid->p.journal, &event, err);
}

void errand_alert(const struct errand *errand, const struct err *cause)
{
    static const struct {
        const char *code, *event;
    } alerts[] = {
        { "answerInvalid", "coid.answer_refused" },
        { "answerUnsigned", "coid.answer_refused" },
        { "answerForged", "coid.answer_refused" },
        { "answerUnproven", "coid.answer_refused" },
        { "upstreamBadRequest", "coid.certificate_refused" },
    };
    struct err ignored;

    for (size_t i = 0; i < sizeof(alerts) / sizeof(alerts[0]); i++)
        if (strcmp(alerts[i].code, cause->code) == 0)
            (void)!errand_journal(
                errand,
                &(const struct note){ EVENT_ALERT, alerts[i].event, cause->code, cause->text },
                &ignored);
}
