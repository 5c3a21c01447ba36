/* A ds:Signature read into a plain struct: the shape is checked here, the meaning by policy. */
#pragma once

#include "wsse/dom.h"
#include "wsse/trial.h"

enum {
    SIGNATURE_MAX_REFERENCES = 2,
    SIGNATURE_MAX_TRANSFORMS = 2,
    SIGNATURE_MAX_VALUE = 4096, /* bytes of a signature value in base64, blanks included */
};

struct c14n_step {
    const char *uri;
    const char *prefixes; /* ec:InclusiveNamespaces/@PrefixList; NULL: absent */
    unsigned prefix_count;
};

struct reference {
    const char *uri;  /* NULL: absent, where the profile lets it be */
    const char *type; /* NULL: absent */
    struct c14n_step transforms[SIGNATURE_MAX_TRANSFORMS];
    unsigned transform_count;
    const char *digest_uri;
    struct slice digest; /* base64 with blanks */
};

/* Borrowed from the document. */
struct signature {
    xmlNode *node;
    struct c14n_step c14n;
    const char *method_uri;
    struct reference references[SIGNATURE_MAX_REFERENCES];
    unsigned reference_count;
    struct slice value; /* base64 with blanks */
    xmlNode *key_info;  /* NULL: absent */
};

/* Who reads the signature; what each lets a ds:Signature hold is one table in signedinfo.c. */
enum signature_profile {
    SIGNATURE_WSSE,      /* shep-contract.md section 4 */
    SIGNATURE_ENVELOPED, /* kz-crypto.md section 3 */
    SIGNATURE_DETACHED,  /* the content is elsewhere, or beside it under an id */
    SIGNATURE_XADES,     /* ETSI TS 101 903 */
};

/**
 * Reads ds:Signature: SignedInfo, SignatureValue, KeyInfo, in this order and nothing else but what
 * the profile lets in (Objects, which are not looked into; never a Manifest in SignedInfo); in
 * SignedInfo no comment, no stray text, no parameter but InclusiveNamespaces. Refused:
 * CHECK_COVERAGE, CHECK_SIGNATURE for the value, CHECK_ALGORITHM for parameters of an algorithm.
 */
bool signature_read(struct trial *trial, xmlNode *node, enum signature_profile profile,
                    struct signature *ret);
