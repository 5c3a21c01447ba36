/* What a certificate says it is for, in words: its policies, and extended key usage that is no
 * role (kz-crypto.md section 1). Reported, not judged: НУЦ РК's policy of today says nothing of the
 * purpose, and key usage decides (req 0.26, 0.27). */
#pragma once

#include "crypto/cert.h"

#include <stddef.h>

/* "policy 1.2.398.3.3.2.1 (legal entity's signature); use emailProtection"; "" when it says
 * neither. */
void policy_describe(const struct cert *cert, char *dst, size_t size);
/* "legal entity's signature" of a dotted OID; NULL when it is not known. */
const char *policy_name(const char *oid);
