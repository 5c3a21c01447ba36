#include "unit/wsse/author_scene.h"

const struct author_rule anyone = { .iin = "", .bin = "", .anyone = true };

char *author_sign(const char *xml, const struct key *key)
{
    AUTO(bytes_free) struct bytes *out = NULL;
    struct err err;

    assert_ok(xmlsig_sign_enveloped(key, slice_str(xml), &usual_limits, &out, &err), &err);
    return strndup(out->at, out->len);
}

char *author_escape(const char *xml)
{
    struct bytes *out = bytes_new(1 << 20);
    char *text;

    for (; *xml; xml++) {
        if (*xml == '<' || *xml == '&')
            bytes_add_str(out, *xml == '<' ? "&lt;" : "&amp;");
        else
            bytes_add(out, slice_mem(xml, 1));
    }
    text = strndup(out->at, out->len);
    bytes_free(out);
    return text;
}

struct verified *author_receive_between(const char *before, const char *data, const char *after)
{
    const struct wsse_params params = wsse_usual(KEYS_RSA);
    AUTO(wsse_free) struct wsse *wsse = wsse_make(&params);
    AUTO_FREE char *whole = soap_join((const char *const[]){ before, data, after, NULL });
    AUTO_FREE char *body = soap_message(whole);
    AUTO_FREE char *xml = soap_make(&(struct soap_params){ .body = body }, rsa_key());

    return expect_verified(wsse, xml);
}

struct verified *author_receive(const char *payload)
{
    AUTO_FREE char *escaped = author_escape(payload);

    return author_receive_between("<data>", escaped, "</data>");
}

enum status author_judge_with(const struct wsse_params *params, const struct verified *env,
                              const struct author_rule *rule, struct signer *author,
                              struct err *err)
{
    AUTO(wsse_free) struct wsse *wsse = wsse_make(params);

    return wsse_judge_author(wsse, env, rule, 0, author, err);
}

enum status author_judge(const struct verified *env, const struct author_rule *rule,
                         struct signer *author, struct err *err)
{
    const struct wsse_params params = wsse_usual(KEYS_RSA);

    return author_judge_with(&params, env, rule, author, err);
}

void author_expect_refused(const char *name, enum status got, const struct err *err,
                           enum status want, const char *words)
{
    if (got != want || !strstr(err->text, words))
        fail_msg("%s: wanted %s with \"%s\", got %s: %s", name, status_name(want), words,
                 status_name(got), got == ST_OK ? "" : err->text);
    assert_null(strstr(err->text, IIN));
    assert_null(strstr(err->text, BIN));
}

char *author_tampered(const char *xml)
{
    return soap_replace(xml, "<v>1</v>", "<v>2</v>");
}

char *author_signature_moved_down(const char *xml)
{
    AUTO_FREE char *deep = soap_replace(xml, "</ds:Signature>", "</ds:Signature></w>");

    return soap_replace(deep, "<ds:Signature ", "<w><ds:Signature ");
}
