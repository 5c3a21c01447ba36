/* DER, where OpenSSL has no function for it: walking TLVs, writing them, and PEM's armour off. */
#pragma once

#include "base/bytes.h"
#include "base/err.h"
#include "base/slice.h"

#include <stdbool.h>

enum der_tag {
    DER_INTEGER = 0x02,
    DER_BIT_STRING = 0x03,
    DER_OCTET_STRING = 0x04,
    DER_UTF8_STRING = 0x0c,
    DER_SEQUENCE = 0x30,
};

struct der_item {
    uint8_t tag; /* the whole identifier byte; long-form tags are refused */
    struct slice content;
    struct slice whole; /* with its header */
};

/* Takes the next item off rest. false: rest is empty or is no definite-length TLV. Borrowed. */
bool der_next(struct slice *rest, struct der_item *ret);
/* The same when the next item has this tag; rest is untouched otherwise. */
bool der_take(struct slice *rest, enum der_tag tag, struct slice *ret_content);
/* Writes tag, length and content. */
void der_add(struct bytes *to, enum der_tag tag, struct slice content);

/**
 * The DER inside a file of any usual dress: DER, PEM (text before it is skipped) or bare base64; a
 * BOM and blanks in front allowed. PEM labels are not looked at, the content tells what it is.
 *
 * rest     in: the file; out: the next PEM object on, empty when there is none
 * ret_der  the caller's
 * ST_NOT_FOUND  nothing (more) in it     ST_FORMAT  neither of the three
 */
MUST_USE enum status armour_next(struct slice *rest, struct bytes **ret_der, struct err *err);
/* Exactly one object; `what` names it in the error. ST_FORMAT: none or several. */
MUST_USE enum status armour_one(struct slice data, const char *what, struct bytes **ret_der,
                                struct err *err);
