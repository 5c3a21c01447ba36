/* What a signature of WS-Security must look like before a byte of it is verified. */
#include "wsse/names.h"
#include "wsse/policy.h"

static bool is_exclusive(struct trial *trial, const struct c14n_step *step, const char *where)
{
    if (strcmp(step->uri, URI_EXC_C14N) == 0)
        return true;
    return REFUSE(trial, CHECK_COVERAGE, "%s is %.100s; only exclusive C14N is allowed", where,
                  step->uri);
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

static bool plan_reference(struct trial *trial, const struct envelope *envelope,
                           const struct reference *reference, struct plan *plan)
{
    const unsigned i = plan->reference_count;
    xmlNode *node = NULL;

    if (reference->uri[0] != '#' || !policy_is_simple_id(reference->uri + 1))
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
    if (!policy_id(trial, node, reference->uri + 1) || !check_transforms(trial, reference))
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

    if (!policy_algorithms(trial, signature, &plan) ||
        !is_exclusive(trial, &signature->c14n, "ds:CanonicalizationMethod"))
        return false;
    policy_allow(&plan, xmlSecTransformExclC14NId);
    for (unsigned i = 0; i < signature->reference_count; i++)
        if (!plan_reference(trial, envelope, &signature->references[i], &plan))
            return false;
    if (!check_targets(trial, envelope, &plan) || !policy_prefixes(trial, signature))
        return false;
    *ret = plan;
    return true;
}
