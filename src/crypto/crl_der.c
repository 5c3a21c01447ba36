#include "crypto/crl_der.h"

#include "base/text.h"

static size_t shortest_head(size_t len)
{
    size_t head = 2;

    for (size_t left = len < 0x80 ? 0 : len; left > 0; left >>= 8)
        head++;
    return head;
}

bool crl_der_next(struct slice *rest, struct der_item *ret)
{
    struct slice after = *rest;
    struct der_item item;

    if (!der_next(&after, &item) ||
        item.whole.len - item.content.len != shortest_head(item.content.len))
        return false;
    *rest = after;
    *ret = item;
    return true;
}

bool crl_der_take(struct slice *rest, unsigned tag, struct slice *ret_content)
{
    struct slice after = *rest;
    struct der_item item;

    if (!crl_der_next(&after, &item) || item.tag != tag)
        return false;
    *rest = after;
    *ret_content = item.content;
    return true;
}

const char *crl_der_unsigned(struct slice content, size_t max, struct slice *ret)
{
    const uint8_t *at = slice_u8(content);

    if (content.len == 0)
        return "empty";
    if (content.len > 1 && ((at[0] == 0 && !(at[1] & 0x80)) || (at[0] == 0xff && (at[1] & 0x80))))
        return "not in its shortest form";
    if (at[0] & 0x80)
        return "negative";
    if (at[0] == 0)
        content = slice_skip(content, 1);
    if (content.len > max)
        return "longer than it may be";
    *ret = content;
    return NULL;
}

static int two_digits(const char *at)
{
    return (at[0] - '0') * 10 + (at[1] - '0');
}

/* Days since 1970-01-01 of the proleptic Gregorian calendar; March is the first month of a year
 * here, so that the leap day is its last. */
static int64_t days_of(int year, int month, int day)
{
    int64_t y = month > 2 ? year : year - 1;
    int64_t m = month > 2 ? month - 3 : month + 9;

    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static int days_in_month(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return month == 2 && leap ? 29 : days[month - 1];
}

bool crl_der_time(const struct der_item *item, int64_t *ret_seconds)
{
    size_t digits = item->tag == CRL_TAG_UTC_TIME           ? 12
                    : item->tag == CRL_TAG_GENERALIZED_TIME ? 14
                                                            : 0;
    const char *at = item->content.at;

    if (digits == 0 || item->content.len != digits + 1 || at[digits] != 'Z' ||
        !text_is_digits(slice_mem(at, digits), digits))
        return false;
    int year = two_digits(at);
    if (digits == 14)
        year = year * 100 + two_digits(at + 2);
    else
        year += year < 50 ? 2000 : 1900;
    at += digits - 10;
    int month = two_digits(at);
    int day = two_digits(at + 2);
    int hour = two_digits(at + 4);
    int minute = two_digits(at + 6);
    int second = two_digits(at + 8);
    if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) || hour > 23 ||
        minute > 59 || second > 59)
        return false;
    *ret_seconds = ((days_of(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    return true;
}

const char *crl_extension_next(struct slice *rest, struct crl_extension *ret)
{
    struct crl_extension ext = { 0 };
    struct slice content;
    struct slice flag;

    if (!crl_der_take(rest, DER_SEQUENCE, &content) ||
        !crl_der_take(&content, CRL_TAG_OID, &ext.oid) || ext.oid.len == 0)
        return "an extension is not of DER";
    if (crl_der_take(&content, CRL_TAG_BOOLEAN, &flag)) {
        /* FALSE is the default and left out in DER, TRUE is all ones. */
        if (flag.len != 1 || slice_u8(flag)[0] != 0xff)
            return "an extension's critical flag is not of DER";
        ext.critical = true;
    }
    if (!crl_der_take(&content, DER_OCTET_STRING, &ext.value) || content.len > 0)
        return "an extension is not of DER";
    if (ext.oid.len == 3 && slice_starts(ext.oid, SLICE("\x55\x1d")) && slice_u8(ext.oid)[2] < 128)
        ext.id = slice_u8(ext.oid)[2];
    *ret = ext;
    return NULL;
}
