#include "world.h"

/* ---- fakes ---- */
struct fake fake;

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
const struct flow_sender senders[SENDERS] = {
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

struct request request_of(const char *sender, const char *password)
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

enum status run(struct request *req, struct reply **ret_reply, struct err *err)
{
    const struct clock clock = clock_fixed_at(NOW_MS);
    const struct flow_params params = {
        .senders = senders,
        .sender_count = SENDERS,
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
