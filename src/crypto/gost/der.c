/* The strict DER reader. */
#include "crypto/gost/der.h"

#include <string.h>

#include <openssl/asn1.h>
#include <openssl/objects.h>

struct head {
    size_t len;     /* bytes of tag and length */
    size_t content; /* bytes of what follows */
};

static int read_head(const uint8_t *at, size_t left, struct head *ret_head)
{
    size_t content = 0;
    size_t more;

    if (left < 2)
        return 0;
    more = at[1] & 0x7f;
    if (at[1] < 0x80) {
        *ret_head = (struct head){ 2, at[1] };
        return 1;
    }
    if (more < 1 || more > KZ_DER_HEAD - 2 || left < 2 + more || at[2] == 0)
        return 0;
    for (size_t i = 0; i < more; i++)
        content = content << 8 | at[2 + i];
    if (content < 0x80)
        return 0;
    *ret_head = (struct head){ 2 + more, content };
    return 1;
}

size_t kz_der_element_len(const uint8_t *head, size_t head_len)
{
    struct head parsed;

    return read_head(head, head_len, &parsed) ? parsed.len + parsed.content : 0;
}

int kz_der_take(struct kz_der *in, enum kz_tag tag, struct kz_der *ret_content)
{
    struct head head;

    if (in->left == 0 || in->at[0] != (uint8_t)tag || !read_head(in->at, in->left, &head) ||
        in->left - head.len < head.content)
        return 0;
    *ret_content = (struct kz_der){ in->at + head.len, head.content };
    in->at += head.len + head.content;
    in->left -= head.len + head.content;
    return 1;
}

int kz_der_take_last(struct kz_der *in, enum kz_tag tag, struct kz_der *ret_content)
{
    return kz_der_take(in, tag, ret_content) && in->left == 0;
}

int kz_der_take_oid(struct kz_der *in, const char *dotted)
{
    struct kz_der oid;
    ASN1_OBJECT *object;
    int same;

    if (!kz_der_take(in, KZ_OID, &oid))
        return 0;
    object = OBJ_txt2obj(dotted, 1);
    same = object && oid.left == OBJ_length(object) &&
           memcmp(oid.at, OBJ_get0_data(object), oid.left) == 0;
    ASN1_OBJECT_free(object);
    return same;
}
