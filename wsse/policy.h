/* What a signature must look like in each profile before a byte of it is verified. */
#pragma once

#include "wsse/c14n.h"
#include "wsse/envelope.h"
#include "wsse/methods.h"
#include "wsse/signedinfo.h"

/* What is to be verified, in the order of the References; borrowed from the document. */
struct plan {
    const struct signature_method *method;
    xmlSecTransformId c14n;       /* of ds:SignedInfo */
    xmlSecTransformId allowed[8]; /* in References: transforms and digests */
    unsigned allowed_count;
    struct {
        const char *uri;
        xmlAttr *id;        /* of the node the Reference must mean; NULL: the whole document */
        const char *covers; /* for reports */
    } references[SIGNATURE_MAX_REFERENCES];
    unsigned reference_count;
    unsigned body;     /* which Reference covers soap:Body */
    bool is_timestamp; /* a Reference covers wsu:Timestamp */
};

/**
 * shep-contract.md section 4: exclusive C14N; one Reference to soap:Body, at most one more, to the
 * wsu:Timestamp of the same header; one Transform each, exclusive C14N; allowed algorithms.
 * Refused: CHECK_ALGORITHM, CHECK_COVERAGE.
 */
bool policy_envelope(struct trial *trial, const struct envelope *envelope,
                     const struct signature *signature, struct plan *ret);

/* НУЦ РК's enveloped profile (kz-crypto.md section 3): one Reference, URI="", the transforms
 * enveloped-signature and C14N. */
bool policy_enveloped(struct trial *trial, const struct signature *signature, struct plan *ret);

/* The pieces of which the profiles' policies are made. */

/* Signature and digest methods: ours, and allowed; they become the plan's. CHECK_ALGORITHM. */
bool policy_algorithms(struct trial *trial, const struct signature *signature, struct plan *plan);
/* One more transform for References; one too many is not allowed, so that it is refused. */
void policy_allow(struct plan *plan, xmlSecTransformId transform);
/* Canonical XML 1.0, inclusive or exclusive, with comments or without; NULL: another method. */
xmlSecTransformId policy_c14n(const char *uri);
bool policy_c14n_mode(const char *uri, enum c14n_mode *ret);
/* Inclusive prefixes times elements, which is what they cost, over all signatures of the document.
 * CHECK_COVERAGE. */
bool policy_prefixes(struct trial *trial, const struct signature *signature);
/* An id that says the same to every reader of a URI, an XPointer or an attribute. */
bool policy_is_simple_id(const char *id);
/* The id stands once in the document of node. CHECK_COVERAGE. */
bool policy_id(struct trial *trial, const xmlNode *node, const char *id);
