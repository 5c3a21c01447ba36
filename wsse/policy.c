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

void policy_allow(struct plan *plan, xmlSecTransformId transform)
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
    policy_allow(plan, method->transform());
    return true;
}

bool policy_algorithms(struct trial *trial, const struct signature *signature, struct plan *plan)
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

bool policy_prefixes(struct trial *trial, const struct signature *signature)
{
    size_t prefixes = 0;
    size_t elements = 0;

    for (unsigned i = 0; i < signature->reference_count; i++)
        for (unsigned k = 0; k < signature->references[i].transform_count; k++)
            prefixes += signature->references[i].transforms[k].prefix_count;
    if (prefixes > 0)
        elements = dom_count_all(xmlDocGetRootElement(signature->node->doc));
    trial->prefix_lookups += prefixes * elements;
    if (trial->prefix_lookups > MAX_PREFIX_LOOKUPS)
        return REFUSE(trial, CHECK_COVERAGE,
                      "%zu inclusive prefixes for %zu elements: their product is over %d", prefixes,
                      elements, MAX_PREFIX_LOOKUPS);
    return true;
}

static const struct c14n_method {
    const char *uri;
    xmlSecTransformId (*transform)(void);
    enum c14n_mode mode;
} c14n_methods[] = {
    { URI_C14N, xmlSecTransformInclC14NGetKlass, C14N_INCLUSIVE },
    { URI_C14N_COMMENTS, xmlSecTransformInclC14NWithCommentsGetKlass, C14N_INCLUSIVE_COMMENTS },
    { URI_EXC_C14N, xmlSecTransformExclC14NGetKlass, C14N_EXCLUSIVE },
    { URI_EXC_C14N_COMMENTS, xmlSecTransformExclC14NWithCommentsGetKlass, C14N_EXCLUSIVE_COMMENTS },
};

static const struct c14n_method *find_c14n(const char *uri)
{
    for (size_t i = 0; uri && i < sizeof(c14n_methods) / sizeof(c14n_methods[0]); i++)
        if (strcmp(c14n_methods[i].uri, uri) == 0)
            return &c14n_methods[i];
    return NULL;
}

xmlSecTransformId policy_c14n(const char *uri)
{
    const struct c14n_method *method = find_c14n(uri);

    return method ? method->transform() : NULL;
}

bool policy_c14n_mode(const char *uri, enum c14n_mode *ret)
{
    const struct c14n_method *method = find_c14n(uri);

    if (method)
        *ret = method->mode;
    return method != NULL;
}

/* An id that says the same to every reader of a URI, an XPointer or an attribute. */
bool policy_is_simple_id(const char *id)
{
    if (!*id || strlen(id) > 256)
        return false;
    for (; *id; id++)
        if ((unsigned char)*id <= ' ' || *id == 0x7f || strchr("\"#%&'()/:<>?[\\]^`{|}", *id))
            return false;
    return true;
}

bool policy_id(struct trial *trial, const xmlNode *node, const char *id)
{
    const size_t uses = dom_id_uses(node->doc, id);

    if (uses != 1)
        return REFUSE(trial, CHECK_COVERAGE, "the id %.100s stands %zu times in the document", id,
                      uses);
    return true;
}

/* НУЦ РК's enveloped profile. */

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
        reference->transforms[0].prefixes || !policy_c14n(reference->transforms[1].uri))
        return REFUSE(trial, CHECK_COVERAGE,
                      "the ds:Transforms are not enveloped-signature and C14N");
    return true;
}

bool policy_enveloped(struct trial *trial, const struct signature *signature, struct plan *ret)
{
    struct plan plan = { .c14n = policy_c14n(signature->c14n.uri), .reference_count = 1 };

    if (!policy_algorithms(trial, signature, &plan))
        return false;
    if (!plan.c14n)
        return REFUSE(trial, CHECK_COVERAGE,
                      "ds:CanonicalizationMethod is %.100s; C14N is demanded", signature->c14n.uri);
    if (!check_enveloped_reference(trial, signature) || !policy_prefixes(trial, signature))
        return false;
    policy_allow(&plan, xmlSecTransformEnvelopedId);
    policy_allow(&plan, policy_c14n(signature->references[0].transforms[1].uri));
    plan.references[0].uri = "";
    plan.references[0].covers = "the whole document";
    *ret = plan;
    return true;
}
