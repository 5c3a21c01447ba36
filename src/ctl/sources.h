/* Revocation lists and OCSP answers that the command line gives, in place of the network. */
#pragma once

#include "crypto/trust.h"
#include "rest/rest.h"

enum { SOURCE_FILES_MAX = 16 };

struct sources {
    struct rest *rest;   /* borrowed; fetches for what is not given */
    unsigned algorithms; /* allowed for lists */
    struct bytes *crls[SOURCE_FILES_MAX];
    const char *crl_paths[SOURCE_FILES_MAX]; /* borrowed */
    size_t crl_count;
    struct bytes *ocsp_files[SOURCE_FILES_MAX];
    struct slice ocsp[SOURCE_FILES_MAX]; /* for struct judge */
    size_t ocsp_count;
};

MUST_USE enum status sources_add_crl(struct sources *sources, const char *path, struct err *err);
MUST_USE enum status sources_add_ocsp(struct sources *sources, const char *path, struct err *err);
/* What the sources own. */
void sources_clear(struct sources *sources);

/* The outside of a judge; ctx is the sources. */
struct trust_io sources_io(struct sources *sources);
