/* What the tests of this room share beside soap_maker.h: a PKI, a struct wsse that trusts it. */
#pragma once

#include "unit/crypto/fixture.h"
#include "unit/wsse/soap_maker.h"
#include "wsse/wsse.h"
#include "wsse/xmlsig.h"

/* The libraries and one PKI of each kind of key, made once per program. */
int setup_wsse(void **state);
int teardown_wsse(void **state);

enum keys { KEYS_RSA, KEYS_GOST2015, KEYS_GOST2004, KEYS_COUNT };
const struct pki *pki_of(enum keys keys);
/* The signer's key of the RSA PKI: the fastest to verify. */
const struct key *rsa_key(void);

extern const struct xml_limits usual_limits;

/* Trusts all three PKIs, signs with the key of one, judges at NOW_MS without revocation. The
 * caller's, wsse_free(). */
struct wsse_params wsse_usual(enum keys keys);
struct wsse *wsse_make(const struct wsse_params *params);

/* Verifies; fails the test when it is refused. The caller's: verified_free(). */
struct verified *expect_verified(const struct wsse *wsse, const char *xml);
/* Refused with that status and these words in the text (NULL: any); else false, and says so. */
bool is_refused(const struct wsse *wsse, const char *name, const char *xml, enum status status,
                const char *words);
