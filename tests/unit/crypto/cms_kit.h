/* What the tests of CMS share: one text, and a judgement that names its culprit.
 */
#pragma once

#include "unit/crypto/responder.h"
#include "unit/crypto/usual_pki.h"

#include "base/text.h"
#include "crypto/cms.h"

/* What is signed: text with a zero byte in it. */
extern const struct slice signed_text;
/* Of a CMS that holds its content. */
extern const struct slice no_content;

/* signed_text by the signer, with a timestamp when there is a tsa; the caller's. */
struct bytes *sign_text(const struct made *signer, bool detached, struct responder *tsa);

/* The verdict, and no other check than the culprit has failed. */
void expect_cms(const struct judge *judge, struct slice cms, struct slice detached,
                enum verdict verdict, enum check culprit);
