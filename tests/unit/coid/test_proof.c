/* Nothing is read that is not proven, nothing is answered that is not kept (req 2.14, 2.16,
 * 2.46–2.51; C-17). */
#include "kit.h"

#include "base/text.h"
#include "crypto/jws.h"

/* Were it read, the caller would see it. */
#define POISON "{\"iin\":\"" KIT_IIN "\",\"vendor\":\"POISON\",\"result\":0.99}"

static const struct row {
    const char *name;
    struct far_step step;
    bool unsigned_accepted;
    enum status want;
    const char *code, *field;
    const char *verdict; /* of the evidence; NULL: none is kept */
    bool alerted;
} rows[] = {
    { "signed", STEP(200, kit_result), false, ST_OK, "", "", "valid", false },
    { "unsigned",
      { .http = 200, .body = POISON, .sign = SIGN_NONE },
      false,
      ST_UPSTREAM,
      "answerUnsigned",
      "x-jws-signature",
      "invalid",
      true },
    { "unsigned, accepted",
      { .http = 200, .body = kit_result, .sign = SIGN_NONE },
      true,
      ST_OK,
      "",
      "",
      "unsigned",
      false },
    { "forged",
      { .http = 200, .body = POISON, .sign = SIGN_FORGED },
      false,
      ST_UPSTREAM,
      "answerForged",
      "x-jws-signature",
      "invalid",
      true },
    { "forged, where none is demanded",
      { .http = 200, .body = POISON, .sign = SIGN_FORGED },
      true,
      ST_UPSTREAM,
      "answerForged",
      "x-jws-signature",
      "invalid",
      true },
    { "by a stranger",
      { .http = 200, .body = POISON, .sign = SIGN_STRANGER },
      false,
      ST_UPSTREAM,
      "answerUnproven",
      "x-jws-signature",
      "indeterminate",
      true },
    { "garbage",
      { .http = 200, .body = POISON, .sign = SIGN_GARBAGE },
      false,
      ST_UPSTREAM,
      NULL,
      "x-jws-signature",
      "",
      true },
    { "signed twice",
      { .http = 200, .body = POISON, .sign = SIGN_TWICE },
      false,
      ST_UPSTREAM,
      "answerInvalid",
      "x-jws-signature",
      NULL,
      true },
    { "an error that is forged",
      { .http = 404, .body = "No one person find!", .sign = SIGN_FORGED },
      false,
      ST_UPSTREAM,
      "answerForged",
      "x-jws-signature",
      "invalid",
      true },
    { "an error that is signed",
      { .http = 404, .body = "No one person find!", .sign = SIGN_ALWAYS },
      false,
      ST_INPUT,
      "personNotFound",
      "",
      NULL,
      false },
    { "HTML, signed",
      { .http = 200, .body = POISON, .type = "text/html" },
      false,
      ST_UPSTREAM,
      "answerInvalid",
      "Content-Type",
      "valid",
      true },
    { "with a charset",
      { .http = 200, .body = kit_result, .type = "application/JSON;charset=UTF-8" },
      false,
      ST_OK,
      "",
      "",
      "valid",
      false },
    { "of another person",
      STEP(200, "{\"iin\":\"900101300128\",\"vendor\":\"POISON\",\"result\":1}"), false,
      ST_UPSTREAM, "answerInvalid", "iin", "valid", true },
    { "of another verification",
      STEP(200, "{\"iin\":\"" KIT_IIN "\",\"vendor\":\"POISON\",\"result\":1,"
                "\"x_idempotency_key\":\"0193abcd-0000-7000-8000-00000000000f\"}"),
      false, ST_UPSTREAM, "answerInvalid", "x_idempotency_key", "valid", true },
    { "of no verification", STEP(200, POISON), false, ST_UPSTREAM, "answerInvalid",
      "x_idempotency_key", "valid", true },
    { "with another key in its head",
      { .http = 200, .body = POISON, .header = "x-idempotency-key: CD0305201705" },
      false,
      ST_UPSTREAM,
      "answerInvalid",
      "x-idempotency-key",
      "valid",
      true },
};

static void check_evidence(const struct row *row, const struct kit *kit)
{
    const struct coid_evidence *kept = NULL;

    for (size_t i = 0; i < kit->store.evidence_count; i++)
        if (kit->store.evidence[i].op == OP_VERIFY_PHOTO)
            kept = &kit->store.evidence[i];
    if ((kept != NULL) != (row->verdict != NULL))
        fail_msg("%s: evidence %s", row->name, kept ? "is kept" : "is missing");
    if (!kept || !row->verdict)
        return;
    if (row->verdict[0])
        assert_string_equal(kept->verdict, row->verdict);
    assert_string_not_equal(kept->verdict, "");
    assert_int_equal(kept->http_status, row->step.http);
    assert_string_equal(kept->key.text, kit->store.rows[0].call.key.text);
    assert_string_equal(kept->exchange.text, kit->peer.exchange.text);
    assert_string_equal(kept->message_id, "m1");
    assert_string_equal(kept->sender_id, "bank");
    assert_int_equal(kept->jws[0] == '\0', row->step.sign == SIGN_NONE);
    assert_int_equal(kept->report.len == 0, row->step.sign == SIGN_NONE);
    if (strcmp(kept->verdict, "valid") == 0)
        assert_true(slice_eq(kept->certificate, cert_der(kit->far->pki->leaf.cert)));
}

static void check(const struct row *row)
{
    struct kit kit;

    kit_init(&kit);
    kit.params.unsigned_accepted = row->unsigned_accepted;
    kit_open(&kit);
    kit_ask_photo(&kit, "m1");
    const enum status status = kit_run(&kit, &row->step, 1);
    if (status != row->want || (row->code && strcmp(kit.err.code, row->code) != 0) ||
        strcmp(kit.err.field, row->field) != 0)
        fail_msg("%s: %s %s %s: %s", row->name, status_name(status), kit.err.code, kit.err.field,
                 kit.err.text);
    check_evidence(row, &kit);
    assert_int_equal(fake_count(&kit.journal, "coid.answer_refused"), row->alerted);
    if (row->alerted)
        assert_int_equal(fake_event(&kit.journal, "coid.answer_refused", 0)->level, EVENT_ALERT);
    assert_null(strstr(kit.err.text, "POISON"));
    assert_string_equal(kit.store.rows[0].call.vendor_name, status == ST_OK ? "VisionLabs" : "");
    assert_int_equal(fake_count(&kit.journal, "coid.unsigned"),
                     status == ST_OK && row->unsigned_accepted);
    kit_close(&kit);
}

/* req 2.14, 2.16, 2.22, 2.37, 2.46, 2.51 */
static void an_answer_that_proves_nothing_is_kept_and_never_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        check(&rows[i]);
}

/* An unbelieved answer leaves the row open, and the truth is asked for later. */
static void an_unbelieved_comparison_is_asked_for_again_and_never_made_again(void **state)
{
    const struct far_step forged = { .http = 200, .body = POISON, .sign = SIGN_FORGED };
    const struct far_step result = STEP(200, kit_result);
    struct kit kit;
    char trace[FAR_CALLS + 1];

    (void)state;
    kit_begin(&kit);
    assert_int_equal(kit_run(&kit, &forged, 1), ST_UPSTREAM);
    assert_int_equal(fake_row(&kit.store)->state, COID_ASKED);
    assert_ok(kit_run(&kit, &result, 1), &kit.err);
    far_trace(kit.far, false, trace);
    assert_string_equal(trace, "G");
    kit_close(&kit);
}

/* The order of one comparison's traces: nothing before the line that announces it, nobody's eyes
 * before the evidence. */
static void the_order_is_key_line_call_evidence_line_end(void **state)
{
    const struct far_step result = STEP(200, kit_result);
    struct kit kit;

    (void)state;
    kit_begin(&kit);
    assert_ok(kit_run(&kit, &result, 1), &kit.err);
    assert_string_equal(kit.store.log, "begin j:key_written "
                                       "j:asked keep j:told " /* the vendors */
                                       "asking j:asked keep j:told done find ");
    kit_close(&kit);
}

/* req 2.12–2.15, 2.33–2.36, C-03, C-04 */
static void a_comparison_goes_out_as_the_contract_says(void **state)
{
    const struct far_step result = STEP(200, kit_result);
    const struct coid_verification *told;
    const struct far_call *call;
    struct kit kit;

    (void)state;
    kit_begin(&kit);
    assert_ok(kit_run(&kit, &result, 1), &kit.err);
    call = far_call_of(kit.far, 'P', 0);
    assert_string_equal(call->line, "POST /v1/verify?iin=" KIT_IIN "&vendor=1 HTTP/1.1");
    assert_non_null(strstr(call->head, "Accept: application/json\r\n"));
    assert_non_null(strstr(call->head, "Content-Type: image/png\r\n"));
    assert_null(strstr(call->head, "x-jws-signature"));
    assert_true(slice_eq(bytes_slice(call->body), kit.req.payload.verify_photo.photo));
    call = far_call_of(kit.far, 'V', 0);
    assert_null(strstr(call->head, "idempotency")); /* C-04 */
    assert_null(strstr(call->head, "Content-Type"));
    told = &kit_answer(&kit)->told.verification;
    assert_string_equal(told->iin, KIT_IIN);
    assert_string_equal(told->vendor, "VisionLabs");
    assert_string_equal(told->result, "0.95");
    assert_true(told->passed);
    assert_string_equal(told->data_until, "2026-11-23T14:00:00.000+05:00");
    assert_string_equal(told->idempotency_key, fake_row(&kit.store)->key.text);
    assert_string_equal(told->photo_type, "image/jpeg");
    assert_true(kit_answer(&kit)->proof.is_signed);
    assert_string_equal(kit_answer(&kit)->proof.algorithm, "GOST3410-2015-512");
    assert_string_equal(kit_answer(&kit)->proof.signer_serial,
                        cert_signer(kit.far->pki->leaf.cert)->serial);
    kit_close(&kit);
}

/* req 2.06, C-05: 0.85 itself passes; req 3.09: an answer of four members */
static void the_threshold_itself_passes(void **state)
{
    static const struct {
        const char *result;
        bool passed;
    } cases[] = { { "0.85", true }, { "0.8499999", false }, { "1", true }, { "0.0", false } };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct kit kit;
        char body[128];

        kit_init(&kit);
        kit_open(&kit);
        kit_ask_photo(&kit, "m1");
        (void)text_format(body, sizeof(body),
                          "{\"iin\":\"" KIT_IIN "\",\"vendor\":\"V\",\"result\":%s,"
                          "\"x_idempotency_key\":\"$KEY\"}",
                          cases[i].result);
        assert_ok(kit_run(&kit, &(const struct far_step)STEP(200, body), 1), &kit.err);
        assert_int_equal(kit_answer(&kit)->told.verification.passed, cases[i].passed);
        assert_int_equal(kit_answer(&kit)->told.verification.data_until[0] != '\0',
                         cases[i].passed);
        kit_close(&kit);
    }
}

/* What the directory is given: it finds nothing. */
static int64_t looked_until_ms;

static enum status find_nothing(void *ctx, const struct jws_want *want, struct jws_found *ret_found,
                                struct err *err)
{
    (void)ctx;
    (void)ret_found;
    looked_until_ms = want->deadline_ms;
    return RAISE(err, ST_NOT_FOUND, "no such certificate");
}

/* A directory that hangs leaves time for the next call, and for the answer. */
static void a_look_up_has_its_own_share_of_the_time(void **state)
{
    static const struct jws_lookup lookup = { .find = find_nothing };
    static const struct {
        int64_t left_ms, max_ms;
    } cases[] = { { 30000, 8000 }, { 6000, 4500 } };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct far_step stranger = { .http = 200, .body = "[]", .sign = SIGN_STRANGER };
        struct kit kit;

        kit_init(&kit);
        kit.params.jws_params.lookup = &lookup;
        kit.left_ms = cases[i].left_ms;
        kit_open(&kit);
        kit_ask_photo(&kit, "m1");
        kit.req.op = OP_GET_NEWS;
        const int64_t began_ms = clock_monotonic_ms();
        assert_int_equal(kit_run(&kit, &stranger, 1), ST_UPSTREAM);
        const int64_t took_ms = clock_monotonic_ms() - began_ms;
        assert_string_equal(kit.err.code, "answerUnproven");
        assert_in_range(looked_until_ms - began_ms, cases[i].max_ms - 500,
                        cases[i].max_ms + took_ms);
        kit_close(&kit);
    }
}

/* An answer over the ceiling is broken off. */
static void an_endless_answer_has_its_end(void **state)
{
    const struct far_step result = STEP(200, kit_result);
    struct kit kit;

    (void)state;
    kit_init(&kit);
    kit.params.max_answer_bytes = 200;
    kit_open(&kit);
    kit_ask_photo(&kit, "m1");
    assert_int_equal(kit_run(&kit, &result, 1), ST_UPSTREAM);
    assert_string_equal(kit.err.code, "answerInvalid");
    assert_string_equal(kit.err.limit, "200 bytes");
    kit_close(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_that_proves_nothing_is_kept_and_never_read),
        cmocka_unit_test(an_unbelieved_comparison_is_asked_for_again_and_never_made_again),
        cmocka_unit_test(the_order_is_key_line_call_evidence_line_end),
        cmocka_unit_test(a_comparison_goes_out_as_the_contract_says),
        cmocka_unit_test(the_threshold_itself_passes),
        cmocka_unit_test(a_look_up_has_its_own_share_of_the_time),
        cmocka_unit_test(an_endless_answer_has_its_end),
    };

    return cmocka_run_group_tests(tests, kit_setup, kit_teardown);
}
