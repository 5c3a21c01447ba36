/* The end of what citizens were given to sign: some days after a session's end its contents are
 * wiped, and the signatures stay alone. */
#include "base/text.h"
#include "mobile/internal.h"

/* Signed documents on their way to what is left of them. */
struct reduction {
    struct signed_document *left; /* the session's arena's */
    struct bytes **owned;         /* what left's contents borrow; NULL: the session's own */
    size_t count;
};

static void reduction_free(struct reduction *reduction)
{
    for (size_t i = 0; reduction->owned && i < reduction->count; i++)
        bytes_free(reduction->owned[i]);
}

/* Nothing is wiped of what would leave a signature that does not hold: that is not given back. */
static enum status prove(const struct mobile *mobile, const struct method *method,
                         const struct document *issued, struct slice left, struct err *err)
{
    const struct judge judge = { .now_ms = clock_now(mobile->p.clock),
                                 .signature_only = true,
                                 .algorithms = ALG_DEFAULT | ALG_RSA_SHA1,
                                 .timestamp_algorithms = ALG_DEFAULT | ALG_RSA_SHA1 };
    AUTO(report_free) struct report *report = report_new();

    if (!report)
        return RAISE(err, ST_NOMEM, "wipe: out of memory");
    if (method->judge_left(mobile, &judge, issued, left, report) != VERDICT_VALID)
        return RAISE(err, ST_INTERNAL,
                     "document %lld is not wiped: its signature alone would not hold: %s",
                     (long long)issued->id, report_reason(report));
    return ST_OK;
}

static enum status reduce_one(const struct mobile *mobile, const struct signing_session *session,
                              struct signed_document *document, struct bytes **owned,
                              struct err *err)
{
    const struct document *issued = document_issued(session, document->id);
    const struct method *method = issued ? method_of(session, issued) : NULL;

    if (!method)
        return RAISE(err, ST_INTERNAL, "wipe: a signed document was never issued");
    if (!method->detach)
        return ST_OK;
    TRY(method->detach(mobile, document->content, owned, err));
    TRY(prove(mobile, method, issued, bytes_slice(*owned), err));
    document->content = bytes_slice(*owned);
    return ST_OK;
}

static enum status reduce(const struct mobile *mobile, struct signing_session *session,
                          struct reduction *ret, struct err *err)
{
    const size_t count = session->signed_count;

    ret->count = count;
    ret->left = arena_array(session->arena, count + 1, sizeof(*ret->left));
    ret->owned = arena_array(session->arena, count + 1, sizeof(void *));
    if (!ret->left || !ret->owned)
        return RAISE(err, ST_NOMEM, "wipe: out of memory");
    for (size_t i = 0; i < count; i++) {
        ret->left[i] = session->signed_documents[i];
        TRY(reduce_one(mobile, session, &ret->left[i], &ret->owned[i], err));
    }
    return ST_OK;
}

/* One session whose time is over. */
struct wiping {
    const struct mobile *mobile;
    struct id id;
    struct signing_session *session; /* owned; NULL until it is read */
    int64_t start_ms;
};

static enum status record(const struct wiping *w, const struct event *what, struct err *err)
{
    struct event event = *what;

    event.account = w->session ? w->session->sender_id : "-";
    event.start_ms = w->start_ms;
    event.end_ms = clock_now(w->mobile->p.clock);
    event.signing = w->id.text;
    return journal_write(w->mobile->p.journal, &event, err);
}

static enum status record_wiped(const struct wiping *w, struct err *err)
{
    char text[120];

    text_format(text, sizeof(text), "contents of %zu documents are wiped, %zu signatures stay",
                w->session->document_count, w->session->signed_count);
    return record(w, &(struct event){ .level = EVENT_INFO, .name = "session.wiped", .text = text },
                  err);
}

/* Once an hour for a session, for so long it is put off (store_wipe_take()). */
static void record_failure(const struct wiping *w, const struct err *cause)
{
    char text[REASON_TEXT];
    struct err ignored; /* the cause is what the caller learns */

    reason_set(text, "%s", cause->text);
    (void)!record(
        w, &(struct event){ .level = EVENT_WARNING, .name = "session.wipe_failed", .text = text },
        &ignored);
}

static enum status wipe(struct wiping *w, bool *ret_done, struct err *err)
{
    const struct mobile *mobile = w->mobile;
    struct reduction reduction = { 0 };
    enum status status;

    TRY(store_session_find(mobile->p.store, &(struct session_key){ .id = &w->id },
                           SESSION_DOCUMENTS | SESSION_RESULT, mobile_content_max(mobile),
                           &w->session, err));
    status = reduce(mobile, w->session, &reduction, err);
    if (status == ST_OK)
        status = store_wipe_keep(mobile->p.store, &w->id, reduction.left, reduction.count, ret_done,
                                 err);
    reduction_free(&reduction);
    return status;
}

static enum status wipe_and_record(struct wiping *w, struct err *err)
{
    bool done = false;
    enum status status = wipe(w, &done, err);

    if (status != ST_OK)
        record_failure(w, err);
    TRY(status);
    return done ? record_wiped(w, err) : ST_OK;
}

enum status mobile_wipe_next(struct mobile *mobile, bool *ret_more, struct err *err)
{
    struct wiping w = { .mobile = mobile, .start_ms = clock_now(mobile->p.clock) };
    enum status status = store_wipe_take(mobile->p.store, mobile->p.content_keep_ms, &w.id, err);

    *ret_more = status == ST_OK;
    if (status != ST_OK)
        return status == ST_NOT_FOUND ? ST_OK : status;
    status = wipe_and_record(&w, err);
    signing_session_free(w.session);
    return status;
}
