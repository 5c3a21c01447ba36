/* Base and delta together: what applies to what, what is said of a certificate, and when. */
#include "unit/crypto/crl_maker.h"

#include "base/text.h"
#include "crypto/crl_index.h"

#include <pthread.h>

#define HOUR_MS INT64_C(3600000)

enum { THREADS = 4, ROUNDS = 2000 };

static struct pki *pki;
static struct made namesake; /* of the CA's name, with another key */
static struct made leaf;     /* serial 0x1234 */

static int setup(void **state)
{
    setup_crypto(state);
    pki = pki_new(NULL);
    namesake = made_new(&(struct made_params){ .cn = "CA", .ca = true, .usage = "cRLSign" }, NULL);
    leaf = made_new(&(struct made_params){ .cn = "LEAF", .serial = "4660" }, &pki->ca);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    pki_free(pki);
    made_free(&namesake);
    made_free(&leaf);
    return 0;
}

enum { ABSENT = -2 };

/* A list whose one entry is the leaf's serial with this reason; ABSENT: it is empty. */
static struct crl *list_of(struct crl_params p, int reason)
{
    struct bytes *entries = bytes_new(1024);

    if (!p.issuer)
        p.issuer = &pki->ca;
    if (reason != ABSENT)
        add_entry(entries, &(struct entry_params){ .serial = SLICE("\x12\x34"), .reason = reason });
    p.entries = bytes_slice(entries);
    AUTO(bytes_free) struct bytes *der = make_crl(&p);
    bytes_free(entries);
    return parsed(der, p.issuer);
}

static struct crl_index *join(const struct crl *base, const struct crl *delta,
                              const struct crl_index *earlier)
{
    const struct crl_index_parts parts = { base, delta, earlier };
    struct crl_index *index = NULL;
    struct err err;

    assert_ok(crl_index_new(&parts, &index, &err), &err);
    return index;
}

static struct crl_answer ask(const struct crl_index *index, int64_t now_ms, int64_t skew_ms)
{
    const struct crl_query query = { leaf.cert, pki->ca.cert, now_ms, skew_ms };
    struct crl_answer answer;

    crl_index_judge(index, &query, &answer);
    return answer;
}

static void expect_text(const struct crl_answer *answer, const char *text)
{
    if (!strstr(answer->text, text))
        fail_msg("«%s» does not say «%s»", answer->text, text);
}

static void a_delta_changes_what_the_base_says(void **state) /* req 0.24 */
{
    static const struct {
        int base;
        int delta;
        enum crl_state state;
        const char *text;
    } rows[] = {
        { ABSENT, ABSENT, CRL_GOOD,
          "good by CRL no. 14 with delta no. 10 as of 2026-11-22T13:00:00+05:00" },
        { ABSENT, REASON_KEY_COMPROMISE, CRL_REVOKED,
          "revoked on 2026-07-11T16:24:55+05:00, reason keyCompromise, by CRL no. 14 with delta "
          "no. 10" },
        { ABSENT, NO_REASON, CRL_REVOKED, "reason unspecified" },
        { ABSENT, REASON_CERTIFICATE_HOLD, CRL_REVOKED, "reason certificateHold" },
        { ABSENT, REASON_REMOVE_FROM_CRL, CRL_GOOD, "good" },
        { REASON_CERTIFICATE_HOLD, ABSENT, CRL_REVOKED, "reason certificateHold" },
        { REASON_CERTIFICATE_HOLD, REASON_REMOVE_FROM_CRL, CRL_GOOD, "good" },
        { REASON_CERTIFICATE_HOLD, REASON_SUPERSEDED, CRL_REVOKED, "reason superseded" },
        { REASON_KEY_COMPROMISE, ABSENT, CRL_REVOKED, "reason keyCompromise" },
        /* what is revoked for good stays so */
        { REASON_KEY_COMPROMISE, REASON_REMOVE_FROM_CRL, CRL_REVOKED, "reason keyCompromise" },
        { REASON_UNSPECIFIED, REASON_REMOVE_FROM_CRL, CRL_REVOKED, "reason unspecified" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO(crl_free)
        struct crl *base = list_of((struct crl_params){ .number = 14 }, rows[i].base);
        AUTO(crl_free)
        struct crl *delta =
            list_of((struct crl_params){ .number = 10, .base_number = 14 }, rows[i].delta);
        AUTO(crl_index_free) struct crl_index *index = join(base, delta, NULL);
        assert_string_equal(crl_index_note(index), "");
        assert_ptr_equal(crl_index_delta(index), delta);
        struct crl_answer answer = ask(index, NOW_MS, 0);
        assert_int_equal(answer.state, rows[i].state);
        assert_false(answer.delta_missing);
        expect_text(&answer, rows[i].text);
    }
}

/* НУЦ РК numbers deltas apart (kz-crypto.md section 7): 14 with a delta to 14 that is no. 10. */
static void a_delta_that_does_not_apply_is_left_out_and_said_so(void **state)
{
    const struct {
        struct crl_params base, delta;
        const char *note; /* "": it applies */
    } rows[] = {
        { { .number = 14 }, { .number = 10, .base_number = 14 }, "" },
        { { .number = 14 }, { .number = 10, .base_number = 13 }, "" },
        { { .number = 14 }, { .number = 99, .base_number = 14 }, "" },
        { { .number = 14 },
          { .number = 10, .base_number = 15 },
          "the delta is not used: it needs base no. 15 or later and the base is no. 14" },
        { { .number = 0 }, { .number = 10, .base_number = 14 }, "the base has no number" },
        { { .number = 14, .this_ms = NOW_MS - HOUR_MS },
          { .number = 10, .base_number = 14, .this_ms = NOW_MS - HOUR_MS - 1000 },
          "it is older than the base" },
        { { .number = 14 },
          { .number = 10, .base_number = 14, .issuer = &namesake },
          "it is another issuer's" },
        { { .number = 14 },
          { .number = 10,
            .base_number = 14,
            .more = SLICE("\x30\x0f\x06\x03\x55\x1d\x1c\x01\x01\xff\x04\x05\x30\x03\x81\x01\xff") },
          "its scope is not the base's" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO(crl_free) struct crl *base = list_of(rows[i].base, ABSENT);
        AUTO(crl_free) struct crl *delta = list_of(rows[i].delta, REASON_KEY_COMPROMISE);
        AUTO(crl_index_free) struct crl_index *index = join(base, delta, NULL);
        bool applies = rows[i].note[0] == '\0';
        struct crl_answer answer = ask(index, NOW_MS, 0);
        if (!strstr(crl_index_note(index), rows[i].note))
            fail_msg("«%s» does not say «%s»", crl_index_note(index), rows[i].note);
        assert_ptr_equal(crl_index_delta(index), applies ? delta : NULL);
        assert_int_equal(answer.state, applies ? CRL_REVOKED : CRL_GOOD);
        assert_int_equal(answer.delta_missing, !applies);
        if (!applies)
            expect_text(&answer, "(without a delta)");
    }
}

static void lists_are_never_put_back(void **state)
{
    const struct crl_params old = { .number = 14, .this_ms = NOW_MS - 3 * HOUR_MS };
    const struct crl_params young = { .number = 15, .this_ms = NOW_MS - 2 * HOUR_MS };
    AUTO(crl_free) struct crl *base14 = list_of(old, ABSENT);
    AUTO(crl_free) struct crl *base15 = list_of(young, ABSENT);
    AUTO(crl_free)
    struct crl *delta10 =
        list_of((struct crl_params){ .number = 10, .base_number = 14, .this_ms = NOW_MS - HOUR_MS },
                ABSENT);
    AUTO(crl_free)
    struct crl *delta11 = list_of(
        (struct crl_params){ .number = 11, .base_number = 14, .this_ms = NOW_MS - HOUR_MS }, 1);
    AUTO(crl_free)
    struct crl *delta1_of_15 =
        list_of((struct crl_params){ .number = 1, .base_number = 15, .this_ms = NOW_MS }, 1);
    AUTO(crl_index_free) struct crl_index *first = join(base14, delta11, NULL);

    (void)state;
    /* an earlier delta, by its number */
    AUTO(crl_index_free) struct crl_index *second = join(base14, delta10, first);
    assert_ptr_equal(crl_index_delta(second), delta11);
    assert_non_null(strstr(crl_index_note(second), "older than the one that is used already"));
    assert_false(ask(second, NOW_MS, 0).delta_missing);
    /* the same again */
    AUTO(crl_index_free) struct crl_index *again = join(base14, delta11, first);
    assert_string_equal(crl_index_note(again), "");
    /* a new base, whose deltas are counted from one: the number of another base says nothing */
    AUTO(crl_index_free) struct crl_index *third = join(base15, delta1_of_15, first);
    assert_string_equal(crl_index_note(third), "");
    assert_ptr_equal(crl_index_base(third), base15);
    assert_ptr_equal(crl_index_delta(third), delta1_of_15);
    /* a delta of the earlier base fits the later base too, but says less than the one in use */
    AUTO(crl_index_free) struct crl_index *back = join(base15, delta11, third);
    assert_ptr_equal(crl_index_delta(back), delta1_of_15);
    assert_non_null(strstr(crl_index_note(back), "older than the one that is used already"));
    /* a new base alone keeps the earlier delta, which is younger than it */
    AUTO(crl_index_free) struct crl_index *fourth = join(base15, NULL, first);
    assert_ptr_equal(crl_index_delta(fourth), delta11);
    /* an earlier base; then the delta of the later one is used with the later one */
    AUTO(crl_index_free) struct crl_index *fifth = join(base14, NULL, third);
    assert_ptr_equal(crl_index_base(fifth), base15);
    assert_ptr_equal(crl_index_delta(fifth), delta1_of_15);
    assert_non_null(strstr(crl_index_note(fifth), "the base is older"));
    assert_false(ask(fifth, NOW_MS, 0).delta_missing);
    /* a base younger than the delta that was used: it holds what the delta said */
    AUTO(crl_free)
    struct crl *base16 = list_of((struct crl_params){ .number = 16, .this_ms = NOW_MS + 1000 }, 1);
    AUTO(crl_index_free) struct crl_index *sixth = join(base16, NULL, third);
    assert_null(crl_index_delta(sixth));
    assert_string_equal(crl_index_note(sixth), "");
}

static void an_answer_lasts_as_long_as_its_lists(void **state)
{
    /* the base: from -4 h to +1 h; the delta: from -2 h to `delta_to` */
    static const struct {
        int64_t delta_to;
        int64_t at;
        int64_t skew;
        enum crl_state state;
        enum crl_why why;
        bool delta_missing;
        const char *text;
    } rows[] = {
        { 0, 0, 0, CRL_REVOKED, CRL_WHY_NONE, false, "as of 2026-11-22T12:00:00+05:00" },
        { 0, 1, 0, CRL_REVOKED, CRL_WHY_NONE, true, "(the delta is stale)" },
        { 0, HOUR_MS, 0, CRL_REVOKED, CRL_WHY_NONE, true, "(the delta is stale)" },
        { 0, HOUR_MS + 1, 0, CRL_UNKNOWN, CRL_WHY_STALE, false,
          "CRL no. 14 with delta no. 10 has been stale since 2026-11-22T15:00:00+05:00" },
        { 0, HOUR_MS + 5, 5, CRL_REVOKED, CRL_WHY_NONE, true, "stale" },
        { 0, HOUR_MS + 6, 5, CRL_UNKNOWN, CRL_WHY_STALE, false, "stale" },
        { 3 * HOUR_MS, 2 * HOUR_MS, 0, CRL_REVOKED, CRL_WHY_NONE, false, "delta no. 10" },
        { 3 * HOUR_MS, 3 * HOUR_MS + 1, 0, CRL_UNKNOWN, CRL_WHY_STALE, false, "stale since" },
        /* before the delta was made the base alone was known */
        { 0, -2 * HOUR_MS, 0, CRL_REVOKED, CRL_WHY_NONE, false, "delta no. 10" },
        { 0, -2 * HOUR_MS - 1, 0, CRL_GOOD, CRL_WHY_NONE, false, "by CRL no. 14 as of" },
        { 0, -4 * HOUR_MS, 0, CRL_GOOD, CRL_WHY_NONE, false, "by CRL no. 14 as of" },
        { 0, -4 * HOUR_MS - 1, 0, CRL_UNKNOWN, CRL_WHY_NOT_YET_VALID, false,
          "CRL no. 14 is not valid before 2026-11-22T10:00:00+05:00" },
        { 0, -4 * HOUR_MS - 5, 5, CRL_GOOD, CRL_WHY_NONE, false, "by CRL no. 14 as of" },
    };
    AUTO(crl_free)
    struct crl *base = list_of((struct crl_params){ .number = 14,
                                                    .this_ms = NOW_MS - 4 * HOUR_MS,
                                                    .next_ms = NOW_MS + HOUR_MS },
                               ABSENT);

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO(crl_free)
        struct crl *delta = list_of((struct crl_params){ .number = 10,
                                                         .base_number = 14,
                                                         .this_ms = NOW_MS - 2 * HOUR_MS,
                                                         .next_ms = NOW_MS + rows[i].delta_to },
                                    REASON_SUPERSEDED);
        AUTO(crl_index_free) struct crl_index *index = join(base, delta, NULL);
        struct crl_answer answer = ask(index, NOW_MS + rows[i].at, rows[i].skew);
        if (answer.state != rows[i].state || answer.why != rows[i].why ||
            answer.delta_missing != rows[i].delta_missing)
            fail_msg("row %zu: state %d, why %d: %s", i, answer.state, answer.why, answer.text);
        expect_text(&answer, rows[i].text);
    }
}

static void a_list_answers_for_its_own_issuer_and_scope_only(void **state)
{
    static const char users[] =
        "\x30\x0f\x06\x03\x55\x1d\x1c\x01\x01\xff\x04\x05\x30\x03\x81\x01\xff";
    static const char authorities[] =
        "\x30\x0f\x06\x03\x55\x1d\x1c\x01\x01\xff\x04\x05\x30\x03\x82\x01\xff";
    struct made below =
        made_new(&(struct made_params){ .cn = "SUB", .ca = true, .usage = "cRLSign" }, &pki->ca);
    const struct slice none = SLICE("");
    const struct slice about_users = slice_mem(users, sizeof(users) - 1);
    const struct slice about_authorities = slice_mem(authorities, sizeof(authorities) - 1);
    const struct {
        const struct made *issuer;
        struct slice scope;
        const struct cert *subject, *above;
        enum crl_state state;
        enum crl_why why;
    } rows[] = {
        { &pki->ca, none, leaf.cert, pki->ca.cert, CRL_GOOD, CRL_WHY_NONE },
        { &pki->ca, none, below.cert, pki->ca.cert, CRL_GOOD, CRL_WHY_NONE },
        { &pki->ca, about_users, leaf.cert, pki->ca.cert, CRL_GOOD, CRL_WHY_NONE },
        { &pki->ca, about_users, below.cert, pki->ca.cert, CRL_UNKNOWN, CRL_WHY_SCOPE },
        { &pki->ca, about_authorities, below.cert, pki->ca.cert, CRL_GOOD, CRL_WHY_NONE },
        { &pki->ca, about_authorities, leaf.cert, pki->ca.cert, CRL_UNKNOWN, CRL_WHY_SCOPE },
        { &pki->root, none, leaf.cert, pki->ca.cert, CRL_UNKNOWN, CRL_WHY_ISSUER },
        { &pki->root, none, pki->ca.cert, pki->root.cert, CRL_GOOD, CRL_WHY_NONE },
        { &pki->ca, none, pki->ca.cert, pki->root.cert, CRL_UNKNOWN, CRL_WHY_ISSUER },
        { &namesake, none, leaf.cert, pki->ca.cert, CRL_UNKNOWN, CRL_WHY_ISSUER },
        { &pki->ca, none, leaf.cert, namesake.cert, CRL_UNKNOWN, CRL_WHY_ISSUER },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO(crl_free)
        struct crl *base = list_of(
            (struct crl_params){ .issuer = rows[i].issuer, .number = 1, .more = rows[i].scope },
            ABSENT);
        AUTO(crl_index_free) struct crl_index *index = join(base, NULL, NULL);
        const struct crl_query query = { rows[i].subject, rows[i].above, NOW_MS, 0 };
        struct crl_answer answer;
        crl_index_judge(index, &query, &answer);
        if (answer.state != rows[i].state || answer.why != rows[i].why)
            fail_msg("row %zu: state %d, why %d: %s", i, answer.state, answer.why, answer.text);
    }
    made_free(&below);
}

static void lists_in_the_wrong_place_are_refused(void **state)
{
    AUTO(crl_free) struct crl *base = list_of((struct crl_params){ .number = 14 }, ABSENT);
    AUTO(crl_free)
    struct crl *delta = list_of((struct crl_params){ .number = 10, .base_number = 14 }, ABSENT);
    AUTO(crl_free)
    struct crl *foreign = list_of((struct crl_params){ .issuer = &namesake, .number = 1 }, ABSENT);
    AUTO(crl_index_free) struct crl_index *earlier = join(foreign, NULL, NULL);
    const struct crl_index_parts rows[] = {
        { NULL, NULL, NULL }, { delta, NULL, NULL }, { base, base, NULL }, { base, NULL, earlier }
    };
    struct crl_index *index = NULL;
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(crl_index_new(&rows[i], &index, &err), ST_INPUT);
    assert_null(index);
}

static void a_real_pair_answers_within_its_dates(void **state) /* req 0.24 */
{
    static const struct {
        const char *serial;
        const char *at;
        enum crl_state state;
        const char *text;
    } rows[] = {
        /* 1C10401F8457B15DA39797B9693A63AC2CF8C506 */
        { "160214139417210426529320057661330046208852935942", "2025-06-01T00:00:00Z", CRL_REVOKED,
          "revoked on 2024-07-18T16:34:29+05:00, reason certificateHold, by CRL no. 14 with delta "
          "no. 10 as of 2025-04-29T09:46:49+05:00" },
        { "4660", "2025-06-01T00:00:00Z", CRL_GOOD, "good by CRL no. 14 with delta no. 10" },
        { "4660", "2025-10-26T05:00:00Z", CRL_GOOD, "good" }, /* the delta is a little longer */
        { "4660", "2025-10-27T00:00:00Z", CRL_UNKNOWN, "stale" },
        { "4660", "2025-04-01T00:00:00Z", CRL_UNKNOWN, "not valid before" },
    };

    (void)state;
    if (!have_vectors())
        skip();
    AUTO(cert_free) struct cert *issuer = vector_cert("ca-test/nca_gost2022_test.cer");
    AUTO(bytes_free) struct bytes *base_der = vector("crl/nca_gost2022_test.crl");
    AUTO(bytes_free) struct bytes *delta_der = vector("crl/nca_gost2022_d_test.crl");
    const struct made as_issuer = { .cert = issuer };
    AUTO(crl_free) struct crl *base = parsed(base_der, &as_issuer);
    AUTO(crl_free) struct crl *delta = parsed(delta_der, &as_issuer);
    AUTO(crl_index_free) struct crl_index *index = join(base, delta, NULL);
    assert_string_equal(crl_index_note(index), "");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct made stand_in =
            made_new(&(struct made_params){ .cn = "X",
                                            .serial = rows[i].serial,
                                            .issuer_cn = cert_signer(issuer)->common_name },
                     NULL);
        struct time_span at;
        assert_true(time_parse(slice_str(rows[i].at), &at));
        const struct crl_query query = { stand_in.cert, issuer, at.from_ms, 0 };
        struct crl_answer answer;
        crl_index_judge(index, &query, &answer);
        if (answer.state != rows[i].state)
            fail_msg("serial %s, %s: %s", cert_signer(stand_in.cert)->serial, rows[i].at,
                     answer.text);
        expect_text(&answer, rows[i].text);
        made_free(&stand_in);
    }
}

static void *ask_often(void *at)
{
    const struct crl_index *index = at;

    for (int i = 0; i < ROUNDS; i++) {
        AUTO(crl_index_free) struct crl_index *mine = crl_index_ref(index);
        if (ask(mine, NOW_MS, 0).state != CRL_REVOKED)
            return mine;
    }
    return NULL;
}

static void threads_share_an_index(void **state)
{
    AUTO(crl_free) struct crl *base = list_of((struct crl_params){ .number = 14 }, 6);
    AUTO(crl_free)
    struct crl *delta = list_of((struct crl_params){ .number = 10, .base_number = 14 }, 4);
    struct crl_index *index = join(base, delta, NULL);
    pthread_t threads[THREADS];

    (void)state;
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_often, index), 0);
    for (size_t i = 0; i < THREADS; i++) {
        void *failed = NULL;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    crl_index_free(index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_delta_changes_what_the_base_says),
        cmocka_unit_test(a_delta_that_does_not_apply_is_left_out_and_said_so),
        cmocka_unit_test(lists_are_never_put_back),
        cmocka_unit_test(an_answer_lasts_as_long_as_its_lists),
        cmocka_unit_test(a_list_answers_for_its_own_issuer_and_scope_only),
        cmocka_unit_test(lists_in_the_wrong_place_are_refused),
        cmocka_unit_test(a_real_pair_answers_within_its_dates),
        cmocka_unit_test(threads_share_an_index),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
