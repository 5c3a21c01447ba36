/* What exclusive C14N and the contract permit is accepted: real callers write their XML in many
 * ways (shep-contract.md section 4, peers.md section 4). */
#include "unit/wsse/fixture.h"
#include "wsse/names.h"

#define EC(list) "<ec:InclusiveNamespaces xmlns:ec=\"" NS_EC "\" PrefixList=\"" list "\"/>"
#define C14N(content)                                                                              \
    "<ds:CanonicalizationMethod Algorithm=\"" URI_EXC_C14N "\">" content                           \
    "</ds:CanonicalizationMethod>"
#define REFERENCE(content)                                                                         \
    "<ds:Reference URI=\"#" SOAP_BODY_ID                                                           \
    "\"><ds:Transforms><ds:Transform Algorithm=\"" URI_EXC_C14N "\">" content                      \
    "</ds:Transform></ds:Transforms><ds:DigestMethod "                                             \
    "Algorithm=\"@digest-method@\"/><ds:DigestValue>@digest@</ds:DigestValue></ds:Reference>"
#define TIMESTAMP                                                                                  \
    "<wsu:Timestamp " SOAP_WSU " wsu:Id=\"ts\"><wsu:Created>2026-11-22T08:59:00Z</wsu:Created>"    \
    "<wsu:Expires>2026-11-22T09:05:00Z</wsu:Expires></wsu:Timestamp>"
#define X509V3_TYPES " EncodingType=\"" URI_BASE64_BINARY "\" ValueType=\"" URI_X509V3 "\""
#define TOKEN(id)                                                                                  \
    "<wsse:BinarySecurityToken " SOAP_WSU " " id X509V3_TYPES ">@cert@</wsse:BinarySecurityToken>"
#define TOKEN_KEY_INFO SOAP_KEY_INFO("<wsse:Reference URI=\"#bst\" ValueType=\"" URI_X509V3 "\"/>")
#define SIGNED_TIMESTAMP SOAP_REFERENCE("#" SOAP_BODY_ID) SOAP_REFERENCE("#ts")

/* Signed so. */
static const struct {
    const char *name;
    struct soap_params params;
} made[] = {
    { "plain", { 0 } },
    { "an XML declaration", { .declaration = "<?xml version='1.0' encoding='utf-8'?>\n" } },
    { "a BOM", { .declaration = "\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"UTF-8\"?>" } },
    { "a comment before Envelope", { .declaration = "<!-- from WSS4J -->" } },
    { "standalone", { .declaration = "<?xml version=\"1.0\" standalone=\"no\"?>\r\n" } },
    { "PrefixList=soap on SignedInfo", { .c14n_method = C14N(EC("soap")) } },
    { "PrefixList of several",
      { .c14n_method = C14N(EC("soap wsse ds")), .references = REFERENCE(EC("soap wsu")) } },
    { "PrefixList empty", { .references = REFERENCE(EC("")) } },
    { "PrefixList with #default",
      { .references = REFERENCE(EC("#default xsi")),
        .envelope_attrs = " xmlns=\"urn:default\" xmlns:xsi=\"urn:xsi\"" } },
    { "PrefixList of an unused prefix",
      { .references = REFERENCE(EC("xs")), .envelope_attrs = " xmlns:xs=\"urn:xs\"" } },
    { "wsu on Envelope",
      { .envelope_attrs = " " SOAP_WSU, .body_attrs = "wsu:Id=\"" SOAP_BODY_ID "\"" } },
    { "wsu on Security and Body", { .security_attrs = " " SOAP_WSU " soap:mustUnderstand=\"1\"" } },
    { "Id without namespace", { .body_attrs = "Id=\"" SOAP_BODY_ID "\"" } },
    { "other attributes of Body",
      { .body_attrs = SOAP_WSU " b=\"2\" a=\"1\" wsu:Id=\"" SOAP_BODY_ID "\"" } },
    { "no mustUnderstand", { .security_attrs = "" } },
    { "actor next", { .security_attrs = " soap:actor=\"" SOAP_ACTOR_NEXT "\"" } },
    { "mustUnderstand=true", { .security_attrs = " soap:mustUnderstand=\"true\"" } },
    { "a Timestamp unsigned", { .after_signature = TIMESTAMP } },
    { "a Timestamp signed, last",
      { .after_signature = TIMESTAMP, .references = SIGNED_TIMESTAMP } },
    { "a Timestamp signed, first",
      { .before_signature = TIMESTAMP, .references = SIGNED_TIMESTAMP } },
    { "a Timestamp signed, its Reference first",
      { .before_signature = TIMESTAMP,
        .references = SOAP_REFERENCE("#ts") SOAP_REFERENCE("#" SOAP_BODY_ID) } },
    { "a token and a Reference to it",
      { .before_signature = TOKEN("wsu:Id=\"bst\""), .key_info = TOKEN_KEY_INFO } },
    { "a token behind the Signature",
      { .after_signature = TOKEN("wsu:Id=\"bst\""), .key_info = TOKEN_KEY_INFO } },
    { "token, Timestamp signed, all of WSS4J",
      { .before_signature = TOKEN("wsu:Id=\"bst\"") TIMESTAMP,
        .key_info = TOKEN_KEY_INFO,
        .references = SIGNED_TIMESTAMP } },
    { "X509Data in the token reference",
      { .key_info = SOAP_KEY_INFO("<ds:X509Data><ds:X509Certificate>@cert@</ds:X509Certificate>"
                                  "</ds:X509Data>") } },
    { "X509Data in KeyInfo",
      { .key_info = "<ds:KeyInfo><ds:KeyName>x</ds:KeyName><ds:X509Data><ds:X509Certificate>@cert@"
                    "</ds:X509Certificate></ds:X509Data></ds:KeyInfo>" } },
    { "the certificate with blanks",
      { .key_info = SOAP_KEY_INFO("<wsse:KeyIdentifier" X509V3_TYPES
                                  ">&#13;\n  @cert@ \t\r\n</wsse:KeyIdentifier>") } },
    { "no EncodingType",
      { .key_info = SOAP_KEY_INFO("<wsse:KeyIdentifier ValueType=\"" URI_X509V3
                                  "\">@cert@</wsse:KeyIdentifier>") } },
    { "types by their ends",
      { .key_info = SOAP_KEY_INFO("<wsse:KeyIdentifier ValueType=\"#X509v3\" "
                                  "EncodingType=\"#Base64Binary\">@cert@</wsse:KeyIdentifier>") } },
    { "SignatureValue on lines of its own", { .value = "\n@value@&#13;\n" } },
    { "line ends in SignedInfo", { .references = "\n" SOAP_REFERENCE("#" SOAP_BODY_ID) "\n" } },
    { "unknown headers",
      { .before_security = "<x xmlns=\"urn:x\"/>",
        .after_security = "<y xmlns=\"urn:y\" soap:mustUnderstand=\"0\"/>" } },
    { "a header for somebody else",
      { .before_security =
            "<x xmlns=\"urn:x\" soap:mustUnderstand=\"1\" soap:actor=\"urn:them\"/>" } },
    { "Security for somebody else too",
      { .before_security = "<w:Security xmlns:w=\"" NS_WSSE "\" soap:actor=\"urn:them\"/>" } },
    { "UsernameToken beside", { .after_signature = "<wsse:UsernameToken/>" } },
};

static bool is_accepted(const struct wsse *wsse, const char *name, const char *xml)
{
    struct verified *env = NULL;
    struct err err;

    if (wsse_verify(wsse, slice_str(xml), 0, &env, &err) != ST_OK) {
        print_message("%s: %s\n", name, err.text);
        return false;
    }
    verified_free(env);
    return true;
}

static void every_way_of_signing_is_accepted(void **state)
{
    unsigned failures = 0;

    (void)state;
    for (enum keys keys = 0; keys < KEYS_COUNT; keys++) {
        const struct wsse_params params = wsse_usual(keys);
        AUTO(wsse_free) struct wsse *wsse = wsse_make(&params);

        for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
            AUTO_FREE char *xml = soap_make(&made[i].params, pki_of(keys)->leaf.key);

            failures += !is_accepted(wsse, made[i].name, xml);
        }
    }
    assert_int_equal(failures, 0);
}

/* Changed on the way, by somebody who reads and writes XML; the first text becomes the second. */
static const struct {
    const char *name;
    const char *from;
    const char *to;
} changed[] = {
    { "line end between Header and Body", "</soap:Header>", "</soap:Header>\r\n\t" },
    { "line end before Security", "<wsse:Security ", "\n  <wsse:Security " },
    { "line end before Signature", "<ds:Signature ", "\n<ds:Signature " },
    { "line end before SignatureValue", "<ds:SignatureValue>", "\n\t<ds:SignatureValue>" },
    { "line end before KeyInfo", "<ds:KeyInfo>", "\n<ds:KeyInfo>\n" },
    { "comment in Header", "<wsse:Security ", "<!-- x --><wsse:Security " },
    { "comment in Envelope", "</soap:Header>", "</soap:Header><!-- x -->" },
    { "comment in Body", "<requestData>", "<requestData><!-- x -->" },
    { "comment inside a value of Body", "m-1", "m<!-- x -->-1" },
    { "CDATA in Body", "m-1", "<![CDATA[m-1]]>" },
    { "character reference in Body", "m-1", "m&#45;&#x31;" },
    { "blanks in SignatureValue", "<ds:SignatureValue>", "<ds:SignatureValue>\n &#13;\n" },
    { "blanks inside a tag of Body", "<requestInfo>", "<requestInfo  \n >" },
    { "blanks inside an end tag of Body", "</requestInfo>", "</requestInfo\t>" },
    { "an empty element as two tags", "<ds:CanonicalizationMethod Algorithm=\"" URI_EXC_C14N "\"/>",
      "<ds:CanonicalizationMethod Algorithm=\"" URI_EXC_C14N "\"></ds:CanonicalizationMethod>" },
    { "another form of an empty element of Body", "<p:payload xmlns:p=\"urn:p\">",
      "<p:payload  xmlns:p=\"urn:p\" >" },
    { "single quotes in Body", "xmlns:p=\"urn:p\"", "xmlns:p='urn:p'" },
    { "unused namespace on Envelope", "<soap:Envelope ", "<soap:Envelope xmlns:u=\"urn:u\" " },
    { "unused namespace on Body", "<soap:Body ", "<soap:Body xmlns:u=\"urn:u\" " },
    { "a namespace declared again", "<requestInfo>",
      "<requestInfo xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\">" },
    { "default namespace undeclared again", "<requestInfo>", "<requestInfo xmlns=\"\">" },
    { "attributes of Body in another order", SOAP_WSU " wsu:Id=\"" SOAP_BODY_ID "\"",
      "wsu:Id=\"" SOAP_BODY_ID "\" " SOAP_WSU },
    { "a header added", "<wsse:Security ", "<x xmlns=\"urn:x\">1</x><wsse:Security " },
    { "an unsigned Timestamp added, stale", "</wsse:Security>",
      "<wsu:Timestamp " SOAP_WSU "><wsu:Expires>2001-01-01T00:00:00Z</wsu:Expires></wsu:Timestamp>"
      "</wsse:Security>" },
    { "an XML declaration added", "<soap:Envelope ",
      "<?xml version=\"1.0\" encoding=\"US-ASCII\"?><soap:Envelope " },
    { "a line end at the end", "</soap:Envelope>", "</soap:Envelope>\n\n" },
    { "a comment at the end", "</soap:Envelope>", "</soap:Envelope><!-- x -->" },
};

static void every_permitted_change_is_accepted(void **state)
{
    const struct wsse_params params = wsse_usual(KEYS_RSA);
    AUTO(wsse_free) struct wsse *wsse = wsse_make(&params);
    AUTO_FREE char *good = soap_make(&(struct soap_params){ 0 }, rsa_key());
    AUTO(verified_free) struct verified *original = expect_verified(wsse, good);
    unsigned failures = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(changed) / sizeof(changed[0]); i++) {
        AUTO_FREE char *xml = NULL;
        AUTO(verified_free) struct verified *env = NULL;

        xml = soap_replace(good, changed[i].from, changed[i].to);
        if (!is_accepted(wsse, changed[i].name, xml)) {
            failures++;
            continue;
        }
        env = expect_verified(wsse, xml);
        if (!slice_eq(verified_body(env), verified_body(original)))
            fail_msg("%s: another Body", changed[i].name);
    }
    assert_int_equal(failures, 0);
}

/* The prefixes of Envelope and Header are the sender's; those of Body are signed. */
static void other_prefixes_outside_the_signed_parts_are_accepted(void **state)
{
    const struct wsse_params params = wsse_usual(KEYS_RSA);
    AUTO(wsse_free) struct wsse *wsse = wsse_make(&params);
    AUTO_FREE char *good = soap_make(&(struct soap_params){ 0 }, rsa_key());
    AUTO_FREE char *body = soap_cut(good, "<soap:Body", "</soap:Body>");
    AUTO_FREE char *security = soap_cut(good, "<wsse:Security ", "</wsse:Security>");
    AUTO_FREE char *bare = soap_replace(security, "soap:mustUnderstand", "S:mustUnderstand");
    AUTO_FREE char *xml =
        soap_join((const char *const[]){ "<S:Envelope xmlns:S=\"" NS_SOAP "\" xmlns:soap=\"" NS_SOAP
                                         "\"><H:Header xmlns:H=\"" NS_SOAP "\">",
                                         bare, "</H:Header>", body, "</S:Envelope>", NULL });

    (void)state;
    verified_free(expect_verified(wsse, xml));
}

static void text_is_what_callers_of_the_contract_send(void **state)
{
    const struct wsse_params params = wsse_usual(KEYS_RSA);
    AUTO(wsse_free) struct wsse *wsse = wsse_make(&params);
    AUTO_FREE char *xml = soap_make(
        &(struct soap_params){ .body = "<m xmlns='urn:m' b=\"\xD1\x82\"> \xF0\x9F\x98\x80 &gt;&amp;"
                                       "&#13;&#xA; \n<e a='&quot;&#9;'/></m>" },
        rsa_key());
    AUTO(verified_free) struct verified *env = expect_verified(wsse, xml);

    (void)state;
    assert_non_null(strstr(verified_body(env).at,
                           "<m xmlns=\"urn:m\" b=\"\xD1\x82\"> \xF0\x9F\x98\x80 &gt;&amp;&#xD;\n \n"
                           "<e a=\"&quot;&#x9;\"></e></m>"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_of_signing_is_accepted),
        cmocka_unit_test(every_permitted_change_is_accepted),
        cmocka_unit_test(other_prefixes_outside_the_signed_parts_are_accepted),
        cmocka_unit_test(text_is_what_callers_of_the_contract_send),
    };

    return cmocka_run_group_tests(tests, setup_wsse, teardown_wsse);
}
