/* The algorithms xmlsec1 does not know, as verify-only transforms of it. xmlsec's constructors zero
 * the objects they hand to `initialize`. */
#include "wsse/transforms.h"

#include "crypto/gost/kzgost.h"
#include "wsse/names.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <xmlsec/keysdata.h>
#include <xmlsec/openssl/evp.h>
#include <xmlsec/xmlsec.h>

/* What xmlsec's callbacks find through the klass they belong to. */
struct method {
    xmlSecTransformKlass klass; /* first: a klass's address is its method's */
    const char *md;             /* for EVP_MD_fetch() */
    const char *key;            /* key type; NULL: a digest */
};

struct worker {
    xmlSecTransform transform; /* first */
    EVP_MD_CTX *ctx;
    EVP_PKEY *key; /* a reference of ours */
    unsigned char value[EVP_MAX_MD_SIZE];
    unsigned len;
};

struct lent_key {
    xmlSecKeyData data; /* first */
    EVP_PKEY *pkey;     /* a reference of ours */
};

static const struct method *method_of(const xmlSecTransform *transform)
{
    return (const struct method *)transform->id;
}

/* The key data class: an EVP_PKEY by reference. */

static int key_duplicate(xmlSecKeyDataPtr to, xmlSecKeyDataPtr from)
{
    EVP_PKEY *pkey = ((struct lent_key *)from)->pkey;

    if (pkey && EVP_PKEY_up_ref(pkey) != 1)
        return -1;
    ((struct lent_key *)to)->pkey = pkey;
    return 0;
}

static int key_initialize(xmlSecKeyDataPtr data)
{
    ((struct lent_key *)data)->pkey = NULL;
    return 0;
}

static void key_finalize(xmlSecKeyDataPtr data)
{
    EVP_PKEY_free(((struct lent_key *)data)->pkey);
    ((struct lent_key *)data)->pkey = NULL;
}

static xmlSecKeyDataType key_type(xmlSecKeyDataPtr data)
{
    (void)data;
    return xmlSecKeyDataTypePublic;
}

static xmlSecSize key_size(xmlSecKeyDataPtr data)
{
    const int bits = EVP_PKEY_get_bits(((struct lent_key *)data)->pkey);

    return bits > 0 ? (xmlSecSize)bits : 0;
}

static const xmlSecKeyDataKlass lent_key_klass = {
    .klassSize = sizeof(xmlSecKeyDataKlass),
    .objSize = sizeof(struct lent_key),
    .name = BAD_CAST "shep-lent-key",
    .usage = xmlSecKeyDataUsageKeyValueNode,
    .initialize = key_initialize,
    .duplicate = key_duplicate,
    .finalize = key_finalize,
    .getType = key_type,
    .getSize = key_size,
};

/* Both kinds of transform. */

static int worker_initialize(xmlSecTransformPtr transform)
{
    struct worker *worker = (struct worker *)transform;

    worker->key = NULL;
    worker->len = 0;
    worker->ctx = EVP_MD_CTX_new();
    return worker->ctx ? 0 : -1;
}

static void worker_finalize(xmlSecTransformPtr transform)
{
    struct worker *worker = (struct worker *)transform;

    EVP_MD_CTX_free(worker->ctx);
    EVP_PKEY_free(worker->key);
    worker->ctx = NULL;
    worker->key = NULL;
}

static int start_digest(struct worker *worker, const char *name)
{
    EVP_MD *md = EVP_MD_fetch(NULL, name, NULL);
    const int done = md ? EVP_DigestInit_ex2(worker->ctx, md, NULL) : 0;

    EVP_MD_free(md);
    return done == 1 ? 0 : -1;
}

static int start(struct worker *worker)
{
    const struct method *method = method_of(&worker->transform);
    EVP_MD_CTX *ctx = worker->ctx;

    if (!method->key)
        return start_digest(worker, method->md);
    if (!worker->key)
        return -1;
    return EVP_DigestVerifyInit_ex(ctx, NULL, method->md, NULL, NULL, worker->key, NULL) == 1 ? 0
                                                                                              : -1;
}

static int feed(struct worker *worker)
{
    xmlSecBufferPtr in = &worker->transform.inBuf;
    const xmlSecSize len = xmlSecBufferGetSize(in);
    const xmlSecByte *at = xmlSecBufferGetData(in);
    int done;

    if (len == 0)
        return 0;
    done = method_of(&worker->transform)->key ? EVP_DigestVerifyUpdate(worker->ctx, at, len)
                                              : EVP_DigestUpdate(worker->ctx, at, len);
    return done == 1 ? xmlSecBufferRemoveHead(in, len) : -1;
}

static int finish(struct worker *worker)
{
    if (!method_of(&worker->transform)->key &&
        EVP_DigestFinal_ex(worker->ctx, worker->value, &worker->len) != 1)
        return -1;
    worker->transform.status = xmlSecTransformStatusFinished;
    return 0;
}

static int worker_execute(xmlSecTransformPtr transform, int last, xmlSecTransformCtxPtr ctx)
{
    struct worker *worker = (struct worker *)transform;

    (void)ctx;
    if (transform->operation != xmlSecTransformOperationVerify)
        return -1; /* signing has its own road, on which no private key meets xmlsec */
    if (transform->status == xmlSecTransformStatusNone) {
        if (start(worker) < 0)
            return -1;
        transform->status = xmlSecTransformStatusWorking;
    }
    if (transform->status == xmlSecTransformStatusWorking) {
        if (feed(worker) < 0)
            return -1;
        return last ? finish(worker) : 0;
    }
    return xmlSecBufferGetSize(&transform->inBuf) == 0 ? 0 : -1;
}

static int digest_verify(xmlSecTransformPtr transform, const xmlSecByte *data, xmlSecSize len,
                         xmlSecTransformCtxPtr ctx)
{
    const struct worker *worker = (const struct worker *)transform;
    const bool is_equal =
        worker->len > 0 && len == worker->len && CRYPTO_memcmp(data, worker->value, len) == 0;

    (void)ctx;
    if (transform->status != xmlSecTransformStatusFinished)
        return -1;
    transform->status = is_equal ? xmlSecTransformStatusOk : xmlSecTransformStatusFail;
    return 0;
}

static int signature_verify(xmlSecTransformPtr transform, const xmlSecByte *data, xmlSecSize len,
                            xmlSecTransformCtxPtr ctx)
{
    const struct worker *worker = (const struct worker *)transform;

    (void)ctx;
    if (transform->status != xmlSecTransformStatusFinished)
        return -1;
    transform->status = EVP_DigestVerifyFinal(worker->ctx, data, len) == 1
                            ? xmlSecTransformStatusOk
                            : xmlSecTransformStatusFail;
    ERR_clear_error();
    return 0;
}

static int signature_set_key_req(xmlSecTransformPtr transform, xmlSecKeyReqPtr req)
{
    if (transform->operation != xmlSecTransformOperationVerify)
        return -1;
    req->keyId = &lent_key_klass;
    req->keyType = xmlSecKeyDataTypePublic;
    req->keyUsage = xmlSecKeyUsageVerify;
    return 0;
}

static int signature_set_key(xmlSecTransformPtr transform, xmlSecKeyPtr key)
{
    struct worker *worker = (struct worker *)transform;
    xmlSecKeyDataPtr data = xmlSecKeyGetValue(key);
    EVP_PKEY *pkey = NULL;

    if (!xmlSecKeyDataCheckId(data, &lent_key_klass))
        return -1;
    pkey = ((struct lent_key *)data)->pkey;
    if (!pkey || !EVP_PKEY_is_a(pkey, method_of(transform)->key) || EVP_PKEY_up_ref(pkey) != 1)
        return -1;
    EVP_PKEY_free(worker->key);
    worker->key = pkey;
    return 0;
}

#define COMMON(name_, uri_)                                                                        \
    .klassSize = sizeof(xmlSecTransformKlass), .objSize = sizeof(struct worker),                   \
    .name = BAD_CAST name_, .href = BAD_CAST uri_, .initialize = worker_initialize,                \
    .finalize = worker_finalize, .getDataType = xmlSecTransformDefaultGetDataType,                 \
    .pushBin = xmlSecTransformDefaultPushBin, .popBin = xmlSecTransformDefaultPopBin,              \
    .execute = worker_execute

#define DIGEST(name, uri)                                                                          \
    {                                                                                              \
        COMMON(name, uri), .usage = xmlSecTransformUsageDigestMethod, .verify = digest_verify      \
    }
#define SIGNATURE(name, uri)                                                                       \
    {                                                                                              \
        COMMON(name, uri), .usage = xmlSecTransformUsageSignatureMethod,                           \
                           .setKeyReq = signature_set_key_req, .setKey = signature_set_key,        \
                           .verify = signature_verify                                              \
    }

static const struct method digest_34311 = { DIGEST("kz-gost34311", URI_DIGEST_34311),
                                            KZGOST_DIGEST_34311_95, NULL };
static const struct method digest_2015_256 = { DIGEST("kz-gost34112015-256", URI_DIGEST_2015_256),
                                               KZGOST_DIGEST_2015_256, NULL };
static const struct method digest_2015_512 = { DIGEST("kz-gost34112015-512", URI_DIGEST_2015_512),
                                               KZGOST_DIGEST_2015_512, NULL };
static const struct method digest_sha1_more = { DIGEST("sha1-more", URI_DIGEST_SHA1_MORE), "SHA1",
                                                NULL };
static const struct method sign_gost2004 = { SIGNATURE("kz-gost34310", URI_SIGN_GOST2004),
                                             KZGOST_DIGEST_34311_95, KZGOST_KEY_2004 };
static const struct method sign_gost2015_256 = { SIGNATURE("kz-gost34102015-256",
                                                           URI_SIGN_GOST2015_256),
                                                 KZGOST_DIGEST_2015_256, KZGOST_KEY_2015_256 };
static const struct method sign_gost2015_512 = { SIGNATURE("kz-gost34102015-512",
                                                           URI_SIGN_GOST2015_512),
                                                 KZGOST_DIGEST_2015_512, KZGOST_KEY_2015_512 };
static const struct method sign_rsa_sha1_more = {
    SIGNATURE("rsa-sha1-more", URI_SIGN_RSA_SHA1_MORE), "SHA1", "RSA"
};

xmlSecTransformId transform_sign_gost2004(void)
{
    return &sign_gost2004.klass;
}

xmlSecTransformId transform_sign_gost2015_256(void)
{
    return &sign_gost2015_256.klass;
}

xmlSecTransformId transform_sign_gost2015_512(void)
{
    return &sign_gost2015_512.klass;
}

xmlSecTransformId transform_sign_rsa_sha1_more(void)
{
    return &sign_rsa_sha1_more.klass;
}

xmlSecTransformId transform_digest_34311(void)
{
    return &digest_34311.klass;
}

xmlSecTransformId transform_digest_2015_256(void)
{
    return &digest_2015_256.klass;
}

xmlSecTransformId transform_digest_2015_512(void)
{
    return &digest_2015_512.klass;
}

xmlSecTransformId transform_digest_sha1_more(void)
{
    return &digest_sha1_more.klass;
}

enum status transforms_register(struct err *err)
{
    static const struct method *const methods[] = {
        &digest_34311,  &digest_2015_256,   &digest_2015_512,   &digest_sha1_more,
        &sign_gost2004, &sign_gost2015_256, &sign_gost2015_512, &sign_rsa_sha1_more,
    };

    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (xmlSecTransformIdsRegister(&methods[i]->klass) < 0)
            return RAISE(err, ST_INTERNAL, "xmlsec1 does not take the transform %s",
                         (const char *)methods[i]->klass.href);
    return ST_OK;
}

static bool is_ours(xmlSecTransformId method)
{
    return method->setKey == signature_set_key;
}

static xmlSecKeyDataPtr lend(EVP_PKEY *pkey, xmlSecTransformId method)
{
    xmlSecKeyDataPtr data = NULL;

    if (EVP_PKEY_up_ref(pkey) != 1)
        return NULL;
    if (is_ours(method)) {
        data = xmlSecKeyDataCreate(&lent_key_klass);
        if (data)
            ((struct lent_key *)data)->pkey = pkey;
    } else {
        data = xmlSecOpenSSLEvpKeyAdopt(pkey);
    }
    if (!data)
        EVP_PKEY_free(pkey);
    return data;
}

xmlSecKeyPtr transforms_lend_key(EVP_PKEY *pkey, xmlSecTransformId method)
{
    xmlSecKeyDataPtr data = lend(pkey, method);
    xmlSecKeyPtr key = data ? xmlSecKeyCreate() : NULL;

    if (key && xmlSecKeySetValue(key, data) == 0)
        return key;
    if (data)
        xmlSecKeyDataDestroy(data);
    if (key)
        xmlSecKeyDestroy(key);
    return NULL;
}
