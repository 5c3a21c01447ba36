/* What a signature must look like in each profile before a byte of it is verified. */
#include "wsse/policy.h"

#include "wsse/names.h"

static bool check_method(struct trial *trial, const char *uri, struct plan *plan)
{
    const struct signature_method *method = signature_method_find(uri);

    if (!method)
        return REFUSE(trial, CHECK_ALGORITHM, "the signature method %.100s is not accepted", uri);
    report_set_algorithm(trial->report, algorithm_name(method->algorithm));
    if (!(method->algorithm & trial_algorithms(trial)))
        return REFUSE(trial, CHECK_ALGORITHM, "the signature method %.100s is not allowed", uri);
    plan->method = method;
    return true;
}

static void allow(struct plan *plan, xmlSecTransformId transform)
{
    if (plan->allowed_count < sizeof(plan->allowed) / sizeof(plan->allowed[0]))
        plan->allowed[plan->allowed_count++] = transform;
}

static bool check_digest(struct trial *trial, const char *uri, struct plan *plan)
{
    const struct digest_method *method = digest_method_find(uri);

    if (!method)
        return REFUSE(trial, CHECK_ALGORITHM, "the digest method %.100s is not accepted", uri);
    if (!(method->algorithm & trial_algorithms(trial)))
        return REFUSE(trial, CHECK_ALGORITHM, "the digest method %.100s is not allowed", uri);
    allow(plan, method->transform());
    return true;
}

static bool check_algorithms(struct trial *trial, const struct signature *signature,
                             struct plan *plan)
{
    if (!check_method(trial, signature->method_uri, plan))
        return false;
    for (unsigned i = 0; i < signature->reference_count; i++)
        if (!check_digest(trial, signature->references[i].digest_uri, plan))
            return false;
    return true;
}

/* libxml2 looks each inclusive prefix up at each element, through all namespaces in scope there. */
enum { MAX_PREFIX_LOOKUPS = 2000000 };

static bool check_prefixes(struct trial *trial, const struct signature *signature)
{
    size_t prefixes = 0;
    size_t elements = 0;

    for (unsigned i = 0; i < signature->reference_count; i++)
        for (unsigned k = 0; k < signature->references[i].transform_count; k++)
            prefixes += signature->references[i].transforms[k].prefix_count;
    if (prefixes > 0)
        elements = dom_count_all(xmlDocGetRootElement(signature->node->doc));
    if (prefixes * elements > MAX_PREFIX_LOOKUPS)
        return REFUSE(trial, CHECK_COVERAGE,
                      "%zu inclusive prefixes for %zu elements: their product is over %d", prefixes,
                      elements, MAX_PREFIX_LOOKUPS);
    return true;
}

/* WS-Security. */

static bool is_exclusive(struct trial *trial, const struct c14n_step *step, const char *where)
{
    if (strcmp(step->uri, URI_EXC_C14N) == 0)
        return true;
    return REFUSE(trial, CHECK_COVERAGE, "%s is %.100s; only exclusive C14N is allowed", where,
                  step->uri);
}

/* An id that says the same to every reader of a URI, an XPointer or an attribute. */
static bool is_simple_id(const char *id)
{
    if (!*id || strlen(id) > 256)
        return false;
    for (; *id; id++)
        if ((unsigned char)*id <= ' ' || *id == 0x7f || strchr("\"#%&'()/:<>?[\\]^`{|}", *id))
            return false;
    return true;
}

static bool check_transforms(struct trial *trial, const struct reference *reference)
{
    if (reference->transform_count != 1)
        return REFUSE(trial, CHECK_COVERAGE,
                      "a ds:Reference has %u ds:Transform; exclusive C14N alone is allowed",
                      reference->transform_count);
    return is_exclusive(trial, &reference->transforms[0], "a ds:Transform");
}

static bool names(const struct reference *reference, const xmlNode *node)
{
    const char *id = node ? dom_id(node) : NULL;

    return id && strcmp(reference->uri + 1, id) == 0;
}

static bool check_id(struct trial *trial, const xmlNode *node, const char *id)
{
    const size_t uses = dom_id_uses(node->doc, id);

    if (uses != 1)
        return REFUSE(trial, CHECK_COVERAGE, "the id %.100s stands %zu times in the document", id,
                      uses);
    return true;
}

static bool plan_reference(struct trial *trial, const struct envelope *envelope,
                           const struct reference *reference, struct plan *plan)
{
    const unsigned i = plan->reference_count;
    xmlNode *node = NULL;

    if (reference->uri[0] != '#' || !is_simple_id(reference->uri + 1))
        return REFUSE(trial, CHECK_COVERAGE,
                      "the ds:Reference URI \"%.100s\" is not a plain \"#id\"", reference->uri);
    if (names(reference, envelope->body))
        node = envelope->body;
    else if (names(reference, envelope->timestamp))
        node = envelope->timestamp;
    if (!node)
        return REFUSE(trial, CHECK_COVERAGE,
                      "the ds:Reference URI \"%.100s\" is not that of soap:Body, nor of the "
                      "wsu:Timestamp of this header",
                      reference->uri);
    if (!check_id(trial, node, reference->uri + 1) || !check_transforms(trial, reference))
        return false;
    plan->references[i].uri = reference->uri;
    plan->references[i].id = dom_id_attr(node);
    plan->references[i].covers = node == envelope->body ? "soap:Body" : "wsu:Timestamp";
    if (node == envelope->body)
        plan->body = i;
    plan->is_timestamp |= node == envelope->timestamp;
    plan->reference_count++;
    return true;
}

static bool check_targets(struct trial *trial, const struct envelope *envelope,
                          const struct plan *plan)
{
    const unsigned count = plan->reference_count;

    if (count == 2 && plan->references[0].id == plan->references[1].id)
        return REFUSE(trial, CHECK_COVERAGE, "two ds:Reference to %s", plan->references[0].covers);
    if (plan->references[plan->body].id != dom_id_attr(envelope->body))
        return REFUSE(trial, CHECK_COVERAGE, "soap:Body is not signed: no ds:Reference to it");
    return true;
}

bool policy_envelope(struct trial *trial, const struct envelope *envelope,
                     const struct signature *signature, struct plan *ret)
{
    struct plan plan = { .c14n = xmlSecTransformExclC14NId };

    if (!check_algorithms(trial, signature, &plan) ||
        !is_exclusive(trial, &signature->c14n, "ds:CanonicalizationMethod"))
        return false;
    allow(&plan, xmlSecTransformExclC14NId);
    for (unsigned i = 0; i < signature->reference_count; i++)
        if (!plan_reference(trial, envelope, &signature->references[i], &plan))
            return false;
    if (!check_targets(trial, envelope, &plan) || !check_prefixes(trial, signature))
        return false;
    *ret = plan;
    return true;
}

/* НУЦ РК's enveloped profile. */

static const struct {
    const char *uri;
    xmlSecTransformId (*transform)(void);
} enveloped_c14n[] = {
    { URI_C14N, xmlSecTransformInclC14NGetKlass },
    { URI_C14N_COMMENTS, xmlSecTransformInclC14NWithCommentsGetKlass },
    { URI_EXC_C14N, xmlSecTransformExclC14NGetKlass },
    { URI_EXC_C14N_COMMENTS, xmlSecTransformExclC14NWithCommentsGetKlass },
};

static xmlSecTransformId find_c14n(const char *uri)
{
    for (size_t i = 0; i < sizeof(enveloped_c14n) / sizeof(enveloped_c14n[0]); i++)
        if (strcmp(enveloped_c14n[i].uri, uri) == 0)
            return enveloped_c14n[i].transform();
    return NULL;
}

static bool check_enveloped_reference(struct trial *trial, const struct signature *signature)
{
    const struct reference *reference = &signature->references[0];

    if (signature->reference_count != 1)
        return REFUSE(trial, CHECK_COVERAGE, "%u ds:Reference; one to the document is allowed",
                      signature->reference_count);
    if (reference->uri[0])
        return REFUSE(trial, CHECK_COVERAGE,
                      "the ds:Reference URI is \"%.100s\"; \"\", the whole document, is demanded",
                      reference->uri);
    if (reference->transform_count != 2 ||
        strcmp(reference->transforms[0].uri, URI_ENVELOPED) != 0 ||
        reference->transforms[0].prefixes || !find_c14n(reference->transforms[1].uri))
        return REFUSE(trial, CHECK_COVERAGE,
                      "the ds:Transforms are not enveloped-signature and C14N");
    return true;
}

bool policy_enveloped(struct trial *trial, const struct signature *signature, struct plan *ret)
{
    struct plan plan = { .c14n = find_c14n(signature->c14n.uri), .reference_count = 1 };

    if (!check_algorithms(trial, signature, &plan))
        return false;
    if (!plan.c14n)
        return REFUSE(trial, CHECK_COVERAGE,
                      "ds:CanonicalizationMethod is %.100s; C14N is demanded", signature->c14n.uri);
    if (!check_enveloped_reference(trial, signature) || !check_prefixes(trial, signature))
        return false;
    allow(&plan, xmlSecTransformEnvelopedId);
    allow(&plan, find_c14n(signature->references[0].transforms[1].uri));
    plan.references[0].uri = "";
    plan.references[0].covers = "the whole document";
    *ret = plan;
    return true;
}
