/* Attacks that move the signed Body: XSW 1 to 8 of «On Breaking SAML» (Somorovsky and others, 2012)
 * and McIntosh and Austel's (2005), made for soap:Body. The evil Body is the one a naive reader
 * takes; the signature is right and its Reference finds the good one. */
#include "unit/wsse/corpus.h"
#include "unit/wsse/soap_maker.h"

#include <stdlib.h>
#include <string.h>

#define EVIL_CONTENT                                                                               \
    "<t:SendMessage xmlns:t=\"http://bip.bee.kz/SyncChannel/v10/Types\"><request><requestInfo>"    \
    "<messageId>evil</messageId></requestInfo><requestData><data/></requestData></request>"        \
    "</t:SendMessage>"
#define EVIL "<soap:Body>" EVIL_CONTENT "</soap:Body>"
#define EVIL_OTHER_ID "<soap:Body " SOAP_WSU " wsu:Id=\"evil\">" EVIL_CONTENT "</soap:Body>"
#define EVIL_SAME_ID                                                                               \
    "<soap:Body " SOAP_WSU " wsu:Id=\"" SOAP_BODY_ID "\">" EVIL_CONTENT "</soap:Body>"

#define BODY_START "<soap:Body"
#define BODY_END "</soap:Body>"

static char *signed_body(const char *good)
{
    return soap_cut(good, BODY_START, BODY_END);
}

/* The good Body goes in front of `mark`, between open and close; `evil` stands in its place. */
static char *move_body(const char *good, const char *evil, const char *mark, const char *open,
                       const char *close)
{
    char *body = signed_body(good);
    char *without = soap_replace(good, body, evil);
    char *moved = soap_join((const char *const[]){ open, body, close, mark, NULL });
    char *whole = soap_replace(without, mark, moved);

    free(moved);
    free(without);
    free(body);
    return whole;
}

static char *into_header(const char *good, const struct key *key)
{
    (void)key;
    return move_body(good, EVIL, "</soap:Header>", "<wrap>", "</wrap>");
}

static char *into_header_bare(const char *good, const struct key *key)
{
    (void)key;
    return move_body(good, EVIL, "</soap:Header>", "", "");
}

static char *into_header_other_id(const char *good, const struct key *key)
{
    (void)key;
    return move_body(good, EVIL_OTHER_ID, "</soap:Header>", "<wrap>", "</wrap>");
}

static char *into_header_same_id(const char *good, const struct key *key)
{
    (void)key;
    return move_body(good, EVIL_SAME_ID, "</soap:Header>", "<wrap>", "</wrap>");
}

static char *into_security(const char *good, const struct key *key)
{
    (void)key;
    return move_body(good, EVIL, "</wsse:Security>", "<wrap>", "</wrap>");
}

static char *into_security_first(const char *good, const struct key *key)
{
    (void)key;
    return move_body(good, EVIL, "<ds:Signature ", "", "");
}

static char *into_object(const char *good, const struct key *key)
{
    (void)key;
    return move_body(good, EVIL, "</ds:Signature>", "<ds:Object>", "</ds:Object>");
}

static char *into_object_same_id(const char *good, const struct key *key)
{
    (void)key;
    return move_body(good, EVIL_SAME_ID, "</ds:Signature>", "<ds:Object>", "</ds:Object>");
}

static char *into_key_info(const char *good, const struct key *key)
{
    (void)key;
    return move_body(good, EVIL, "</ds:KeyInfo>", "<wrap>", "</wrap>");
}

static char *into_token_reference(const char *good, const struct key *key)
{
    (void)key;
    return move_body(good, EVIL, "</wsse:SecurityTokenReference>", "", "");
}

static char *before_evil(const char *good, const struct key *key)
{
    (void)key;
    return soap_replace(good, "</soap:Envelope>", EVIL "</soap:Envelope>");
}

static char *behind_evil(const char *good, const struct key *key)
{
    (void)key;
    return soap_replace(good, "</soap:Header>", "</soap:Header>" EVIL);
}

static char *behind_evil_same_id(const char *good, const struct key *key)
{
    (void)key;
    return soap_replace(good, "</soap:Header>", "</soap:Header>" EVIL_SAME_ID);
}

static char *inside_evil(const char *good, const struct key *key)
{
    (void)key;
    return move_body(good, "<soap:Body>" EVIL_CONTENT "<!-- here --></soap:Body>", "<!-- here -->",
                     "", "");
}

static char *inside_evil_data(const char *good, const struct key *key)
{
    char *xml =
        move_body(good, "<soap:Body>" EVIL_CONTENT "</soap:Body>", "<data/>", "<data>", "</data>");

    (void)key;
    return xml;
}

static char *inside_evil_same_id(const char *good, const struct key *key)
{
    (void)key;
    return move_body(good, EVIL_SAME_ID, "</requestData>", "", "");
}

static char *wrapped_before(const char *good, const struct key *key)
{
    (void)key;
    return move_body(good, "<!-- here -->" EVIL, "<!-- here -->", "<wrap>", "</wrap>");
}

static char *wrapped_behind(const char *good, const struct key *key)
{
    (void)key;
    return move_body(good, EVIL "<!-- here -->", "<!-- here -->", "<wrap>", "</wrap>");
}

static char *second_header(const char *good, const struct key *key)
{
    (void)key;
    return move_body(good, EVIL, "<soap:Header>", "<soap:Header>", "</soap:Header>");
}

static char *whole_inside(const char *good, const struct key *key)
{
    static const char evil_body[] = "<soap:Body>" EVIL_CONTENT;
    char *header = soap_cut(good, "<soap:Header>", "</soap:Header>");
    char *whole = soap_join((const char *const[]){
        "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\">", header,
        evil_body, good, "</soap:Body></soap:Envelope>", NULL });

    (void)key;
    free(header);
    return whole;
}

static char *envelope_in_header(const char *good, const struct key *key)
{
    char *whole = soap_join((const char *const[]){
        "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Header>",
        good, "</soap:Header>" EVIL "</soap:Envelope>", NULL });

    (void)key;
    return whole;
}

/* The Signature is copied out: there are two, one of which means the good Body. */
static char *signature_twice(const char *good, const struct key *key)
{
    char *signature = soap_cut(good, "<ds:Signature ", "</ds:Signature>");
    char *twice = soap_replace(good, "</wsse:Security>", "<!-- here --></wsse:Security>");
    char *whole = soap_replace(twice, "<!-- here -->", signature);

    (void)key;
    free(twice);
    free(signature);
    return whole;
}

static char *security_twice(const char *good, const struct key *key)
{
    char *security = soap_cut(good, "<wsse:Security ", "</wsse:Security>");
    char *twice = soap_replace(good, "</soap:Header>", "<!-- here --></soap:Header>");
    char *whole = soap_replace(twice, "<!-- here -->", security);

    (void)key;
    free(twice);
    free(security);
    return whole;
}

static char *body_in_header_only(const char *good, const struct key *key)
{
    (void)key;
    return move_body(good, "", "</soap:Header>", "", "");
}

static char *body_of_soap12(const char *good, const struct key *key)
{
    (void)key;
    return move_body(good,
                     "<e:Body xmlns:e=\"http://www.w3.org/2003/05/soap-envelope\">" EVIL_CONTENT
                     "</e:Body>",
                     "</soap:Header>", "<wrap>", "</wrap>");
}

static char *id_in_payload(const char *good, const struct key *key)
{
    (void)key;
    return soap_replace(good, "</soap:Header>",
                        "<x id=\"" SOAP_BODY_ID "\" xmlns=\"urn:x\"/></soap:Header>");
}

static char *xml_id_elsewhere(const char *good, const struct key *key)
{
    (void)key;
    return soap_replace(good, "<wsse:Security ", "<x xml:id=\"" SOAP_BODY_ID "\"/><wsse:Security ");
}

static char *upper_id_elsewhere(const char *good, const struct key *key)
{
    (void)key;
    return soap_replace(good, "</wsse:Security>", "<x ID=\"" SOAP_BODY_ID "\"/></wsse:Security>");
}

static char *edited(const char *good, const struct key *key)
{
    (void)key;
    return soap_replace(good, "m-1", "m-2");
}

static char *element_added(const char *good, const struct key *key)
{
    (void)key;
    return soap_replace(good, "</requestInfo>", "<routeId>x</routeId></requestInfo>");
}

static char *namespace_changed(const char *good, const struct key *key)
{
    (void)key;
    return soap_replace(good, "urn:p", "urn:q");
}

static char *second_envelope(const char *good, const struct key *key)
{
    (void)key;
    return soap_join((const char *const[]){ good, good, NULL });
}

const struct attack wrapping_attacks[] = {
    { "good Body wrapped in Header", ST_FORGED, "not that of soap:Body", into_header },
    { "good Body bare in Header", ST_FORGED, "not that of soap:Body", into_header_bare },
    { "good Body in Header, evil with another id", ST_FORGED, "not that of soap:Body",
      into_header_other_id },
    { "good Body in Header, evil with the same id", ST_FORGED, "stands 2 times",
      into_header_same_id },
    { "good Body in Security", ST_FORGED, "not that of soap:Body", into_security },
    { "good Body in Security before Signature", ST_FORGED, "not that of soap:Body",
      into_security_first },
    { "good Body in ds:Object", ST_FORGED, "ds:Signature holds Object", into_object },
    { "good Body in ds:Object, same id", ST_FORGED, "ds:Signature holds Object",
      into_object_same_id },
    { "good Body in KeyInfo", ST_FORGED, "not that of soap:Body", into_key_info },
    { "good Body in SecurityTokenReference", ST_FORGED, "not that of soap:Body",
      into_token_reference },
    { "evil Body behind the good one", ST_FORMAT, "more than one soap:Body", before_evil },
    { "evil Body before the good one", ST_FORMAT, "more than one soap:Body", behind_evil },
    { "evil Body with the same id first", ST_FORMAT, "more than one soap:Body",
      behind_evil_same_id },
    { "good Body inside the evil one", ST_FORGED, "not that of soap:Body", inside_evil },
    { "good Body inside the evil data", ST_FORGED, "not that of soap:Body", inside_evil_data },
    { "good Body inside the evil one of the same id", ST_FORGED, "stands 2 times",
      inside_evil_same_id },
    { "good Body wrapped before the evil one", ST_FORMAT, "no soap:Body behind", wrapped_before },
    { "good Body wrapped behind the evil one", ST_FORMAT, "more than soap:Header and soap:Body",
      wrapped_behind },
    { "good Body in another Header", ST_FORMAT, "no soap:Body behind", second_header },
    { "good Envelope inside the evil Body", ST_FORGED, "not that of soap:Body", whole_inside },
    { "good Envelope inside the evil Header", ST_UNSIGNED, "elsewhere does not count",
      envelope_in_header },
    { "Signature twice", ST_FORGED, "2 ds:Signature in wsse:Security", signature_twice },
    { "Security twice", ST_FORGED, "2 wsse:Security headers", security_twice },
    { "Body in Header only", ST_FORMAT, "no soap:Body behind", body_in_header_only },
    { "evil Body of SOAP 1.2", ST_FORMAT, "no soap:Body behind", body_of_soap12 },
    { "the id on another header too", ST_FORGED, "stands 2 times", id_in_payload },
    { "xml:id elsewhere", ST_FORGED, "stands 2 times", xml_id_elsewhere },
    { "ID elsewhere", ST_FORGED, "stands 2 times", upper_id_elsewhere },
    { "Body edited", ST_FORGED, "soap:Body was changed after signing", edited },
    { "element added to Body", ST_FORGED, "soap:Body was changed after signing", element_added },
    { "namespace in Body changed", ST_FORGED, "soap:Body was changed after signing",
      namespace_changed },
    { "two envelopes", ST_FORMAT, "not well-formed", second_envelope },
};
const size_t wrapping_attack_count = sizeof(wrapping_attacks) / sizeof(wrapping_attacks[0]);
