/* What the console shows beside the journal: numbers of its lines, sessions, kept answers. */
#include "fixture.h"
#include "sample.h"

#include "base/clock.h"
#include "base/text.h"
#include "store/lookup.h"

#include <stdlib.h>
#include <string.h>

#define NOON INT64_C(1795330800000) /* 2026-11-22 12:00, Astana */

static void put(uint64_t seq, const char *name, const char *code, int64_t took_ms, const char *text)
{
    const struct event_row row = {
        .id = "0193a000-0000-7000-8000-0000000000ff",
        .instance = SLICE("node1"),
        .line = SLICE("…"),
        .seq = seq,
        .at_ms = NOON,
        .day = day_of(NOON),
        .event = { .level = EVENT_INFO,
                   .name = name,
                   .account = "ekzamen",
                   .start_ms = NOON - took_ms,
                   .end_ms = NOON,
                   .code = code,
                   .text = text },
        .category = "INFO",
    };

    fixture_put(row);
}

struct told {
    char lines[64][160];
    size_t count;
    int64_t sum;
};

static void tell(void *ctx, const struct tally *t)
{
    struct told *told = ctx;

    (void)text_format(told->lines[told->count++ % 64], 160, "%s %s %s %s %lld: %lld %lld %lld",
                      t->event, t->code, t->account, t->reason, (long long)t->bucket,
                      (long long)t->count, (long long)t->sum_ms, (long long)t->max_ms);
    told->sum += t->count;
    assert_int_equal(t->hour, NOON / 3600000);
    assert_true(t->last_ms == NOON);
}

static bool has(const struct told *told, const char *line)
{
    for (size_t i = 0; i < told->count; i++)
        if (strcmp(told->lines[i], line) == 0)
            return true;
    return false;
}

static void count_all(struct tally_place *place, struct told *told)
{
    *told = (struct told){ .count = 0 };
    for (bool more = true; more;)
        assert_ok(store_tally(fixture()->store, place, tell, told, &more, err));
}

static void lines_are_counted_once_by_kind_and_time(void **state) /* req 0.60 */
{
    struct tally_place place = { .day = 20261122, .instance = "node1" };
    struct told told;

    (void)state;
    count_all(&place, &told);
    assert_int_equal(told.count, 0);
    put(500001, "exchange.answered", "SCSS001", 16, "Успешно");
    put(500002, "exchange.answered", "SCSS001", 17, "Успешно");
    put(500003, "exchange.answered", "SCSS001", 1000, "Успешно");
    put(500004, "exchange.answered", "SCE006", -5, "the clock was set back");
    put(500005, "put.refused", "403", 1, "document 54321: role: not for her");
    put(500006, "put.refused", "403", 1, "owner: another");
    put(500007, "put.refused", "403", 1, "the letter of Mr. X: no check of ours");
    put(500008, "coid.told", "200", 1, "operation=verifyPhoto total_ms=1 verdict=valid");
    count_all(&place, &told);
    assert_true(has(&told, "exchange.answered SCSS001 ekzamen  16: 2 33 17"));
    assert_true(has(&told, "exchange.answered SCSS001 ekzamen  39: 1 1000 1000"));
    assert_true(has(&told, "exchange.answered SCE006 ekzamen  0: 1 0 0"));
    assert_true(has(&told, "put.refused 403  role 0: 1 1 1"));
    assert_true(has(&told, "put.refused 403  owner 0: 1 1 1"));
    assert_true(has(&told, "put.refused 403  other 0: 1 1 1"));
    assert_true(has(&told, "coid.told 200  valid 0: 1 1 1"));
    assert_int_equal(told.sum, 8);
    count_all(&place, &told);
    assert_int_equal(told.sum, 0);
    put(500009, "put.verified", "", 1, "");
    count_all(&place, &told);
    assert_int_equal(told.sum, 1);
}

static void a_long_day_is_counted_in_pieces(void **state)
{
    struct tally_place place = { .day = 20261122, .instance = "node1" };
    struct told told = { .count = 0 };
    bool more = false;

    (void)state;
    put(1, "put.verified", "", 1, "");
    fixture_sql(
        "INSERT INTO journal_event SELECT day, instance, 1 + s.seq, id, written_at, start_at,"
        " end_at, level, category, event, account, ip, exchange, message_id, session_id,"
        " signing, code, iin, text, line FROM journal_event, seq_1_to_45000 s");
    assert_ok(store_tally(fixture()->store, &place, tell, &told, &more, err));
    assert_true(more && told.sum > 0 && told.sum < 45001);
    while (more)
        assert_ok(store_tally(fixture()->store, &place, tell, &told, &more, err));
    assert_int_equal(told.sum, 45001);
}

static void instances_of_a_day_follow_one_another(void **state)
{
    char instance[65] = "";

    (void)state;
    put(1, "put.verified", "", 1, "");
    fixture_sql("INSERT INTO journal_event SELECT day, 'a', seq, id, written_at, start_at, end_at,"
                " level, category, event, account, ip, exchange, message_id, session_id, signing,"
                " code, iin, text, line FROM journal_event");
    assert_ok(store_tally_instance(fixture()->store, 20261122, instance, err));
    assert_string_equal(instance, "a");
    assert_ok(store_tally_instance(fixture()->store, 20261122, instance, err));
    assert_string_equal(instance, "node1");
    assert_ok(store_tally_instance(fixture()->store, 20261122, instance, err));
    assert_string_equal(instance, "");
}

/* Made with an id of that time. */
static struct id session_of(unsigned number, int64_t at_ms)
{
    struct sample sample = sample_of(number);
    int64_t created, expires;

    sample.session.id = id_new(at_ms);
    assert_ok(store_session_create(fixture()->store, &sample.session, &sample.secrets, 60000,
                                   &created, &expires, err));
    return sample.session.id;
}

static void sessions_are_listed_by_time_sender_and_state(void **state) /* req 0.39 */
{
    AUTO(arena_free) struct arena *arena = arena_new(1 << 20);
    struct session_search search = { .from_ms = NOON, .to_ms = NOON + 2, .max = 2 };
    struct session_found found[4];
    struct session_file files[8];
    struct id ids[4];
    size_t count = 0;

    (void)state;
    for (unsigned i = 0; i < 4; i++)
        ids[i] = session_of(i + 1, NOON - 1 + i);
    assert_ok(store_session_list(fixture()->store, &search, arena, found, &count, err));
    assert_int_equal(count, 2);
    assert_string_equal(found[0].id.text, ids[3].text);
    assert_string_equal(found[1].id.text, ids[2].text);
    assert_string_equal(found[0].state, "created");
    assert_int_equal(found[0].documents, 2);
    search.before = found[1].id;
    assert_ok(store_session_list(fixture()->store, &search, arena, found, &count, err));
    assert_int_equal(count, 1);
    assert_string_equal(found[0].id.text, ids[1].text); /* the first is before from_ms */
    search.before = (struct id){ "" };
    (void)text_copy(search.state, sizeof(search.state), "signed");
    assert_ok(store_session_list(fixture()->store, &search, arena, found, &count, err));
    assert_int_equal(count, 0);
    fixture_sql("UPDATE signing_session SET expires_at = '2026-01-01'");
    (void)text_copy(search.state, sizeof(search.state), "expired");
    assert_ok(store_session_list(fixture()->store, &search, arena, found, &count, err));
    assert_int_equal(count, 2);
    (void)text_copy(search.sender, sizeof(search.sender), "nobody");
    assert_ok(store_session_list(fixture()->store, &search, arena, found, &count, err));
    assert_int_equal(count, 0);
    assert_ok(store_session_files(fixture()->store, &ids[0], 8, files, &count, err));
    assert_int_equal(count, 2);
    assert_true(files[0].turn == -1 && files[0].bytes > 0);
}

static void an_answer_is_given_to_its_own_exchange_alone(void **state) /* req 0.39 */
{
    static const uint8_t sha256[32] = { 1 };
    const struct claim claim = { .sender_id = "ekzamen",
                                 .message_id = "a1",
                                 .payload_sha256 = sha256,
                                 .exchange = id_new(NOON),
                                 .lease_ms = 60000,
                                 .keep_ms = 60000 };
    const struct id other = id_new(NOON);
    AUTO(bytes_free) struct bytes *answer = NULL;
    enum claim_state claimed;
    struct claim_answer before;
    struct store *store = fixture()->store;

    (void)state;
    assert_ok(store_claim(store, &claim, &claimed, &before, err));
    assert_status(store_answer_of(store, &claim.exchange, "ekzamen", "a1", &answer, err),
                  ST_NOT_FOUND);
    assert_ok(store_claim_keep(store, &claim, SLICE("<answer/>"), err));
    assert_status(store_answer_of(store, &other, "ekzamen", "a1", &answer, err), ST_NOT_FOUND);
    assert_status(store_answer_of(store, &claim.exchange, "ekzamen", "a2", &answer, err),
                  ST_NOT_FOUND);
    assert_ok(store_answer_of(store, &claim.exchange, "ekzamen", "a1", &answer, err));
    assert_string_equal(answer->at, "<answer/>");
    fixture_sql("UPDATE claim SET keep_until_at = '2020-01-01'");
    bytes_free(TAKE(answer));
    assert_status(store_answer_of(store, &claim.exchange, "ekzamen", "a1", &answer, err),
                  ST_NOT_FOUND);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_astana, fixture_close)
    const struct CMUnitTest tests[] = {
        TEST(lines_are_counted_once_by_kind_and_time),
        TEST(a_long_day_is_counted_in_pieces),
        TEST(instances_of_a_day_follow_one_another),
        TEST(sessions_are_listed_by_time_sender_and_state),
        TEST(an_answer_is_given_to_its_own_exchange_alone),
    };

    return fixture_run(tests, sizeof(tests) / sizeof(tests[0]));
}
