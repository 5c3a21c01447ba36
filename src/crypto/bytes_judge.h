/* SIGN_BYTES_ARRAY of eGov Mobile: a bare signature and the certificate beside it, as JSON
 * (req 1.33, 1.34). Thread-safe. */
#pragma once

#include "base/bytes.h"
#include "crypto/key.h"
#include "crypto/trust.h"

/**
 * Judges {"signature":"<base64>","certificate":"<PEM base64>"} over the data that was sent for
 * signing. What is signed is not said (C-08): the bytes of data as they stand (UTF-8) are tried
 * first; when that fails and data is base64, the bytes it stands for. The signature row and
 * report_covers() tell which of the two matched.
 *
 * result  the JSON; at most 64 KiB. The certificate is PEM, base64 of PEM or base64 of DER; members
 *         of other names are ignored
 * data    the document's `data` string, or the bytes themselves
 */
MUST_USE enum verdict bytes_judge(const struct judge *judge, struct slice result, struct slice data,
                                  struct report *report);

/* Signs data as it stands; the JSON above, the certificate as PEM. *ret_json is the caller's. */
MUST_USE enum status bytes_sign(const struct key *key, struct slice data, struct bytes **ret_json,
                                struct err *err);
