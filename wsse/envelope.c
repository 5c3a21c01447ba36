/* The parts of a SOAP 1.1 envelope with WS-Security, found by namespace and position alone. */
#include "wsse/envelope.h"

#include "wsse/names.h"

static bool format_fault(struct trial *trial, const char *text)
{
    return trial_fail(trial, ST_FORMAT, text);
}

bool envelope_open(struct trial *trial, const xmlDoc *doc, struct envelope *ret)
{
    const xmlNode *root = xmlDocGetRootElement(doc);
    struct envelope found = { 0 };
    xmlNode *at = NULL;

    if (!dom_is(root, NS_SOAP, "Envelope"))
        return format_fault(trial, "the root element is not a SOAP 1.1 Envelope");
    if (!dom_holds_elements_only(root))
        return format_fault(trial, "text stands in soap:Envelope");
    at = dom_first(root);
    if (dom_is(at, NS_SOAP, "Header")) {
        found.header = at;
        at = dom_next(at);
    }
    if (!dom_is(at, NS_SOAP, "Body"))
        return format_fault(trial, "soap:Envelope holds no soap:Body behind its soap:Header");
    found.body = at;
    at = dom_next(at);
    if (dom_is(at, NS_SOAP, "Body"))
        return format_fault(trial, "soap:Envelope holds more than one soap:Body");
    if (at)
        return format_fault(trial, "soap:Envelope holds more than soap:Header and soap:Body");
    *ret = found;
    return true;
}

/* SOAP 1.1 section 4.2.2: without an actor the header is for the one who answers. */
static bool is_for_us(const xmlNode *header)
{
    const char *actor = dom_attr(header, NS_SOAP, "actor");

    return !actor || !*actor || strcmp(actor, SOAP_ACTOR_NEXT) == 0;
}

static bool find_security(struct trial *trial, struct envelope *envelope)
{
    unsigned count = 0;

    for (xmlNode *at = dom_first(envelope->header); at; at = dom_next(at)) {
        if (!dom_is(at, NS_WSSE, "Security") || !is_for_us(at))
            continue;
        envelope->security = at;
        count++;
    }
    if (count > 1)
        return REFUSE(trial, CHECK_COVERAGE, "%u wsse:Security headers for us, one is allowed",
                      count);
    return true;
}

/* Why there is no signature, for the one who has to mend it. */
static const char *unsigned_reason(const struct envelope *envelope)
{
    const xmlNode *root = envelope->body->parent;

    if (dom_count(root, NS_DS, "Signature") > 0)
        return "no signature in the wsse:Security header: a ds:Signature elsewhere does not count";
    if (!envelope->security)
        return "no signature: there is no wsse:Security header for us";
    return "no signature: wsse:Security holds no ds:Signature";
}

bool envelope_find_signature(struct trial *trial, struct envelope *envelope)
{
    unsigned children = 0;
    unsigned timestamps = 0;
    size_t all = 0;

    if (!find_security(trial, envelope))
        return false;
    all = envelope->security ? dom_count(envelope->security, NS_DS, "Signature") : 0;
    if (all == 0)
        return trial_fail(trial, ST_UNSIGNED, unsigned_reason(envelope));
    envelope->signature = dom_child(envelope->security, NS_DS, "Signature", &children);
    if (children == 0)
        return REFUSE(trial, CHECK_COVERAGE, "the ds:Signature is not a child of wsse:Security");
    if (all != 1)
        return REFUSE(trial, CHECK_COVERAGE, "%zu ds:Signature in wsse:Security, one is allowed",
                      all);
    envelope->timestamp = dom_child(envelope->security, NS_WSU, "Timestamp", &timestamps);
    if (timestamps > 1)
        return REFUSE(trial, CHECK_COVERAGE, "%u wsu:Timestamp in wsse:Security, one is allowed",
                      timestamps);
    return true;
}

static bool is_demanding(const xmlNode *header)
{
    const char *must = dom_attr(header, NS_SOAP, "mustUnderstand");

    return must && (strcmp(must, "1") == 0 || strcmp(must, "true") == 0) && is_for_us(header);
}

bool envelope_understands(struct trial *trial, const struct envelope *envelope)
{
    for (const xmlNode *at = dom_first(envelope->header); at; at = dom_next(at)) {
        if (!is_demanding(at) || dom_is(at, NS_WSSE, "Security"))
            continue;
        trial->status = ST_FORMAT;
        return REFUSE(trial, CHECK_FORMAT,
                      "the header %.60s must be understood and is not known here",
                      (const char *)at->name);
    }
    return true;
}
