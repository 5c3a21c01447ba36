/* Personal data: only for who made the verification, in time, above the threshold, with the
 * client's consent, which is signed (req 2.02, 2.05, 2.06, 2.18–2.20, 2.22, 2.36, 3.10–3.12). */
#include "kit.h"

#include "base/text.h"
#include "json/json.h"

enum { WINDOW_MS = DAY_MS };

static const struct far_step result = STEP(200, kit_result), person = STEP(200, kit_person);

/* A verification of 0.95, just made. */
static void open_verified(struct kit *kit)
{
    kit_open(kit);
    kit_ask_photo(kit, "m1");
    assert_ok(kit_run(kit, &result, 1), &kit->err);
    kit_ask_data(kit, "m2", kit->store.rows[0].call.key.text);
}

/* ---- what is refused before anybody is asked ---- */

static void another_sender(struct kit *kit)
{
    kit->sender.sender_id = "other";
}

static void an_unknown_key(struct kit *kit)
{
    kit->req.payload.get_person_data.idempotency_key = "0193abcd-0000-7000-8000-00000000000f";
}

static void no_key_of_ours(struct kit *kit)
{
    kit->req.payload.get_person_data.idempotency_key = "CD0305201705";
}

static void below(struct kit *kit)
{
    (void)text_copy(kit->store.rows[0].call.result, 32, "0.8499999999");
}

static void too_old(struct kit *kit)
{
    kit->clock.fixed_ms += WINDOW_MS;
}

static void unfinished(struct kit *kit)
{
    kit->store.rows[0].call.state = COID_ASKED;
}

static void refused(struct kit *kit)
{
    kit->store.rows[0].call.state = COID_REFUSED;
}

static void no_iin(struct kit *kit)
{
    kit->req.payload.get_person_data.consent.iin = "";
}

static void no_name(struct kit *kit)
{
    kit->req.payload.get_person_data.consent.full_name = "";
}

static void another_person(struct kit *kit)
{
    kit->req.payload.get_person_data.consent.iin = "900101300128";
}

static void a_text_without_iin(struct kit *kit)
{
    kit->req.payload.get_person_data.consent.text = KIT_NAME " согласен";
}

static void a_text_without_name(struct kit *kit)
{
    kit->req.payload.get_person_data.consent.text = KIT_IIN " согласен";
}

static const struct {
    const char *name;
    void (*spoil)(struct kit *kit);
    const char *code, *field, *limit;
} local[] = {
    { "another sender's", another_sender, "verificationUnknown", "idempotencyKey", "" },
    { "an unknown key", an_unknown_key, "verificationUnknown", "idempotencyKey", "" },
    { "no key of ours", no_key_of_ours, "verificationUnknown", "idempotencyKey", "" },
    { "below the threshold", below, "verificationBelowThreshold", "idempotencyKey", "0.85" },
    { "too old", too_old, "verificationTooOld", "idempotencyKey", "1440 min" },
    { "unfinished", unfinished, "verificationUnfinished", "idempotencyKey", "" },
    { "refused", refused, "verificationUnknown", "idempotencyKey", "" },
    { "no IIN", no_iin, "consentMissing", "consent/iin", "" },
    { "no name", no_name, "consentMissing", "consent/fullName", "" },
    { "another person", another_person, "consentIinMismatch", "consent/iin", "" },
    { "a text without IIN", a_text_without_iin, "consentTextIncomplete", "consent/text", "" },
    { "a text without name", a_text_without_name, "consentTextIncomplete", "consent/text", "" },
};

/* req 2.02, 2.06, 2.19 */
static void what_can_be_judged_here_is_refused_without_a_call(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(local); i++) {
        struct kit kit;

        kit_init(&kit);
        open_verified(&kit);
        local[i].spoil(&kit);
        const enum status status = kit_run(&kit, &person, 1);
        if (status != ST_INPUT || strcmp(kit.err.code, local[i].code) != 0 ||
            strcmp(kit.err.field, local[i].field) != 0 ||
            strcmp(kit.err.limit, local[i].limit) != 0)
            fail_msg("%s: %s %s %s %s", local[i].name, status_name(status), kit.err.code,
                     kit.err.field, kit.err.limit);
        assert_int_equal(kit.far->call_count, 0);
        kit_close(&kit);
    }
}

static void until_its_last_moment_a_verification_is_good_for_data(void **state)
{
    struct kit kit;

    (void)state;
    kit_init(&kit);
    open_verified(&kit);
    kit.clock.fixed_ms += WINDOW_MS - 1;
    assert_ok(kit_run(&kit, &person, 1), &kit.err);
    kit_close(&kit);
}

/* req 2.06, C-05: and nothing below it, see above */
static void from_the_threshold_on_data_are_given(void **state)
{
    static const char *const results[] = { "0.85", "1" };

    (void)state;
    for (size_t i = 0; i < COUNT(results); i++) {
        struct kit kit;

        kit_init(&kit);
        open_verified(&kit);
        (void)text_copy(kit.store.rows[0].call.result, 32, results[i]);
        assert_ok(kit_run(&kit, &person, 1), &kit.err);
        assert_string_equal(kit_answer(&kit)->told.person.surname, "ОМАРОВ");
        kit_close(&kit);
    }
}

/* ---- what goes out ---- */

static void check_confirmation(const struct far_call *call, const char *want)
{
    const struct json_limits limits = { 65536, 4, 10 };
    AUTO(json_free) struct json *json = NULL;
    struct slice text = { "", 0 };
    struct err err;

    assert_ok(json_parse(bytes_slice(call->body), &limits, &json, &err), &err);
    assert_int_equal(json_count(json), 1);
    assert_int_equal(json_count(json_member(json, "Data")), 1);
    assert_true(json_string(json_member(json_member(json, "Data"), "confirmation"), &text));
    assert_true(slice_eq_str(text, want));
}

/* The header's JWS stands over the body's exact bytes. */
static void check_signature(const struct kit *kit, const struct far_call *call)
{
    AUTO(report_free) struct report *report = report_new();
    const struct jws_params params = { .input = JWS_INPUT_BODY };
    const char *jws = strstr(call->head, "x-jws-signature: ");

    assert_non_null(jws);
    jws += 17;
    const struct slice text = { jws, strcspn(jws, "\r") };
    assert_int_equal(
        jws_judge(&kit->params.jws_judge, text, bytes_slice(call->body), &params, report),
        VERDICT_VALID);
}

static const struct {
    const char *text; /* the sender's own; "": by the template */
    bool mcdb;
    const char *line, *confirmation;
} sent[] = {
    { "", false, "POST /v1/data HTTP/1.1",
      "«АО «Банк»»: согласие " KIT_NAME ", " KIT_IIN " получено." },
    { "", true, "POST /v1/data?mcdb=1 HTTP/1.1",
      "«АО «Банк»»: согласие " KIT_NAME ", " KIT_IIN " получено." },
    { "Я, " KIT_NAME ", ИИН " KIT_IIN ", \"согласен\"\n", false, "POST /v1/data HTTP/1.1",
      "Я, " KIT_NAME ", ИИН " KIT_IIN ", \"согласен\"\n" },
};

/* req 2.05, 2.18, 2.19, 2.36, 2.43, 3.11, 3.12, C-10 */
static void the_consent_goes_out_signed_under_the_verifications_key(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(sent); i++) {
        const struct coid_evidence *kept;
        const struct far_call *call;
        struct kit kit;
        char header[80];

        kit_init(&kit);
        open_verified(&kit);
        kit.req.payload.get_person_data.consent.text = sent[i].text;
        kit.req.payload.get_person_data.mcdb = sent[i].mcdb;
        assert_ok(kit_run(&kit, &person, 1), &kit.err);
        call = far_call_of(kit.far, 'D', 0);
        assert_string_equal(call->line, sent[i].line);
        (void)text_format(header, sizeof(header), "x-idempotency-key: %s\r\n",
                          kit.store.rows[0].call.key.text);
        assert_non_null(strstr(call->head, header));
        assert_non_null(strstr(call->head, "Content-Type: application/json\r\n"));
        check_confirmation(call, sent[i].confirmation);
        check_signature(&kit, call);
        kept = &kit.store.evidence[kit.store.evidence_count - 1]; /* the consent is evidence too */
        assert_int_equal(kept->op, OP_GET_PERSON_DATA);
        assert_true(slice_eq(kept->request_body, bytes_slice(call->body)));
        assert_non_null(strstr(call->head, kept->request_jws));
        assert_string_equal(kit_answer(&kit)->told.person.surname, "ОМАРОВ");
        assert_string_equal(kit_answer(&kit)->told.person.mobile_phone, "77011234567");
        assert_string_equal(kit_answer(&kit)->idempotency_key, kept->key.text);
        kit_close(&kit);
    }
}

/* What somebody writes as a name is not a template (req 2.19). */
static void a_name_puts_nothing_else_into_the_consent(void **state)
{
    struct kit kit;

    (void)state;
    kit_init(&kit);
    open_verified(&kit);
    kit.req.payload.get_person_data.consent.full_name = "{iin} {participant} \"}]";
    assert_ok(kit_run(&kit, &person, 1), &kit.err);
    check_confirmation(far_call_of(kit.far, 'D', 0),
                       "«АО «Банк»»: согласие {iin} {participant} \"}], " KIT_IIN " получено.");
    kit_close(&kit);
}

/* ---- what comes back ---- */

static void another_persons_data_are_refused_and_kept(void **state)
{
    const struct far_step other =
        STEP(200, "{\"person\":{\"iin\":\"900101300128\",\"surname\":\"ДРУГОЙ\"}}");
    struct kit kit;

    (void)state;
    kit_init(&kit);
    open_verified(&kit);
    assert_int_equal(kit_run(&kit, &other, 1), ST_UPSTREAM);
    assert_string_equal(kit.err.code, "answerInvalid");
    assert_null(kit.reply.coid);
    assert_int_equal(fake_count(&kit.journal, "coid.answer_refused"), 1);
    assert_int_equal(kit.store.evidence[kit.store.evidence_count - 1].op, OP_GET_PERSON_DATA);
    kit_close(&kit);
}

static void data_that_are_not_kept_are_not_told(void **state)
{
    struct kit kit;

    (void)state;
    kit_init(&kit);
    open_verified(&kit);
    kit.store.fails = "keep";
    assert_int_equal(kit_run(&kit, &person, 1), ST_UNAVAILABLE);
    assert_null(kit.reply.coid);
    kit_close(&kit);
}

/* req 3.10, C-06 */
static void the_spelling_of_the_path_is_a_setting(void **state)
{
    static const char *const spellings[] = { "data", "personal_data", "personel_data" };

    (void)state;
    for (size_t i = 0; i < COUNT(spellings); i++) {
        struct kit kit;
        char line[64];

        kit_init(&kit);
        kit.params.paths.data = spellings[i];
        open_verified(&kit);
        assert_ok(kit_run(&kit, &person, 1), &kit.err);
        (void)text_format(line, sizeof(line), "POST /v1/%s HTTP/1.1", spellings[i]);
        assert_string_equal(far_call_of(kit.far, 'D', 0)->line, line);
        kit_close(&kit);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_can_be_judged_here_is_refused_without_a_call),
        cmocka_unit_test(until_its_last_moment_a_verification_is_good_for_data),
        cmocka_unit_test(from_the_threshold_on_data_are_given),
        cmocka_unit_test(the_consent_goes_out_signed_under_the_verifications_key),
        cmocka_unit_test(a_name_puts_nothing_else_into_the_consent),
        cmocka_unit_test(another_persons_data_are_refused_and_kept),
        cmocka_unit_test(data_that_are_not_kept_are_not_told),
        cmocka_unit_test(the_spelling_of_the_path_is_a_setting),
    };

    return cmocka_run_group_tests(tests, kit_setup, kit_teardown);
}
