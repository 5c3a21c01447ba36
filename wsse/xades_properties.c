/* The QualifyingProperties of a ds:Signature read into a plain struct. */
#include "wsse/xades_properties.h"

#include "base/text.h"
#include "wsse/names.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define URI_DER NS_XADES_122 "DER"

static const struct {
    const char *name;
    const char *ns;
    const char *type; /* of the ds:Reference to SignedProperties */
} versions[] = {
    { "v1.2.2", NS_XADES_122, URI_SIGNED_PROPERTIES_122 },
    { "v1.3.2", NS_XADES_132, URI_SIGNED_PROPERTIES_132 },
};

struct reading {
    struct trial *trial;
    const xmlNode *signature;
    const char *ns; /* of this version */
    struct xades xades;
};

/* One element of a schema's sequence, each optional. */
struct part {
    const char *name;
    bool (*read)(struct reading *reading, const xmlNode *node);
};

static bool refuse_child(struct reading *reading, const xmlNode *parent, const xmlNode *child)
{
    return REFUSE(reading->trial, CHECK_COVERAGE, "%.60s holds %.60s, which is not allowed there",
                  (const char *)parent->name, (const char *)child->name);
}

static bool check_elements_only(struct reading *reading, const xmlNode *node)
{
    if (dom_holds_elements_only(node))
        return true;
    return REFUSE(reading->trial, CHECK_COVERAGE, "text stands between the elements of %.60s",
                  (const char *)node->name);
}

/* Each part once at most, in the order of the table, nothing else. */
static bool read_sequence(struct reading *reading, const xmlNode *parent, const struct part *parts,
                          size_t count)
{
    size_t next = 0;

    for (const xmlNode *at = dom_first(parent); at; at = dom_next(at)) {
        while (next < count && !dom_is(at, reading->ns, parts[next].name))
            next++;
        if (next == count)
            return refuse_child(reading, parent, at);
        if (!parts[next++].read(reading, at))
            return false;
    }
    return check_elements_only(reading, parent);
}

/* Told to the reader of the report, and nothing else. */
static bool note(struct reading *reading, const xmlNode *node)
{
    char *list = reading->xades.unjudged;
    const size_t len = strlen(list);

    (void)text_format(list + len, sizeof(reading->xades.unjudged) - len, "%s%.60s", len ? ", " : "",
                      (const char *)node->name);
    return true;
}

static bool note_children(struct reading *reading, const xmlNode *node)
{
    for (const xmlNode *at = dom_first(node); at; at = dom_next(at))
        (void)note(reading, at);
    return true;
}

static bool read_text(struct reading *reading, const xmlNode *node, struct slice *ret)
{
    if (!dom_leaf(node, ret) || slice_trim(*ret).len == 0)
        return REFUSE(reading->trial, CHECK_COVERAGE, "%.60s is empty or holds more than text",
                      (const char *)node->name);
    *ret = slice_trim(*ret);
    return true;
}

/* ---- signed properties ---- */

static bool read_time(struct reading *reading, const xmlNode *node)
{
    reading->xades.has_time = true;
    return read_text(reading, node, &reading->xades.signing_time);
}

static bool read_cert(struct reading *reading, const xmlNode *node, struct xades_cert *ret)
{
    const xmlNode *digest = dom_first(node);
    const xmlNode *serial = dom_next(digest);
    const xmlNode *method = dom_first(digest);
    const xmlNode *name = dom_first(serial);

    if (!dom_is(digest, reading->ns, "CertDigest") ||
        !dom_is(serial, reading->ns, "IssuerSerial") || dom_next(serial))
        return REFUSE(reading->trial, CHECK_COVERAGE, "Cert is not CertDigest, IssuerSerial");
    if (!dom_is(method, NS_DS, "DigestMethod") || !dom_is(dom_next(method), NS_DS, "DigestValue") ||
        dom_next(dom_next(method)))
        return REFUSE(reading->trial, CHECK_COVERAGE,
                      "CertDigest is not ds:DigestMethod, ds:DigestValue");
    if (!dom_is(name, NS_DS, "X509IssuerName") ||
        !dom_is(dom_next(name), NS_DS, "X509SerialNumber") || dom_next(dom_next(name)))
        return REFUSE(reading->trial, CHECK_COVERAGE,
                      "IssuerSerial is not ds:X509IssuerName, ds:X509SerialNumber");
    ret->digest_uri = dom_attr(method, NULL, "Algorithm");
    return read_text(reading, dom_next(method), &ret->digest) &&
           read_text(reading, name, &ret->issuer) &&
           read_text(reading, dom_next(name), &ret->serial);
}

static bool read_certs(struct reading *reading, const xmlNode *node)
{
    struct xades *xades = &reading->xades;

    for (const xmlNode *at = dom_first(node); at; at = dom_next(at)) {
        if (!dom_is(at, reading->ns, "Cert"))
            return refuse_child(reading, node, at);
        if (xades->cert_count == XADES_MAX_CERTS)
            return REFUSE(reading->trial, CHECK_COVERAGE,
                          "SigningCertificate has more than %d Cert", XADES_MAX_CERTS);
        if (!read_cert(reading, at, &xades->certs[xades->cert_count]))
            return false;
        xades->cert_count++;
    }
    return check_elements_only(reading, node);
}

/* A policy may demand what is not known here: its absence and the implied one demand nothing. */
static bool read_policy(struct reading *reading, const xmlNode *node)
{
    const xmlNode *implied = dom_first(node);

    if (dom_is(implied, reading->ns, "SignaturePolicyImplied") && !dom_next(implied))
        return true;
    return REFUSE(reading->trial, CHECK_COVERAGE,
                  "the signature names a policy, whose demands are not known here");
}

static bool read_signed_signature(struct reading *reading, const xmlNode *node)
{
    static const struct part parts[] = {
        { "SigningTime", read_time },
        { "SigningCertificate", read_certs },
        { "SignaturePolicyIdentifier", read_policy },
        { "SignatureProductionPlace", note },
        { "SignerRole", note },
    };

    return read_sequence(reading, node, parts, COUNT(parts));
}

static bool read_signed(struct reading *reading, const xmlNode *node)
{
    static const struct part parts[] = {
        { "SignedSignatureProperties", read_signed_signature },
        { "SignedDataObjectProperties", note_children },
    };

    reading->xades.signed_properties = (xmlNode *)node;
    return read_sequence(reading, node, parts, COUNT(parts));
}

/* ---- unsigned properties ---- */

/* v1.2.2 demands an Include at the ds:SignatureValue, v1.3.2 has none here. */
static bool check_include(struct reading *reading, const xmlNode *node)
{
    const char *uri = dom_attr(node, NULL, "URI");
    const char *id =
        dom_id(dom_child(reading->signature, NS_DS, "SignatureValue", NULL)); /* found before */

    if (uri && id && uri[0] == '#' && strcmp(uri + 1, id) == 0)
        return true;
    return REFUSE(reading->trial, CHECK_TIMESTAMP,
                  "SignatureTimeStamp includes \"%.100s\", not its ds:SignatureValue",
                  uri ? uri : "");
}

static bool read_stamp(struct reading *reading, const xmlNode *node, struct xades_stamp *ret)
{
    const xmlNode *at = dom_first(node);
    const char *encoding = NULL;

    if (dom_is(at, reading->ns, "Include")) {
        if (!check_include(reading, at))
            return false;
        at = dom_next(at);
    }
    if (dom_is(at, NS_DS, "CanonicalizationMethod")) {
        ret->c14n_uri = dom_attr(at, NULL, "Algorithm");
        if (!ret->c14n_uri || dom_first(at))
            return REFUSE(reading->trial, CHECK_TIMESTAMP,
                          "the ds:CanonicalizationMethod of a SignatureTimeStamp has no Algorithm, "
                          "or a parameter");
        at = dom_next(at);
    }
    if (!dom_is(at, reading->ns, "EncapsulatedTimeStamp") || dom_next(at))
        return REFUSE(reading->trial, CHECK_TIMESTAMP,
                      "SignatureTimeStamp holds no EncapsulatedTimeStamp, or more than one");
    encoding = dom_attr(at, NULL, "Encoding");
    if (encoding && strcmp(encoding, URI_DER) != 0)
        return REFUSE(reading->trial, CHECK_TIMESTAMP, "EncapsulatedTimeStamp is not in DER");
    if (!read_text(reading, at, &ret->token))
        return false;
    if (ret->token.len > XADES_MAX_TOKEN)
        return REFUSE(reading->trial, CHECK_TIMESTAMP, "EncapsulatedTimeStamp is over %d bytes",
                      XADES_MAX_TOKEN);
    return true;
}

static bool add_stamp(struct reading *reading, const xmlNode *node)
{
    struct xades *xades = &reading->xades;

    if (xades->stamp_count == XADES_MAX_STAMPS)
        return REFUSE(reading->trial, CHECK_TIMESTAMP, "more than %d SignatureTimeStamp",
                      XADES_MAX_STAMPS);
    return check_elements_only(reading, node) &&
           read_stamp(reading, node, &xades->stamps[xades->stamp_count++]);
}

/* Of the forms beyond XAdES-T (v1.2.2 clause 7.4 and further), and countersignatures. */
static const char *const beyond[] = {
    "CounterSignature",          "CompleteCertificateRefs",   "CompleteRevocationRefs",
    "AttributeCertificateRefs",  "AttributeRevocationRefs",   "SigAndRefsTimeStamp",
    "RefsOnlyTimeStamp",         "CertificateValues",         "RevocationValues",
    "AttrAuthoritiesCertValues", "AttributeRevocationValues", "ArchiveTimeStamp",
};

static bool is_beyond(const struct reading *reading, const xmlNode *node)
{
    for (size_t i = 0; i < COUNT(beyond); i++)
        if (dom_is(node, reading->ns, beyond[i]))
            return true;
    return !node->ns || !xmlStrEqual(node->ns->href, BAD_CAST reading->ns);
}

static bool read_unsigned_signature(struct reading *reading, const xmlNode *node)
{
    for (const xmlNode *at = dom_first(node); at; at = dom_next(at)) {
        if (dom_is(at, reading->ns, "SignatureTimeStamp")) {
            if (!add_stamp(reading, at))
                return false;
        } else if (is_beyond(reading, at)) {
            (void)note(reading, at);
        } else {
            return refuse_child(reading, node, at);
        }
    }
    return check_elements_only(reading, node);
}

static bool read_unsigned(struct reading *reading, const xmlNode *node)
{
    static const struct part parts[] = {
        { "UnsignedSignatureProperties", read_unsigned_signature },
        { "UnsignedDataObjectProperties", note_children },
    };

    return read_sequence(reading, node, parts, COUNT(parts));
}

/* ---- the whole ---- */

static bool read_qualifying(struct reading *reading, const xmlNode *node)
{
    static const struct part parts[] = {
        { "SignedProperties", read_signed },
        { "UnsignedProperties", read_unsigned },
    };
    const char *target = dom_attr(node, NULL, "Target");
    const char *id = dom_attr(reading->signature, NULL, "Id");

    if (!target || !id || target[0] != '#' || strcmp(target + 1, id) != 0)
        return REFUSE(reading->trial, CHECK_COVERAGE,
                      "QualifyingProperties has the Target \"%.100s\", which is not the Id of its "
                      "ds:Signature",
                      target ? target : "");
    if (dom_id_uses(node->doc, id) != 1)
        return REFUSE(reading->trial, CHECK_COVERAGE,
                      "the id %.100s stands more than once in the document", id);
    if (!read_sequence(reading, node, parts, COUNT(parts)))
        return false;
    if (!reading->xades.signed_properties)
        return REFUSE(reading->trial, CHECK_COVERAGE,
                      "QualifyingProperties has no SignedProperties");
    if (reading->xades.cert_count == 0)
        return REFUSE(reading->trial, CHECK_COVERAGE,
                      "SignedProperties names no certificate: no SigningCertificate");
    return true;
}

/* In any version we know; *ret_version may be NULL. */
static const xmlNode *find_qualifying(const xmlNode *object, size_t *ret_version)
{
    for (size_t i = 0; i < COUNT(versions); i++) {
        const xmlNode *found = dom_child(object, versions[i].ns, "QualifyingProperties", NULL);

        if (!found)
            continue;
        if (ret_version)
            *ret_version = i;
        return found;
    }
    return NULL;
}

static const xmlNode *find_object(const xmlNode *signature)
{
    for (const xmlNode *at = dom_first(signature); at; at = dom_next(at))
        if (dom_is(at, NS_DS, "Object") && find_qualifying(at, NULL))
            return at;
    return NULL;
}

/* Also in places where nobody should look for one. */
static size_t count_qualifying(const xmlNode *signature)
{
    size_t count = 0;

    for (size_t i = 0; i < COUNT(versions); i++)
        count += dom_count(signature, versions[i].ns, "QualifyingProperties");
    return count;
}

bool xades_read(struct trial *trial, const struct signature *signature, struct xades *ret)
{
    struct reading reading = { .trial = trial, .signature = signature->node };
    const xmlNode *object = find_object(signature->node);
    const xmlNode *qualifying = NULL;
    size_t version = 0;

    if (!object)
        return trial_fail(trial, ST_FORMAT, "an XML signature without XAdES' QualifyingProperties");
    qualifying = find_qualifying(object, &version);
    if (count_qualifying(signature->node) != 1 || dom_next(dom_first(object)))
        return REFUSE(trial, CHECK_COVERAGE,
                      "the ds:Signature holds more than one QualifyingProperties, or something "
                      "beside it in its ds:Object");
    reading.ns = versions[version].ns;
    reading.xades.version = versions[version].name;
    reading.xades.object = object;
    if (!read_qualifying(&reading, qualifying))
        return false;
    *ret = reading.xades;
    return true;
}

bool xades_is_in(const xmlDoc *doc)
{
    const xmlNode *root = xmlDocGetRootElement(doc);

    if (dom_is(root, NS_DS, "Signature"))
        return find_object(root) != NULL;
    for (const xmlNode *at = dom_first(root); at; at = dom_next(at))
        if (dom_is(at, NS_DS, "Signature") && find_object(at))
            return true;
    return false;
}

bool xades_is_type(const char *uri)
{
    for (size_t i = 0; uri && i < COUNT(versions); i++)
        if (strcmp(uri, versions[i].type) == 0)
            return true;
    return false;
}
