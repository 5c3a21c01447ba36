#include "entrance.h"

#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { TEXT_MAX = 1 << 20 };

static void open_session(struct scene *s, enum sign_method method,
                         const struct expected_signer *signers, size_t count)
{
    const struct document *document = method == METHOD_XML ? &fixture_xml : &fixture_file;
    struct create_session req = fixture_request(method, AUTH_EDS, document, 1);
    AUTO(bytes_free) struct bytes *api1 = NULL;
    struct asked asked = { "GET", NULL, "", "en", { "", 0 } };

    req.signers = signers;
    req.signer_count = count;
    *s = (struct scene){ 0 };
    notary_set_ocsp(notary, false);
    fixture_init(&s->f);
    s->f.clock.fixed_ms = s->f.store.now_ms = clock_now(clock_system());
    s->f.trust = (struct trust *)(uintptr_t)notary_trust(notary);
    s->f.io = notary_io(notary);
    fixture_open(&s->f);
    fixture_create(&s->f, &req, &s->created);
    asked.path = s->created.api1_path;
    assert_int_equal(fixture_ask(&s->f, &asked, &api1), 200);
    assert_non_null(strstr(api1->at, "\"auth_type\":\"Eds\"}}")); /* req 1.16, 1.17 */
}

void entrance_open(struct scene *s, enum sign_method method)
{
    open_session(s, method, NULL, 0);
}

void entrance_open_for(struct scene *s, const struct expected_signer *signers, size_t count)
{
    open_session(s, METHOD_XML, signers, count);
}

/* A copy of text with `to` in place of the first `from`, which must be there; the caller's. */
static struct bytes *replace(struct slice text, const char *from, const char *to)
{
    const char *at = memmem(text.at, text.len, from, strlen(from));
    struct bytes *out = bytes_new(TEXT_MAX);

    if (!at)
        fail_msg("no %s in %.*s", from, (int)text.len, text.at);
    bytes_add(out, (struct slice){ text.at, (size_t)(at - text.at) });
    bytes_add_str(out, to);
    bytes_add(out, slice_skip(text, (size_t)(at - text.at) + strlen(from)));
    return out;
}

static struct bytes *fill(struct bytes *text, const char *name, const char *value)
{
    struct bytes *out;

    if (!memmem(text->at, text->len, name, strlen(name)))
        return text;
    out = replace(bytes_slice(text), name, value);
    bytes_free(text);
    return out;
}

struct bytes *entrance_xml(const struct scene *s, const struct login_wish *wish)
{
    AUTO(bytes_free) struct bytes *text = bytes_dup(slice_str(wish->xml ? wish->xml : LOGIN_XML));
    AUTO(bytes_free) struct bytes *out = NULL;
    char now[TIME_TEXT];

    time_utc_text(clock_now(&s->f.clock), now);
    text = fill(text, "@URL@", wish->url ? wish->url : s->created.api2);
    text = fill(text, "@HOME@", s->created.api2);
    text = fill(text, "@TIME@", wish->time ? wish->time : now);
    if (wish->holder && !wish->holder[0])
        out = TAKE(text);
    else
        out = notary_xml(notary, wish->family ? wish->family : "rsa",
                         wish->holder ? wish->holder : "individual-auth", bytes_slice(text));
    return wish->from ? replace(bytes_slice(out), wish->from, wish->to) : TAKE(out);
}

struct bytes *entrance_body(struct slice xml)
{
    AUTO(json_free) struct json *root = json_new_object();
    struct bytes *text = NULL;
    struct err err;

    json_set_string(root, "xml", xml);
    assert_int_equal(json_print(root, TEXT_MAX, &text, &err), ST_OK);
    return text;
}

int entrance_post(struct scene *s, struct slice body, struct bytes **ret_json)
{
    const struct asked asked = { "POST", s->created.api2_path, "", "en", body };

    return fixture_ask(&s->f, &asked, ret_json);
}

void entrance_must_post(struct scene *s, struct slice body, int status, const char *message)
{
    const struct json_limits limits = { TEXT_MAX, 16, 1000 };
    AUTO(bytes_free) struct bytes *json = NULL;
    char want[512];
    struct err err;
    int got = entrance_post(s, body, &json);

    text_format(want, sizeof(want), status == 200 ? "{\"signMethod\":%s" : "{\"message\":\"%s",
                message);
    if (got != status || strncmp(json->at, want, strlen(want)) != 0)
        fail_msg("%d %s, not %d %s (%s: %s)", got, json->at, status, want, scene_last(s)->name,
                 scene_last(s)->text);
    if (status == 200) {
        json_free(TAKE(s->json));
        assert_int_equal(json_parse(bytes_slice(json), &limits, &s->json, &err), ST_OK);
    }
}

void entrance_must_login(struct scene *s, const struct login_wish *wish, int status,
                         const char *message)
{
    AUTO(bytes_free) struct bytes *xml = entrance_xml(s, wish);
    AUTO(bytes_free) struct bytes *body = entrance_body(bytes_slice(xml));

    entrance_must_post(s, bytes_slice(body), status, message);
}
