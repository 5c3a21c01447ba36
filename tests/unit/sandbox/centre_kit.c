#include "unit/sandbox/centre_kit.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { ANSWER_MAX = 32 << 20, PATIENCE_MS = 60000, URL_TEXT = 512 };

static struct jws_settings used_settings;
static size_t used_family;

static void *serve(void *authority)
{
    struct err err;

    assert_ok(authority_run(authority, &err), &err);
    return NULL;
}

static struct rest *client(bool shows)
{
    char ca[FILE_PATH_MAX], p12[FILE_PATH_MAX], pass[FILE_PATH_MAX];
    const struct key_source source = { sandbox_path("tls/client.p12", p12),
                                       sandbox_path("pass", pass), NULL, NULL };
    const struct rest_params params = { .ca_file = sandbox_path("tls/ca.pem", ca),
                                        .max_parallel = 4,
                                        .client = shows ? &source : NULL };
    struct rest *rest = NULL;
    struct err err;

    assert_ok(rest_new(&params, &rest, &err), &err);
    return rest;
}

static void open_centre(struct kit *kit)
{
    const struct centre_params params = { .pki = kit->pki,
                                          .family = &families[used_family],
                                          .listen = "127.0.0.1:0",
                                          .jws = used_settings,
                                          .clock = &kit->clock };
    struct authority_params authority = { .pki = kit->pki, .listen = "127.0.0.1:0" };
    struct err err;

    assert_ok(centre_new(&params, &kit->centre, &err), &err);
    authority.centre = kit->centre;
    assert_ok(authority_new(&authority, &kit->authority, &err), &err);
    assert_int_equal(pthread_create(&kit->thread, NULL, serve, kit->authority), 0);
    kit->member = client(true);
    kit->nobody = client(false);
}

static void close_centre(struct kit *kit)
{
    rest_free(kit->member);
    rest_free(kit->nobody);
    authority_stop(kit->authority);
    assert_int_equal(pthread_join(kit->thread, NULL), 0);
    authority_free(kit->authority);
    centre_free(kit->centre);
}

void kit_start(struct kit *kit, size_t family, struct jws_settings settings)
{
    struct err err;

    used_settings = settings;
    used_family = family;
    *kit = (struct kit){ .clock = clock_fixed_at(clock_now(clock_system())) };
    assert_ok(pki_open(sandbox_dir(), &kit->pki, &err), &err);
    open_centre(kit);
    bytes_free(kit_control(kit, "POST", "/coid/reset"));
}

void kit_stop(struct kit *kit)
{
    close_centre(kit);
    pki_free(kit->pki);
}

void kit_restart(struct kit *kit)
{
    close_centre(kit);
    open_centre(kit);
}

/* ---- asking ---- */

void told_clear(struct told *told)
{
    bytes_free(told->body);
    bytes_free(told->jws);
    *told = (struct told){ .status = 0 };
}

enum status kit_try(struct kit *kit, struct rest *by, const struct rest_call *call,
                    struct told *ret_told, struct err *err)
{
    static const char *const wanted[] = { "x-jws-signature", "x-idempotency-key", NULL };
    struct rest_call own = *call;
    struct rest_answer answer;

    (void)kit;
    own.wanted = wanted;
    own.max_bytes = ANSWER_MAX;
    if (!own.deadline_ms)
        own.deadline_ms = clock_monotonic_ms() + PATIENCE_MS;
    TRY(rest_do(by, &own, &answer, err));
    *ret_told = (struct told){ .status = answer.status, .body = TAKE(answer.body) };
    (void)text_copy(ret_told->content_type, sizeof(ret_told->content_type), answer.content_type);
    if (answer.headers[0])
        ret_told->jws = bytes_dup(slice_str(answer.headers[0]));
    if (answer.headers[1])
        (void)text_copy(ret_told->key, sizeof(ret_told->key), answer.headers[1]);
    rest_answer_free(&answer);
    return ST_OK;
}

struct told kit_ask(struct kit *kit, const char *method, const char *path, struct slice body,
                    const char *const *headers)
{
    char url[URL_TEXT];
    struct rest_call call = { .method = method, .url = url, .headers = headers, .body = body };
    struct told told;
    struct err err;

    assert_true(text_format(url, sizeof(url), "%s%s", centre_url(kit->centre), path));
    assert_ok(kit_try(kit, kit->member, &call, &told, &err), &err);
    return told;
}

struct slice kit_photo(unsigned width, unsigned height)
{
    static uint8_t png[64] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

    png[18] = (uint8_t)(width >> 8);
    png[19] = (uint8_t)width;
    png[22] = (uint8_t)(height >> 8);
    png[23] = (uint8_t)height;
    return slice_mem(png, sizeof(png));
}

struct told kit_verify(struct kit *kit, const char *key, const char *iin, int vendor)
{
    char path[128], header[128];

    assert_true(text_format(path, sizeof(path), "/verify?iin=%s&vendor=%d", iin, vendor));
    assert_true(text_format(header, sizeof(header), "x-idempotency-key: %s", key));
    return ASK(kit, "POST", path, kit_photo(480, 640), header, PHOTO_TYPE);
}

struct told kit_data(struct kit *kit, const char *path, const char *key)
{
    static const char body[] =
        "{\"Data\":{\"confirmation\":\"ТОО «АДАПТЕР» подтверждает согласие\"}}";
    AUTO(key_free) struct key *signer = sandbox_key(families[used_family].name, "adapter");
    AUTO(bytes_free) struct bytes *jws = NULL;
    AUTO(bytes_free) struct bytes *line = bytes_new(16384);
    char header[128];
    struct err err;

    assert_ok(jws_sign(signer, slice_str(body), &used_settings, &jws, &err), &err);
    assert_non_null(line);
    bytes_addf(line, "x-jws-signature: %s", jws->at);
    assert_true(text_format(header, sizeof(header), "x-idempotency-key: %s", key));
    return ASK(kit, "POST", path, slice_str(body), header, line->at,
               "Content-Type: application/json");
}

/* ---- the control ---- */

struct bytes *kit_control(struct kit *kit, const char *method, const char *path_and_query)
{
    char url[URL_TEXT];
    struct rest_call call = { .method = method, .url = url };
    struct told told = { .status = 0 };
    struct err err;

    assert_true(
        text_format(url, sizeof(url), "%s%s", authority_url(kit->authority), path_and_query));
    assert_ok(kit_try(kit, kit->nobody, &call, &told, &err), &err);
    if (told.status != 200)
        fail_msg("%s %s: %ld %s", method, path_and_query, told.status, bytes_slice(told.body).at);
    return told.body;
}

void kit_fault(struct kit *kit, const char *operation, const char *fault)
{
    char path[128];

    assert_true(
        text_format(path, sizeof(path), "/coid/fault?operation=%s&fault=%s", operation, fault));
    bytes_free(kit_control(kit, "POST", path));
}

unsigned kit_billed(struct kit *kit)
{
    static const char before[] = "{\"comparisons\":";
    AUTO(bytes_free) struct bytes *bills = kit_control(kit, "GET", "/coid/bills");

    assert_memory_equal(bills->at, before, sizeof(before) - 1);
    return (unsigned)strtoul(bills->at + sizeof(before) - 1, NULL, 10);
}

/* ---- judging ---- */

enum verdict kit_judge(struct kit *kit, const struct told *told, enum jws_input input, bool knows)
{
    AUTO(trust_free) struct trust *trust = sandbox_trust();
    AUTO(key_free) struct key *good = sandbox_key(families[used_family].name, "coid");
    AUTO(key_free) struct key *expired = sandbox_key(families[used_family].name, "coid-expired");
    AUTO(report_free) struct report *report = report_new();
    const struct cert *const certs[] = { key_cert(good), key_cert(expired) };
    const struct judge judge = { .trust = trust,
                                 .now_ms = clock_now(&kit->clock),
                                 .purpose = PURPOSE_TRANSPORT,
                                 .extra = certs,
                                 .extra_count = knows ? 2 : 0 };

    return jws_judge(&judge, bytes_slice(told->jws), bytes_slice(told->body),
                     &(struct jws_params){ .input = input }, report);
}

void expect_told(const struct told *told, long status, const char *text)
{
    if (told->status != status || !strstr(told->body->at, text))
        fail_msg("%ld %s, where %ld with %s is expected", told->status, told->body->at, status,
                 text);
}
