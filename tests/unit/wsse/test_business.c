/* The signature inside the payload: which forms keep it, whose it must be, what its certificate
 * must be. */
#include "unit/wsse/author_scene.h"

#include "unit/crypto/responder.h"

#include <openssl/ocsp.h>

#define XSI " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""
#define SIGN_USAGE "critical,digitalSignature,nonRepudiation"

static const struct author_rule the_leaf = { .iin = IIN, .bin = BIN };

/* ---- what stands ---- */

static const struct {
    const char *name;
    const char *document; /* what the author signs */
    bool escaped;
    const char *before, *after; /* of it, in requestData */
    const char *moved;          /* a piece that the carrier moves from the document … */
    const char *c14n;           /* the payload for the decoder */
} forms[] = {
    { "an element", P, false, "<data>", "</data>", NULL, P },
    { "an element and blanks", P, false, "<data>\n  ", "\n</data>", NULL, P },
    { "an element typed", P, false, "<data" XSI " xsi:type=\"x:R\" xmlns:x=\"urn:x\">", "</data>",
      NULL, P },
    { "an element that declares more than it uses",
      "<p:r xmlns:p=\"urn:p\"" XSI " xmlns:u=\"urn:u\"><v>1</v></p:r>", false, "<data>", "</data>",
      NULL, P },
    { "an element whose prefix its carrier declared outside", P, false, "<data xmlns:p=\"urn:p\">",
      "</data>", " xmlns:p=\"urn:p\"", P },
    { "an element in the default namespace", "<r xmlns=\"urn:p\"><v>1</v></r>", false, "<data>",
      "</data>", NULL, "<r xmlns=\"urn:p\"><v>1</v></r>" },
    { "an element of no namespace where another is the default", "<r><v>1</v></r>", false,
      "<data xmlns:d=\"urn:d\">", "</data>", NULL, "<r><v>1</v></r>" },
    { "text", P, true, "<data>", "</data>", NULL, P },
    { "text of xs:string", P, true, "<data" XSI " xsi:type=\"xs:string\">", "</data>", NULL, P },
    { "text that declares more than it uses",
      "<p:r xmlns:p=\"urn:p\" xmlns:u=\"urn:u\"><v>1</v></p:r>", true, "<data>", "</data>", NULL,
      P },
    { "text of .NET", P, true, "<data>&lt;?xml version=\"1.0\" encoding=\"utf-16\"?>&#13;\n",
      "</data>", NULL, P },
    { "text with a BOM and blanks", P, true, "<data>\n\xEF\xBB\xBF ", "\n</data>", NULL, P },
    { "text with a comment", "<p:r xmlns:p=\"urn:p\"><!-- x --><v>1</v></p:r>", true, "<data>",
      "</data>", NULL, P },
    { "CDATA", P, false, "<data><![CDATA[", "]]></data>", NULL, P },
    { "entities, a CR and letters", "<p:r xmlns:p=\"urn:p\"><v>Ә &amp; &lt;&#13;</v></p:r>", true,
      "<data>", "</data>", NULL, "<p:r xmlns:p=\"urn:p\"><v>Ә &amp; &lt;&#xD;</v></p:r>" },
};

static void check_form(size_t i, enum keys keys)
{
    AUTO_FREE char *as_signed = author_sign(forms[i].document, pki_of(keys)->leaf.key);
    AUTO_FREE char *moved =
        forms[i].moved ? soap_replace(as_signed, forms[i].moved, "") : strdup(as_signed);
    AUTO_FREE char *data = forms[i].escaped ? author_escape(moved) : strdup(moved);
    AUTO(verified_free)
    struct verified *env = author_receive_between(forms[i].before, data, forms[i].after);
    struct signer author = { 0 };
    struct payload payload;
    struct err err;

    if (author_judge(env, &the_leaf, &author, &err) != ST_OK)
        fail_msg("%s, %s: %s", forms[i].name, algorithm_name(key_algorithm(pki_of(keys)->leaf.key)),
                 err.text);
    assert_string_equal(author.iin, IIN);
    assert_memory_equal(author.sha256, cert_signer(pki_of(keys)->leaf.cert)->sha256, 32);
    /* the decoder gets the payload without the signature, as if there were none */
    assert_ok(verified_payload(env, &payload, &err), &err);
    if (!slice_eq_str(payload.c14n, forms[i].c14n))
        fail_msg("%s: %s", forms[i].name, payload.c14n.at);
}

static void an_author_is_known_in_every_form_and_algorithm(void **state) /* req 0.30, 0.31 */
{
    (void)state;
    for (enum keys keys = 0; keys < KEYS_COUNT; keys++)
        for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
            check_form(i, keys);
}

static void a_payload_without_signature_has_no_author(void **state)
{
    static const char *const datas[] = { "",
                                         "<data/>",
                                         "<data><p:r xmlns:p=\"urn:p\"/></data>",
                                         "<data>&lt;a/></data>",
                                         "<data>no xml</data>",
                                         "<data><a/><b/></data>" };

    (void)state;
    for (size_t i = 0; i < sizeof(datas) / sizeof(datas[0]); i++) {
        AUTO(verified_free) struct verified *env = author_receive_between(datas[i], "", "");
        struct signer author;
        struct err err;

        author_expect_refused(datas[i], author_judge(env, &anyone, &author, &err), &err,
                              ST_NOT_FOUND, "no sign");
    }
}

/* ---- whose it is ---- */

static void the_author_must_be_the_rules(void **state) /* req 0.16, 0.17 */
{
    static const struct {
        const char *name;
        struct author_rule rule;
        bool is_author;
    } cases[] = {
        { "by BIN", { "", BIN, false }, true },
        { "by IIN", { IIN, "", false }, true },
        { "by both", { IIN, BIN, false }, true },
        { "anyone", { "", "", true }, true },
        { "another BIN", { "", "999999999999", false }, false },
        { "another IIN", { "999999999999", "", false }, false },
        { "the IIN, but another BIN", { IIN, "999999999999", false }, false },
        { "a rule that names nobody", { "", "", false }, false },
    };
    AUTO_FREE char *good = author_sign(P, rsa_key());
    AUTO(verified_free) struct verified *env = author_receive(good);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct signer author;
        struct err err = { 0 };
        const enum status got = author_judge(env, &cases[i].rule, &author, &err);

        if (cases[i].is_author)
            assert_ok(got, &err);
        else
            author_expect_refused(cases[i].name, got, &err, ST_AUTHOR_FORGED, "somebody else");
    }
}

/* ---- several people sign, one over the other ---- */

static const struct author_rule stranger = { .iin = "111111111111", .bin = "" };

enum person { SELF, CITIZEN, LATE };

static const struct {
    const char *name;
    enum person people[2];
    const struct author_rule *rule;
    char *(*change)(const char *xml);
    enum status want;
    const char *words;
} together[] = {
    { "the author first", { SELF, CITIZEN }, &the_leaf, NULL, ST_OK, "" },
    { "the author last", { CITIZEN, SELF }, &the_leaf, NULL, ST_OK, "" },
    { "neither", { CITIZEN, SELF }, &stranger, NULL, ST_AUTHOR_FORGED, "somebody else" },
    { "the other's has run out", { SELF, LATE }, &the_leaf, NULL, ST_AUTHOR_STALE, "dates" },
    { "changed afterwards",
      { SELF, CITIZEN },
      &the_leaf,
      author_tampered,
      ST_AUTHOR_FORGED,
      "digest" },
};

static void check_together(size_t i, const struct key *first, const struct key *second)
{
    AUTO_FREE char *once = author_sign(P, first);
    AUTO_FREE char *twice = author_sign(once, second);
    AUTO_FREE char *sent = together[i].change ? together[i].change(twice) : strdup(twice);
    AUTO(verified_free) struct verified *env = author_receive(sent);
    struct signer author = { 0 };
    struct payload payload;
    struct err err = { 0 };
    const enum status got = author_judge(env, together[i].rule, &author, &err);

    if (together[i].want != ST_OK) {
        author_expect_refused(together[i].name, got, &err, together[i].want, together[i].words);
        return;
    }
    assert_ok(got, &err);
    assert_string_equal(author.iin, IIN);
    assert_ok(verified_payload(env, &payload, &err), &err);
    assert_true(slice_eq_str(payload.c14n, P));
}

static void one_of_several_is_the_author(void **state) /* req 0.30 */
{
    const struct made *issuer = &pki_of(KEYS_RSA)->ca;
    struct made citizen = made_new(
        &(struct made_params){
            .cn = "ГРАЖДАНИН", .iin = "987654321098", .key_type = "RSA", .usage = SIGN_USAGE },
        issuer);
    struct made late = made_new(&(struct made_params){ .cn = "ПОЗДНИЙ",
                                                       .key_type = "RSA",
                                                       .usage = SIGN_USAGE,
                                                       .from_ms = NOW_MS - 9LL * DAY_MS,
                                                       .to_ms = NOW_MS - DAY_MS },
                                issuer);
    const struct key *keys[] = { [SELF] = rsa_key(), [CITIZEN] = citizen.key, [LATE] = late.key };

    (void)state;
    for (size_t i = 0; i < sizeof(together) / sizeof(together[0]); i++)
        check_together(i, keys[together[i].people[0]], keys[together[i].people[1]]);
    made_free(&citizen);
    made_free(&late);
}

static const struct {
    const char *name;
    struct made_params params;
    enum status want;
    const char *words;
} authors[] = {
    { "expired",
      { .usage = SIGN_USAGE, .from_ms = NOW_MS - 9LL * DAY_MS, .to_ms = NOW_MS - 2LL * DAY_MS },
      ST_AUTHOR_STALE,
      "dates" },
    { "not yet valid",
      { .usage = SIGN_USAGE, .from_ms = NOW_MS + 2LL * DAY_MS },
      ST_AUTHOR_STALE,
      "dates" },
    { "for authentication",
      { .usage = "critical,digitalSignature,keyEncipherment" },
      ST_AUTHOR_FORGED,
      "keyUsage" },
    { "for transport alone",
      { .usage = "critical,digitalSignature" },
      ST_AUTHOR_FORGED,
      "keyUsage" },
};

static void a_certificate_is_for_signing_and_in_its_dates(void **state) /* req 0.18, 0.26 */
{
    (void)state;
    for (size_t i = 0; i < sizeof(authors) / sizeof(authors[0]); i++) {
        struct made_params params = authors[i].params;
        struct signer author;
        struct err err = { 0 };

        params.cn = "АВТОР";
        params.iin = IIN;
        params.key_type = "RSA";
        struct made made = made_new(&params, &pki_of(KEYS_RSA)->ca);
        AUTO_FREE char *payload = author_sign(P, made.key);
        AUTO(verified_free) struct verified *env = author_receive(payload);
        author_expect_refused(authors[i].name, author_judge(env, &anyone, &author, &err), &err,
                              authors[i].want, authors[i].words);
        made_free(&made);
    }
}

static void a_pinned_gateway_is_no_author(void **state)
{
    struct made gateway = made_new(
        &(struct made_params){
            .cn = "ШЭП", .key_type = "RSA", .issuer_cn = "НУЦ", .bin = BIN, .usage = SIGN_USAGE },
        NULL);
    struct pin pin = { "gateway", gateway.cert };
    struct wsse_params params = wsse_usual(KEYS_RSA);
    AUTO_FREE char *payload = author_sign(P, gateway.key);
    AUTO(verified_free) struct verified *env = author_receive(payload);
    struct signer author;
    struct err err = { 0 };

    (void)state;
    params.pins = &pin;
    params.pin_count = 1;
    author_expect_refused("pin", author_judge_with(&params, env, &anyone, &author, &err), &err,
                          ST_AUTHOR_STALE, "path");
    made_free(&gateway);
}

static void an_algorithm_off_the_business_list_is_refused(void **state) /* C-28 */
{
    AUTO_FREE char *payload = author_sign(P, rsa_key());
    AUTO(verified_free) struct verified *env = author_receive(payload);
    struct wsse_params params = wsse_usual(KEYS_RSA);
    struct signer author;
    struct err err = { 0 };

    (void)state;
    params.business_algorithms = ALG_GOST;
    author_expect_refused("RSA", author_judge_with(&params, env, &anyone, &author, &err), &err,
                          ST_AUTHOR_FORGED, "algorithm");
    params.algorithms = ALG_GOST; /* the transport's list is another */
    params.business_algorithms = ALG_DEFAULT;
    assert_ok(author_judge_with(&params, env, &anyone, &author, &err), &err);
}

static void a_revoked_author_is_stale_and_an_unknown_one_waits(void **state) /* req 0.22 */
{
    struct responder responder = { .pki = pki_of(KEYS_RSA),
                                   .status = V_OCSP_CERTSTATUS_REVOKED,
                                   .revoked_ms = NOW_MS - DAY_MS };
    const struct trust_io io = responder_io(&responder);
    struct wsse_params params = wsse_usual(KEYS_RSA);
    AUTO_FREE char *payload = author_sign(P, rsa_key());
    AUTO(verified_free) struct verified *env = author_receive(payload);
    struct signer author;
    struct err err = { 0 };

    (void)state;
    params.revocation = REVOCATION_OCSP;
    params.io = &io;
    author_expect_refused("revoked", author_judge_with(&params, env, &anyone, &author, &err), &err,
                          ST_AUTHOR_STALE, "revocation");
    responder.unreachable = true;
    author_expect_refused("unknown", author_judge_with(&params, env, &anyone, &author, &err), &err,
                          ST_UNAVAILABLE, "revocation");
    params.unknown = UNKNOWN_ACCEPT; /* the transport's policy is another */
    author_expect_refused("unknown", author_judge_with(&params, env, &anyone, &author, &err), &err,
                          ST_UNAVAILABLE, "revocation");
    params.business_unknown = UNKNOWN_ACCEPT;
    assert_ok(author_judge_with(&params, env, &anyone, &author, &err), &err);
    assert_non_null(strstr(author.unknown, "cannot be learnt of the signer's certificate"));
    responder.unreachable = false;
    responder.status = V_OCSP_CERTSTATUS_GOOD;
    assert_ok(author_judge_with(&params, env, &anyone, &author, &err), &err);
    assert_string_equal(author.unknown, "");
    responder_clear(&responder);
}

/* An author must not vanish because the carrier's revocation is not known. */
static void an_unknown_carrier_hides_no_author(void **state)
{
    static const struct {
        const char *before, *after;
        bool escaped;
    } rows[] = { { "<data>", "</data>", false }, { "<data>", "</data>", true } };
    struct responder responder = { .pki = pki_of(KEYS_RSA), .unreachable = true };
    const struct trust_io io = responder_io(&responder);
    AUTO_FREE char *signed_by_author = author_sign(P, rsa_key());
    AUTO_FREE char *escaped = author_escape(signed_by_author);

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct wsse_params params = wsse_usual(KEYS_RSA);
        AUTO_FREE char *whole = soap_join((const char *const[]){
            rows[i].before, rows[i].escaped ? escaped : signed_by_author, rows[i].after, NULL });
        AUTO_FREE char *body = soap_message(whole);
        AUTO_FREE char *xml = soap_make(&(struct soap_params){ .body = body }, rsa_key());
        struct signer author;
        struct err err;

        params.revocation = REVOCATION_OCSP;
        params.io = &io;
        params.unknown = UNKNOWN_ACCEPT;
        AUTO(wsse_free) struct wsse *wsse = wsse_make(&params);
        AUTO(verified_free) struct verified *env = expect_verified(wsse, xml);
        assert_string_not_equal(verified_signer(env)->unknown, "");
        assert_ok(author_judge(env, &anyone, &author, &err), &err);
        params.business_algorithms = ALG_GOST; /* and a wrong one is seen to be wrong */
        author_expect_refused("RSA", author_judge_with(&params, env, &anyone, &author, &err), &err,
                              ST_AUTHOR_FORGED, "algorithm");
    }
    responder_clear(&responder);
}

/* ---- ours ---- */

static void our_payload_is_signed_and_judged_like_anybodys(void **state) /* req 0.29 */
{
    (void)state;
    for (enum keys keys = 0; keys < KEYS_COUNT; keys++) {
        const struct wsse_params params = wsse_usual(keys);
        AUTO(wsse_free) struct wsse *wsse = wsse_make(&params);
        AUTO(bytes_free) struct bytes *out = NULL;
        struct signer author;
        struct err err;

        assert_ok(wsse_sign_payload(wsse, SLICE(P), &out, &err), &err);
        AUTO(verified_free) struct verified *env = author_receive(out->at);
        assert_ok(author_judge(env, &the_leaf, &author, &err), &err);
    }
}

static void what_cannot_be_signed_is_our_own_fault(void **state)
{
    struct wsse_params params = wsse_usual(KEYS_RSA);
    AUTO(wsse_free) struct wsse *wsse = wsse_make(&params);
    AUTO_FREE char *already = author_sign(P, rsa_key());
    AUTO_FREE char *deep = author_signature_moved_down(already);
    AUTO(bytes_free) struct bytes *out = NULL;
    struct err err;

    (void)state;
    assert_int_equal(wsse_sign_payload(wsse, slice_str(deep), &out, &err), ST_INTERNAL);
    assert_int_equal(wsse_sign_payload(wsse, SLICE("no xml"), &out, &err), ST_INTERNAL);
    params.key = NULL;
    AUTO(wsse_free) struct wsse *without = wsse_make(&params);
    assert_int_equal(wsse_sign_payload(without, SLICE(P), &out, &err), ST_INTERNAL);
    assert_null(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_author_is_known_in_every_form_and_algorithm),
        cmocka_unit_test(a_payload_without_signature_has_no_author),
        cmocka_unit_test(the_author_must_be_the_rules),
        cmocka_unit_test(one_of_several_is_the_author),
        cmocka_unit_test(a_certificate_is_for_signing_and_in_its_dates),
        cmocka_unit_test(a_pinned_gateway_is_no_author),
        cmocka_unit_test(an_algorithm_off_the_business_list_is_refused),
        cmocka_unit_test(a_revoked_author_is_stale_and_an_unknown_one_waits),
        cmocka_unit_test(an_unknown_carrier_hides_no_author),
        cmocka_unit_test(our_payload_is_signed_and_judged_like_anybodys),
        cmocka_unit_test(what_cannot_be_signed_is_our_own_fault),
    };

    return cmocka_run_group_tests(tests, setup_wsse, teardown_wsse);
}
