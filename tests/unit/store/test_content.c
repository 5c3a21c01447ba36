/* Contents in the database: sealed, bound to their rows, wiped when their time is over. */
#include "fixture.h"
#include "sample.h"

#include "base/text.h"
#include "crypto/encode.h"
#include "store/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

enum { T0 = 1795337000, DAY_S = 24 * 3600, LIFE_MS = 30 * 60 * 1000, MAX_BYTES = 1 << 20 };
#define CONTENT_KEEP_MS (INT64_C(30) * DAY_S * 1000)

static const uint8_t put_hash[32] = { 9, 8, 7 };
static const struct evidence_seal seal = { { "<e>sealed</e>", 13 }, true, 1795337123456 };

static struct sample create(struct store *store, unsigned number)
{
    struct sample sample = sample_of(number);
    int64_t created = 0, expires = 0;

    assert_ok(store_session_create(store, &sample.session, &sample.secrets, LIFE_MS, &created,
                                   &expires, err));
    return sample;
}

static void sign(struct store *store, const struct sample *sample)
{
    const struct session_put put = { 0, sample->done, 2, put_hash };
    bool is_signed = false;

    assert_ok(store_session_sign(store, &sample->session.id, &put, &is_signed, err));
    assert_true(is_signed);
}

static struct sample create_signed(struct store *store, unsigned number)
{
    struct sample sample = create(store, number);

    sign(store, &sample);
    return sample;
}

static enum status look(struct store *store, const struct id *id, struct signing_session **ret,
                        struct err *err)
{
    return store_session_find(store, &(struct session_key){ .id = id },
                              SESSION_DOCUMENTS | SESSION_RESULT, MAX_BYTES, ret, err);
}

static struct signing_session *find(struct store *store, const struct id *id)
{
    struct signing_session *session = NULL;

    assert_ok(look(store, id, &session, err));
    return session;
}

static void expect_whole(struct store *store, const struct sample *sample)
{
    AUTO(signing_session_free) struct signing_session *got = find(store, &sample->session.id);

    assert_int_equal(got->wiped_ms, 0);
    for (size_t i = 0; i < 2; i++) {
        assert_true(slice_eq(got->documents[i].content, sample->session.documents[i].content));
        assert_true(slice_eq(got->signed_documents[i].content, sample->done[i].content));
    }
}

static void contents_lie_sealed_beside_their_digests(void **state)
{
    struct store *store = fixture()->store;
    struct sample sample = create_signed(store, 1);

    (void)state;
    expect_whole(store, &sample);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM signing_document, signed_document WHERE"
                                    " LOCATE('PDF', signing_document.content)"
                                    " OR LOCATE('<a>', signing_document.content)"
                                    " OR LOCATE('signed', signed_document.content)"),
                     0);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM signing_document"
                                    " WHERE LEFT(content, 4) = x'01026b31'"
                                    " AND content_bytes = LENGTH(content) - 32"),
                     2);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM signing_document WHERE id = 3"
                                    " AND content_bytes = 9"
                                    " AND content_sha256 = UNHEX(SHA2('<a>ж</a>', 256))"),
                     1);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM signed_document WHERE document_id = 3"
                                    " AND content_bytes = 13"
                                    " AND content_sha256 = UNHEX(SHA2('<a>signed</a>', 256))"),
                     1);
}

/* What an attacker with the database at hand may try. */
static void a_content_of_another_row_or_touched_is_an_error_that_names_the_row(void **state)
{
    static const struct {
        const char *sql;
        const char *row;
    } table[] = {
        { "UPDATE signing_document a JOIN signing_document b ON b.session_id = a.session_id"
          " AND b.id = 3 SET a.content = b.content WHERE a.id = 7",
          "signing_document " },
        { "UPDATE signed_document a JOIN signed_document b ON b.session_id = a.session_id"
          " AND b.document_id = 3 SET a.content = b.content WHERE a.document_id = 7",
          "signed_document " },
        { "UPDATE signing_document a JOIN signed_document b ON b.session_id = a.session_id"
          " AND b.document_id = a.id SET a.content = b.content",
          "signing_document " },
        { "UPDATE signed_document SET content = LEFT(content, LENGTH(content) - 1)",
          "signed_document " },
        { "UPDATE signing_document SET content = INSERT(content, 20, 1, 'x')",
          "signing_document " },
        { "UPDATE signing_document SET content = '<a>другой</a>'", "signing_document " },
        { "UPDATE signing_document SET content = ''", "signing_document " },
        { "UPDATE signed_document SET content = x'003c612f3e'", "signed_document " },
    };
    struct store *store = fixture()->store;

    (void)state;
    for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct sample sample = create_signed(store, i + 1);
        struct signing_session *session = NULL;
        struct err err = { 0 };

        fixture_sql(table[i].sql);
        assert_int_equal(look(store, &sample.session.id, &session, &err), ST_INTERNAL);
        assert_string_equal(err.code, "vaultSeal");
        if (strncmp(err.text, table[i].row, strlen(table[i].row)) != 0 ||
            !strstr(err.text, sample.session.id.text))
            fail_msg("row %u: %s", i, err.text);
        fixture_sql("DELETE FROM signing_session");
    }
}

struct reader {
    pthread_t thread;
    const struct id *id;
    struct signing_session *session; /* what it found; the test's */
    enum status status;
    struct err err;
};

static void *read_session(void *arg)
{
    struct reader *reader = arg;

    reader->status = look(fixture()->store, reader->id, &reader->session, &reader->err);
    return NULL;
}

static bool somebody_waits_for_a_table(void)
{
    return fixture_number("SELECT COUNT(*) FROM information_schema.processlist"
                          " WHERE state LIKE 'Waiting for table metadata lock%'") > 0;
}

/* Lets a reader come as far as the signed documents, and changes them before he sees them. */
static enum status change_under_a_reader(struct db *db, void *ctx, struct err *err)
{
    struct reader *reader = ctx;

    TRY(db_run(db, SLICE("LOCK TABLES signed_document WRITE"), err));
    assert_int_equal(pthread_create(&reader->thread, NULL, read_session, reader), 0);
    for (unsigned i = 0; i < 100000 && !somebody_waits_for_a_table(); i++)
        (void)sched_yield();
    assert_true(somebody_waits_for_a_table());
    TRY(db_run(db, SLICE("UPDATE signed_document SET content = ''"), err));
    return db_run(db, SLICE("UNLOCK TABLES"), err);
}

static void who_reads_while_contents_go_reads_them_as_they_were(void **state)
{
    struct sample sample = create_signed(fixture()->store, 1);
    struct reader reader = { .id = &sample.session.id };

    (void)state;
    assert_ok(store_run(fixture()->store,
                        &(struct work){ .run = change_under_a_reader, .ctx = &reader }, err));
    assert_int_equal(pthread_join(reader.thread, NULL), 0);
    assert_int_equal(reader.status, ST_OK);
    AUTO(signing_session_free) struct signing_session *session = reader.session;
    for (size_t i = 0; i < 2; i++)
        assert_true(slice_eq(session->signed_documents[i].content, sample.done[i].content));
    assert_status(look(fixture()->store, &sample.session.id, &reader.session, err), ST_INTERNAL);
}

static void a_session_is_wiped_when_its_time_is_over_and_its_seal_made(void **state)
{
    AUTO(store_close) struct store *store = fixture_at(T0);
    AUTO(store_close) struct store *early = fixture_at(T0 + 30 * DAY_S - 1);
    AUTO(store_close) struct store *due = fixture_at(T0 + 30 * DAY_S);
    AUTO(store_close) struct store *soon = fixture_at(T0 + 30 * DAY_S + 3599);
    AUTO(store_close) struct store *again = fixture_at(T0 + 30 * DAY_S + 3600);
    struct sample live = create(store, 1);
    struct sample sample = create_signed(store, 2);
    struct id id;

    (void)state;
    (void)live;
    assert_status(store_wipe_take(due, CONTENT_KEEP_MS, &id, err), ST_NOT_FOUND); /* no seal yet */
    assert_ok(store_seal_keep(store, &sample.session.id, &seal, err));
    assert_status(store_wipe_take(early, CONTENT_KEEP_MS, &id, err), ST_NOT_FOUND);
    assert_ok(store_wipe_take(due, CONTENT_KEEP_MS, &id, err));
    assert_string_equal(id.text, sample.session.id.text);
    assert_status(store_wipe_take(soon, CONTENT_KEEP_MS, &id, err), ST_NOT_FOUND);
    assert_ok(store_wipe_take(again, CONTENT_KEEP_MS, &id, err)); /* nobody had done it */
}

static void what_was_never_signed_is_wiped_too(void **state)
{
    AUTO(store_close) struct store *store = fixture_at(T0);
    AUTO(store_close) struct store *late = fixture_at(T0 + 31 * DAY_S);
    struct sample cancelled = create(store, 1);
    bool done = false;
    struct id id;

    (void)state;
    assert_ok(store_session_end(store, &cancelled.session.id, SESSION_CANCELLED, "", err));
    assert_ok(store_wipe_take(late, CONTENT_KEEP_MS, &id, err));
    assert_ok(store_wipe_keep(late, &id, NULL, 0, &done, err));
    assert_true(done);
    AUTO(signing_session_free) struct signing_session *got = find(store, &id);
    assert_int_equal(got->wiped_ms, (T0 + 31 * DAY_S) * 1000LL);
    assert_int_equal(got->documents[0].content.len, 0);
    assert_status(store_wipe_take(late, 0, &id, err), ST_NOT_FOUND);
}

struct wiper {
    struct store *store;
    pthread_barrier_t *start;
    const struct id *session;
    bool done;
};

static void *wipe_once(void *arg)
{
    static const struct signed_document left[] = { { .id = 7, .content = { "seven", 5 } },
                                                   { .id = 3, .content = { "three", 5 } } };
    struct wiper *wiper = arg;
    struct err err;

    (void)pthread_barrier_wait(wiper->start);
    if (store_wipe_keep(wiper->store, wiper->session, left, 2, &wiper->done, &err) != ST_OK)
        abort();
    return NULL;
}

static void many_who_wipe_one_session_do_it_once(void **state)
{
    struct store *store = fixture()->store;
    struct sample sample = create_signed(store, 1);
    struct sample other = create_signed(store, 2);
    struct wiper wipers[THREADS];
    pthread_t threads[THREADS];
    pthread_barrier_t start;
    unsigned done = 0;

    (void)state;
    (void)pthread_barrier_init(&start, NULL, THREADS);
    for (unsigned i = 0; i < THREADS; i++) {
        wipers[i] = (struct wiper){ store, &start, &sample.session.id, false };
        assert_int_equal(pthread_create(&threads[i], NULL, wipe_once, &wipers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        (void)pthread_join(threads[i], NULL);
        done += wipers[i].done;
    }
    (void)pthread_barrier_destroy(&start);
    assert_int_equal(done, 1);
    AUTO(signing_session_free) struct signing_session *got = find(store, &sample.session.id);
    assert_true(got->wiped_ms > 0 && got->documents[0].content.len == 0);
    assert_true(slice_eq_str(got->signed_documents[0].content, "seven"));
    assert_true(slice_eq_str(got->signed_documents[1].content, "three"));
    assert_int_equal(got->signed_documents[0].evidence_count, 3); /* it stays */
    expect_whole(store, &other);
}

static void after_three_years_nothing_is_left(void **state)
{
    AUTO(store_close) struct store *store = fixture_at(T0);
    AUTO(store_close) struct store *early = fixture_at(T0 + 1096 * DAY_S - 1);
    AUTO(store_close) struct store *late = fixture_at(T0 + 1096 * DAY_S);
    struct swept swept;

    (void)state;
    for (unsigned i = 0; i < 60; i++)
        (void)create_signed(store, i + 1);
    fixture_sql("UPDATE signing_session SET ended_at = ended_at + INTERVAL 1 DAY"
                " ORDER BY id LIMIT 1");
    assert_ok(fixture_sweep(early, "node1", &swept, err));
    assert_int_equal(swept.deleted, 0);
    assert_ok(fixture_sweep(late, "node1", &swept, err));
    assert_int_equal(swept.deleted, 59);
    assert_ok(fixture_sweep(late, "node2", &swept, err));
    assert_int_equal(swept.deleted, 0);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM signing_session"), 1);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM signing_document"), 2);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM signed_document"), 2);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM evidence_seal"), 1);
}

/* ---- kept answers ---- */

static struct claim claim_on(const char *sender, const char *message)
{
    static const uint8_t payload[32] = { 0xaa };

    return (struct claim){
        .sender_id = sender,
        .message_id = message,
        .payload_sha256 = payload,
        .exchange = id_new(1795337000000),
        .lease_ms = 35000,
        .keep_ms = 1000000,
    };
}

static enum status ask(const struct claim *claim, struct bytes **ret_answer, struct err *err)
{
    enum claim_state state = CLAIM_RUNNING;
    struct claim_answer answer = { .bytes = NULL };

    TRY(store_claim(fixture()->store, claim, &state, &answer, err));
    *ret_answer = answer.bytes;
    return state == CLAIM_ANSWERED ? ST_OK : ST_CONFLICT;
}

static void keep_answer(const struct claim *claim, const char *answer)
{
    enum claim_state state = CLAIM_RUNNING;
    struct claim_answer none = { .bytes = NULL };

    assert_ok(store_claim(fixture()->store, claim, &state, &none, err));
    assert_int_equal(state, CLAIM_MINE);
    assert_ok(store_claim_keep(fixture()->store, claim, slice_str(answer), err));
}

static void kept_answers_lie_sealed(void **state)
{
    struct claim one = claim_on("a/b", "c");
    struct claim two = claim_on("a", "b/c");
    AUTO(bytes_free) struct bytes *answer = NULL;
    struct err err = { 0 };

    (void)state;
    keep_answer(&one, "<тайна/>");
    keep_answer(&two, "<другая/>");
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM claim WHERE LOCATE('айна', answer)"), 0);
    assert_int_equal(ask(&one, &answer, &err), ST_OK);
    assert_string_equal(answer->at, "<тайна/>");
    assert_int_equal(answer->len, strlen("<тайна/>"));
    fixture_sql("UPDATE claim a JOIN claim b ON b.sender_id = 'a/b' SET a.answer = b.answer"
                " WHERE a.sender_id = 'a'");
    struct bytes *none = NULL;
    assert_int_equal(ask(&two, &none, &err), ST_INTERNAL);
    assert_string_equal(err.code, "vaultSeal");
    assert_null(none);
    fixture_sql("UPDATE claim SET answer = '<mine/>' WHERE sender_id = 'a'");
    assert_int_equal(ask(&two, &none, &err), ST_INTERNAL);
    assert_string_equal(err.code, "vaultSeal");
    assert_null(none);
}

static void without_keys_nothing_is_stored(void **state)
{
    struct store_params params = fixture_params();
    AUTO(store_close) struct store *store = NULL;
    struct sample sample = sample_of(1);
    int64_t created = 0, expires = 0;

    (void)state;
    params.vault = NULL;
    assert_ok(store_open(&params, &store, err));
    assert_status(store_session_create(store, &sample.session, &sample.secrets, LIFE_MS, &created,
                                       &expires, err),
                  ST_INTERNAL);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM signing_session"), 0);
}

#define OWN(test) cmocka_unit_test_setup_teardown(test, fixture_schema, fixture_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OWN(contents_lie_sealed_beside_their_digests),
        OWN(a_content_of_another_row_or_touched_is_an_error_that_names_the_row),
        OWN(who_reads_while_contents_go_reads_them_as_they_were),
        OWN(a_session_is_wiped_when_its_time_is_over_and_its_seal_made),
        OWN(what_was_never_signed_is_wiped_too),
        OWN(many_who_wipe_one_session_do_it_once),
        OWN(after_three_years_nothing_is_left),
        OWN(kept_answers_lie_sealed),
        OWN(without_keys_nothing_is_stored),
    };

    return fixture_run(tests, sizeof(tests) / sizeof(tests[0]));
}
