/* Several signers in turn: who is matched to which expectation, in what order, and what a PUT by
 * the wrong one, by the same one again and by two at once comes to. */
#include "scene.h"

#include "base/text.h"
#include "crypto/encode.h"
#include "crypto/init.h"
#include "mobile/turn.h"
#include "wsse/wsse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define TESTOV "123456789011"
#define ZHUSUPOVA "987654321098"
#define TEST_BIN "123456789021"

/* ---- the rule alone ---- */

static const struct expected_signer testov = { TESTOV, "", 0, 0 };
static const struct expected_signer zhusupova = { ZHUSUPOVA, "", 0, 0 };
static const struct expected_signer anybody = { "", "", 0, 0 };
static const struct expected_signer individual = { "", "", ROLE_INDIVIDUAL, 0 };
static const struct expected_signer ceo = { "", "", ROLE_CEO, 0 };
static const struct expected_signer of_test = { "", TEST_BIN, 0, 0 };
static const struct expected_signer ceo_of_test = { TESTOV, TEST_BIN, ROLE_CEO, 0 };

static struct signer signer(const char *iin, const char *bin, unsigned roles)
{
    struct signer s = { .roles = roles };

    text_copy(s.iin, sizeof(s.iin), iin);
    text_copy(s.bin, sizeof(s.bin), bin);
    return s;
}

struct choice {
    const char *name;
    const struct expected_signer *expected[3]; /* up to NULL */
    int taken;                                 /* this turn is; -1: none */
    struct {
        const char *iin, *bin;
        unsigned roles;
    } signer;
    enum turn_kind kind;
    uint32_t compared; /* with whom he is compared */
};

static const struct choice choices[] = {
    { "the second", { &testov, &zhusupova }, -1, { ZHUSUPOVA, "", 1 }, TURN_OPEN, 1 },
    { "the first of two alike", { &anybody, &anybody }, -1, { TESTOV, "", 1 }, TURN_OPEN, 0 },
    { "what is left of two alike", { &anybody, &anybody }, 0, { TESTOV, "", 1 }, TURN_OPEN, 1 },
    { "the named before anybody", { &anybody, &testov }, -1, { TESTOV, "", 1 }, TURN_OPEN, 1 },
    { "the named before the role", { &individual, &testov }, -1, { TESTOV, "", 1 }, TURN_OPEN, 1 },
    { "BIN before role", { &ceo, &of_test }, -1, { TESTOV, TEST_BIN, ROLE_CEO }, TURN_OPEN, 1 },
    { "the most exactly named",
      { &testov, &of_test, &ceo_of_test },
      -1,
      { TESTOV, TEST_BIN, ROLE_CEO },
      TURN_OPEN,
      2 },
    { "the less exact when the exact is taken",
      { &ceo_of_test, &testov },
      0,
      { TESTOV, "", 1 },
      TURN_OPEN,
      1 },
    { "nobody of that IIN", { &testov, &zhusupova }, -1, { "1", "", 1 }, TURN_NONE, 0 },
    { "the right person without the role",
      { &zhusupova, &ceo_of_test },
      -1,
      { TESTOV, TEST_BIN, ROLE_EMPLOYEE },
      TURN_NONE,
      1 },
    { "a stranger to both", { &zhusupova, &ceo }, -1, { TESTOV, "", 1 }, TURN_NONE, 0 },
    { "whose turn is taken", { &testov, &zhusupova }, 0, { TESTOV, "", 1 }, TURN_NONE, 1 },
};

static void each_signer_takes_the_turn_that_names_him_best(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
        const struct choice *row = &choices[i];
        const struct signed_turn turn = { .turn = (uint32_t)row->taken };
        const struct signer who = signer(row->signer.iin, row->signer.bin, row->signer.roles);
        struct expected_signer expected[3];
        struct signing_session session = { .signers = expected,
                                           .turns = &turn,
                                           .turn_count = row->taken >= 0 };
        struct turn_chooser chooser = { .session = &session };

        print_message("  %s\n", row->name);
        while (session.signer_count < 3 && row->expected[session.signer_count]) {
            expected[session.signer_count] = *row->expected[session.signer_count];
            session.signer_count++;
        }
        assert_ptr_equal(turn_expect(&chooser, &who), &expected[row->compared]);
        assert_int_equal(chooser.kind, row->kind);
        if (row->kind == TURN_OPEN)
            assert_int_equal(chooser.turn, row->compared);
    }
}

static void the_signer_of_the_first_document_settles_the_turn(void **state)
{
    const struct expected_signer expected[] = { testov, zhusupova };
    const struct signing_session session = { .signers = expected, .signer_count = 2 };
    const struct signer first = signer(ZHUSUPOVA, "", 1), second = signer(TESTOV, "", 1);
    struct turn_chooser chooser = { .session = &session };

    (void)state;
    assert_ptr_equal(turn_expect(&chooser, &first), &expected[1]);
    assert_ptr_equal(turn_expect(&chooser, &second), &expected[1]);
    assert_int_equal(chooser.turn, 1);
}

static void nobody_is_expected_when_all_turns_are_taken(void **state)
{
    const struct signed_turn turns[] = { { .turn = 0 }, { .turn = 1 } };
    const struct expected_signer expected[] = { testov, anybody };
    const struct signer who = signer(ZHUSUPOVA, "", 1);

    (void)state;
    for (size_t signers = 0; signers <= 2; signers++) {
        const struct signing_session session = {
            .signers = expected, .signer_count = signers, .turns = turns, .turn_count = 2
        };
        struct turn_chooser chooser = { .session = &session };
        assert_null(turn_expect(&chooser, &who));
        assert_int_equal(chooser.kind, TURN_NONE);
    }
}

static void who_has_signed_is_known_again_by_iin_and_bin(void **state)
{
    const struct expected_signer expected[] = { testov, ceo_of_test };
    const struct signed_turn turn = { .turn = 0 };
    const struct signed_document done = { .id = 1, .turn = 0, .signer = signer(TESTOV, "", 1) };
    const struct signing_session session = { .signers = expected,
                                             .signer_count = 2,
                                             .turns = &turn,
                                             .turn_count = 1,
                                             .signed_documents = &done,
                                             .signed_count = 1 };
    const struct signer again = signer(TESTOV, "", 1), hat = signer(TESTOV, TEST_BIN, ROLE_CEO);
    struct turn_chooser one = { .session = &session }, other = one;

    (void)state;
    assert_ptr_equal(turn_expect(&one, &again), &expected[0]);
    assert_int_equal(one.kind, TURN_AGAIN);
    assert_ptr_equal(turn_expect(&other, &hat), &expected[1]);
    assert_int_equal(other.kind, TURN_OPEN);
}

/* ---- with telephones ---- */

static void open_for(struct scene *s, enum sign_method method, size_t documents)
{
    const struct expected_signer expected[] = { { TESTOV, "", ROLE_INDIVIDUAL, 0 },
                                                { ZHUSUPOVA, "", 0, 0 } };

    scene_init_signers(s, method, documents, expected, 2);
}

/* All documents anew by one holder, into the body to PUT. */
static void sign_by(struct scene *s, const char *holder)
{
    const struct cms_wish wish = { .holder = holder };

    bytes_free(TAKE(s->body));
    for (size_t i = 0; i < scene_stored(s)->document_count; i++)
        if (scene_stored(s)->method == METHOD_XML)
            scene_xml(s, i, holder, i ? "<second/>" : NULL);
        else
            scene_cms(s, i, &wish, NULL);
}

static void each_gets_the_original_and_the_last_ends_the_session(void **state)
{
    static const enum sign_method methods[] = { METHOD_XML, METHOD_CMS_WITH_DATA };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        AUTO(bytes_free) struct bytes *before = NULL;
        AUTO(bytes_free) struct bytes *after = NULL;
        struct scene s;
        struct err err;
        open_for(&s, methods[i], 2);
        assert_int_equal(json_print(s.json, 1 << 24, &before, &err), ST_OK);
        sign_by(&s, "individual-2"); /* the second first */
        scene_must_put(&s, 200, "success");
        assert_string_equal(scene_last(&s)->text,
                            "signatures are valid, 1 of 2 signers have signed");
        assert_string_equal(scene_last(&s)->iin, ZHUSUPOVA);
        assert_int_equal(scene_stored(&s)->state, SESSION_DOCUMENTS_SENT);
        scene_fetch_again(&s);
        assert_int_equal(json_print(s.json, 1 << 24, &after, &err), ST_OK);
        assert_string_equal(before->at, after->at); /* the original */
        sign_by(&s, "individual");
        scene_must_put(&s, 200, "success");
        assert_int_equal(scene_stored(&s)->state, SESSION_SIGNED);
        assert_int_equal(s.f.store.sessions[0].signed_count, 4);
        for (uint32_t n = 0; n < 4; n++) {
            const struct signed_document *one = &s.f.store.sessions[0].signed_documents[n];
            assert_int_equal(one->turn, n % 2);
            assert_string_equal(one->signer.iin, n % 2 ? ZHUSUPOVA : TESTOV);
        }
        scene_close(&s);
    }
}

/* Owner and role of the matched expectation stand in the report that is kept. */
static void the_report_kept_has_owner_and_role_of_its_turn(void **state)
{
    struct scene s;

    (void)state;
    open_for(&s, METHOD_CMS_WITH_DATA, 1);
    sign_by(&s, "individual-2");
    scene_must_put(&s, 200, "success");
    sign_by(&s, "individual");
    scene_must_put(&s, 200, "success");
    for (size_t turn = 0; turn < 2; turn++) {
        const struct signed_document *one = &s.f.store.sessions[0].signed_documents[turn];
        struct slice report = one->evidence[one->evidence_count - 1].data;
        assert_int_equal(one->evidence[one->evidence_count - 1].kind, EVIDENCE_REPORT);
        assert_non_null(memmem(report.at, report.len, "as expected", 11));
        const char *skipped = memmem(report.at, report.len, "any is accepted", 15);
        assert_int_equal(skipped != NULL, turn == 1); /* the second may have any role */
    }
    scene_close(&s);
}

static void a_wrong_person_is_refused_with_the_reason(void **state)
{
    struct scene s;

    (void)state;
    open_for(&s, METHOD_CMS_WITH_DATA, 1);
    sign_by(&s, "individual-2");
    scene_must_put(&s, 200, "success");
    sign_by(&s, "ceo"); /* the IIN of the first, but with a BIN: another capacity, no role */
    scene_must_put(&s, 403, "This document needs the signature of somebody with another authority");
    assert_non_null(strstr(scene_last(&s)->text, "role: "));
    assert_int_equal(scene_stored(&s)->failed_puts, 1);
    sign_by(&s, "individual");
    scene_must_put(&s, 200, "success");
    assert_int_equal(scene_stored(&s)->state, SESSION_SIGNED);
    scene_close(&s);
}

static void the_same_person_twice_is_409_and_the_same_put_200(void **state)
{
    static const char *const confirmations[] = { "", "{}" };
    struct bytes *own = NULL;
    struct scene s;
    struct err err;

    (void)state;
    open_for(&s, METHOD_CMS_WITH_DATA, 1);
    sign_by(&s, "individual");
    scene_must_put(&s, 200, "success");
    for (int after = 0; after < 2; after++) { /* while it waits for the other, and when signed */
        if (after == 0)
            assert_int_equal(json_print(s.json, 1 << 24, &own, &err), ST_OK);
        s.body = bytes_dup(bytes_slice(own));
        scene_must_put(&s, 200, "success"); /* the same bytes */
        assert_string_equal(scene_last(&s)->name, "put.repeated");
        scene_swap_text(&s, "\"version\":1", " \"version\" : 1 "); /* the same values */
        scene_must_put(&s, 200, "success");
        assert_string_equal(scene_last(&s)->name, "put.repeated");
        for (size_t i = 0; i < 2; i++) {
            bytes_free(s.body);
            s.body = bytes_dup(slice_str(confirmations[i]));
            scene_must_put(&s, 200, "success");
        }
        sign_by(&s, "individual"); /* signed anew */
        scene_must_put(&s, 409,
                       after ? "The documents of this QR code are signed"
                             : "You have signed these documents already");
        if (after) {
            bytes_free(own);
            break;
        }
        sign_by(&s, "individual-2");
        scene_must_put(&s, 200, "success");
    }
    assert_int_equal(scene_stored(&s)->failed_puts, 0);
    assert_int_equal(s.f.store.sessions[0].signed_count, 2);
    scene_close(&s);
}

/* The signature itself comes first: a forgery in the name of one who has signed tells nothing. */
static void a_forgery_of_one_who_has_signed_is_403(void **state)
{
    const struct cms_wish wish = { .holder = "individual" };
    struct scene s;

    (void)state;
    open_for(&s, METHOD_CMS_WITH_DATA, 1);
    sign_by(&s, "individual");
    scene_must_put(&s, 200, "success");
    scene_cms(&s, 0, &wish, "another content");
    scene_must_put(&s, 403, CHANGED);
    scene_close(&s);
}

/* Two telephones judge at once, and both found the same turn open: the later one is judged anew. */
static void who_loses_a_turn_takes_the_next_that_fits(void **state)
{
    const struct expected_signer expected[] = { anybody, anybody };
    const uint8_t other_hash[32] = { 1 };
    struct scene s;

    (void)state;
    scene_init_signers(&s, METHOD_CMS_WITH_DATA, 1, expected, 2);
    sign_by(&s, "individual");
    s.f.store.rival = &(struct session_put){ 0, NULL, 0, other_hash };
    scene_must_put(&s, 200, "success");
    assert_null(s.f.store.rival);
    assert_int_equal(s.f.store.sessions[0].turn_count, 2);
    assert_int_equal(s.f.store.sessions[0].signed_documents[0].turn, 1);
    assert_int_equal(scene_stored(&s)->state, SESSION_SIGNED);
    scene_close(&s);
}

/* His other telephone is done after this one looked how the session stands, and before it reads the
 * documents. */
static void who_signs_with_two_telephones_at_once_takes_one_turn(void **state)
{
    const struct expected_signer expected[] = { anybody, anybody };
    const struct signed_document done = { .id = fixture_file.id,
                                          .content = SLICE("signed"),
                                          .signer = signer(TESTOV, "", ROLE_INDIVIDUAL) };
    const uint8_t other_hash[32] = { 1 };
    struct scene s;

    (void)state;
    scene_init_signers(&s, METHOD_CMS_WITH_DATA, 1, expected, 2);
    sign_by(&s, "individual");
    s.f.store.early = &(struct session_put){ 0, &done, 1, other_hash };
    scene_must_put(&s, 409, "You have signed these documents already");
    assert_null(s.f.store.early);
    assert_int_equal(s.f.store.sessions[0].turn_count, 1);
    assert_int_equal(scene_stored(&s)->state, SESSION_DOCUMENTS_SENT);
    scene_close(&s);
}

static void who_loses_a_turn_to_the_very_same_put_hears_success(void **state)
{
    struct bytes *body = NULL;
    uint8_t hash[32];
    struct scene s;
    struct err err;

    (void)state;
    open_for(&s, METHOD_CMS_WITH_DATA, 1);
    sign_by(&s, "individual");
    assert_int_equal(json_print(s.json, 1 << 24, &body, &err), ST_OK);
    s.body = body;
    sha256(bytes_slice(body), hash);
    s.f.store.rival = &(struct session_put){ 0, NULL, 0, hash };
    scene_must_put(&s, 200, "success");
    assert_string_equal(scene_last(&s)->name, "put.repeated");
    assert_int_equal(s.f.store.sessions[0].turn_count, 1);
    scene_close(&s);
}

static void who_loses_the_only_turn_that_fits_is_refused(void **state)
{
    const uint8_t other_hash[32] = { 1 };
    struct scene s;

    (void)state;
    open_for(&s, METHOD_CMS_WITH_DATA, 1);
    sign_by(&s, "individual");
    s.f.store.rival = &(struct session_put){ 0, NULL, 0, other_hash };
    scene_must_put(&s, 403, "Somebody else must sign"); /* only the second is expected now */
    scene_close(&s);
}

static void what_expires_halfway_says_so_in_three_languages(void **state)
{
    static const struct {
        const char *language, *reason;
    } rows[] = {
        { "ru", "До истечения срока подписали не все, чьи подписи ожидались." },
        { "kk", "Мерзім өткенше қолтаңбасы күтілгендердің бәрі бірдей қол қойған жоқ." },
        { "en", "Not all whose signatures were expected signed before the end." },
    };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct session_query query = { 0 };
        struct reply reply = { 0 };
        struct scene s;
        struct err err;

        open_for(&s, METHOD_XML, 1);
        s.f.store.sessions[0].session.language = rows[i].language;
        sign_by(&s, "individual");
        scene_must_put(&s, 200, "success");
        fixture_pass(&s.f, 1800000);
        sign_by(&s, "individual-2");
        scene_must_put(&s, 403, "The QR code has expired");
        query.signing_session_id = s.created.id;
        assert_int_equal(mobile_status(s.f.mobile, "ekzamen", &query, &reply, &err), ST_OK);
        assert_int_equal(reply.session->state, SESSION_EXPIRED);
        assert_string_equal(reply.session->reason, rows[i].reason);
        assert_true(reply.session->signers[0].signed_ms > 0);
        assert_int_equal(reply.session->signers[1].signed_ms, 0);
        signing_session_free(reply.session);
        scene_close(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_signer_takes_the_turn_that_names_him_best),
        cmocka_unit_test(the_signer_of_the_first_document_settles_the_turn),
        cmocka_unit_test(nobody_is_expected_when_all_turns_are_taken),
        cmocka_unit_test(who_has_signed_is_known_again_by_iin_and_bin),
        cmocka_unit_test(each_gets_the_original_and_the_last_ends_the_session),
        cmocka_unit_test(the_report_kept_has_owner_and_role_of_its_turn),
        cmocka_unit_test(a_wrong_person_is_refused_with_the_reason),
        cmocka_unit_test(the_same_person_twice_is_409_and_the_same_put_200),
        cmocka_unit_test(a_forgery_of_one_who_has_signed_is_403),
        cmocka_unit_test(who_loses_a_turn_takes_the_next_that_fits),
        cmocka_unit_test(who_signs_with_two_telephones_at_once_takes_one_turn),
        cmocka_unit_test(who_loses_a_turn_to_the_very_same_put_hears_success),
        cmocka_unit_test(who_loses_the_only_turn_that_fits_is_refused),
        cmocka_unit_test(what_expires_halfway_says_so_in_three_languages),
    };
    struct err err;

    if (crypto_init(&err) != ST_OK || wsse_init(&err) != ST_OK)
        return 1;
    return cmocka_run_group_tests(tests, scene_open_notary, scene_close_notary);
}
