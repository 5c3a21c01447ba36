#include "bench/mobile_session.h"

#include "base/clock.h"
#include "base/text.h"
#include "bench/bench.h"
#include "crypto/encode.h"
#include "crypto/init.h"
#include "sandbox/caller.h"
#include "sandbox/canonical.h"
#include "wsse/wsse.h"

#include <signal.h>
#include <string.h>

enum { WAIT_MS = 120000, PAYLOAD_ROOM = 4096, PDF_ROOM = 1024 };

/* ---- the world ---- */

static struct key *open_key(const struct mobile_world *world, const char *name)
{
    char path[512];
    struct key *key = NULL;
    struct err err;

    (void)text_format(path, sizeof(path), "%s/%s.p12", world->keys_dir, name);
    bench_need(key_open(&(struct key_source){ .place = path, .secret_file = world->pass_file },
                        &key, &err) == ST_OK,
               &err, name);
    return key;
}

void mobile_world_open(struct mobile_world *world, size_t parallel)
{
    const struct rest_params params = { .ca_file = world->ca_file,
                                        .max_parallel = (unsigned)parallel };
    struct err err;

    (void)signal(SIGPIPE, SIG_IGN);
    bench_need(clock_use_astana(&err) == ST_OK && crypto_init(&err) == ST_OK &&
                   wsse_init(&err) == ST_OK && rest_new(&params, &world->rest, &err) == ST_OK,
               &err, "start");
    world->caller = open_key(world, "caller");
    world->citizen = open_key(world, "individual");
}

void mobile_world_close(struct mobile_world *world)
{
    rest_free(world->rest);
    key_free(world->caller);
    key_free(world->citizen);
}

/* ---- the document ---- */

/* xorshift64: bytes that no two sessions share and nothing compresses. */
static void add_noise(struct bytes *dst, uint64_t seed, size_t count)
{
    char *at = bytes_extend(dst, count);

    for (size_t i = 0; at && i < count; i++) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        at[i] = (char)seed;
    }
}

/* One empty page, and a stream that makes it as large as is wanted. */
static struct bytes *make_pdf(size_t number, size_t size)
{
    struct bytes *pdf = bytes_new(size + PDF_ROOM);

    bytes_add_str(pdf, "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
                       "2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
                       "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\n");
    size_t noise = pdf && size > pdf->len ? size - pdf->len : 0;
    bytes_addf(pdf, "4 0 obj<</Length %zu>>stream\n", noise);
    add_noise(pdf, number + 1, noise);
    bytes_add_str(pdf, "\nendstream endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n");
    return pdf;
}

static enum status write_create(size_t number, size_t document_bytes, struct bytes **ret_payload,
                                struct err *err)
{
    AUTO(bytes_free) struct bytes *pdf = make_pdf(number, document_bytes);
    AUTO(bytes_free) struct bytes *text = pdf ? base64_encode(bytes_slice(pdf)) : NULL;
    AUTO(bytes_free) struct bytes *payload = text ? bytes_new(text->len + PAYLOAD_ROOM) : NULL;

    if (!payload)
        return RAISE(err, ST_NOMEM, "out of memory");
    bytes_addf(payload,
               "<s:createSigningSession xmlns:s=\"urn:shep-adapter:signing:1\">"
               "<description>Сеанс %zu</description><signMethod>CMS_WITH_DATA</signMethod>"
               "<authType>Token</authType><documents><document><id>1</id><nameRu>Договор</nameRu>"
               "<nameKz>Шарт</nameKz><nameEn>Contract</nameEn><file><mime>application/pdf</mime>"
               "<data>",
               number);
    bytes_add(payload, bytes_slice(text));
    bytes_add_str(payload, "</data></file></document></documents></s:createSigningSession>");
    TRY(bytes_check(payload, "the payload", err));
    *ret_payload = TAKE(payload);
    return ST_OK;
}

/* ---- the information system ---- */

/* One exchange that must be answered with SCSS001. */
static enum status ask(const struct mobile_world *world, struct slice payload,
                       struct call_answer *ret_answer, struct err *err)
{
    const struct call_params params = { .url = world->url,
                                        .service_id = "EGOVMOBILE_QR_SIGN_SERVICE",
                                        .sender_id = "sandbox",
                                        .payload = payload,
                                        .key = world->caller,
                                        .rest = world->rest,
                                        .clock = clock_system(),
                                        .wait_ms = WAIT_MS };
    struct call_answer answer = { .http_status = 0 };
    enum status status;

    TRY(call_send(&params, &answer, err));
    if (strcmp(answer.code, "SCSS001") == 0 && answer.data) {
        *ret_answer = answer;
        return ST_OK;
    }
    status =
        RAISE(err, ST_UPSTREAM, "HTTP %ld %s %s", answer.http_status, answer.code, answer.message);
    call_answer_free(&answer);
    return status;
}

enum status mobile_create(const struct mobile_world *world, size_t document_bytes,
                          struct mobile_session *session, struct err *err)
{
    AUTO(bytes_free) struct bytes *payload = NULL;
    struct call_answer answer = { .http_status = 0 };
    struct canonical root;
    bool is_whole;

    TRY(write_create(session->number, document_bytes, &payload, err));
    TRY(ask(world, bytes_slice(payload), &answer, err));
    is_whole = canonical_root(bytes_slice(answer.data), &root) &&
               canonical_child_text(&root, "signingSessionId", session->id, sizeof(session->id)) &&
               canonical_child_text(&root, "qrText", session->qr, sizeof(session->qr));
    call_answer_free(&answer);
    return is_whole ? ST_OK : RAISE(err, ST_UPSTREAM, "createSigningSession gave no session");
}

enum status mobile_result(const struct mobile_world *world, struct mobile_session *session,
                          struct err *err)
{
    char payload[512];
    char state[32] = "";
    struct call_answer answer = { .http_status = 0 };
    struct canonical root;
    bool is_valid;

    phone_free(session->phone);
    session->phone = NULL;
    (void)text_format(payload, sizeof(payload),
                      "<s:getSigningResult xmlns:s=\"urn:shep-adapter:signing:1\">"
                      "<signingSessionId>%s</signingSessionId></s:getSigningResult>",
                      session->id);
    TRY(ask(world, slice_str(payload), &answer, err));
    is_valid = canonical_root(bytes_slice(answer.data), &root) &&
               canonical_child_text(&root, "state", state, sizeof(state)) &&
               memmem(answer.data->at, answer.data->len, SLICE("<verdict>valid</verdict>").at,
                      SLICE("<verdict>valid</verdict>").len);
    call_answer_free(&answer);
    return is_valid && strcmp(state, "signed") == 0
               ? ST_OK
               : RAISE(err, ST_UPSTREAM, "the session is %s, or not valid", state);
}

/* ---- the telephone ---- */

enum status mobile_scan(const struct mobile_world *world, struct mobile_session *session,
                        struct err *err)
{
    const struct phone_params params = { .key = world->citizen,
                                         .rest = world->rest,
                                         .tsp_url = world->tsp_url,
                                         .language = "ru",
                                         .clock = clock_system(),
                                         .wait_ms = WAIT_MS };
    struct phone_offer offer;

    TRY(phone_new(&params, &session->phone, err));
    return phone_scan(session->phone, slice_str(session->qr), &offer, err);
}

enum status mobile_fetch(struct mobile_session *session, struct err *err)
{
    return phone_fetch(session->phone, err);
}

enum status mobile_sign(struct mobile_session *session, struct err *err)
{
    return phone_sign(session->phone, err);
}

enum status mobile_put(struct mobile_session *session, struct err *err)
{
    const struct phone_answer *answer = phone_answer(session->phone);

    TRY(phone_send(session->phone, err));
    if (answer->status != 200)
        return RAISE(err, ST_UPSTREAM, "PUT answered %ld %s", answer->status, answer->message);
    return ST_OK;
}
