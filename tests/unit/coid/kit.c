#include "kit.h"

#include "base/text.h"
#include "pictures.h"

#include <stdio.h>

static struct pki *pki;
static struct made stranger;
static struct bytes *photo;

const char kit_result[] =
    "{\"iin\":\"" KIT_IIN "\",\"vendor\":\"VisionLabs\",\"result\":0.95,"
    "\"x_idempotency_key\":\"$KEY\",\"photo\":\"/9j/4AAQSkZJRg==\","
    "\"requisites\":{\"name\":\"ТОО «Наименование»\",\"bin\":\"123456789021\"},"
    "\"requestDate\":\"2026-11-22T09:00:01.337+00:00\"}";
const char kit_person[] =
    "{\"person\":{\"iin\":\"" KIT_IIN "\",\"surname\":\"ОМАРОВ\",\"name\":\"ШАЯН\","
    "\"birthDate\":\"1990-01-01\",\"mobilephone\":\"77011234567\"}}";

int kit_setup(void **state)
{
    if (setup_crypto(state) != 0)
        return -1;
    pki = pki_new(NULL);
    stranger =
        made_new(&(struct made_params){ .cn = "STRANGER", .usage = "digitalSignature" }, &pki->ca);
    photo = make_png(640, 480);
    return 0;
}

int kit_teardown(void **state)
{
    (void)state;
    bytes_free(photo);
    made_free(&stranger);
    pki_free(pki);
    return 0;
}

static void init_params(struct kit *kit)
{
    kit->params = (struct coid_params){
        .paths = { "verify", "data", "vendors", "report/transactions/{from}/{to}",
                   "report/actdetail/{year}/{month}", "report/act/{year}/{month}", "news" },
        .participant = "АО «Банк»",
        .consent_template = "«{participant}»: согласие {fullName}, {iin} получено.",
        .threshold = 0.85,
        .data_window_ms = DAY_MS,
        .max_photo_bytes = 1 << 20,
        .max_answer_bytes = 4 << 20,
        .budget_ms = 25000,
        .call_ms = 12000,
        .vendors_keep_ms = 3600000,
        .jws = { .alphabet = JWS_BASE64_STD },
        .sign_key = pki->leaf.key,
    };
    kit->upstream_params = (struct upstream_params){
        .name = "ЦОИД",
        .max_calls = 2,
        .max_waiting = 2,
        .wait_ms = 50,
        .budget_ms = 25000,
        .failures = 60,
        .window_ms = 60000,
        .open_ms = 60000,
        .successes = 1,
    };
}

void kit_init(struct kit *kit)
{
    *kit = (struct kit){ .clock = clock_fixed_at(NOW_MS), .left_ms = 30000 };
    kit->sender = (struct coid_sender){ .sender_id = "bank" };
    kit->peer = (struct peer){ .exchange = id_new(NOW_MS), .address = "10.1.2.3" };
    fake_store_init(&kit->store, &kit->clock);
    kit->journal.store = &kit->store;
    kit->far = far_start(pki, &stranger);
    (void)text_format(kit->url, sizeof(kit->url), "http://127.0.0.1:%u/v1", kit->far->port);
    init_params(kit);
}

void kit_open(struct kit *kit)
{
    static const struct cert *certs[1];
    const struct rest_params rest_params = { .max_parallel = 4 };
    struct coid_params *p = &kit->params;

    certs[0] = pki->leaf.cert;
    p->base_url = p->base_url ? p->base_url : kit->url;
    p->jws_judge = pki_judge(pki);
    p->jws_judge.purpose = PURPOSE_TRANSPORT;
    p->jws_judge.extra = certs;
    p->jws_judge.extra_count = 1;
    p->store = &kit->store;
    p->journal = &kit->journal;
    p->clock = &kit->clock;
    assert_ok(rest_new(&rest_params, &kit->rest, &kit->err), &kit->err);
    assert_ok(upstream_new(&kit->upstream_params, &kit->upstream, &kit->err), &kit->err);
    p->rest = kit->rest;
    p->upstream = kit->upstream;
    assert_ok(coid_new(p, &kit->coid, &kit->err), &kit->err);
}

static void shut(struct kit *kit)
{
    coid_free(kit->coid);
    upstream_free(kit->upstream);
    rest_free(kit->rest);
}

void kit_restart(struct kit *kit)
{
    shut(kit);
    kit_open(kit);
}

void kit_close(struct kit *kit)
{
    shut(kit);
    far_stop(kit->far);
    arena_free(kit->arena);
    fake_store_clear(&kit->store);
}

static void ask_of(struct kit *kit, enum operation op, const char *message_id)
{
    kit->req = (struct request){ .op = op, .info = { .message_id = message_id, .session_id = "" } };
    kit->req.payload_sha256[0] = (uint8_t)op;
}

void kit_ask_photo(struct kit *kit, const char *message_id)
{
    ask_of(kit, OP_VERIFY_PHOTO, message_id);
    kit->req.payload.verify_photo =
        (struct coid_verify_photo){ .iin = KIT_IIN, .vendor = 1, .photo = bytes_slice(photo) };
}

void kit_begin(struct kit *kit)
{
    kit_init(kit);
    kit_open(kit);
    kit_ask_photo(kit, "m1");
}

void kit_ask_result(struct kit *kit, const char *message_id, const char *key)
{
    ask_of(kit, OP_GET_VERIFICATION, message_id);
    kit->req.payload.get_verification.idempotency_key = key;
}

void kit_ask_data(struct kit *kit, const char *message_id, const char *key)
{
    ask_of(kit, OP_GET_PERSON_DATA, message_id);
    kit->req.payload.get_person_data = (struct coid_get_person_data){
        .idempotency_key = key,
        .consent = { .iin = KIT_IIN, .full_name = KIT_NAME, .text = "" },
    };
}

void kit_ask(struct kit *kit, enum operation op, const char *key)
{
    if (op == OP_GET_VERIFICATION)
        kit_ask_result(kit, "m2", key);
    else if (op == OP_GET_PERSON_DATA)
        kit_ask_data(kit, "m2", key);
    else
        kit_ask_photo(kit, "m2");
    kit->req.op = op;
    if (op == OP_GET_TRANSACTIONS)
        kit->req.payload.get_transactions = (struct coid_get_transactions){ 20261101, 20261122 };
    if (op == OP_GET_ACT || op == OP_GET_ACT_DETAIL)
        kit->req.payload.get_act = (struct coid_get_act){ .year = 2026, .month = 10 };
}

enum status kit_run(struct kit *kit, const struct far_step *steps, size_t count)
{
    far_script(kit->far, steps, count);
    arena_free(TAKE(kit->arena));
    kit->arena = arena_new(64 << 20);
    kit->reply = (struct reply){ .arena = kit->arena };
    kit->err = (struct err){ 0 };
    kit->peer.deadline_ms = clock_monotonic_ms() + kit->left_ms;
    return coid_run(kit->coid, &kit->sender, &kit->peer, &kit->req, &kit->reply, &kit->err);
}

const struct coid_answer *kit_answer(const struct kit *kit)
{
    assert_non_null(kit->reply.coid);
    return kit->reply.coid;
}

void kit_plant(struct kit *kit, enum kit_before before)
{
    const struct coid_begin begin = {
        .sender_id = "bank",
        .message_id = "m1",
        .payload_sha256 = kit->req.payload_sha256,
        .key = id_new(NOW_MS),
        .iin = KIT_IIN,
        .vendor = 1,
    };
    struct coid_call call;
    bool fresh;

    if (before == NOTHING)
        return;
    assert_ok(store_coid_begin(&kit->store, &begin, &call, &fresh, &kit->err), &kit->err);
    if (before == LEFT_WRITTEN)
        return;
    assert_ok(store_coid_asking(&kit->store, &begin.key, &kit->err), &kit->err);
    kit->clock.fixed_ms += before == LEFT_ASKED_LONG_AGO ? 61000 : 1000;
}

void kit_traced(struct kit *kit, const char *name, const char *want)
{
    char trace[FAR_CALLS + 1];

    far_trace(kit->far, false, trace);
    if (strcmp(trace, want) != 0)
        fail_msg("%s: %s, wanted %s (%s: %s)", name, trace, want, kit->err.code, kit->err.text);
}
