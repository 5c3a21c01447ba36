/* Making signatures: what the profiles share. No private key meets xmlsec. */
#pragma once

#include "base/bytes.h"
#include "crypto/key.h"
#include "wsse/dom.h"

/* The signature value of canonical SignedInfo in base64. ST_INTERNAL: the library refused. */
MUST_USE enum status sign_base64(const struct key *key, struct slice signed_info,
                                 struct bytes **ret, struct err *err);
/* The key's certificate in base64, one line. */
MUST_USE enum status sign_cert_base64(const struct key *key, struct bytes **ret, struct err *err);

/* Parses a text of ours, one element of at most max_bytes, and hangs it under parent as the last
 * child. *ret_node is the document's. */
MUST_USE enum status sign_append(xmlNode *parent, struct slice text, size_t max_bytes,
                                 xmlNode **ret_node, struct err *err);

enum { SIGN_ID_TEXT = 48 };
/* A fresh wsu:Id: "id-" and a UUID. */
void sign_new_id(int64_t now_ms, char dst[SIGN_ID_TEXT]);
/* ds:SignedInfo with one Reference to "#id" in exclusive C14N, itself in its canonical form.
 * ST_INTERNAL: no such algorithm. */
MUST_USE enum status sign_write_info(enum algorithm algorithm, const char *id,
                                     struct slice canonical_body, struct bytes **ret,
                                     struct err *err);
/* wsse:Security around it, value and certificate (KeyIdentifier) filled in; the prefix soap is
 * declared by what it will stand in. */
MUST_USE enum status sign_write_security(const struct key *key, struct slice signed_info,
                                         struct bytes **ret, struct err *err);
