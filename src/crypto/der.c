#include "crypto/der.h"

#include "crypto/encode.h"

#include <string.h>

bool der_next(struct slice *rest, struct der_item *ret)
{
    const uint8_t *at = slice_u8(*rest);
    size_t head = 2;

    if (rest->len < 2 || (at[0] & 0x1f) == 0x1f)
        return false;
    size_t len = at[1];
    if (len & 0x80) {
        size_t octets = len & 0x7f;
        if (octets == 0 || octets > 4 || rest->len < 2 + octets)
            return false;
        len = 0;
        for (size_t i = 0; i < octets; i++)
            len = len << 8 | at[2 + i];
        head += octets;
    }
    if (len > rest->len - head)
        return false;
    *ret = (struct der_item){ at[0], { rest->at + head, len }, { rest->at, head + len } };
    *rest = slice_skip(*rest, head + len);
    return true;
}

bool der_take(struct slice *rest, enum der_tag tag, struct slice *ret_content)
{
    struct slice after = *rest;
    struct der_item item;

    if (!der_next(&after, &item) || item.tag != tag)
        return false;
    *rest = after;
    *ret_content = item.content;
    return true;
}

void der_add(struct bytes *to, enum der_tag tag, struct slice content)
{
    uint8_t head[6] = { (uint8_t)tag };
    size_t octets = 0;

    for (size_t left = content.len; left > 0; left >>= 8)
        octets++;
    if (content.len < 0x80) {
        head[1] = (uint8_t)content.len;
        octets = 0;
    } else {
        if (octets > 4) {
            to->failed = true;
            return;
        }
        head[1] = (uint8_t)(0x80 | octets);
        for (size_t i = 0; i < octets; i++)
            head[2 + i] = (uint8_t)(content.len >> (8 * (octets - 1 - i)));
    }
    bytes_add(to, slice_mem(head, 2 + octets));
    bytes_add(to, content);
}

static struct slice find(struct slice in, struct slice what)
{
    const char *at = in.len > 0 ? memmem(in.at, in.len, what.at, what.len) : NULL;

    return at ? slice_skip(in, (size_t)(at - in.at)) : (struct slice){ in.at, 0 };
}

/* Headers of old PEM (Proc-Type) are for encrypted keys: none is ours, they fail as base64. */
static enum status pem_next(struct slice *rest, struct slice begin, struct bytes **ret_der,
                            struct err *err)
{
    const struct slice dashes = SLICE("-----");
    struct slice label = slice_skip(begin, sizeof("-----BEGIN ") - 1);
    struct slice body = find(label, dashes);

    if (body.len == 0 || body.at - label.at > 64)
        return RAISE(err, ST_FORMAT, "PEM: its first line does not end");
    body = slice_skip(body, dashes.len);
    struct slice end = find(body, SLICE("-----END "));
    struct slice after = end.len > 0 ? find(slice_skip(end, 9), dashes) : end;
    if (after.len == 0)
        return RAISE(err, ST_FORMAT, "PEM: its last line is missing");
    body.len = (size_t)(end.at - body.at);
    if (base64_decode(body, body.len, ret_der, err) != ST_OK) {
        if (err->status == ST_INPUT)
            return RAISE(err, ST_FORMAT, "PEM: its content is not base64");
        return err->status;
    }
    /* After a PEM object only PEM follows; the rest is somebody's comment. */
    *rest = find(slice_skip(after, dashes.len), SLICE("-----BEGIN "));
    return ST_OK;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

enum status armour_next(struct slice *rest, struct bytes **ret_der, struct err *err)
{
    struct slice data = *rest;

    if (slice_starts(data, SLICE("\xef\xbb\xbf")))
        data = slice_skip(data, 3);
    while (data.len > 0 && is_blank(data.at[0]))
        data = slice_skip(data, 1);
    if (data.len == 0)
        return RAISE(err, ST_NOT_FOUND, "nothing in it");
    if (data.at[0] == DER_SEQUENCE) {
        *ret_der = bytes_dup(data);
        rest->len = 0;
        return *ret_der ? ST_OK : RAISE(err, ST_NOMEM, "DER: out of memory");
    }
    struct slice begin = find(data, SLICE("-----BEGIN "));
    if (begin.len > 0)
        return pem_next(rest, begin, ret_der, err);
    if (base64_decode(data, data.len, ret_der, err) != ST_OK) {
        if (err->status == ST_INPUT)
            return RAISE(err, ST_FORMAT, "neither DER, PEM nor base64");
        return err->status;
    }
    rest->len = 0;
    return ST_OK;
}

enum status armour_one(struct slice data, const char *what, struct bytes **ret_der, struct err *err)
{
    AUTO(bytes_free) struct bytes *der = NULL;
    struct slice rest = data;
    enum status status = armour_next(&rest, &der, err);

    if (status == ST_NOMEM)
        return status;
    if (status == ST_NOT_FOUND)
        return RAISE(err, ST_FORMAT, "%s: empty", what);
    if (status != ST_OK)
        return RAISE(err, ST_FORMAT, "%s: neither DER, PEM nor base64", what);
    if (rest.len > 0)
        return RAISE(err, ST_FORMAT, "%s: several objects where one is expected", what);
    *ret_der = TAKE(der);
    return ST_OK;
}
