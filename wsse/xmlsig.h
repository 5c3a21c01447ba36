/* XML signatures (XMLDSig 1.0): judged with a report, made in НУЦ РК's enveloped profile. */
#pragma once

#include "base/bytes.h"
#include "crypto/key.h"
#include "crypto/trust.h"
#include "wsse/wsse.h"

enum { ENVELOPED_MAX_SIGNATURES = 16 };

/**
 * Judges the enveloped XMLDSig of НУЦ РК's profile: each Signature a child of the document element,
 * with one Reference URI="", enveloped-signature and C14N (inclusive or exclusive), so that it
 * covers the whole document but its comments (XMLDSig section 4.3.3.3: URI="" leaves them out,
 * whatever the C14N); certificate in ds:X509Data. Processing instructions are allowed.
 *
 * Several signatures, at most 16, are judged each for itself: a signature covers the document with
 * the signatures in front of it, as it stood when it was made («one over the other»), or, when that
 * digest is not its own, the document without any; nothing else, and its coverage row tells which.
 * Any ds:Signature at another place, and a copy of one, is refused. The work is bounded: of
 * several signatures n, (2n - 1) times the document is at most 256 MiB and 8,000,000 nodes.
 *
 * Rows: format, then for each signature algorithm, digest, signature, coverage, trust_judge()'s;
 * the first refusal ends the judgement of a signature, so nothing is fetched for a forged one. No
 * ds:Signature at all: a format row alone. A signer is reported once its signature stands; of
 * several signatures each is one of report_signer_count(). Thread-safe.
 */
MUST_USE enum verdict xmlsig_judge_enveloped(const struct judge *judge, struct slice xml,
                                             const struct xml_limits *limits,
                                             struct report *report);
/**
 * Judges a detached XMLDSig with one Reference, certificate in ds:X509Data, in either form:
 * - the document is a ds:Signature, and content is what it signs: its URI is absent, a relative one
 *   or cid: and is never fetched; no Transform: the bytes; one, a C14N: the XML that they are;
 * - the ds:Signature is a child of the document element, the one in the document, and its URI is
 *   "#id" of an element beside it, at most one C14N as Transform; content.at is NULL. The coverage
 *   row names the element and counts what stands there unsigned: who acts on it must look.
 *
 * Rows as xmlsig_judge_enveloped() of one signature. Content that is not given, or is given to a
 * document of the second form: a format row alone. Thread-safe.
 */
MUST_USE enum verdict xmlsig_judge_detached(const struct judge *judge, struct slice xml,
                                            struct slice content, const struct xml_limits *limits,
                                            struct report *report);
/**
 * Judges a WS-Security envelope (request or response) as wsse_verify() does, but for headers that
 * must be understood, which concern who acts on the message. Rows as above, and timestamp.
 * Pins for IssuerSerial are judge->pins. Thread-safe.
 */
MUST_USE enum verdict xmlsig_judge_envelope(const struct judge *judge, struct slice xml,
                                            const struct xml_limits *limits, struct report *report);

/**
 * Signs an XML document in the enveloped profile, over the signatures that it has; UTF-8 with
 * declaration as it was.
 *
 * ST_FORMAT    not XML, DTD, depth, size
 * ST_CONFLICT  it has 16 signatures (code alreadySigned), or one that is no child of the document
 *              element (code signatureInside)
 * ST_INTERNAL  a key we do not sign with
 * *ret_xml is the caller's. Thread-safe.
 */
MUST_USE enum status xmlsig_sign_enveloped(const struct key *key, struct slice xml,
                                           const struct xml_limits *limits, struct bytes **ret_xml,
                                           struct err *err);

/**
 * Makes a ds:Signature over bytes that stay elsewhere, as a document of its own.
 *
 * uri  how the signature calls them: a file name, escaped as RFC 3986 says; NULL: not at all
 *
 * ST_FORMAT    uri is over 1,024 bytes, empty, or holds characters to be escaped, `:` among them
 * ST_INTERNAL  a key we do not sign with
 * *ret_xml is the caller's. Thread-safe.
 */
MUST_USE enum status xmlsig_sign_detached(const struct key *key, struct slice content,
                                          const char *uri, struct bytes **ret_xml, struct err *err);

/**
 * Signs a SOAP 1.1 envelope where it stands: its own prefixes and headers stay, Body gets a wsu:Id
 * unless it has an id, Security is added to Header as shep-contract.md section 4 says. For callers
 * and tests; wsse_sign() makes our answers.
 *
 * ST_FORMAT    not an envelope, or one that cannot be signed; limits
 * ST_CONFLICT  it has a Security header
 */
MUST_USE enum status xmlsig_sign_envelope(const struct key *key, struct slice xml,
                                          const struct xml_limits *limits, struct bytes **ret_xml,
                                          struct err *err);

/* Inclusive C14N of the document (with comments) after taking out the ds:Signature children of its
 * document element: equal for the issued and the returned document when nothing else changed.
 * ST_FORMAT: not XML, DTD, depth, size. */
MUST_USE enum status xml_content_c14n(struct slice xml, const struct xml_limits *limits,
                                      struct bytes **ret_c14n, struct err *err);

/**
 * What a document signed in the enveloped profile is without its content: the ds:Signature, a
 * document of its own. Put back into the same content it is judged as it was: canonical XML does
 * not see where among the children it stands, nor namespaces that are declared again.
 *
 * ST_FORMAT    not XML, DTD, depth, size
 * ST_CONFLICT  not exactly one ds:Signature, a child of the document element
 * *ret_signature is the caller's. Thread-safe.
 */
MUST_USE enum status xmlsig_detach(struct slice xml, const struct xml_limits *limits,
                                   struct bytes **ret_signature, struct err *err);
/**
 * The way back: content with the ds:Signature as the last child of its document element, for
 * xmlsig_judge_enveloped().
 *
 * ST_FORMAT    one of them is not XML, DTD, depth, size; the signature is no ds:Signature
 * ST_CONFLICT  the content holds a ds:Signature
 */
MUST_USE enum status xmlsig_attach(struct slice content, struct slice signature,
                                   const struct xml_limits *limits, struct bytes **ret_xml,
                                   struct err *err);

/* The digest of data by the algorithm's own: its URI in XML (a literal) and its value in base64,
 * the caller's. ST_NOT_FOUND: XML has no name for that digest. */
MUST_USE enum status xml_digest(enum algorithm algorithm, struct slice data, const char **ret_uri,
                                struct bytes **ret_base64, struct err *err);

enum document_kind {
    DOCUMENT_OTHER,
    DOCUMENT_ENVELOPE,
    DOCUMENT_ENVELOPED,
    DOCUMENT_DETACHED,
    DOCUMENT_XADES
};
/* What an XML document is, for profile auto: a SOAP envelope, XAdES, signed otherwise, or none of
 * these. Detached: a ds:Signature without ds:Object, or in the document element with the one
 * Reference "#id". Enveloped: also a ds:Signature alone with the one Reference "", which
 * xmlsig_detach() took out. */
enum document_kind xml_document_kind(struct slice xml, const struct xml_limits *limits);
