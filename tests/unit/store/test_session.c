/* A session's life in the database: flows.md section 1, payloads.md section 6. */
#include "fixture.h"
#include "sample.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { T0 = 1795337000, LIFE_MS = 30 * 60 * 1000, MAX_BYTES = 16 * 1024 * 1024 };

static const uint8_t put_hash[32] = { 9, 8, 7 };

static struct sample create_for(struct store *store, unsigned number, size_t signers)
{
    struct sample sample = sample_of(number);
    int64_t created = 0, expires = 0;

    sample.session.signer_count = signers;
    assert_ok(store_session_create(store, &sample.session, &sample.secrets, LIFE_MS, &created,
                                   &expires, err));
    assert_int_equal(expires - created, LIFE_MS);
    return sample;
}

static struct sample create(struct store *store, unsigned number)
{
    return create_for(store, number, 1);
}

static struct signing_session *find(struct store *store, const struct id *id, unsigned parts)
{
    struct signing_session *session = NULL;

    assert_ok(store_session_find(store, &(struct session_key){ .id = id }, parts, MAX_BYTES,
                                 &session, err));
    return session;
}

/* The only turn of a session, with the first `count` documents. */
static enum status sign_as(struct store *store, const struct sample *sample, size_t count,
                           const uint8_t hash[32], struct err *err)
{
    const struct session_put put = { 0, sample->done, count, hash };
    bool is_signed = false;
    enum status status = store_session_sign(store, &sample->session.id, &put, &is_signed, err);

    if (status == ST_OK)
        assert_true(is_signed);
    return status;
}

static enum status sign(struct store *store, const struct sample *sample, struct err *err)
{
    return sign_as(store, sample, 2, put_hash, err);
}

static enum session_state state_of(struct store *store, const struct id *id)
{
    AUTO(signing_session_free) struct signing_session *session = find(store, id, SESSION_HEAD);

    return session->state;
}

static void assert_names(const struct names *got, const struct names *want)
{
    assert_string_equal(got->ru, want->ru);
    assert_string_equal(got->kz, want->kz);
    assert_string_equal(got->en, want->en);
}

static void assert_document(const struct document *got, const struct document *want, bool content)
{
    assert_int_equal(got->id, want->id);
    assert_int_equal(got->method, want->method);
    assert_names(&got->name, &want->name);
    assert_int_equal(got->meta_count, want->meta_count);
    for (size_t i = 0; i < want->meta_count; i++) {
        assert_string_equal(got->meta[i].name, want->meta[i].name);
        assert_string_equal(got->meta[i].value, want->meta[i].value);
    }
    assert_int_equal(got->mime == NULL, want->mime == NULL);
    if (want->mime)
        assert_string_equal(got->mime, want->mime);
    assert_true(slice_eq(got->content, content ? want->content : (struct slice){ NULL, 0 }));
}

static void assert_session(const struct signing_session *got, const struct signing_session *want,
                           unsigned parts)
{
    assert_string_equal(got->id.text, want->id.text);
    assert_string_equal(got->sender_id, want->sender_id);
    assert_string_equal(got->description, want->description);
    assert_string_equal(got->language, want->language);
    assert_int_equal(got->method, want->method);
    assert_int_equal(got->auth, want->auth);
    assert_string_equal(got->back_url, want->back_url);
    assert_names(&got->organisation.name, &want->organisation.name);
    assert_string_equal(got->organisation.bin, want->organisation.bin);
    assert_int_equal(got->document_count, parts == SESSION_HEAD ? 0 : want->document_count);
    for (size_t i = 0; i < got->document_count; i++)
        assert_document(&got->documents[i], &want->documents[i], parts & SESSION_DOCUMENTS);
    assert_int_equal(got->signer_count, want->signer_count);
    for (size_t i = 0; i < want->signer_count; i++) {
        assert_string_equal(got->signers[i].iin, want->signers[i].iin);
        assert_string_equal(got->signers[i].bin, want->signers[i].bin);
        assert_int_equal(got->signers[i].roles, want->signers[i].roles);
    }
}

static void a_session_is_found_as_it_was_created_by_each_of_its_keys(void **state)
{
    AUTO(store_close) struct store *store = fixture_at(T0);
    struct sample sample = create_for(store, 1, SAMPLE_SIGNERS);
    const struct session_key keys[] = {
        { .id = &sample.session.id },
        { .token_sha256 = sample.secrets.token_sha256 },
        { .page_id_sha256 = sample.secrets.page_id_sha256 },
    };

    (void)state;
    (void)create(store, 2); /* a neighbour */
    for (size_t i = 0; i < 3; i++)
        for (unsigned parts = SESSION_HEAD; parts <= (SESSION_DOCUMENTS | SESSION_RESULT);
             parts++) {
            AUTO(signing_session_free) struct signing_session *got = NULL;
            assert_ok(store_session_find(store, &keys[i], parts, MAX_BYTES, &got, err));
            assert_session(got, &sample.session, parts);
            assert_int_equal(got->state, SESSION_CREATED);
            assert_string_equal(got->reason, "");
            assert_int_equal(got->read_ms, T0 * 1000LL);
            assert_int_equal(got->created_ms, T0 * 1000LL);
            assert_int_equal(got->expires_ms, T0 * 1000LL + LIFE_MS);
            assert_int_equal(got->scanned_ms + got->documents_sent_ms + got->ended_ms, 0);
            assert_int_equal(got->failed_puts, 0);
        }
}

static void a_stranger_finds_nothing(void **state)
{
    struct sample sample = create(fixture()->store, 1);
    struct id other = id_new(1);
    const struct session_key keys[] = {
        { .id = &other },
        { .token_sha256 = sample.secrets.page_id_sha256 }, /* a token is no page id */
        { .page_id_sha256 = sample.secrets.token_sha256 },
    };
    struct signing_session *got = NULL;

    (void)state;
    for (size_t i = 0; i < 3; i++)
        assert_status(store_session_find(fixture()->store, &keys[i], 0, MAX_BYTES, &got, err),
                      ST_NOT_FOUND);
    assert_status(store_session_advance(fixture()->store, &other, SESSION_SCANNED, err),
                  ST_NOT_FOUND);
    assert_null(got);
}

static void an_id_lives_once(void **state)
{
    struct sample sample = create(fixture()->store, 1);
    int64_t created, expires;

    (void)state;
    assert_status(store_session_create(fixture()->store, &sample.session, &sample.secrets, LIFE_MS,
                                       &created, &expires, err),
                  ST_CONFLICT);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM signing_document"), 2);
}

static void a_session_with_two_documents_of_one_id_is_refused_whole(void **state)
{
    struct sample sample = sample_of(1);
    struct document twins[2] = { sample.session.documents[0], sample.session.documents[0] };
    int64_t created, expires;

    (void)state;
    sample.session.documents = twins;
    assert_status(store_session_create(fixture()->store, &sample.session, &sample.secrets, LIFE_MS,
                                       &created, &expires, err),
                  ST_CONFLICT);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM signing_session"), 0);
}

static void a_session_goes_forward_only(void **state)
{
    AUTO(store_close) struct store *later = fixture_at(T0 + 60);
    AUTO(store_close) struct store *store = fixture_at(T0);
    struct sample sample = create(store, 1);
    const struct id *id = &sample.session.id;

    (void)state;
    for (int again = 0; again < 2; again++) { /* the second telephone changes nothing */
        assert_ok(store_session_advance(again ? later : store, id, SESSION_SCANNED, err));
        assert_int_equal(state_of(store, id), SESSION_SCANNED);
    }
    assert_ok(store_session_advance(store, id, SESSION_DOCUMENTS_SENT, err));
    assert_ok(store_session_advance(later, id, SESSION_SCANNED, err));
    assert_ok(store_session_advance(later, id, SESSION_DOCUMENTS_SENT, err));
    AUTO(signing_session_free) struct signing_session *got = find(store, id, SESSION_HEAD);
    assert_int_equal(got->state, SESSION_DOCUMENTS_SENT);
    assert_int_equal(got->scanned_ms, T0 * 1000LL);
    assert_int_equal(got->documents_sent_ms, T0 * 1000LL);
    assert_status(store_session_advance(store, id, SESSION_SIGNED, err), ST_INTERNAL);
}

static void a_signed_session_holds_documents_signers_and_evidence(void **state)
{
    struct store *store = fixture()->store;
    struct sample sample = create(store, 1);
    const struct id *id = &sample.session.id;
    const struct sample shuffled = { .session = sample.session,
                                     .done = { sample.done[1], sample.done[0] } };

    (void)state;
    assert_ok(sign(store, &shuffled, err));
    AUTO(signing_session_free) struct signing_session *got = find(store, id, SESSION_RESULT);
    assert_int_equal(got->state, SESSION_SIGNED);
    assert_true(got->ended_ms > 0);
    assert_int_equal(got->turn_count, 1);
    assert_memory_equal(got->turns[0].put_sha256, put_hash, 32);
    assert_int_equal(got->turns[0].signed_ms, got->ended_ms);
    assert_int_equal(got->signers[0].signed_ms, got->ended_ms);
    assert_int_equal(got->signed_count, 2);
    for (size_t i = 0; i < 2; i++) { /* in the order of documents */
        const struct signed_document *want = &sample.done[i];
        const struct signed_document *one = &got->signed_documents[i];
        assert_int_equal(one->id, want->id);
        assert_true(slice_eq(one->content, want->content));
        assert_int_equal(one->signed_at_ms, want->signed_at_ms);
        assert_memory_equal(&one->signer, &want->signer, sizeof(one->signer));
        assert_int_equal(one->evidence_count, want->evidence_count);
        for (size_t k = 0; k < want->evidence_count; k++) {
            assert_int_equal(one->evidence[k].kind, want->evidence[k].kind);
            assert_true(slice_eq(one->evidence[k].data, want->evidence[k].data));
        }
    }
    assert_status(sign(store, &sample, err), ST_CONFLICT);
    assert_status(store_session_end(store, id, SESSION_CANCELLED, "late", err), ST_CONFLICT);
    assert_status(store_session_advance(store, id, SESSION_SCANNED, err), ST_CONFLICT);
}

static void signing_is_all_or_nothing(void **state)
{
    struct store *store = fixture()->store;
    struct sample sample = create(store, 1);
    struct sample foreign = sample;

    (void)state;
    foreign.done[1].id = 99; /* no document of this session */
    assert_status(sign(store, &foreign, err), ST_CONFLICT);
    assert_int_equal(state_of(store, &sample.session.id), SESSION_CREATED);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM signing_turn"), 0);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM signed_document"), 0);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM evidence"), 0);
    assert_ok(sign(store, &sample, err));
}

static void the_fifth_refused_put_ends_the_session(void **state)
{
    struct store *store = fixture()->store;
    struct sample sample = create(store, 1);
    const struct id *id = &sample.session.id;
    enum session_state now = SESSION_CREATED;

    (void)state;
    assert_ok(store_session_advance(store, id, SESSION_DOCUMENTS_SENT, err));
    for (unsigned put = 1; put <= 5; put++) {
        char reason[32];
        (void)snprintf(reason, sizeof(reason), "reason %u", put);
        assert_ok(store_session_refuse_put(store, id, reason, &now, err));
        assert_int_equal(now, put < 5 ? SESSION_DOCUMENTS_SENT : SESSION_FAILED);
        AUTO(signing_session_free) struct signing_session *got = find(store, id, SESSION_HEAD);
        assert_int_equal(got->failed_puts, put);
        assert_string_equal(got->reason, reason);
        assert_int_equal(got->ended_ms > 0, put == 5);
    }
    assert_status(store_session_refuse_put(store, id, "sixth", &now, err), ST_CONFLICT);
    assert_status(sign(store, &sample, err), ST_CONFLICT);
}

static void a_cancelled_session_is_final(void **state)
{
    struct store *store = fixture()->store;
    struct sample sample = create(store, 1);
    const struct id *id = &sample.session.id;

    (void)state;
    assert_status(store_session_end(store, id, SESSION_SIGNED, "", err), ST_INTERNAL);
    assert_ok(store_session_end(store, id, SESSION_CANCELLED, "by the caller", err));
    AUTO(signing_session_free) struct signing_session *got = find(store, id, SESSION_HEAD);
    assert_int_equal(got->state, SESSION_CANCELLED);
    assert_string_equal(got->reason, "by the caller");
    assert_status(sign(store, &sample, err), ST_CONFLICT);
    assert_status(store_session_end(store, id, SESSION_FAILED, "", err), ST_CONFLICT);
}

static void every_live_state_expires_by_the_databases_clock(void **state)
{
    static const enum session_state ways[] = { SESSION_CREATED, SESSION_SCANNED,
                                               SESSION_DOCUMENTS_SENT };
    AUTO(store_close) struct store *before = fixture_at(T0 + LIFE_MS / 1000 - 1);
    AUTO(store_close) struct store *after = fixture_at(T0 + LIFE_MS / 1000);
    AUTO(store_close) struct store *store = fixture_at(T0);
    enum session_state now;
    struct swept done;

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct sample sample = create(store, i + 1);
        const struct id *id = &sample.session.id;
        if (ways[i] != SESSION_CREATED)
            assert_ok(store_session_advance(store, id, ways[i], err));
        assert_int_equal(state_of(before, id), ways[i]);
        assert_int_equal(state_of(after, id), SESSION_EXPIRED);
        assert_status(store_session_advance(after, id, SESSION_DOCUMENTS_SENT, err), ST_CONFLICT);
        assert_status(sign(after, &sample, err), ST_CONFLICT);
        assert_status(store_session_refuse_put(after, id, "", &now, err), ST_CONFLICT);
        assert_status(store_session_end(after, id, SESSION_CANCELLED, "", err), ST_CONFLICT);
        AUTO(signing_session_free) struct signing_session *got = find(after, id, SESSION_HEAD);
        assert_int_equal(got->ended_ms, got->expires_ms);
    }
    struct sample kept = create(store, 9);
    assert_ok(sign(before, &kept, err));
    assert_ok(fixture_sweep(before, "node1", &done, err));
    assert_int_equal(done.expired, 0);
    assert_ok(fixture_sweep(after, "node1", &done, err));
    assert_int_equal(done.expired, 3);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM signing_session WHERE state = 'expired'"
                                    " AND ended_at = expires_at"),
                     3);
    assert_int_equal(state_of(after, &kept.session.id), SESSION_SIGNED);
}

static const struct evidence_seal stamped = { { "<e>sealed</e>", 13 }, true, 1795337123456 };

/* The row is due at once, then a minute, two, four … an hour after each try. */
static void a_signed_session_waits_for_its_seal_and_is_tried_ever_less_often(void **state)
{
    static const int64_t pauses_s[] = { 60, 120, 240, 480, 960, 1920, 3600, 3600 };
    AUTO(store_close) struct store *store = fixture_at(T0);
    struct sample live = create(store, 1);
    struct sample sample = create(store, 2);
    int64_t now_s = T0;
    unsigned tries = 99;
    struct id id;

    (void)state;
    assert_status(store_seal_take(store, &id, &tries, err), ST_NOT_FOUND);
    assert_ok(store_session_advance(store, &live.session.id, SESSION_SCANNED, err));
    assert_ok(sign(store, &sample, err));
    for (size_t i = 0; i < sizeof(pauses_s) / sizeof(pauses_s[0]); i++) {
        AUTO(store_close) struct store *then = fixture_at(now_s);
        assert_ok(store_seal_take(then, &id, &tries, err));
        assert_string_equal(id.text, sample.session.id.text);
        assert_int_equal(tries, i);
        now_s += pauses_s[i];
        AUTO(store_close) struct store *early = fixture_at(now_s - 1);
        assert_status(store_seal_take(early, &id, &tries, err), ST_NOT_FOUND);
    }
}

static void the_first_seal_counts_and_ends_the_waiting(void **state)
{
    static const struct evidence_seal late = { { "<e>late</e>", 11 }, false, 1 };
    AUTO(store_close) struct store *store = fixture_at(T0);
    AUTO(store_close) struct store *later = fixture_at(T0 + 86400);
    struct sample sample = create(store, 1);
    const struct id *id = &sample.session.id;
    unsigned tries = 0;
    struct id taken;

    (void)state;
    assert_ok(sign(store, &sample, err));
    AUTO(signing_session_free) struct signing_session *before = find(store, id, SESSION_RESULT);
    assert_int_equal(before->seal.xml.len, 0);
    assert_ok(store_seal_keep(store, id, &stamped, err));
    assert_ok(store_seal_keep(store, id, &late, err));
    AUTO(signing_session_free) struct signing_session *got = find(store, id, SESSION_RESULT);
    assert_true(slice_eq(got->seal.xml, stamped.xml) && got->seal.is_stamped);
    assert_int_equal(got->seal.made_ms, stamped.made_ms);
    AUTO(signing_session_free) struct signing_session *head = find(store, id, SESSION_HEAD);
    assert_int_equal(head->seal.xml.len, 0);
    assert_status(store_seal_take(later, &taken, &tries, err), ST_NOT_FOUND);
}

struct taker {
    struct store *store;
    pthread_barrier_t *start;
    unsigned taken;
};

static void *take_all(void *arg)
{
    struct taker *taker = arg;
    unsigned tries;
    struct err err;
    struct id id;

    (void)pthread_barrier_wait(taker->start);
    for (unsigned i = 0; i < 40; i++)
        taker->taken += store_seal_take(taker->store, &id, &tries, &err) == ST_OK;
    return NULL;
}

static void each_session_is_taken_by_one_of_many(void **state)
{
    enum { SESSIONS = 10 };
    struct store *store = fixture()->store;
    struct taker takers[THREADS];
    pthread_t threads[THREADS];
    pthread_barrier_t start;
    unsigned taken = 0;

    (void)state;
    for (unsigned i = 0; i < SESSIONS; i++) {
        struct sample sample = create(store, i + 1);
        assert_ok(sign(store, &sample, err));
    }
    (void)pthread_barrier_init(&start, NULL, THREADS);
    for (size_t i = 0; i < THREADS; i++) {
        takers[i] = (struct taker){ .store = store, .start = &start };
        assert_int_equal(pthread_create(&threads[i], NULL, take_all, &takers[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        taken += takers[i].taken;
    }
    (void)pthread_barrier_destroy(&start);
    assert_int_equal(taken, SESSIONS);
}

static void fifteen_mib_go_in_and_out(void **state)
{
    struct store *store = fixture()->store;
    struct sample sample = sample_of(1);
    size_t size = (size_t)15 * 1024 * 1024;
    AUTO_FREE char *big = malloc(size);
    struct document document = sample.session.documents[0];
    int64_t created, expires;
    struct signing_session *got = NULL;

    (void)state;
    for (size_t i = 0; i < size; i++)
        big[i] = (char)(i * 2654435761U >> 11);
    document.content = slice_mem(big, size);
    sample.session.documents = &document;
    sample.session.document_count = 1;
    assert_ok(store_session_create(store, &sample.session, &sample.secrets, LIFE_MS, &created,
                                   &expires, err));
    sample.done[0].content = slice_mem(big, size);
    assert_ok(sign_as(store, &sample, 1, put_hash, err));
    const struct session_key key = { .id = &sample.session.id };
    assert_ok(store_session_find(store, &key, SESSION_DOCUMENTS | SESSION_RESULT, 2 * size + 1024,
                                 &got, err));
    assert_true(slice_eq(got->documents[0].content, slice_mem(big, size)));
    assert_true(slice_eq(got->signed_documents[0].content, slice_mem(big, size)));
    signing_session_free(got);
    assert_status(store_session_find(store, &key, SESSION_DOCUMENTS, size - 64, &got, err),
                  ST_INPUT); /* over max_bytes, whatever sealing adds */
    assert_ok(store_session_find(store, &key, SESSION_HEAD, 0, &got, err));
    signing_session_free(got);
}

struct race {
    struct store *store;
    const struct sample *sample;
    pthread_barrier_t *start;
    uint8_t hash[32];
    bool cancels;
    enum status got;
};

static void *race_to_end(void *arg)
{
    struct race *race = arg;
    struct err err;

    (void)pthread_barrier_wait(race->start);
    race->got = race->cancels ? store_session_end(race->store, &race->sample->session.id,
                                                  SESSION_CANCELLED, "", &err)
                              : sign_as(race->store, race->sample, 2, race->hash, &err);
    return NULL;
}

static void of_those_who_sign_and_cancel_at_once_one_wins(void **state)
{
    struct store *store = fixture()->store;

    (void)state;
    for (unsigned round = 0; round < 15; round++) {
        struct sample sample = create(store, round);
        struct race races[THREADS];
        pthread_t threads[THREADS];
        pthread_barrier_t start;
        size_t winners = 0, winner = 0;

        (void)pthread_barrier_init(&start, NULL, THREADS);
        for (size_t i = 0; i < THREADS; i++) {
            races[i] = (struct race){ .store = store,
                                      .sample = &sample,
                                      .start = &start,
                                      .hash = { (uint8_t)i },
                                      .cancels = i == 0 };
            assert_int_equal(pthread_create(&threads[i], NULL, race_to_end, &races[i]), 0);
        }
        for (size_t i = 0; i < THREADS; i++) {
            assert_int_equal(pthread_join(threads[i], NULL), 0);
            if (races[i].got == ST_OK) {
                winners++;
                winner = i;
            } else {
                assert_string_equal(status_name(races[i].got), "conflict");
            }
        }
        (void)pthread_barrier_destroy(&start);
        assert_int_equal(winners, 1);
        AUTO(signing_session_free)
        struct signing_session *got = find(store, &sample.session.id, SESSION_RESULT);
        assert_int_equal(got->state, winner == 0 ? SESSION_CANCELLED : SESSION_SIGNED);
        assert_int_equal(got->signed_count, winner == 0 ? 0 : 2);
        if (winner != 0)
            assert_int_equal(got->turns[0].put_sha256[0], winner);
    }
}

static void receipts_are_kept_and_found_by_both_hashes(void **state)
{
    struct store *store = fixture()->store;
    static const uint8_t signature[32] = { 1 }, cert[32] = { 2 };
    AUTO(bytes_free) struct bytes *got = NULL;

    (void)state;
    assert_status(store_find_receipt(store, signature, cert, &got, err), ST_NOT_FOUND);
    assert_ok(store_keep_receipt(store, signature, cert, slice_mem("\x30\0old", 5), err));
    assert_ok(store_keep_receipt(store, signature, cert, slice_mem("\x30\0new", 5), err));
    assert_status(store_find_receipt(store, cert, signature, &got, err), ST_NOT_FOUND);
    assert_ok(store_find_receipt(store, signature, cert, &got, err)); /* req 0.23 */
    assert_true(slice_eq(bytes_slice(got), slice_mem("\x30\0new", 5)));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_schema, fixture_close)
    const struct CMUnitTest tests[] = {
        TEST(a_session_is_found_as_it_was_created_by_each_of_its_keys),
        TEST(a_stranger_finds_nothing),
        TEST(an_id_lives_once),
        TEST(a_session_with_two_documents_of_one_id_is_refused_whole),
        TEST(a_session_goes_forward_only),
        TEST(a_signed_session_holds_documents_signers_and_evidence),
        TEST(signing_is_all_or_nothing),
        TEST(the_fifth_refused_put_ends_the_session),
        TEST(a_cancelled_session_is_final),
        TEST(every_live_state_expires_by_the_databases_clock),
        TEST(a_signed_session_waits_for_its_seal_and_is_tried_ever_less_often),
        TEST(the_first_seal_counts_and_ends_the_waiting),
        TEST(each_session_is_taken_by_one_of_many),
        TEST(fifteen_mib_go_in_and_out),
        TEST(of_those_who_sign_and_cancel_at_once_one_wins),
        TEST(receipts_are_kept_and_found_by_both_hashes),
    };

    return fixture_run(tests, sizeof(tests) / sizeof(tests[0]));
}
