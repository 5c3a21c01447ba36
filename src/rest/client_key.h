/* Our own certificate and key in outward TLS (ЦОИД lets nobody in without: req 3.02, 3.04). */
#pragma once

#include "base/clock.h"
#include "crypto/key.h"

/**
 * Opens the key and looks at what the other side would refuse without a reason.
 *
 * ST_INPUT, ST_NOT_FOUND, ST_FORGED, ST_UNAVAILABLE  as key_open(); besides, ST_INPUT with code
 *     clientKeyNotRsa (the signature's .pfx in place of the .p12), clientKeyInToken,
 *     clientCertNotYet or clientCertExpired
 *
 * clock    for the certificate's dates; NULL: they are not looked at
 * ret_key  the caller's: key_free()
 */
MUST_USE enum status client_key_open(const struct key_source *source, const struct clock *clock,
                                     struct key **ret_key, struct err *err);
/* Puts key, certificate and chain into an SSL_CTX; false: OpenSSL does not take them. */
MUST_USE bool client_key_show(const struct key *key, void *ssl_ctx);
