#include "sandbox/caller.h"

#include "base/text.h"
#include "sandbox/canonical.h"
#include "wsse/wsse.h"
#include "wsse/xmlsig.h"

#include <string.h>

enum {
    ANSWER_MAX = 32 * 1024 * 1024,
    ENVELOPE_MAX = 64 * 1024 * 1024,
    XML_DEPTH_MAX = 64,
    SKEW_MS = 5 * 60 * 1000,
    PLAIN_MAX = 250, /* shown of an answer that is no SOAP */
};

static const struct xml_limits limits = { .max_bytes = ANSWER_MAX, .max_depth = XML_DEPTH_MAX };

/* ---- the request ---- */

/* What may stand before the document element, and cannot stand inside another document. */
static struct slice without_prolog(struct slice xml)
{
    const char *end;

    if (slice_starts(xml, SLICE("\xEF\xBB\xBF")))
        xml = slice_skip(xml, 3);
    xml = slice_trim(xml);
    if (!slice_starts(xml, SLICE("<?xml")))
        return xml;
    end = memmem(xml.at, xml.len, "?>", 2);
    return end ? slice_trim(slice_skip(xml, (size_t)(end - xml.at) + 2)) : xml;
}

/* As elements it must be a document by itself: nothing in it may close `data` and go on behind. */
static enum status check_payload(const struct call_params *p, struct err *err)
{
    AUTO(bytes_free) struct bytes *canonical = NULL;
    struct err cause;

    if (!p->as_text && xml_content_c14n(p->payload, &limits, &canonical, &cause) != ST_OK)
        return RAISE(err, ST_INPUT, "the payload: %s", cause.text);
    return ST_OK;
}

/* The author's signature: over the payload as a document of its own (shep-contract.md section 2).
 */
static enum status sign_payload(const struct call_params *p, struct bytes **ret_signed,
                                struct err *err)
{
    struct err cause;

    if (xmlsig_sign_enveloped(p->business_key, p->payload, &limits, ret_signed, &cause) != ST_OK)
        return RAISE(err, ST_INPUT, "the payload: %s", cause.text);
    return ST_OK;
}

static void add_element(struct bytes *dst, const char *name, const char *text)
{
    if (!text)
        return;
    bytes_addf(dst, "<%s>", name);
    canonical_escape(dst, slice_str(text));
    bytes_addf(dst, "</%s>", name);
}

static void add_data(struct bytes *dst, const struct call_params *p)
{
    if (p->as_text) {
        bytes_add_str(dst, "<data xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" "
                           "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
                           "xsi:type=\"xs:string\">");
        canonical_escape(dst, without_prolog(p->payload));
    } else {
        bytes_add_str(dst, "<data>");
        bytes_add(dst, without_prolog(p->payload));
    }
    bytes_add_str(dst, "</data>");
}

static enum status write_body(const struct call_params *p, const char *message_id, int64_t now_ms,
                              struct bytes **ret_body, struct err *err)
{
    AUTO(bytes_free) struct bytes *body = bytes_new(ENVELOPE_MAX);
    char date[TIME_TEXT];

    if (!body)
        return RAISE(err, ST_NOMEM, "out of memory");
    time_utc_offset_text(now_ms, date);
    bytes_add_str(body, "<T:SendMessage xmlns:T=\"http://bip.bee.kz/SyncChannel/v10/Types\">"
                        "<request><requestInfo>");
    add_element(body, "messageId", message_id);
    add_element(body, "serviceId", p->service_id);
    add_element(body, "messageDate", date);
    bytes_add_str(body, "<sender>");
    add_element(body, "senderId", p->sender_id);
    add_element(body, "password", p->sender_password);
    bytes_add_str(body, "</sender></requestInfo><requestData>");
    add_data(body, p);
    bytes_add_str(body, "</requestData></request></T:SendMessage>");
    TRY(bytes_check(body, "the request", err));
    *ret_body = TAKE(body);
    return ST_OK;
}

static enum status sign(const struct call_params *p, struct slice body, struct bytes **ret_envelope,
                        struct err *err)
{
    AUTO(trust_free) struct trust *nobody = NULL;
    AUTO(wsse_free) struct wsse *wsse = NULL;
    struct wsse_params params = {
        .limits = limits, .algorithms = ALG_DEFAULT, .key = p->key, .clock = p->clock
    };

    TRY(trust_new(&nobody, err));
    params.trust = nobody;
    TRY(wsse_new(&params, &wsse, err));
    return wsse_sign(wsse, body, ret_envelope, err);
}

/* ---- the answer ---- */

static enum status read_data(const struct canonical *response, struct call_answer *a,
                             struct err *err)
{
    struct canonical outer, data, payload;
    AUTO(bytes_free) struct bytes *copy = NULL;

    if (!canonical_child(response, "responseData", &outer) ||
        !canonical_child(&outer, "data", &data))
        return ST_OK;
    copy =
        canonical_child(&data, NULL, &payload) ? canonical_copy(&payload) : canonical_text(&data);
    if (!copy)
        return RAISE(err, ST_NOMEM, "out of memory");
    TRY(bytes_check(copy, "the answer's data", err));
    if (copy->len > 0)
        a->data = TAKE(copy);
    return ST_OK;
}

static void read_fault(const struct canonical *fault, struct call_answer *a)
{
    struct canonical detail, info;

    a->is_fault = true;
    (void)canonical_child_text(fault, "faultcode", a->code, sizeof(a->code));
    (void)canonical_child_text(fault, "faultstring", a->message, sizeof(a->message));
    if (!canonical_child(fault, "detail", &detail) || !canonical_child(&detail, NULL, &info))
        return;
    (void)canonical_child_text(&info, "errorCode", a->code, sizeof(a->code));
    (void)canonical_child_text(&info, "errorMessage", a->message, sizeof(a->message));
    (void)canonical_child_text(&info, "sessionId", a->session_id, sizeof(a->session_id));
}

static enum status read_response(const struct canonical *response, struct call_answer *a,
                                 struct err *err)
{
    struct canonical info, status;

    if (!canonical_child(response, "responseInfo", &info))
        return ST_OK;
    (void)canonical_child_text(&info, "messageId", a->message_id, sizeof(a->message_id));
    (void)canonical_child_text(&info, "correlationId", a->correlation_id,
                               sizeof(a->correlation_id));
    (void)canonical_child_text(&info, "sessionId", a->session_id, sizeof(a->session_id));
    if (canonical_child(&info, "status", &status)) {
        (void)canonical_child_text(&status, "code", a->code, sizeof(a->code));
        (void)canonical_child_text(&status, "message", a->message, sizeof(a->message));
    }
    return read_data(response, a, err);
}

static enum status read_envelope(struct slice xml, struct call_answer *a, struct err *err)
{
    struct canonical envelope, body, content, response;

    if (!canonical_root(xml, &envelope) || !slice_eq_str(envelope.local, "Envelope") ||
        !canonical_child(&envelope, "Body", &body) || !canonical_child(&body, NULL, &content))
        return ST_OK;
    a->is_soap = true;
    if (slice_eq_str(content.local, "Fault")) {
        read_fault(&content, a);
        return ST_OK;
    }
    if (canonical_child(&content, "response", &response))
        return read_response(&response, a, err);
    return ST_OK;
}

/* An answer of HTTP alone: its text, cut. */
static void read_plain(struct call_answer *a)
{
    struct slice text = slice_trim(bytes_slice(a->raw));

    if (text.len > PLAIN_MAX)
        text.len = PLAIN_MAX;
    if (text_is_utf8(text))
        (void)text_copy_slice(a->message, sizeof(a->message), text);
}

static enum status judge_business(struct judge judge, struct call_answer *a, struct err *err)
{
    const struct slice payload = bytes_slice(a->data);

    if (!a->data || xml_document_kind(payload, &limits) != DOCUMENT_ENVELOPED)
        return ST_OK;
    a->business = report_new();
    if (!a->business)
        return RAISE(err, ST_NOMEM, "out of memory");
    judge.purpose = PURPOSE_SIGN;
    (void)!xmlsig_judge_enveloped(&judge, payload, &limits, a->business);
    return ST_OK;
}

static enum status read_answer(const struct call_params *p, struct call_answer *a, struct err *err)
{
    const struct judge judge = { .trust = p->trust,
                                 .now_ms = clock_now(p->clock),
                                 .purpose = PURPOSE_TRANSPORT,
                                 .signature_only = !p->trust,
                                 .skew_ms = SKEW_MS };
    AUTO(bytes_free) struct bytes *xml = NULL;
    struct err ignored;

    if (xml_content_c14n(bytes_slice(a->raw), &limits, &xml, &ignored) == ST_OK)
        TRY(read_envelope(bytes_slice(xml), a, err));
    if (!a->is_soap) {
        read_plain(a);
        return ST_OK;
    }
    a->report = report_new();
    if (!a->report)
        return RAISE(err, ST_NOMEM, "out of memory");
    (void)!xmlsig_judge_envelope(&judge, bytes_slice(a->raw), &limits, a->report);
    return judge_business(judge, a, err);
}

void call_answer_free(struct call_answer *answer)
{
    bytes_free(answer->data);
    bytes_free(answer->raw);
    report_free(answer->report);
    report_free(answer->business);
    *answer = (struct call_answer){ .http_status = 0 };
}

/* ---- the exchange ---- */

static enum status post(const struct call_params *p, struct slice envelope, struct call_answer *a,
                        struct err *err)
{
    static const char *const headers[] = { "Content-Type: text/xml; charset=utf-8",
                                           "SOAPAction: \"\"", NULL };
    const struct rest_call call = { .method = "POST",
                                    .url = p->url,
                                    .headers = headers,
                                    .body = envelope,
                                    .max_bytes = ANSWER_MAX,
                                    .deadline_ms = clock_monotonic_ms() + p->wait_ms };
    struct rest_answer answer = { .status = 0 };

    TRY(rest_do(p->rest, &call, &answer, err));
    a->http_status = answer.status;
    a->raw = TAKE(answer.body);
    rest_answer_free(&answer);
    if (!a->raw)
        a->raw = bytes_dup(SLICE(""));
    return a->raw ? ST_OK : RAISE(err, ST_NOMEM, "out of memory");
}

/* The request as it goes out: payload, Body, envelope, each signed by whoever signs it. */
static enum status make_request(const struct call_params *params, const char *message_id,
                                struct bytes **ret_envelope, struct err *err)
{
    struct call_params p = *params;
    AUTO(bytes_free) struct bytes *authored = NULL;
    AUTO(bytes_wipe) struct bytes *body = NULL;

    if (p.business_key) {
        TRY(sign_payload(&p, &authored, err));
        p.payload = bytes_slice(authored);
    }
    TRY(check_payload(&p, err));
    TRY(write_body(&p, message_id, clock_now(p.clock), &body, err));
    return sign(&p, bytes_slice(body), ret_envelope, err);
}

enum status call_send(const struct call_params *params, struct call_answer *ret_answer,
                      struct err *err)
{
    struct id fresh = id_new(clock_now(params->clock));
    struct call_answer answer = { .http_status = 0 };
    AUTO(bytes_wipe) struct bytes *envelope = NULL;
    enum status status;

    if (!text_copy(answer.sent_message_id, sizeof(answer.sent_message_id),
                   params->message_id ? params->message_id : fresh.text))
        return RAISE(err, ST_INPUT, "message id: longer than %zu bytes",
                     sizeof(answer.sent_message_id) - 1);
    TRY(make_request(params, answer.sent_message_id, &envelope, err));
    status = post(params, bytes_slice(envelope), &answer, err);
    if (status == ST_OK)
        status = read_answer(params, &answer, err);
    if (status != ST_OK) {
        call_answer_free(&answer);
        return status;
    }
    *ret_answer = answer;
    return ST_OK;
}
