#include "notary.h"

#include "base/clock.h"
#include "base/text.h"
#include "crypto/cms.h"
#include "crypto/encode.h"
#include "crypto/tsp.h"
#include "sandbox/index.h"
#include "sandbox/ocsp.h"
#include "sandbox/pki.h"
#include "wsse/xmlsig.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <libxml/parser.h>
#include <openssl/cms.h>
#include <xmlsec/openssl/crypto.h>
#include <xmlsec/openssl/evp.h>
#include <xmlsec/templates.h>
#include <xmlsec/xmldsig.h>
#include <xmlsec/xmltree.h>

#include <cmocka.h>

#define OWN_DIR "/tmp/shep-notary-XXXXXX"

enum { KEYS_MAX = 16 };

struct notary {
    char dir[192];
    bool is_own; /* made by this program, and removed at its end */
    struct pki *pki;
    struct trust *trust;
    struct trust_io io;
    bool ocsp_away;
    struct {
        char path[256];
        struct key *key;
    } keys[KEYS_MAX];
};

static enum status answer_ocsp(struct notary *n, const struct family *family,
                               const struct fetch *fetch, struct bytes **ret, struct err *err)
{
    AUTO(index_free) struct index *index = NULL;

    if (n->ocsp_away)
        return RAISE(err, ST_UPSTREAM, "the responder is away");
    TRY(index_load(n->dir, &index, err));
    const struct ocsp_wish wish = { n->pki, family, index, MOOD_NONE };
    return ocsp_answer(&wish, fetch->body, ret, err);
}

static enum status answer_tsp(struct notary *n, const struct family *family,
                              const struct fetch *fetch, struct bytes **ret, struct err *err)
{
    const struct tsa_params params = { family->tsa_policy, clock_now(clock_system()), 42 };

    return tsa_answer(pki_key(n->pki, family, KIND_TSA), fetch->body, &params, ret, err);
}

/* base_url/ocsp/FAMILY and base_url/tsp/FAMILY without a network. */
static enum status fetch_inside(void *ctx, const struct fetch *fetch, struct bytes **ret,
                                struct err *err)
{
    struct notary *n = ctx;
    const char *slash = strrchr(fetch->url, '/');
    const struct family *family = family_find(slice_str(slash + 1));

    assert_non_null(family);
    if (strstr(fetch->url, "/ocsp/"))
        return answer_ocsp(n, family, fetch, ret, err);
    assert_non_null(strstr(fetch->url, "/tsp/"));
    return answer_tsp(n, family, fetch, ret, err);
}

static void make_sandbox(char *dir)
{
    struct pki_made made;
    struct err err;

    assert_non_null(mkdtemp(dir));
    const struct pki_params params = { .dir = dir, .clock = clock_system() };
    if (pki_init(&params, &made, &err) != ST_OK)
        fail_msg("%s", err.text);
}

struct notary *notary_open(void)
{
    struct notary *n = calloc(1, sizeof(*n));
    const char *shared = secure_getenv("SHEP_NOTARY");
    char path[256];
    struct err err;

    assert_true(text_format(n->dir, sizeof(n->dir), "%s", shared ? shared : OWN_DIR));
    n->is_own = !shared;
    if (n->is_own)
        make_sandbox(n->dir);
    if (pki_open(n->dir, &n->pki, &err) != ST_OK)
        fail_msg("%s: %s", n->dir, err.text);
    text_format(path, sizeof(path), "%s/trust", n->dir);
    assert_int_equal(trust_new(&n->trust, &err), ST_OK);
    assert_int_equal(trust_add_dir(n->trust, path, &err), ST_OK);
    n->io = (struct trust_io){ .ctx = n, .fetch = fetch_inside };
    return n;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

void notary_close(struct notary *n)
{
    for (size_t i = 0; i < KEYS_MAX; i++)
        key_free(n->keys[i].key);
    trust_free(n->trust);
    pki_free(n->pki);
    if (n->is_own) /* One thread is left. NOLINTNEXTLINE(concurrency-mt-unsafe) */
        nftw(n->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(n);
}

const struct trust *notary_trust(const struct notary *n)
{
    return n->trust;
}

const struct trust_io *notary_io(struct notary *n)
{
    return &n->io;
}

void notary_set_ocsp(struct notary *n, bool away)
{
    n->ocsp_away = away;
}

const struct key *notary_key(struct notary *n, const char *family, const char *name)
{
    char path[256], pass[256];
    struct err err;
    size_t i;

    text_format(path, sizeof(path), "%s/%s/%s.p12", n->dir, family, name);
    text_format(pass, sizeof(pass), "%s/pass", n->dir);
    for (i = 0; n->keys[i].key; i++)
        if (strcmp(n->keys[i].path, path) == 0)
            return n->keys[i].key;
    assert_in_range(i, 0, KEYS_MAX - 2);
    text_copy(n->keys[i].path, sizeof(n->keys[i].path), path);
    if (key_open(&(struct key_source){ path, pass, NULL, NULL }, &n->keys[i].key, &err) != ST_OK)
        fail_msg("%s: %s", path, err.text);
    return n->keys[i].key;
}

static struct bytes *sign_cms(struct notary *n, const struct cms_wish *wish, bool stamped,
                              struct slice content)
{
    struct cms_params params = { .detached = wish->detached,
                                 .signing_time_ms = clock_now(clock_system()),
                                 .deadline_ms = clock_monotonic_ms() + 10000 };
    struct bytes *der = NULL;
    char url[160];
    struct err err;

    text_format(url, sizeof(url), "%s/tsp/%s", pki_base_url(n->pki), wish->family);
    if (stamped) {
        params.io = &n->io;
        params.tsp_url = url;
    }
    if (cms_sign(notary_key(n, wish->family, wish->holder), content, &params, &der, &err) != ST_OK)
        fail_msg("cms_sign: %s", err.text);
    return der;
}

static CMS_ContentInfo *parse(const struct bytes *der)
{
    const uint8_t *at = slice_u8(bytes_slice(der));
    CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)der->len);

    assert_non_null(cms);
    return cms;
}

static CMS_SignerInfo *signer_of(CMS_ContentInfo *cms)
{
    return sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);
}

/* Takes the timestamp out of one CMS and puts it into another. */
static struct bytes *graft(const struct bytes *from, const struct bytes *to)
{
    CMS_ContentInfo *source = parse(from), *target = parse(to);
    struct bytes *der = bytes_new(1 << 20);
    int at = CMS_unsigned_get_attr_by_NID(signer_of(source), NID_id_smime_aa_timeStampToken, -1);
    uint8_t *out;
    int len;

    assert_true(at >= 0);
    assert_int_equal(
        CMS_unsigned_add1_attr(signer_of(target), CMS_unsigned_get_attr(signer_of(source), at)), 1);
    len = i2d_CMS_ContentInfo(target, NULL);
    out = (uint8_t *)bytes_extend(der, (size_t)len);
    assert_int_equal(i2d_CMS_ContentInfo(target, &out), len);
    CMS_ContentInfo_free(source);
    CMS_ContentInfo_free(target);
    return der;
}

struct bytes *notary_cms(struct notary *n, const struct cms_wish *wish, struct slice content)
{
    AUTO(bytes_free) struct bytes *bare = NULL;
    AUTO(bytes_free) struct bytes *other = NULL;

    if (wish->stamp != STAMP_FOREIGN)
        return sign_cms(n, wish, wish->stamp == STAMP_GOOD, content);
    bare = sign_cms(n, wish, false, content);
    other = sign_cms(n, wish, true, SLICE("another content"));
    return graft(other, bare);
}

struct bytes *notary_xml(struct notary *n, const char *family, const char *holder, struct slice xml)
{
    const struct xml_limits limits = { 1 << 20, 64 };
    struct bytes *out = NULL;
    struct err err;

    if (xmlsig_sign_enveloped(notary_key(n, family, holder), xml, &limits, &out, &err) != ST_OK)
        fail_msg("xmlsig_sign_enveloped: %s", err.text);
    return out;
}

/* A Signature with one Reference to #id, appended to the root. */
static xmlNodePtr add_template(xmlDocPtr doc, const char *id)
{
    xmlNodePtr signature = xmlSecTmplSignatureCreate(doc, xmlSecTransformInclC14NId,
                                                     xmlSecOpenSSLTransformRsaSha256Id, NULL);
    xmlNodePtr reference;
    char uri[64];

    text_format(uri, sizeof(uri), "#%s", id);
    xmlAddChild(xmlDocGetRootElement(doc), signature);
    reference = xmlSecTmplSignatureAddReference(signature, xmlSecOpenSSLTransformSha256Id, NULL,
                                                (const xmlChar *)uri, NULL);
    xmlSecTmplReferenceAddTransform(reference, xmlSecTransformInclC14NId);
    return signature;
}

static void add_certificate(xmlNodePtr signature, const struct cert *cert)
{
    AUTO(bytes_free) struct bytes *der = base64_encode(cert_der(cert));
    xmlNodePtr info = xmlSecTmplSignatureEnsureKeyInfo(signature, NULL);

    info = xmlNewChild(info, info->ns, (const xmlChar *)"X509Data", NULL);
    xmlNewChild(info, info->ns, (const xmlChar *)"X509Certificate", (const xmlChar *)der->at);
}

static void sign_template(xmlNodePtr signature, const struct key *key)
{
    xmlSecDSigCtxPtr ctx = xmlSecDSigCtxCreate(NULL);
    EVP_PKEY *pkey = key_pkey(key);

    EVP_PKEY_up_ref(pkey);
    ctx->signKey = xmlSecKeyCreate();
    assert_int_equal(xmlSecKeySetValue(ctx->signKey, xmlSecOpenSSLEvpKeyAdopt(pkey)), 0);
    assert_int_equal(xmlSecDSigCtxSign(ctx, signature), 0);
    xmlSecDSigCtxDestroy(ctx);
}

struct bytes *notary_xml_part(struct notary *n, const char *holder, struct slice xml,
                              const char *id)
{
    static const xmlChar *const ids[] = { (const xmlChar *)"Id", NULL };
    const struct key *key = notary_key(n, "rsa", holder);
    xmlDocPtr doc = xmlReadMemory(xml.at, (int)xml.len, NULL, NULL, XML_PARSE_NONET);
    xmlNodePtr signature;
    struct bytes *out;
    xmlChar *text = NULL;
    int len = 0;

    assert_non_null(doc);
    xmlSecAddIDs(doc, xmlDocGetRootElement(doc), (const xmlChar **)(uintptr_t)ids);
    signature = add_template(doc, id);
    sign_template(signature, key);
    add_certificate(signature, key_cert(key)); /* KeyInfo is not signed */
    xmlDocDumpMemory(doc, &text, &len);
    out = bytes_dup(slice_mem(text, (size_t)len));
    xmlFree(text);
    xmlFreeDoc(doc);
    return out;
}
