/* The judgement of signed XML, for xmlsig.h and wsse.h. */
#pragma once

#include "base/bytes.h"
#include "crypto/cert.h"
#include "wsse/trial.h"
#include "wsse/wsse.h"

/* What a valid envelope yields; free with envelope_findings_clear(). */
struct envelope_findings {
    struct cert *cert;      /* of the signer */
    struct bytes *body;     /* exclusive C14N of soap:Body: the very bytes that were digested */
    struct bytes *authored; /* payload_document(), for who acts on the message; may be NULL */
    bool is_receiver; /* in: for who acts on the message: headers that must be understood and are
                         not known are refused */
};
void envelope_findings_clear(struct envelope_findings *findings);

/* Judges all there is to judge; the verdict is the report's. */
enum verdict judge_envelope(struct trial *trial, struct slice xml, const struct xml_limits *limits,
                            struct envelope_findings *findings);
