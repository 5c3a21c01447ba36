/* What the tests of this room share: vectors from ../shared and a PKI made at run time. */
#pragma once

#include "support/cmocka.h"

#include "crypto/cert_impl.h"
#include "crypto/init.h"
#include "crypto/key.h"
#include "crypto/trust.h"

#define assert_ok(call, err)                                                                       \
    do {                                                                                           \
        if ((call) != ST_OK)                                                                       \
            fail_msg("%s: %s", #call, (err)->text);                                                \
    } while (0)

enum { DAY_MS = 24 * 60 * 60 * 1000 };

/* 2026-11-22T09:00:00Z: the time of judgement of the made PKI. */
#define NOW_MS INT64_C(1795338000000)

/* Once per program: the libraries and Astana's zone. */
int setup_crypto(void **state);

/* A vector's bytes; NULL when there is no ../shared (the caller skips). The caller's. */
struct bytes *vector(const char *name);
bool have_vectors(void);
struct cert *vector_cert(const char *name);
struct key *vector_key(const char *name);
/* The folder of vectors, for trust_add_dir(). */
void vector_path(const char *name, char *dst, size_t size);
/* The authorities among the vectors, the real and the test ones; the caller's. */
struct trust *vector_trust(void);

/* How a certificate is made; zero means: GOST 2015-512, valid a day before and a year after NOW. */
struct made_params {
    const char *cn;
    const char *iin;      /* serialNumber=IIN… */
    const char *bin;      /* OU=BIN… */
    const char *key_type; /* KZGOST_KEY_…, "RSA" or "RSA1024" */
    const char *usage;    /* of the extension; NULL: none */
    const char *eku;      /* NULL: none */
    const char *ocsp_url; /* NULL: none */
    int64_t from_ms, to_ms;
    bool ca;
    bool no_check;         /* id-pkix-ocsp-nocheck */
    const char *serial;    /* decimal; NULL: counted */
    const char *issuer_cn; /* of a lone certificate with a foreign issuer's name */
};

struct made {
    EVP_PKEY *pkey;
    X509 *x509;
    struct cert *cert;
    struct key *key;
};

/* NULL issuer: self-signed. */
struct made made_new(const struct made_params *params, const struct made *issuer);
void made_free(struct made *made);

/* The usual PKI: root, CA, signer, OCSP responder, TSA. */
struct pki {
    struct made root, ca, leaf, ocsp, tsa;
    struct trust *trust;
};
struct pki *pki_new(const char *key_type);
void pki_free(struct pki *pki);

/* The strictest judgement of the made PKI at NOW without revocation. */
struct judge pki_judge(const struct pki *pki);

void print_report(const struct report *report);
/* The verdict and the culprit are the wanted ones, and no other check has failed. */
void expect_report(const struct report *report, enum verdict given, enum verdict verdict,
                   enum check culprit);
