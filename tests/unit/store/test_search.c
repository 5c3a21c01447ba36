/* The console's search in the journal's table (req 0.39, 0.53). */
#include "fixture.h"

#include "store/search.h"

#include "base/clock.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_MS INT64_C(86400000)
#define NOON INT64_C(1795330800000) /* 2026-11-22 12:00, Astana */

static const struct event_row plain = {
    .id = "0193a000-0000-7000-8000-0000000000ff",
    .instance = SLICE("node1"),
    .line = SLICE("seq=\"1\" …"),
    .event = { .level = EVENT_INFO,
               .name = "exchange.answered",
               .account = "ekzamen",
               .ip = "10.1.2.3",
               .exchange = "0193a000-0000-7000-8000-000000000001",
               .message_id = "a1",
               .session_id = "s1",
               .signing = "0193a000-0000-7000-8000-00000000000a",
               .code = "SCSS001",
               .iin = "0123456789abcdef",
               .text = "Успешно" },
    .category = "INFO",
};

static void put(struct event_row row, const char *instance, uint64_t seq, int64_t at_ms)
{
    row.instance = slice_str(instance);
    row.seq = seq;
    row.at_ms = row.event.end_ms = at_ms;
    row.event.start_ms = at_ms - 20;
    row.day = day_of(at_ms);
    fixture_put(row);
}

static struct journal_search all(void)
{
    return (struct journal_search){ .from_ms = NOON - 40 * DAY_MS, .to_ms = NOON + 40 * DAY_MS };
}

/* "node1:3 node2:1 …" of one page. */
static void found_text(const struct journal_page *page, char *dst, size_t size)
{
    dst[0] = '\0';
    for (size_t i = 0; i < page->count; i++) {
        const size_t at = strlen(dst);
        (void)text_format(dst + at, size - at, "%s%s:%llu", i ? " " : "", page->found[i]->instance,
                          (unsigned long long)page->found[i]->seq);
    }
}

static void assert_found(const struct journal_search *search, const char *name, const char *want)
{
    AUTO(arena_free) struct arena *arena = arena_new(1 << 20);
    struct journal_page page = { .max = 50 };
    char got[2000];

    assert_ok(store_journal_search(fixture()->store, search, arena, &page, err));
    found_text(&page, got, sizeof(got));
    if (strcmp(got, want) != 0)
        fail_msg("%s: found «%s», not «%s»", name, got, want);
    assert_false(page.more);
}

/* What is set of `by`, over what `event` says. */
static void override(struct event *event, const struct event *by)
{
#define OVER(member)                                                                               \
    if (by->member)                                                                                \
    event->member = by->member
    OVER(exchange);
    OVER(signing);
    OVER(message_id);
    OVER(session_id);
    OVER(account);
    OVER(ip);
    OVER(name);
    OVER(code);
    OVER(iin);
    OVER(text);
    OVER(level);
#undef OVER
}

static void each_condition_finds_its_lines_and_no_other(void **state) /* req 0.39, 0.53 */
{
    static const char other_id[] = "0193a000-0000-7000-8000-0000000000ee";
    static const struct {
        const char *name;
        struct event_row row;
        struct journal_search search;
    } cases[] = {
#define ROW(...) { .event = { __VA_ARGS__ } }
        { "exchange",
          ROW(.exchange = other_id),
          { .exchange = { "0193a000-0000-7000-8000-0000000000ee" } } },
        { "signing",
          ROW(.signing = other_id),
          { .signing = { "0193a000-0000-7000-8000-0000000000ee" } } },
        { "message", ROW(.message_id = "A1"), { .message_id = "A1" } },
        { "session", ROW(.session_id = "s%"), { .session_id = "s%" } },
        { "account", ROW(.account = "другой"), { .account = "другой" } },
        { "ip", ROW(.ip = "10.1.2.4"), { .ip = "10.1.2.4" } },
        { "event", ROW(.name = "put.refused"), { .event = "put.refused" } },
        { "events", ROW(.name = "put.refused"), { .event = "put." } },
        { "code", ROW(.code = "SCSE003"), { .code = "SCSE003" } },
        { "iin", ROW(.iin = "fedcba9876543210"), { .iin = "fedcba9876543210" } },
        { "text", ROW(.text = "ОШИБКА 100% у_нас"), { .text = "ошибка 100% У_" } },
        { "level", ROW(.level = EVENT_ERROR), { .has_level = true, .level = EVENT_WARNING } },
        { "same level",
          ROW(.level = EVENT_WARNING),
          { .has_level = true, .level = EVENT_WARNING } },
        { "two at once",
          ROW(.code = "SCSE003", .account = "x"),
          { .code = "SCSE003", .account = "x" } },
#undef ROW
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct event_row row = plain;
        struct journal_search search = cases[i].search;

        override(&row.event, &cases[i].row.event);
        fixture_sql("DELETE FROM journal_event");
        put(plain, "node1", 1, NOON);
        put(row, "node1", 2, NOON);
        put(plain, "node2", 1, NOON);
        search.from_ms = NOON - DAY_MS;
        search.to_ms = NOON + DAY_MS;
        assert_found(&search, cases[i].name, "node1:2");
        search.from_ms = NOON + 1; /* an hour of the same day in which there is none */
        assert_found(&search, cases[i].name, "");
    }
}

static void a_service_finds_all_lines_of_its_exchanges(void **state) /* req 0.53 */
{
    struct journal_search search = all();
    struct event_row received = plain;
    struct event_row other = plain;

    (void)state;
    received.event.name = "exchange.received";
    received.event.text = "service=QR_SIGN operation=getSigningStatus";
    other.event.exchange = "0193a000-0000-7000-8000-000000000002";
    put(received, "node1", 1, NOON - 1000);
    put(plain, "node1", 2, NOON);
    put(other, "node1", 3, NOON);
    (void)text_copy(search.service, sizeof(search.service), "QR_SIGN");
    assert_found(&search, "service", "node1:2 node1:1");
    (void)text_copy(search.service, sizeof(search.service), "QR_SIG");
    assert_found(&search, "a service's beginning", "");
    (void)text_copy(search.service, sizeof(search.service), "QR%");
    assert_found(&search, "a pattern", "");
}

static void conditions_are_meant_to_the_letter(void **state) /* req 0.53 */
{
    struct journal_search search = all();

    (void)state;
    put(plain, "node1", 1, NOON);
    (void)text_copy(search.event, sizeof(search.event), "exchange");
    assert_found(&search, "an event's beginning without a dot", "");
    (void)text_copy(search.event, sizeof(search.event), "exchange_answered");
    assert_found(&search, "an event with a pattern's letter", "");
    search = all();
    (void)text_copy(search.text, sizeof(search.text), "Успешн_");
    assert_found(&search, "a text with a pattern's letter", "");
    (void)text_copy(search.text, sizeof(search.text), "Успешн");
    assert_found(&search, "the same without", "node1:1");
}

static void an_exchange_that_crosses_midnight_is_still_its_services(void **state) /* req 0.53 */
{
    const int64_t midnight = NOON + DAY_MS / 2; /* of Astana */
    struct journal_search search = { .from_ms = midnight, .to_ms = midnight + DAY_MS / 4 };
    struct event_row received = plain;

    (void)state;
    received.event.name = "exchange.received";
    received.event.text = "service=QR_SIGN operation=getSigningStatus";
    put(received, "node1", 1, midnight - 1000);
    put(plain, "node1", 2, midnight + 1000);
    (void)text_copy(search.service, sizeof(search.service), "QR_SIGN");
    assert_found(&search, "answered after midnight", "node1:2");
}

static void instances_meet_in_time_and_each_is_told_by_its_numbers(void **state)
{
    struct journal_search search = all();

    (void)state;
    put(plain, "node1", 1, NOON);
    put(plain, "node1", 2, NOON + 3000);
    put(plain, "node1", 3, NOON + 2000); /* the clock was set back */
    put(plain, "node2", 7, NOON + 1000);
    put(plain, "node2", 8, NOON + 2500);
    put(plain, "node2", 6, NOON - DAY_MS);
    assert_found(&search, "all", "node2:8 node1:3 node1:2 node2:7 node1:1 node2:6");
    search.from_ms = NOON + 2500;
    assert_found(&search, "from", "node1:2 node2:8");
    search.from_ms = search.to_ms = NOON;
    assert_found(&search, "one moment", "node1:1");
}

static void a_line_is_read_whole(void **state)
{
    AUTO(arena_free) struct arena *arena = arena_new(1 << 20);
    const struct journal_search search = all();
    struct journal_page page = { .max = 1 };
    struct event_row row = plain;

    (void)state;
    row.event.signing = "no id";
    put(row, "node1", 5, NOON);
    assert_ok(store_journal_search(fixture()->store, &search, arena, &page, err));
    assert_int_equal(page.count, 1);
    const struct journal_found *found = page.found[0];
    assert_string_equal(found->id.text, plain.id);
    assert_string_equal(found->exchange.text, plain.event.exchange);
    assert_string_equal(found->signing.text, "");
    assert_int_equal(found->day, 20261122);
    assert_true(found->at_ms == NOON && found->end_ms == NOON && found->start_ms == NOON - 20);
    assert_string_equal(found->level, "Informational");
    assert_string_equal(found->category, "INFO");
    assert_string_equal(found->event, "exchange.answered");
    assert_string_equal(found->account, "ekzamen");
    assert_string_equal(found->ip, "10.1.2.3");
    assert_string_equal(found->message_id, "a1");
    assert_string_equal(found->session_id, "s1");
    assert_string_equal(found->code, "SCSS001");
    assert_string_equal(found->iin, "0123456789abcdef");
    assert_string_equal(found->text, "Успешно");
}

/* Reads page after page by the place's text, inserting newer and late lines meanwhile. */
static size_t walk_pages(size_t max, size_t wanted, unsigned char *seen)
{
    const struct journal_search search = all();
    struct journal_page page = { .max = max };
    char place[SEARCH_PLACE] = "";
    size_t pages = 0;
    uint64_t fresh = 1000;

    do {
        AUTO(arena_free) struct arena *arena = arena_new(1 << 20);

        assert_true(journal_place_parse(slice_str(place), &page.place));
        assert_ok(store_journal_search(fixture()->store, &search, arena, &page, err));
        assert_true(page.count <= max);
        for (size_t i = 0; i < page.count; i++) {
            const struct journal_found *found = page.found[i];
            if (found->seq < 1000)
                seen[(size_t)(found->instance[4] - '1') * wanted + found->seq]++;
        }
        put(plain, pages % 2 ? "node1" : "node2", fresh++, NOON + DAY_MS);
        journal_place_text(&page.place, place);
        assert_true(++pages < 1000);
    } while (page.more);
    return pages;
}

static void pages_neither_skip_nor_double_lines_while_others_come(void **state)
{
    enum { LINES = 40 };
    unsigned char seen[3 * LINES];

    (void)state;
    for (uint64_t seq = 1; seq < LINES; seq++)
        for (int i = 0; i < 3; i++) {
            char name[16];
            (void)snprintf(name, sizeof(name), "node%d", i + 1);
            put(plain, name, seq,
                NOON - DAY_MS * (int64_t)((LINES - seq) / 7) +
                    (int64_t)(seq / 3 + (size_t)i) * 1000);
        }
    for (size_t max = 1; max < 14; max += 3) {
        memset(seen, 0, sizeof(seen));
        const size_t pages = walk_pages(max, LINES, seen);
        assert_true(pages >= (size_t)3 * (LINES - 1) / max);
        for (size_t i = 0; i < sizeof(seen); i++)
            if (seen[i] != (i % LINES != 0))
                fail_msg("pages of %zu: node%zu:%zu was seen %d times", max, i / LINES + 1,
                         i % LINES, seen[i]);
    }
}

static void who_has_no_time_left_goes_on_where_it_stopped(void **state)
{
    AUTO(arena_free) struct arena *arena = arena_new(1 << 20);
    const struct journal_search search = all();
    struct journal_page page = { .max = 10, .deadline_ms = 1 };

    (void)state;
    put(plain, "node1", 1, NOON);
    put(plain, "node1", 2, NOON - DAY_MS);
    assert_ok(store_journal_search(fixture()->store, &search, arena, &page, err));
    assert_int_equal(page.count, 0);
    assert_true(page.more && page.out_of_time && page.place.day == 20261122);
    page.deadline_ms = 0;
    assert_ok(store_journal_search(fixture()->store, &search, arena, &page, err));
    assert_int_equal(page.count, 2);
    assert_false(page.more || page.out_of_time);
}

/* A clock that goes on by one at each look, while it is `ticking`. */
static struct {
    bool ticking;
    int64_t now_ms;
} ticks;

int64_t __real_clock_monotonic_ms(void);
int64_t __wrap_clock_monotonic_ms(void);
int64_t __wrap_clock_monotonic_ms(void)
{
    return ticks.ticking ? ++ticks.now_ms : __real_clock_monotonic_ms();
}

/* One page with so many looks at the clock; *seen counts the lines by their seq. */
/* One day's line 1, and so many like it. */
static void put_long_day(unsigned lines)
{
    char sql[512];

    put(plain, "node1", 1, NOON);
    assert_true(text_format(
        sql, sizeof(sql),
        "INSERT INTO journal_event SELECT day, instance, 1 + s.seq, id, written_at, start_at,"
        " end_at, level, category, event, account, ip, exchange, message_id, session_id,"
        " signing, code, iin, text, line FROM journal_event, seq_1_to_%u s",
        lines));
    fixture_sql(sql);
}

static void search_a_while(const struct journal_search *search, struct journal_page *page,
                           int64_t looks, unsigned *seen)
{
    AUTO(arena_free) struct arena *arena = arena_new(1 << 20);

    ticks.ticking = true;
    page->deadline_ms = ticks.now_ms + looks;
    assert_ok(store_journal_search(fixture()->store, search, arena, page, err));
    ticks.ticking = false;
    assert_true(page->more || !page->out_of_time);
    for (size_t i = 0; i < page->count; i++)
        seen[page->found[i]->seq / 25000]++;
}

/* A long day between two others, in which a line is far down: time ends within it too, and whoever
 * goes on finds each line once. */
static void who_has_no_time_left_within_a_day_goes_on_there(void **state) /* req 0.53 */
{
    struct journal_search search = all();

    (void)state;
    put_long_day(100000);
    fixture_sql("UPDATE journal_event SET code = 'RARE' WHERE seq IN (3, 25003, 100001)");
    struct event_row row = plain;
    row.event.code = "RARE";
    put(row, "node1", 125000, NOON + DAY_MS);
    put(row, "node1", 150000, NOON - DAY_MS);
    (void)text_copy(search.code, sizeof(search.code), "RARE");
    bool within = false; /* opening a day takes some looks of its own */
    for (int64_t looks = 80; looks < 200; looks += 40) {
        struct journal_page page = { .max = 10 };
        unsigned seen[7] = { 0 };
        size_t pages = 0;
        do {
            search_a_while(&search, &page, looks, seen);
            within |= page.out_of_time && page.place.day == 20261122 && page.place.count == 1;
            assert_true(++pages < 100);
        } while (page.more);
        for (size_t i = 0; i < sizeof(seen) / sizeof(seen[0]); i++)
            if (seen[i] != (i == 0 || i == 1 || i >= 4))
                fail_msg("%lld looks: line %zu was seen %u times", (long long)looks, i, seen[i]);
    }
    assert_true(within);
}

/* Rows that the server has read so far. */
static long long rows_read(void)
{
    return fixture_number("SELECT SUM(variable_value) FROM information_schema.global_status"
                          " WHERE variable_name IN ('HANDLER_READ_NEXT', 'HANDLER_READ_PREV')");
}

static void an_id_leads_straight_to_its_lines(void **state)
{
    struct journal_search searches[4] = { all(), all(), all(), all() };

    (void)state;
    put(plain, "node1", 7000, NOON);
    fixture_sql(
        "INSERT INTO journal_event SELECT day, instance, s.seq, id, written_at, start_at,"
        " end_at, level, category, event, account, ip, NULL, '', session_id, NULL, code, '',"
        " text, line FROM journal_event, seq_1_to_20000 s WHERE s.seq <> 7000");
    fixture_sql("ANALYZE TABLE journal_event");
    searches[0].exchange = (struct id){ "0193a000-0000-7000-8000-000000000001" };
    searches[1].signing = (struct id){ "0193a000-0000-7000-8000-00000000000a" };
    (void)text_copy(searches[2].message_id, sizeof(searches[2].message_id), "a1");
    (void)text_copy(searches[3].iin, sizeof(searches[3].iin), "0123456789abcdef");
    for (size_t i = 0; i < 4; i++) {
        const long long before = rows_read();
        assert_found(&searches[i], "by an index", "node1:7000");
        const long long after = rows_read();
        if (after - before > 1000)
            fail_msg("search %zu read %lld rows", i, after - before);
    }
}

static void a_long_day_is_searched_in_slices(void **state)
{
    struct journal_search search = all();

    (void)state;
    put_long_day(60000);
    fixture_sql("UPDATE journal_event SET code = 'RARE', exchange = NULL"
                " WHERE seq IN (3, 25001, 35000, 60001)");
    (void)text_copy(search.code, sizeof(search.code), "RARE");
    assert_found(&search, "rare", "node1:60001 node1:35000 node1:25001 node1:3");
    search.code[0] = '\0';
    search.exchange = (struct id){ "0193a000-0000-7000-8000-0000000000ee" };
    assert_found(&search, "nothing", "");
}

static void bad_searches_are_refused_by_field_and_limit(void **state)
{
    AUTO(arena_free) struct arena *arena = arena_new(1 << 20);
    struct journal_search search = all();
    struct journal_page page = { .max = 10 };
    struct err why;

    (void)state;
    search.to_ms = search.from_ms + SEARCH_DAYS * DAY_MS;
    assert_int_equal(store_journal_search(fixture()->store, &search, arena, &page, &why), ST_INPUT);
    assert_string_equal(why.field, "from");
    assert_string_equal(why.limit, "92 days");
    search.to_ms -= DAY_MS;
    assert_ok(store_journal_search(fixture()->store, &search, arena, &page, err));
    search.to_ms = search.from_ms - 1;
    assert_int_equal(store_journal_search(fixture()->store, &search, arena, &page, &why), ST_INPUT);
    assert_string_equal(why.field, "to");
}

static void only_places_of_ours_are_read(void **state)
{
    static const char *const bad[] = {
        "2026",
        "20261122~",
        "20261122~node1",
        "20261122~node1:",
        "20261122~:1",
        "20261122~a b:1",
        "20261122~node1:-1",
        "20261122~node1:1~~",
        "20261322~a:1",
        "20261122 ~a:1",
        "20261122~a:12345678901234567890",
    };
    struct journal_place place;
    char text[SEARCH_PLACE];

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (strcmp(bad[i], "20261122~") != 0) /* a day without instances is a place */
            assert_false(journal_place_parse(slice_str(bad[i]), &place));
    assert_true(journal_place_parse(SLICE("20261122~node1:41~N.o_d-e:0"), &place));
    journal_place_text(&place, text);
    assert_string_equal(text, "20261122~node1:41~N.o_d-e:0");
    assert_true(journal_place_parse(SLICE(""), &place));
    assert_int_equal(place.day, 0);
}

static void an_id_is_known_by_what_bears_it(void **state) /* req 0.59 */
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        { "0193A000-0000-7000-8000-000000000001", "exchange" },
        { "0193a000-0000-7000-8000-00000000000a", "signing" },
        { "a1", "message" },
        { "s1", "session" },
        { "unknown", "session" },
        { "0193a000-0000-7000-8000-0000000000cc", "session" },
    };
    const struct id born = id_new(NOON);
    struct event_row row = plain;

    (void)state;
    put(plain, "node1", 1, NOON);
    (void)text_copy(row.id, sizeof(row.id), born.text);
    put(row, "node1", 2, NOON);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct journal_search search = all();
        assert_ok(store_journal_resolve(fixture()->store, cases[i].text, &search, err));
        const char *got = search.exchange.text[0]   ? "exchange"
                          : search.signing.text[0]  ? "signing"
                          : search.message_id[0]    ? "message"
                          : search.event_id.text[0] ? "event"
                                                    : "session";
        assert_string_equal(got, cases[i].want);
    }
    struct journal_search search = all();
    assert_ok(store_journal_resolve(fixture()->store, born.text, &search, err));
    assert_found(&search, "an event's own id", "node1:2");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_astana, fixture_close)
    const struct CMUnitTest tests[] = {
        TEST(each_condition_finds_its_lines_and_no_other),
        TEST(a_service_finds_all_lines_of_its_exchanges),
        TEST(conditions_are_meant_to_the_letter),
        TEST(an_exchange_that_crosses_midnight_is_still_its_services),
        TEST(instances_meet_in_time_and_each_is_told_by_its_numbers),
        TEST(a_line_is_read_whole),
        TEST(pages_neither_skip_nor_double_lines_while_others_come),
        TEST(who_has_no_time_left_goes_on_where_it_stopped),
        TEST(who_has_no_time_left_within_a_day_goes_on_there),
        TEST(an_id_leads_straight_to_its_lines),
        TEST(a_long_day_is_searched_in_slices),
        TEST(bad_searches_are_refused_by_field_and_limit),
        TEST(only_places_of_ours_are_read),
        TEST(an_id_is_known_by_what_bears_it),
    };

    return fixture_run(tests, sizeof(tests) / sizeof(tests[0]));
}
