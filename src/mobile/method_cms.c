/* Methods CMS_WITH_DATA and CMS_SIGN_ONLY (req 1.07, 1.08): a CMS with or without the file in it,
 * with a timestamp, as base64. */
#include "crypto/cms.h"
#include "crypto/encode.h"
#include "mobile/internal.h"

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

static enum verdict judge_with_data(const struct mobile *mobile, const struct judge *judge,
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

/* cms_judge() digests the issued bytes: its coverage row says so. */
static enum verdict judge_sign_only(const struct mobile *mobile, const struct judge *judge,
                                    const struct document *issued, struct slice content,
                                    struct report *report)
{
    (void)mobile;
    return cms_judge(judge, content, issued->content, report, NULL);
}

static enum status detach(const struct mobile *mobile, struct slice content, struct bytes **ret,
                          struct err *err)
{
    (void)mobile;
    return cms_detach(content, ret, err);
}

const struct method method_cms_with_data = {
    .method = METHOD_CMS_WITH_DATA,
    .check = file_check,
    .put = file_put,
    .issue = file_issue_base64,
    .take = file_take,
    .decode = decode,
    .judge = judge_with_data,
    .detach = detach,
    .judge_left = judge_sign_only,
};

const struct method method_cms_sign_only = {
    .method = METHOD_CMS_SIGN_ONLY,
    .check = file_check,
    .put = file_put,
    .issue = file_issue_base64,
    .take = file_take,
    .decode = decode,
    .judge = judge_sign_only,
    .detach = detach, /* a signer may have put the content in all the same */
    .judge_left = judge_sign_only,
};
