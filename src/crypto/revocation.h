/* The revocation rows of a judgement: one for each certificate that judge->scope names. */
#pragma once

#include "crypto/trust_impl.h"

/**
 * path  the signer's, empty when none was found. Fetches by judge->io.
 *
 * Judged is revocation as of now. A timestamp authority's certificate (PURPOSE_TSA) that was
 * revoked after used_ms, the token's time, for a reason that leaves its key unharmed, counts as
 * good for that token (RFC 3161 section 4 (1)); used_ms means nothing for other purposes.
 */
void judge_revocation(const struct judge *judge, const struct path *path, int64_t used_ms,
                      const char *who, struct report *report);
