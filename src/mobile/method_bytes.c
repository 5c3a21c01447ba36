/* Method SIGN_BYTES_ARRAY (req 1.10, 1.33, 1.34): a bare signature over the bytes, and the
 * certificate beside it, as JSON in place of the data. */
#include "base/text.h"
#include "crypto/bytes_judge.h"
#include "mobile/internal.h"

/* Shown by the app as they are, so they travel as they are (req 1.32, 1.34). */
static bool travels_raw(const struct document *document)
{
    static const char *const types[] = { "text/plain", "application/xml" };
    struct slice mime = slice_str(document->mime);

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (slice_eq_str(mime, types[i]))
            return true;
    return false;
}

/* JSON is text: what travels raw must be UTF-8 without NUL. */
static enum status check(const struct mobile *mobile, const struct document *document,
                         const char *field, struct err *err)
{
    char path[96];

    TRY(file_check(mobile, document, field, err));
    text_format(path, sizeof(path), "%s/file/data", field);
    if (travels_raw(document) && (!text_is_utf8(document->content) ||
                                  memchr(document->content.at, '\0', document->content.len)))
        return RAISE_CAUSE(err, ST_INPUT, "documentFileInvalid", path, "UTF-8",
                           "%s is not UTF-8 text, but its mime is %s", path, document->mime);
    return ST_OK;
}

static enum status issue(const struct document *document, struct bytes **ret, struct err *err)
{
    if (!travels_raw(document))
        return file_issue_base64(document, ret, err);
    *ret = bytes_dup(document->content);
    return *ret ? ST_OK : RAISE(err, ST_NOMEM, "document");
}

/* What is kept is the JSON text as it came. */
static enum status decode(const struct mobile *mobile, struct slice value, struct bytes **ret,
                          struct err *err)
{
    if (value.len == 0 || value.len > mobile->p.max_put_bytes)
        return RAISE(err, ST_FORMAT, "document/file/data is empty or too long");
    *ret = bytes_dup(value);
    return *ret ? ST_OK : RAISE(err, ST_NOMEM, "signed document");
}

/* Over the string that was sent, or over the bytes its base64 stands for (C-08); the report tells
 * which. */
static enum verdict judge_document(const struct mobile *mobile, const struct judge *judge,
                                   const struct document *issued, struct slice content,
                                   struct report *report)
{
    AUTO(bytes_free) struct bytes *sent = NULL;
    struct err err;

    (void)mobile;
    if (issue(issued, &sent, &err) != ST_OK) {
        report_add(report, CHECK_FORMAT, OUTCOME_FAILED, "%s", err.text);
        return VERDICT_INVALID;
    }
    return bytes_judge(judge, content, bytes_slice(sent), report);
}

const struct method method_sign_bytes_array = {
    .method = METHOD_SIGN_BYTES_ARRAY,
    .check = check,
    .put = file_put,
    .issue = issue,
    .take = file_take,
    .decode = decode,
    .judge = judge_document,
};
