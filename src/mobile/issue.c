/* The JSON of API №1 and API №2 as seed 001 sections 4 and 5 show it: their keys, case and order
 * (req 1.12–1.17, 1.21, 1.23–1.31, 1.40). */
#include "base/text.h"
#include "mobile/internal.h"

enum { SMALL_JSON_MAX = 65536, LIST_ROOM = 16384, LIST_ITEM = 64 };

/* Base64 and JSON's escapes at their worst, and room for names and meta. */
static size_t json_max(const struct mobile *mobile)
{
    return mobile->p.max_document_bytes * 6 + ((size_t)16 << 20);
}

/* yyyy-MM-dd'T'HH:mm:ss.SSSz with three digits always; the zone's style is a setting (req 1.13,
 * C-23). */
static void expiry_text(const struct mobile *mobile, int64_t ms, char dst[2 * TIME_TEXT])
{
    char text[TIME_TEXT];
    size_t len;

    time_utc_text(ms + (int64_t)mobile->zone_minutes * 60000, text);
    len = strlen(text);
    text[len - 1] = '\0'; /* its Z */
    text_format(dst, (size_t)2 * TIME_TEXT, "%s%s", text, mobile->p.expiry_zone);
}

static void set_names(struct json *object, const struct names *names)
{
    json_set_string(object, "nameRu", slice_str(names->ru));
    json_set_string(object, "nameKz", slice_str(names->kz));
    json_set_string(object, "nameEn", slice_str(names->en));
}

enum status issue_api1(const struct mobile *mobile, const struct signing_session *session,
                       struct bytes **ret_json, struct err *err)
{
    AUTO(json_free) struct json *root = json_new_object();
    struct json *organisation, *document;
    struct urls urls = { 0 };
    char expiry[2 * TIME_TEXT], bearer[SECRET_TEXT];

    TRY(secret_derive(mobile, SECRET_BEARER, &session->id, bearer, err));
    TRY(urls_make(mobile, &session->id, &urls, err));
    expiry_text(mobile, session->expires_ms, expiry);
    json_set_string(root, "description", slice_str(session->description));
    json_set_string(root, "expiry_date", slice_str(expiry));
    organisation = json_set_object(root, "organisation");
    set_names(organisation, &session->organisation.name);
    json_set_string(organisation, "bin", slice_str(session->organisation.bin));
    document = json_set_object(root, "document");
    json_set_string(document, "uri", bytes_slice(urls.api2));
    json_set_string(document, "auth_type", slice_str(session_auth_name(session->auth)));
    if (session->auth == AUTH_TOKEN)
        json_set_string(document, "auth_token", slice_str(bearer));
    urls_free(&urls);
    return json_print(root, SMALL_JSON_MAX, ret_json, err);
}

/* An empty meta is omitted, but an app may send it back as []. */
static void set_meta(struct json *object, const struct document *document, bool empty_too)
{
    struct json *meta;

    if (document->meta_count == 0 && !empty_too)
        return;
    meta = json_set_array(object, "meta");
    for (size_t i = 0; i < document->meta_count; i++) {
        struct json *item = json_push_object(meta);
        json_set_string(item, "name", slice_str(document->meta[i].name));
        json_set_string(item, "value", slice_str(document->meta[i].value));
    }
}

static bool has_empty_meta(const struct json *document)
{
    const struct json *meta = json_member(document, "meta");

    return meta && json_is_array(meta) && json_count(meta) == 0;
}

static void add_document(struct json *array, const struct signing_session *session,
                         const struct document *document, struct slice value, bool empty_meta)
{
    struct json *object = json_push_object(array);

    json_set_integer(object, "id", document->id);
    if (document->method != METHOD_NONE) /* MIX_SIGN only (req 1.27) */
        json_set_string(object, "signMethod", slice_str(session_method_name(document->method)));
    set_names(object, &document->name);
    set_meta(object, document, empty_meta);
    method_of(session, document)->put(object, document, value);
}

static enum status check_methods(const struct signing_session *session, struct err *err)
{
    for (size_t i = 0; i < session->document_count; i++)
        if (!method_of(session, &session->documents[i]))
            return RAISE(err, ST_INTERNAL, "stored session has method %s",
                         session_method_name(session->method));
    return ST_OK;
}

enum status issue_expected(const struct signing_session *session, const struct slice *values,
                           const struct json *returned, struct json **ret, struct err *err)
{
    AUTO(json_free) struct json *root = NULL;
    const struct json *documents = returned ? json_member(returned, "documentsToSign") : NULL;
    struct json *array;

    TRY(check_methods(session, err));
    root = json_new_object();
    json_set_string(root, "signMethod", slice_str(session_method_name(session->method)));
    if (!returned || json_member(returned, "version"))
        json_set_integer(root, "version", 1);
    array = json_set_array(root, "documentsToSign");
    for (size_t i = 0; i < session->document_count; i++)
        add_document(array, session, &session->documents[i], values[i],
                     documents && has_empty_meta(json_item(documents, i)));
    if (!root || !array)
        return RAISE(err, ST_NOMEM, "JSON of the documents");
    *ret = TAKE(root);
    return ST_OK;
}

/* The values to sign, as they stand in JSON; owned keeps them. */
static enum status issue_values(const struct signing_session *session, struct bytes **owned,
                                struct slice *values, struct err *err)
{
    for (size_t i = 0; i < session->document_count; i++) {
        const struct document *document = &session->documents[i];
        TRY(method_of(session, document)->issue(document, &owned[i], err));
        values[i] = bytes_slice(owned[i]);
    }
    return ST_OK;
}

enum status issue_api2(const struct mobile *mobile, const struct signing_session *session,
                       struct bytes **ret_json, struct err *err)
{
    size_t n = session->document_count;
    AUTO(json_free) struct json *root = NULL;
    AUTO(arena_free) struct arena *arena = arena_new(LIST_ROOM + n * LIST_ITEM);
    struct slice *values = arena ? arena_array(arena, n + 1, sizeof(*values)) : NULL;
    struct bytes **owned = arena ? arena_array(arena, n + 1, sizeof(struct bytes *)) : NULL;
    enum status status;

    if (!values || !owned)
        return RAISE(err, ST_NOMEM, "%zu documents", n);
    TRY(check_methods(session, err));
    status = issue_values(session, owned, values, err);
    if (status == ST_OK)
        status = issue_expected(session, values, NULL, &root, err);
    for (size_t i = 0; i < n; i++)
        bytes_free(owned[i]);
    TRY(status);
    return json_print(root, json_max(mobile), ret_json, err);
}

enum status issue_message(const char *text, const char *more, struct bytes **ret_json,
                          struct err *err)
{
    AUTO(json_free) struct json *root = json_new_object();
    AUTO(bytes_free) struct bytes *whole = bytes_new(SMALL_JSON_MAX);

    if (!whole)
        return RAISE(err, ST_NOMEM, "message");
    bytes_add_str(whole, text);
    if (more) {
        bytes_add_str(whole, " ");
        bytes_add_str(whole, more);
    }
    TRY(bytes_check(whole, "message", err));
    json_set_string(root, "message", bytes_slice(whole));
    return json_print(root, SMALL_JSON_MAX, ret_json, err);
}

enum status issue_success(const struct signing_session *session, struct bytes **ret_json,
                          struct err *err)
{
    AUTO(json_free) struct json *root = json_new_object();

    json_set_string(root, "message", SLICE("success")); /* req 1.38 */
    json_set_string(root, "status", SLICE("success"));
    if (slice_str(session->back_url).len)
        json_set_string(root, "backUrl", slice_str(session->back_url));
    return json_print(root, SMALL_JSON_MAX, ret_json, err);
}
