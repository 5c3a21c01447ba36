/* The two lines of an exchange: what they take from the request, the answer and whoever asked. */
#include "fixture.h"

#include "base/text.h"

#include <string.h>

static bool see_exchange(const struct event_row *row, void *ctx)
{
    const char *const *want = ctx;

    if (strcmp(row->event.name, want[0]) != 0)
        return true;
    assert_string_equal(row->event.account, "ekzamen");
    assert_string_equal(row->event.ip, "10.1.2.3");
    assert_string_equal(row->event.message_id, "a1");
    assert_string_equal(row->event.session_id, "{s}");
    assert_string_equal(row->event.exchange, "0193a000-0000-7000-8000-000000000001");
    assert_int_equal(row->event.start_ms, T0_MS - 210);
    assert_int_equal(row->event.end_ms, T0_MS);
    assert_string_equal(row->event.code, want[1]);
    assert_string_equal(row->event.signing, want[2]);
    assert_int_equal(row->event.level, strcmp(want[1], "SCSE003") == 0 ? EVENT_ERROR : EVENT_INFO);
    assert_non_null(strstr(row->event.text, want[3]));
    assert_null(strstr(row->event.text, "s3cret"));
    assert_int_equal(strlen(row->event.iin), 16);
    return true;
}

static void an_exchange_is_received_and_answered(void **state)
{
    struct journal *journal = open_in(*state);
    struct peer peer = { .address = "10.1.2.3", .start_ms = T0_MS - 210 };
    struct request req = { .info = { .message_id = "a1",
                                     .sender_id = "ekzamen",
                                     .session_id = "{s}",
                                     .service_id = "EGOVMOBILE_QR_SIGN_SERVICE",
                                     .password = "s3cret" },
                           .signer = { .iin = "800101300123", .serial = "ab12" },
                           .op = OP_GET_SIGNING_STATUS,
                           .operation_name = "getSigningStatus" };
    struct reply reply = { .kind = REPLY_RESPONSE,
                           .code = "SCSE003",
                           .message = "Ошибка",
                           .has_detail = true,
                           .detail = { .code = "inProgress" } };

    req.payload.query.signing_session_id = "0193a000-0000-7000-8000-000000000002";
    assert_true(id_parse(SLICE("0193a000-0000-7000-8000-000000000001"), &peer.exchange));
    assert_ok(journal_received(journal, &peer, &req, err));
    assert_ok(journal_answered(journal, &peer, &req, &reply, "the database is away", err));
    /* of whose signer revocation is not known: a warning behind it */
    text_copy(req.signer.unknown, sizeof(req.signer.unknown), "revocation: away");
    assert_ok(journal_received(journal, &peer, &req, err));
    assert_ok(journal_answered(
        journal, &peer, NULL,
        &(struct reply){ .kind = REPLY_FAULT, .code = "SCE001", .message = "not XML" }, "", err));
    journal_close(journal);
    const char *received[] = { "exchange.received", "", "0193a000-0000-7000-8000-000000000002",
                               "service=EGOVMOBILE_QR_SIGN_SERVICE operation=getSigningStatus" };
    struct walk all = walk(*state, see_exchange, received);
    assert_string_equal(all.events, "exchange.received exchange.answered exchange.received "
                                    "revocation.accepted exchange.answered ");
    assert_string_equal(all.last_text, "not XML");
}

/* req 0.59: whoever has the answer finds the exchange that made it, and the one that gave it again
 */
static void an_answer_given_again_names_who_made_it(void **state)
{
    static const char maker[] = "0193a000-0000-7000-8000-000000000009";
    struct journal *journal = open_in(*state);
    struct peer peer = { .address = "10.1.2.3" };
    struct reply reply = { .kind = REPLY_RESPONSE, .code = "SCSS001", .message = "Готово" };

    assert_true(id_parse(SLICE("0193a000-0000-7000-8000-000000000001"), &peer.exchange));
    reply.message_id = peer.exchange.text;
    assert_ok(journal_answered(journal, &peer, NULL, &reply, "", err));
    assert_string_equal(walk(*state, NULL, NULL).last_text, "Готово");
    reply.on_record = "Done";
    assert_ok(journal_answered(journal, &peer, NULL, &reply, "", err));
    assert_string_equal(walk(*state, NULL, NULL).last_text, "Done");
    reply.on_record = NULL;
    reply.message_id = maker;
    assert_ok(journal_answered(journal, &peer, NULL, &reply, "", err));
    assert_string_equal(walk(*state, NULL, NULL).last_text,
                        "Готово again=0193a000-0000-7000-8000-000000000009");
    journal_close(journal);
}

static bool see_no_signing(const struct event_row *row, void *ctx)
{
    (void)ctx;
    assert_string_equal(row->event.signing, "");
    assert_null(strstr(row->event.text, "800101300123"));
    return true;
}

/* What else the payload holds is no session's id: an IIN, a day, a year. */
static void an_identity_check_is_of_no_signing_session(void **state)
{
    struct journal *journal = open_in(*state);
    const struct peer peer = { .address = "10.1.2.3" };
    struct request req = { .info = { .message_id = "a1", .sender_id = "ekzamen" },
                           .operation_name = "getAct" };
    const struct reply reply = { .kind = REPLY_RESPONSE, .code = "SCSS001", .message = "" };
    int n = 0;

    for (enum operation op = OP_VERIFY_PHOTO; op <= OP_GET_NEWS; op++, n++) {
        memset(&req.payload, 0, sizeof(req.payload));
        if (op == OP_VERIFY_PHOTO)
            req.payload.verify_photo.iin = "800101300123";
        else
            req.payload.get_act = (struct coid_get_act){ .year = 2021, .month = 8 };
        req.op = op;
        assert_ok(journal_received(journal, &peer, &req, err));
        assert_ok(journal_answered(journal, &peer, &req, &reply, "", err));
    }
    journal_close(journal);
    assert_int_equal(walk(*state, see_no_signing, NULL).lines, 2 * n);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_make, folder_remove)
    const struct CMUnitTest tests[] = {
        TEST(an_exchange_is_received_and_answered),
        TEST(an_answer_given_again_names_who_made_it),
        TEST(an_identity_check_is_of_no_signing_session),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
