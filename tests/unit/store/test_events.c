/* The journal's table as a sink: every line once, whatever is repeated (architecture.md 3.7). */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct event_row row_of(uint64_t seq)
{
    return (struct event_row){
        .seq = seq,
        .id = "0193a000-0000-7000-8000-0000000000ff",
        .instance = SLICE("node1"),
        .day = 20261122,
        .at_ms = 1795338187000,
        .line = SLICE("seq=\"1\" …"),
        .event = { .level = EVENT_WARNING,
                   .name = "exchange.answered",
                   .account = "ekzamen",
                   .ip = "10.1.2.3",
                   .start_ms = 1795338186910,
                   .end_ms = 1795338187120,
                   .exchange = "0193a000-0000-7000-8000-000000000001",
                   .message_id = "a1",
                   .session_id = "",
                   .signing = "as the caller wrote it",
                   .code = "SCSE002",
                   .iin = "0123456789abcdef",
                   .text = "Ошибка" },
        .category = "WARN",
    };
}

static uint64_t position(const char *instance)
{
    struct event_sink sink = store_event_sink(fixture()->store);
    uint64_t seq = 99;

    assert_ok(sink.position(sink.ctx, slice_str(instance), &seq, err));
    return seq;
}

static void a_line_becomes_a_row_that_can_be_searched(void **state)
{
    struct event_sink sink = store_event_sink(fixture()->store);
    struct event_row row = row_of(1);

    (void)state;
    assert_int_equal(position("node1"), 0);
    assert_ok(sink.put(sink.ctx, &row, 1, err));
    assert_int_equal(
        fixture_number(
            "SELECT COUNT(*) FROM journal_event WHERE day = 20261122 AND instance = 'node1'"
            " AND seq = 1 AND HEX(id) = '0193A000000070008000000000"
            "0000FF'"
            " AND written_at = '2026-11-22 09:03:07' AND start_at = '2026-11-22 09:03:06.910'"
            " AND end_at = '2026-11-22 09:03:07.120' AND level = 'Warning' AND category = 'WARN'"
            " AND event = 'exchange.answered' AND account = 'ekzamen' AND ip = '10.1.2.3'"
            " AND HEX(exchange) = '0193A000000070008000000000000001' AND message_id = 'a1'"
            " AND session_id = '' AND signing IS NULL AND code = 'SCSE002'"
            " AND iin = '0123456789abcdef' AND text = 'Ошибка' AND line LIKE 'seq=%'"),
        1);
    assert_int_equal(position("node1"), 1);
    assert_int_equal(position("node2"), 0);
}

static void repeated_and_overlapping_batches_are_stored_once(void **state)
{
    struct event_sink sink = store_event_sink(fixture()->store);
    struct event_row *rows = calloc(1000, sizeof(*rows));

    (void)state;
    for (size_t from = 1; from <= 2500; from += 750) {
        for (size_t i = 0; i < 1000; i++)
            rows[i] = row_of(from + i);
        for (int again = 0; again < 2; again++)
            assert_ok(sink.put(sink.ctx, rows, 1000, err));
    }
    assert_int_equal(position("node1"), 3250);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM journal_event"), 3250);
    assert_int_equal(fixture_number("SELECT COUNT(DISTINCT seq) FROM journal_event"), 3250);
    assert_ok(sink.put(sink.ctx, rows, 0, err));
    free(rows);
}

/* More rows than one INSERT holds, and not a multiple of it: one transaction all the same. */
static void thousands_of_rows_are_one_transaction(void **state)
{
    struct event_sink sink = store_event_sink(fixture()->store);
    struct event_row *rows = calloc(5001, sizeof(*rows));

    (void)state;
    for (size_t i = 0; i < 5001; i++)
        rows[i] = row_of(i + 1);
    rows[4321].line = SLICE("\xff");
    assert_status(sink.put(sink.ctx, rows, 5000, err), ST_INPUT);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM journal_event"), 0);
    rows[4321] = row_of(4322);
    assert_ok(sink.put(sink.ctx, rows, 4567, err));
    assert_int_equal(position("node1"), 4567);
    assert_ok(sink.put(sink.ctx, rows, 5000, err));
    assert_int_equal(fixture_number("SELECT COUNT(DISTINCT seq) FROM journal_event"), 5000);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM journal_event"
                                    " WHERE written_at = '2026-11-22 09:03:07'"),
                     5000);
    assert_status(sink.put(sink.ctx, rows, 5001, err), ST_INTERNAL);
    free(rows);
}

/* A server that took over without the last rows of the one before it. */
static void rows_that_leave_a_hole_are_not_taken(void **state)
{
    struct event_sink sink = store_event_sink(fixture()->store);
    const struct event_row rows[] = { row_of(1), row_of(2), row_of(3), row_of(4) };

    (void)state;
    assert_status(sink.put(sink.ctx, rows + 1, 3, err), ST_CONFLICT);
    assert_int_equal(position("node1"), 0);
    assert_ok(sink.put(sink.ctx, rows, 3, err));
    fixture_sql("DELETE FROM journal_event WHERE seq > 1");
    assert_status(sink.put(sink.ctx, rows + 3, 1, err), ST_CONFLICT);
    assert_int_equal(position("node1"), 1);
    assert_ok(sink.put(sink.ctx, rows + 1, 3, err));
    assert_int_equal(position("node1"), 4);
    fixture_sql("DELETE FROM journal_event"); /* all of them lie in the archive */
    fixture_sql(
        "INSERT INTO journal_archived (instance, first_seq, last_seq, file, month, first_day,"
        " last_day, sha256, line_count, archived_at) VALUES ('node1', 1, 3, 'f', 202611, 20261101,"
        " 20261102, UNHEX(SHA2('', 256)), 3, NOW(6))");
    assert_ok(sink.put(sink.ctx, rows + 3, 1, err));
}

static void an_instant_that_no_column_holds_blocks_nothing(void **state)
{
    struct event_sink sink = store_event_sink(fixture()->store);
    struct event_row rows[2] = { row_of(1), row_of(2) };

    (void)state;
    rows[0].event.start_ms = -1;
    rows[1].event.end_ms = INT64_MAX;
    assert_ok(sink.put(sink.ctx, rows, 2, err));
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM journal_event"
                                    " WHERE start_at = '1970-01-01' OR end_at = '1970-01-01'"),
                     2);
}

static void a_row_of_foreign_bytes_never_blocks_the_rest(void **state)
{
    struct event_sink sink = store_event_sink(fixture()->store);
    char long_text[16000];
    struct event_row rows[3] = { row_of(1), row_of(2), row_of(3) };

    (void)state;
    memset(long_text, 'x', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = '\0';
    rows[0].event.message_id = "bad \xff bytes";
    rows[1].event.text = rows[1].event.code = rows[1].event.account = long_text;
    rows[1].line = slice_str(long_text);
    rows[2].event.exchange = "";
    (void)snprintf(rows[2].id, sizeof(rows[2].id), "no id");
    assert_ok(sink.put(sink.ctx, rows, 3, err));
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM journal_event"), 3);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM journal_event"
                                    " WHERE message_id = '(not UTF-8, see line)'"),
                     1);
}

static void a_failing_batch_leaves_no_row(void **state)
{
    struct event_sink sink = store_event_sink(fixture()->store);
    struct event_row rows[2] = { row_of(1), row_of(2) };

    (void)state;
    rows[1].line = SLICE("\xff");
    assert_status(sink.put(sink.ctx, rows, 2, err), ST_INPUT);
    assert_int_equal(position("node1"), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_schema, fixture_close)
    const struct CMUnitTest tests[] = {
        TEST(a_line_becomes_a_row_that_can_be_searched),
        TEST(repeated_and_overlapping_batches_are_stored_once),
        TEST(thousands_of_rows_are_one_transaction),
        TEST(rows_that_leave_a_hole_are_not_taken),
        TEST(an_instant_that_no_column_holds_blocks_nothing),
        TEST(a_row_of_foreign_bytes_never_blocks_the_rest),
        TEST(a_failing_batch_leaves_no_row),
    };

    return fixture_run(tests, sizeof(tests) / sizeof(tests[0]));
}
