/* Our own seal over what was stored of a signed session (req 0.14; wsdl/evidence.xsd). It is made
 * behind the answer: a timestamp authority that is away delays the seal, never the acceptance. */
#include "base/text.h"
#include "crypto/cert.h"
#include "crypto/encode.h"
#include "mobile/internal.h"
#include "wsse/xades.h"

enum {
    SEAL_WAIT_MS = 25000,
    /* Tries with the authority, an hour apart in the end: four days. Then a seal without a
     * timestamp, which is better than none. */
    STAMPED_TRIES = 100,
};

static const struct xml_limits seal_limits = { SEAL_MAX_BYTES, 16 };

static const char *const kinds[] = {
    [EVIDENCE_CERTIFICATE] = "certificate", [EVIDENCE_OCSP] = "ocsp",     [EVIDENCE_CRL] = "crl",
    [EVIDENCE_TSP] = "timestamp",           [EVIDENCE_REPORT] = "report",
};

/* The evidence of one session on its way into XML. */
struct writing {
    const struct signing_session *session;
    struct bytes *out;
    struct err *err;
};

static void add_text(const struct writing *w, const char *name, const char *text)
{
    bytes_addf(w->out, "<%s>", name);
    bytes_add_xml(w->out, slice_str(text));
    bytes_addf(w->out, "</%s>", name);
}

static void add_time(const struct writing *w, const char *name, int64_t ms)
{
    char text[TIME_TEXT];

    if (ms == 0)
        return;
    time_utc_text(ms, text);
    add_text(w, name, text);
}

static enum status add_digest(const struct writing *w, enum algorithm algorithm, struct slice data)
{
    AUTO(bytes_free) struct bytes *value = NULL;
    const char *uri = NULL;

    TRY(xml_digest(algorithm, data, &uri, &value, w->err));
    bytes_addf(w->out, "<digest algorithm=\"%s\">%s</digest>", uri, value->at);
    return ST_OK;
}

/* By SHA-256, which everybody knows, and by the digest of the signer's algorithm. */
static enum status add_digests(const struct writing *w, const char *name, enum algorithm own,
                               struct slice data)
{
    bytes_addf(w->out, "<%s>", name);
    TRY(add_digest(w, ALG_RSA_SHA256, data));
    if (own & (ALG_GOST2004 | ALG_GOST2015_256 | ALG_GOST2015_512))
        TRY(add_digest(w, own, data));
    bytes_addf(w->out, "</%s>", name);
    return ST_OK;
}

static const struct evidence_item *find_item(const struct signed_document *document,
                                             enum evidence_kind kind)
{
    for (size_t i = 0; i < document->evidence_count; i++)
        if (document->evidence[i].kind == kind)
            return &document->evidence[i];
    return NULL;
}

static enum algorithm algorithm_of(const struct evidence_item *certificate)
{
    AUTO(cert_free) struct cert *cert = NULL;
    struct err ignored;

    if (!certificate || cert_parse(certificate->data, &cert, &ignored) != ST_OK)
        return ALG_UNKNOWN;
    return cert_algorithm(cert);
}

static void add_verdict(const struct writing *w, const struct signed_document *document)
{
    static const struct json_limits limits = { 4 << 20, 16, 20000 };
    const struct evidence_item *item = find_item(document, EVIDENCE_REPORT);
    AUTO(json_free) struct json *report = NULL;
    struct slice verdict = SLICE("indeterminate");
    struct err ignored;

    if (item && json_parse(item->data, &limits, &report, &ignored) == ST_OK)
        (void)json_string(json_member(report, "verdict"), &verdict);
    bytes_add_str(w->out, "<verdict>");
    bytes_add_xml(w->out, verdict);
    bytes_add_str(w->out, "</verdict>");
}

static enum status add_item(const struct writing *w, const struct evidence_item *item,
                            enum algorithm own)
{
    AUTO(bytes_free) struct bytes *data = base64_encode(item->data);

    if (!data || item->kind < EVIDENCE_CERTIFICATE || item->kind > EVIDENCE_REPORT)
        return RAISE(w->err, ST_INTERNAL, "seal: evidence of kind %d", (int)item->kind);
    bytes_addf(w->out, "<item><kind>%s</kind>", kinds[item->kind]);
    TRY(add_digests(w, "digests", own, item->data));
    bytes_add_str(w->out, "<data>");
    bytes_add(w->out, bytes_slice(data));
    bytes_add_str(w->out, "</data></item>");
    return ST_OK;
}

static int64_t accepted_ms(const struct signing_session *session, uint32_t turn)
{
    for (size_t i = 0; i < session->turn_count; i++)
        if (session->turns[i].turn == turn)
            return session->turns[i].signed_ms;
    return session->ended_ms;
}

static enum status add_document(const struct writing *w, const struct document *issued,
                                const struct signed_document *document)
{
    const struct evidence_item *certificate = find_item(document, EVIDENCE_CERTIFICATE);
    const enum algorithm own = algorithm_of(certificate);
    const enum sign_method method = issued->method ? issued->method : w->session->method;

    bytes_addf(w->out, "<document><id>%lld</id>", (long long)document->id);
    add_text(w, "signMethod", session_method_name(method));
    bytes_addf(w->out, "<turn>%lu</turn>", document->turn + 1UL);
    TRY(add_digests(w, "issued", own, issued->content));
    TRY(add_digests(w, "signed", own, document->content));
    add_time(w, "signedAt", document->signed_at_ms);
    add_time(w, "acceptedAt", accepted_ms(w->session, document->turn));
    if (certificate)
        TRY(add_digests(w, "signerCertificate", own, certificate->data));
    add_verdict(w, document);
    bytes_add_str(w->out, "<evidence>");
    for (size_t i = 0; i < document->evidence_count; i++)
        TRY(add_item(w, &document->evidence[i], own));
    bytes_add_str(w->out, "</evidence></document>");
    return ST_OK;
}

static enum status add_documents(const struct writing *w)
{
    const struct signing_session *session = w->session;

    bytes_add_str(w->out, "<documents>");
    for (size_t i = 0; i < session->signed_count; i++) {
        const struct signed_document *document = &session->signed_documents[i];
        const struct document *issued = document_issued(session, document->id);

        if (!issued)
            return RAISE(w->err, ST_INTERNAL, "seal: a signed document was never issued");
        TRY(add_document(w, issued, document));
    }
    bytes_add_str(w->out, "</documents>");
    return ST_OK;
}

enum status seal_write(const struct signing_session *session, struct bytes **ret_xml,
                       struct err *err)
{
    AUTO(bytes_free) struct bytes *out = bytes_new(SEAL_MAX_BYTES);
    const struct writing w = { session, out, err };

    if (!out)
        return RAISE(err, ST_NOMEM, "seal: out of memory");
    bytes_add_str(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                       "<e:evidence xmlns:e=\"urn:shep-adapter:evidence:1\">");
    add_text(&w, "signingSessionId", session->id.text);
    add_text(&w, "senderId", session->sender_id);
    add_text(&w, "description", session->description);
    add_time(&w, "createdAt", session->created_ms);
    add_time(&w, "scannedAt", session->scanned_ms);
    add_time(&w, "documentsSentAt", session->documents_sent_ms);
    add_time(&w, "signedAt", session->ended_ms);
    TRY(add_documents(&w));
    bytes_add_str(out, "</e:evidence>");
    TRY(bytes_check(out, "seal", err));
    *ret_xml = TAKE(out);
    return ST_OK;
}

/* ---- making it ---- */

struct making {
    const struct mobile *mobile;
    const struct signing_session *session;
    bool is_stamped;
    int64_t start_ms;
};

static enum status record(const struct making *m, const char *name, const char *text,
                          struct err *err)
{
    const struct event event = {
        .level = EVENT_INFO,
        .name = name,
        .account = m->session->sender_id,
        .start_ms = m->start_ms,
        .end_ms = clock_now(m->mobile->p.clock),
        .signing = m->session->id.text,
        .text = text,
    };

    return journal_write(m->mobile->p.journal, &event, err);
}

/* Told before and after: no crash leaves a seal of which the journal knows nothing. */
static enum status keep(const struct making *m, struct slice xml, struct err *err)
{
    const struct evidence_seal seal = { xml, m->is_stamped, m->start_ms };

    TRY(record(m, "seal.made", "a seal over the evidence is made and will now be kept", err));
    TRY(store_seal_keep(m->mobile->p.store, &m->session->id, &seal, err));
    return record(m, "session.sealed",
                  m->is_stamped ? "the evidence is sealed as XAdES-T"
                                : "the evidence is sealed as XAdES-BES, without a timestamp",
                  err);
}

static enum status make(const struct making *m, struct err *err)
{
    const struct mobile_params *p = &m->mobile->p;
    const struct xades_params params = { .signing_time_ms = m->start_ms,
                                         .io = p->io,
                                         .tsp_url = m->is_stamped ? p->seal_tsp_url : NULL,
                                         .deadline_ms = clock_monotonic_ms() + SEAL_WAIT_MS };
    AUTO(bytes_free) struct bytes *evidence = NULL;
    AUTO(bytes_free) struct bytes *xml = NULL;

    TRY(seal_write(m->session, &evidence, err));
    TRY(xades_seal(p->seal_key, bytes_slice(evidence), &params, &seal_limits, &xml, err));
    return keep(m, bytes_slice(xml), err);
}

enum status mobile_seal_next(struct mobile *mobile, bool *ret_more, struct err *err)
{
    AUTO(signing_session_free) struct signing_session *session = NULL;
    unsigned tries = 0;
    struct id id;
    enum status status = store_seal_take(mobile->p.store, &id, &tries, err);

    *ret_more = status == ST_OK;
    if (status != ST_OK)
        return status == ST_NOT_FOUND ? ST_OK : status;
    TRY(store_session_find(mobile->p.store, &(struct session_key){ .id = &id },
                           SESSION_DOCUMENTS | SESSION_RESULT, mobile_content_max(mobile), &session,
                           err));
    return make(&(struct making){ mobile, session, mobile->p.seal_tsp_url && tries < STAMPED_TRIES,
                                  clock_now(mobile->p.clock) },
                err);
}
