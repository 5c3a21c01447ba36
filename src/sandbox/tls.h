/* TLS of the sandbox: an RSA certificate for this machine's own names, and the CA that says so. KZ
 * certificates cannot carry TLS (kz-crypto.md section 5). */
#pragma once

#include "base/err.h"

#include <stdint.h>

/* Makes DIR/tls/ca.pem, server.pem and server.key (0600) for localhost, 127.0.0.1 and ::1, unless
 * all are there. The CA's key is thrown away. ST_INPUT: files; ST_INTERNAL. */
MUST_USE enum status tls_make(const char *dir, int64_t now_ms, struct err *err);

/* Makes the participant's key for mutual TLS with ЦОИД (req 3.02): DIR/tls/client.p12 and
 * client-expired.p12 (0600) under client-ca.pem, unless all are there. An RSA key of a CA of its
 * own, whose key is thrown away. ST_INPUT: files; ST_INTERNAL. */
MUST_USE enum status tls_make_client(const char *dir, const char *password, int64_t now_ms,
                                     struct err *err);
