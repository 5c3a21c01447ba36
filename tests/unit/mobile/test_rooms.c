/* One session of each kind through the real neighbours: MariaDB, the text journal, crypto, wsse. */
#include "base/text.h"
#include "crypto/encode.h"
#include "crypto/init.h"
#include "mobile/mobile.h"
#include "notary.h"
#include "support/content_keys.h"
#include "support/mariadbd.h"
#include "wsse/wsse.h"
#include "json/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const char key[] = "0123456789abcdef0123456789abcdef";
static const char pdf[] = "%PDF-1.7 договор\n";
static const char xml[] = "<a><b>текст</b></a>";

static struct rooms {
    struct mariadbd server;
    struct notary *notary;
    struct vault *vault;
    struct store *store;
    struct journal *journal;
    struct mobile *mobile;
} rooms;

#define assert_done(call)                                                                          \
    do {                                                                                           \
        struct err err_;                                                                           \
        struct err *err = &err_;                                                                   \
        if ((call) != ST_OK)                                                                       \
            fail_msg("%s", err->text);                                                             \
    } while (0)

static void open_mobile(void)
{
    const struct mobile_params params = {
        .public_url = "https://sign.example.kz",
        .link_template = "https://m.egov.kz/mobileSign/?link={API1}",
        .business_template = "https://m.egov.kz/businessSign/?link={API1}",
        .expiry_zone = "Z",
        .default_life_ms = 1800000,
        .max_life_ms = 86400000,
        .login_window_ms = 300000,
        .max_document_bytes = 15 << 20,
        .max_documents = 50,
        .max_signers = 10,
        .max_put_bytes = 32 << 20,
        .max_xml_depth = 64,
        .timestamp_required = true,
        .refusal_allowed = true,
        .algorithms = ALG_DEFAULT,
        .revocation = REVOCATION_OCSP,
        .skew_ms = 300000,
        .cluster_key = { key, sizeof(key) - 1 },
        .trust = (struct trust *)(uintptr_t)notary_trust(rooms.notary),
        .io = notary_io(rooms.notary),
        .store = rooms.store,
        .journal = rooms.journal,
        .clock = clock_system(),
    };

    assert_done(mobile_new(&params, &rooms.mobile, err));
}

static int open_rooms(void **state)
{
    rooms.vault = content_keys_open(rooms.server.dir);

    const struct store_params store = { .socket = rooms.server.socket,
                                        .vault = rooms.vault,
                                        .user = "shepd",
                                        .password = "",
                                        .database = "shepd",
                                        .pool = 2,
                                        .wait_ms = 10000 };
    const struct journal_params journal = { .dir = rooms.server.dir,
                                            .instance = "test",
                                            .pseudonym_key = { key, sizeof(key) - 1 },
                                            .max_file_bytes = 1 << 20,
                                            .clock = clock_system() };

    (void)state;
    rooms.notary = notary_open();
    assert_done(store_open(&store, &rooms.store, err));
    assert_done(store_migrate(rooms.store, "test", err));
    assert_done(journal_open(&journal, &rooms.journal, err));
    open_mobile();
    return 0;
}

static int close_rooms(void **state)
{
    (void)state;
    mobile_free(rooms.mobile);
    journal_close(rooms.journal);
    store_close(rooms.store);
    vault_close(rooms.vault);
    notary_close(rooms.notary);
    return 0;
}

/* The id, and the path of API №2. */
struct session {
    char id[64], path[128];
};

static void create(enum sign_method method, struct session *ret)
{
    AUTO(arena_free) struct arena *arena = arena_new(1 << 20);
    const struct mobile_sender sender = { "ekzamen",
                                          { { "Орг", "Ұйым", "Org" }, "000740000728" },
                                          NULL };
    const struct meta_item meta = { "Номер", "1" };
    const struct expected_signer signer = { "123456789011", "", ROLE_INDIVIDUAL, 0 };
    const struct document document = {
        .id = 5,
        .name = { "Договор", "", "" },
        .meta = &meta,
        .meta_count = method == METHOD_XML ? 0 : 1,
        .content = slice_str(method == METHOD_XML ? xml : pdf),
        .mime = method == METHOD_XML ? NULL : "application/pdf",
    };
    const struct request req = { .payload.create = {
                                     .description = "Подписание",
                                     .method = method,
                                     .documents = &document,
                                     .document_count = 1,
                                     .signers = &signer,
                                     .signer_count = 1,
                                 } };
    struct reply reply = { .arena = arena };

    assert_done(mobile_create(rooms.mobile, &sender, &req, &reply, err));
    text_copy(ret->id, sizeof(ret->id), reply.created.signing_session_id.text);
    text_format(ret->path, sizeof(ret->path), "%.25s/documents",
                strstr(reply.created.qr_text, "/m/"));
}

static int call(const char *method, const char *path, struct slice body, struct bytes **ret)
{
    struct peer peer = { .address = "10.1.2.3", .start_ms = clock_now(clock_system()) };
    const struct mobile_call call = { .method = method,
                                      .path = slice_str(path),
                                      .accept_language = SLICE("en"),
                                      .body = body,
                                      .peer = &peer };
    struct mobile_answer answer;

    peer.exchange = id_new(peer.start_ms);
    peer.deadline_ms = clock_monotonic_ms() + 30000;
    mobile_handle(rooms.mobile, &call, &answer);
    assert_non_null(answer.json);
    bytes_free(*ret);
    *ret = answer.json;
    return answer.status;
}

/* The fetched JSON with the signed value in its place. */
static struct bytes *sign(enum sign_method method, const struct bytes *fetched)
{
    const struct json_limits limits = { 1 << 20, 16, 1000 };
    const struct cms_wish wish = { "gost2015", "individual", STAMP_GOOD, false };
    AUTO(json_free) struct json *root = NULL;
    AUTO(bytes_free) struct bytes *made = NULL;
    AUTO(bytes_free) struct bytes *text = NULL;
    struct bytes *body = NULL;
    struct json *at;

    assert_done(json_parse(bytes_slice(fetched), &limits, &root, err));
    at = json_edit_item(json_edit_member(root, "documentsToSign"), 0);
    if (method == METHOD_XML) {
        made = notary_xml(rooms.notary, "gost2015", "individual", slice_str(xml));
        assert_true(json_replace_string(at, "documentXml", bytes_slice(made)));
    } else {
        made = notary_cms(rooms.notary, &wish, slice_str(pdf));
        text = base64_encode(bytes_slice(made));
        at = json_edit_member(json_edit_member(at, "document"), "file");
        assert_true(json_replace_string(at, "data", bytes_slice(text)));
    }
    assert_done(json_print(root, 1 << 20, &body, err));
    return body;
}

static void must_be(const struct session *session, enum session_state want)
{
    const struct session_query query = { .signing_session_id = session->id, .document_id = 0 };
    struct reply reply = { 0 };

    assert_done(mobile_status(rooms.mobile, "ekzamen", &query, &reply, err));
    assert_int_equal(reply.session->state, want);
    signing_session_free(reply.session);
}

static void must_hold_result(const struct session *session, enum sign_method method)
{
    const struct session_query query = { .signing_session_id = session->id, .document_id = 5 };
    const struct signed_document *document;
    struct reply reply = { 0 };
    unsigned kinds = 0;

    assert_done(mobile_result(rooms.mobile, "ekzamen", &query, &reply, err));
    assert_int_equal(reply.session->signed_count, 1);
    document = &reply.session->signed_documents[0];
    assert_int_equal(document->id, 5);
    assert_string_equal(document->signer.iin, "123456789011");
    for (size_t i = 0; i < document->evidence_count; i++)
        kinds |= 1U << document->evidence[i].kind;
    assert_true(kinds & 1U << EVIDENCE_CERTIFICATE);
    assert_true(kinds & 1U << EVIDENCE_OCSP);
    assert_true(kinds & 1U << EVIDENCE_REPORT);
    assert_int_equal((kinds >> EVIDENCE_TSP) & 1, method != METHOD_XML);
    signing_session_free(reply.session);
}

static void a_session_is_signed_and_its_result_kept(enum sign_method method)
{
    AUTO(bytes_free) struct bytes *json = NULL;
    AUTO(bytes_free) struct bytes *body = NULL;
    struct session session;

    create(method, &session);
    must_be(&session, SESSION_CREATED);
    assert_int_equal(call("GET", session.path, SLICE(""), &json), 200);
    must_be(&session, SESSION_DOCUMENTS_SENT);
    assert_int_equal(call("PUT", session.path, bytes_slice(json), &json), 403); /* unsigned */
    must_be(&session, SESSION_DOCUMENTS_SENT);
    assert_int_equal(call("GET", session.path, SLICE(""), &json), 200);
    body = sign(method, json);
    for (int i = 0; i < 2; i++) /* a repeat is 200 again */
        if (call("PUT", session.path, bytes_slice(body), &json) != 200)
            fail_msg("%s", json->at);
    must_be(&session, SESSION_SIGNED);
    must_hold_result(&session, method);
}

static void cms_with_data_goes_the_whole_way(void **state)
{
    (void)state;
    a_session_is_signed_and_its_result_kept(METHOD_CMS_WITH_DATA);
}

static void xml_goes_the_whole_way(void **state)
{
    (void)state;
    a_session_is_signed_and_its_result_kept(METHOD_XML);
}

static void five_refusals_end_a_session(void **state)
{
    AUTO(bytes_free) struct bytes *issued = NULL;
    AUTO(bytes_free) struct bytes *json = NULL;
    struct session session;

    (void)state;
    create(METHOD_XML, &session);
    assert_int_equal(call("GET", session.path, SLICE(""), &issued), 200);
    for (int i = 0; i < 5; i++)
        assert_int_equal(call("PUT", session.path, bytes_slice(issued), &json), 403);
    assert_non_null(strstr(json->at, "There are no attempts left"));
    must_be(&session, SESSION_FAILED);
    assert_int_equal(call("PUT", session.path, bytes_slice(issued), &json), 409);
}

static void a_refusal_and_a_cancellation_are_final(void **state)
{
    AUTO(bytes_free) struct bytes *json = NULL;
    const struct mobile_sender sender = { .sender_id = "ekzamen" };
    struct request query = { 0 };
    struct session session;
    struct reply reply = { 0 };

    (void)state;
    create(METHOD_XML, &session);
    assert_int_equal(call("DELETE", session.path, SLICE(""), &json), 200);
    must_be(&session, SESSION_FAILED);
    assert_int_equal(call("GET", session.path, SLICE(""), &json), 409);
    assert_non_null(strstr(json->at, "You have refused"));
    create(METHOD_XML, &session);
    query.payload.query.signing_session_id = session.id;
    assert_done(mobile_cancel(rooms.mobile, &sender, &query, &reply, err));
    signing_session_free(reply.session);
    assert_int_equal(call("GET", session.path, SLICE(""), &json), 409);
    assert_non_null(strstr(json->at, "has cancelled"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cms_with_data_goes_the_whole_way),
        cmocka_unit_test(xml_goes_the_whole_way),
        cmocka_unit_test(five_refusals_end_a_session),
        cmocka_unit_test(a_refusal_and_a_cancellation_are_final),
    };
    struct err err;
    int failed;

    if (crypto_init(&err) != ST_OK || wsse_init(&err) != ST_OK)
        return 1;
    if (!mariadbd_start(&rooms.server)) {
        printf("SKIP: no mariadbd, the real rooms cannot be tried\n");
        return 77;
    }
    failed = cmocka_run_group_tests(tests, open_rooms, close_rooms);
    mariadbd_remove(&rooms.server);
    return failed;
}
