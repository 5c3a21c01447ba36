/* The command xmlsec1, which knows nothing of ours, as a second opinion. */
#pragma once

#include "crypto/cert.h"

#include <stdbool.h>

/* Says so when it is not installed. */
bool have_xmlsec1(void);
/* Its exit status for a document signed with the key of an RSA certificate. id_element: NS:name of
 * the elements whose Id is an id. */
int xmlsec1_verify(const char *xml, const char *id_element, const struct cert *cert);
