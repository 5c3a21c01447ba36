/* What becomes of a message that is let in: what is kept, what is given again, which service runs
 * which operation, and how an error is told. */
#include "world.h"

static const struct {
    const char *name;
    enum claim_state claims[4];
    enum status claim_fails, keep_fails, operation_fails;
    enum operation op;
    const char *code, *detail;
    int ran, kept, released;
} kept_cases[] = {
    { "success", { CLAIM_MINE }, 0, 0, 0, OP_GET_SIGNING_STATUS, "SCSS001", NULL, 1, 1, 0 },
    { "business error",
      { CLAIM_MINE },
      0,
      0,
      ST_INPUT,
      OP_GET_SIGNING_STATUS,
      "SCSE002",
      "tooMany",
      1,
      1,
      0 },
    { "unreadable payload",
      { CLAIM_MINE },
      0,
      0,
      0,
      OP_NONE,
      "SCSE002",
      "unknownOperation",
      0,
      1,
      0 },
    { "failure of ours",
      { CLAIM_MINE },
      0,
      0,
      ST_UNAVAILABLE,
      OP_GET_SIGNING_STATUS,
      "SCSE003",
      "tooMany",
      1,
      0,
      1 },
    { "internal failure",
      { CLAIM_MINE },
      0,
      0,
      ST_INTERNAL,
      OP_GET_SIGNING_STATUS,
      "SCSE003",
      "internal",
      1,
      0,
      1 },
    { "given again", { CLAIM_ANSWERED }, 0, 0, 0, OP_GET_SIGNING_STATUS, "SCSS001", NULL, 0, 0, 0 },
    { "another runs it, then answers",
      { CLAIM_RUNNING, CLAIM_ANSWERED },
      0,
      0,
      0,
      OP_GET_SIGNING_STATUS,
      "SCSS001",
      NULL,
      0,
      0,
      0 },
    { "another runs it too long",
      { CLAIM_RUNNING, CLAIM_RUNNING, CLAIM_RUNNING, CLAIM_RUNNING },
      0,
      0,
      0,
      OP_GET_SIGNING_STATUS,
      "SCSE003",
      "inProgress",
      0,
      0,
      0 },
    { "reused",
      { CLAIM_REUSED },
      0,
      0,
      0,
      OP_GET_SIGNING_STATUS,
      "SCSE002",
      "messageIdReused",
      0,
      0,
      0 },
    { "database away",
      { CLAIM_MINE },
      ST_UNAVAILABLE,
      0,
      0,
      OP_GET_SIGNING_STATUS,
      "SCSE003",
      "unavailable",
      0,
      0,
      0 },
    { "taken over meanwhile",
      { CLAIM_MINE },
      0,
      ST_CONFLICT,
      0,
      OP_GET_SIGNING_STATUS,
      "SCSE003",
      "conflict",
      1,
      0,
      0 },
};

/* architecture.md section 1: what is kept and given again, what is run again */
static void answers_are_kept_or_run_again_by_their_code(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(kept_cases); i++) {
        AUTO(reply_free) struct reply *reply = NULL;
        struct request req = request_of("ekzamen", "secret");
        struct err err = { 0 };

        fake = (typeof(fake)){ .claim_fails = kept_cases[i].claim_fails,
                               .keep_fails = kept_cases[i].keep_fails,
                               .operation_fails = kept_cases[i].operation_fails,
                               .operation_code = "tooMany",
                               .kept = "SCSS001\n<body of old>" };
        memcpy(fake.claims, kept_cases[i].claims, sizeof(fake.claims));
        req.op = kept_cases[i].op;
        (void)RAISE_CAUSE(&req.payload_err, ST_INPUT, "unknownOperation", "data", NULL, "unknown");
        assert_int_equal(run(&req, &reply, &err), ST_OK);
        if (!reply) {
            fail_msg("%s: no reply", kept_cases[i].name);
            return;
        }
        if (strcmp(reply->code, kept_cases[i].code) != 0 || fake.ran != kept_cases[i].ran ||
            fake.kept_times != kept_cases[i].kept || fake.released != kept_cases[i].released)
            fail_msg("%s: %s ran %d kept %d released %d", kept_cases[i].name, reply->code, fake.ran,
                     fake.kept_times, fake.released);
        if (kept_cases[i].detail)
            assert_string_equal(reply->detail.code, kept_cases[i].detail);
        if (kept_cases[i].claims[0] == CLAIM_ANSWERED) {
            assert_string_equal(reply->kept->at, "<body of old>");
            assert_string_equal(reply->message_id, MAKER); /* req 0.59 */
        }
        if (kept_cases[i].keep_fails)
            assert_null(reply->kept); /* the unkept answer does not leave */
        assert_string_equal(reply->correlation_id, "m1");
    }
}

/* A payload may be readable before anybody answers it. */
static void an_operation_that_nobody_runs_is_unknown(void **state)
{
    static const enum operation nobodys[] = { OP_GET_NEWS + 1, OP_GET_NEWS + 1000 };

    (void)state;
    for (size_t i = 0; i < COUNT(nobodys); i++) {
        AUTO(reply_free) struct reply *reply = NULL;
        struct request req = request_of("ekzamen", "secret");
        struct err err = { 0 };

        fake = (typeof(fake)){ .claims = { CLAIM_MINE } };
        req.op = nobodys[i];
        req.operation_name = "getNews";
        assert_int_equal(run(&req, &reply, &err), ST_OK);
        assert_non_null(reply);
        assert_string_equal(reply->code, "SCSE002");
        assert_string_equal(reply->detail.code, "unknownOperation");
        assert_int_equal(reply->op, OP_NONE);
        assert_int_equal(fake.ran, 0);
    }
}

/* The journal repeats its code and message; the caller gets the bytes. */
static void a_refusal_that_is_given_again_is_no_success(void **state)
{
    AUTO(reply_free) struct reply *reply = NULL;
    struct request req = request_of("ekzamen", "secret");
    struct err err = { 0 };

    (void)state;
    fake = (typeof(fake)){ .claims = { CLAIM_ANSWERED }, .kept = "SCSE002\n<body of old>" };
    assert_int_equal(run(&req, &reply, &err), ST_OK);
    assert_non_null(reply);
    assert_string_equal(reply->code, "SCSE002");
    assert_string_equal(reply->message, "Ошибка в бизнес-данных");
    assert_string_equal(reply->kept->at, "<body of old>");
}

static const struct {
    const char *name, *service;
    enum operation op;
    bool coid_is_away;
    enum status want;
    const char *code; /* of the reply */
    int ran, asked;
} service_cases[] = {
    { "signing", "EGOVMOBILE_QR_SIGN_SERVICE", OP_GET_SIGNING_STATUS, false, ST_OK, "SCSS001", 1,
      0 },
    { "a photo", "COID_IDENTITY_SERVICE", OP_VERIFY_PHOTO, false, ST_OK, "SCSS001", 0, 1 },
    { "news", "COID_IDENTITY_SERVICE", OP_GET_NEWS, false, ST_OK, "SCSS001", 0, 1 },
    { "a photo to the telephone", "EGOVMOBILE_QR_SIGN_SERVICE", OP_VERIFY_PHOTO, false, ST_OK,
      "SCSE002", 0, 0 },
    { "a document to ЦОИД", "COID_IDENTITY_SERVICE", OP_CREATE_SIGNING_SESSION, false, ST_OK,
      "SCSE002", 0, 0 },
    { "a status of ЦОИД", "COID_IDENTITY_SERVICE", OP_GET_SIGNING_STATUS, false, ST_OK, "SCSE002",
      0, 0 },
    { "ЦОИД is not offered", "COID_IDENTITY_SERVICE", OP_VERIFY_PHOTO, true, ST_SERVICE, "", 0, 0 },
    { "and its operations are none of signing's", "EGOVMOBILE_QR_SIGN_SERVICE", OP_GET_NEWS, true,
      ST_OK, "SCSE002", 0, 0 },
};

/* flows.md section 4 */
static void each_service_has_its_own_operations(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(service_cases); i++) {
        const typeof(service_cases[0]) *row = &service_cases[i];
        AUTO(reply_free) struct reply *reply = NULL;
        struct request req = request_of("ekzamen", "secret");
        struct err err = { 0 };

        fake = (typeof(fake)){ .claims = { CLAIM_MINE }, .coid_is_away = row->coid_is_away };
        req.info.service_id = row->service;
        req.op = row->op;
        req.operation_name = "someOperation";
        if (run(&req, &reply, &err) != row->want || fake.ran != row->ran ||
            fake.asked != row->asked || (reply && strcmp(reply->code, row->code) != 0))
            fail_msg("%s: %s, %s, mobile %d, ЦОИД %d", row->name, status_name(err.status),
                     reply ? reply->code : "", fake.ran, fake.asked);
        if (reply && strcmp(row->code, "SCSE002") == 0)
            assert_string_equal(reply->detail.code, "unknownOperation");
    }
}

/* A status that is asked of the wrong service must not wait for news before it is refused. */
static void only_the_service_of_signing_waits_for_a_session(void **state)
{
    const struct clock clock = clock_fixed_at(NOW_MS);
    const struct flow_params params = { .senders = senders,
                                        .sender_count = SENDERS,
                                        .signing_service_id = "EGOVMOBILE_QR_SIGN_SERVICE",
                                        .coid_service_id = "COID_IDENTITY_SERVICE",
                                        .coid = (struct coid *)&fake,
                                        .message_window_ms = DAY_MS,
                                        .clock = &clock };
    const struct peer peer = { .deadline_ms = 1 };
    struct request req = request_of("ekzamen", "secret");
    AUTO(flows_free) struct flows *flows = NULL;
    struct flow_wait wait;
    struct err err;

    (void)state;
    fake = (typeof(fake)){ 0 };
    req.info.service_id = "COID_IDENTITY_SERVICE";
    req.payload.query.wait_seconds = 20;
    assert_int_equal(flows_new(&params, &flows, &err), ST_OK);
    assert_false(flow_waits(flows, &peer, &req, &wait));
    assert_int_equal(fake.ran, 0);
}

/* payloads.md section 3, req 0.62 */
static void an_error_becomes_its_fault_or_status(void **state)
{
    static const struct {
        enum status status;
        bool request_known;
        enum reply_kind kind;
        const char *code;
        bool of_server;
    } cases[] = {
        { ST_FORMAT, false, REPLY_FAULT, "SCE001", false },
        { ST_SERVICE, true, REPLY_FAULT, "SCE004", false },
        { ST_STALE, true, REPLY_FAULT, "SCE005", false },
        { ST_FORGED, false, REPLY_FAULT, "SCE006", false },
        { ST_UNSIGNED, false, REPLY_FAULT, "SCE007", false },
        { ST_AUTHOR_STALE, true, REPLY_FAULT, "SCE015", false },
        { ST_AUTHOR_FORGED, true, REPLY_FAULT, "SCE016", false },
        { ST_AUTHOR_UNSIGNED, true, REPLY_FAULT, "SCE017", false },
        { ST_INTERNAL, false, REPLY_FAULT, "SCE909", true },
        { ST_UNAVAILABLE, false, REPLY_FAULT, "SCE909", true },
        { ST_UNAVAILABLE, true, REPLY_RESPONSE, "SCSE003", false },
        { ST_NOMEM, true, REPLY_RESPONSE, "SCSE003", false },
    };
    const struct peer peer = { .exchange = { "0193abcd-0000-7000-8000-00000000000f" } };
    const struct request req = request_of("ekzamen", "secret");

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        AUTO(reply_free) struct reply *reply = NULL;
        struct err cause;
        struct err err;

        (void)RAISE(&cause, cases[i].status, "the inner reason");
        assert_int_equal(
            flow_fault(&cause, &peer, cases[i].request_known ? &req : NULL, NOW_MS, &reply, &err),
            ST_OK);
        if (!reply) {
            fail_msg("case %zu: no reply", i);
            return;
        }
        assert_int_equal(reply->kind, cases[i].kind);
        assert_string_equal(reply->code, cases[i].code);
        assert_int_equal(reply->fault_of_server, cases[i].of_server);
        bool ours = cases[i].status == ST_INTERNAL || cases[i].status == ST_NOMEM;
        assert_int_equal(strstr(reply->message, "the inner reason") != NULL, !ours);
        assert_non_null(strstr(reply->on_record, "the inner reason"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_kept_or_run_again_by_their_code),
        cmocka_unit_test(a_refusal_that_is_given_again_is_no_success),
        cmocka_unit_test(an_operation_that_nobody_runs_is_unknown),
        cmocka_unit_test(each_service_has_its_own_operations),
        cmocka_unit_test(only_the_service_of_signing_waits_for_a_session),
        cmocka_unit_test(an_error_becomes_its_fault_or_status),
    };
    struct err err;

    if (clock_use_astana(&err) != ST_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
