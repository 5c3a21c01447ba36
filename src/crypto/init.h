/* Once per process, before any certificate is parsed (kz-crypto.md section 5). */
#pragma once

#include "base/err.h"

/* Loads OpenSSL's default and legacy providers and ours, and registers the KZ algorithms.
 * Thread-safe, repeatable. ST_INTERNAL: a provider does not load. */
MUST_USE enum status crypto_init(struct err *err);
/* Frees what OpenSSL keeps for the calling thread: before a thread that nobody joins tells that it
 * is done, for the process may end while it does. */
void crypto_thread_end(void);
