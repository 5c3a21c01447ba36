/* Registration in OpenSSL's process-wide tables. */
#define OPENSSL_SUPPRESS_DEPRECATED /* EVP_MD_meth_new, see legacy_digest() */
#include "crypto/gost/register.h"

#include "crypto/gost/alg.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>

/* NID of an OID under our name, NID_undef when it is not registered or bears another name. */
static int known(const char *oid, const char *name)
{
    int nid = OBJ_txt2nid(oid);

    if (nid == NID_undef)
        return NID_undef;
    if (strcmp(OBJ_nid2sn(nid), name) == 0)
        return nid;
    ERR_raise_data(ERR_LIB_OBJ, ERR_R_PASSED_INVALID_ARGUMENT,
                   "kzgost: %s is already registered as %s", oid, OBJ_nid2sn(nid));
    return NID_undef;
}

/* Long and short name are the same: OpenSSL looks a key's decoder up by the long name. */
static int object(const char *oid, const char *name)
{
    int nid = OBJ_txt2nid(oid);

    if (nid != NID_undef)
        return known(oid, name);
    ERR_set_mark();
    nid = OBJ_create(oid, name, name);
    if (nid != NID_undef) {
        ERR_clear_last_mark();
        return nid;
    }
    ERR_pop_to_mark(); /* another copy of this library may have been first */
    return known(oid, name);
}

static int legacy_init(EVP_MD_CTX *ctx, const struct kz_digest *digest)
{
    kz_hash_start(EVP_MD_CTX_get0_md_data(ctx), digest);
    return 1;
}

static int legacy_init_34311_95(EVP_MD_CTX *ctx)
{
    return legacy_init(ctx, &kz_gost34311_95);
}

static int legacy_init_gamma(EVP_MD_CTX *ctx)
{
    return legacy_init(ctx, &kz_gamma34311_95);
}

static int legacy_init_2015_256(EVP_MD_CTX *ctx)
{
    return legacy_init(ctx, &kz_streebog256);
}

static int legacy_init_2015_512(EVP_MD_CTX *ctx)
{
    return legacy_init(ctx, &kz_streebog512);
}

static int legacy_update(EVP_MD_CTX *ctx, const void *bytes, size_t len)
{
    kz_hash_add(EVP_MD_CTX_get0_md_data(ctx), bytes, len);
    return 1;
}

static int legacy_final(EVP_MD_CTX *ctx, unsigned char *ret_digest)
{
    kz_hash_end(EVP_MD_CTX_get0_md_data(ctx), ret_digest);
    return 1;
}

/*
 * OpenSSL 3.0 asks EVP_get_digestbynid() whether it knows the digest of a signature, and that sees
 * only digests added this way: without it X.509, CRL, OCSP, CMS and TSP all end in "unknown message
 * digest algorithm". The work itself is done by the provider's digests.
 */
static int legacy_digest(int nid, const struct kz_digest *digest, int (*init)(EVP_MD_CTX *),
                         EVP_MD **ret_added)
{
    EVP_MD *md;

    if (EVP_get_digestbynid(nid))
        return 1;
    md = EVP_MD_meth_new(nid, NID_undef);
    if (md && EVP_MD_meth_set_result_size(md, (int)digest->size) &&
        EVP_MD_meth_set_input_blocksize(md, (int)digest->block) &&
        EVP_MD_meth_set_app_datasize(md, (int)sizeof(struct kz_hash)) &&
        EVP_MD_meth_set_init(md, init) && EVP_MD_meth_set_update(md, legacy_update) &&
        EVP_MD_meth_set_final(md, legacy_final) && EVP_add_digest(md)) {
        *ret_added = md;
        return 1;
    }
    EVP_MD_meth_free(md);
    return 0;
}

static int signature(const struct kzgost_algorithm *names, int digest_nid)
{
    int key_nid = object(names->key_oid, names->key);
    int signature_nid = object(names->signature_oid, names->signature);
    int found_digest;
    int found_key;

    if (key_nid == NID_undef || signature_nid == NID_undef)
        return 0;
    if (OBJ_find_sigid_algs(signature_nid, &found_digest, &found_key))
        return found_digest == digest_nid && found_key == key_nid;
    return OBJ_add_sigid(signature_nid, digest_nid, key_nid);
}

static int register_all(void)
{
    /* OpenSSL's table only points to them, to the end of the process */
    static EVP_MD *added[KZ_ALGS]; /* behind the lock of kz_register() */
    static const struct {
        const struct kz_alg *alg;
        int (*init)(EVP_MD_CTX *);
    } rows[KZ_ALGS] = {
        { &kz_alg_2004, legacy_init_34311_95 },
        { &kz_alg_2015_256, legacy_init_2015_256 },
        { &kz_alg_2015_512, legacy_init_2015_512 },
        { &kz_alg_gamma, legacy_init_gamma },
    };

    for (size_t i = 0; i < KZ_ALGS; i++) {
        const struct kz_alg *alg = rows[i].alg;
        int digest_nid = object(alg->names.digest_oid, alg->names.digest);

        if (digest_nid == NID_undef ||
            !legacy_digest(digest_nid, alg->digest, rows[i].init, &added[i]) ||
            !signature(&alg->names, digest_nid))
            return 0;
    }
    return 1;
}

int kz_register(void)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static bool registered; /* behind lock */
    int done;

    (void)pthread_mutex_lock(&lock);
    registered = registered || register_all();
    done = registered;
    (void)pthread_mutex_unlock(&lock);
    return done;
}
