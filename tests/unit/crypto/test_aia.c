/* A missing issuer fetched from where the certificate says: only when asked for, never as an
 * anchor, and not without end. */
#include "unit/crypto/path_maker.h"

#include "base/text.h"

#include <openssl/pkcs7.h>
#include <string.h>

#define AT(name) "http://aia.test/" name

/* What the network holds: an address and the certificates there, by id. */
struct page {
    const char *url;
    const char *ids[9]; /* several: a PKCS#7; "!…": these bytes; none: refused */
};

struct net {
    const struct chain *chain;
    const struct page *pages;
    unsigned asked;
};

static const struct cert *cert_of(const struct chain *chain, const char *id)
{
    for (size_t i = 0; i < chain->count; i++)
        if (strcmp(chain->specs[i].id, id) == 0)
            return chain->certs[i];
    fail_msg("no certificate is called %s", id);
    return NULL;
}

static struct bytes *bag_of(const struct net *net, const struct page *page)
{
    PKCS7 *bag = PKCS7_new();
    unsigned char *der = NULL;

    assert_int_equal(PKCS7_set_type(bag, NID_pkcs7_signed), 1);
    assert_int_equal(PKCS7_content_new(bag, NID_pkcs7_data), 1);
    for (size_t i = 0; page->ids[i]; i++)
        assert_int_equal(PKCS7_add_certificate(bag, cert_x509(cert_of(net->chain, page->ids[i]))),
                         1);
    int len = i2d_PKCS7(bag, &der);
    assert_true(len > 0);
    struct bytes *bytes = bytes_dup(slice_mem(der, (size_t)len));
    OPENSSL_free(der);
    PKCS7_free(bag);
    return bytes;
}

static enum status fetch(void *ctx, const struct fetch *what, struct bytes **ret, struct err *err)
{
    struct net *net = ctx;

    net->asked++;
    assert_null(what->content_type); /* a GET */
    assert_int_equal(what->max_bytes, 65536);
    assert_true(what->deadline_ms > 0);
    for (const struct page *page = net->pages; page->url; page++) {
        if (strcmp(page->url, what->url) != 0 || !page->ids[0])
            continue;
        if (page->ids[0][0] == '!')
            *ret = bytes_dup(slice_str(page->ids[0] + 1));
        else if (page->ids[1])
            *ret = bag_of(net, page);
        else
            *ret = bytes_dup(cert_der(cert_of(net->chain, page->ids[0])));
        return ST_OK;
    }
    return RAISE(err, ST_UPSTREAM, "http://aia.test: nobody answers");
}

#define ROOT                                                                                       \
    {                                                                                              \
        .id = "root", .place = FOLDER                                                              \
    }
#define CA                                                                                         \
    {                                                                                              \
        .id = "ca", .by = "root"                                                                   \
    }
#define LEAF                                                                                       \
    {                                                                                              \
        .id = "leaf", .by = "ca", .place = SIGNER, .aia = AT("ca")                                 \
    }

static const struct scene {
    const char *name;
    struct spec specs[10];
    struct page pages[8];
    bool off;
    unsigned asked;
    enum check culprit; /* CHECK_COUNT_: valid */
    const char *says;
} scenes[] = {
    { "the issuer is fetched",
      { ROOT, CA, LEAF },
      { { AT("ca"), { "ca" } } },
      false,
      1,
      CHECK_COUNT_,
      "" },
    { "nobody is asked by default",
      { ROOT, CA, LEAF },
      { { AT("ca"), { "ca" } } },
      true,
      0,
      CHECK_PATH,
      "not here" },
    { "nobody is asked when the issuer is here",
      { ROOT, { .id = "ca", .by = "root", .place = FOLDER }, LEAF },
      { { AT("ca"), { "ca" } } },
      false,
      0,
      CHECK_COUNT_,
      "" },
    { "a PKCS#7 with others in it",
      { ROOT, { .id = "other" }, CA, LEAF },
      { { AT("ca"), { "other", "root", "ca" } } },
      false,
      1,
      CHECK_COUNT_,
      "" },
    { "three steps",
      { ROOT,
        { .id = "a", .by = "root" },
        { .id = "b", .by = "a", .aia = AT("a") },
        { .id = "ca", .by = "b", .aia = AT("b") },
        LEAF },
      { { AT("ca"), { "ca" } }, { AT("b"), { "b" } }, { AT("a"), { "a" } } },
      false,
      3,
      CHECK_COUNT_,
      "" },
    { "four steps are one too many",
      { ROOT,
        { .id = "z", .by = "root" },
        { .id = "a", .by = "z", .aia = AT("z") },
        { .id = "b", .by = "a", .aia = AT("a") },
        { .id = "ca", .by = "b", .aia = AT("b") },
        LEAF },
      { { AT("ca"), { "ca" } }, { AT("b"), { "b" } }, { AT("a"), { "a" } }, { AT("z"), { "z" } } },
      false,
      3,
      CHECK_PATH,
      "not here" },
    { "a root from there is no anchor",
      { ROOT, { .id = "foreign" }, { .id = "ca", .by = "foreign" }, LEAF },
      { { AT("ca"), { "ca", "foreign" } } },
      false,
      1,
      CHECK_PATH,
      "not among the trusted roots" },
    { "who is no authority is none because it was fetched",
      { ROOT, { .id = "ca", .by = "root", .basic = "critical,CA:FALSE" }, LEAF },
      { { AT("ca"), { "ca" } } },
      false,
      1,
      CHECK_PATH,
      "not a CA's" },
    { "another certificate than promised",
      { ROOT, { .id = "other", .by = "root" }, CA, LEAF },
      { { AT("ca"), { "other" } } },
      false,
      1,
      CHECK_PATH,
      "not here" },
    { "garbage",
      { ROOT, CA, LEAF },
      { { AT("ca"), { "!garbage" } } },
      false,
      1,
      CHECK_PATH,
      "not an X.509 certificate" },
    { "nobody answers",
      { ROOT, CA, LEAF },
      { { NULL, { NULL } } },
      false,
      1,
      CHECK_PATH,
      "nobody answers" },
    { "https is not followed",
      { ROOT, CA, { .id = "leaf", .by = "ca", .place = SIGNER, .aia = "https://aia.test/ca" } },
      { { "https://aia.test/ca", { "ca" } } },
      false,
      0,
      CHECK_PATH,
      "no http address" },
    { "a file is not read",
      { ROOT, CA, { .id = "leaf", .by = "ca", .place = SIGNER, .aia = "file:///etc/passwd" } },
      { { NULL, { NULL } } },
      false,
      0,
      CHECK_PATH,
      "no http address" },
};

static void play(const struct scene *scene)
{
    struct chain chain;
    struct net net = { .chain = &chain, .pages = scene->pages };
    const struct trust_io io = { .ctx = &net, .fetch = fetch };
    AUTO(report_free) struct report *report = report_new();
    AUTO(report_free) struct report *again = report_new();

    chain_make(&chain, scene->specs, NULL);
    struct judge judge = chain_judge(&chain);
    judge.io = &io;
    judge.follow_aia = !scene->off;
    enum verdict verdict = trust_judge(&judge, chain.signer, report);
    if (report_culprit(report) != scene->culprit || !strstr(report_reason(report), scene->says))
        fail_msg("%s: %s", scene->name, report_reason(report));
    assert_int_equal(verdict, scene->culprit == CHECK_COUNT_ ? VERDICT_VALID : VERDICT_INVALID);
    if (net.asked != scene->asked)
        fail_msg("%s: asked %u times", scene->name, net.asked);
    /* the second judgement asks nobody: answers and failures are remembered */
    assert_int_equal(trust_judge(&judge, chain.signer, again), verdict);
    assert_int_equal(net.asked, scene->asked);
    chain_clear(&chain);
}

static void a_missing_issuer_is_fetched_when_it_is_asked_for(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++)
        play(&scenes[i]);
}

/* One address for many signers: asked once. More addresses than are remembered: no harm. */
static void an_address_is_asked_once_for_all_its_signers(void **state)
{
    static const struct spec specs[] = {
        ROOT, CA, LEAF, { .id = "leaf2", .by = "ca", .aia = AT("ca") }, { .id = NULL },
    };
    static const struct page pages[] = { { AT("ca"), { "ca" } }, { NULL, { NULL } } };
    struct chain chain;
    struct net net = { .chain = &chain, .pages = pages };
    const struct trust_io io = { .ctx = &net, .fetch = fetch };
    AUTO(report_free) struct report *first = report_new();
    AUTO(report_free) struct report *second = report_new();

    (void)state;
    chain_make(&chain, specs, NULL);
    struct judge judge = chain_judge(&chain);
    judge.io = &io;
    judge.follow_aia = true;
    judge.purpose = PURPOSE_ANY;
    assert_int_equal(trust_judge(&judge, chain.signer, first), VERDICT_VALID);
    assert_int_equal(trust_judge(&judge, chain.certs[3], second), VERDICT_VALID);
    assert_int_equal(net.asked, 1);
    chain_clear(&chain);
}

static void without_a_network_it_is_said(void **state)
{
    static const struct spec specs[] = { ROOT, CA, LEAF, { .id = NULL } };
    struct chain chain;
    AUTO(report_free) struct report *report = report_new();

    (void)state;
    chain_make(&chain, specs, NULL);
    struct judge judge = chain_judge(&chain);
    judge.follow_aia = true;
    assert_int_equal(trust_judge(&judge, chain.signer, report), VERDICT_INVALID);
    assert_non_null(strstr(report_reason(report), "nobody can fetch"));
    chain_clear(&chain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_missing_issuer_is_fetched_when_it_is_asked_for),
        cmocka_unit_test(an_address_is_asked_once_for_all_its_signers),
        cmocka_unit_test(without_a_network_it_is_said),
    };

    return cmocka_run_group_tests(tests, setup_crypto, path_maker_teardown);
}
