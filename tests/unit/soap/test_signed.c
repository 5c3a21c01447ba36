/* Answers with our business signature inside, through the whole road back: signed, read, judged. */
#include "unit/soap/support.h"
#include "unit/wsse/fixture.h"

#include "soap/soap.h"
#include "wsse/business.h"

static struct codec *codec;

static struct reply created(void)
{
    return (struct reply){
        .kind = REPLY_RESPONSE,
        .code = "SCSS001",
        .message = "Успешная обработка",
        .session_id = "",
        .date_ms = NOW_MS,
        .message_id = "0193a5c0-7b2e-7c3d-8e4f-0123456789ab",
        .correlation_id = "m-1",
        .sign_payload = true,
        .op = OP_CREATE_SIGNING_SESSION,
        .created = { .state = SESSION_CREATED,
                     .expires_ms = NOW_MS,
                     .qr_text = "mobileSign:https://a.kz/?a=1&b=<2>",
                     .qr_png = SLICE("png"),
                     .link = "https://m.egov.kz/?link=\r\n]]>",
                     .business_link = "Ә",
                     .page_url = "" },
    };
}

static struct reply failed(void)
{
    struct reply reply = created();

    reply.code = "SCSE003";
    reply.op = OP_NONE;
    reply.has_detail = true;
    reply.detail = (struct error_detail){ "unavailable", "", "", "", "" };
    return reply;
}

static struct bytes *encode(const struct wsse *wsse, const struct reply *reply)
{
    struct bytes *body = NULL;
    struct err err;

    assert_ok(soap_encode(codec, wsse, reply, &body, &err), &err);
    return body;
}

static void check_answer(enum keys keys, const struct reply *reply, const char *root)
{
    static const struct author_rule ours = { .iin = "", .bin = "123456789021" };
    const struct wsse_params params = wsse_usual(keys);
    AUTO(wsse_free) struct wsse *wsse = wsse_make(&params);
    AUTO(bytes_free) struct bytes *body = encode(wsse, reply);
    AUTO(bytes_free) struct bytes *out = NULL;
    struct payload payload;
    struct signer author;
    struct err err;

    assert_valid(bytes_slice(body));
    assert_null(strstr(body->at, "<ds:Signature"));
    assert_ok(wsse_sign(wsse, bytes_slice(body), &out, &err), &err);
    AUTO(verified_free) struct verified *env = expect_verified(wsse, out->at);
    assert_ok(verified_payload(env, &payload, &err), &err);
    assert_int_equal(payload.form, PAYLOAD_TEXT);
    assert_string_equal(payload.name, root);
    assert_ok(wsse_judge_author(wsse, env, &ours, 0, &author, &err), &err);
}

static void an_answer_proves_its_author(void **state) /* req 0.29 */
{
    const struct reply good = created();
    const struct reply bad = failed();

    (void)state;
    for (enum keys keys = 0; keys < KEYS_COUNT; keys++) {
        check_answer(keys, &good, "createSigningSessionResponse");
        check_answer(keys, &bad, "error");
    }
}

static void an_answer_without_payload_has_nothing_to_sign(void **state)
{
    struct reply reply = created();

    (void)state;
    reply.op = OP_NONE;
    AUTO(bytes_free) struct bytes *body = encode(NULL, &reply);
    assert_int_equal(count_of(bytes_slice(body), "data"), 0);
}

static void an_answer_that_cannot_be_signed_does_not_leave(void **state)
{
    const struct reply reply = created();
    struct wsse_params params = wsse_usual(KEYS_RSA);
    struct bytes *body = NULL;
    struct err err;

    (void)state;
    params.key = NULL;
    AUTO(wsse_free) struct wsse *wsse = wsse_make(&params);
    assert_int_equal(soap_encode(codec, wsse, &reply, &body, &err), ST_INTERNAL);
    assert_null(body);
}

/* GOST signatures differ each time: what was kept must go out as it was. */
static void a_kept_answer_keeps_its_signature(void **state)
{
    const struct wsse_params params = wsse_usual(KEYS_GOST2015);
    AUTO(wsse_free) struct wsse *wsse = wsse_make(&params);
    struct reply reply = created();
    AUTO(bytes_free) struct bytes *first = encode(wsse, &reply);
    AUTO(bytes_free) struct bytes *another = encode(wsse, &reply);

    (void)state;
    assert_string_not_equal(first->at, another->at);
    reply.kept = first;
    AUTO(bytes_free) struct bytes *again = encode(wsse, &reply);
    assert_string_equal(first->at, again->at);
}

/* The other way: a signed request is decoded as if its payload bore no signature. */
static void a_signed_request_is_decoded(void **state)
{
    static const char payload[] = "<s:getSigningStatus xmlns:s=\"" SIGNING_NS
                                  "\"><signingSessionId>0193a5c0-7b2e-7c3d-8e4f-0123456789ab"
                                  "</signingSessionId></s:getSigningStatus>";
    const struct wsse_params params = wsse_usual(KEYS_GOST2015);
    AUTO(wsse_free) struct wsse *wsse = wsse_make(&params);
    AUTO(bytes_free) struct bytes *authored = NULL;
    uint8_t digests[2][32];
    struct err err;

    (void)state;
    assert_ok(wsse_sign_payload(wsse, slice_str(payload), &authored, &err), &err);
    for (int is_signed = 0; is_signed < 2; is_signed++) {
        const char *data = is_signed ? authored->at : payload;
        AUTO_FREE char *whole = soap_join((const char *const[]){
            "<t:SendMessage xmlns:t='" TYP_NS "'><request><requestInfo><messageId>m-1</messageId>"
            "<serviceId>S</serviceId><sender><senderId>e</senderId></sender></requestInfo>"
            "<requestData><data>",
            data, "</data></requestData></request></t:SendMessage>", NULL });
        AUTO_FREE char *xml = soap_make(&(struct soap_params){ .body = whole }, rsa_key());
        AUTO(verified_free) struct verified *env = expect_verified(wsse, xml);
        AUTO(request_free) struct request *req = NULL;

        assert_ok(soap_decode(codec, env, &req, &err), &err);
        if (req->op != OP_GET_SIGNING_STATUS)
            fail_msg("%s", req->payload_err.text);
        memcpy(digests[is_signed], req->payload_sha256, 32);
    }
    /* the claim's digest is the content's: a repeat may be signed anew */
    assert_memory_equal(digests[0], digests[1], 32);
}

static int setup(void **state)
{
    setup_wsse(state);
    codec = new_codec();
    return 0;
}

static int teardown(void **state)
{
    codec_free(codec);
    return teardown_wsse(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_proves_its_author),
        cmocka_unit_test(an_answer_without_payload_has_nothing_to_sign),
        cmocka_unit_test(an_answer_that_cannot_be_signed_does_not_leave),
        cmocka_unit_test(a_kept_answer_keeps_its_signature),
        cmocka_unit_test(a_signed_request_is_decoded),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
