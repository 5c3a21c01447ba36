/* The entries of a revocation list: walked over in place twice (to count, to copy), then sorted
 * where they stand, so that nothing but the table itself is ever allocated. */
#include "base/text.h"
#include "crypto/crl_impl.h"

#include <stdlib.h>

enum { FEW = 24 }; /* records that are sorted by insertion */

struct entry {
    struct slice serial; /* without leading zeros */
    uint32_t revoked_s;
    uint8_t reason;
};

static const char *read_reason(struct slice value, bool delta, uint8_t *ret)
{
    struct slice content;

    if (!crl_der_take(&value, CRL_TAG_ENUMERATED, &content) || value.len > 0 || content.len != 1)
        return "its reason code is not of DER";
    uint8_t code = slice_u8(content)[0];
    if (code > REASON_AA_COMPROMISE || code == 7)
        return "its reason code is unknown";
    if (code == REASON_REMOVE_FROM_CRL && !delta)
        return "removeFromCRL in a list that is no delta";
    *ret = code;
    return NULL;
}

static const char *read_extensions(struct slice extensions, bool delta, uint8_t *ret_reason)
{
    bool seen = false;

    while (extensions.len > 0) {
        struct crl_extension ext;
        const char *fault = crl_extension_next(&extensions, &ext);
        if (fault)
            return fault;
        if (ext.id == CRL_EXT_CERTIFICATE_ISSUER)
            return "it names another certificate issuer: indirect lists are not supported";
        if (ext.id == CRL_EXT_REASON) {
            if (seen)
                return "it has two reason codes";
            seen = true;
            fault = read_reason(ext.value, delta, ret_reason);
            if (fault)
                return fault;
        } else if (ext.critical) {
            return "it has a critical extension that is not known here";
        }
    }
    return NULL;
}

static const char *read_date(struct slice *rest, uint32_t *ret)
{
    struct der_item item;
    int64_t seconds;

    if (!crl_der_next(rest, &item) || !crl_der_time(&item, &seconds))
        return "its revocation date is not of DER";
    if (seconds < 0 || seconds > UINT32_MAX)
        return "its revocation date is before 1970 or after 2106";
    *ret = (uint32_t)seconds;
    return NULL;
}

static enum status refuse_entry(size_t number, const char *what, const char *fault, struct err *err)
{
    return RAISE_CAUSE(err, ST_FORMAT, "crlEntry", NULL, NULL, "CRL: entry %zu: %s%s", number, what,
                       fault);
}

/* number: the entry's place, from 1. */
static enum status next_entry(struct slice *rest, bool delta, size_t number, struct entry *ret,
                              struct err *err)
{
    struct slice content;
    struct slice serial;
    struct slice extensions;

    if (!crl_der_take(rest, DER_SEQUENCE, &content))
        return refuse_entry(number, "", "it is no SEQUENCE of DER", err);
    if (!crl_der_take(&content, DER_INTEGER, &serial))
        return refuse_entry(number, "", "its serial number is not of DER", err);
    const char *fault = crl_der_unsigned(serial, CRL_SERIAL_MAX, &ret->serial);
    if (fault)
        return refuse_entry(number, "its serial number is ", fault, err);
    ret->reason = REASON_UNSPECIFIED;
    fault = read_date(&content, &ret->revoked_s);
    if (!fault && content.len > 0) {
        if (!crl_der_take(&content, DER_SEQUENCE, &extensions) || content.len > 0)
            fault = "what follows its date is not of DER";
        else
            fault = read_extensions(extensions, delta, &ret->reason);
    }
    return fault ? refuse_entry(number, "", fault, err) : ST_OK;
}

static enum status measure(struct slice entries, bool delta, struct crl_table *ret, struct err *err)
{
    struct crl_table table = { .width = 1 };
    struct entry entry = { 0 };

    while (entries.len > 0) {
        table.count++;
        TRY(next_entry(&entries, delta, table.count, &entry, err));
        if (entry.serial.len > table.width)
            table.width = entry.serial.len;
    }
    *ret = table;
    return ST_OK;
}

static void write_record(const struct crl_table *table, size_t i, const struct entry *entry)
{
    uint8_t *at = table->at + i * crl_stride(table);
    size_t zeros = table->width - entry->serial.len;

    memset(at, 0, zeros);
    if (entry->serial.len > 0)
        memcpy(at + zeros, entry->serial.at, entry->serial.len);
    at += table->width;
    for (int shift = 24; shift >= 0; shift -= 8)
        *at++ = (uint8_t)(entry->revoked_s >> shift);
    *at = entry->reason;
}

enum status crl_table_make(struct crl_table *table, size_t count, size_t width, struct err *err)
{
    *table = (struct crl_table){ .count = count, .width = width };
    if (count == 0)
        return ST_OK;
    table->at = malloc(count * (width + CRL_RECORD_TAIL));
    if (!table->at)
        return RAISE(err, ST_NOMEM, "CRL: out of memory for %zu entries", count);
    return ST_OK;
}

static void swap(uint8_t *a, uint8_t *b, size_t stride)
{
    uint8_t kept[CRL_RECORD_MAX];

    memcpy(kept, a, stride);
    memcpy(a, b, stride);
    memcpy(b, kept, stride);
}

static void sort_few(uint8_t *at, size_t count, size_t stride, size_t width)
{
    uint8_t kept[CRL_RECORD_MAX];

    for (size_t i = 1; i < count; i++) {
        size_t place = i;
        while (place > 0 && memcmp(at + (place - 1) * stride, at + i * stride, width) > 0)
            place--;
        memcpy(kept, at + i * stride, stride);
        memmove(at + (place + 1) * stride, at + place * stride, (i - place) * stride);
        memcpy(at + place * stride, kept, stride);
    }
}

/* In-place radix sort («American flag») from this byte of the serial on: at most 20 levels deep,
 * and a list that its maker arranged badly costs no more than any other. */
static void sort_from(uint8_t *at, size_t count, const struct crl_table *table, size_t byte)
{
    size_t stride = crl_stride(table);
    size_t next[256] = { 0 };
    size_t end[256];
    size_t begin = 0;

    if (count <= FEW) {
        sort_few(at, count, stride, table->width);
        return;
    }
    for (size_t i = 0; i < count; i++)
        next[at[i * stride + byte]]++;
    for (size_t value = 0; value < 256; value++) {
        end[value] = begin + next[value];
        next[value] = begin;
        begin = end[value];
    }
    for (size_t value = 0; value < 256; value++)
        while (next[value] < end[value]) {
            uint8_t *record = at + next[value] * stride;
            size_t home = record[byte];
            if (home != value)
                swap(record, at + next[home] * stride, stride);
            next[home]++;
        }
    begin = 0;
    for (size_t value = 0; byte + 1 < table->width && value < 256; value++) {
        sort_from(at + begin * stride, end[value] - begin, table, byte + 1);
        begin = end[value];
    }
}

void crl_table_sort(struct crl_table *table)
{
    if (table->count > 1)
        sort_from(table->at, table->count, table, 0);
}

size_t crl_table_disorder(const struct crl_table *table)
{
    size_t stride = crl_stride(table);

    for (size_t i = 1; i < table->count; i++)
        if (memcmp(table->at + (i - 1) * stride, table->at + i * stride, table->width) >= 0)
            return i;
    return table->count;
}

/* RFC 5280 does not say which of two entries would count. */
static enum status refuse_duplicate(const struct crl_table *table, struct err *err)
{
    size_t i = crl_table_disorder(table);
    char serial[2 * CRL_SERIAL_MAX + 1];

    if (i == table->count)
        return ST_OK;
    text_hex(slice_mem(table->at + i * crl_stride(table), table->width), serial);
    return RAISE_CAUSE(err, ST_FORMAT, "crlDuplicate", NULL, NULL,
                       "CRL: serial number %s stands in it twice", serial);
}

enum status crl_read_entries(struct crl *crl, struct slice entries, struct err *err)
{
    bool delta = crl_is_delta(crl);
    struct crl_table size;
    struct entry entry = { 0 };

    TRY(measure(entries, delta, &size, err));
    TRY(crl_table_make(&crl->table, size.count, size.width, err));
    for (size_t i = 0; i < size.count; i++) {
        TRY(next_entry(&entries, delta, i + 1, &entry, err));
        write_record(&crl->table, i, &entry);
    }
    crl->facts.count = size.count;
    crl_table_sort(&crl->table);
    return refuse_duplicate(&crl->table, err);
}

size_t crl_table_bytes(const struct crl *crl)
{
    return crl->table.count * crl_stride(&crl->table);
}

bool crl_find(const struct crl *crl, struct slice serial, struct crl_entry *ret)
{
    const struct crl_table *table = &crl->table;
    uint8_t key[CRL_SERIAL_MAX] = { 0 };
    size_t low = 0;
    size_t high = table->count;

    while (serial.len > 0 && serial.at[0] == 0)
        serial = slice_skip(serial, 1);
    if (serial.len > table->width)
        return false;
    if (serial.len > 0)
        memcpy(key + table->width - serial.len, serial.at, serial.len);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const uint8_t *at = table->at + middle * crl_stride(table);
        int order = memcmp(at, key, table->width);
        if (order == 0) {
            at += table->width;
            uint32_t seconds =
                (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
            *ret = (struct crl_entry){ (int64_t)seconds * 1000, (enum crl_reason)at[4] };
            return true;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}
