/* The judgement of detached signatures: a document that is a ds:Signature and nothing else, over
 * content given beside it, or one that signs an element standing beside it by its id. */
#include "base/text.h"
#include "wsse/document.h"
#include "wsse/judge.h"
#include "wsse/keyinfo.h"
#include "wsse/names.h"
#include "wsse/proof.h"
#include "wsse/xmlsig.h"

#include <ctype.h>

enum { COVERS_MAX = 256 };

/* ---- the content is outside ---- */

/* RFC 3986 section 3.1 */
static bool has_scheme(const char *uri)
{
    if (!isalpha((unsigned char)*uri))
        return false;
    while (isalnum((unsigned char)*uri) || (*uri && strchr("+-.", *uri)))
        uri++;
    return *uri == ':';
}

/* Nothing is ever fetched: the URI is a name that the two sides know the content by. */
static bool check_uri(struct trial *trial, const char *uri)
{
    const bool is_cid = uri && strncmp(uri, "cid:", 4) == 0 && uri[4];

    if (!uri)
        return true;
    if (!uri[0] || strchr(uri, '#'))
        return REFUSE(
            trial, CHECK_COVERAGE,
            "the ds:Reference URI \"%.100s\" means the signature's own document, in which "
            "there is nothing else",
            uri);
    if ((has_scheme(uri) && !is_cid) || strncmp(uri, "//", 2) == 0)
        return REFUSE(trial, CHECK_COVERAGE,
                      "the ds:Reference URI \"%.100s\" is neither a file name nor cid:", uri);
    return true;
}

/* None, or one that is a C14N. */
static bool check_transform(struct trial *trial, const struct reference *reference)
{
    if (reference->transform_count == 0 ||
        (reference->transform_count == 1 && policy_c14n(reference->transforms[0].uri)))
        return true;
    return REFUSE(trial, CHECK_COVERAGE,
                  "the ds:Transforms are neither absent nor one C14N, but begin with %.100s",
                  reference->transforms[0].uri);
}

static bool plan_common(struct trial *trial, const struct signature *signature, struct plan *ret)
{
    *ret = (struct plan){ .c14n = policy_c14n(signature->c14n.uri), .reference_count = 1 };
    if (!policy_algorithms(trial, signature, ret))
        return false;
    if (!ret->c14n)
        return REFUSE(trial, CHECK_COVERAGE,
                      "ds:CanonicalizationMethod is %.100s; C14N is demanded", signature->c14n.uri);
    return check_transform(trial, &signature->references[0]) && policy_prefixes(trial, signature);
}

static void say_outside(const struct signature *signature, struct slice content,
                        char dst[COVERS_MAX])
{
    const char *uri = signature->references[0].uri;
    const bool is_xml = signature->references[0].transform_count > 0;

    (void)text_format(dst, COVERS_MAX, "the given content, %zu bytes%s%s%.100s%s", content.len,
                      is_xml ? " read as XML" : "", uri ? ", which the signature calls \"" : "",
                      uri ? uri : "", uri ? "\"" : "");
}

static bool tell_coverage(struct trial *trial, const char *covers)
{
    report_set_covers(trial->report, "%s", covers);
    report_add(trial->report, CHECK_COVERAGE, OUTCOME_PASSED, "%s", covers);
    return true;
}

static bool judge_outside(struct trial *trial, xmlNode *node, const struct outside *outside)
{
    AUTO(cert_free) struct cert *cert = NULL;
    char covers[COVERS_MAX];
    struct signature signature;
    struct plan plan;

    if (!outside->content.at)
        return trial_fail(trial, ST_FORMAT, "a detached signature, and its content is not given");
    if (!signature_read(trial, node, SIGNATURE_DETACHED, &signature))
        return false;
    report_add(trial->report, CHECK_FORMAT, OUTCOME_PASSED, "detached XML signature");
    if (!plan_common(trial, &signature, &plan) || !check_uri(trial, signature.references[0].uri))
        return false;
    say_outside(&signature, outside->content, covers);
    plan.references[0].covers = covers;
    return keyinfo_find(trial, &signature, NULL, &cert) &&
           proof_verify_outside(trial, &plan, &signature, cert, outside) &&
           tell_coverage(trial, covers) && judge_signer(trial, &signature, cert);
}

/* ---- the content stands beside the signature ---- */

static bool find_lone_signature(struct trial *trial, const xmlNode *root, xmlNode **ret)
{
    const size_t total = dom_count(root, NS_DS, "Signature");

    *ret = dom_child(root, NS_DS, "Signature", NULL);
    if (total == 0)
        return trial_fail(trial, ST_UNSIGNED, "the document holds no ds:Signature");
    if (total > 1)
        return REFUSE(trial, CHECK_COVERAGE,
                      "%zu ds:Signature in the document; one with an element beside it is allowed",
                      total);
    if (!*ret)
        return REFUSE(trial, CHECK_COVERAGE,
                      "the ds:Signature is not a child of the document element");
    return true;
}

static bool find_target(struct trial *trial, const struct signature *signature, xmlAttr **ret_id)
{
    const xmlNode *node = signature->node;
    const char *uri = signature->references[0].uri;
    xmlAttr *id = NULL;

    if (!uri || uri[0] != '#' || !policy_is_simple_id(uri + 1))
        return REFUSE(trial, CHECK_COVERAGE,
                      "the ds:Reference URI \"%.100s\" is not a plain \"#id\"", uri ? uri : "");
    if (!policy_id(trial, node, uri + 1))
        return false;
    id = dom_find_id(node->doc, uri + 1);
    if (!id || id->parent == node || id->parent->parent != node->parent)
        return REFUSE(trial, CHECK_COVERAGE,
                      "the ds:Reference URI \"%.100s\" is not that of an element beside the "
                      "ds:Signature",
                      uri);
    *ret_id = id;
    return true;
}

/* Which element it is, and how much stands there that is not signed. */
static void say_beside(const xmlAttr *id, const char *uri, char dst[COVERS_MAX])
{
    const xmlNode *element = id->parent;
    unsigned place = 0;
    unsigned others = 0;

    for (const xmlNode *at = dom_first(element->parent); at; at = dom_next(at)) {
        others++;
        if (at == element)
            place = others;
    }
    others -= 2; /* itself and the signature */
    (void)text_format(dst, COVERS_MAX, "the element %.60s with the id \"%.60s\", child %u of %.60s",
                      (const char *)element->name, uri + 1, place,
                      (const char *)element->parent->name);
    if (others > 0)
        (void)text_format(dst + strlen(dst), COVERS_MAX - strlen(dst),
                          "; not signed: %u element%s beside it", others, others == 1 ? "" : "s");
}

static bool judge_beside(struct trial *trial, const xmlNode *root)
{
    AUTO(cert_free) struct cert *cert = NULL;
    char covers[COVERS_MAX];
    xmlNode *node = NULL;
    xmlAttr *id = NULL;
    struct signature signature;
    struct plan plan;

    if (!find_lone_signature(trial, root, &node) ||
        !signature_read(trial, node, SIGNATURE_DETACHED, &signature))
        return false;
    report_add(trial->report, CHECK_FORMAT, OUTCOME_PASSED,
               "XML document with a signature of an element beside it");
    if (!plan_common(trial, &signature, &plan) || !find_target(trial, &signature, &id))
        return false;
    if (signature.references[0].transform_count > 0)
        policy_allow(&plan, policy_c14n(signature.references[0].transforms[0].uri));
    say_beside(id, signature.references[0].uri, covers);
    plan.references[0].uri = signature.references[0].uri;
    plan.references[0].id = id;
    plan.references[0].covers = covers;
    return keyinfo_find(trial, &signature, NULL, &cert) &&
           proof_verify(trial, &plan, node, cert, NULL) && tell_coverage(trial, covers) &&
           judge_signer(trial, &signature, cert);
}

static bool judge_document(struct trial *trial, const xmlDoc *doc, const struct outside *outside)
{
    xmlNode *root = xmlDocGetRootElement(doc);

    if (dom_is(root, NS_DS, "Signature"))
        return judge_outside(trial, root, outside);
    if (outside->content.at)
        return trial_fail(trial, ST_FORMAT,
                          "content is given, but the document is no ds:Signature that could be "
                          "of it");
    return judge_beside(trial, root);
}

enum verdict xmlsig_judge_detached(const struct judge *judge, struct slice xml,
                                   struct slice content, const struct xml_limits *limits,
                                   struct report *report)
{
    struct trial trial = { .judge = judge, .report = report };
    const struct outside outside = { content, limits };
    AUTO(xmlFreeDoc) xmlDoc *doc = NULL;
    const bool is_whole = judge_parse(&trial, xml, limits, DOCUMENT_ALLOWS_PI, &doc) &&
                          judge_document(&trial, doc, &outside);
    const enum verdict verdict = trial_verdict(&trial, is_whole);

    trial_clear(&trial);
    return verdict;
}
