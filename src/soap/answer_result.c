/* getSigningResultResponse: the signed bytes, who signed, what was checked, the evidence. */
#include "soap/answer.h"

#include "base/text.h"
#include "json/json.h"

#include <limits.h>

static const struct json_limits report_limits = { 4 << 20, 16, 20000 };

static const char *const kinds[] = {
    [EVIDENCE_CERTIFICATE] = "certificate", [EVIDENCE_OCSP] = "ocsp",     [EVIDENCE_CRL] = "crl",
    [EVIDENCE_TSP] = "timestamp",           [EVIDENCE_REPORT] = "report",
};

static const struct evidence_item *find_evidence(const struct signed_document *document,
                                                 enum evidence_kind kind)
{
    for (size_t i = 0; i < document->evidence_count; i++)
        if (document->evidence[i].kind == kind)
            return &document->evidence[i];
    return NULL;
}

/* One of the values that signing.xsd lists, else the last of them. */
static const char *one_of(struct slice text, const char *const *values)
{
    while (values[1] && !slice_eq_str(text, *values))
        values++;
    return *values;
}

static enum status put_evidence(const struct writer *w, const struct signed_document *document,
                                struct s__SignedDocument *out)
{
    struct s__EvidenceItem *items;

    out->evidence = writer_alloc(w, 1, sizeof(*out->evidence));
    if (!out->evidence)
        return writer_no_memory(w);
    items = writer_alloc(w, document->evidence_count, sizeof(*items));
    if (!items)
        return writer_no_memory(w);
    out->evidence->item = items;
    for (size_t i = 0; i < document->evidence_count; i++) {
        const struct evidence_item *item = &document->evidence[i];
        if (item->kind < EVIDENCE_CERTIFICATE || item->kind > EVIDENCE_REPORT)
            return RAISE(w->err, ST_INTERNAL, "answer: evidence of kind %d", (int)item->kind);
        TRY(writer_text(w, kinds[item->kind], &items[i].kind));
        TRY(writer_base64(w, item->data, &items[i].data));
        out->evidence->__sizeitem++;
    }
    return ST_OK;
}

static enum status put_roles(const struct writer *w, unsigned roles, struct s__Signer *out)
{

    out->roles = writer_alloc(w, 1, sizeof(*out->roles));
    if (!out->roles)
        return writer_no_memory(w);
    return writer_roles(w, roles, &out->roles->role, &out->roles->__sizerole);
}

static enum status put_signer(const struct writer *w, const struct signed_document *document,
                              struct s__SignedDocument *out)
{
    const struct evidence_item *certificate = find_evidence(document, EVIDENCE_CERTIFICATE);
    const struct signer *in = &document->signer;
    struct s__Signer *signer;

    out->signers = writer_alloc(w, 1, sizeof(*out->signers));
    if (!out->signers)
        return writer_no_memory(w);
    signer = writer_alloc(w, 1, sizeof(*signer));
    if (!signer)
        return writer_no_memory(w);
    out->signers->__sizesigner = 1;
    out->signers->signer = signer;
    TRY(writer_optional(w, in->iin, &signer->iin));
    TRY(writer_optional(w, in->bin, &signer->bin));
    TRY(writer_text(w, in->common_name, &signer->commonName));
    TRY(writer_text(w, in->subject, &signer->subject));
    TRY(writer_text(w, in->serial, &signer->serial));
    TRY(writer_time(w, in->not_before_ms, &signer->notBefore));
    TRY(writer_time(w, in->not_after_ms, &signer->notAfter));
    TRY(put_roles(w, in->roles, signer));
    if (!certificate)
        return ST_OK;
    signer->certificate = writer_alloc(w, 1, sizeof(*signer->certificate));
    if (!signer->certificate)
        return writer_no_memory(w);
    return writer_base64(w, certificate->data, signer->certificate);
}

/* A text of the report, kept beyond the report's life. */
static enum status put_member(const struct writer *w, const struct json *object, const char *key,
                              char **ret)
{
    struct slice text = SLICE("");
    void *copy;

    (void)json_string(json_member(object, key), &text);
    copy = writer_alloc(w, text.len, 1);
    if (!copy)
        return writer_no_memory(w);
    memcpy(copy, text.at, text.len);
    return writer_text(w, copy, ret);
}

static enum status put_check(const struct writer *w, const struct json *row, struct s__Check *out)
{
    static const char *const outcomes[] = { "ok", "failed", "skipped", "unknown", NULL };
    struct slice outcome = SLICE("unknown");
    bool ok;

    if (json_bool(json_member(row, "ok"), &ok))
        outcome = ok ? SLICE("ok") : SLICE("failed");
    (void)json_string(json_member(row, "outcome"), &outcome);
    TRY(put_member(w, row, "name", &out->name));
    TRY(writer_text(w, one_of(outcome, outcomes), &out->outcome));
    TRY(put_member(w, row, "detail", &out->detail));
    if (!*out->detail)
        out->detail = NULL;
    return ST_OK;
}

/* Checks and verdict out of the report that was stored with the signature; without a readable one
 * the verdict is indeterminate. */
static enum status put_report(const struct writer *w, const struct signed_document *document,
                              struct s__SignedDocument *out)
{
    static const char *const verdicts[] = { "valid", "invalid", "indeterminate", NULL };
    const struct evidence_item *item = find_evidence(document, EVIDENCE_REPORT);
    AUTO(json_free) struct json *report = NULL;
    struct slice verdict = SLICE("indeterminate");
    const struct json *rows;
    struct err cause;

    if (item && json_parse(item->data, &report_limits, &report, &cause) == ST_NOMEM)
        return RAISE(w->err, ST_NOMEM, "answer: out of memory");
    rows = json_member(report, "checks");
    (void)json_string(json_member(report, "verdict"), &verdict);
    TRY(writer_text(w, one_of(verdict, verdicts), &out->verdict));
    out->checks = writer_alloc(w, 1, sizeof(*out->checks));
    if (!out->checks)
        return writer_no_memory(w);
    out->checks->check = writer_alloc(w, json_count(rows), sizeof(*out->checks->check));
    if (!out->checks->check)
        return writer_no_memory(w);
    for (const struct json *row = json_first(rows); row; row = json_next(row))
        TRY(put_check(w, row, &out->checks->check[out->checks->__sizecheck++]));
    return ST_OK;
}

static enum sign_method method_of(const struct signing_session *session, int64_t id)
{
    for (size_t i = 0; i < session->document_count; i++)
        if (session->documents[i].id == id && session->documents[i].method != METHOD_NONE)
            return session->documents[i].method;
    return session->method;
}

static const char *mime_of(enum sign_method method)
{
    switch (method) {
    case METHOD_CMS_WITH_DATA:
        return "application/pkcs7-mime";
    case METHOD_CMS_SIGN_ONLY:
        return "application/pkcs7-signature";
    case METHOD_SIGN_BYTES_ARRAY: /* the signature and its certificate (req 1.33) */
        return "application/json";
    default:
        return "application/octet-stream";
    }
}

/* A signed document must leave as it came in: what XML cannot carry is an error, not a U+FFFD. */
static enum status put_xml(const struct writer *w, struct slice content, char **ret)
{
    char *copy = writer_alloc(w, content.len, 1);

    if (!copy)
        return writer_no_memory(w);
    memcpy(copy, content.at, content.len);
    TRY(writer_text(w, copy, ret));
    if (*ret != copy || strlen(copy) != content.len)
        return RAISE(w->err, ST_INTERNAL, "answer: a signed document is no XML text");
    return ST_OK;
}

static enum status put_content(const struct writer *w, const struct signed_document *document,
                               enum sign_method method, struct s__SignedDocument *out)
{

    if (method == METHOD_XML)
        return put_xml(w, document->content, &out->documentXml);
    out->file = writer_alloc(w, 1, sizeof(*out->file));
    if (!out->file)
        return writer_no_memory(w);
    TRY(writer_text(w, mime_of(method), &out->file->mime));
    return writer_base64(w, document->content, &out->file->data);
}

static enum status put_document(const struct writer *w, const struct signing_session *session,
                                const struct signed_document *document,
                                struct s__SignedDocument *out)
{
    enum sign_method method = method_of(session, document->id);

    TRY(writer_number(w, document->id, &out->id));
    TRY(writer_text(w, session_method_name(method), &out->signMethod));
    TRY(writer_number(w, (int64_t)document->turn + 1, &out->turn));
    TRY(put_content(w, document, method, out));
    TRY(put_signer(w, document, out));
    TRY(writer_time(w, document->signed_at_ms, &out->signedAt));
    TRY(put_report(w, document, out));
    return put_evidence(w, document, out);
}

static enum status put_documents(const struct writer *w, const struct reply *reply,
                                 struct _s__getSigningResultResponse *out)
{
    const struct signing_session *session = reply->session;
    struct s__SignedDocuments *documents;

    documents = writer_alloc(w, 1, sizeof(*documents));
    if (!documents)
        return writer_no_memory(w);
    documents->document = writer_alloc(w, session->signed_count, sizeof(*documents->document));
    if (!documents->document)
        return writer_no_memory(w);
    for (size_t i = 0; i < session->signed_count; i++) {
        const struct signed_document *document = &session->signed_documents[i];
        if (reply->document_id == 0 || reply->document_id == document->id)
            TRY(put_document(w, session, document,
                             &documents->document[documents->__sizedocument++]));
    }
    if (documents->__sizedocument)
        out->documents = documents;
    return ST_OK;
}

static enum status put_seal(const struct writer *w, const struct evidence_seal *seal,
                            struct _s__getSigningResultResponse *out)
{
    if (seal->xml.len == 0)
        return ST_OK;
    out->seal = writer_alloc(w, 1, sizeof(*out->seal));
    if (!out->seal)
        return writer_no_memory(w);
    TRY(writer_text(w, seal->is_stamped ? "XAdES-T" : "XAdES-BES", &out->seal->form));
    TRY(writer_time(w, seal->made_ms, &out->seal->madeAt));
    return writer_base64(w, seal->xml, &out->seal->data);
}

enum status answer_result(const struct writer *w, const struct reply *reply, struct data *ret)
{
    const struct signing_session *session = reply->session;
    struct _s__getSigningResultResponse *out;

    out = writer_alloc(w, 1, sizeof(*out));
    if (!out)
        return writer_no_memory(w);
    TRY(writer_text(w, session->id.text, &out->signingSessionId));
    TRY(writer_text(w, session_state_name(session->state), &out->state));
    if (session->state == SESSION_SIGNED) {
        TRY(writer_optional_time(w, session->ended_ms, &out->signedAt));
        TRY(put_documents(w, reply, out));
        TRY(put_seal(w, &session->seal, out));
        TRY(writer_optional_time(w, session->wiped_ms, &out->contentWipedAt));
    }
    *ret = (struct data){ .type = SOAP_TYPE__s__getSigningResultResponse, .element = out };
    return ST_OK;
}
