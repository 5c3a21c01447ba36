#include "wsse/evidence.h"

#include "base/clock.h"
#include "crypto/encode.h"
#include "wsse/document.h"
#include "wsse/names.h"

#include <string.h>

enum { ITEM_MAX = 8 << 20 }; /* bytes of one piece */

#define NS_EVIDENCE "urn:shep-adapter:evidence:1"

static enum status malformed(struct err *err, const char *name)
{
    return RAISE(err, ST_FORMAT, "evidence: <%s> is missing or not as wsdl/evidence.xsd has it",
                 name);
}

/* The only child of that name. */
static const xmlNode *only(const xmlNode *parent, const char *name)
{
    unsigned count = 0;
    const xmlNode *child = parent ? dom_child(parent, NULL, name, &count) : NULL;

    return count == 1 ? child : NULL;
}

static enum status read_bytes(const xmlNode *leaf, struct bytes **ret, struct err *err)
{
    struct slice text;
    struct err cause;

    if (!leaf || !dom_leaf(leaf, &text) || base64_decode(text, ITEM_MAX, ret, &cause) != ST_OK)
        return malformed(err, leaf ? (const char *)leaf->name : "data");
    return ST_OK;
}

static enum status read_time(const xmlNode *leaf, const char *name, int64_t *ret_ms,
                             struct err *err)
{
    struct time_span span;
    struct slice text;

    if (!leaf || !dom_leaf(leaf, &text) || !time_parse(text, &span) || span.from_ms != span.to_ms)
        return malformed(err, name);
    *ret_ms = span.from_ms;
    return ST_OK;
}

/* Among the digests of one thing, that by SHA-256. */
static bool has_digest(const xmlNode *digests, const uint8_t want[SHA256_BYTES])
{
    for (const xmlNode *at = digests ? dom_first(digests) : NULL; at; at = dom_next(at)) {
        AUTO(bytes_free) struct bytes *value = NULL;
        const char *algorithm = dom_attr(at, NULL, "algorithm");
        struct err ignored;

        if (algorithm && strcmp(algorithm, URI_DIGEST_SHA256) == 0 &&
            read_bytes(at, &value, &ignored) == ST_OK)
            return slice_eq(bytes_slice(value), slice_mem(want, SHA256_BYTES));
    }
    return false;
}

static bool kind_parse(const xmlNode *leaf, enum evidence_kind *ret)
{
    static const char *const names[] = {
        [EVIDENCE_CERTIFICATE] = "certificate",
        [EVIDENCE_OCSP] = "ocsp",
        [EVIDENCE_CRL] = "crl",
        [EVIDENCE_TSP] = "timestamp",
        [EVIDENCE_REPORT] = "report",
    };
    struct slice text;

    if (!leaf || !dom_leaf(leaf, &text))
        return false;
    for (size_t i = EVIDENCE_CERTIFICATE; i < sizeof(names) / sizeof(names[0]); i++)
        if (slice_eq_str(text, names[i])) {
            *ret = (enum evidence_kind)i;
            return true;
        }
    return false;
}

static enum status read_items(const xmlNode *items, struct evidence *evidence, struct err *err)
{
    if (!items)
        return malformed(err, "evidence");
    for (const xmlNode *at = dom_first(items); at; at = dom_next(at)) {
        AUTO(bytes_free) struct bytes *data = NULL;
        enum evidence_kind kind;

        if (!dom_is(at, NULL, "item") || !kind_parse(only(at, "kind"), &kind))
            return malformed(err, "item");
        TRY(read_bytes(only(at, "data"), &data, err));
        evidence_add(evidence, kind, bytes_slice(data));
    }
    return evidence_check(evidence, err);
}

/* When a document was accepted, where it says so: of several signers the first may be long before
 * the session's end. */
static enum status read_acceptance(const xmlNode *document, struct kept_evidence *kept,
                                   struct err *err)
{
    const xmlNode *accepted = only(document, "acceptedAt");

    return accepted ? read_time(accepted, "acceptedAt", &kept->accepted_ms, err) : ST_OK;
}

/* Reads all documents whose digests of that name are data's; *ret_found: there is one. */
static enum status read_matching(const xmlNode *documents, const char *name, struct slice data,
                                 struct kept_evidence *kept, bool *ret_found, struct err *err)
{
    uint8_t want[SHA256_BYTES];

    sha256(data, want);
    for (const xmlNode *at = documents ? dom_first(documents) : NULL; at; at = dom_next(at)) {
        if (!dom_is(at, NULL, "document") || !has_digest(only(at, name), want))
            continue;
        TRY(read_items(only(at, "evidence"), kept->evidence, err));
        if (!kept->is_of_issued)
            TRY(read_acceptance(at, kept, err));
        *ret_found = true;
    }
    return ST_OK;
}

static enum status read_document(const xmlNode *documents, const struct kept_document *document,
                                 struct kept_evidence *kept, struct err *err)
{
    bool found = false;

    TRY(read_matching(documents, "signed", document->signed_bytes, kept, &found, err));
    if (!found && document->content.at) {
        kept->is_of_issued = true;
        TRY(read_matching(documents, "issued", document->content, kept, &found, err));
    }
    return found ? ST_OK
                 : RAISE(err, ST_NOT_FOUND, "evidence: none of its documents has these bytes%s",
                         document->content.at ? ", signed or issued" : "");
}

enum status kept_evidence_read(struct slice xml, const struct xml_limits *limits,
                               const struct kept_document *document, struct kept_evidence *ret,
                               struct err *err)
{
    AUTO(xmlFreeDoc) xmlDoc *doc = NULL;
    AUTO(evidence_free) struct evidence *evidence = evidence_new();
    struct kept_evidence kept = { .evidence = evidence };

    if (!evidence)
        return RAISE(err, ST_NOMEM, "evidence: out of memory");
    TRY(document_parse(xml, limits, 0, &doc, err));
    const xmlNode *root = xmlDocGetRootElement(doc);
    if (!dom_is(root, NS_EVIDENCE, "evidence"))
        return RAISE(err, ST_FORMAT, "evidence: the document element is not %s's", NS_EVIDENCE);
    TRY(read_time(only(root, "signedAt"), "signedAt", &kept.accepted_ms, err));
    TRY(read_document(only(root, "documents"), document, &kept, err));
    (void)TAKE(evidence);
    *ret = kept;
    return ST_OK;
}
