#include "sandbox/phone.h"

#include "base/arena.h"
#include "base/text.h"
#include "model/session.h"
#include "sandbox/phone_link.h"
#include "sandbox/phone_login.h"
#include "sandbox/phone_method.h"
#include "json/json.h"

#include <stdlib.h>
#include <string.h>

enum {
    ANSWER_MAX = 32 * 1024 * 1024,
    ARENA_MAX = 1024 * 1024,
    JSON_DEPTH = 16,
    JSON_VALUES = 100000,
    DOCUMENTS_MAX = 1000,
    TOKEN_MAX = 1024,
    HTTP_OK = 200,
};

static const struct json_limits limits = { ANSWER_MAX, JSON_DEPTH, JSON_VALUES };

struct phone {
    struct phone_params params;
    char api1[PHONE_URL_TEXT];
    struct arena *texts; /* of the offer and the documents' names */
    struct json *offer;
    struct phone_offer shown;
    struct json *documents; /* API №2's object, which signing changes */
    struct phone_answer answer;
};

enum status phone_new(const struct phone_params *params, struct phone **ret_phone, struct err *err)
{
    AUTO(phone_free) struct phone *phone = calloc(1, sizeof(*phone));

    if (!phone || !(phone->texts = arena_new(ARENA_MAX)))
        return RAISE(err, ST_NOMEM, "out of memory");
    phone->params = *params;
    *ret_phone = TAKE(phone);
    return ST_OK;
}

void phone_free(struct phone *phone)
{
    if (!phone)
        return;
    json_free(phone->offer);
    json_free(phone->documents);
    arena_free(phone->texts);
    free(phone);
}

const struct phone_answer *phone_answer(const struct phone *phone)
{
    return &phone->answer;
}

/* ---- JSON ---- */

static struct slice slice_of(const struct json *object, const char *key)
{
    struct slice value = { "", 0 };

    (void)json_string(json_member(object, key), &value);
    return value;
}

static const char *text_of(struct phone *phone, const struct json *object, const char *key)
{
    const char *copy = arena_text(phone->texts, slice_of(object, key));

    return copy ? copy : "";
}

/* The member that the app shows in its language. */
static const char *name_key(const struct phone *phone)
{
    const char *language = phone->params.language;

    return strcmp(language, "kk") == 0   ? "nameKz"
           : strcmp(language, "en") == 0 ? "nameEn"
                                         : "nameRu";
}

/* ---- HTTP ---- */

struct going {
    const char *method;
    const char *url;
    bool authorised; /* API №2 with auth_type Token */
    struct slice body;
};

static enum status token_header(const struct phone *phone, char *dst, size_t size, struct err *err)
{
    const struct json *document = json_member(phone->offer, "document");
    struct slice token;

    if (!json_string(json_member(document, "auth_token"), &token) || token.len == 0)
        return RAISE(err, ST_UPSTREAM, "API №1: auth_type is Token, but there is no auth_token");
    for (size_t i = 0; i < token.len; i++)
        if (token.at[i] <= ' ' || token.at[i] > '~')
            return RAISE(err, ST_UPSTREAM, "API №1: auth_token holds what no header can");
    if (!text_format(dst, size, "Authorization: Bearer %.*s", (int)token.len, token.at))
        return RAISE(err, ST_UPSTREAM, "API №1: auth_token is longer than %d bytes", TOKEN_MAX);
    return ST_OK;
}

/* Keeps status and message; *ret_json is NULL when the body is no JSON. */
static enum status keep_answer(struct phone *phone, const struct rest_answer *answer,
                               struct json **ret_json)
{
    AUTO(json_free) struct json *json = NULL;
    struct phone_answer *kept = &phone->answer;
    struct err ignored;

    *kept = (struct phone_answer){ .status = answer->status };
    if (json_parse(bytes_slice(answer->body), &limits, &json, &ignored) == ST_OK) {
        (void)text_copy_slice(kept->message, sizeof(kept->message), slice_of(json, "message"));
        (void)text_copy_slice(kept->back_url, sizeof(kept->back_url), slice_of(json, "backUrl"));
    }
    *ret_json = TAKE(json);
    return ST_OK;
}

static enum status go(struct phone *phone, const struct going *going, struct json **ret_json,
                      struct err *err)
{
    char language[32], token[TOKEN_MAX + 32];
    const char *headers[5] = { language, "Accept: application/json" };
    size_t n = 2;
    struct rest_call call = { .method = going->method,
                              .url = going->url,
                              .headers = headers,
                              .body = going->body,
                              .max_bytes = ANSWER_MAX,
                              .deadline_ms = clock_monotonic_ms() + phone->params.wait_ms };
    struct rest_answer answer = { .status = 0 };
    enum status status;

    phone->answer = (struct phone_answer){ .status = 0 };
    (void)text_format(language, sizeof(language), "Accept-Language: %s", phone->params.language);
    if (going->authorised) {
        TRY(token_header(phone, token, sizeof(token), err));
        headers[n++] = token;
    }
    if (going->body.len > 0)
        headers[n++] = "Content-Type: application/json; charset=utf-8";
    headers[n] = NULL;
    TRY(rest_do(phone->params.rest, &call, &answer, err));
    status = keep_answer(phone, &answer, ret_json);
    rest_answer_free(&answer);
    return status;
}

/* The same for calls that must be answered with 200 and an object. */
static enum status get(struct phone *phone, const struct going *going, const char *what,
                       struct json **ret_json, struct err *err)
{
    AUTO(json_free) struct json *json = NULL;

    TRY(go(phone, going, &json, err));
    if (phone->answer.status != HTTP_OK)
        return RAISE(err, ST_UPSTREAM, "%s answered %ld%s%s", what, phone->answer.status,
                     phone->answer.message[0] ? ": " : "", phone->answer.message);
    if (!json_is_object(json))
        return RAISE(err, ST_UPSTREAM, "%s did not answer with a JSON object", what);
    *ret_json = TAKE(json);
    return ST_OK;
}

/* ---- the steps ---- */

enum status phone_scan(struct phone *phone, struct slice text, struct phone_offer *ret_offer,
                       struct err *err)
{
    const struct json *document, *organisation;
    const struct going going = { .method = "GET", .url = phone->api1 };
    struct phone_offer *shown = &phone->shown;

    TRY(phone_link_read(text, phone->api1, err));
    json_free(TAKE(phone->offer));
    TRY(get(phone, &going, "API №1", &phone->offer, err));
    document = json_member(phone->offer, "document");
    organisation = json_member(phone->offer, "organisation");
    *shown = (struct phone_offer){
        .api1 = phone->api1,
        .description = text_of(phone, phone->offer, "description"),
        .expiry_date = text_of(phone, phone->offer, "expiry_date"),
        .organisation = text_of(phone, organisation, name_key(phone)),
        .bin = text_of(phone, organisation, "bin"),
        .uri = text_of(phone, document, "uri"),
        .auth_type = text_of(phone, document, "auth_type"),
    };
    if (!phone_link_is_http(slice_str(shown->uri)))
        return RAISE(err, ST_UPSTREAM, "API №1: document.uri is no http(s) URL");
    *ret_offer = *shown;
    return ST_OK;
}

/* req 1.16: the three words, in this case only (req 1.40). */
static enum status find_auth(const struct phone *phone, enum auth_type *ret, struct err *err)
{
    if (!phone->offer)
        return RAISE(err, ST_INTERNAL, "nothing was scanned");
    if (!session_auth_parse(slice_str(phone->shown.auth_type), ret))
        return RAISE(err, ST_UPSTREAM, "API №1: auth_type is none of None, Token, Eds");
    return ST_OK;
}

static enum status get_documents(struct phone *phone, struct json **ret_json, struct err *err)
{
    AUTO(bytes_free) struct bytes *login = NULL;
    struct going going = { .method = "GET", .url = phone->shown.uri };
    enum auth_type auth = AUTH_NONE;

    TRY(find_auth(phone, &auth, err));
    going.authorised = auth == AUTH_TOKEN;
    if (auth == AUTH_EDS) { /* req 1.22 */
        if (!phone->params.auth_key)
            return RAISE(err, ST_INPUT,
                         "auth_type Eds: this telephone has no authentication key (AUTH_*.p12)");
        TRY(phone_login_make(phone->params.auth_key, going.url, clock_now(phone->params.clock),
                             &login, err));
        going.method = "POST";
        going.body = bytes_slice(login);
    }
    return get(phone, &going, "API №2", ret_json, err);
}

enum status phone_fetch(struct phone *phone, struct err *err)
{
    AUTO(json_free) struct json *json = NULL;
    size_t count;

    TRY(get_documents(phone, &json, err));
    count = json_count(json_member(json, "documentsToSign"));
    if (!json_is_array(json_member(json, "documentsToSign")) || count == 0 || count > DOCUMENTS_MAX)
        return RAISE(err, ST_UPSTREAM, "API №2: documentsToSign must hold 1 to %d documents",
                     DOCUMENTS_MAX);
    json_free(TAKE(phone->documents));
    phone->documents = TAKE(json);
    return ST_OK;
}

size_t phone_document_count(const struct phone *phone)
{
    return json_count(json_member(phone->documents, "documentsToSign"));
}

static const struct json *item_at(const struct phone *phone, size_t i)
{
    return json_item(json_member(phone->documents, "documentsToSign"), i);
}

struct phone_document phone_document(const struct phone *phone, size_t i)
{
    const struct json *item = item_at(phone, i);
    const struct json *file = json_member(json_member(item, "document"), "file");
    struct phone_document document = {
        .name = slice_of(item, name_key(phone)),
        .mime = slice_of(file, "mime"),
        .method = slice_of(json_member(item, "signMethod") ? item : phone->documents, "signMethod"),
        .value = file ? slice_of(file, "data") : slice_of(item, "documentXml"),
        .meta_count = json_count(json_member(item, "meta")),
    };

    (void)json_integer(json_member(item, "id"), &document.id);
    return document;
}

struct phone_meta phone_document_meta(const struct phone *phone, size_t i, size_t k)
{
    const struct json *row = json_item(json_member(item_at(phone, i), "meta"), k);

    return (struct phone_meta){ slice_of(row, "name"), slice_of(row, "value") };
}

enum status phone_sign(struct phone *phone, struct err *err)
{
    const struct phone_signing signing = {
        .key = phone->params.key,
        .rest = phone->params.rest,
        .tsp_url = phone->params.tsp_url,
        .now_ms = clock_now(phone->params.clock),
        .deadline_ms = clock_monotonic_ms() + phone->params.wait_ms,
    };

    if (!phone->documents)
        return RAISE(err, ST_INTERNAL, "nothing was fetched");
    return phone_method_sign_all(&signing, phone->documents, err);
}

enum status phone_send(struct phone *phone, struct err *err)
{
    AUTO(bytes_free) struct bytes *body = NULL;
    AUTO(json_free) struct json *answer = NULL;
    struct going going = { .method = "PUT", .url = phone->shown.uri };
    enum auth_type auth = AUTH_NONE;

    if (!phone->documents)
        return RAISE(err, ST_INTERNAL, "nothing was fetched");
    TRY(find_auth(phone, &auth, err));
    going.authorised = auth == AUTH_TOKEN;
    TRY(json_print(phone->documents, 2 * (size_t)ANSWER_MAX, &body, err));
    going.body = bytes_slice(body);
    return go(phone, &going, &answer, err);
}

enum status phone_refuse(struct phone *phone, struct err *err)
{
    AUTO(json_free) struct json *answer = NULL;
    struct going going = { .method = "DELETE", .url = phone->shown.uri };
    enum auth_type auth = AUTH_NONE;

    TRY(find_auth(phone, &auth, err));
    going.authorised = auth == AUTH_TOKEN;
    if (auth == AUTH_EDS && !phone->documents)
        TRY(phone_fetch(phone, err)); /* only who signed in may refuse */
    return go(phone, &going, &answer, err);
}
