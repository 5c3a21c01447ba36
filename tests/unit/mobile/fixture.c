#include "fixture.h"

#include "base/text.h"
#include "json/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const char key[] = "0123456789abcdef0123456789abcdef";

static const struct meta_item file_meta[] = { { "Номер договора", "123/ABC" } };
static const struct meta_item xml_meta[] = { { "Дата создания", "2024-01-01" } };

const struct document fixture_file = {
    .id = 54321,
    .name = { "Договор аренды", "Жалға алу шарты", "Lease Agreement" },
    .meta = file_meta,
    .meta_count = 1,
    .content = { "%PDF-1.7 a lease\n", 17 },
    .mime = "application/pdf",
};

#define XML_TEXT "<xml>Тут XML документ для подписания</xml>"
const struct document fixture_xml = {
    .id = 12345,
    .name = { "Документ для подписания", "Қол қою үшін құжат", "Document for Signing" },
    .meta = xml_meta,
    .meta_count = 1,
    .content = { XML_TEXT, sizeof(XML_TEXT) - 1 },
};

void fixture_init(struct fixture *f)
{
    *f = (struct fixture){ 0 };
    f->clock = clock_fixed_at(NOW_MS);
    f->store.now_ms = NOW_MS;
    f->sender = (struct mobile_sender){
        "ekzamen",
        { { "АО \"НИТ\"", "\"ҰАТ\" АҚ", "NITEC" }, SENDER_BIN },
        &f->peer,
    };
    f->peer = (struct peer){ .address = "10.1.2.3", .start_ms = NOW_MS - 5 };
    f->peer.exchange = id_new(NOW_MS);
    f->params = (struct mobile_params){
        .public_url = "https://sign.example.kz",
        .link_template = "https://m.egov.kz/mobileSign/?link={API1}",
        .business_template = "https://m.egov.kz/businessSign/?link={API1}",
        .expiry_zone = "Z",
        .default_life_ms = 1800000,
        .max_life_ms = 86400000,
        .login_window_ms = 300000,
        .max_document_bytes = 15 << 20,
        .max_documents = 50,
        .max_signers = 10,
        .max_put_bytes = 32 << 20,
        .max_xml_depth = 64,
        .timestamp_required = true,
        .algorithms = ALG_DEFAULT,
        .revocation = REVOCATION_OCSP,
        .skew_ms = 300000,
        .cluster_key = { key, sizeof(key) - 1 },
    };
}

void fixture_open(struct fixture *f)
{
    struct err err;

    f->params.store = &f->store;
    f->params.journal = &f->journal;
    f->params.clock = &f->clock;
    f->params.trust = f->trust;
    f->params.io = f->io;
    assert_int_equal(mobile_new(&f->params, &f->mobile, &err), ST_OK);
}

void fixture_close(struct fixture *f)
{
    mobile_free(f->mobile);
    fake_store_clear(&f->store);
}

void fixture_pass(struct fixture *f, int64_t ms)
{
    f->clock.fixed_ms += ms;
    f->store.now_ms += ms;
}

struct create_session fixture_request(enum sign_method method, enum auth_type auth,
                                      const struct document *documents, size_t count)
{
    return (struct create_session){
        .description = "Подписание документов",
        .language = "ru",
        .method = method,
        .auth = auth,
        .documents = documents,
        .document_count = count,
    };
}

static struct request request_of(const struct create_session *create)
{
    return (struct request){ .op = OP_CREATE_SIGNING_SESSION, .payload = { .create = *create } };
}

enum status fixture_try(struct fixture *f, const struct create_session *create, struct err *err)
{
    AUTO(arena_free) struct arena *arena = arena_new(1 << 20);
    struct reply reply = { .arena = arena };
    struct request req = request_of(create);

    return mobile_create(f->mobile, &f->sender, &req, &reply, err);
}

void fixture_create(struct fixture *f, const struct create_session *create, struct created *ret)
{
    AUTO(arena_free) struct arena *arena = arena_new(1 << 20);
    struct reply reply = { .arena = arena };
    struct request req = request_of(create);
    struct err err = { 0 };
    enum status status = mobile_create(f->mobile, &f->sender, &req, &reply, &err);
    size_t base = strlen(f->params.public_url);

    if (status != ST_OK)
        print_error("%s: %s\n", err.field, err.text);
    assert_int_equal(status, ST_OK);
    text_copy(ret->id, sizeof(ret->id), reply.created.signing_session_id.text);
    assert_memory_equal(reply.created.qr_text, "mobileSign:", 11);
    text_copy(ret->api1, sizeof(ret->api1), reply.created.qr_text + 11);
    text_copy(ret->page, sizeof(ret->page), strrchr(reply.created.page_url, '/') + 1);
    text_copy(ret->api1_path, sizeof(ret->api1_path), ret->api1 + base);
    text_format(ret->api2_path, sizeof(ret->api2_path), "%.*s/documents",
                (int)(strrchr(ret->api1_path, '/') - ret->api1_path), ret->api1_path);
    text_format(ret->api2, sizeof(ret->api2), "%s%s", f->params.public_url, ret->api2_path);
}

int fixture_ask(struct fixture *f, const struct asked *asked, struct bytes **ret_json)
{
    struct mobile_call call = {
        .method = asked->method,
        .path = slice_str(asked->path),
        .authorization = slice_str(asked->authorization),
        .accept_language = slice_str(asked->language),
        .body = asked->body,
        .peer = &f->peer,
    };
    struct mobile_answer answer;

    f->peer.deadline_ms = clock_monotonic_ms() + 30000;
    mobile_handle(f->mobile, &call, &answer);
    assert_non_null(answer.json);
    *ret_json = answer.json;
    f->wrong_token = answer.wrong_token;
    return answer.status;
}

void fixture_token(const struct bytes *json, char ret[64])
{
    struct json_limits limits = { 65536, 8, 100 };
    AUTO(json_free) struct json *root = NULL;
    struct slice token = { "", 0 };
    struct err err;

    assert_int_equal(json_parse(bytes_slice(json), &limits, &root, &err), ST_OK);
    (void)json_string(json_member(json_member(root, "document"), "auth_token"), &token);
    text_copy_slice(ret, 64, token);
}
