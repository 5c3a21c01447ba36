/* Making a detached signature: a document that is a ds:Signature, over bytes that stay elsewhere.
 */
#include "wsse/methods.h"
#include "wsse/names.h"
#include "wsse/sign.h"
#include "wsse/xmlsig.h"

#include <ctype.h>

enum { SIGNATURE_BYTES = 64 << 10, MAX_URI = 1024 };

/* RFC 3986: what a name needs no escapes for, in a URI and in XML; a `:` would make a scheme. */
static enum status check_uri(const char *uri, struct err *err)
{
    size_t len = 0;

    for (; uri && uri[len]; len++)
        if (!isalnum((unsigned char)uri[len]) && !strchr("-._~%/", uri[len]))
            return RAISE(err, ST_FORMAT, "the content's URI holds characters to be escaped");
    if (uri && (len == 0 || len > MAX_URI || (uri[0] == '/' && uri[1] == '/')))
        return RAISE(err, ST_FORMAT, "the content's URI is no file name of 1 to %d bytes", MAX_URI);
    return ST_OK;
}

/* Written in its canonical form. */
static enum status write_info(const struct key *key, const char *uri, struct slice content,
                              struct bytes **ret, struct err *err)
{
    const struct signature_method *method = signature_method_of(key_algorithm(key));
    const struct digest_method *digest = digest_method_of(key_algorithm(key));
    AUTO(bytes_free) struct bytes *value = NULL;
    AUTO(bytes_free) struct bytes *info = bytes_new(SIGNATURE_BYTES);

    if (!method || !digest)
        return RAISE(err, ST_INTERNAL, "no signing with a key of %s",
                     algorithm_name(key_algorithm(key)));
    if (!info)
        return RAISE(err, ST_NOMEM, "signature: out of memory");
    TRY(digest_base64(digest, content, &value, err));
    bytes_addf(info,
               "<ds:SignedInfo xmlns:ds=\"" NS_DS "\">"
               "<ds:CanonicalizationMethod Algorithm=\"" URI_C14N "\"></ds:CanonicalizationMethod>"
               "<ds:SignatureMethod Algorithm=\"%s\"></ds:SignatureMethod>"
               "<ds:Reference",
               method->uri);
    if (uri)
        bytes_addf(info, " URI=\"%s\"", uri);
    bytes_addf(info,
               "><ds:DigestMethod Algorithm=\"%s\"></ds:DigestMethod>"
               "<ds:DigestValue>%s</ds:DigestValue></ds:Reference></ds:SignedInfo>",
               digest->uri, value->at);
    TRY(bytes_check(info, "signature", err));
    *ret = TAKE(info);
    return ST_OK;
}

enum status xmlsig_sign_detached(const struct key *key, struct slice content, const char *uri,
                                 struct bytes **ret_xml, struct err *err)
{
    AUTO(bytes_free) struct bytes *info = NULL;
    AUTO(bytes_free) struct bytes *value = NULL;
    AUTO(bytes_free) struct bytes *cert = NULL;
    AUTO(bytes_free) struct bytes *out = bytes_new((size_t)2 * SIGNATURE_BYTES);

    if (!out)
        return RAISE(err, ST_NOMEM, "signature: out of memory");
    TRY(check_uri(uri, err));
    TRY(write_info(key, uri, content, &info, err));
    TRY(sign_base64(key, bytes_slice(info), &value, err));
    TRY(sign_cert_base64(key, &cert, err));
    bytes_add_str(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                       "<ds:Signature xmlns:ds=\"" NS_DS "\">");
    bytes_add(out, bytes_slice(info));
    bytes_addf(out,
               "<ds:SignatureValue>%s</ds:SignatureValue><ds:KeyInfo><ds:X509Data>"
               "<ds:X509Certificate>%s</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"
               "</ds:Signature>",
               value->at, cert->at);
    TRY(bytes_check(out, "signature", err));
    *ret_xml = TAKE(out);
    return ST_OK;
}
