/* Fakes of every floor: each writes its name on the road and fails where told to. */
#include "support/cmocka.h"

#include "server/exchange.h"

static char road[160];
static const char *fail_in;
static enum status failure;
static bool fault_had_request;

static enum status step(const char *name, struct err *err)
{
    size_t len = strlen(road);

    (void)snprintf(road + len, sizeof(road) - len, "%s ", name);
    if (fail_in && strcmp(fail_in, name) == 0) {
        fail_in = NULL; /* once: what comes after it works again */
        return RAISE(err, failure, "%s refused", name);
    }
    return ST_OK;
}

struct verified {
    int unused;
};

enum status wsse_verify(const struct wsse *w, struct slice bytes, int64_t deadline_ms,
                        struct verified **ret_env, struct err *err)
{
    (void)w;
    (void)bytes;
    assert_int_equal(deadline_ms, 77);
    TRY(step("verify", err));
    *ret_env = calloc(1, sizeof(**ret_env));
    return ST_OK;
}

void verified_free(struct verified *env)
{
    free(env);
}

enum status soap_decode(struct codec *codec, const struct verified *env, struct request **ret_req,
                        struct err *err)
{
    struct arena *arena = arena_new(sizeof(**ret_req) + 4096);

    (void)codec;
    assert_non_null(env);
    if (step("decode", err) != ST_OK) {
        arena_free(arena);
        return err->status;
    }
    *ret_req = arena_alloc(arena, sizeof(**ret_req));
    (*ret_req)->arena = arena;
    return ST_OK;
}

enum status flow_author(struct flows *flows, const struct peer *peer, const struct verified *env,
                        struct request *req, struct err *err)
{
    (void)flows;
    assert_int_equal(peer->deadline_ms, 77);
    assert_non_null(env);
    assert_non_null(req);
    return step("author", err);
}

enum status journal_received(struct journal *j, const struct peer *peer, const struct request *req,
                             struct err *err)
{
    (void)j;
    assert_non_null(peer);
    assert_non_null(req);
    return step("received", err);
}

static struct reply *new_reply(enum reply_kind kind)
{
    struct arena *arena = arena_new(4096);
    struct reply *reply = arena_alloc(arena, sizeof(*reply));

    reply->arena = arena;
    reply->kind = kind;
    return reply;
}

enum status flow_run(struct flows *flows, const struct peer *peer, const struct request *req,
                     struct reply **ret_reply, struct err *err)
{
    (void)flows;
    (void)peer;
    assert_non_null(req);
    TRY(step("flow", err));
    *ret_reply = new_reply(REPLY_RESPONSE);
    return ST_OK;
}

enum status flow_fault(const struct err *cause, const struct peer *peer, const struct request *req,
                       int64_t now_ms, struct reply **ret_reply, struct err *err)
{
    (void)peer;
    assert_int_equal(now_ms, 5);
    assert_int_not_equal(cause->status, ST_OK);
    fault_had_request = req != NULL;
    TRY(step("fault", err));
    *ret_reply = new_reply(cause->status == ST_FORGED ? REPLY_FAULT : REPLY_RESPONSE);
    return ST_OK;
}

enum status journal_answered(struct journal *j, const struct peer *peer, const struct request *req,
                             const struct reply *reply, const char *reason, struct err *err)
{
    (void)j;
    (void)peer;
    (void)req;
    (void)reason;
    assert_non_null(reply);
    return step("answered", err);
}

enum status soap_encode(struct codec *codec, const struct wsse *wsse, const struct reply *reply,
                        struct bytes **ret_body, struct err *err)
{
    (void)codec;
    (void)wsse;
    assert_non_null(reply);
    TRY(step("encode", err));
    *ret_body = bytes_dup(SLICE("body"));
    return ST_OK;
}

enum status wsse_sign(const struct wsse *w, struct slice body, struct bytes **ret_out,
                      struct err *err)
{
    (void)w;
    assert_true(slice_eq_str(body, "body"));
    TRY(step("sign", err));
    *ret_out = bytes_dup(SLICE("signed"));
    return ST_OK;
}

static enum status both_halves(const struct road *rooms, const struct peer *peer,
                               struct answer *answer, struct err *err)
{
    AUTO(request_free) struct request *req = NULL;
    struct err cause = { 0 };
    enum status received = exchange_receive(rooms, peer, SLICE("x"), &req, &cause);

    return exchange_answer(rooms, peer, req, received == ST_OK ? NULL : &cause, answer, err);
}

static const struct {
    const char *fail_in;
    enum status failure;
    const char *road;
    enum status want;
    int http_status;
    bool request_known; /* to flow_fault */
} cases[] = {
    { NULL, ST_OK, "verify decode author received flow answered encode sign ", ST_OK, 200, false },
    { "verify", ST_FORGED, "verify fault answered encode sign ", ST_OK, 500, false },
    { "decode", ST_FORGED, "verify decode fault answered encode sign ", ST_OK, 500, false },
    { "author", ST_FORGED, "verify decode author fault answered encode sign ", ST_OK, 500, true },
    { "received", ST_UNAVAILABLE, "verify decode author received fault answered encode sign ",
      ST_OK, 200, true },
    { "flow", ST_FORGED, "verify decode author received flow fault answered encode sign ", ST_OK,
      500, true },
    { "answered", ST_UNAVAILABLE, "verify decode author received flow answered fault encode sign ",
      ST_OK, 200, true },
    { "encode", ST_NOMEM, "verify decode author received flow answered encode ", ST_NOMEM, 0,
      false },
    { "sign", ST_INTERNAL, "verify decode author received flow answered encode sign ", ST_INTERNAL,
      0, false },
};

static void exchange_takes_the_road_each_case_draws(void **state)
{
    const struct clock clock = clock_fixed_at(5);
    const struct road rooms = { .clock = &clock };
    const struct peer peer = { .deadline_ms = 77 };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct answer answer = { 0 };
        struct err err;

        road[0] = '\0';
        fail_in = cases[i].fail_in;
        failure = cases[i].failure;
        fault_had_request = false;
        assert_int_equal(both_halves(&rooms, &peer, &answer, &err), cases[i].want);
        assert_string_equal(road, cases[i].road);
        assert_int_equal(answer.http_status, cases[i].http_status);
        assert_int_equal(fault_had_request, cases[i].request_known);
        assert_true((answer.bytes != NULL) == (cases[i].want == ST_OK));
        bytes_free(answer.bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exchange_takes_the_road_each_case_draws),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
