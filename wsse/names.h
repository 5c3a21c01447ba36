/* The namespaces and URIs of XML signatures and WS-Security, each written once. */
#pragma once

#define NS_SOAP "http://schemas.xmlsoap.org/soap/envelope/"
#define NS_DS "http://www.w3.org/2000/09/xmldsig#"
#define NS_EC "http://www.w3.org/2001/10/xml-exc-c14n#"
#define NS_XML "http://www.w3.org/XML/1998/namespace"
#define WSS_2004 "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
#define NS_WSSE WSS_2004 "wssecurity-secext-1.0.xsd"
#define NS_WSU WSS_2004 "wssecurity-utility-1.0.xsd"

#define SOAP_ACTOR_NEXT "http://schemas.xmlsoap.org/soap/actor/next"

#define URI_BASE64_BINARY WSS_2004 "soap-message-security-1.0#Base64Binary"
#define URI_X509V3 WSS_2004 "x509-token-profile-1.0#X509v3"

#define URI_C14N "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
#define URI_C14N_COMMENTS URI_C14N "#WithComments"
#define URI_EXC_C14N NS_EC
#define URI_EXC_C14N_COMMENTS NS_EC "WithComments"
#define URI_ENVELOPED NS_DS "enveloped-signature"

/* XAdES: ETSI TS 101 903 v1.2.2, v1.3.2 */
#define NS_XADES_122 "http://uri.etsi.org/01903/v1.2.2#"
#define NS_XADES_132 "http://uri.etsi.org/01903/v1.3.2#"
#define URI_SIGNED_PROPERTIES_122 NS_XADES_122 "SignedProperties"
#define URI_SIGNED_PROPERTIES_132 "http://uri.etsi.org/01903#SignedProperties"

/* kz-crypto.md section 3 */
#define URI_MORE "http://www.w3.org/2001/04/xmldsig-more#"
#define URI_KZ "urn:ietf:params:xml:ns:pkigovkz:xmlsec:algorithms:"
#define URI_SIGN_GOST2004 URI_MORE "gost34310-gost34311"
#define URI_SIGN_GOST2015_256 URI_KZ "gostr34102015-gostr34112015-256"
#define URI_SIGN_GOST2015_512 URI_KZ "gostr34102015-gostr34112015-512"
#define URI_SIGN_RSA_SHA256 URI_MORE "rsa-sha256"
#define URI_SIGN_RSA_SHA1 NS_DS "rsa-sha1"
#define URI_SIGN_RSA_SHA1_MORE URI_MORE "rsa-sha1" /* seen, in no standard */
#define URI_DIGEST_34311 URI_MORE "gost34311"
#define URI_DIGEST_2015_256 URI_KZ "gostr34112015-256"
#define URI_DIGEST_2015_512 URI_KZ "gostr34112015-512"
#define URI_DIGEST_SHA256 "http://www.w3.org/2001/04/xmlenc#sha256"
#define URI_DIGEST_SHA1 NS_DS "sha1"
#define URI_DIGEST_SHA1_MORE URI_MORE "sha1" /* seen, in no standard */
