/* TLS keys and certificates for tests, made when the program runs, in a fresh folder. */
#pragma once

#include <stdbool.h>

enum { CERT_PATH = 128 };

/* Makes ca.pem; server.pem/.key, server2.pem/.key (127.0.0.1, ::1, localhost) and client.pem/.key
 * (client.example) of that CA; foreign.pem/.key, a CA nobody knows. Fails the test when it cannot.
 */
void certs_make(void);
void certs_remove(void);
/* The same as the setup and teardown of a group. */
int setup_certs(void **state);
int teardown_certs(void **state);
/* The path of one of these files. */
const char *certs_path(const char *name, char dst[CERT_PATH]);
/* dst's file now holds what src's does. */
void certs_copy(const char *src, const char *dst);
