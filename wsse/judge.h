/* The judgement of signed XML, for xmlsig.h and wsse.h. */
#pragma once

#include "base/bytes.h"
#include "crypto/cert.h"
#include "wsse/signedinfo.h"
#include "wsse/trial.h"
#include "wsse/wsse.h"

/* What an envelope yields whose report is admitted; free with envelope_findings_clear(). */
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

/* What the profiles share. */

/* document_parse(); CHECK_FORMAT when it refuses. *ret_doc is the caller's. */
bool judge_parse(struct trial *trial, struct slice xml, const struct xml_limits *limits,
                 unsigned flags, xmlDoc **ret_doc);
/* The signer, once the signature stands: nothing is fetched for a forged one. false: there is no
 * need to go on. */
bool judge_signer(struct trial *trial, const struct signature *signature, const struct cert *cert);
/* judge->extra and the certificates that came with the document: further help for building paths.
 * The caller's, free(); borrowed inside. NULL: out of memory. */
const struct cert **judge_helpers(const struct trial *trial, size_t *ret_count);
