/* The command xmlsec1, which knows nothing of ours, as a second opinion. */
#pragma once

#include "crypto/cert.h"

#include <stdbool.h>

/* Says so when it is not installed. */
bool have_xmlsec1(void);

struct question {
    const char *xml;
    const struct cert *cert;  /* by whose RSA key it is signed */
    const char *id_element;   /* NS:name of the elements whose Id is an id; NULL: none */
    const char *xpath;        /* of the ds:Signature asked about; NULL: the first */
    const char *content_name; /* of a file that lies beside the document; NULL: none */
    const char *content;
};
/* Its exit status. */
int xmlsec1_verify(const struct question *question);
