/* What a file is, so that nobody has to say --profile. */
#pragma once

#include "base/bytes.h"
#include "base/err.h"
#include "base/slice.h"
#include "wsse/wsse.h"

enum profile {
    PROFILE_AUTO,
    PROFILE_SHEP,
    PROFILE_ENVELOPED,
    PROFILE_XML_DETACHED,
    PROFILE_XADES,
    PROFILE_CMS,
    PROFILE_DETACHED,
    PROFILE_CERT,
    PROFILE_OCSP,
    PROFILE_CRL,
    PROFILE_TSP,
    PROFILE_BYTES, /* these two are never found by auto: nothing without their data */
    PROFILE_JWS,
    PROFILE_NONE, /* auto found nothing that is signed */
};

/* The word of --profile. ST_INPUT: no such profile. */
MUST_USE enum status profile_parse(const char *word, enum profile *ret, struct err *err);
const char *profile_name(enum profile profile);

/* A UTF-8 BOM and blanks around, which DER, PEM and base64 never have on purpose. XML keeps its
 * own. Borrowed. */
struct slice detect_trim(struct slice data);

/* with_content: a CMS is judged against content given beside it. */
enum profile detect(struct slice data, const struct xml_limits *limits, bool with_content);
