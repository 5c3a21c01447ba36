/* Method CMS_WITH_DATA (req 1.07, 1.31): a CMS that carries the file, with a timestamp, as base64.
 */
#include "crypto/cms.h"
#include "crypto/encode.h"
#include "mobile/internal.h"

enum { MIME_MAX = 127 };

/* type/subtype of RFC 6838; the old apps' "@file/pdf" passes too (flows.md section 1). */
static bool is_mime(struct slice mime)
{
    size_t slashes = 0;

    if (mime.len < 3 || mime.len > MIME_MAX || mime.at[0] == '/' || mime.at[mime.len - 1] == '/')
        return false;
    for (size_t i = 0; i < mime.len; i++) {
        char c = mime.at[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && (c == '\0' || !strchr("/!#$&-^_.+@", c)))
            return false;
        slashes += c == '/';
    }
    return slashes == 1;
}

static enum status check(const struct mobile *mobile, const struct document *document,
                         const char *field, struct err *err)
{
    (void)mobile;
    if (!document->mime)
        return RAISE_CAUSE(err, ST_INPUT, "documentFileMissing", field, "file",
                           "%s has a documentXml, but method CMS_WITH_DATA signs a file", field);
    if (!is_mime(slice_str(document->mime)))
        return RAISE_CAUSE(err, ST_INPUT, "fieldInvalid", field, "type/subtype",
                           "%s/file/mime is not a type/subtype of at most %d characters", field,
                           MIME_MAX);
    return ST_OK;
}

static void put(struct json *object, const struct document *document, struct slice value)
{
    struct json *file = json_set_object(json_set_object(object, "document"), "file");

    json_set_string(file, "mime", slice_str(document->mime));
    json_set_string(file, "data", value);
}

static enum status issue(const struct document *document, struct bytes **ret, struct err *err)
{
    struct bytes *text = base64_encode(document->content);

    if (!text)
        return RAISE(err, ST_NOMEM, "document in base64");
    *ret = text;
    return ST_OK;
}

static bool take(const struct json *object, struct slice *ret_value)
{
    const struct json *file = json_member(json_member(object, "document"), "file");

    return json_string(json_member(file, "data"), ret_value);
}

/* Some signers put PEM lines around the base64 ("-----BEGIN CMS-----"): what is between them. */
static struct slice without_pem(struct slice text)
{
    const char *end;

    text = slice_trim(text);
    if (!slice_starts(text, SLICE("-----BEGIN ")))
        return text;
    text = slice_skip(text, strlen("-----BEGIN "));
    end = memmem(text.at, text.len, "-----", 5);
    if (!end)
        return text;
    text = slice_skip(text, (size_t)(end - text.at) + 5);
    end = memmem(text.at, text.len, "-----END ", 9);
    if (end)
        text.len = (size_t)(end - text.at);
    return text;
}

static enum status decode(const struct mobile *mobile, struct slice value, struct bytes **ret,
                          struct err *err)
{
    struct err cause;

    if (base64_decode(without_pem(value), mobile->p.max_put_bytes, ret, &cause) == ST_OK)
        return ST_OK;
    if (cause.status != ST_INPUT) {
        *err = cause;
        return cause.status;
    }
    return RAISE(err, ST_FORMAT, "document/file/data: %s", cause.text);
}

static enum verdict judge_document(const struct mobile *mobile, const struct judge *judge,
                                   const struct document *issued, struct slice content,
                                   struct report *report)
{
    AUTO(bytes_free) struct bytes *inside = NULL;
    struct slice none = { NULL, 0 };

    (void)mobile;
    if (cms_judge(judge, content, none, report, &inside) == VERDICT_INVALID)
        return VERDICT_INVALID;
    if (!inside)
        report_add(report, CHECK_COVERAGE, OUTCOME_FAILED, "the CMS does not carry the document");
    else if (!slice_eq(bytes_slice(inside), issued->content))
        report_add(report, CHECK_COVERAGE, OUTCOME_FAILED,
                   "the CMS carries %zu bytes that are not the issued document's %zu", inside->len,
                   issued->content.len);
    else
        report_add(report, CHECK_COVERAGE, OUTCOME_PASSED, "the CMS carries the issued document");
    return report_verdict(report);
}

const struct method method_cms_with_data = {
    .method = METHOD_CMS_WITH_DATA,
    .check = check,
    .put = put,
    .issue = issue,
    .take = take,
    .decode = decode,
    .judge = judge_document,
};
