/* Method XML (req 1.09, 1.30): an enveloped signature in the document itself, as UTF-8 text. */
#include "base/text.h"
#include "mobile/internal.h"

static struct xml_limits limits_of(const struct mobile *mobile, size_t max_bytes)
{
    return (struct xml_limits){ max_bytes, mobile->p.max_xml_depth };
}

/* The text travels as JSON, which is UTF-8: a declaration that says otherwise would make telephone
 * and adapter read different documents. */
static bool declares_utf8(struct slice xml)
{
    struct slice rest = xml;
    const char *end, *at;
    char quote;

    if (!slice_starts(xml, SLICE("<?xml")))
        return true;
    end = memmem(xml.at, xml.len, "?>", 2);
    if (!end)
        return true; /* the parser will say so */
    rest.len = (size_t)(end - xml.at);
    at = memmem(rest.at, rest.len, "encoding", 8);
    if (!at)
        return true;
    rest = slice_trim(slice_skip(rest, (size_t)(at - rest.at) + 8));
    if (!rest.len || rest.at[0] != '=')
        return true;
    rest = slice_trim(slice_skip(rest, 1));
    if (rest.len < 7)
        return false;
    quote = rest.at[0];
    return rest.at[6] == quote && strncasecmp(rest.at + 1, "utf-8", 5) == 0;
}

static bool is_signed(struct slice xml, const struct xml_limits *limits)
{
    const enum document_kind kind = xml_document_kind(xml, limits);

    return kind == DOCUMENT_ENVELOPED || kind == DOCUMENT_DETACHED;
}

static enum status check(const struct mobile *mobile, const struct document *document,
                         const char *field, struct err *err)
{
    struct xml_limits limits = limits_of(mobile, mobile->p.max_document_bytes);
    AUTO(bytes_free) struct bytes *c14n = NULL;
    struct err cause;
    char path[96];

    text_format(path, sizeof(path), "%s/documentXml", field);
    if (document->mime)
        return RAISE_CAUSE(err, ST_INPUT, "documentXmlMissing", path, "documentXml",
                           "%s has a file, but method XML signs documentXml", field);
    if (!text_is_utf8(document->content) || !declares_utf8(document->content))
        return RAISE_CAUSE(err, ST_INPUT, "documentXmlInvalid", path, "UTF-8",
                           "%s is not UTF-8, or declares another encoding", path);
    if (xml_content_c14n(document->content, &limits, &c14n, &cause) != ST_OK) {
        if (cause.status != ST_FORMAT && cause.status != ST_INPUT) {
            *err = cause;
            return cause.status;
        }
        return RAISE_CAUSE(err, ST_INPUT, "documentXmlInvalid", path, cause.limit, "%s: %s", path,
                           cause.text);
    }
    if (is_signed(document->content, &limits))
        return RAISE_CAUSE(err, ST_INPUT, "documentXmlSigned", path, NULL,
                           "%s holds a ds:Signature already", path);
    return ST_OK;
}

static void put(struct json *object, const struct document *document, struct slice value)
{
    (void)document;
    json_set_string(object, "documentXml", value);
}

static enum status issue(const struct document *document, struct bytes **ret, struct err *err)
{
    struct bytes *text = bytes_dup(document->content);

    if (!text)
        return RAISE(err, ST_NOMEM, "document");
    *ret = text;
    return ST_OK;
}

static bool take(const struct json *object, struct slice *ret_value)
{
    return json_string(json_member(object, "documentXml"), ret_value);
}

static enum status decode(const struct mobile *mobile, struct slice value, struct bytes **ret,
                          struct err *err)
{
    struct bytes *text;

    if (value.len == 0 || value.len > mobile->p.max_put_bytes)
        return RAISE(err, ST_FORMAT, "documentXml is empty or too long");
    text = bytes_dup(value);
    if (!text)
        return RAISE(err, ST_NOMEM, "signed document");
    *ret = text;
    return ST_OK;
}

static enum verdict judge_document(const struct mobile *mobile, const struct judge *judge,
                                   const struct document *issued, struct slice content,
                                   struct report *report)
{
    struct xml_limits limits = limits_of(mobile, mobile->p.max_put_bytes);
    AUTO(bytes_free) struct bytes *want = NULL;
    AUTO(bytes_free) struct bytes *got = NULL;
    struct err err;

    if (xmlsig_judge_enveloped(judge, content, &limits, report) == VERDICT_INVALID)
        return VERDICT_INVALID;
    if (xml_content_c14n(issued->content, &limits, &want, &err) != ST_OK ||
        xml_content_c14n(content, &limits, &got, &err) != ST_OK)
        report_add(report, CHECK_COVERAGE, OUTCOME_FAILED, "the XML cannot be compared: %s",
                   err.text);
    else if (!slice_eq(bytes_slice(want), bytes_slice(got)))
        report_add(report, CHECK_COVERAGE, OUTCOME_FAILED,
                   "the XML around the Signature is not the issued document");
    else
        report_add(report, CHECK_COVERAGE, OUTCOME_PASSED,
                   "without its Signature the XML is the issued document");
    return report_verdict(report);
}

static enum status detach(const struct mobile *mobile, struct slice content, struct bytes **ret,
                          struct err *err)
{
    const struct xml_limits limits = limits_of(mobile, mobile->p.max_put_bytes);

    return xmlsig_detach(content, &limits, ret, err);
}

static enum verdict judge_left(const struct mobile *mobile, const struct judge *judge,
                               const struct document *issued, struct slice left,
                               struct report *report)
{
    const struct xml_limits limits = limits_of(mobile, mobile->p.max_put_bytes);
    AUTO(bytes_free) struct bytes *whole = NULL;
    struct err err;

    if (xmlsig_attach(issued->content, left, &limits, &whole, &err) != ST_OK) {
        report_add(report, CHECK_FORMAT, OUTCOME_FAILED, "%s", err.text);
        return VERDICT_INVALID;
    }
    return xmlsig_judge_enveloped(judge, bytes_slice(whole), &limits, report);
}

const struct method method_xml = {
    .method = METHOD_XML,
    .check = check,
    .put = put,
    .issue = issue,
    .take = take,
    .decode = decode,
    .judge = judge_document,
    .detach = detach,
    .judge_left = judge_left,
};
