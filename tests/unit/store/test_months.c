/* The journal's table by months: nothing is refused for its day, nothing leaves before the archive
 * has it, and what was restored goes again. req 0.51, 0.55 */
#include "fixture.h"
#include "store/db.h"
#include "store/months.h"

#include "base/text.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { T_NOV_2026 = 1795338187, DAY_S = 24 * 3600, TOLD_MAX = 64 };

static void put(uint64_t seq, int32_t day)
{
    const struct event_sink sink = store_event_sink(fixture()->store);
    const struct event_row row = { .seq = seq,
                                   .id = "0193a000-0000-7000-8000-0000000000ff",
                                   .instance = SLICE("node1"),
                                   .day = day,
                                   .at_ms = 1795338187000,
                                   .line = SLICE("seq=\"1\" …"),
                                   .event = { .name = "test.line", .account = "-", .ip = "-" },
                                   .category = "INFO" };

    assert_ok(sink.put(sink.ctx, &row, 1, err));
}

static unsigned ahead(struct store *store)
{
    unsigned made = 99;

    assert_ok(store_months_ahead(store, "node1", &made, err));
    return made;
}

static long long partitions(void)
{
    return fixture_number("SELECT COUNT(*) FROM information_schema.partitions WHERE table_schema ="
                          " DATABASE() AND table_name = 'journal_event'");
}

static long long rows(void)
{
    return fixture_number("SELECT COUNT(*) FROM journal_event");
}

static void months_are_counted_as_the_calendar_does(void **state)
{
    int32_t month = 0;

    (void)state;
    assert_int_equal(month_add(202611, 1), 202612);
    assert_int_equal(month_add(202611, 2), 202701);
    assert_int_equal(month_add(202601, -1), 202512);
    assert_int_equal(month_add(202611, -36), 202311);
    assert_true(month_parse(SLICE("2026-11"), &month) && month == 202611);
    assert_true(month_parse(SLICE("202601"), &month) && month == 202601);
    static const char *const bad[] = { "",        "2026",    "2026-1", "202613",
                                       "2026-00", "2026-1a", "196912", "2026/11" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(month_parse(slice_str(bad[i]), &month));
}

static void months_are_made_ahead_once_and_by_one(void **state)
{
    AUTO(store_close) struct store *now = fixture_at(T_NOV_2026);
    AUTO(store_close) struct store *later = fixture_at(T_NOV_2026 + 62 * DAY_S);

    (void)state;
    put(1, 20261122);
    assert_int_equal(ahead(now), 4); /* November to February */
    assert_int_equal(ahead(now), 0);
    assert_int_equal(partitions(), 5);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM journal_event PARTITION (p202611)"), 1);
    fixture_sql("INSERT INTO lease VALUES ('journal months', 'other', NOW() + INTERVAL 1 YEAR)"
                " ON DUPLICATE KEY UPDATE holder = 'other', until_at = NOW() + INTERVAL 1 YEAR");
    assert_int_equal(ahead(later), 0); /* another instance is at it */
    fixture_sql("DELETE FROM lease");
    assert_int_equal(ahead(later), 2); /* 23 January: March and April */
    assert_int_equal(partitions(), 7);
}

static void what_is_there_before_gets_its_months_but_not_without_end(void **state)
{
    AUTO(store_close) struct store *now = fixture_at(T_NOV_2026);

    (void)state;
    put(1, 19710101);
    put(2, 20260115);
    put(3, 20261122);
    assert_int_equal(ahead(now), MONTHS_AT_ONCE);
    assert_int_equal(partitions(), MONTHS_AT_ONCE + 1);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM journal_event PARTITION (p202601)"), 1);
    assert_int_equal(rows(), 3);
}

static void a_row_is_never_refused_for_its_day(void **state)
{
    AUTO(store_close) struct store *now = fixture_at(T_NOV_2026);
    AUTO(store_close) struct store *later = fixture_at(T_NOV_2026 + 200 * DAY_S);

    (void)state;
    assert_int_equal(ahead(now), 4);
    put(1, 20260101);
    put(2, 20270531);
    put(3, 99991231);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM journal_event PARTITION (rest)"), 2);
    assert_true(ahead(later) > 0);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM journal_event PARTITION (p202705)"), 1);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM journal_event PARTITION (rest)"), 1);
    assert_int_equal(rows(), 3);
}

static void *go_ahead(void *arg)
{
    unsigned *made = arg;
    struct err err;

    if (store_months_ahead(fixture()->store, "node", made, &err) != ST_OK)
        *made = 1000;
    return NULL;
}

static void instances_that_make_months_together_make_each_once(void **state)
{
    pthread_t threads[THREADS];
    unsigned made[THREADS], sum = 0;

    (void)state;
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, go_ahead, &made[i]), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (size_t i = 0; i < THREADS; i++)
        sum += made[i];
    assert_int_equal(sum, MONTHS_AHEAD + 1);
}

/* ---- the archive's records ---- */

static struct archived archived_of(uint64_t first, uint64_t last, int32_t day)
{
    struct archived file = { .instance = "node1",
                             .first = first,
                             .last = last,
                             .month = day / 100,
                             .first_day = day,
                             .last_day = day };

    (void)text_format(file.file, sizeof(file.file), "journal-%d-%012llu.log", day,
                      (unsigned long long)first);
    memset(file.sha256, (int)first, sizeof(file.sha256));
    return file;
}

static void record(uint64_t first, uint64_t last, int32_t day)
{
    const struct archived file = archived_of(first, last, day);

    assert_ok(store_archived_add(fixture()->store, &file, err));
}

static enum status count_file(void *ctx, const struct archived *file, struct err *err)
{
    uint64_t *sum = ctx;

    if (file->first == 13)
        return RAISE(err, ST_TIMEOUT, "enough");
    *sum += file->last - file->first + 1;
    return ST_OK;
}

static void a_record_of_the_archive_is_made_once_and_never_overlaps(void **state)
{
    struct archived other = archived_of(1, 10, 20260101);
    struct archived inside = archived_of(5, 6, 20260101);
    uint64_t seq = 0, sum = 0;

    (void)state;
    record(1, 10, 20260101);
    record(1, 10, 20260101);
    other.sha256[0] = 77;
    assert_status(store_archived_add(fixture()->store, &other, err), ST_CONFLICT);
    assert_status(store_archived_add(fixture()->store, &inside, err), ST_CONFLICT);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM journal_archived"), 1);
    assert_ok(store_journal_position(fixture()->store, "node1", &seq, err));
    assert_int_equal(seq, 10); /* no row of it is in the table any more */
    assert_ok(store_journal_position(fixture()->store, "node2", &seq, err));
    assert_int_equal(seq, 0);
    put(11, 20260301);
    assert_ok(store_journal_position(fixture()->store, "node1", &seq, err));
    assert_int_equal(seq, 11);
    record(11, 12, 20260301);
    assert_ok(store_archived_each(fixture()->store, 202601, 202602, count_file, &sum, err));
    assert_int_equal(sum, 10);
    assert_ok(store_archived_each(fixture()->store, 202601, 202603, count_file, &sum, err));
    assert_int_equal(sum, 22);
    record(13, 13, 20260302);
    assert_status(store_archived_each(fixture()->store, 202601, 202603, count_file, &sum, err),
                  ST_TIMEOUT);
}

/* A second one adds lines of the same while the first has looked and not yet written. */
static struct {
    bool armed;
    atomic_bool added; /* the second is through */
    struct archived file;
    enum status status;
    pthread_t thread;
} second;

static void *add_second(void *arg)
{
    struct err err;

    second.status = store_archived_add(fixture()->store, &second.file, &err);
    second.added = true;
    return arg;
}

/* The second is as far as it comes: through, or waiting for a lock of the first. */
static bool second_is_stuck(void)
{
    return fixture_number("SELECT variable_value FROM information_schema.global_status"
                          " WHERE variable_name = 'INNODB_ROW_LOCK_CURRENT_WAITS'") > 0;
}

enum status __real_db_first(struct db *db, const struct query *query, void *row, bool *ret_found,
                            struct err *err);
enum status __wrap_db_first(struct db *db, const struct query *query, void *row, bool *ret_found,
                            struct err *err);
enum status __wrap_db_first(struct db *db, const struct query *query, void *row, bool *ret_found,
                            struct err *err)
{
    const enum status status = __real_db_first(db, query, row, ret_found, err);

    if (second.armed) {
        second.armed = false;
        assert_int_equal(pthread_create(&second.thread, NULL, add_second, NULL), 0);
        while (!second.added && !second_is_stuck())
            (void)sched_yield();
    }
    return status;
}

static void who_adds_at_the_same_time_does_not_overlap_either(void **state)
{
    static const uint64_t firsts[] = { 21, 1 }; /* beside nothing else, and beside what is there */

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        second.added = false;
        second.file = archived_of(firsts[i] + 4, firsts[i] + 5, 20260101);
        second.armed = true;
        record(firsts[i], firsts[i] + 9, 20260101);
        assert_int_equal(pthread_join(second.thread, NULL), 0);
        assert_int_equal(second.status, ST_CONFLICT);
        assert_int_equal(fixture_number("SELECT COUNT(*) FROM journal_archived"), i + 1);
    }
}

static void hundreds_of_records_are_told_in_order(void **state)
{
    uint64_t sum = 0;

    (void)state;
    for (uint64_t seq = 100; seq < 700; seq++)
        record(seq, seq, seq < 400 ? 20260101 : 20260202);
    assert_ok(store_archived_each(fixture()->store, 202601, 202602, count_file, &sum, err));
    assert_int_equal(sum, 600);
}

/* ---- months that leave ---- */

struct told {
    struct month_end at[TOLD_MAX];
    size_t count;
};

static enum status listen_to(void *ctx, const struct month_end *end, struct err *err)
{
    struct told *told = ctx;

    (void)err;
    assert_true(told->count < TOLD_MAX);
    told->at[told->count++] = *end;
    return ST_OK;
}

static struct told end_before(struct store *store, int32_t keep, bool dry_run)
{
    struct told told = { .count = 0 };
    const struct months_end params = {
        .instance = "node1", .keep = keep, .dry_run = dry_run, .tell = listen_to, .ctx = &told
    };

    assert_ok(store_months_end(store, &params, err));
    return told;
}

/* Two lines in each month of January to April 2026: 1 2, 3 4 … */
static void fill(struct store *january)
{
    for (uint64_t i = 0; i < 8; i++)
        put(i + 1, (int32_t)(20260110 + i / 2 * 100 + i % 2));
    assert_int_equal(ahead(january), MONTHS_AHEAD + 1);
}

static bool online(struct store *store, int32_t month)
{
    bool is = false;

    assert_ok(store_month_is_online(store, month, &is, err));
    return is;
}

static void a_month_leaves_only_when_the_archive_has_every_line_of_it(void **state)
{
    AUTO(store_close) struct store *january = fixture_at(1768467600); /* 2026-01-15 */
    struct told told;

    (void)state;
    fill(january);
    told = end_before(january, 202603, false);
    assert_int_equal(told.count, 1);
    assert_false(told.at[0].gone);
    assert_int_equal(told.at[0].month, 202601);
    assert_non_null(strstr(told.at[0].why, "2 of the lines 1 to 2 of node1"));
    record(1, 1, 20260110);
    record(3, 4, 20260210);
    told = end_before(january, 202603, false); /* February must wait for January */
    assert_int_equal(told.count, 1);
    assert_non_null(strstr(told.at[0].why, "1 of the lines"));
    assert_int_equal(rows(), 8);
    record(2, 2, 20260111);
    told = end_before(january, 202603, true);
    assert_int_equal(told.count, 2);
    assert_int_equal(rows(), 8); /* a dry run does nothing */
    told = end_before(january, 202603, false);
    assert_true(told.count == 2 && told.at[0].gone && told.at[1].gone);
    assert_int_equal(rows(), 4);
    assert_false(online(january, 202602));
    assert_true(online(january, 202603));
    assert_true(online(january, 209912));
    told = end_before(january, 202603, false);
    assert_int_equal(told.count, 0); /* and does not end twice */
}

static void the_lines_of_another_instance_keep_the_month(void **state)
{
    AUTO(store_close) struct store *january = fixture_at(1768467600);
    struct told told;

    (void)state;
    fill(january);
    fixture_sql("UPDATE journal_event SET instance = 'node2' WHERE seq = 2");
    record(1, 2, 20260110);
    told = end_before(january, 202602, false);
    assert_int_equal(told.count, 1);
    assert_non_null(strstr(told.at[0].why, "node2"));
    assert_int_equal(rows(), 8);
}

static void the_last_month_stays_whatever_is_asked(void **state)
{
    AUTO(store_close) struct store *january = fixture_at(1768467600);

    (void)state;
    fill(january);
    record(1, 8, 20260110);
    const struct told told = end_before(january, 209901, false);
    assert_int_equal(told.count, MONTHS_AHEAD);
    put(9, 20260601);
    assert_int_equal(rows(), 3);
}

static void another_instance_at_it_is_told(void **state)
{
    struct told told = { .count = 0 };
    const struct months_end params = {
        .instance = "node1", .keep = 209901, .tell = listen_to, .ctx = &told
    };

    (void)state;
    fixture_sql("INSERT INTO lease VALUES ('journal months', 'other', NOW() + INTERVAL 1 YEAR)");
    assert_status(store_months_end(fixture()->store, &params, err), ST_CONFLICT);
}

static void what_was_restored_stays_its_time_and_goes_again(void **state)
{
    enum { T = 1768467600 };
    AUTO(store_close) struct store *january = fixture_at(T);
    AUTO(store_close) struct store *february = fixture_at(T + 31 * DAY_S);
    struct told told;

    (void)state;
    fill(january);
    record(1, 2, 20260110);
    record(3, 4, 20260210);
    assert_status(store_month_restore(january, 202601, 30, err), ST_CONFLICT); /* it is there */
    told = end_before(january, 202602, false);
    assert_int_equal(told.count, 1);
    assert_status(store_month_restored(january, 202601, err), ST_CONFLICT);
    assert_ok(store_month_restore(january, 202601, 30, err));
    put(1, 20260110);
    assert_false(online(january, 202601)); /* not all of it is back */
    put(2, 20260111);
    assert_ok(store_month_restored(january, 202601, err));
    assert_ok(store_month_restore(january, 202601, 30, err)); /* the same again */
    assert_true(online(january, 202601));
    assert_false(online(february, 202601)); /* its time is over */
    told = end_before(january, 202603, false);
    assert_true(told.count == 1 && !told.at[0].gone); /* February would take it along */
    assert_non_null(strstr(told.at[0].why, "202601"));
    assert_int_equal(rows(), 8);
    told = end_before(february, 202603, true);
    assert_true(told.count > 0 && told.at[0].month == 202601);
    assert_int_equal(rows(), 8);
    fixture_sql("DELETE FROM journal_archived WHERE first_seq = 1");
    told = end_before(february, 202602, false);
    assert_true(told.count == 1 && !told.at[0].gone && told.at[0].why[0]);
    record(1, 2, 20260110);
    told = end_before(february, 202602, false);
    assert_true(told.count == 1 && told.at[0].gone && told.at[0].month == 202601);
    assert_int_equal(rows(), 6);
    assert_int_equal(fixture_number("SELECT MIN(seq) FROM journal_event"), 3);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM journal_restored"), 0);
}

static void many_restored_rows_go_in_batches(void **state)
{
    AUTO(store_close) struct store *january = fixture_at(1768467600);
    AUTO(store_close) struct store *later = fixture_at(1768467600 + 40 * DAY_S);

    (void)state;
    assert_int_equal(ahead(january), MONTHS_AHEAD + 1);
    assert_ok(store_month_restore(january, 202511, 30, err));
    put(1, 20251101);
    fixture_sql("INSERT INTO journal_event SELECT day, instance, s.seq + 1, id, written_at,"
                " start_at, end_at, level, category, event, account, ip, exchange, message_id,"
                " session_id, signing, code, iin, text, line FROM journal_event,"
                " seq_1_to_12000 s");
    record(1, 12001, 20251101);
    put(12002, 20260101);
    const struct told told = end_before(later, 202511, false);
    assert_true(told.count == 1 && told.at[0].gone);
    assert_int_equal(rows(), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_schema, fixture_close)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(months_are_counted_as_the_calendar_does),
        TEST(months_are_made_ahead_once_and_by_one),
        TEST(what_is_there_before_gets_its_months_but_not_without_end),
        TEST(a_row_is_never_refused_for_its_day),
        TEST(instances_that_make_months_together_make_each_once),
        TEST(a_record_of_the_archive_is_made_once_and_never_overlaps),
        TEST(who_adds_at_the_same_time_does_not_overlap_either),
        TEST(hundreds_of_records_are_told_in_order),
        TEST(a_month_leaves_only_when_the_archive_has_every_line_of_it),
        TEST(the_lines_of_another_instance_keep_the_month),
        TEST(the_last_month_stays_whatever_is_asked),
        TEST(another_instance_at_it_is_told),
        TEST(what_was_restored_stays_its_time_and_goes_again),
        TEST(many_restored_rows_go_in_batches),
    };

    return fixture_run(tests, sizeof(tests) / sizeof(tests[0]));
}
