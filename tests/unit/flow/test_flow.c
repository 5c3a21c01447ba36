/* flow with fakes of store, mobile, soap and passwords: who is let in, what is kept, what is given
 * again. */
#include "support/cmocka.h"

#include "flow/internal.h"

#define DAY_MS INT64_C(86400000)

static const int64_t now_ms = INT64_C(1795338187000); /* 2026-11-22T09:03:07Z */

/* ---- fakes ---- */
static struct {
    enum claim_state claims[4]; /* what store_claim() says, call by call */
    int claim_calls;
    enum status claim_fails, keep_fails, operation_fails;
    const char *operation_code;
    char kept[256];
    int kept_times, released, ran, asked; /* ran: mobile's; asked: coid's */
    bool coid_is_away;
    enum status author_fails; /* what wsse_judge_author() says */
    struct author_rule rule;  /* it was asked by */
    int judged;
} fake;

#define MAKER "0193a000-0000-7000-8000-00000000000f" /* whose kept answer it is */

enum status store_claim(struct store *s, const struct claim *claim, enum claim_state *ret_state,
                        struct claim_answer *ret_answer, struct err *err)
{
    (void)s;
    assert_string_equal(claim->message_id, "m1");
    if (fake.claim_fails)
        return RAISE(err, fake.claim_fails, "database is away");
    *ret_state = fake.claims[fake.claim_calls < 3 ? fake.claim_calls++ : 3];
    if (*ret_state == CLAIM_ANSWERED)
        *ret_answer = (struct claim_answer){ bytes_dup(slice_str(fake.kept)), { MAKER } };
    return ST_OK;
}

enum status store_claim_keep(struct store *s, const struct claim *claim, struct slice answer,
                             struct err *err)
{
    (void)s;
    (void)claim;
    if (fake.keep_fails)
        return RAISE(err, fake.keep_fails, "taken over");
    fake.kept_times++;
    (void)snprintf(fake.kept, sizeof(fake.kept), "%.*s", (int)answer.len, answer.at);
    return ST_OK;
}

enum status store_claim_release(struct store *s, const struct claim *claim, struct err *err)
{
    (void)s;
    (void)claim;
    (void)err;
    fake.released++;
    return ST_OK;
}

enum status soap_encode(struct codec *codec, const struct wsse *wsse, const struct reply *reply,
                        struct bytes **ret_body, struct err *err)
{
    (void)codec;
    (void)wsse;
    (void)err;
    *ret_body = bytes_new(1000);
    bytes_addf(*ret_body, "<body of %s>", reply->code);
    return ST_OK;
}

enum status wsse_judge_author(const struct wsse *wsse, const struct verified *env,
                              const struct author_rule *rule, int64_t deadline_ms,
                              struct signer *ret_author, struct err *err)
{
    (void)wsse;
    assert_null(env);
    assert_true(deadline_ms > 0);
    fake.judged++;
    fake.rule = *rule;
    if (fake.author_fails)
        return RAISE(err, fake.author_fails, "the author's signature");
    (void)snprintf(ret_author->serial, sizeof(ret_author->serial), "1f");
    return ST_OK;
}

static enum status operation(struct reply *reply, struct err *err)
{
    assert_non_null(reply);
    fake.ran++;
    if (fake.operation_fails)
        return RAISE_CAUSE(err, fake.operation_fails, fake.operation_code, "documents", "50",
                           "too many documents");
    return ST_OK;
}

enum status mobile_create(struct mobile *m, const struct mobile_sender *sender,
                          const struct request *req, struct reply *reply, struct err *err)
{
    (void)m;
    (void)req;
    assert_string_equal(sender->sender_id, "ekzamen");
    return operation(reply, err);
}

enum status mobile_status(struct mobile *m, const char *sender_id,
                          const struct session_query *query, struct reply *reply, struct err *err)
{
    (void)m;
    (void)sender_id;
    (void)query;
    return operation(reply, err);
}

enum status mobile_result(struct mobile *m, const char *sender_id,
                          const struct session_query *query, struct reply *reply, struct err *err)
{
    return mobile_status(m, sender_id, query, reply, err);
}

enum status mobile_cancel(struct mobile *m, const struct mobile_sender *sender,
                          const struct request *req, struct reply *reply, struct err *err)
{
    return mobile_status(m, sender->sender_id, &req->payload.query, reply, err);
}

enum status coid_run(struct coid *coid, const struct coid_sender *sender, const struct peer *peer,
                     const struct request *req, struct reply *reply, struct err *err)
{
    assert_non_null(coid);
    assert_non_null(peer);
    assert_string_equal(sender->sender_id, "ekzamen");
    assert_int_equal(sender->daily_limit, 50);
    assert_true(req->op >= OP_VERIFY_PHOTO);
    assert_non_null(reply);
    (void)err;
    fake.asked++;
    return ST_OK;
}

struct passwords {
    int unused;
};

struct passwords *passwords_new(void)
{
    return calloc(1, sizeof(struct passwords));
}

void passwords_free(struct passwords *p)
{
    free(p);
}

bool passwords_match(struct passwords *p, const char *phc, struct slice password)
{
    (void)p;
    assert_string_equal(phc, "$hash");
    return slice_eq_str(password, "secret");
}

/* ---- the tests' world ---- */
static const char *const gateways[] = { "shep-2026", NULL };
static const char *const no_gateways[] = { NULL };
static const char *const services[] = { "EGOVMOBILE_QR_SIGN_SERVICE", "OTHER",
                                        "COID_IDENTITY_SERVICE", NULL };
static const char *const signing_alone[] = { "EGOVMOBILE_QR_SIGN_SERVICE", NULL };
static const char *const other_alone[] = { "OTHER", NULL };

#define NOBODY                                                                                     \
    {                                                                                              \
        { "", "", "" }, ""                                                                         \
    }
#define OWN_BIN                                                                                    \
    {                                                                                              \
        .iin = "", .bin = "123456789021"                                                           \
    }
static const struct flow_sender senders[] = {
    { "ekzamen",
      "$hash",
      "",
      "123456789021",
      gateways,
      services,
      NOBODY,
      { .author = OWN_BIN },
      50 },
    { "person", "", "123456789011", "", no_gateways, services, NOBODY, { .author = OWN_BIN }, 0 },
    { "gated", "", "", "", gateways, services, NOBODY, { .author = OWN_BIN }, 0 },
    { "signing",
      "",
      "",
      "123456789021",
      gateways,
      services,
      NOBODY,
      { .demanded = true, .author = OWN_BIN, .answer = BUSINESS_ANSWER_SAME },
      0 },
    { "in signing",
      "",
      "",
      "123456789021",
      gateways,
      services,
      NOBODY,
      { .services = signing_alone, .author = OWN_BIN, .answer = BUSINESS_ANSWER_ALWAYS },
      0 },
    { "in other",
      "",
      "",
      "123456789021",
      gateways,
      services,
      NOBODY,
      { .services = other_alone, .author = OWN_BIN, .answer = BUSINESS_ANSWER_SAME },
      0 },
    { "deaf",
      "",
      "",
      "123456789021",
      gateways,
      services,
      NOBODY,
      { .ignored = true, .author = OWN_BIN, .answer = BUSINESS_ANSWER_SAME },
      0 },
};

static struct request request_of(const char *sender, const char *password)
{
    struct request req = {
        .info = { "m1", "", "EGOVMOBILE_QR_SIGN_SERVICE", "2026-11-22T14:00:00", "", sender,
                  password, "" },
        .op = OP_GET_SIGNING_STATUS,
    };

    (void)snprintf(req.signer.bin, sizeof(req.signer.bin), "123456789021");
    (void)snprintf(req.signer.iin, sizeof(req.signer.iin), "123456789011");
    return req;
}

static enum status author_and_run(struct flows *flows, const struct peer *peer, struct request *req,
                                  struct reply **ret_reply, struct err *err)
{
    TRY(flow_author(flows, peer, NULL, req, err));
    return flow_run(flows, peer, req, ret_reply, err);
}

static enum status run(struct request *req, struct reply **ret_reply, struct err *err)
{
    const struct clock clock = clock_fixed_at(now_ms);
    const struct flow_params params = {
        .senders = senders,
        .sender_count = COUNT(senders),
        .signing_service_id = "EGOVMOBILE_QR_SIGN_SERVICE",
        .coid_service_id = "COID_IDENTITY_SERVICE",
        .coid = fake.coid_is_away ? NULL : (struct coid *)&fake,
        .message_window_ms = DAY_MS,
        .claim_lease_ms = 35000,
        .claim_keep_ms = 3 * DAY_MS,
        .clock = &clock,
    };
    const struct peer peer = { .exchange = { "0193abcd-0000-7000-8000-00000000000f" },
                               .deadline_ms = clock_monotonic_ms() + 1800 };
    AUTO(flows_free) struct flows *flows = NULL;

    TRY(flows_new(&params, &flows, err));
    return author_and_run(flows, &peer, req, ret_reply, err);
}

/* req 0.16, 0.17, 0.31, 0.32, payloads.md section 3 */
static void a_caller_must_be_who_it_says_and_may_do_what_it_asks(void **state)
{
    static const struct {
        const char *name, *sender, *password, *service, *date, *bin, *iin, *pin;
        enum status want;
    } cases[] = {
        { "by BIN and password", "ekzamen", "secret", NULL, NULL, NULL, NULL, "", ST_OK },
        { "by IIN", "person", "", NULL, NULL, "", NULL, "", ST_OK },
        { "through its gateway", "ekzamen", "secret", NULL, NULL, "999999999999", NULL, "shep-2026",
          ST_OK },
        { "only through its gateway", "gated", "", NULL, NULL, NULL, NULL, "shep-2026", ST_OK },
        { "unknown sender", "nobody", "", NULL, NULL, NULL, NULL, "", ST_FORGED },
        { "wrong password", "ekzamen", "guess", NULL, NULL, NULL, NULL, "", ST_FORGED },
        { "no password", "ekzamen", "", NULL, NULL, NULL, NULL, "", ST_FORGED },
        { "another BIN", "ekzamen", "secret", NULL, NULL, "999999999999", NULL, "", ST_FORGED },
        { "no BIN", "ekzamen", "secret", NULL, NULL, "", NULL, "", ST_FORGED },
        { "another IIN", "person", "", NULL, NULL, NULL, "999999999999", "", ST_FORGED },
        { "another's gateway", "person", "", NULL, NULL, NULL, NULL, "shep-2026", ST_FORGED },
        { "an unknown gateway", "ekzamen", "secret", NULL, NULL, NULL, NULL, "old", ST_FORGED },
        { "gated, but by itself", "gated", "", NULL, NULL, NULL, NULL, "", ST_FORGED },
        { "unknown service", "ekzamen", "secret", "NOPE", NULL, NULL, NULL, "", ST_SERVICE },
        { "allowed but not served", "ekzamen", "secret", "OTHER", NULL, NULL, NULL, "",
          ST_SERVICE },
        { "yesterday, a bare date", "ekzamen", "secret", NULL, "2026-11-21", NULL, NULL, "",
          ST_OK },
        { "25 hours ago", "ekzamen", "secret", NULL, "2026-11-21T12:00:00", NULL, NULL, "",
          ST_STALE },
        { "in two days", "ekzamen", "secret", NULL, "2026-11-24", NULL, NULL, "", ST_STALE },
        { "no date at all", "ekzamen", "secret", NULL, "soon", NULL, NULL, "", ST_FORMAT },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        AUTO(reply_free) struct reply *reply = NULL;
        struct request req = request_of(cases[i].sender, cases[i].password);
        struct err err = { 0 };

        fake = (typeof(fake)){ .claims = { CLAIM_MINE } };
        if (cases[i].service)
            req.info.service_id = cases[i].service;
        if (cases[i].date)
            req.info.message_date = cases[i].date;
        if (cases[i].bin)
            (void)snprintf(req.signer.bin, sizeof(req.signer.bin), "%s", cases[i].bin);
        if (cases[i].iin)
            (void)snprintf(req.signer.iin, sizeof(req.signer.iin), "%s", cases[i].iin);
        (void)snprintf(req.signer.pin, sizeof(req.signer.pin), "%s", cases[i].pin);
        enum status got = run(&req, &reply, &err);
        if (got != cases[i].want)
            fail_msg("%s: %s (%s)", cases[i].name, status_name(got), err.text);
        assert_int_equal(fake.ran, cases[i].want == ST_OK);
        assert_null(strstr(err.text, "guess"));
    }
}

/* payloads.md section 3; req 0.29, 0.30 */
static void a_business_signature_is_judged_and_demanded_by_the_senders_rule(void **state)
{
    static const struct {
        const char *name, *sender;
        enum status judge; /* ST_NOT_FOUND: the payload is not signed */
        enum status want;
        bool judged, has_author, signs;
    } cases[] = {
        { "verified when it is there", "ekzamen", ST_OK, ST_OK, true, true, false },
        { "not demanded", "ekzamen", ST_NOT_FOUND, ST_OK, true, false, false },
        { "wrong though not demanded", "ekzamen", ST_AUTHOR_FORGED, ST_AUTHOR_FORGED, true, false,
          false },
        { "out of date", "ekzamen", ST_AUTHOR_STALE, ST_AUTHOR_STALE, true, false, false },
        { "not to be learnt", "ekzamen", ST_UNAVAILABLE, ST_UNAVAILABLE, true, false, false },
        { "no memory", "ekzamen", ST_NOMEM, ST_NOMEM, true, false, false },
        { "demanded and there, answered in kind", "signing", ST_OK, ST_OK, true, true, true },
        { "demanded and absent", "signing", ST_NOT_FOUND, ST_AUTHOR_UNSIGNED, true, false, false },
        { "demanded in this service", "in signing", ST_NOT_FOUND, ST_AUTHOR_UNSIGNED, true, false,
          true },
        { "there in this service", "in signing", ST_OK, ST_OK, true, true, true },
        { "demanded in another", "in other", ST_NOT_FOUND, ST_OK, true, false, false },
        { "ignored", "deaf", ST_AUTHOR_FORGED, ST_OK, false, false, false },
        { "nobody may call: nothing is judged", "nobody", ST_OK, ST_FORGED, false, false, false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        AUTO(reply_free) struct reply *reply = NULL;
        struct request req = request_of(cases[i].sender, "secret");
        struct err err = { 0 };

        fake = (typeof(fake)){ .claims = { CLAIM_MINE },
                               .author_fails = cases[i].judge == ST_OK ? 0 : cases[i].judge };
        enum status got = run(&req, &reply, &err);
        if (got != cases[i].want)
            fail_msg("%s: %s (%s)", cases[i].name, status_name(got), err.text);
        if (fake.judged != cases[i].judged || req.has_author != cases[i].has_author ||
            req.sign_answer != cases[i].signs || fake.ran != (got == ST_OK))
            fail_msg("%s: judged %d author %d signs %d ran %d", cases[i].name, fake.judged,
                     req.has_author, req.sign_answer, fake.ran);
        assert_int_equal(fake.claim_calls, got == ST_OK); /* no claim before the author is known */
        if (reply)
            assert_true(reply->sign_payload == cases[i].signs &&
                        reply->data_as_text == cases[i].signs);
        if (fake.judged)
            assert_string_equal(fake.rule.bin, "123456789021");
    }
}

/* Its reason is flow_run()'s to give, when the request is on record. */
static void who_may_not_call_has_no_author_and_no_fetches(void **state)
{
    const struct flow_params params = { .senders = senders, .sender_count = COUNT(senders) };
    const struct peer peer = { .deadline_ms = 1 };
    AUTO(flows_free) struct flows *flows = NULL;
    struct err err;

    (void)state;
    assert_int_equal(flows_new(&params, &flows, &err), ST_OK);
    for (int i = 0; i < 2; i++) {
        struct request req = request_of(i ? "ekzamen" : "nobody", "guess");

        fake = (typeof(fake)){ 0 };
        assert_int_equal(flow_author(flows, &peer, NULL, &req, &err), ST_OK);
        assert_false(fake.judged || req.has_author);
    }
}

/* The demand does not rest on the one who calls flow_author() first. */
static void a_demand_is_not_met_by_forgetting_to_look(void **state)
{
    const struct clock clock = clock_fixed_at(now_ms);
    const struct flow_params params = { .senders = senders,
                                        .sender_count = COUNT(senders),
                                        .signing_service_id = "EGOVMOBILE_QR_SIGN_SERVICE",
                                        .message_window_ms = DAY_MS,
                                        .clock = &clock };
    const struct peer peer = { .deadline_ms = 1 };
    const struct request req = request_of("signing", "");
    AUTO(flows_free) struct flows *flows = NULL;
    AUTO(reply_free) struct reply *reply = NULL;
    struct err err;

    (void)state;
    assert_int_equal(flows_new(&params, &flows, &err), ST_OK);
    assert_int_equal(flow_run(flows, &peer, &req, &reply, &err), ST_AUTHOR_UNSIGNED);
}

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
    const struct clock clock = clock_fixed_at(now_ms);
    const struct flow_params params = { .senders = senders,
                                        .sender_count = COUNT(senders),
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
            flow_fault(&cause, &peer, cases[i].request_known ? &req : NULL, now_ms, &reply, &err),
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
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_caller_must_be_who_it_says_and_may_do_what_it_asks),
        cmocka_unit_test(a_business_signature_is_judged_and_demanded_by_the_senders_rule),
        cmocka_unit_test(who_may_not_call_has_no_author_and_no_fetches),
        cmocka_unit_test(a_demand_is_not_met_by_forgetting_to_look),
        cmocka_unit_test(answers_are_kept_or_run_again_by_their_code),
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
