/* XAdES documents for tests, in any shape: signed by soap_fill(), by none of the code under test.
 */
#pragma once

#include "unit/wsse/soap_maker.h"

/* The pieces of a document; NULL means the usual. Beside soap_fill()'s marks: @doc@ (digest of the
 * document without its signature), @cert-digest@ (SHA-256), @issuer@, @serial@ of the key's
 * certificate, @x@ (the XAdES namespace). */
struct xades_parts {
    const char *ns;          /* v1.2.2 */
    const char *references;  /* the elements ds:Reference */
    const char *objects;     /* the elements ds:Object */
    const char *target;      /* of QualifyingProperties */
    const char *time;        /* the element SigningTime */
    const char *certificate; /* the element SigningCertificate */
    const char *behind;      /* further SignedSignatureProperties */
    const char *properties;  /* the element SignedProperties */
    const char *stamps;      /* the element UnsignedProperties */
    const char *content; /* of the ds:Object with Id "o": the signature stands alone around it */
    const struct cert *named; /* in SigningCertificate; NULL: the key's */
};

#define XADES_DOCUMENT "<doc><v>1</v></doc>"
#define XADES_TYPE "http://uri.etsi.org/01903/v1.2.2#SignedProperties"
#define XADES_REFERENCE(uri, attributes, transforms, digest)                                       \
    "<ds:Reference URI=\"" uri "\"" attributes ">" transforms                                      \
    "<ds:DigestMethod Algorithm=\"@digest-method@\"/><ds:DigestValue>" digest                      \
    "</ds:DigestValue></ds:Reference>"
#define XADES_TRANSFORM(uri) "<ds:Transform Algorithm=\"" uri "\"/>"
#define XADES_TRANSFORMS(content) "<ds:Transforms>" content "</ds:Transforms>"
#define XADES_DOCUMENT_REFERENCE                                                                   \
    XADES_REFERENCE(                                                                               \
        "", "",                                                                                    \
        XADES_TRANSFORMS(XADES_TRANSFORM("http://www.w3.org/2000/09/xmldsig#enveloped-signature")  \
                             XADES_TRANSFORM("http://www.w3.org/TR/2001/REC-xml-c14n-20010315")),  \
        "@doc@")
#define XADES_CONTENT_REFERENCE                                                                    \
    XADES_REFERENCE("#o", "",                                                                      \
                    XADES_TRANSFORMS(XADES_TRANSFORM("http://www.w3.org/2001/10/xml-exc-c14n#")),  \
                    "@digest@")
#define XADES_PROPERTIES_REFERENCE_AS(uri, type)                                                   \
    XADES_REFERENCE(uri, " Type=\"" type "\"",                                                     \
                    XADES_TRANSFORMS(XADES_TRANSFORM("http://www.w3.org/2001/10/xml-exc-c14n#")),  \
                    "@digest@")
#define XADES_PROPERTIES_REFERENCE XADES_PROPERTIES_REFERENCE_AS("#sp", XADES_TYPE)
#define XADES_CERT(digest, issuer, serial)                                                         \
    "<x:Cert><x:CertDigest>"                                                                       \
    "<ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>"                     \
    "<ds:DigestValue>" digest "</ds:DigestValue></x:CertDigest>"                                   \
    "<x:IssuerSerial><ds:X509IssuerName>" issuer "</ds:X509IssuerName>"                            \
    "<ds:X509SerialNumber>" serial "</ds:X509SerialNumber></x:IssuerSerial></x:Cert>"
#define XADES_TIME "<x:SigningTime>2026-11-22T09:00:00Z</x:SigningTime>"

/* The signed document; the caller's, free(). */
char *xades_make(const struct xades_parts *parts, const struct key *key);
/* The element UnsignedProperties with a token over the exclusive C14N of the ds:SignatureValue of a
 * made document; head: what stands before EncapsulatedTimeStamp. The caller's, free(). */
char *xades_stamp(const char *xml, const char *head, const struct key *tsa, bool exclusive);
