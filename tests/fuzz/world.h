/* Whom the targets trust: certificates that make_seeds.c made once (pki/), and a clock that
 * stands. */
#pragma once

#include "fuzz.h"

#include "crypto/report.h"
#include "crypto/trust.h"

/* 2026-11-22T09:00:00Z, inside the certificates' dates. */
#define WORLD_NOW_MS INT64_C(1795338000000)

enum { WORLD_FAMILIES = 3, WORLD_LIMIT = 1 << 20 };

struct world {
    struct trust *trust;                   /* roots and issuing authorities of all families */
    const struct cert *ca[WORLD_FAMILIES]; /* rsa, gost2015, gost2004 */
    const struct cert *leaf[WORLD_FAMILIES];
};

/* Made when first asked for, kept to the end. */
const struct world *world(void);
/* A file of pki/. */
struct slice world_file(const char *name);

/* A full judgement without revocation. */
struct judge world_judge(enum purpose purpose);
/* The verdict is what its rows say, and a yes says that the signature was looked at. */
void world_check(enum verdict verdict, const struct report *report);
bool world_has_passed(const struct report *report, enum check check);
