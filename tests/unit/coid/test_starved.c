/* Memory that runs out at any point of a comparison or of a question for data: an error, or the
 * whole answer; a row that is done has its evidence; nothing is asked twice for it. */
#include "support/torture.h"

#include "pictures.h"
#include "unit/crypto/fixture.h"

#include "base/text.h"
#include "coid/coid.h"

#define IIN "900101300127"
#define KEY "0193abcd-0000-7000-8000-00000000000f"

static const char told[] = "{\"iin\":\"" IIN "\",\"vendor\":\"VisionLabs\",\"result\":0.95,"
                           "\"x_idempotency_key\":\"" KEY "\",\"photo\":\"/9j/4AAQ\",\"new\":1}";
static const char person[] = "{\"person\":{\"iin\":\"" IIN "\",\"surname\":\"ОМАРОВ\"}}";
static const char vendors[] = "{\"vendors\":[{\"id\":1,\"name\":\"VisionLabs\"}]}";

/* ---- the neighbours: they do not starve ---- */
static struct {
    struct coid_call call;
    unsigned posts, proven, lines;
    struct bytes *jws[3]; /* over the three above */
} far;

enum { TOLD, PERSON, VENDORS };

enum status store_coid_begin(struct store *store, const struct coid_begin *begin,
                             struct coid_call *ret_call, bool *ret_fresh, struct err *err)
{
    (void)store;
    (void)begin;
    (void)err;
    *ret_call = far.call;
    *ret_fresh = true;
    return ST_OK;
}

enum status store_coid_find(struct store *store, const char *sender_id, const struct id *key,
                            struct coid_call *ret_call, struct err *err)
{
    (void)store;
    (void)sender_id;
    (void)err;
    assert_string_equal(key->text, KEY);
    *ret_call = far.call;
    return ST_OK;
}

enum status store_coid_asking(struct store *store, const struct id *key, struct err *err)
{
    (void)store;
    (void)key;
    (void)err;
    far.call.state = COID_ASKED;
    far.call.asked_ms = far.call.now_ms;
    return ST_OK;
}

enum status store_coid_end(struct store *store, const struct id *key, const struct coid_end *end,
                           struct err *err)
{
    (void)store;
    (void)key;
    (void)err;
    assert_int_equal(end->state, COID_DONE); /* want of memory is no refusal of ЦОИД's */
    assert_true(far.proven > 0);
    far.call.state = end->state;
    return ST_OK;
}

enum status store_coid_evidence_keep(struct store *store, const struct coid_evidence *evidence,
                                     struct err *err)
{
    (void)store;
    (void)err;
    if (evidence->op != OP_GET_VENDORS && strcmp(evidence->verdict, "valid") == 0)
        far.proven += evidence->certificate.len > 0 && evidence->report.len > 0;
    return ST_OK;
}

enum status store_coid_evidence_of(struct store *store, const struct id *key, enum operation op,
                                   struct arena *arena, struct coid_evidence *ret, struct err *err)
{
    (void)store;
    (void)key;
    (void)op;
    (void)arena;
    (void)ret;
    return RAISE(err, ST_NOT_FOUND, "none");
}

enum status journal_write(struct journal *journal, const struct event *event, struct err *err)
{
    (void)journal;
    (void)err;
    assert_non_null(event->text);
    far.lines++;
    return ST_OK;
}

static void answer_with(struct rest_answer *ret, const char *body, const struct bytes *jws)
{
    torture_pause();
    *ret = (struct rest_answer){ .status = 200, .content_type = "application/json" };
    ret->body = bytes_dup(slice_str(body));
    ret->headers[0] = strdup(jws->at);
    torture_resume();
}

enum status rest_do(struct rest *rest, const struct rest_call *call, struct rest_answer *ret_answer,
                    struct err *err)
{
    (void)rest;
    (void)err;
    *call->times = (struct rest_times){ 0, 1, 2, 3 };
    if (strstr(call->url, "/vendors"))
        answer_with(ret_answer, vendors, far.jws[VENDORS]);
    else if (strstr(call->url, "/data"))
        answer_with(ret_answer, person, far.jws[PERSON]);
    else
        answer_with(ret_answer, told, far.jws[TOLD]);
    far.posts += strstr(call->url, "/verify?") != NULL;
    return ST_OK;
}

/* ---- */
static struct world {
    struct pki *pki;
    struct bytes *photo;
    struct clock clock;
    struct upstream *upstream;
    struct coid_params params;
} world;

static void sign(int which, const char *text)
{
    static const struct jws_settings settings = { .alphabet = JWS_BASE64_URL };
    struct err err;

    assert_ok(jws_sign(world.pki->leaf.key, slice_str(text), &settings, &far.jws[which], &err),
              &err);
}

static int open_world(void **state)
{
    static const struct cert *certs[1];
    const struct upstream_params upstream = {
        .name = "ЦОИД",
        .max_calls = 1,
        .wait_ms = 1,
        .budget_ms = 25000,
        .failures = 9,
        .window_ms = 1,
        .open_ms = 1,
        .successes = 1,
    };
    struct err err;

    if (setup_crypto(state) != 0)
        return -1;
    world.clock = clock_fixed_at(NOW_MS);
    world.pki = pki_new(NULL);
    world.photo = make_png(640, 480);
    certs[0] = world.pki->leaf.cert;
    assert_ok(upstream_new(&upstream, &world.upstream, &err), &err);
    world.params = (struct coid_params){
        .base_url = "http://far/v1",
        .paths = { "verify", "data", "vendors", "t/{from}/{to}", "d/{year}/{month}",
                   "a/{year}/{month}", "news" },
        .participant = "АО «Банк»",
        .consent_template = "{participant}: {fullName}, {iin}",
        .threshold = 0.85,
        .data_window_ms = DAY_MS,
        .max_photo_bytes = 1 << 20,
        .max_answer_bytes = 1 << 20,
        .budget_ms = 25000,
        .call_ms = 12000,
        .vendors_keep_ms = 1,
        .sign_key = world.pki->leaf.key,
        .jws_judge = pki_judge(world.pki),
        .upstream = world.upstream,
        .clock = &world.clock,
    };
    world.params.jws_judge.purpose = PURPOSE_TRANSPORT;
    world.params.jws_judge.extra = certs;
    world.params.jws_judge.extra_count = 1;
    sign(TOLD, told);
    sign(PERSON, person);
    sign(VENDORS, vendors);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(far.jws); i++)
        bytes_free(far.jws[i]);
    upstream_free(world.upstream);
    bytes_free(world.photo);
    pki_free(world.pki);
    return 0;
}

struct attempt {
    struct request req;
    struct coid *coid;
    struct arena *arena;
    struct reply reply;
    enum status status;
    struct err err;
};

static void prepare(const struct attempt *attempt)
{
    far.posts = far.proven = far.lines = 0;
    far.call = (struct coid_call){ .key = { KEY }, .iin = IIN, .vendor = 1, .now_ms = NOW_MS };
    if (attempt->req.op == OP_GET_PERSON_DATA) {
        far.call.state = COID_DONE;
        far.call.asked_ms = NOW_MS;
        (void)text_copy(far.call.result, sizeof(far.call.result), "0.95");
    }
}

static void call(void *ctx)
{
    static const struct coid_sender sender = { "bank", 0 };
    struct attempt *a = ctx;
    const struct peer peer = { .exchange = { KEY }, .deadline_ms = clock_monotonic_ms() + 3600000 };

    prepare(a);
    a->status = ST_NOMEM;
    a->arena = arena_new(1 << 22);
    a->reply = (struct reply){ .arena = a->arena };
    if (a->arena && coid_new(&world.params, &a->coid, &a->err) == ST_OK)
        a->status = coid_run(a->coid, &sender, &peer, &a->req, &a->reply, &a->err);
}

static void check_whole(const struct attempt *a, bool starved)
{
    const struct coid_answer *answer = a->reply.coid;

    assert_non_null(answer);
    assert_true(far.proven > 0);
    assert_string_equal(answer->proof.algorithm, "GOST3410-2015-512");
    assert_string_equal(answer->proof.signer_serial, cert_signer(world.pki->leaf.cert)->serial);
    assert_true(starved || answer->proof.signer[0] != '\0'); /* a name that no memory was for */
    if (a->req.op == OP_GET_PERSON_DATA) {
        assert_string_equal(answer->told.person.surname, "ОМАРОВ");
        return;
    }
    assert_string_equal(answer->told.verification.result, "0.95");
    assert_true(answer->told.verification.passed);
    assert_string_equal(answer->told.verification.data_until, "2026-11-23T14:00:00.000+05:00");
    assert_int_equal(answer->extra_count, 1);
    assert_int_equal(far.call.state, COID_DONE);
}

static void check(void *ctx, bool starved)
{
    struct attempt *a = ctx;
    struct upstream_look look;

    if (a->status != ST_OK && !starved)
        fail_msg("%s: %s", status_name(a->status), a->err.text);
    if (a->status == ST_INPUT)
        fail_msg("the caller is blamed: %s %s", a->err.code, a->err.text);
    if (a->status == ST_OK)
        check_whole(a, starved);
    else
        assert_null(a->reply.coid);
    assert_true(far.posts <= 1);
    upstream_look(world.upstream, &look);
    assert_int_equal(look.calls, 0); /* every pass came back */
    coid_free(TAKE(a->coid));
    arena_free(TAKE(a->arena));
    a->reply = (struct reply){ 0 };
}

static void without_memory_nothing_is_told_lost_or_paid_twice(void **state)
{
    struct attempt photo = { .req = { .op = OP_VERIFY_PHOTO,
                                      .info = { .message_id = "m1", .session_id = "" } } };
    struct attempt data = { .req = { .op = OP_GET_PERSON_DATA,
                                     .info = { .message_id = "m2", .session_id = "" } } };

    (void)state;
    photo.req.payload.verify_photo = (struct coid_verify_photo){ IIN, 1, bytes_slice(world.photo) };
    data.req.payload.get_person_data =
        (struct coid_get_person_data){ KEY, true, { IIN, "ОМАРОВ ШАЯН", "" } };
    assert_true(torture(&(const struct torture){ "verifyPhoto", call, check, &photo, false }) > 50);
    assert_true(torture(&(const struct torture){ "getPersonData", call, check, &data, false }) >
                50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_memory_nothing_is_told_lost_or_paid_twice),
    };

    torture_begin();
    return cmocka_run_group_tests(tests, open_world, close_world);
}
