/* A session from its creation to its result, as its sender sees it. */
#include "fixture.h"

#include "base/text.h"
#include "crypto/init.h"
#include "mobile/link.h"
#include "wsse/wsse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void an_answer_has_all_that_a_caller_shows(void **state)
{
    AUTO(arena_free) struct arena *arena = arena_new(1 << 20);
    struct reply reply = { .arena = arena };
    struct request req = { .op = OP_CREATE_SIGNING_SESSION };
    const struct session_created *c = &reply.created;
    struct fixture f;
    struct err err;
    char want[512];

    (void)state;
    fixture_init(&f);
    fixture_open(&f);
    req.payload.create = fixture_request(METHOD_CMS_WITH_DATA, AUTH_TOKEN, &fixture_file, 1);
    assert_int_equal(mobile_create(f.mobile, &f.sender, &req, &reply, &err), ST_OK);
    assert_int_equal(reply.op, OP_CREATE_SIGNING_SESSION);
    assert_int_equal(c->state, SESSION_CREATED);
    assert_int_equal(c->expires_ms, NOW_MS + 1800000);
    /* req 1.01 */
    assert_memory_equal(c->qr_text, "mobileSign:https://sign.example.kz/m/", 37);
    assert_int_equal(strlen(c->qr_text), 37 + 22 + 9);
    assert_string_equal(c->qr_text + 37 + 22, "/mgovSign");
    text_format(want, sizeof(want), "https://m.egov.kz/mobileSign/?link=%s", c->qr_text + 11);
    assert_string_equal(c->link, want);
    text_format(want, sizeof(want), "https://m.egov.kz/businessSign/?link=%s", c->qr_text + 11);
    assert_string_equal(c->business_link, want);
    assert_memory_equal(c->page_url, "https://sign.example.kz/sign/", 29);
    assert_int_equal(strlen(c->page_url), 29 + 22);
    assert_memory_not_equal(c->page_url + 29, c->qr_text + 37, 22);
    assert_memory_equal(c->qr_png.at, "\x89PNG", 4);
    assert_string_equal(fake_last(&f.journal)->name, "session.created");
    assert_string_equal(fake_last(&f.journal)->account, "ekzamen");
    assert_string_equal(fake_last(&f.journal)->signing, c->signing_session_id.text);
    fixture_close(&f);
}

/* req 1.02 1.03 C-25: the links are settings; the seed's own are among what can be set */
static void the_links_follow_their_templates(void **state)
{
    static const char *const ends[] = { "/mgovSign&isi=1476128386&ibi=kz.egov.mobile",
                                        "/mgovSign&apn=kz.mobile.mgov" };
    AUTO(arena_free) struct arena *arena = arena_new(1 << 20);
    struct reply reply = { .arena = arena };
    struct request req = { .op = OP_CREATE_SIGNING_SESSION };
    struct fixture f;
    struct err err;

    (void)state;
    fixture_init(&f);
    f.params.link_template = LINK_IOS;
    f.params.business_template = LINK_ANDROID;
    fixture_open(&f);
    req.payload.create = fixture_request(METHOD_CMS_WITH_DATA, AUTH_TOKEN, &fixture_file, 1);
    assert_int_equal(mobile_create(f.mobile, &f.sender, &req, &reply, &err), ST_OK);
    const char *const links[] = { reply.created.link, reply.created.business_link };
    for (size_t i = 0; i < 2; i++) {
        assert_memory_equal(links[i], "https://mgovsign.page.link/?link=https://sign.example.kz/m/",
                            59);
        assert_int_equal(strlen(links[i]), 59 + 22 + strlen(ends[i]));
        assert_string_equal(links[i] + 59 + 22, ends[i]);
    }
    fixture_close(&f);
}

static void names_default_to_russian_and_organisation_to_the_sender(void **state)
{
    struct document document = fixture_file;
    const struct signing_session *s;
    struct create_session req;
    struct created created;
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_open(&f);
    document.name = (struct names){ "Договор", "", NULL };
    req = fixture_request(METHOD_CMS_WITH_DATA, AUTH_NONE, &document, 1);
    req.language = "";
    fixture_create(&f, &req, &created);
    s = &f.store.sessions[0].session;
    assert_string_equal(s->documents[0].name.kz, "Договор");
    assert_string_equal(s->documents[0].name.en, "Договор");
    assert_string_equal(s->organisation.name.en, "NITEC");
    assert_string_equal(s->organisation.bin, SENDER_BIN);
    assert_string_equal(s->language, "ru");
    fixture_close(&f);
}

static void an_iin_goes_to_the_journal_as_iin_only(void **state)
{
    const struct expected_signer signer = { "123456789011", "", 0, 0 };
    struct create_session req = fixture_request(METHOD_XML, AUTH_NONE, &fixture_xml, 1);
    struct created created;
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_open(&f);
    req.signers = &signer;
    req.signer_count = 1;
    fixture_create(&f, &req, &created);
    /* C-27 */
    assert_string_equal(fake_last(&f.journal)->iin, "123456789011");
    assert_null(strstr(fake_last(&f.journal)->text, "123456789011"));
    fixture_close(&f);
}

static void a_failing_neighbour_is_no_success(void **state)
{
    struct create_session req = fixture_request(METHOD_XML, AUTH_NONE, &fixture_xml, 1);
    struct fixture f;
    struct err err;

    (void)state;
    fixture_init(&f);
    fixture_open(&f);
    f.journal.full = true;
    assert_int_equal(fixture_try(&f, &req, &err), ST_UNAVAILABLE);
    f.store.fails = ST_UNAVAILABLE;
    assert_int_equal(fixture_try(&f, &req, &err), ST_UNAVAILABLE);
    fixture_close(&f);
}

/* ---- status, result, cancel ---- */

static void ask(struct fixture *f, const struct created *created, const char *which)
{
    AUTO(bytes_free) struct bytes *json = NULL;
    struct asked asked = {
        "GET", which[0] == '1' ? created->api1_path : created->api2_path, "", "", { "", 0 }
    };

    assert_int_equal(fixture_ask(f, &asked, &json), 200);
}

static enum status status_of(struct fixture *f, const char *sender, const char *id,
                             struct reply *reply, struct err *err)
{
    const struct session_query query = { .signing_session_id = id };

    return mobile_status(f->mobile, sender, &query, reply, err);
}

static void must_be(struct fixture *f, const char *id, enum session_state want, const char *reason)
{
    struct reply reply = { 0 };
    struct err err;

    assert_int_equal(status_of(f, "ekzamen", id, &reply, &err), ST_OK);
    assert_int_equal(reply.op, OP_GET_SIGNING_STATUS);
    assert_int_equal(reply.session->state, want);
    if (reason[0])
        assert_non_null(strstr(reply.session->reason, reason));
    else
        assert_string_equal(reply.session->reason, "");
    signing_session_free(reply.session);
}

static void a_status_tells_the_way_of_a_session(void **state)
{
    struct create_session req = fixture_request(METHOD_XML, AUTH_NONE, &fixture_xml, 1);
    struct created created;
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_open(&f);
    fixture_create(&f, &req, &created);
    must_be(&f, created.id, SESSION_CREATED, "");
    ask(&f, &created, "1");
    must_be(&f, created.id, SESSION_SCANNED, "белый список");
    ask(&f, &created, "2");
    must_be(&f, created.id, SESSION_DOCUMENTS_SENT, "");
    ask(&f, &created, "1"); /* a second scan does not lead back */
    must_be(&f, created.id, SESSION_DOCUMENTS_SENT, "");
    fixture_pass(&f, 1800000);
    must_be(&f, created.id, SESSION_EXPIRED, "отказ"); /* req 1.46 */
    fixture_create(&f, &req, &created);
    fixture_pass(&f, 1800000);
    must_be(&f, created.id, SESSION_EXPIRED, "никто не запросил");
    req.language = "en";
    fixture_create(&f, &req, &created);
    ask(&f, &created, "1");
    must_be(&f, created.id, SESSION_SCANNED, "whitelist");
    fixture_close(&f);
}

static void a_session_is_its_senders_alone(void **state)
{
    struct create_session req = fixture_request(METHOD_XML, AUTH_NONE, &fixture_xml, 1);
    static const char *const ids[] = { "", "x", "0193aaaa-0000-7000-8000-000000000000" };
    struct reply reply = { 0 };
    struct created created;
    struct fixture f;
    struct err err;

    (void)state;
    fixture_init(&f);
    fixture_open(&f);
    fixture_create(&f, &req, &created);
    assert_int_equal(status_of(&f, "other", created.id, &reply, &err), ST_INPUT);
    assert_string_equal(err.code, "sessionUnknown");
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(status_of(&f, "ekzamen", ids[i], &reply, &err), ST_INPUT);
        assert_string_equal(err.code, "sessionUnknown");
        assert_string_equal(err.field, "signingSessionId");
    }
    assert_null(reply.session);
    fixture_close(&f);
}

static void cancelling_is_final_and_may_be_repeated(void **state)
{
    struct create_session req = fixture_request(METHOD_XML, AUTH_NONE, &fixture_xml, 1);
    struct reply reply = { 0 };
    struct request query = { .info = { .message_id = "m7" } };
    const struct mobile_sender other = { .sender_id = "other" };
    struct created created;
    struct fixture f;
    struct err err;

    (void)state;
    fixture_init(&f);
    fixture_open(&f);
    fixture_create(&f, &req, &created);
    assert_string_equal(fake_last(&f.journal)->exchange, f.peer.exchange.text);
    query.payload.query.signing_session_id = created.id;
    assert_int_equal(mobile_cancel(f.mobile, &other, &query, &reply, &err), ST_INPUT);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(mobile_cancel(f.mobile, &f.sender, &query, &reply, &err), ST_OK);
        assert_int_equal(reply.session->state, SESSION_CANCELLED);
        assert_string_equal(fake_last(&f.journal)->name, "session.cancelled");
        assert_string_equal(fake_last(&f.journal)->exchange, f.peer.exchange.text); /* req 0.59 */
        assert_string_equal(fake_last(&f.journal)->message_id, "m7");
        assert_string_equal(fake_last(&f.journal)->ip, "10.1.2.3"); /* req 0.45 */
    }
    fixture_create(&f, &req, &created);
    fixture_pass(&f, 1800000);
    assert_int_equal(mobile_cancel(f.mobile, &f.sender, &query, &reply, &err), ST_INPUT);
    assert_string_equal(err.code, "sessionFinal");
    assert_string_equal(err.limit, "expired");
    signing_session_free(reply.session);
    fixture_close(&f);
}

/* A signed session of two documents of n bytes each. */
static void sign(struct fixture *f, const struct created *created, struct slice content)
{
    const struct evidence_item evidence = { EVIDENCE_REPORT, SLICE("{}") };
    const struct signed_document documents[] = {
        { .id = 1, .content = content, .evidence = &evidence, .evidence_count = 1 },
        { .id = 2, .content = content, .evidence = &evidence, .evidence_count = 1 },
    };
    const uint8_t hash[32] = { 0 };
    const struct session_put put = { 0, documents, 2, hash };
    bool is_signed = false;
    struct err err;
    struct id id;

    assert_true(id_parse(slice_str(created->id), &id));
    assert_int_equal(store_session_sign(&f->store, &id, &put, &is_signed, &err), ST_OK);
    assert_true(is_signed);
}

static enum status result(struct fixture *f, const char *id, int64_t document, struct err *err)
{
    const struct session_query query = { .signing_session_id = id, .document_id = document };
    struct reply reply = { 0 };
    enum status status = mobile_result(f->mobile, "ekzamen", &query, &reply, err);

    if (status == ST_OK) {
        assert_int_equal(reply.session->signed_count, 2);
        assert_int_equal(reply.document_id, document);
    }
    signing_session_free(reply.session);
    return status;
}

static void a_result_is_for_signed_sessions_and_fits_the_answer(void **state)
{
    struct create_session req = fixture_request(METHOD_XML, AUTH_NONE, &fixture_xml, 1);
    static char big[6 << 20];
    struct created created;
    struct fixture f;
    struct err err;

    (void)state;
    fixture_init(&f);
    fixture_open(&f);
    fixture_create(&f, &req, &created);
    assert_int_equal(result(&f, created.id, 0, &err), ST_INPUT);
    assert_string_equal(err.code, "sessionNotSigned");
    assert_string_equal(err.limit, "created");
    sign(&f, &created, SLICE("signed"));
    assert_int_equal(result(&f, created.id, 0, &err), ST_OK);
    assert_int_equal(result(&f, created.id, 2, &err), ST_OK);
    assert_int_equal(result(&f, created.id, 3, &err), ST_INPUT);
    assert_string_equal(err.code, "documentUnknown");
    fixture_create(&f, &req, &created);
    sign(&f, &created, slice_mem(big, sizeof(big))); /* 2 times 8 MiB in base64 */
    assert_int_equal(result(&f, created.id, 0, &err), ST_INPUT);
    assert_string_equal(err.code, "resultTooLarge");
    assert_string_equal(err.field, "documentId");
    assert_int_equal(result(&f, created.id, 1, &err), ST_OK);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_has_all_that_a_caller_shows),
        cmocka_unit_test(the_links_follow_their_templates),
        cmocka_unit_test(names_default_to_russian_and_organisation_to_the_sender),
        cmocka_unit_test(an_iin_goes_to_the_journal_as_iin_only),
        cmocka_unit_test(a_failing_neighbour_is_no_success),
        cmocka_unit_test(a_status_tells_the_way_of_a_session),
        cmocka_unit_test(a_session_is_its_senders_alone),
        cmocka_unit_test(cancelling_is_final_and_may_be_repeated),
        cmocka_unit_test(a_result_is_for_signed_sessions_and_fits_the_answer),
    };
    struct err err;

    if (crypto_init(&err) != ST_OK || wsse_init(&err) != ST_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
