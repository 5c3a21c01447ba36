/* Our own signed envelopes, written as text: literal prefixes, no pretty print, no CR
 * (shep-contract.md section 4 «What we emit»). */
#include "wsse/sign.h"

#include "base/id.h"
#include "base/text.h"
#include "crypto/encode.h"
#include "wsse/c14n.h"
#include "wsse/document.h"
#include "wsse/methods.h"
#include "wsse/names.h"
#include "wsse/wsse_impl.h"

enum { MAX_ANSWER_BYTES = 64 << 20, MAX_ANSWER_DEPTH = 128, FRAME_BYTES = 128 << 10 };

enum status sign_base64(const struct key *key, struct slice signed_info, struct bytes **ret,
                        struct err *err)
{
    AUTO(bytes_free) struct bytes *raw = NULL;
    struct bytes *text = NULL;

    TRY(key_sign(key, signed_info, &raw, err));
    text = base64_encode(bytes_slice(raw));
    if (!text)
        return RAISE(err, ST_NOMEM, "signature: out of memory");
    *ret = text;
    return ST_OK;
}

enum status sign_cert_base64(const struct key *key, struct bytes **ret, struct err *err)
{
    struct bytes *text = base64_encode(cert_der(key_cert(key)));

    if (!text)
        return RAISE(err, ST_NOMEM, "certificate: out of memory");
    *ret = text;
    return ST_OK;
}

enum status sign_append(xmlNode *parent, struct slice text, size_t max_bytes, xmlNode **ret_node,
                        struct err *err)
{
    const struct xml_limits limits = { max_bytes, 16 };
    AUTO(xmlFreeDoc) xmlDoc *alone = NULL;

    TRY(document_parse(text, &limits, 0, &alone, err));
    *ret_node = dom_append_copy(parent, xmlDocGetRootElement(alone));
    return *ret_node ? ST_OK : RAISE(err, ST_NOMEM, "signature: out of memory");
}

void sign_new_id(int64_t now_ms, char dst[SIGN_ID_TEXT])
{
    (void)text_format(dst, SIGN_ID_TEXT, "id-%s", id_new(now_ms).text);
}

/* XML 1.0 section 2.11: a reader turns CR LF and CR into LF anyway. */
static void add_without_cr(struct bytes *out, struct slice xml)
{
    const char *cr;

    while ((cr = xml.len ? memchr(xml.at, '\r', xml.len) : NULL)) {
        const size_t len = (size_t)(cr - xml.at);

        bytes_add(out, slice_mem(xml.at, len));
        bytes_add_str(out, "\n");
        xml = slice_skip(xml, len + 1);
        if (slice_starts(xml, SLICE("\n")))
            xml = slice_skip(xml, 1);
    }
    bytes_add(out, xml);
}

/* <soap:Body …>content</soap:Body>, to stand in an Envelope or (is_alone) by itself. */
static enum status write_body(const char *id, struct slice content, struct bytes **ret,
                              struct err *err)
{
    AUTO(bytes_free) struct bytes *body = bytes_new(MAX_ANSWER_BYTES);

    if (!body)
        return RAISE(err, ST_NOMEM, "answer: out of memory");
    bytes_addf(body,
               "<soap:Body xmlns:soap=\"" NS_SOAP "\" xmlns:wsu=\"" NS_WSU "\" wsu:Id=\"%s\">", id);
    add_without_cr(body, content);
    bytes_add_str(body, "</soap:Body>");
    TRY(bytes_check(body, "answer", err));
    *ret = TAKE(body);
    return ST_OK;
}

/* The Body by itself must be a document, and its content one element: no text of a caller's can
 * close it and go on behind. */
static enum status canonicalise_body(struct slice body, struct bytes **ret, struct err *err)
{
    const struct xml_limits limits = { MAX_ANSWER_BYTES, MAX_ANSWER_DEPTH };
    AUTO(xmlFreeDoc) xmlDoc *doc = NULL;
    const xmlNode *root = NULL;
    struct err cause;

    if (document_parse(body, &limits, 0, &doc, &cause) != ST_OK)
        return RAISE(err, cause.status == ST_NOMEM ? ST_NOMEM : ST_INTERNAL,
                     "the answer to be signed: %.200s", cause.text);
    root = xmlDocGetRootElement(doc);
    if (!dom_first(root) || dom_next(dom_first(root)) || !dom_holds_elements_only(root))
        return RAISE(err, ST_INTERNAL, "the answer to be signed is not one element");
    return c14n_document(doc, C14N_EXCLUSIVE, document_canonical_max(&limits), ret, err);
}

/* Written in its canonical form; in the envelope xmlns:ds stands at ds:Signature already. */
enum status sign_write_info(enum algorithm algorithm, const char *id, struct slice canonical_body,
                            struct bytes **ret, struct err *err)
{
    const struct signature_method *method = signature_method_of(algorithm);
    const struct digest_method *digest = digest_method_of(algorithm);
    AUTO(bytes_free) struct bytes *value = NULL;
    AUTO(bytes_free) struct bytes *info = bytes_new(FRAME_BYTES);

    if (!method || !digest)
        return RAISE(err, ST_INTERNAL, "no signing with a key of %s", algorithm_name(algorithm));
    if (!info)
        return RAISE(err, ST_NOMEM, "signature: out of memory");
    TRY(digest_base64(digest, canonical_body, &value, err));
    bytes_addf(info,
               "<ds:SignedInfo xmlns:ds=\"" NS_DS "\">"
               "<ds:CanonicalizationMethod Algorithm=\"" URI_EXC_C14N
               "\"></ds:CanonicalizationMethod>"
               "<ds:SignatureMethod Algorithm=\"%s\"></ds:SignatureMethod>"
               "<ds:Reference URI=\"#%s\"><ds:Transforms>"
               "<ds:Transform Algorithm=\"" URI_EXC_C14N "\"></ds:Transform></ds:Transforms>"
               "<ds:DigestMethod Algorithm=\"%s\"></ds:DigestMethod><ds:DigestValue>",
               method->uri, id, digest->uri);
    bytes_add(info, bytes_slice(value));
    bytes_add_str(info, "</ds:DigestValue></ds:Reference></ds:SignedInfo>");
    TRY(bytes_check(info, "signature", err));
    *ret = TAKE(info);
    return ST_OK;
}

enum status sign_write_security(const struct key *key, struct slice signed_info, struct bytes **ret,
                                struct err *err)
{
    AUTO(bytes_free) struct bytes *value = NULL;
    AUTO(bytes_free) struct bytes *cert = NULL;
    AUTO(bytes_free) struct bytes *out = bytes_new(FRAME_BYTES);

    if (!out)
        return RAISE(err, ST_NOMEM, "signature: out of memory");
    TRY(sign_base64(key, signed_info, &value, err));
    TRY(sign_cert_base64(key, &cert, err));
    bytes_add_str(out, "<wsse:Security xmlns:wsse=\"" NS_WSSE "\" soap:mustUnderstand=\"1\">"
                       "<ds:Signature xmlns:ds=\"" NS_DS "\">");
    bytes_add(out, signed_info);
    bytes_add_str(out, "<ds:SignatureValue>");
    bytes_add(out, bytes_slice(value));
    bytes_add_str(out, "</ds:SignatureValue><ds:KeyInfo><wsse:SecurityTokenReference>"
                       "<wsse:KeyIdentifier EncodingType=\"" URI_BASE64_BINARY
                       "\" ValueType=\"" URI_X509V3 "\">");
    bytes_add(out, bytes_slice(cert));
    bytes_add_str(out, "</wsse:KeyIdentifier></wsse:SecurityTokenReference></ds:KeyInfo>"
                       "</ds:Signature></wsse:Security>");
    TRY(bytes_check(out, "signature", err));
    *ret = TAKE(out);
    return ST_OK;
}

static enum status write_envelope(const struct key *key, struct slice body,
                                  struct slice signed_info, struct bytes **ret, struct err *err)
{
    AUTO(bytes_free) struct bytes *security = NULL;
    AUTO(bytes_free) struct bytes *out = bytes_new(MAX_ANSWER_BYTES + 2 * FRAME_BYTES);

    if (!out)
        return RAISE(err, ST_NOMEM, "answer: out of memory");
    TRY(sign_write_security(key, signed_info, &security, err));
    bytes_add_str(out, "<soap:Envelope xmlns:soap=\"" NS_SOAP "\"><soap:Header>");
    bytes_add(out, bytes_slice(security));
    bytes_add_str(out, "</soap:Header>");
    bytes_add(out, body);
    bytes_add_str(out, "</soap:Envelope>");
    TRY(bytes_check(out, "answer", err));
    *ret = TAKE(out);
    return ST_OK;
}

enum status wsse_sign(const struct wsse *wsse, struct slice body_content, struct bytes **ret_out,
                      struct err *err)
{
    char id[SIGN_ID_TEXT];
    AUTO(bytes_free) struct bytes *body = NULL;
    AUTO(bytes_free) struct bytes *canonical = NULL;
    AUTO(bytes_free) struct bytes *info = NULL;

    if (!wsse->key)
        return RAISE(err, ST_INTERNAL, "there is no key to sign with");
    sign_new_id(clock_now(wsse->clock), id);
    TRY(write_body(id, body_content, &body, err));
    TRY(canonicalise_body(bytes_slice(body), &canonical, err));
    TRY(sign_write_info(key_algorithm(wsse->key), id, bytes_slice(canonical), &info, err));
    return write_envelope(wsse->key, bytes_slice(body), bytes_slice(info), ret_out, err);
}
