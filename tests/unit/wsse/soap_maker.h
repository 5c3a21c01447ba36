/* Signed XML for tests, SOAP above all, in any shape, by a road of their own: libxml2's C14N and
 * key_sign(), none of the code under test. What fails here fails the test. */
#pragma once

#include "crypto/key.h"

/* The pieces of a request; NULL means the usual. "@…@" marks what is filled in: @cert@ (base64 of
 * the key's certificate), @digest@ (of the Reference it stands in), @value@, @sign-method@,
 * @digest-method@. */
struct soap_params {
    const char *declaration;    /* before Envelope */
    const char *envelope_attrs; /* beside xmlns:soap */
    const char *before_security;
    const char *after_security;
    const char *security_attrs;
    const char *before_signature;
    const char *after_signature;
    const char *c14n_method; /* the element ds:CanonicalizationMethod */
    const char *sign_method; /* URI */
    const char *sign_method_content;
    const char *references; /* the elements ds:Reference */
    const char *value;      /* text of ds:SignatureValue */
    const char *key_info;   /* the element ds:KeyInfo */
    const char *in_signature;
    const char *body_attrs;
    const char *body; /* content of soap:Body */
};

#define SOAP_REFERENCE(uri)                                                                        \
    "<ds:Reference URI=\"" uri "\"><ds:Transforms><ds:Transform "                                  \
    "Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/></ds:Transforms>"                      \
    "<ds:DigestMethod Algorithm=\"@digest-method@\"/><ds:DigestValue>@digest@</ds:DigestValue>"    \
    "</ds:Reference>"
#define SOAP_KEY_INFO(content)                                                                     \
    "<ds:KeyInfo><wsse:SecurityTokenReference>" content                                            \
    "</wsse:SecurityTokenReference></ds:KeyInfo>"
#define SOAP_BODY_ID "body-1"
#define SOAP_WSU                                                                                   \
    "xmlns:wsu=\"http://docs.oasis-open.org/wss/2004/01/"                                          \
    "oasis-200401-wss-wssecurity-utility-1.0.xsd\""

/* A SendMessage with this text inside `data`'s tag end and end tag: message("><a/></data>"). */
char *soap_message(const char *data_element);

/* The signed request; the caller's, free(). */
char *soap_make(const struct soap_params *params, const struct key *key);

/* Any document with a ds:Signature of НУЦ РК's profile between its two halves: of the pieces, those
 * from c14n_method to in_signature count. The transform enveloped-signature is understood where it
 * is the first. */
char *xml_sign(const char *before, const struct soap_params *params, const char *after,
               const struct key *key);
#define XML_ENVELOPED                                                                              \
    "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>"
#define XML_C14N                                                                                   \
    "<ds:Transform Algorithm=\"http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments\"/>"
#define XML_DIGEST                                                                                 \
    "<ds:DigestMethod Algorithm=\"@digest-method@\"/><ds:DigestValue>@digest@</ds:DigestValue>"
#define XML_REFERENCE(uri)                                                                         \
    "<ds:Reference URI=\"" uri "\"><ds:Transforms>" XML_ENVELOPED XML_C14N                         \
    "</ds:Transforms>" XML_DIGEST "</ds:Reference>"
#define XML_KEY_INFO(content) "<ds:KeyInfo><ds:X509Data>" content "</ds:X509Data></ds:KeyInfo>"

/* Fills the marks of a whole text of the caller's. */
char *soap_fill(const char *marked, const struct key *key);

/* Text surgery; each wants `from` to be there. The results are the caller's. */
char *soap_replace(const char *xml, const char *from, const char *to);
/* The text from `start` to the end of the next `end`. */
char *soap_cut(const char *xml, const char *start, const char *end);
char *soap_join(const char *const *parts); /* NULL-terminated */
