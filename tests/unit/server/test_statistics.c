/* The console's numbers at their edges: nothing, one, as many as there is room for, the seven days
 * of Astana's clock. The table is a fake. */
#include "server/admin/statistics.h"

#include "base/clock.h"
#include "base/text.h"
#include "support/cmocka.h"

#include <math.h>

#define HOUR_MS INT64_C(3600000)
#define NOON INT64_C(1795330800000) /* 2026-11-22 12:00, Astana */
#define HOUR (NOON / HOUR_MS)
#define WEEK INT64_C(168) /* hours */

/* ---- the table: what one instance wrote, told once by day ---- */

static struct tally table[3000];
static size_t rows;
static unsigned asked; /* how often for lines */

static void add(int64_t hour, const char *event, const char *code, int64_t count, int64_t ms)
{
    struct tally *tally = &table[rows++];

    *tally = (struct tally){
        .hour = hour, .count = count, .sum_ms = count * ms, .max_ms = ms, .last_ms = hour * HOUR_MS
    };
    tally->bucket = ms > 1 ? (int64_t)floor(4 * log2((double)ms)) : 0;
    (void)text_copy(tally->event, sizeof(tally->event), event);
    (void)text_copy(tally->code, sizeof(tally->code), code);
    (void)text_copy(tally->account, sizeof(tally->account), "sender");
}

enum status store_tally_instance(struct store *store, int32_t day, char instance[65],
                                 struct err *err)
{
    const bool first = !*instance;
    size_t i = 0;

    (void)store;
    (void)err;
    while (i < rows && day_of(table[i].hour * HOUR_MS) != day)
        i++;
    (void)text_copy(instance, 65, first && i < rows ? "node1" : "");
    return ST_OK;
}

enum status store_tally(struct store *store, struct tally_place *place, tell_tally *tell, void *ctx,
                        bool *ret_more, struct err *err)
{
    (void)store;
    (void)err;
    asked++;
    for (; place->next < rows; place->next++)
        if (day_of(table[place->next].hour * HOUR_MS) == place->day)
            tell(ctx, &table[place->next]);
    *ret_more = false;
    return ST_OK;
}

static int set_up(void **state)
{
    rows = asked = 0;
    *state = statistics_new();
    return *state ? 0 : 1;
}

static int tear_down(void **state)
{
    statistics_free(*state);
    return 0;
}

static void count_at(struct statistics *statistics, int64_t now_ms)
{
    bool whole = false;
    struct err err;

    assert_int_equal(statistics_count(statistics, NULL, now_ms, INT64_MAX, &whole, &err), ST_OK);
    assert_true(whole);
}

static struct hour_numbers last_hour(struct statistics *statistics, int64_t now_ms)
{
    struct hour_numbers numbers;

    statistics_hours(statistics, now_ms, 1, &numbers);
    return numbers;
}

static void assert_nothing(const struct hour_numbers *n)
{
    assert_int_equal(n->exchanges + n->good + n->business + n->failed + n->faults, 0);
    assert_int_equal(n->sum_ms + n->max_ms + n->p95_ms, 0);
}

/* ---- */

static void of_nothing_there_are_hours_without_numbers(void **state)
{
    AUTO(arena_free) struct arena *arena = arena_new(1 << 20);
    struct hour_numbers hours[STATISTICS_HOURS];
    size_t count = 9;

    count_at(*state, NOON);
    statistics_hours(*state, NOON, STATISTICS_HOURS, hours);
    for (int64_t i = 0; i < STATISTICS_HOURS; i++) {
        assert_int_equal(hours[i].hour, HOUR - STATISTICS_HOURS + 1 + i);
        assert_nothing(&hours[i]);
    }
    assert_non_null(statistics_kinds(*state, arena, &count));
    assert_int_equal(count, 0);
    assert_non_null(statistics_senders(*state, arena, &count));
    assert_int_equal(count, 0);
    assert_int_equal(asked, 0);
}

static void each_answer_is_counted_once_by_what_it_was(void **state)
{
    add(HOUR, "exchange.answered", "SCSS001", 5, 10);
    add(HOUR, "exchange.answered", "SCSE002", 4, 20);
    add(HOUR, "exchange.answered", "SCSE003", 3, 30);
    add(HOUR, "exchange.answered", "soap:Client", 2, 40);
    add(HOUR, "put.accepted", "", 99, 0);
    for (int i = 0; i < 2; i++) {
        count_at(*state, NOON);
        const struct hour_numbers n = last_hour(*state, NOON + HOUR_MS - 1);
        assert_int_equal(n.exchanges, 14);
        assert_true(n.good == 5 && n.business == 4 && n.failed == 3 && n.faults == 2);
        assert_true(n.sum_ms == 50 + 80 + 90 + 80 && n.max_ms == 40);
    }
    const struct hour_numbers next = last_hour(*state, NOON + HOUR_MS);
    assert_nothing(&next);
}

static void the_95th_of_a_hundred_is_told_by_its_bucket_and_never_less_than_it_was(void **state)
{
    static const struct {
        int64_t fast, slow, slow_ms, at_least, at_most;
    } hours[] = {
        { 1, 0, 1, 1, 1 },           /* one */
        { 95, 5, 1024, 1, 2 },       /* the 95th is a fast one still */
        { 94, 6, 1024, 1024, 1024 }, /* and here it is slow */
        { 0, 1, 200000, 200000, 200000 },
        { 0, 100, INT64_C(1) << 40, INT64_C(1) << 40, INT64_C(1) << 40 }, /* behind all buckets */
        { 4000000000, 0, 1, 1, 1 },
    };

    for (size_t i = 0; i < COUNT(hours); i++) {
        const int64_t hour = HOUR - (int64_t)i;
        if (hours[i].fast)
            add(hour, "exchange.answered", "SCSS001", hours[i].fast, 1);
        if (hours[i].slow)
            add(hour, "exchange.answered", "SCSS001", hours[i].slow, hours[i].slow_ms);
    }
    count_at(*state, NOON);
    for (size_t i = 0; i < COUNT(hours); i++) {
        const struct hour_numbers n = last_hour(*state, NOON - (int64_t)i * HOUR_MS);
        if (n.p95_ms < hours[i].at_least || n.p95_ms > hours[i].at_most)
            fail_msg("hour %zu: %lld", i, (long long)n.p95_ms);
    }
}

static void seven_days_of_astana_stay_and_older_ones_are_forgotten(void **state) /* req 0.19 */
{
    AUTO(arena_free) struct arena *arena = arena_new(1 << 20);
    const int64_t midnight = HOUR - 12; /* of Astana; 19:00 of UTC */
    size_t count = 0;

    add(midnight - WEEK - 1, "put.accepted", "", 1, 0); /* the last hour of the eighth day back */
    add(midnight - WEEK, "put.accepted", "", 2, 0);     /* the first of the seventh */
    add(midnight - 1, "put.accepted", "", 4, 0);
    add(midnight, "put.accepted", "", 8, 0);
    add(midnight + 24, "put.accepted", "", 16, 0); /* tomorrow's, by a clock that is ahead */
    add(midnight + 48, "put.accepted", "", 32, 0);
    count_at(*state, NOON);
    const struct kind_numbers *kinds = statistics_kinds(*state, arena, &count);
    static const struct {
        int32_t day;
        int64_t count;
    } want[] = { { 20261115, 2 }, { 20261121, 4 }, { 20261122, 8 }, { 20261123, 16 } };
    assert_int_equal(count, COUNT(want));
    for (size_t i = 0; i < count; i++)
        assert_true(kinds[i].day == want[i].day && kinds[i].count == want[i].count);
    count_at(*state, NOON + 11 * HOUR_MS + HOUR_MS - 1); /* the last millisecond of the day */
    (void)statistics_kinds(*state, arena, &count);
    assert_int_equal(count, 4);
    count_at(*state, NOON + 12 * HOUR_MS);
    kinds = statistics_kinds(*state, arena, &count);
    assert_int_equal(count, 4); /* the seventh went, the day after tomorrow came */
    assert_int_equal(kinds[0].day, 20261121);
    assert_int_equal(kinds[3].day, 20261124);
}

static void an_hour_gives_way_to_the_one_of_a_week_later(void **state)
{
    add(HOUR - STATISTICS_HOURS, "exchange.answered", "SCSS001", 7, 10);
    count_at(*state, NOON);
    struct hour_numbers n = last_hour(*state, NOON);
    assert_nothing(&n); /* the old one stands in its place */
    add(HOUR, "exchange.answered", "SCSS001", 1, 10);
    count_at(*state, NOON);
    n = last_hour(*state, NOON);
    assert_int_equal(n.exchanges, 1);
    add(HOUR - STATISTICS_HOURS, "exchange.answered", "SCSS001", 9, 10); /* late */
    count_at(*state, NOON);
    n = last_hour(*state, NOON);
    assert_int_equal(n.exchanges, 1);
}

static void there_is_room_for_so_many_kinds_and_senders(void **state)
{
    AUTO(arena_free) struct arena *arena = arena_new(16 << 20);
    size_t count = 0;

    for (int i = 0; i < STATISTICS_KINDS + 500; i++) {
        char code[16];
        (void)text_format(code, sizeof(code), "C%d", i);
        add(HOUR, "exchange.answered", code, 1, 10);
    }
    count_at(*state, NOON);
    const struct kind_numbers *kinds = statistics_kinds(*state, arena, &count);
    assert_int_equal(count, STATISTICS_KINDS);
    assert_string_equal(kinds[STATISTICS_KINDS - 1].code, "C1999");
    const struct sender_numbers *senders = statistics_senders(*state, arena, &count);
    assert_int_equal(count, STATISTICS_SENDERS);
    assert_string_equal(senders[0].account, "sender");
    assert_int_equal(last_hour(*state, NOON).exchanges, STATISTICS_KINDS + 500); /* all the same */
}

static void who_has_no_time_left_is_told_and_counts_on_later(void **state)
{
    bool whole = true;
    struct err err;

    add(HOUR, "exchange.answered", "SCSS001", 3, 10);
    assert_int_equal(statistics_count(*state, NULL, NOON, 0, &whole, &err), ST_OK);
    assert_false(whole);
    assert_int_equal(asked, 0);
    count_at(*state, NOON);
    assert_int_equal(last_hour(*state, NOON).exchanges, 3);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    static const struct CMUnitTest tests[] = {
        TEST(of_nothing_there_are_hours_without_numbers),
        TEST(each_answer_is_counted_once_by_what_it_was),
        TEST(the_95th_of_a_hundred_is_told_by_its_bucket_and_never_less_than_it_was),
        TEST(seven_days_of_astana_stay_and_older_ones_are_forgotten),
        TEST(an_hour_gives_way_to_the_one_of_a_week_later),
        TEST(there_is_room_for_so_many_kinds_and_senders),
        TEST(who_has_no_time_left_is_told_and_counts_on_later),
    };
    struct err err;

    if (clock_use_astana(&err) != ST_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
