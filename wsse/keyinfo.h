/* The certificate a ds:KeyInfo means. The key comes from a certificate and from nowhere else. */
#pragma once

#include "crypto/cert.h"
#include "wsse/dom.h"
#include "wsse/trial.h"

/**
 * Accepts one of: wsse:SecurityTokenReference with KeyIdentifier X509v3, with a Reference to a
 * BinarySecurityToken X509v3 that is a child of `security`, or with ds:X509Data; ds:X509Data alone.
 * X509Data gives its first X509Certificate, or by X509IssuerSerial one of the judge's pins.
 * ds:KeyValue, ds:KeyName, ds:RetrievalMethod and the like are not looked at.
 *
 * key_info, security  NULL: absent
 * Refused: CHECK_SIGNATURE. *ret_cert is the caller's: cert_free().
 */
bool keyinfo_find(struct trial *trial, const xmlNode *key_info, const xmlNode *security,
                  struct cert **ret_cert);
