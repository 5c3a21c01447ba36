/* The TLS side of a listener: one SSL_CTX from its files. */
#pragma once

#include "http/http.h"

#include <openssl/ssl.h>

DEFINE_AUTO(SSL_CTX, SSL_CTX_free)

/* TLS 1.2 and up, our order of ciphers, ALPN http/1.1. ST_INPUT names the file at fault.
 * ret_context is the caller's: SSL_CTX_free(). */
MUST_USE enum status tls_context(const struct http_listener *listener, SSL_CTX **ret_context,
                                 struct err *err);
