/* What ЦОИД answered is kept byte for byte before it counts (req 2.16), sealed, and bound to its
 * verification. */
#include "coid_sample.h"
#include "fixture.h"

#include "base/file.h"
#include "base/text.h"
#include "crypto/vault.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { T0 = 1795337000, ARENA_MAX = 1 << 20 };

static const char body_1[] = "{\"result\":0.9731,\"iin\":\"800101300123\"}";
static const char body_2[] = "{\"result\":0.12,\"iin\":\"900101300124\"}";

static struct id call_of(const char *message, unsigned number)
{
    struct coid_begin begin = coid_begin_of(message, number);

    return coid_begun(fixture()->store, &begin, true).key;
}

static struct coid_evidence kept(struct store *store, const struct id *key, const char *body)
{
    struct coid_evidence evidence = coid_evidence_of(key, body);

    assert_ok(store_coid_evidence_keep(store, &evidence, err));
    return evidence;
}

static void expect_same(const struct coid_evidence *got, const struct coid_evidence *want)
{
    assert_string_equal(got->id.text, want->id.text);
    assert_int_equal(got->op, want->op);
    assert_string_equal(got->sender_id, want->sender_id);
    assert_string_equal(got->message_id, want->message_id);
    assert_string_equal(got->exchange.text, want->exchange.text);
    assert_string_equal(got->key.text, want->key.text);
    assert_int_equal(got->received_ms, want->received_ms);
    assert_int_equal(got->http_status, want->http_status);
    assert_true(slice_eq(got->request_body, want->request_body));
    assert_string_equal(got->request_jws, want->request_jws);
    assert_true(slice_eq(got->body, want->body));
    assert_string_equal(got->jws, want->jws);
    assert_true(slice_eq(got->certificate, want->certificate));
    assert_string_equal(got->verdict, want->verdict);
    assert_true(slice_eq(got->report, want->report));
}

static void expect_kept(struct store *store, const struct coid_evidence *want)
{
    AUTO(arena_free) struct arena *arena = arena_new(ARENA_MAX);
    struct coid_evidence got;

    assert_ok(store_coid_evidence_find(store, &want->id, arena, &got, err));
    expect_same(&got, want);
}

static void evidence_comes_back_byte_for_byte(void **state) /* req 2.16 */
{
    static const char nothing[] = "";
    struct id key = call_of("m1", 0);
    struct coid_evidence full = coid_evidence_of(&key, body_1);
    struct coid_evidence bare = {
        .id = id_new(1795337000000),
        .op = OP_GET_NEWS,
        .sender_id = "-",
        .message_id = "",
        .request_jws = nothing,
        .jws = nothing,
        .body = SLICE("<html>\0\xff bad gateway"),
        .http_status = 502,
        .verdict = "unsigned",
    };
    AUTO(arena_free) struct arena *arena = arena_new(ARENA_MAX);
    struct id unknown = id_new(1795337000000);
    struct coid_evidence got;

    (void)state;
    for (int op = OP_VERIFY_PHOTO; op <= OP_GET_NEWS; op++) {
        full.op = (enum operation)op;
        full.id = id_new(1795337000000);
        assert_ok(store_coid_evidence_keep(fixture()->store, &full, err));
        expect_kept(fixture()->store, &full);
    }
    assert_ok(store_coid_evidence_keep(fixture()->store, &bare, err));
    expect_kept(fixture()->store, &bare);
    assert_status(store_coid_evidence_find(fixture()->store, &unknown, arena, &got, err),
                  ST_NOT_FOUND);
    bare.id = unknown;
    bare.op = OP_CREATE_SIGNING_SESSION;
    assert_status(store_coid_evidence_keep(fixture()->store, &bare, err), ST_INTERNAL);
}

static void nothing_that_a_person_is_known_by_lies_open(void **state)
{
    struct id key = call_of("m1", 0);

    (void)state;
    (void)kept(fixture()->store, &key, body_1);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM coid_evidence WHERE"
                                    " LOCATE('result', body) OR LOCATE('айна', request_body)"
                                    " OR LOCATE('eyJ', jws) OR LOCATE('eyJ', request_jws)"),
                     0);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM coid_photo WHERE LOCATE('PNG', photo)"),
                     0);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM coid_call WHERE LENGTH(iin) = 12 + 32 AND"
                                    " LEFT(iin, 4) = x'01026b31' AND LOCATE('800101', iin) = 0"),
                     1);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM coid_evidence JOIN coid_photo WHERE"
                                    " LEFT(body, 4) = x'01026b31' AND LEFT(photo, 4) = x'01026b31'"
                                    " AND LENGTH(body) = 38 + 32"),
                     1);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM coid_evidence WHERE body_sha256 ="
                                    " UNHEX(SHA2('{\"result\":0.9731,\"iin\":\"800101300123\"}',"
                                    " 256))"),
                     1);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM coid_call WHERE photo_sha256 ="
                                    " UNHEX(SHA2(CONCAT(x'89504e470061', ' face', x'00'), 256))"),
                     1);
}

static void the_photo_that_was_sent_is_there(void **state)
{
    AUTO(arena_free) struct arena *arena = arena_new(ARENA_MAX);
    struct coid_begin begin = coid_begin_of("m1", 0);
    struct id unknown = id_new(1795337000000);
    struct slice photo;

    (void)state;
    (void)coid_begun(fixture()->store, &begin, true);
    assert_ok(store_coid_photo(fixture()->store, &begin.key, arena, &photo, err));
    assert_true(slice_eq(photo, begin.photo));
    assert_status(store_coid_photo(fixture()->store, &unknown, arena, &photo, err), ST_NOT_FOUND);
    fixture_sql("DELETE FROM coid_photo");
    assert_status(store_coid_photo(fixture()->store, &begin.key, arena, &photo, err), ST_NOT_FOUND);
}

/* What somebody who writes the database alone may try. */
static void what_was_moved_or_touched_is_an_error_that_names_the_row(void **state)
{
    static const struct {
        const char *sql;
        const char *what;
    } table[] = {
#define OF_OTHER(column)                                                                           \
    "UPDATE coid_evidence a JOIN coid_evidence b ON b.message_id = 'm2' SET a." column             \
    " = b." column " WHERE a.message_id = 'm1'"
        { OF_OTHER("body"), "/body" },
        { OF_OTHER("request_body"), "/request_body" },
        { OF_OTHER("jws"), "/jws" },
        { OF_OTHER("request_jws"), "/request_jws" },
        /* the whole row given for another verification's */
        { "UPDATE coid_evidence SET verification = (SELECT idempotency_key FROM coid_call"
          " WHERE message_id = 'm2') WHERE message_id = 'm1'",
          "coid_evidence " },
        { "UPDATE coid_evidence SET verification = NULL WHERE message_id = 'm1'",
          "coid_evidence " },
        { "UPDATE coid_evidence SET request_body = body", "/request_body" },
        { "UPDATE coid_evidence SET body = LEFT(body, LENGTH(body) - 1)", "/body" },
        { "UPDATE coid_evidence SET body = INSERT(body, 20, 1, 'x')", "/body" },
        { "UPDATE coid_evidence SET body = '{}'", "/body" },
        { "UPDATE coid_evidence SET body = ''", "/body" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        AUTO(arena_free) struct arena *arena = arena_new(ARENA_MAX);
        struct id one = call_of("m1", 0);
        struct id two = call_of("m2", 1);
        struct coid_evidence first = kept(fixture()->store, &one, body_1);
        struct coid_evidence second = coid_evidence_of(&two, body_2);
        struct coid_evidence got;
        struct err cause = { .text = "" };
        second.message_id = "m2";
        assert_ok(store_coid_evidence_keep(fixture()->store, &second, err));
        fixture_sql(table[i].sql);
        assert_int_equal(store_coid_evidence_find(fixture()->store, &first.id, arena, &got, &cause),
                         ST_INTERNAL);
        assert_string_equal(cause.code, "vaultSeal");
        if (!strstr(cause.text, table[i].what) || !strstr(cause.text, first.id.text))
            fail_msg("row %zu: %s", i, cause.text);
        fixture_sql("DELETE FROM coid_call");
        fixture_sql("DELETE FROM coid_evidence");
    }
}

static void another_verifications_photo_is_no_photo(void **state)
{
    AUTO(arena_free) struct arena *arena = arena_new(ARENA_MAX);
    struct id one = call_of("m1", 0);
    struct slice photo;
    struct err cause = { .text = "" };

    (void)state;
    (void)call_of("m2", 1);
    fixture_sql("UPDATE coid_photo a JOIN coid_call c ON c.idempotency_key = a.idempotency_key"
                " AND c.message_id = 'm1' JOIN coid_photo b ON b.idempotency_key <> "
                "a.idempotency_key SET a.photo = b.photo");
    assert_int_equal(store_coid_photo(fixture()->store, &one, arena, &photo, &cause), ST_INTERNAL);
    assert_string_equal(cause.code, "vaultSeal");
    assert_non_null(strstr(cause.text, one.text));
}

static void another_verifications_iin_is_no_iin(void **state)
{
    static const char *const changes[] = {
        "UPDATE coid_call a JOIN coid_call b ON b.message_id = 'm2' SET a.iin = b.iin"
        " WHERE a.message_id = 'm1'",
        "UPDATE coid_call SET iin = '900101300124'", /* never sealed */
        "UPDATE coid_call SET iin = ''",
    };
    struct coid_begin again = coid_begin_of("m1", 0);
    struct id one = call_of("m1", 0);
    struct coid_call call;
    bool fresh = false;

    (void)state;
    (void)call_of("m2", 1);
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        struct err cause = { .text = "" };
        fixture_sql(changes[i]);
        assert_int_equal(store_coid_find(fixture()->store, NULL, &one, &call, &cause), ST_INTERNAL);
        assert_string_equal(cause.code, "vaultSeal");
        assert_non_null(strstr(cause.text, one.text));
        assert_null(strstr(cause.text, "900101300124"));
        /* nor is it compared anew */
        assert_int_equal(store_coid_begin(fixture()->store, &again, &call, &fresh, &cause),
                         ST_INTERNAL);
    }
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM coid_call"), 2);
}

static void evidence_kept_again_is_the_same_and_never_other(void **state)
{
    struct id key = call_of("m1", 0);
    struct coid_evidence evidence = kept(fixture()->store, &key, body_1);
    struct coid_evidence other = evidence;

    (void)state;
    assert_ok(store_coid_evidence_keep(fixture()->store, &evidence, err)); /* its COMMIT was lost */
    other.body = slice_str(body_2);
    assert_status(store_coid_evidence_keep(fixture()->store, &other, err), ST_CONFLICT);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM coid_evidence"), 1);
    expect_kept(fixture()->store, &evidence);
}

static struct coid_evidence keep_like(struct store *store, const struct id *key, int http_status,
                                      const char *verdict)
{
    struct coid_evidence evidence = coid_evidence_of(key, verdict);

    evidence.http_status = http_status;
    evidence.verdict = verdict;
    assert_ok(store_coid_evidence_keep(store, &evidence, err));
    return evidence;
}

static void expect_newest(struct store *store, const struct id *key, enum operation op,
                          const struct coid_evidence *want)
{
    AUTO(arena_free) struct arena *arena = arena_new(ARENA_MAX);
    struct coid_evidence got;
    struct err cause = { .text = "" };
    enum status status = store_coid_evidence_of(store, key, op, arena, &got, &cause);

    assert_int_equal(status, want ? ST_OK : ST_NOT_FOUND);
    if (want)
        expect_same(&got, want);
}

static void the_newest_answer_that_counts_is_the_verifications(void **state)
{
    struct store *store = fixture()->store;
    struct id key = call_of("m1", 0);
    struct id other = call_of("m2", 1);

    (void)state;
    expect_newest(store, &key, OP_VERIFY_PHOTO, NULL);
    (void)keep_like(store, &key, 404, "valid"); /* a refusal tells no result */
    (void)keep_like(store, &key, 200, "invalid");
    (void)keep_like(store, &key, 200, "indeterminate");
    expect_newest(store, &key, OP_VERIFY_PHOTO, NULL);
    struct coid_evidence first = keep_like(store, &key, 200, "valid");
    (void)keep_like(store, &other, 200, "valid");
    (void)keep_like(store, &key, 406, "valid");
    expect_newest(store, &key, OP_VERIFY_PHOTO, &first);
    expect_newest(store, &key, OP_GET_PERSON_DATA, NULL);
    struct coid_evidence second = keep_like(store, &key, 200, "unsigned");
    expect_newest(store, &key, OP_VERIFY_PHOTO, &second);
}

static void all_evidence_of_a_verification_is_listed_oldest_first(void **state)
{
    struct id key = call_of("m1", 0);
    struct id other = call_of("m2", 1);
    struct coid_evidence evidence[3];
    struct id ids[3];
    size_t count = 9;

    (void)state;
    for (int i = 2; i >= 0; i--) { /* by when they came, not by their ids */
        AUTO(store_close) struct store *then = fixture_at(T0 - i);
        evidence[2 - i] = kept(then, &key, body_1);
    }
    (void)kept(fixture()->store, &other, body_2);
    assert_ok(store_coid_evidence_list(fixture()->store, &key, ids, 3, &count, err));
    assert_int_equal(count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(ids[i].text, evidence[i].id.text);
    assert_ok(store_coid_evidence_list(fixture()->store, &key, ids, 2, &count, err));
    assert_int_equal(count, 2);
    assert_string_equal(ids[1].text, evidence[1].id.text);
    fixture_sql("DELETE FROM coid_evidence");
    assert_ok(store_coid_evidence_list(fixture()->store, &key, ids, 3, &count, err));
    assert_int_equal(count, 0);
}

/* ---- keys ---- */

#define K1 "k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
#define K2 "k2 //79/Pv6+fj39vX08/Lx8O/u7ezr6uno5+bl5OPi4eA=\n"

static struct vault *vault_of(const char *keys)
{
    struct vault *vault = NULL;
    char path[256];

    (void)text_format(path, sizeof(path), "%s/rotated.keys", fixture()->server.dir);
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0 && file_write_all(fd, slice_str(keys)));
    assert_int_equal(close(fd), 0);
    assert_ok(vault_open(path, &vault, err));
    return vault;
}

static struct store *store_with(struct vault *vault)
{
    struct store_params params = fixture_params();
    struct store *store = NULL;

    params.vault = vault;
    assert_ok(store_open(&params, &store, err));
    return store;
}

static enum status count_call(void *ctx, const struct coid_call *call, struct err *err)
{
    (void)call;
    (void)err;
    ++*(size_t *)ctx;
    return ST_OK;
}

/* Numbers need nobody's IIN: they are told although its key is lost. */
static void expect_calls(struct store *store, size_t want)
{
    const struct coid_days days = { 20260101, 20261231 };
    size_t count = 0;

    assert_ok(store_coid_calls(store, &days, count_call, &count, err));
    assert_int_equal(count, want);
}

static void what_lies_under_an_old_key_opens_after_a_rotation(void **state)
{
    AUTO(vault_close) struct vault *rotated = vault_of(K2 K1);
    AUTO(vault_close) struct vault *fresh_only = vault_of(K2);
    AUTO(store_close) struct store *store = store_with(rotated);
    AUTO(store_close) struct store *without = store_with(fresh_only);
    AUTO(arena_free) struct arena *arena = arena_new(ARENA_MAX);
    struct coid_begin begin = coid_begin_of("m2", 1);
    struct id key = call_of("m1", 0);
    struct coid_evidence old = kept(fixture()->store, &key, body_1);
    struct coid_evidence got;
    struct coid_call call;
    struct slice photo;
    struct err cause = { .text = "" };

    (void)state;
    expect_kept(store, &old);
    assert_ok(store_coid_photo(store, &key, arena, &photo, err));
    assert_ok(store_coid_find(store, NULL, &key, &call, err));
    assert_string_equal(call.iin, coid_begin_of("m1", 0).iin);
    (void)coid_begun(store, &begin, true);
    struct coid_evidence fresh = kept(store, &begin.key, body_2);
    expect_kept(store, &fresh);
    assert_int_equal(
        fixture_number("SELECT COUNT(*) FROM coid_evidence WHERE LEFT(body, 4) = x'01026b32'"), 1);
    expect_kept(without, &fresh);
    assert_int_equal(store_coid_evidence_find(without, &old.id, arena, &got, &cause), ST_INTERNAL);
    assert_string_equal(cause.code, "vaultKey");
    assert_int_equal(store_coid_photo(without, &key, arena, &photo, &cause), ST_INTERNAL);
    assert_string_equal(cause.code, "vaultKey");
    assert_int_equal(store_coid_find(without, NULL, &key, &call, &cause), ST_INTERNAL);
    assert_string_equal(cause.code, "vaultKey");
    expect_calls(without, 2);
}

static void without_keys_nothing_is_kept(void **state)
{
    AUTO(store_close) struct store *store = store_with(NULL);
    struct coid_begin begin = coid_begin_of("m1", 0);
    struct coid_call call;
    bool fresh = false;

    (void)state;
    struct coid_evidence evidence = coid_evidence_of(&begin.key, body_1);
    assert_status(store_coid_begin(store, &begin, &call, &fresh, err), ST_INTERNAL);
    assert_status(store_coid_evidence_keep(store, &evidence, err), ST_INTERNAL);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM coid_call"), 0);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM coid_evidence"), 0);
}

static void an_arena_that_is_too_small_is_no_crash(void **state)
{
    AUTO(arena_free) struct arena *arena = arena_new(64);
    struct id key = call_of("m1", 0);
    struct coid_evidence evidence = kept(fixture()->store, &key, body_1);
    struct coid_evidence got;
    struct slice photo;

    (void)state;
    assert_status(store_coid_evidence_find(fixture()->store, &evidence.id, arena, &got, err),
                  ST_NOMEM);
    assert_status(store_coid_photo(fixture()->store, &key, arena, &photo, err), ST_NOMEM);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_schema, fixture_close)
    const struct CMUnitTest tests[] = {
        TEST(evidence_comes_back_byte_for_byte),
        TEST(nothing_that_a_person_is_known_by_lies_open),
        TEST(the_photo_that_was_sent_is_there),
        TEST(what_was_moved_or_touched_is_an_error_that_names_the_row),
        TEST(another_verifications_photo_is_no_photo),
        TEST(another_verifications_iin_is_no_iin),
        TEST(evidence_kept_again_is_the_same_and_never_other),
        TEST(the_newest_answer_that_counts_is_the_verifications),
        TEST(all_evidence_of_a_verification_is_listed_oldest_first),
        TEST(what_lies_under_an_old_key_opens_after_a_rotation),
        TEST(without_keys_nothing_is_kept),
        TEST(an_arena_that_is_too_small_is_no_crash),
    };

    return fixture_run(tests, sizeof(tests) / sizeof(tests[0]));
}
