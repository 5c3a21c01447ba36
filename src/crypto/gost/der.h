/*
 * A strict reader of DER: definite, minimal lengths, nothing left over, nothing past the end.
 *
 * OpenSSL's d2i functions take BER, so they cannot say that an encoding is the exact one.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum kz_tag {
    KZ_INTEGER = 0x02,
    KZ_BIT_STRING = 0x03,
    KZ_OCTET_STRING = 0x04,
    KZ_NULL = 0x05,
    KZ_OID = 0x06,
    KZ_SEQUENCE = 0x30,
    KZ_CONTEXT_0 = 0xa0, /* [0], constructed */
};

/* What is still to be read; borrowed bytes. */
struct kz_der {
    const uint8_t *at;
    size_t left;
};

/*
 * Takes the next element off in, ret_content gets what is inside. 0 and nothing taken when its tag
 * is another or its length is not minimal, too long for four bytes, or past the end.
 */
int kz_der_take(struct kz_der *in, enum kz_tag tag, struct kz_der *ret_content);

/* The same, and nothing may follow it. */
int kz_der_take_last(struct kz_der *in, enum kz_tag tag, struct kz_der *ret_content);

/* Takes an OID and compares it with a dotted one; 0 when it is not that. */
int kz_der_take_oid(struct kz_der *in, const char *dotted);

/* Length of a whole element from its first bytes: header and content; 0 when not minimal DER. */
size_t kz_der_element_len(const uint8_t *head, size_t head_len);

enum { KZ_DER_HEAD = 6 }; /* bytes of the longest head: tag, 0x84, four of length */
