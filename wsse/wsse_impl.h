/* The insides of struct wsse and struct verified, for the files that make and read them. */
#pragma once

#include "wsse/known.h"
#include "wsse/wsse.h"

struct wsse {
    struct xml_limits limits;
    unsigned algorithms;
    struct trust *trust;
    struct pin *pins;
    const struct cert **pin_certs; /* the certificates of pins, as struct judge wants them */
    size_t pin_count;
    struct trust_io io;
    bool has_io;
    enum revocation revocation;
    char *ocsp_url;
    int64_t skew_ms;
    struct key *key;
    struct known *known;
    const struct clock *clock;
};

struct verified {
    struct signer signer;
    struct bytes *body;
    struct payload payload; /* its texts and bytes are the two below */
    struct bytes *payload_c14n;
    struct bytes *payload_names; /* name, NUL, namespace */
    struct err payload_err;      /* status ST_OK: there is a payload, or none at all */
};

/**
 * Splits the canonical bytes of a verified soap:Body: what gSOAP reads stays in env->body, the
 * content of `data` becomes env->payload or env->payload_err.
 * ST_FORMAT  data, requestData or what is above it stands there twice
 */
MUST_USE enum status payload_split(struct slice canonical_body, const struct xml_limits *limits,
                                   struct verified *env, struct err *err);
