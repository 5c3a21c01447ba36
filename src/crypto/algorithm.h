/* The signature algorithms we know, as a set of bits for allow-lists (C-28). */
#pragma once

#include "base/slice.h"

enum algorithm {
    ALG_UNKNOWN = 0,
    ALG_GOST2004 = 1 << 0,     /* ГОСТ 34.310-2004 with 34.311-95 */
    ALG_GOST2015_256 = 1 << 1, /* ГОСТ 34.10-2015-256 with 34.11-2015-256, verification only */
    ALG_GOST2015_512 = 1 << 2, /* ГОСТ 34.10-2015-512 with 34.11-2015-512 */
    ALG_RSA_SHA256 = 1 << 3,
    ALG_RSA_SHA1 = 1 << 4, /* legacy, off unless a setting names it */
    ALG_GAMMA = 1 << 5, /* ГОСТ 34.310-2004 in the dress of TumarCSP (КЦМР, НПК, KISC) */
};

enum {
    ALG_GOST = ALG_GOST2004 | ALG_GOST2015_256 | ALG_GOST2015_512 | ALG_GAMMA,
    ALG_DEFAULT = ALG_GOST | ALG_RSA_SHA256
};

/* "ГОСТ 34.10-2015-512", "ГОСТ 34.310-2004", "RSA-SHA256" …; "unknown". */
const char *algorithm_name(enum algorithm algorithm);
/* gost2015, gost2004, rsa: the words of configuration and command line; ALG_UNKNOWN otherwise. */
enum algorithm algorithm_parse(struct slice word);
