/* A document, sealed by our own xades_seal(), and its judgement. */
#pragma once

#include "unit/crypto/responder.h"
#include "unit/wsse/fixture.h"
#include "wsse/xades.h"

/* Sealed by this signer; tsa NULL: XAdES-BES. The caller's. */
struct bytes *scene_seal_by(const struct made *signer, const char *xml, struct responder *tsa);
/* By a PKI's leaf, with a timestamp of its authority. */
struct bytes *scene_seal(enum keys keys, const char *xml);

/* Fails the test unless that check is the first to fail, with these words (NULL: any);
 * CHECK_COUNT_: unless it is valid. */
void scene_expect(const struct judge *how, const char *xml, enum check culprit, const char *words);
