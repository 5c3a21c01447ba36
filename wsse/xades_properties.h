/* The QualifyingProperties of a ds:Signature read into a plain struct: shape here, meaning by
 * xades_judge.c. Source: ETSI TS 101 903 v1.2.2 clauses 6 and 7, its schema. */
#pragma once

#include "wsse/signedinfo.h"

enum { XADES_MAX_CERTS = 8, XADES_MAX_STAMPS = 4, XADES_MAX_TOKEN = 512 << 10 /* base64 */ };

/* One Cert of SigningCertificate. */
struct xades_cert {
    const char *digest_uri;
    struct slice digest; /* base64 */
    struct slice issuer;
    struct slice serial; /* decimal */
};

struct xades_stamp {
    const char *c14n_uri; /* NULL: not said */
    struct slice token;   /* base64 */
};

/* Borrowed from the document. */
struct xades {
    const char *version; /* "v1.2.2" */
    const xmlNode *object;
    xmlNode *signed_properties;
    bool has_time;
    struct slice signing_time; /* xsd:dateTime */
    struct xades_cert certs[XADES_MAX_CERTS];
    unsigned cert_count;
    struct xades_stamp stamps[XADES_MAX_STAMPS];
    unsigned stamp_count;
    char unjudged[256]; /* names of properties that are not looked at, "" none */
};

/**
 * Finds the one QualifyingProperties, in one ds:Object, Target the Signature's Id; reads
 * SigningTime, SigningCertificate and the SignatureTimeStamps, each of which has its Include, if
 * any, at this ds:SignatureValue.
 * Refused: CHECK_FORMAT for what is no XAdES, CHECK_COVERAGE, CHECK_TIMESTAMP.
 */
bool xades_read(struct trial *trial, const struct signature *signature, struct xades *ret);

/* A ds:Signature with QualifyingProperties of a version we know is the document element or a child
 * of it. */
bool xades_is_in(const xmlDoc *doc);
/* The Type of a ds:Reference to SignedProperties, in either version. */
bool xades_is_type(const char *uri);
