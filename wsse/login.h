/* The XML that eGov Mobile makes and signs to log in (seed 001 section 4, req 1.19):
 * <login><url>API №2</url><timeStamp>…</timeStamp></login>. */
#pragma once

#include "base/err.h"
#include "wsse/wsse.h"

struct login_xml {
    char url[1024];
    char time_stamp[64];
    /* Of the login without its Signature, in exclusive C14N without comments: nothing that could be
     * changed without breaking the signature changes it. */
    uint8_t content_sha256[32];
};

/**
 * Reads a login in its one shape: a document element login, in it one url and one timeStamp, both
 * text, and ds:Signature; no namespace, attribute, comment, processing instruction or text beside.
 * It says nothing about the signature: xmlsig_judge_enveloped() does, over the same bytes.
 *
 * ST_FORMAT  not XML, not that shape, or a value that is too long
 * ST_NOMEM   out of memory
 * Thread-safe.
 */
MUST_USE enum status login_xml_read(struct slice xml, const struct xml_limits *limits,
                                    struct login_xml *ret, struct err *err);
