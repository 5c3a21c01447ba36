/* Seeds of signed XML and of formats in JSON. */
#include "make_seeds.h"

#include "crypto/bytes_judge.h"
#include "crypto/cms.h"
#include "crypto/encode.h"
#include "crypto/jws.h"
#include "mobile/internal.h"
#include "returned_session.h"
#include "unit/crypto/responder.h"
#include "wsse/xades.h"

#include <stdio.h>

static const char *named(char dst[SEED_NAME], const char *what, size_t family, const char *suffix)
{
    (void)snprintf(dst, SEED_NAME, "%s_%s%s", what, seed_families[family], suffix);
    return dst;
}

static void envelopes(size_t family)
{
    const struct key *key = pki_of((enum keys)family)->leaf.key;
    const struct soap_params rows[] = {
        { 0 },
        { .after_signature =
              "<wsu:Timestamp wsu:Id=\"t\"><wsu:Created>2026-11-22T08:59:00Z</wsu:Created>"
              "<wsu:Expires>2026-11-22T09:04:00Z</wsu:Expires></wsu:Timestamp>",
          .security_attrs = " " SOAP_WSU,
          .references = SOAP_REFERENCE("#" SOAP_BODY_ID) SOAP_REFERENCE("#t") },
        { .key_info = SOAP_KEY_INFO("<ds:X509Data><ds:X509Certificate>@cert@"
                                    "</ds:X509Certificate></ds:X509Data>") },
    };
    static const char *const names[] = { "good", "good_timestamp", "good_x509data" };
    char name[SEED_NAME];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO_FREE char *xml = soap_make(&rows[i], key);
        seed_write("envelope", named(name, names[i], family, ".xml"), slice_str(xml));
    }
    AUTO(wsse_free)
    struct wsse *wsse = wsse_make(&(struct wsse_params){ .limits = usual_limits,
                                                         .key = pki_of((enum keys)family)->leaf.key,
                                                         .trust = pki_of((enum keys)family)->trust,
                                                         .clock = clock_system() });
    struct bytes *answer = NULL;
    struct err err;
    assert_ok(wsse_sign(wsse, SLICE("<a xmlns=\"urn:a\">1</a>"), &answer, &err), &err);
    seed_give("envelope", named(name, "good_answer", family, ".xml"), answer);
}

static void documents(size_t family)
{
    const struct key *key = pki_of((enum keys)family)->leaf.key;
    struct bytes *signed_xml = NULL;
    char name[SEED_NAME];
    struct err err;

    assert_ok(
        xmlsig_sign_enveloped(
            key,
            SLICE("<?xml version=\"1.0\"?><a b=\"1\"><!-- c -->text<c:d xmlns:c=\"u:c\"/></a>"),
            &usual_limits, &signed_xml, &err),
        &err);
    struct bytes *twice = NULL;
    assert_ok(xmlsig_sign_enveloped(key, bytes_slice(signed_xml), &usual_limits, &twice, &err),
              &err);
    seed_give("xml", named(name, "good_twice", family, ".xml"), twice);
    seed_give("xml", named(name, "good_enveloped", family, ".xml"), signed_xml);
    struct bytes *detached = NULL;
    assert_ok(xmlsig_sign_detached(key, SLICE("<a/>"), "a.xml", &detached, &err), &err);
    seed_give("xml", named(name, "detached", family, ".xml"), detached);
}

static void seals(size_t family)
{
    const struct pki *pki = pki_of((enum keys)family);
    struct responder tsa = { .pki = pki };
    const struct trust_io io = responder_io(&tsa);
    const struct xades_params rows[] = {
        { .signing_time_ms = NOW_MS },
        { NOW_MS, &io, "http://tsp.test/", clock_monotonic_ms() + 1000 },
    };
    static const char *const names[] = { "good_bes", "good_t" };
    char name[SEED_NAME];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bytes *xml = NULL;
        struct err err;
        assert_ok(xades_seal(pki->leaf.key, SLICE("<a b=\"1\">text</a>"), &rows[i], &usual_limits,
                             &xml, &err),
                  &err);
        seed_give("xades", named(name, names[i], family, ".xml"), xml);
    }
}

/* One over the other. */
static void two_signatures(void)
{
    AUTO(bytes_free) struct bytes *once = NULL;
    struct bytes *twice = NULL;
    struct err err;

    assert_ok(xmlsig_sign_enveloped(rsa_key(), SLICE("<a>1</a>"), &usual_limits, &once, &err),
              &err);
    assert_ok(xmlsig_sign_enveloped(pki_of(KEYS_GOST2015)->leaf.key, bytes_slice(once),
                                    &usual_limits, &twice, &err),
              &err);
    seed_give("xml", "good_two.xml", twice);
}

static void detached(size_t family)
{
    struct bytes *xml = NULL;
    char name[SEED_NAME];
    struct err err;

    assert_ok(xmlsig_sign_detached(pki_of((enum keys)family)->leaf.key, SLICE(SEED_CONTENT),
                                   "content.txt", &xml, &err),
              &err);
    seed_give("detached", named(name, "good", family, ".xml"), xml);
}

void seeds_of_xml(void)
{
    for (size_t family = 0; family < KEYS_COUNT; family++) {
        envelopes(family);
        documents(family);
        seals(family);
        detached(family);
    }
    two_signatures();
}

static void jws(size_t family)
{
    const struct key *key = pki_of((enum keys)family)->leaf.key;
    const struct jws_settings rows[] = {
        { .input = JWS_INPUT_BODY },
        { .input = JWS_INPUT_RFC7515, .order = JWS_ORDER_BE_SR, .iss = "CN=a" },
        { .input = JWS_INPUT_RFC7515, .alphabet = JWS_BASE64_STD, .attached = true },
    };
    static const char *const names[] = { "good_body", "good_rfc", "good_attached" };
    char name[SEED_NAME];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bytes *text = NULL;
        struct err err;
        assert_ok(jws_sign(key, SLICE(SEED_CONTENT), &rows[i], &text, &err), &err);
        seed_give("jws", named(name, names[i], family, ""), text);
    }
}

static void bare(size_t family)
{
    struct bytes *json = NULL;
    char name[SEED_NAME];
    struct err err;

    assert_ok(bytes_sign(pki_of((enum keys)family)->leaf.key, SLICE(SEED_CONTENT), &json, &err),
              &err);
    seed_give("bytes", named(name, "good", family, ".json"), json);
}

/* What a telephone would PUT: the issued JSON with signed values in it. */
static void returned(void)
{
    const struct cms_params params = { .signing_time_ms = NOW_MS };
    AUTO(bytes_free) struct bytes *xml = NULL;
    AUTO(bytes_free) struct bytes *der = NULL;
    AUTO(bytes_free) struct bytes *base64 = NULL;
    AUTO(json_free) struct json *whole = NULL;
    struct bytes *text = NULL;
    struct err err;

    assert_ok(xmlsig_sign_enveloped(rsa_key(), SLICE("<a>1</a>"), &usual_limits, &xml, &err), &err);
    assert_ok(cms_sign(pki_of(KEYS_GOST2015)->leaf.key, SLICE("hello"), &params, &der, &err), &err);
    base64 = base64_encode(bytes_slice(der));
    const struct slice values[] = { bytes_slice(xml), bytes_slice(base64) };
    assert_ok(issue_expected(returned_session(), values, NULL, &whole, &err), &err);
    assert_ok(json_print(whole, 1 << 20, &text, &err), &err);
    seed_give("returned", "good.json", text);
}

void seeds_of_json(void)
{
    for (size_t family = 0; family < KEYS_COUNT; family++) {
        if (family != KEYS_RSA) /* req 2.41 knows no RSA */
            jws(family);
        bare(family);
    }
    returned();
}
