/* The revocation row of a judgement: of the signer's certificate, not of the authorities'. */
#pragma once

#include "crypto/trust_impl.h"

/* path: the signer's, empty when none was found. Fetches by judge->io. */
void judge_revocation(const struct judge *judge, const struct path *path, const char *who,
                      struct report *report);
