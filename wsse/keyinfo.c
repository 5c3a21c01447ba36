/* The certificate a ds:KeyInfo means. */
#include "wsse/keyinfo.h"

#include "base/text.h"
#include "crypto/encode.h"
#include "wsse/names.h"
#include "wsse/proof.h"

enum { MAX_CERTS = 8, MAX_CERT_BYTES = 32768, MAX_NAME_BYTES = 2048, MAX_SERIAL_DIGITS = 64 };

/* The base64 text of one element as a certificate. */
static bool read_cert(struct trial *trial, const xmlNode *node, struct cert **ret_cert)
{
    const char *name = (const char *)node->name;
    AUTO(bytes_free) struct bytes *der = NULL;
    struct slice text;
    struct err err;

    if (!dom_leaf(node, &text))
        return REFUSE(trial, CHECK_SIGNATURE, "%s holds more than base64", name);
    if (text.len > 2 * (size_t)MAX_CERT_BYTES)
        return REFUSE(trial, CHECK_SIGNATURE, "%s is over %d bytes", name, 2 * MAX_CERT_BYTES);
    if (base64_decode(text, MAX_CERT_BYTES, &der, &err) != ST_OK)
        return REFUSE(trial, CHECK_SIGNATURE, "%s is not base64", name);
    *ret_cert = known_find(trial->known, bytes_slice(der));
    if (*ret_cert)
        return true;
    if (cert_parse(bytes_slice(der), ret_cert, &err) != ST_OK)
        return REFUSE(trial, CHECK_SIGNATURE, "%s is not a certificate: %s", name, err.text);
    return true;
}

/* URIs of the OASIS profile, or their ends as some clients write them; absent is none. */
static bool is_type(const char *value, const char *uri)
{
    const char *end = strchr(uri, '#');

    return value && (strcmp(value, uri) == 0 || strcmp(value, end) == 0);
}

static bool from_key_identifier(struct trial *trial, const xmlNode *node, struct cert **ret_cert)
{
    const char *type = dom_attr(node, NULL, "ValueType");
    const char *encoding = dom_attr(node, NULL, "EncodingType");

    if (!is_type(type, URI_X509V3))
        return REFUSE(trial, CHECK_SIGNATURE,
                      "wsse:KeyIdentifier is not an X509v3 certificate but %.100s",
                      type ? type : "without ValueType");
    if (encoding && !is_type(encoding, URI_BASE64_BINARY))
        return REFUSE(trial, CHECK_SIGNATURE, "wsse:KeyIdentifier is not Base64Binary");
    return read_cert(trial, node, ret_cert);
}

static const xmlNode *find_token(const xmlNode *security, const char *id)
{
    for (const xmlNode *at = dom_first(security); at; at = dom_next(at)) {
        const char *own = NULL;

        if (!dom_is(at, NS_WSSE, "BinarySecurityToken"))
            continue;
        own = dom_id(at);
        if (own && strcmp(own, id) == 0)
            return at;
    }
    return NULL;
}

static bool from_token(struct trial *trial, const xmlNode *node, const xmlNode *security,
                       struct cert **ret_cert)
{
    const char *uri = dom_attr(node, NULL, "URI");
    const xmlNode *token = uri && uri[0] == '#' ? find_token(security, uri + 1) : NULL;
    const char *encoding = NULL;

    if (!token)
        return REFUSE(trial, CHECK_SIGNATURE,
                      "wsse:Reference \"%.100s\" means no wsse:BinarySecurityToken of this header",
                      uri ? uri : "");
    if (dom_id_uses(node->doc, uri + 1) != 1)
        return REFUSE(trial, CHECK_COVERAGE, "the id %.100s stands more than once in the document",
                      uri + 1);
    encoding = dom_attr(token, NULL, "EncodingType");
    if (!is_type(dom_attr(token, NULL, "ValueType"), URI_X509V3) ||
        (encoding && !is_type(encoding, URI_BASE64_BINARY)))
        return REFUSE(trial, CHECK_SIGNATURE,
                      "wsse:BinarySecurityToken is not an X509v3 certificate in Base64Binary");
    return read_cert(trial, token, ret_cert);
}

static bool find_pin(struct trial *trial, struct slice issuer, struct slice serial,
                     struct cert **ret_cert)
{
    for (size_t i = 0; i < trial->judge->pin_count; i++) {
        const struct cert *pin = trial->judge->pins[i];

        if (!cert_matches_issuer_serial(pin, issuer, serial))
            continue;
        *ret_cert = cert_ref(pin);
        return true;
    }
    return REFUSE(trial, CHECK_SIGNATURE,
                  "no pinned certificate has the issuer %.*s and the serial number %.*s",
                  (int)(issuer.len < 100 ? issuer.len : 100), issuer.at,
                  (int)(serial.len < 50 ? serial.len : 50), serial.at);
}

static bool from_issuer_serial(struct trial *trial, const xmlNode *node, struct cert **ret_cert)
{
    const xmlNode *name = dom_first(node);
    const xmlNode *number = dom_next(name);
    struct slice issuer;
    struct slice serial;

    if (!dom_is(name, NS_DS, "X509IssuerName") || !dom_is(number, NS_DS, "X509SerialNumber") ||
        dom_next(number) || !dom_leaf(name, &issuer) || !dom_leaf(number, &serial))
        return REFUSE(trial, CHECK_SIGNATURE,
                      "ds:X509IssuerSerial is not ds:X509IssuerName, ds:X509SerialNumber");
    issuer = slice_trim(issuer);
    serial = slice_trim(serial);
    if (issuer.len == 0 || issuer.len > MAX_NAME_BYTES || serial.len > MAX_SERIAL_DIGITS ||
        !text_is_digits(serial, serial.len) || serial.len == 0)
        return REFUSE(
            trial, CHECK_SIGNATURE,
            "ds:X509IssuerSerial holds no name, or no decimal number of at most %d digits",
            MAX_SERIAL_DIGITS);
    return find_pin(trial, issuer, serial, ret_cert);
}

struct candidates {
    struct cert *certs[MAX_CERTS]; /* owned */
    unsigned count;
};

static bool read_certs(struct trial *trial, const xmlNode *data, struct candidates *ret)
{
    for (const xmlNode *at = dom_first(data); at; at = dom_next(at)) {
        if (!dom_is(at, NS_DS, "X509Certificate"))
            continue;
        if (ret->count == MAX_CERTS)
            return REFUSE(trial, CHECK_SIGNATURE, "ds:X509Data holds more than %d certificates",
                          MAX_CERTS);
        if (!read_cert(trial, at, &ret->certs[ret->count]))
            return false;
        ret->count++;
    }
    return true;
}

/* A lone certificate is the one that is meant, whoever made the signature. */
static bool choose(struct trial *trial, const struct signature *signature, struct candidates *among,
                   struct cert **ret_cert)
{
    unsigned i = 0;

    while (among->count > 1 && i < among->count &&
           !proof_is_made_by(trial, signature, among->certs[i]))
        i++;
    if (i == among->count)
        return REFUSE(trial, CHECK_SIGNATURE,
                      "none of the %u certificates in ds:X509Data has the key that made "
                      "ds:SignatureValue",
                      among->count);
    *ret_cert = TAKE(among->certs[i]);
    return true;
}

static bool from_certs(struct trial *trial, const struct signature *signature, const xmlNode *data,
                       struct cert **ret_cert)
{
    struct candidates among = { .count = 0 };
    const bool found =
        read_certs(trial, data, &among) && choose(trial, signature, &among, ret_cert);

    for (unsigned i = 0; i < among.count; i++)
        if (among.certs[i])
            trial_help(trial, among.certs[i]);
    return found;
}

static bool from_x509_data(struct trial *trial, const struct signature *signature,
                           const xmlNode *data, struct cert **ret_cert)
{
    unsigned count = 0;
    const xmlNode *issuer = dom_child(data, NS_DS, "X509IssuerSerial", &count);

    if (dom_child(data, NS_DS, "X509Certificate", NULL))
        return from_certs(trial, signature, data, ret_cert);
    if (count == 1)
        return from_issuer_serial(trial, issuer, ret_cert);
    return REFUSE(trial, CHECK_SIGNATURE,
                  "ds:X509Data holds neither a ds:X509Certificate nor one ds:X509IssuerSerial");
}

static bool from_token_reference(struct trial *trial, const struct signature *signature,
                                 const xmlNode *node, const xmlNode *security,
                                 struct cert **ret_cert)
{
    const xmlNode *at = dom_first(node);

    if (!at || dom_next(at))
        return REFUSE(trial, CHECK_SIGNATURE,
                      "wsse:SecurityTokenReference does not hold exactly one element");
    if (dom_is(at, NS_WSSE, "KeyIdentifier"))
        return from_key_identifier(trial, at, ret_cert);
    if (dom_is(at, NS_WSSE, "Reference"))
        return from_token(trial, at, security, ret_cert);
    if (dom_is(at, NS_DS, "X509Data"))
        return from_x509_data(trial, signature, at, ret_cert);
    return REFUSE(trial, CHECK_SIGNATURE,
                  "wsse:SecurityTokenReference by %.60s is not accepted: only KeyIdentifier, "
                  "Reference, X509Data",
                  (const char *)at->name);
}

bool keyinfo_find(struct trial *trial, const struct signature *signature, const xmlNode *security,
                  struct cert **ret_cert)
{
    const xmlNode *key_info = signature->key_info;
    unsigned references = 0;
    unsigned datas = 0;
    const xmlNode *reference = NULL;
    const xmlNode *data = NULL;

    if (key_info) {
        reference = dom_child(key_info, NS_WSSE, "SecurityTokenReference", &references);
        data = dom_child(key_info, NS_DS, "X509Data", &datas);
    }
    if (references + datas != 1)
        return REFUSE(trial, CHECK_SIGNATURE,
                      "ds:KeyInfo names %u certificates, one is demanded (a bare key or a name of "
                      "one is not accepted)",
                      references + datas);
    return reference ? from_token_reference(trial, signature, reference, security, ret_cert)
                     : from_x509_data(trial, signature, data, ret_cert);
}
