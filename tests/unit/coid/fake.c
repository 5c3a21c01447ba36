/* Link-time stand-ins for the functions of store and journal that coid calls. */
#include "fake.h"

#include "base/text.h"
#include "support/cmocka.h"

void fake_store_init(struct store *store, const struct clock *clock)
{
    *store = (struct store){ .arena = arena_new(64 << 20), .clock = clock, .news_due = true };
    assert_non_null(store->arena);
}

void fake_store_clear(struct store *store)
{
    arena_free(TAKE(store->arena));
}

struct coid_call *fake_row(struct store *store)
{
    assert_int_equal(store->row_count, 1);
    return &store->rows[0].call;
}

static void add_log(struct store *store, const char *what)
{
    const size_t len = strlen(store->log);

    (void)text_format(store->log + len, sizeof(store->log) - len, "%s ", what);
}

static enum status enter(struct store *store, const char *what, struct err *err)
{
    add_log(store, what);
    if (store->fails && strcmp(store->fails, what) == 0 && store->fails_after-- == 0)
        return RAISE(err, ST_UNAVAILABLE, "the database is away");
    return ST_OK;
}

static struct coid_call *find(struct store *store, const char *sender_id, const struct id *key)
{
    for (size_t i = 0; i < store->row_count; i++) {
        struct coid_call *call = &store->rows[i].call;

        call->now_ms = clock_now(store->clock);
        if (strcmp(call->key.text, key->text) == 0 &&
            (!sender_id || strcmp(call->sender_id, sender_id) == 0))
            return call;
    }
    return NULL;
}

static void let_rival(enum coid_state *rival, struct coid_call *call)
{
    if (*rival == COID_WRITTEN)
        return;
    call->state = *rival;
    (void)text_copy(call->result, sizeof(call->result), "0.9");
    *rival = COID_WRITTEN;
}

static enum status check_limit(const struct store *store, const struct coid_begin *begin,
                               struct err *err)
{
    int64_t used = 0;
    char limit[32];

    for (size_t i = 0; i < store->row_count; i++)
        used += store->rows[i].call.state != COID_REFUSED && store->rows[i].call.day == begin->day;
    if (begin->daily_limit == 0 || used < begin->daily_limit)
        return ST_OK;
    (void)text_format(limit, sizeof(limit), "%lld", (long long)begin->daily_limit);
    return RAISE_CAUSE(err, ST_CONFLICT, "dailyLimit", "messageId", limit, "used up");
}

enum status store_coid_begin(struct store *store, const struct coid_begin *begin,
                             struct coid_call *ret_call, bool *ret_fresh, struct err *err)
{
    struct fake_row *row;

    TRY(enter(store, "begin", err));
    *ret_fresh = false;
    for (size_t i = 0; i < store->row_count; i++) {
        row = &store->rows[i];
        if (strcmp(row->call.sender_id, begin->sender_id) != 0 ||
            strcmp(row->call.message_id, begin->message_id) != 0)
            continue;
        if (memcmp(row->payload_sha256, begin->payload_sha256, 32) != 0)
            return RAISE_CAUSE(err, ST_CONFLICT, "messageIdReused", "messageId", NULL, "reused");
        *ret_call = *find(store, begin->sender_id, &row->call.key);
        return ST_OK;
    }
    if (begin->find_only)
        return RAISE(err, ST_NOT_FOUND, "none");
    TRY(check_limit(store, begin, err));
    assert_true(store->row_count < FAKE_ROWS);
    row = &store->rows[store->row_count++];
    *row = (struct fake_row){ .call = { .key = begin->key,
                                        .vendor = begin->vendor,
                                        .day = begin->day,
                                        .now_ms = clock_now(store->clock) } };
    memcpy(row->payload_sha256, begin->payload_sha256, 32);
    (void)text_copy(row->call.sender_id, sizeof(row->call.sender_id), begin->sender_id);
    (void)text_copy(row->call.message_id, sizeof(row->call.message_id), begin->message_id);
    (void)text_copy(row->call.iin, sizeof(row->call.iin), begin->iin);
    *ret_fresh = true;
    *ret_call = row->call;
    return ST_OK;
}

enum status store_coid_find(struct store *store, const char *sender_id, const struct id *key,
                            struct coid_call *ret_call, struct err *err)
{
    TRY(enter(store, "find", err));
    const struct coid_call *call = find(store, sender_id, key);
    if (!call)
        return RAISE(err, ST_NOT_FOUND, "no such verification");
    *ret_call = *call;
    return ST_OK;
}

enum status store_coid_asking(struct store *store, const struct id *key, struct err *err)
{
    struct coid_call *call = find(store, NULL, key);

    TRY(enter(store, "asking", err));
    assert_non_null(call);
    let_rival(&store->rival, call);
    if (call->state == COID_DONE || call->state == COID_REFUSED)
        return RAISE(err, ST_CONFLICT, "it has ended");
    call->state = COID_ASKED;
    call->asked_ms = clock_now(store->clock);
    return ST_OK;
}

enum status store_coid_end(struct store *store, const struct id *key, const struct coid_end *end,
                           struct err *err)
{
    struct coid_call *call = find(store, NULL, key);

    TRY(enter(store, end->state == COID_DONE ? "done" : "refused", err));
    assert_non_null(call);
    if (end->result && strlen(end->result) >= sizeof(call->result))
        return RAISE_CAUSE(err, ST_INPUT, "tooLong", "result", NULL, "too long");
    let_rival(&store->rival_at_end, call);
    if (call->state == COID_DONE)
        return end->state == COID_DONE ? ST_OK : RAISE(err, ST_CONFLICT, "it is done");
    call->state = end->state;
    call->ended_ms = clock_now(store->clock);
    if (end->state == COID_DONE) {
        (void)text_copy(call->vendor_name, sizeof(call->vendor_name), end->vendor_name);
        (void)text_copy(call->result, sizeof(call->result), end->result);
        return ST_OK;
    }
    call->refused_status = end->refused_status;
    (void)text_copy(call->refused_code, sizeof(call->refused_code), end->refused_code);
    (void)text_copy(call->refused_text, sizeof(call->refused_text), end->refused_text);
    return ST_OK;
}

static struct slice keep(struct store *store, struct slice s)
{
    return (struct slice){ arena_text(store->arena, s), s.len };
}

enum status store_coid_evidence_keep(struct store *store, const struct coid_evidence *evidence,
                                     struct err *err)
{
    struct coid_evidence *kept = &store->evidence[store->evidence_count];

    TRY(enter(store, "keep", err));
    assert_true(store->evidence_count < FAKE_EVIDENCE);
    assert_true(evidence->id.text[0] && evidence->exchange.text[0]);
    *kept = *evidence;
    kept->sender_id = keep(store, slice_str(evidence->sender_id)).at;
    kept->message_id = keep(store, slice_str(evidence->message_id)).at;
    kept->request_body = keep(store, evidence->request_body);
    kept->request_jws = keep(store, slice_str(evidence->request_jws)).at;
    kept->body = keep(store, evidence->body);
    kept->jws = keep(store, slice_str(evidence->jws)).at;
    kept->certificate = keep(store, evidence->certificate);
    kept->verdict = keep(store, slice_str(evidence->verdict)).at;
    kept->report = keep(store, evidence->report);
    store->evidence_count++;
    return ST_OK;
}

enum status store_coid_evidence_of(struct store *store, const struct id *key, enum operation op,
                                   struct arena *arena, struct coid_evidence *ret, struct err *err)
{
    (void)arena;
    TRY(enter(store, "evidence", err));
    for (size_t i = store->evidence_count; i-- > 0;) {
        const struct coid_evidence *e = &store->evidence[i];

        if (strcmp(e->key.text, key->text) == 0 && e->op == op &&
            (strcmp(e->verdict, "valid") == 0 || strcmp(e->verdict, "unsigned") == 0)) {
            *ret = *e;
            return ST_OK;
        }
    }
    return RAISE(err, ST_NOT_FOUND, "no evidence");
}

static bool has_news(const struct store *store, const struct coid_news *news)
{
    for (size_t i = 0; i < store->news_count; i++)
        if (strcmp(store->news[i], news->subject) == 0)
            return true;
    return false;
}

enum status store_coid_news_known(struct store *store, const struct coid_news *news,
                                  bool *ret_known, struct err *err)
{
    TRY(enter(store, "known", err));
    *ret_known = has_news(store, news);
    return ST_OK;
}

enum status store_coid_news_keep(struct store *store, const struct coid_news *news, size_t count,
                                 size_t *ret_fresh, struct err *err)
{
    TRY(enter(store, "news", err));
    assert_int_equal(count, 1);
    *ret_fresh = 0;
    if (has_news(store, news))
        return ST_OK;
    assert_true(store->news_count < FAKE_NEWS);
    (void)text_copy(store->news[store->news_count++], 64, news->subject);
    *ret_fresh = 1;
    return ST_OK;
}

enum status store_coid_news_due(struct store *store, const char *instance, int64_t period_ms,
                                bool *ret_mine, struct err *err)
{
    assert_string_equal(instance, "a");
    assert_int_equal(period_ms, 86400000);
    TRY(enter(store, "due", err));
    *ret_mine = store->news_due;
    return ST_OK;
}

enum status journal_write(struct journal *journal, const struct event *event, struct err *err)
{
    struct fake_event *kept = &journal->events[journal->count];
    char line[80];

    if (journal->full_at && strcmp(journal->full_at, event->name) == 0)
        return RAISE(err, ST_UNAVAILABLE, "the disk is full");
    assert_true(journal->count++ < FAKE_EVENTS);
    kept->level = event->level;
    (void)text_copy(kept->name, sizeof(kept->name), event->name);
    (void)text_copy(kept->code, sizeof(kept->code), event->code);
    (void)text_copy(kept->iin, sizeof(kept->iin), event->iin);
    (void)text_copy(kept->text, sizeof(kept->text), event->text);
    (void)text_copy(kept->exchange, sizeof(kept->exchange), event->exchange);
    (void)text_copy(kept->account, sizeof(kept->account), event->account);
    (void)text_copy(kept->message_id, sizeof(kept->message_id), event->message_id);
    (void)text_format(line, sizeof(line), "j:%s", strchr(event->name, '.') + 1);
    add_log(journal->store, line);
    return ST_OK;
}

size_t fake_count(const struct journal *journal, const char *event)
{
    size_t count = 0;

    for (size_t i = 0; i < journal->count; i++)
        count += strcmp(journal->events[i].name, event) == 0;
    return count;
}

const struct fake_event *fake_event(const struct journal *journal, const char *event, size_t i)
{
    const struct fake_event *found = journal->events;
    const struct fake_event *end = journal->events + journal->count;

    while (found < end && (strcmp(found->name, event) != 0 || i-- > 0))
        found++;
    if (found == end)
        fail_msg("no line %s", event);
    return found;
}
