/* What is told of verifications: calls and usage for reconciliation, decisions (req 2.07), news. */
#include "coid_sample.h"
#include "fixture.h"

#include "base/clock.h"
#include "base/text.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { T0 = 1795337000, LINES = 256, LINE = 160 };
#define DAY_S INT64_C(86400)

static const struct coid_days all_days = { 20000101, 20991231 };

/* Whatever is told, as lines; refuses at the refuse_at'th. */
struct told {
    char lines[LINES][LINE];
    size_t count, refuse_at;
    struct store *store; /* is asked for the time with each: NULL: not */
};

static enum status add_line(struct told *told, const char *line, struct err *err)
{
    int64_t now = 0;

    if (told->count == told->refuse_at || told->count == LINES)
        return RAISE(err, ST_UPSTREAM, "told to refuse");
    if (told->store)
        TRY(store_now(told->store, &now, err));
    (void)text_copy(told->lines[told->count++], LINE, line);
    return ST_OK;
}

static struct told *new_told(void)
{
    struct told *told = calloc(1, sizeof(*told));

    assert_non_null(told);
    told->refuse_at = LINES;
    return told;
}

static struct coid_begin begin_on(const char *sender, int32_t day, int64_t vendor)
{
    static unsigned number;
    static char messages[1024][16];
    char *message = messages[number++ % 1024];
    struct coid_begin begin;

    (void)snprintf(message, sizeof(messages[0]), "m%u", number);
    begin = coid_begin_of(message, 0);
    begin.sender_id = sender;
    begin.day = day;
    begin.vendor = vendor;
    return begin;
}

enum fate { OPEN, ASKED, DONE, REFUSED };

static struct id verified(const char *sender, int32_t day, int64_t vendor, enum fate fate)
{
    struct coid_begin begin = begin_on(sender, day, vendor);
    struct coid_end end = fate == DONE ? coid_done() : coid_refused();
    struct store *store = fixture()->store;

    (void)coid_begun(store, &begin, true);
    if (fate == ASKED)
        assert_ok(store_coid_asking(store, &begin.key, err));
    if (fate == DONE || fate == REFUSED)
        assert_ok(store_coid_end(store, &begin.key, &end, err));
    return begin.key;
}

/* ---- calls ---- */

static enum status tell_call(void *ctx, const struct coid_call *call, struct err *err)
{
    char line[LINE];

    (void)text_format(line, sizeof(line), "%d %s", call->day, call->key.text);
    return add_line(ctx, line, err);
}

static void calls_are_told_day_by_day_and_by_key(void **state) /* req 3.06 */
{
    enum { EACH = 67 }; /* more than a page */
    static const int32_t days[] = { 20261121, 20261122, 20261123, 20261124 };
    AUTO_FREE struct told *told = new_told();
    struct store_params params = fixture_params();
    AUTO(store_close) struct store *one = NULL; /* a single connection: tell may use it */

    (void)state;
    params.pool = 1;
    assert_ok(store_open(&params, &one, err));
    told->store = one;
    for (size_t i = 0; i < 4 * (size_t)EACH; i++)
        (void)verified(i % 2 ? "a" : "b", days[i % 4], 1, (enum fate)(i / 4 % 4));
    assert_ok(
        store_coid_calls(one, &(struct coid_days){ 20261122, 20261123 }, tell_call, told, err));
    assert_int_equal(told->count, 2 * EACH);
    for (size_t i = 0; i < told->count; i++) {
        assert_memory_equal(told->lines[i], i < EACH ? "20261122 " : "20261123 ", 9);
        assert_true(i == 0 || strcmp(told->lines[i - 1], told->lines[i]) < 0);
    }
}

static void a_call_is_told_whole_and_an_error_ends_it(void **state)
{
    AUTO_FREE struct told *told = new_told();

    (void)state;
    assert_ok(store_coid_calls(fixture()->store, &all_days, tell_call, told, err));
    assert_int_equal(told->count, 0);
    for (int i = 0; i < 3; i++)
        (void)verified("a", COID_DAY + i, 1, DONE);
    told->refuse_at = 2;
    assert_status(store_coid_calls(fixture()->store, &all_days, tell_call, told, err), ST_UPSTREAM);
    assert_int_equal(told->count, 2);
    assert_ok(store_coid_calls(fixture()->store, &(struct coid_days){ COID_DAY + 3, 99991231 },
                               tell_call, told, err));
    assert_ok(store_coid_calls(fixture()->store, &(struct coid_days){ COID_DAY + 2, COID_DAY },
                               tell_call, told, err));
    assert_int_equal(told->count, 2);
}

/* ---- usage ---- */

static enum status tell_usage(void *ctx, const struct coid_usage *usage, struct err *err)
{
    char line[LINE];

    (void)text_format(line, sizeof(line), "%d %s %lld: %lld %lld %lld", usage->day,
                      usage->sender_id, (long long)usage->vendor, (long long)usage->done,
                      (long long)usage->refused, (long long)usage->open);
    return add_line(ctx, line, err);
}

static void usage_is_counted_by_day_sender_and_vendor(void **state) /* req 3.06 */
{
    static const struct {
        const char *sender;
        int32_t day;
        int64_t vendor;
        enum fate fate;
    } rows[] = {
        { "b", 20261122, 7, DONE },    { "b", 20261122, 7, DONE },  { "b", 20261122, 7, REFUSED },
        { "b", 20261122, 9, OPEN },    { "a", 20261122, 7, ASKED }, { "a ", 20261122, 7, DONE },
        { "b", 20261124, 7, REFUSED }, { "a", 20261124, 7, DONE },  { "a", 20261125, 7, DONE },
    };
    static const char *const want[] = {
        "20261122 a 7: 0 0 1", "20261122 a  7: 1 0 0", "20261122 b 7: 2 1 0",
        "20261122 b 9: 0 0 1", "20261124 a 7: 1 0 0",  "20261124 b 7: 0 1 0",
    };
    AUTO_FREE struct told *told = new_told();

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        (void)verified(rows[i].sender, rows[i].day, rows[i].vendor, rows[i].fate);
    assert_ok(store_coid_usage(fixture()->store, &(struct coid_days){ 20261122, 20261124 },
                               tell_usage, told, err));
    assert_int_equal(told->count, sizeof(want) / sizeof(want[0]));
    for (size_t i = 0; i < told->count; i++)
        assert_string_equal(told->lines[i], want[i]);
    told->refuse_at = told->count;
    assert_status(store_coid_usage(fixture()->store, &all_days, tell_usage, told, err),
                  ST_UPSTREAM);
}

static void a_day_of_many_senders_and_vendors_is_told_once_each(void **state)
{
    enum { SENDERS = 13, VENDORS = 11 }; /* over two pages */
    AUTO_FREE struct told *told = new_told();

    (void)state;
    for (int i = 0; i < SENDERS * VENDORS; i++) {
        char sender[8];
        (void)snprintf(sender, sizeof(sender), "s%02d", i % SENDERS);
        (void)verified(sender, COID_DAY, 100 + i / SENDERS, OPEN);
    }
    assert_ok(store_coid_usage(fixture()->store, &all_days, tell_usage, told, err));
    assert_int_equal(told->count, SENDERS * VENDORS);
    for (size_t i = 1; i < told->count; i++)
        assert_true(strcmp(told->lines[i - 1], told->lines[i]) < 0);
}

/* ---- decisions ---- */

static enum status tell_decision(void *ctx, const struct coid_decision *decision, struct err *err)
{
    char line[LINE];

    (void)text_format(line, sizeof(line), "%s %s %s %s %lld %s %s %s", decision->key.text,
                      decision->decision, decision->who, decision->note, (long long)decision->at_ms,
                      decision->iin, decision->result, decision->vendor_name);
    return add_line(ctx, line, err);
}

static struct coid_decision decision_on(const struct id *key, int64_t at_s)
{
    return (struct coid_decision){ .key = *key,
                                   .decision = "suspectedFraud",
                                   .who = "оператор 1",
                                   .note = "другое лицо",
                                   .at_ms = at_s * 1000 };
}

static void a_decision_on_a_result_is_kept_and_the_later_one_counts(void **state) /* req 2.07 */
{
    AUTO_FREE struct told *told = new_told();
    struct store *store = fixture()->store;
    struct id key = verified("a", COID_DAY, 7, DONE);
    struct id open = verified("a", COID_DAY, 7, ASKED);
    struct id refused = verified("a", COID_DAY, 7, REFUSED);
    struct id unknown = id_new(1795337000000);
    struct coid_decision decision = decision_on(&key, T0);
    char want[LINE];

    (void)state;
    assert_ok(store_coid_decide(store, &decision, err));
    decision.decision = "identified";
    decision.at_ms++;
    assert_ok(store_coid_decide(store, &decision, err));
    decision.key = open;
    assert_status(store_coid_decide(store, &decision, err), ST_CONFLICT);
    decision.key = refused;
    assert_status(store_coid_decide(store, &decision, err), ST_CONFLICT);
    decision.key = unknown;
    assert_status(store_coid_decide(store, &decision, err), ST_NOT_FOUND);
    assert_ok(store_coid_decisions(store, &all_days, tell_decision, told, err));
    assert_int_equal(told->count, 1);
    (void)text_format(want, sizeof(want),
                      "%s identified оператор 1 другое лицо 1795337000001 800101300123 0.9731"
                      " Verigram",
                      key.text);
    assert_string_equal(told->lines[0], want);
}

static void decisions_are_told_by_the_day_on_which_they_were_made(void **state)
{
    enum { EACH = 70 };                  /* more than a page */
    const int64_t midnight = 1795374000; /* of 2026-11-23 in Astana */
    AUTO_FREE struct told *told = new_told();
    struct store *store = fixture()->store;

    (void)state;
    assert_ok(clock_use_astana(err));
    for (int i = 0; i < 3 * EACH; i++) {
        struct id key = verified("a", COID_DAY, 7, DONE); /* older than its decision */
        struct coid_decision decision = decision_on(&key, midnight + (i % 3 - 1) * DAY_S);
        decision.at_ms -= i % 2; /* the last moment of the day before */
        assert_ok(store_coid_decide(store, &decision, err));
    }
    fixture_sql("UPDATE coid_decision SET note = ''");
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM coid_decision WHERE day IN"
                                    " (20261121, 20261124)"),
                     EACH);
    assert_ok(store_coid_decisions(store, &(struct coid_days){ 20261122, 20261123 }, tell_decision,
                                   told, err));
    assert_int_equal(told->count, 2 * EACH);
    for (size_t i = 0; i < told->count; i++)
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(told->lines[i], told->lines[k]);
    told->refuse_at = told->count;
    assert_status(store_coid_decisions(store, &all_days, tell_decision, told, err), ST_UPSTREAM);
}

/* ---- news ---- */

static enum status tell_news(void *ctx, const struct coid_news *news, int64_t seen_ms,
                             struct err *err)
{
    char line[LINE];

    (void)text_format(line, sizeof(line), "%s|%s|%s|%s|%lld", news->date.text, news->date.meaning,
                      news->subject, news->text, (long long)seen_ms / 1000);
    return add_line(ctx, line, err);
}

static void news_are_kept_once_and_told_newest_first(void **state) /* req 3.14 */
{
    static const struct coid_news old[] = {
        { { "20.11.2026", "2026-11-20" }, "Работы", "с 22:00" },
        { { "21.11.2026", "2026-11-21" }, "Тариф", "" },
        { { "вчера", "" }, "Работы", "перенос" },
    };
    static const struct coid_news fresh[] = {
        { { "21.11.2026", "2026-11-21" }, "Тариф", "" },
        { { "21.11.2026", "2026-11-21" }, "", "Тариф" },
        { { "19.11.2026", "2026-11-19" }, "Поздно", "узнали" },
    };
    static const char *const want[] = {
        "вчера||Работы|перенос|1795337000", /* seen on the 22nd */
        "21.11.2026|2026-11-21||Тариф|1795423400",
        "21.11.2026|2026-11-21|Тариф||1795337000",
        "20.11.2026|2026-11-20|Работы|с 22:00|1795337000",
        "19.11.2026|2026-11-19|Поздно|узнали|1795423400",
    };
    AUTO(store_close) struct store *first = fixture_at(T0);
    AUTO(store_close) struct store *next_day = fixture_at(T0 + DAY_S);
    AUTO_FREE struct told *told = new_told();
    size_t count = 0;
    bool known = true;

    (void)state;
    assert_ok(store_coid_news_known(first, &old[0], &known, err));
    assert_false(known);
    assert_ok(store_coid_news_keep(first, old, 3, &count, err));
    assert_ok(store_coid_news_known(first, &old[0], &known, err));
    assert_true(known);
    assert_int_equal(count, 3);
    assert_ok(store_coid_news_keep(next_day, fresh, 3, &count, err));
    assert_int_equal(count, 2);
    assert_ok(store_coid_news_keep(next_day, fresh, 3, &count, err));
    assert_int_equal(count, 0);
    assert_ok(store_coid_news_keep(next_day, NULL, 0, &count, err));
    assert_ok(store_coid_news(next_day, 100, tell_news, told, err));
    assert_int_equal(told->count, 5);
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(told->lines[i], want[i]);
    assert_ok(store_coid_news(next_day, 2, tell_news, told, err));
    assert_int_equal(told->count, 7);
    assert_ok(store_coid_news(next_day, 0, tell_news, told, err));
    assert_int_equal(told->count, 7);
    told->refuse_at = 8;
    assert_status(store_coid_news(next_day, 100, tell_news, told, err), ST_UPSTREAM);
    assert_status(store_coid_news_keep(next_day, old, 10001, &count, err), ST_INPUT);
}

struct fetcher {
    pthread_barrier_t *start;
    unsigned turns;
};

static void *fetch(void *arg)
{
    struct fetcher *fetcher = arg;
    struct err err;

    (void)pthread_barrier_wait(fetcher->start);
    for (int i = 0; i < 10; i++) {
        bool mine = false;
        if (store_coid_news_due(fixture()->store, "one", DAY_S * 1000, &mine, &err) != ST_OK)
            abort();
        fetcher->turns += mine;
    }
    return NULL;
}

static void of_all_instances_one_fetches_in_a_period(void **state)
{
    struct fetcher fetchers[THREADS];
    pthread_t threads[THREADS];
    pthread_barrier_t start;
    unsigned turns = 0;

    (void)state;
    (void)pthread_barrier_init(&start, NULL, THREADS);
    for (size_t i = 0; i < THREADS; i++) {
        fetchers[i] = (struct fetcher){ .start = &start };
        assert_int_equal(pthread_create(&threads[i], NULL, fetch, &fetchers[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        turns += fetchers[i].turns;
    }
    (void)pthread_barrier_destroy(&start);
    assert_int_equal(turns, 1);
}

static void the_next_turn_is_a_period_after_the_last(void **state)
{
    static const struct {
        int64_t at_s, period_s;
        const char *instance;
        bool mine;
    } steps[] = {
        { 0, DAY_S, "one", true },
        { 0, DAY_S, "one", false },
        { DAY_S - 1, DAY_S, "two", false },
        { 900, 900, "one", true }, /* it had failed */
        { DAY_S + 899, DAY_S, "two", false },
        { DAY_S + 900, DAY_S, "two", true },
        { DAY_S + 901, DAY_S, "one", false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        AUTO(store_close) struct store *then = fixture_at(T0 + steps[i].at_s);
        bool mine = !steps[i].mine;
        assert_ok(
            store_coid_news_due(then, steps[i].instance, steps[i].period_s * 1000, &mine, err));
        if (mine != steps[i].mine)
            fail_msg("step %zu", i);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_schema, fixture_close)
    const struct CMUnitTest tests[] = {
        TEST(calls_are_told_day_by_day_and_by_key),
        TEST(a_call_is_told_whole_and_an_error_ends_it),
        TEST(usage_is_counted_by_day_sender_and_vendor),
        TEST(a_day_of_many_senders_and_vendors_is_told_once_each),
        TEST(a_decision_on_a_result_is_kept_and_the_later_one_counts),
        TEST(decisions_are_told_by_the_day_on_which_they_were_made),
        TEST(news_are_kept_once_and_told_newest_first),
        TEST(of_all_instances_one_fetches_in_a_period),
        TEST(the_next_turn_is_a_period_after_the_last),
    };

    return fixture_run(tests, sizeof(tests) / sizeof(tests[0]));
}
