/* Certificates for tests of paths: each may be wrong in one way. Keys are made once per name. */
#pragma once

#include "unit/crypto/fixture.h"

enum place {
    NOWHERE = 0, /* known to nobody, but signs others */
    SIGNER,
    FOLDER,  /* of trust; a self-signed one is an anchor */
    MESSAGE, /* came with the document */
};

/* One certificate; zero means: the usual. "-" means: without. */
struct spec {
    const char *id; /* by which the test calls it */
    const char *by; /* id of the issuer, a spec before this one; NULL: itself */
    enum place place;
    const char *cn;    /* NULL: the id */
    const char *name;  /* whole subject, "CN=…,C=…" in this order; NULL: CN and C=KZ */
    const char *names; /* whole issuer, where it is not the issuer's subject */
    const char *key;   /* whose key it holds; NULL: the id */
    const char *basic, *usage, *constraints; /* values of OpenSSL's configuration */
    const char *digest;                      /* NULL: the family's; RSA only */
    const char *key_id;    /* authorityKeyIdentifier, its hex; "-": none; NULL: the issuer's */
    bool unknown_critical; /* carries an extension that nobody knows */
    bool version_1;
    int from_days, to_days; /* from NOW; 0: a day before, a year after */
    const char *aia;        /* caIssuers' URL */
    const char *policies;   /* of certificatePolicies */
    const char *eku;
};

struct chain {
    const struct spec *specs;
    size_t count;
    struct cert *certs[16];
    X509 *x509[16];
    struct trust *trust;
    const struct cert *extra[16];
    size_t extra_count;
    const struct cert *signer;
};

/* key_type: as in struct made_params, or "RSA1024". */
void chain_make(struct chain *chain, const struct spec *specs, const char *key_type);
void chain_clear(struct chain *chain);
/* A judge of the chain's signer at NOW. */
struct judge chain_judge(const struct chain *chain);
/* The id of a certificate; "?" when it is none of the chain's. */
const char *chain_id(const struct chain *chain, const struct cert *cert);
/* Of a group of tests: forgets the keys. */
int path_maker_teardown(void **state);
