/* Signing of API №2's documents in their places, by method (req 1.07 to 1.11, 1.36). */
#pragma once

#include "base/err.h"
#include "crypto/key.h"
#include "rest/rest.h"
#include "json/json.h"

#include <stdint.h>

struct phone_signing {
    const struct key *key;
    struct rest *rest;
    const char *tsp_url; /* NULL: CMS without a timestamp */
    int64_t now_ms;      /* Unix: signingTime */
    int64_t deadline_ms; /* monotonic, for the TSA */
};

/* Puts the signed value in place of documentXml or document.file.data of every document. On failure
 * the object is half signed and of no use. ST_INPUT, ST_UPSTREAM, ST_TIMEOUT as phone_sign(). */
MUST_USE enum status phone_method_sign_all(const struct phone_signing *signing,
                                           struct json *documents, struct err *err);
