/* What goes wrong with ЦОИД of the sandbox when somebody asks for it: the table of faults, the
 * people whose answers are always wrong, and what signatures say of them. */
#include "unit/sandbox/centre_kit.h"

#include "base/text.h"
#include "sandbox/centre_faults.h"
#include "sandbox/centre_people.h"
#include "json/json.h"

#include <string.h>

static const struct jws_settings usual = { .input = JWS_INPUT_BODY };

/* ---- signatures ---- */

/* req 2.41–2.46, C-09 */
static void answers_are_signed_as_the_settings_say(void **state)
{
    static const struct {
        size_t family;
        struct jws_settings settings;
        const char *alg;
    } rows[] = {
        { 0,
          { JWS_INPUT_BODY, JWS_ORDER_LE_RS, JWS_BASE64_URL, false, NULL },
          "GOST3410-2015-512" },
        { 0,
          { JWS_INPUT_BODY, JWS_ORDER_BE_SR, JWS_BASE64_STD, false, NULL },
          "GOST3410-2015-512" },
        { 1, { JWS_INPUT_BODY, JWS_ORDER_LE_RS, JWS_BASE64_STD, false, NULL }, "ECGOST34310" },
        { 1, { JWS_INPUT_BODY, JWS_ORDER_BE_SR, JWS_BASE64_URL, false, NULL }, "ECGOST34310" },
        { 0,
          { JWS_INPUT_RFC7515, JWS_ORDER_LE_RS, JWS_BASE64_URL, false, NULL },
          "GOST3410-2015-512" },
    };
    struct kit kit;
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        enum jws_input input = rows[i].settings.input;
        enum jws_input other = input == JWS_INPUT_BODY ? JWS_INPUT_RFC7515 : JWS_INPUT_BODY;
        AUTO(jws_free) struct jws *jws = NULL;

        kit_start(&kit, rows[i].family, rows[i].settings);
        struct told told = kit_verify(&kit, "k", MAN, 1);
        assert_int_equal(kit_judge(&kit, &told, input, true), VERDICT_VALID);
        assert_int_equal(kit_judge(&kit, &told, other, true), VERDICT_INVALID);
        assert_int_equal(kit_judge(&kit, &told, input, false), VERDICT_INDETERMINATE);
        assert_ok(jws_parse(bytes_slice(told.jws), &jws, &err), &err);
        assert_true(slice_eq_str(jws_alg(jws), rows[i].alg));
        assert_int_equal(strpbrk(told.jws->at, "+/=") != NULL,
                         rows[i].settings.alphabet == JWS_BASE64_STD);
        told.body->at[10] ^= 1;
        assert_int_equal(kit_judge(&kit, &told, input, true), VERDICT_INVALID);
        told_clear(&told);
        told = kit_data(&kit, "/data", "k"); /* theirs is judged by the same setting */
        assert_int_equal(told.status, 200);
        told_clear(&told);
        kit_stop(&kit);
    }
}

/* ---- the table ---- */

static struct told ask_for(struct kit *kit, enum centre_operation operation, const char *key)
{
    static const char *const paths[CENTRE_OPERATIONS] = {
        [CENTRE_VENDORS] = "/vendors",
        [CENTRE_TRANSACTIONS] = "/report/transactions/20200101/20991231",
        [CENTRE_ACTDETAIL] = "/report/actdetail/2026/11",
        [CENTRE_ACT] = "/report/act/2026/11",
        [CENTRE_NEWS] = "/news",
    };

    switch (operation) {
    case CENTRE_VERIFY:
        return kit_verify(kit, key, MAN, 1);
    case CENTRE_GET:
        return ASK(kit, "GET", "/verify", NO_BODY, "x-idempotency-key: seen");
    case CENTRE_DATA:
        return kit_data(kit, "/data", "seen");
    default:
        return ASK(kit, "GET", paths[operation], NO_BODY, "Accept: application/json");
    }
}

static void check_signature(struct kit *kit, const struct fault *fault, const struct told *told)
{
    static const enum verdict verdicts[] = {
        [SIGN_WELL] = VERDICT_VALID,
        [SIGN_OTHER_BYTES] = VERDICT_INVALID,
        [SIGN_GARBAGE] = VERDICT_INDETERMINATE, /* a format failure alone */
        [SIGN_UNKNOWN_KID] = VERDICT_INDETERMINATE,
        [SIGN_EXPIRED] = VERDICT_INVALID,
    };
    enum verdict want = verdicts[fault->sign];

    if (fault->sign == SIGN_NOT) {
        assert_null(told->jws);
        return;
    }
    if (kit_judge(kit, told, JWS_INPUT_BODY, true) != want)
        fail_msg("%s: not %s", fault->name, verdict_name(want));
}

/* Signed well, and JSON that must not be believed. */
static void check_body(const struct fault *fault, const struct told *told)
{
    static const struct json_limits limits = { 64 << 20, 64, 100000 };
    AUTO(json_free) struct json *json = NULL;
    struct err err;
    bool is_good = json_parse(bytes_slice(told->body), &limits, &json, &err) == ST_OK;

    if (is_good != (fault->change == CHANGE_NONE || fault->change == CHANGE_ROW ||
                    fault->change == CHANGE_BIG))
        fail_msg("%s: %.200s", fault->name, told->body->at);
    if (fault->change == CHANGE_ROW)
        assert_non_null(json_member(json_is_array(json) ? json_first(json) : json, "newMember"));
    if (fault->change == CHANGE_BIG)
        assert_true(told->body->len > (size_t)24 * 1024 * 1024);
}

static void check_fault(struct kit *kit, enum centre_operation operation, const struct fault *fault,
                        const char *key)
{
    kit_fault(kit, centre_operation_names[operation], fault->name);
    struct told told = ask_for(kit, operation, key);

    if (told.status != (fault->status ? fault->status : 200))
        fail_msg("%s, %s: %ld", centre_operation_names[operation], fault->name, told.status);
    assert_int_equal(strncmp(told.content_type, "text/html", 9) == 0, fault->content_type != NULL);
    if (fault->status && fault->text) {
        expect_told(&told, fault->status, fault->text);
    } else if (!fault->status) {
        check_signature(kit, fault, &told);
        check_body(fault, &told);
    }
    told_clear(&told);
}

/* Billed when it was carried out, and only then. */
static void check_billed(struct kit *kit, const char *key, bool want)
{
    char header[128];

    assert_true(text_format(header, sizeof(header), "x-idempotency-key: %s", key));
    struct told told = ASK(kit, "GET", "/verify", NO_BODY, header);
    assert_int_equal(told.status, want ? 200 : 404);
    told_clear(&told);
}

/* The large one to one operation only: it takes its time. */
static bool is_tried(const struct fault *fault, size_t operation)
{
    return fault->end == FAULT_ANSWER && !fault->ms &&
           (fault->change != CHANGE_BIG || operation == CENTRE_VENDORS);
}

static void every_fault_happens_to_every_operation_once(void **state)
{
    struct kit kit;
    char key[64];

    (void)state;
    kit_start(&kit, 0, usual);
    struct told told = kit_verify(&kit, "seen", MAN, 1);
    told_clear(&told);
    for (size_t o = 0; o < CENTRE_OPERATIONS; o++)
        for (size_t f = 0; f < faults_count(); f++) {
            if (!is_tried(faults_at(f), o))
                continue;
            assert_true(text_format(key, sizeof(key), "%zu-%s", o, faults_at(f)->name));
            check_fault(&kit, (enum centre_operation)o, faults_at(f), key);
            if (o == CENTRE_VERIFY)
                check_billed(&kit, key, faults_at(f)->runs);
        }
    told = ASK(&kit, "GET", "/vendors", NO_BODY, "Accept: application/json");
    assert_int_equal(told.status, 200); /* none is left */
    told_clear(&told);
    kit_stop(&kit);
}

static void a_fault_goes_before_the_person_and_spoils_no_refusal(void **state)
{
    struct kit kit;

    (void)state;
    kit_start(&kit, 0, usual);
    kit_fault(&kit, "verify", "not-json");
    struct told told = kit_verify(&kit, "k", "900101300196", 1); /* who is told of unsigned */
    expect_told(&told, 200, "Сервис временно недоступен");
    assert_int_equal(kit_judge(&kit, &told, JWS_INPUT_BODY, true), VERDICT_VALID);
    told_clear(&told);
    static const char *const faults[] = { "register-then-504", "not-json", "register-then-hang" };
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        kit_fault(&kit, "verify", faults[i]);
        told = kit_verify(&kit, "k", MAN, 1);
        expect_told(&told, 406, "x-idempotency-key");
        told_clear(&told);
    }
    kit_stop(&kit);
}

/* ---- answers that do not come ---- */

static enum status ask_within(struct kit *kit, int64_t ms, const char *key, struct told *ret_told)
{
    char url[256], header[128];
    const char *const headers[] = { header, PHOTO_TYPE, NULL };
    const struct rest_call call = { .method = "POST",
                                    .url = url,
                                    .headers = headers,
                                    .body = kit_photo(640, 480),
                                    .deadline_ms = clock_monotonic_ms() + ms,
                                    .once = true };
    struct err err;

    assert_true(
        text_format(url, sizeof(url), "%s/verify?iin=" MAN "&vendor=1", centre_url(kit->centre)));
    assert_true(text_format(header, sizeof(header), "x-idempotency-key: %s", key));
    return kit_try(kit, kit->member, &call, ret_told, &err);
}

static void answers_hang_break_off_and_come_late(void **state)
{
    enum { SOON_MS = 300, LONG_MS = 60000 };
    static const struct {
        const char *fault;
        int64_t within_ms;
        enum status want;
        bool billed;
    } rows[] = {
        { "hang", SOON_MS, ST_TIMEOUT, false },
        { "register-then-hang", SOON_MS, ST_TIMEOUT, true },
        { "reset", LONG_MS, ST_UPSTREAM, false },
        { "register-then-reset", LONG_MS, ST_UPSTREAM, true },
        { "cut-body", LONG_MS, ST_UPSTREAM, true },
        { "slow", SOON_MS, ST_TIMEOUT, true },
        { "slow-headers", SOON_MS, ST_TIMEOUT, true },
        { "slow-body", SOON_MS, ST_TIMEOUT, true },
        { "slow&ms=50", LONG_MS, ST_OK, true },
        { "bad-jws&ms=50", LONG_MS, ST_OK, true },
    };
    struct kit kit;
    unsigned billed = 0;

    (void)state;
    kit_start(&kit, 0, usual);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct told told = { .status = 0 };
        int64_t since = clock_monotonic_ms();
        char key[64];

        (void)text_format(key, sizeof(key), "k%zu", i);
        kit_fault(&kit, "verify", rows[i].fault);
        if (ask_within(&kit, rows[i].within_ms, key, &told) != rows[i].want)
            fail_msg("%s", rows[i].fault);
        if (rows[i].want == ST_OK)
            assert_true(clock_monotonic_ms() - since >= 50);
        billed += rows[i].billed;
        assert_int_equal(kit_billed(&kit), billed);
        told_clear(&told);
    }
    kit_stop(&kit);
}

/* The head at once tells the slow body from the slow headers. */
static void answers_come_byte_by_byte_and_are_whole(void **state)
{
    static const char *const faults[] = { "slow-headers&ms=1", "slow-body&ms=1" };
    struct kit kit;

    (void)state;
    kit_start(&kit, 0, usual);
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        const int64_t since = clock_monotonic_ms();

        kit_fault(&kit, "vendors", faults[i]);
        struct told told = ASK(&kit, "GET", "/vendors", NO_BODY, "Accept: application/json");
        assert_int_equal(told.status, 200);
        assert_int_equal(kit_judge(&kit, &told, JWS_INPUT_BODY, true), VERDICT_VALID);
        assert_true(clock_monotonic_ms() - since >= (int64_t)told.body->len - 1);
        told_clear(&told);
    }
    kit_stop(&kit);
}

/* ---- people ---- */

static void people_are_always_the_same(void **state)
{
    struct kit kit;

    (void)state;
    kit_start(&kit, 0, usual);
    for (size_t i = 0; i < people_count(); i++) {
        const struct person *person = people_at(i);
        const struct fault *fault =
            person->verify_fault ? faults_find(slice_str(person->verify_fault)) : NULL;
        char header[128];

        if (fault && fault->ms)
            continue; /* takes its time, as the fault of that name does */
        struct told told = kit_verify(&kit, person->name, person->iin, 1);
        assert_int_equal(told.status, fault && fault->status ? fault->status : 200);
        if (told.status == 200 && fault)
            check_signature(&kit, fault, &told);
        if (told.status == 200 && person->result)
            expect_told(&told, 200, person->result);
        told_clear(&told);
        /* asked again: the same again, unless there is nothing to tell of; a time-out is over */
        assert_true(text_format(header, sizeof(header), "x-idempotency-key: %s", person->name));
        told = ASK(&kit, "GET", "/verify", NO_BODY, header);
        assert_int_equal(told.status, fault && !fault->runs ? 404 : 200);
        if (told.status == 200 && fault)
            check_signature(&kit, fault, &told);
        told_clear(&told);
    }
    kit_stop(&kit);
}

/* Their check digits are right: also an adapter that looks at those lets them pass. */
static void iins_with_a_meaning_are_iins(void **state)
{
    (void)state;
    for (size_t i = 0; i < people_count(); i++) {
        const char *iin = people_at(i)->iin;
        int sum = 0;

        assert_true(text_is_digits(slice_str(iin), 12));
        for (int k = 0; k < 11; k++)
            sum += (k + 1) * (iin[k] - '0');
        assert_int_equal(sum % 11, iin[11] - '0');
        assert_ptr_equal(people_find(iin), people_at(i));
        assert_true(!people_at(i)->verify_fault ||
                    faults_find(slice_str(people_at(i)->verify_fault)) != NULL);
        assert_true(!people_at(i)->data_fault ||
                    faults_find(slice_str(people_at(i)->data_fault)) != NULL);
    }
}

/* ---- the control ---- */

static void the_control_refuses_what_it_does_not_know(void **state)
{
    static const struct {
        const char *method, *path;
        long status;
    } rows[] = {
        { "POST", "/coid/fault", 400 },
        { "POST", "/coid/fault?operation=verify&fault=nothing", 400 },
        { "POST", "/coid/fault?operation=none&fault=none", 400 },
        { "POST", "/coid/fault?operation=verify&fault=hang&times=0", 400 },
        { "POST", "/coid/fault?operation=verify&fault=hang&times=x", 400 },
        { "POST", "/coid/fault?operation=verify&fault=slow&ms=-1", 400 },
        { "POST", "/coid/clock?shift_s=-1", 400 },
        { "POST", "/coid/clock", 400 },
        { "GET", "/coid/reset", 405 },
        { "GET", "/coid/none", 404 },
    };
    struct kit kit;
    struct err err;

    (void)state;
    kit_start(&kit, 0, usual);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char url[256];
        const struct rest_call call = { .method = rows[i].method, .url = url };
        struct told told;

        assert_true(
            text_format(url, sizeof(url), "%s%s", authority_url(kit.authority), rows[i].path));
        assert_ok(kit_try(&kit, kit.nobody, &call, &told, &err), &err);
        if (told.status != rows[i].status)
            fail_msg("%s: %ld", rows[i].path, told.status);
        told_clear(&told);
    }
    kit_stop(&kit);
}

static void faults_wait_in_line_and_a_reset_forgets_them(void **state)
{
    struct kit kit;

    (void)state;
    kit_start(&kit, 0, usual);
    bytes_free(kit_control(&kit, "POST", "/coid/fault?operation=vendors&fault=status-403&times=2"));
    kit_fault(&kit, "vendors", "504");
    static const long want[] = { 403, 403, 504, 200 };
    for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        struct told told = ASK(&kit, "GET", "/vendors", NO_BODY, "Accept: application/json");
        assert_int_equal(told.status, want[i]);
        told_clear(&told);
    }
    bytes_free(kit_control(&kit, "POST", "/coid/fault?operation=vendors&fault=403&times=1000"));
    kit_fault(&kit, "news", "403");
    kit_fault(&kit, "vendors", "none"); /* taken back, and no other operation's */
    static const struct {
        const char *path;
        long want;
    } rows[] = { { "/vendors", 200 }, { "/news", 403 } };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct told told = ASK(&kit, "GET", rows[i].path, NO_BODY, "Accept: application/json");
        assert_int_equal(told.status, rows[i].want);
        told_clear(&told);
    }
    kit_fault(&kit, "vendors", "403");
    bytes_free(kit_control(&kit, "POST", "/coid/reset"));
    struct told told = ASK(&kit, "GET", "/vendors", NO_BODY, "Accept: application/json");
    assert_int_equal(told.status, 200);
    told_clear(&told);
    AUTO(bytes_free) struct bytes *people = kit_control(&kit, "GET", "/coid/people");
    assert_non_null(strstr(people->at, "\"two-faces\":\"900101300106\""));
    AUTO(bytes_free) struct bytes *text = kit_control(&kit, "GET", "/coid/");
    assert_non_null(strstr(text->at, "register-then-504"));
    kit_stop(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_signed_as_the_settings_say),
        cmocka_unit_test(every_fault_happens_to_every_operation_once),
        cmocka_unit_test(a_fault_goes_before_the_person_and_spoils_no_refusal),
        cmocka_unit_test(answers_hang_break_off_and_come_late),
        cmocka_unit_test(answers_come_byte_by_byte_and_are_whole),
        cmocka_unit_test(people_are_always_the_same),
        cmocka_unit_test(iins_with_a_meaning_are_iins),
        cmocka_unit_test(the_control_refuses_what_it_does_not_know),
        cmocka_unit_test(faults_wait_in_line_and_a_reset_forgets_them),
    };

    return cmocka_run_group_tests(tests, sandbox_setup, sandbox_teardown);
}
