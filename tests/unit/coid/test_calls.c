/* Each of ЦОИД's eight calls on the wire: line and headers as annex 2 has them, and what annex 3
 * demands of every answer. */
#include "kit.h"
#include "pictures.h"

#include <strings.h>

#define ROOT "/v1/"

static const struct call_row {
    enum operation op;
    char letter;
    const char *line;   /* the request's first */
    const char *type;   /* Content-Type; NULL: none */
    bool keyed, signs;  /* x-idempotency-key, x-jws-signature */
    const char *answer; /* a good one */
} rows[] = {
    { OP_VERIFY_PHOTO, 'P', "POST " ROOT "verify?iin=" KIT_IIN "&vendor=1 HTTP/1.1", "image/png",
      true, false, kit_result },
    { OP_GET_VERIFICATION, 'G', "GET " ROOT "verify HTTP/1.1", NULL, true, false, kit_result },
    { OP_GET_PERSON_DATA, 'D', "POST " ROOT "data HTTP/1.1", "application/json", true, true,
      kit_person },
    { OP_GET_VENDORS, 'V', "GET " ROOT "vendors HTTP/1.1", NULL, false, false,
      "{\"vendors\":[{\"id\":1,\"name\":\"VisionLabs\"}]}" },
    { OP_GET_TRANSACTIONS, 'T', "GET " ROOT "report/transactions/20261101/20261122 HTTP/1.1", NULL,
      false, false, "[]" },
    { OP_GET_ACT_DETAIL, 'a', "GET " ROOT "report/actdetail/2026/10 HTTP/1.1", NULL, false, false,
      "[]" },
    { OP_GET_ACT, 'A', "GET " ROOT "report/act/2026/10 HTTP/1.1", NULL, false, false,
      "{\"binary\":\"UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==\"}" },
    { OP_GET_NEWS, 'N', "GET " ROOT "news HTTP/1.1", NULL, false, false, "[]" },
};

/* The operation is asked once, of a verification that is there; its key stands in the first row. */
static enum status ask_once(struct kit *kit, const struct call_row *row,
                            const struct far_step *step)
{
    const struct far_step result = STEP(200, kit_result);

    kit_ask_photo(kit, "m1");
    assert_ok(kit_run(kit, &result, 1), &kit->err);
    kit->far->vendors.http = 0; /* the script's from here on */
    kit_ask(kit, row->op, kit->store.rows[0].call.key.text);
    return kit_run(kit, step, 1);
}

/* ---- what goes out ---- */

/* want: the value; NULL: there is no such header; "": whatever it is. */
static void check_header(const struct far_call *call, const char *name, const char *want)
{
    const char *at = strcasestr(call->head, name);
    size_t len;

    if (!want || !at) {
        if (want || at)
            fail_msg("%s: %s%s", call->line, at ? "with " : "without ", name);
        return;
    }
    at += strlen(name);
    len = strcspn(at, "\r");
    if (want[0] && !slice_eq_str((struct slice){ at, len }, want))
        fail_msg("%s: %s%.*s", call->line, name, (int)len, at);
    assert_int_not_equal(len, 0);
    assert_null(strcasestr(at, name)); /* once */
}

static void check_call(struct kit *kit, const struct call_row *row)
{
    const struct far_call *call = far_call_of(kit->far, row->letter, 0);
    const struct coid_call *stored = &kit->store.rows[row->op == OP_VERIFY_PHOTO].call;

    assert_string_equal(call->line, row->line);
    check_header(call, "\r\nAccept: ", "application/json");
    check_header(call, "\r\nContent-Type: ", row->type);
    check_header(call, "\r\nx-idempotency-key: ", row->keyed ? stored->key.text : NULL);
    check_header(call, "\r\nx-jws-signature: ", row->signs ? "" : NULL);
    assert_int_equal(call->body->len == 0, row->type == NULL);
    if (row->op == OP_VERIFY_PHOTO) /* raw, no braces and no base64 */
        assert_true(slice_eq(bytes_slice(call->body), kit->req.payload.verify_photo.photo));
}

/* req 2.12, 2.13, 2.17, 2.18, 2.23–2.26, 2.33–2.36, 3.08–3.11, 3.13–3.16; C-02–C-04, C-18 */
static void each_call_has_the_line_and_the_headers_of_the_contract(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct far_step step = STEP(200, rows[i].answer);
        struct kit kit;

        kit_init(&kit);
        kit_open(&kit);
        assert_ok(ask_once(&kit, &rows[i], &step), &kit.err);
        check_call(&kit, &rows[i]);
        kit_close(&kit);
    }
}

/* req 2.13, C-03: by its content, whatever it was called */
static void a_jpeg_goes_out_as_one(void **state)
{
    const struct far_step result = STEP(200, kit_result);
    AUTO(bytes_free) struct bytes *jpeg = make_jpeg(640, 480, false);
    const struct far_call *call;
    struct kit kit;

    (void)state;
    kit_begin(&kit);
    kit.req.payload.verify_photo.photo = bytes_slice(jpeg);
    assert_ok(kit_run(&kit, &result, 1), &kit.err);
    call = far_call_of(kit.far, 'P', 0);
    check_header(call, "\r\nContent-Type: ", "image/jpeg");
    assert_true(slice_eq(bytes_slice(call->body), bytes_slice(jpeg)));
    kit_close(&kit);
}

/* ---- what must come back ---- */

static const struct demand {
    const char *name;
    const char *type; /* of the answer; NULL: JSON, "": none */
    enum far_sign sign;
    enum status want;
    const char *code, *field;
} demands[] = {
    { "signed JSON", NULL, SIGN_USUAL, ST_OK, "", "" },
    { "unsigned", NULL, SIGN_NONE, ST_UPSTREAM, "answerUnsigned", "x-jws-signature" },
    { "signed over another body", NULL, SIGN_FORGED, ST_UPSTREAM, "answerForged",
      "x-jws-signature" },
    { "signed by nobody known", NULL, SIGN_STRANGER, ST_UPSTREAM, "answerUnproven",
      "x-jws-signature" },
    { "of another type", "text/html", SIGN_USUAL, ST_UPSTREAM, "answerInvalid", "Content-Type" },
    { "of no type", "", SIGN_USUAL, ST_UPSTREAM, "answerInvalid", "Content-Type" },
};

static void check_demand(const struct call_row *row, const struct demand *demand)
{
    const struct far_step step = {
        .http = 200, .body = row->answer, .sign = demand->sign, .type = demand->type
    };
    struct kit kit;
    const struct coid_evidence *kept;

    kit_init(&kit);
    kit_open(&kit);
    const enum status status = ask_once(&kit, row, &step);
    if (status != demand->want || strcmp(kit.err.code, demand->code) != 0 ||
        strcmp(kit.err.field, demand->field) != 0)
        fail_msg("%s, %s: %s %s %s", row->line, demand->name, status_name(status), kit.err.code,
                 kit.err.field);
    kept = &kit.store.evidence[kit.store.evidence_count - 1]; /* in any case */
    assert_int_equal(kept->op, row->op);
    assert_int_equal(kept->jws[0] == '\0', demand->sign == SIGN_NONE);
    if (status == ST_OK) {
        assert_true(kit_answer(&kit)->proof.is_signed);
        assert_string_equal(kept->verdict, "valid");
    } else {
        assert_null(kit.reply.coid);
        assert_int_equal(fake_count(&kit.journal, "coid.answer_refused"), 1);
    }
    kit_close(&kit);
}

/* req 2.14, 2.16, 2.37, 2.46; C-17 */
static void every_methods_answer_is_signed_json_or_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        for (size_t k = 0; k < COUNT(demands); k++)
            check_demand(&rows[i], &demands[k]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_call_has_the_line_and_the_headers_of_the_contract),
        cmocka_unit_test(a_jpeg_goes_out_as_one),
        cmocka_unit_test(every_methods_answer_is_signed_json_or_nothing),
    };

    return cmocka_run_group_tests(tests, kit_setup, kit_teardown);
}
