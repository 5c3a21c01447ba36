/* The rules of a createSigningSession's documents. */
#include "base/text.h"
#include "mobile/internal.h"

enum { META_MAX = 50, META_NAME_MAX = 200, META_VALUE_MAX = 1000 };

static enum status check_meta(const struct document *document, const char *field, struct err *err)
{
    char path[96];

    text_format(path, sizeof(path), "%s/meta", field);
    if (document->meta_count > META_MAX)
        return RAISE_CAUSE(err, ST_INPUT, "metaTooMany", path, "50 items",
                           "%s has %zu items, at most %d are possible", path, document->meta_count,
                           META_MAX);
    for (size_t i = 0; i < document->meta_count; i++) {
        struct text_rule rule = { path, 1, META_NAME_MAX };
        text_format(path, sizeof(path), "%s/meta/item[%zu]/name", field, i + 1);
        TRY(check_text(document->meta[i].name, &rule, err));
        text_format(path, sizeof(path), "%s/meta/item[%zu]/value", field, i + 1);
        rule = (struct text_rule){ path, 0, META_VALUE_MAX };
        TRY(check_text(document->meta[i].value, &rule, err));
    }
    return ST_OK;
}

static enum status check_id(const struct create_session *req, size_t i, const char *field,
                            struct err *err)
{
    int64_t id = req->documents[i].id;
    char path[96];

    text_format(path, sizeof(path), "%s/id", field);
    if (id < 1 || id > INT32_MAX)
        return RAISE_CAUSE(err, ST_INPUT, "documentIdInvalid", path, "1..2147483647",
                           "%s is %lld, from 1 to 2147483647 are possible", path, (long long)id);
    for (size_t k = 0; k < i; k++)
        if (req->documents[k].id == id)
            return RAISE_CAUSE(err, ST_INPUT, "documentIdRepeated", path, NULL,
                               "%s %lld is the id of document %zu already", path, (long long)id,
                               k + 1);
    return ST_OK;
}

/* A document names its method in a MIX_SIGN, and nowhere else (req 1.11, 1.27). */
static enum status check_method(const struct create_session *req, const struct document *document,
                                const char *field, struct err *err)
{
    const bool is_mix = req->method == METHOD_MIX_SIGN;
    char path[96];

    text_format(path, sizeof(path), "%s/signMethod", field);
    if (!is_mix && document->method != METHOD_NONE)
        return RAISE_CAUSE(err, ST_INPUT, "fieldInvalid", path, "MIX_SIGN only",
                           "%s: a document has a signMethod of its own in a MIX_SIGN only", path);
    if (is_mix && !method_find(document->method))
        return RAISE_CAUSE(err, ST_INPUT, "fieldMissing", path, NULL,
                           "%s: every document of a MIX_SIGN names its signMethod, which is not "
                           "MIX_SIGN",
                           path);
    if (!is_mix && !method_find(req->method))
        return RAISE_CAUSE(err, ST_INPUT, "fieldMissing", "signMethod", NULL,
                           "signMethod is missing");
    return ST_OK;
}

static enum status check_document(const struct mobile *mobile, const struct create_session *req,
                                  size_t i, struct document *ret, struct err *err)
{
    const struct document *document = &req->documents[i];
    char field[96];

    text_format(field, sizeof(field), "documents/document[%zu]", i + 1);
    TRY(check_id(req, i, field, err));
    TRY(check_method(req, document, field, err));
    *ret = *document;
    TRY(check_names(&document->name, field, &ret->name, err));
    TRY(check_meta(document, field, err));
    if (document->content.len == 0)
        return RAISE_CAUSE(err, ST_INPUT, "fieldMissing", field, NULL, "%s is empty", field);
    return method_find(req->method == METHOD_MIX_SIGN ? document->method : req->method)
        ->check(mobile, document, field, err);
}

static enum status check_sizes(const struct mobile *mobile, const struct create_session *req,
                               struct err *err)
{
    unsigned max = mobile->p.max_documents;
    size_t total = 0;
    char limit[48];

    text_format(limit, sizeof(limit), "1..%u documents", max);
    if (req->document_count < 1 || req->document_count > max)
        return RAISE_CAUSE(err, ST_INPUT, "tooManyDocuments", "documents", limit,
                           "there are %zu documents, from 1 to %u are possible",
                           req->document_count, max);
    for (size_t i = 0; i < req->document_count; i++)
        total += req->documents[i].content.len;
    text_format(limit, sizeof(limit), "%zu bytes", mobile->p.max_document_bytes);
    if (total > mobile->p.max_document_bytes)
        return RAISE_CAUSE(err, ST_INPUT, "documentsTooLarge", "documents", limit,
                           "all documents together have %zu bytes, at most %zu are possible", total,
                           mobile->p.max_document_bytes);
    return ST_OK;
}

enum status check_documents(const struct mobile *mobile, const struct create_session *req,
                            struct signing_session *session, struct err *err)
{
    struct document *documents;

    TRY(check_sizes(mobile, req, err));
    documents = arena_array(session->arena, req->document_count, sizeof(*documents));
    if (!documents)
        return RAISE(err, ST_NOMEM, "%zu documents", req->document_count);
    for (size_t i = 0; i < req->document_count; i++)
        TRY(check_document(mobile, req, i, &documents[i], err));
    session->documents = documents;
    session->document_count = req->document_count;
    return ST_OK;
}
