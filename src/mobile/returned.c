/* What comes back by PUT: strict JSON, equal to the issued one but for the signed fields (req 1.36,
 * 1.37). */
#include "mobile/internal.h"

enum { DEPTH_MAX = 16, VALUES_MAX = 20000, LIST_ROOM = 16384, LIST_ITEM = 64 };

static const char *const root_keys[] = { "signMethod", "version" };
static const char *const document_keys[] = { "id",     "signMethod", "nameRu",
                                             "nameKz", "nameEn",     "meta" };

/* The first of keys whose values differ; NULL when they are equal. */
static const char *first_difference(const struct json *got, const struct json *want,
                                    const char *const *keys, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct json *a = json_member(got, keys[i]), *b = json_member(want, keys[i]);
        if ((!a != !b) || (a && !json_equal(a, b)))
            return keys[i];
    }
    return NULL;
}

/* For the reason only: the verdict is json_equal() over the whole. */
static enum status name_difference(const struct json *got, const struct json *want, struct err *err)
{
    const struct json *got_all = json_member(got, "documentsToSign");
    const struct json *want_all = json_member(want, "documentsToSign");
    const char *key = first_difference(got, want, root_keys, 2);

    if (key)
        return RAISE_CAUSE(err, ST_INPUT, "returnedJsonChanged", key, NULL,
                           "%s is not as it was issued", key);
    for (size_t i = 0; i < json_count(want_all); i++) {
        const struct json *a = json_item(got_all, i), *b = json_item(want_all, i);
        key = first_difference(a, b, document_keys, 6);
        if (!key && !json_equal(a, b))
            key = "document"; /* mime, or a member that was never issued */
        if (key)
            return RAISE_CAUSE(err, ST_INPUT, "returnedJsonChanged", key, NULL,
                               "%s of document %zu is not as it was issued", key, i + 1);
    }
    return RAISE_CAUSE(err, ST_INPUT, "returnedJsonChanged", NULL, NULL,
                       "there are fields that were never issued");
}

static enum status compare(const struct signing_session *session, const struct json *got,
                           const struct slice *values, struct err *err)
{
    AUTO(json_free) struct json *want = NULL;
    AUTO(bytes_free) struct bytes *text = NULL;
    size_t max = (size_t)1 << 30;

    TRY(issue_expected(session, values, got, &want, err));
    if (json_equal(got, want))
        return ST_OK;
    TRY(json_print(want, max, &text, err)); /* not the caller's fault when memory ran out */
    return name_difference(got, want, err);
}

static enum status take_values(const struct signing_session *session, const struct json *documents,
                               struct slice *values, struct err *err)
{
    if (json_count(documents) != session->document_count)
        return RAISE_CAUSE(err, ST_INPUT, "documentsIncomplete", "documentsToSign", NULL,
                           "%zu documents came back, %zu were issued", json_count(documents),
                           session->document_count);
    for (size_t i = 0; i < session->document_count; i++) {
        const struct method *method = method_of(session, &session->documents[i]);
        if (!method || !method->take(json_item(documents, i), &values[i]))
            return RAISE_CAUSE(err, ST_INPUT, "documentsIncomplete", "documentsToSign", NULL,
                               "document %zu has no signed value", i + 1);
    }
    return ST_OK;
}

static enum status decode_values(const struct mobile *mobile, const struct signing_session *session,
                                 const struct slice *values, struct returned *ret, struct err *err)
{
    struct err cause;

    for (size_t i = 0; i < session->document_count; i++) {
        const struct method *method = method_of(session, &session->documents[i]);
        enum status status = method->decode(mobile, values[i], &ret->content[i], &cause);
        if (status == ST_FORMAT)
            return RAISE_CAUSE(err, ST_INPUT, "signedValueInvalid", "documentsToSign", NULL,
                               "document %zu: %s", i + 1, cause.text);
        if (status != ST_OK) {
            *err = cause;
            return status;
        }
    }
    return ST_OK;
}

static enum status read_all(const struct mobile *mobile, const struct signing_session *session,
                            struct slice body, struct returned *ret, struct err *err)
{
    struct json_limits limits = { mobile->p.max_put_bytes, DEPTH_MAX, VALUES_MAX };
    const struct json *documents;
    AUTO(arena_free) struct arena *arena = NULL;
    struct slice *values;

    TRY(json_parse(body, &limits, &ret->json, err));
    if (!json_is_object(ret->json))
        return RAISE(err, ST_FORMAT, "the body is not a JSON object");
    documents = json_member(ret->json, "documentsToSign");
    if (!documents || (json_is_array(documents) && json_count(documents) == 0))
        return ST_OK;
    if (!json_is_array(documents))
        return RAISE(err, ST_FORMAT, "documentsToSign is not an array");
    arena = arena_new(LIST_ROOM + session->document_count * LIST_ITEM);
    values = arena ? arena_array(arena, session->document_count + 1, sizeof(*values)) : NULL;
    ret->content = calloc(session->document_count + 1, sizeof(struct bytes *));
    if (!values || !ret->content)
        return RAISE(err, ST_NOMEM, "%zu documents", session->document_count);
    ret->count = session->document_count;
    TRY(take_values(session, documents, values, err));
    TRY(compare(session, ret->json, values, err));
    return decode_values(mobile, session, values, ret, err);
}

enum status returned_read(const struct mobile *mobile, const struct signing_session *session,
                          struct slice body, struct returned *ret, struct err *err)
{
    struct returned returned = { 0 };
    enum status status = read_all(mobile, session, body, &returned, err);

    if (status != ST_OK)
        returned_free(&returned);
    else
        *ret = returned;
    return status;
}

void returned_free(struct returned *returned)
{
    json_free(returned->json);
    for (size_t i = 0; returned->content && i < returned->count; i++)
        bytes_free(returned->content[i]);
    free(returned->content);
    *returned = (struct returned){ 0 };
}
