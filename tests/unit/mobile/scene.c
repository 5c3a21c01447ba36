#include "scene.h"

#include "base/text.h"
#include "crypto/encode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct notary *notary;

int scene_open_notary(void **state)
{
    (void)state;
    notary = notary_open();
    return 0;
}

int scene_close_notary(void **state)
{
    (void)state;
    notary_close(notary);
    return 0;
}

static void scene_open(struct scene *s, const struct create_session *req)
{
    fixture_init(&s->f);
    s->f.clock.fixed_ms = s->f.store.now_ms = clock_now(clock_system());
    s->f.trust = (struct trust *)(uintptr_t)notary_trust(notary);
    s->f.io = notary_io(notary);
    fixture_open(&s->f);
    fixture_create(&s->f, req, &s->created);
}

static void scene_fetch(struct scene *s)
{
    struct json_limits limits = { 1 << 20, 16, 1000 };
    AUTO(bytes_free) struct bytes *api1 = NULL;
    AUTO(bytes_free) struct bytes *api2 = NULL;
    struct asked asked = { "GET", s->created.api1_path, "", "en", { "", 0 } };
    char token[64];
    struct err err;

    assert_int_equal(fixture_ask(&s->f, &asked, &api1), 200);
    fixture_token(api1, token);
    text_format(s->authorization, sizeof(s->authorization), "Bearer %s", token);
    asked.path = s->created.api2_path;
    asked.authorization = s->authorization;
    assert_int_equal(fixture_ask(&s->f, &asked, &api2), 200);
    assert_int_equal(json_parse(bytes_slice(api2), &limits, &s->json, &err), ST_OK);
}

void scene_fetch_again(struct scene *s)
{
    json_free(TAKE(s->json));
    scene_fetch(s);
}

static const struct expected_signer only_signer = { "123456789011", "", ROLE_INDIVIDUAL, 0 };

static void init(struct scene *s, struct create_session req)
{
    *s = (struct scene){ 0 };
    req.back_url = "https://portal.kz/done";
    if (!req.signers) {
        req.signers = &only_signer;
        req.signer_count = 1;
    }
    notary_set_ocsp(notary, false);
    scene_open(s, &req);
    scene_fetch(s);
}

void scene_init_signers(struct scene *s, enum sign_method method, size_t count,
                        const struct expected_signer *signers, size_t signer_count)
{
    struct document documents[2] = { method == METHOD_XML ? fixture_xml : fixture_file };
    struct create_session req = fixture_request(method, AUTH_TOKEN, documents, count);

    documents[1] = documents[0];
    documents[1].id = 7;
    documents[1].name.ru = "Второй документ";
    documents[1].content = method == METHOD_XML ? SLICE("<second/>") : SLICE("second file");
    req.signers = signers;
    req.signer_count = signer_count;
    init(s, req);
}

void scene_init(struct scene *s, enum sign_method method, size_t count)
{
    scene_init_signers(s, method, count, NULL, 0);
}

void scene_init_document(struct scene *s, enum sign_method method, const struct document *document)
{
    init(s, fixture_request(method, AUTH_TOKEN, document, 1));
}

void scene_init_documents(struct scene *s, enum sign_method method,
                          const struct document *documents, size_t count)
{
    init(s, fixture_request(method, AUTH_TOKEN, documents, count));
}

void scene_close(struct scene *s)
{
    json_free(s->json);
    bytes_free(s->body);
    fixture_close(&s->f);
}

const struct signing_session *scene_stored(const struct scene *s)
{
    return &s->f.store.sessions[0].session;
}

const struct fake_event *scene_last(const struct scene *s)
{
    return fake_last(&s->f.journal);
}

int scene_put(struct scene *s, struct bytes **ret_json)
{
    struct asked asked = { "PUT", s->created.api2_path, s->authorization, "en", { "", 0 } };
    AUTO(bytes_free) struct bytes *body = NULL;
    struct err err;

    if (!s->body)
        assert_int_equal(json_print(s->json, 1 << 24, &body, &err), ST_OK);
    asked.body = bytes_slice(s->body ? s->body : body);
    return fixture_ask(&s->f, &asked, ret_json);
}

void scene_must_put(struct scene *s, int status, const char *message)
{
    AUTO(bytes_free) struct bytes *json = NULL;
    char want[512];
    int got = scene_put(s, &json);

    if (got != status)
        fail_msg("%d %s (%s: %s)", got, json->at, scene_last(s)->name, scene_last(s)->text);
    text_format(want, sizeof(want), "{\"message\":\"%s", message);
    if (strncmp(json->at, want, strlen(want)) != 0)
        fail_msg("%s does not begin with %s (%s)", json->at, want, scene_last(s)->text);
}

void scene_must_end(struct scene *s, int status, const char *message, const char *reason)
{
    const bool is_good = status == 200;
    const struct signing_session *stored = scene_stored(s);

    scene_must_put(s, status, message);
    assert_int_equal(stored->state, is_good ? SESSION_SIGNED : SESSION_DOCUMENTS_SENT);
    assert_int_equal(s->f.store.sessions[0].signed_count, is_good ? stored->document_count : 0);
    assert_int_equal(stored->failed_puts, is_good ? 0 : 1);
    assert_string_equal(scene_last(s)->name, is_good ? "put.accepted" : "put.refused");
    if (!is_good && !strstr(stored->reason, reason))
        fail_msg("'%s' does not say %s", stored->reason, reason);
    assert_null(strstr(scene_last(s)->text, "123456789011"));
    assert_null(strstr(scene_last(s)->text, "987654321098"));
}

/* ---- what the telephone does with document i ---- */

struct json *scene_document(struct scene *s, size_t i)
{
    return json_edit_item(json_edit_member(s->json, "documentsToSign"), i);
}

struct json *scene_file(struct scene *s, size_t i)
{
    return json_edit_member(json_edit_member(scene_document(s, i), "document"), "file");
}

void scene_set_data(struct scene *s, size_t i, struct slice raw)
{
    AUTO(bytes_free) struct bytes *text = base64_encode(raw);

    assert_true(json_replace_string(scene_file(s, i), "data", bytes_slice(text)));
}

void scene_cms(struct scene *s, size_t i, const struct cms_wish *wish, const char *content)
{
    struct cms_wish w = *wish;
    AUTO(bytes_free) struct bytes *der = NULL;
    struct slice own = i ? SLICE("second file") : fixture_file.content;

    w.family = w.family ? w.family : "rsa";
    w.holder = w.holder ? w.holder : "individual";
    der = notary_cms(notary, &w, content ? slice_str(content) : own);
    scene_set_data(s, i, bytes_slice(der));
}

void scene_xml(struct scene *s, size_t i, const char *holder, const char *text)
{
    AUTO(bytes_free)
    struct bytes *out =
        notary_xml(notary, "rsa", holder, text ? slice_str(text) : fixture_xml.content);

    assert_true(json_replace_string(scene_document(s, i), "documentXml", bytes_slice(out)));
}

void scene_good(struct scene *s)
{
    const struct cms_wish wish = { 0 };

    for (size_t i = 0; i < scene_stored(s)->document_count; i++)
        if (scene_stored(s)->method == METHOD_XML)
            scene_xml(s, i, "individual", i ? "<second/>" : NULL);
        else
            scene_cms(s, i, &wish, NULL);
}

void scene_swap_text(struct scene *s, const char *from, const char *to)
{
    AUTO(bytes_free) struct bytes *text = NULL;
    struct bytes *out = bytes_new(1 << 24);
    const char *at;
    struct err err;

    if (s->body)
        text = TAKE(s->body);
    else
        assert_int_equal(json_print(s->json, 1 << 24, &text, &err), ST_OK);
    at = strstr(text->at, from);
    assert_non_null(at);
    bytes_add(out, (struct slice){ text->at, (size_t)(at - text->at) });
    bytes_add_str(out, to);
    bytes_add_str(out, at + strlen(from));
    s->body = out;
}
