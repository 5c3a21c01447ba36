/* A ds:Signature read into a plain struct. */
#include "wsse/signedinfo.h"

#include "wsse/names.h"

enum { MAX_PREFIX_LIST = 1024, MAX_PREFIXES = 64 };

/* What a ds:Signature may hold beside SignedInfo, SignatureValue and KeyInfo. */
static const struct rules {
    unsigned references; /* SIGNATURE_MAX_REFERENCES at most */
    bool has_no_uri;     /* a Reference may go without a URI */
    unsigned objects;    /* so many Object may stand behind KeyInfo */
} rules_of[] = {
    [SIGNATURE_WSSE] = { .references = 2 }, /* Body and Timestamp */
    [SIGNATURE_ENVELOPED] = { .references = 1 },
    [SIGNATURE_DETACHED] = { .references = 1, .has_no_uri = true },
    [SIGNATURE_XADES] = { .references = 2, .objects = 2 }, /* the document, SignedProperties */
};

static unsigned count_words(const char *list)
{
    unsigned words = 0;
    bool is_in_word = false;

    for (; *list; list++) {
        const bool is_blank = strchr(" \t\r\n", *list) != NULL;

        words += !is_blank && !is_in_word;
        is_in_word = !is_blank;
    }
    return words;
}

/* CanonicalizationMethod or Transform. */
static bool read_c14n(struct trial *trial, const xmlNode *node, struct c14n_step *ret)
{
    const xmlNode *parameter = dom_first(node);

    ret->uri = dom_attr(node, NULL, "Algorithm");
    ret->prefixes = NULL;
    ret->prefix_count = 0;
    if (!ret->uri)
        return REFUSE(trial, CHECK_COVERAGE, "ds:%s has no Algorithm", (const char *)node->name);
    if (!parameter)
        return true;
    if (!dom_is(parameter, NS_EC, "InclusiveNamespaces") || dom_next(parameter) ||
        dom_first(parameter))
        return REFUSE(trial, CHECK_COVERAGE,
                      "ds:%s %.80s has a parameter other than ec:InclusiveNamespaces",
                      (const char *)node->name, ret->uri);
    ret->prefixes = dom_attr(parameter, NULL, "PrefixList");
    if (ret->prefixes && strlen(ret->prefixes) <= MAX_PREFIX_LIST)
        ret->prefix_count = count_words(ret->prefixes);
    if (!ret->prefixes || strlen(ret->prefixes) > MAX_PREFIX_LIST ||
        ret->prefix_count > MAX_PREFIXES)
        return REFUSE(trial, CHECK_COVERAGE,
                      "ec:InclusiveNamespaces has no PrefixList, or one of more than %d prefixes",
                      MAX_PREFIXES);
    return true;
}

static bool read_method(struct trial *trial, const xmlNode *node, const char **ret_uri)
{
    *ret_uri = dom_attr(node, NULL, "Algorithm");
    if (!*ret_uri)
        return REFUSE(trial, CHECK_ALGORITHM, "ds:%s has no Algorithm", (const char *)node->name);
    if (dom_first(node))
        return REFUSE(trial, CHECK_ALGORITHM, "ds:%s has the parameter %.60s; none is allowed",
                      (const char *)node->name, (const char *)dom_first(node)->name);
    return true;
}

static bool read_transforms(struct trial *trial, const xmlNode *node, struct reference *ret)
{
    for (const xmlNode *at = dom_first(node); at; at = dom_next(at)) {
        if (!dom_is(at, NS_DS, "Transform"))
            return REFUSE(trial, CHECK_COVERAGE, "ds:Transforms holds %.60s",
                          (const char *)at->name);
        if (ret->transform_count == SIGNATURE_MAX_TRANSFORMS)
            return REFUSE(trial, CHECK_COVERAGE, "a ds:Reference has more than %d ds:Transform",
                          SIGNATURE_MAX_TRANSFORMS);
        if (!read_c14n(trial, at, &ret->transforms[ret->transform_count]))
            return false;
        ret->transform_count++;
    }
    return true;
}

static bool read_reference(struct trial *trial, const xmlNode *node, const struct rules *rules,
                           struct reference *ret)
{
    const xmlNode *at = dom_first(node);

    ret->uri = dom_attr(node, NULL, "URI");
    ret->type = dom_attr(node, NULL, "Type");
    if (!ret->uri && !rules->has_no_uri)
        return REFUSE(trial, CHECK_COVERAGE, "a ds:Reference has no URI");
    if (dom_is(at, NS_DS, "Transforms")) {
        if (!read_transforms(trial, at, ret))
            return false;
        at = dom_next(at);
    }
    if (!dom_is(at, NS_DS, "DigestMethod") || !dom_is(dom_next(at), NS_DS, "DigestValue") ||
        dom_next(dom_next(at)))
        return REFUSE(trial, CHECK_COVERAGE,
                      "a ds:Reference is not ds:Transforms, ds:DigestMethod, ds:DigestValue");
    if (!dom_leaf(dom_next(at), &ret->digest))
        return REFUSE(trial, CHECK_COVERAGE, "ds:DigestValue holds more than text");
    return read_method(trial, at, &ret->digest_uri);
}

static bool read_references(struct trial *trial, const xmlNode *first, const struct rules *rules,
                            struct signature *ret)
{
    for (const xmlNode *at = first; at; at = dom_next(at)) {
        if (!dom_is(at, NS_DS, "Reference"))
            return REFUSE(trial, CHECK_COVERAGE, "ds:SignedInfo holds %.60s",
                          (const char *)at->name);
        if (ret->reference_count == rules->references)
            return REFUSE(trial, CHECK_COVERAGE, "ds:SignedInfo has more than %u ds:Reference",
                          rules->references);
        if (!read_reference(trial, at, rules, &ret->references[ret->reference_count]))
            return false;
        ret->reference_count++;
    }
    if (ret->reference_count == 0)
        return REFUSE(trial, CHECK_COVERAGE, "ds:SignedInfo has no ds:Reference");
    return true;
}

/* Text belongs into DigestValue alone. */
static bool has_stray_text(const xmlNode *node)
{
    if (dom_is(node, NS_DS, "DigestValue"))
        return false;
    if (!dom_holds_elements_only(node))
        return true;
    for (const xmlNode *at = dom_first(node); at; at = dom_next(at))
        if (has_stray_text(at))
            return true;
    return false;
}

static bool read_signed_info(struct trial *trial, const xmlNode *node, const struct rules *rules,
                             struct signature *ret)
{
    const xmlNode *c14n = dom_first(node);
    const xmlNode *method = dom_next(c14n);

    if (!dom_is_plain(node))
        return REFUSE(trial, CHECK_COVERAGE, "a comment stands in ds:SignedInfo");
    if (!dom_is(c14n, NS_DS, "CanonicalizationMethod") || !dom_is(method, NS_DS, "SignatureMethod"))
        return REFUSE(trial, CHECK_COVERAGE,
                      "ds:SignedInfo does not start with ds:CanonicalizationMethod, "
                      "ds:SignatureMethod");
    if (!read_c14n(trial, c14n, &ret->c14n) || !read_method(trial, method, &ret->method_uri) ||
        !read_references(trial, dom_next(method), rules, ret))
        return false;
    if (has_stray_text(node))
        return REFUSE(trial, CHECK_COVERAGE, "text stands between the elements of ds:SignedInfo");
    return true;
}

static bool read_value(struct trial *trial, const xmlNode *node, struct signature *ret)
{
    if (!dom_leaf(node, &ret->value) || slice_trim(ret->value).len == 0)
        return REFUSE(trial, CHECK_SIGNATURE, "ds:SignatureValue is empty or holds more than text");
    if (ret->value.len > SIGNATURE_MAX_VALUE)
        return REFUSE(trial, CHECK_SIGNATURE, "ds:SignatureValue is over %d bytes",
                      SIGNATURE_MAX_VALUE);
    return true;
}

/* KeyInfo and Object, as the profile lets them stand behind the value. */
static bool read_rest(struct trial *trial, xmlNode *rest, const struct rules *rules,
                      struct signature *ret)
{
    if (dom_is(rest, NS_DS, "KeyInfo")) {
        ret->key_info = rest;
        rest = dom_next(rest);
    }
    for (unsigned i = 0; i < rules->objects && dom_is(rest, NS_DS, "Object"); i++)
        rest = dom_next(rest);
    if (rest)
        return REFUSE(trial, CHECK_COVERAGE, "ds:Signature holds %.60s, which is not allowed here",
                      (const char *)rest->name);
    return true;
}

bool signature_read(struct trial *trial, xmlNode *node, enum signature_profile profile,
                    struct signature *ret)
{
    const struct rules *rules = &rules_of[profile];
    const xmlNode *info = dom_first(node);
    const xmlNode *value = dom_next(info);
    struct signature found = { .node = node };

    if (!dom_is(info, NS_DS, "SignedInfo") || !dom_is(value, NS_DS, "SignatureValue"))
        return REFUSE(trial, CHECK_COVERAGE,
                      "ds:Signature does not start with ds:SignedInfo, ds:SignatureValue");
    if (!read_rest(trial, dom_next(value), rules, &found))
        return false;
    if (!dom_holds_elements_only(node))
        return REFUSE(trial, CHECK_COVERAGE, "text stands between the elements of ds:Signature");
    if (!read_signed_info(trial, info, rules, &found) || !read_value(trial, value, &found))
        return false;
    *ret = found;
    return true;
}
