/* What the sandbox's НУЦ РК issues: three families of algorithms, and who gets a certificate. */
#pragma once

#include "base/slice.h"
#include "crypto/algorithm.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One chain: root, issuing CA, OCSP responder, TSA (kz-crypto.md section 1). */
struct family {
    const char *name; /* gost2015, gost2004, rsa: a folder's name and a URL's part */
    enum algorithm algorithm;
    const char *root_cn;
    const char *ca_cn;
    const char *tsa_policy;
    bool modern; /* the forms of 2022: names CN first, one policy, keyAgreement in KeyUsage */
};

enum { FAMILY_COUNT = 3 };
extern const struct family families[FAMILY_COUNT];
/* NULL: no such family. */
const struct family *family_find(struct slice name);

/* What a certificate is for: decides KeyUsage, policy and НУЦ's extensions. */
enum kind {
    KIND_ROOT,
    KIND_CA,
    KIND_OCSP,
    KIND_TSA,
    KIND_SIGN, /* req 0.26 */
    KIND_AUTH, /* req 0.27 */
    KIND_SYSTEM,
};

/* A template; NULL members are left out of the name. */
struct entity {
    const char *name; /* of its files */
    const char *uid;
    const char *common_name; /* NULL: the family's (root, CA) */
    const char *surname;
    const char *iin;
    const char *organisation;
    const char *bin;
    const char *patronymic;
    const char *eku;     /* comma-separated, as OpenSSL's configuration writes it */
    const char *purpose; /* one line for README and tables */
    enum kind kind;
    int from_days; /* relative to the day it is made */
    int to_days;
    int revoked_days; /* relative; 0: not revoked */
    /* Of ЦОИД: it stands in LDAP, its name is a path there (C, O, OU, CN), and its keys are GOST's.
     */
    bool in_directory;
};

enum { AUTHORITY_COUNT = 4, HOLDER_COUNT = 17, DIRECTORY_HOLDER_COUNT = 2 };
extern const struct entity authorities[AUTHORITY_COUNT]; /* root, ca, ocsp, tsa: in this order */
extern const struct entity holders[HOLDER_COUNT];
/* NULL: no such holder. */
const struct entity *holder_find(const char *name);
/* The holder gets a certificate of the family. */
bool family_has(const struct family *family, const struct entity *holder);
