/* The certificate a ds:KeyInfo means. The key comes from a certificate and from nowhere else. */
#pragma once

#include "crypto/cert.h"
#include "wsse/signedinfo.h"
#include "wsse/trial.h"

/**
 * Accepts one of: wsse:SecurityTokenReference with KeyIdentifier X509v3, with a Reference to a
 * BinarySecurityToken X509v3 that is a child of `security`, or with ds:X509Data; ds:X509Data alone.
 * X509Data gives its X509Certificate, of several the one whose key made the signature, while the
 * others become the trial's helpers; or by X509IssuerSerial one of the judge's pins.
 * ds:KeyValue, ds:KeyName, ds:RetrievalMethod and the like are not looked at.
 *
 * security  NULL: absent
 * Refused: CHECK_SIGNATURE. *ret_cert is the caller's: cert_free().
 */
bool keyinfo_find(struct trial *trial, const struct signature *signature, const xmlNode *security,
                  struct cert **ret_cert);
