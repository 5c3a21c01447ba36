#include "sandbox/centre_bills.h"

#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

enum { BUCKETS = 1 << 16, LINE_TEXT = 192, FILE_MAX = BILLS_MAX * 64, FIRST_ROOM = 256 };

struct bills {
    int fd;
    struct bill *at;
    uint32_t *next; /* 1 + the place of the one before it in the bucket; 0: none */
    size_t count;
    size_t room;
    uint32_t buckets[BUCKETS]; /* likewise */
};

static uint32_t *bucket_of(struct bills *bills, struct slice key)
{
    uint32_t hash = 2166136261U; /* FNV-1a */

    for (size_t i = 0; i < key.len; i++)
        hash = (hash ^ (unsigned char)key.at[i]) * 16777619U;
    return &bills->buckets[hash % BUCKETS];
}

const struct bill *bills_find(const struct bills *bills, struct slice key)
{
    uint32_t place = *bucket_of((struct bills *)bills, key);

    while (place && !slice_eq_str(key, bills->at[place - 1].key))
        place = bills->next[place - 1];
    return place ? &bills->at[place - 1] : NULL;
}

size_t bills_count(const struct bills *bills)
{
    return bills->count;
}

const struct bill *bills_at(const struct bills *bills, size_t i)
{
    return &bills->at[i];
}

static enum status make_room(struct bills *bills, struct err *err)
{
    size_t room = bills->room ? 2 * bills->room : FIRST_ROOM;

    if (bills->count < bills->room)
        return ST_OK;
    if (bills->count == BILLS_MAX)
        return RAISE(err, ST_UNAVAILABLE, "ЦОИД keeps %d comparisons at most", BILLS_MAX);
    struct bill *at = realloc(bills->at, room * sizeof(*at));
    if (!at)
        return RAISE(err, ST_NOMEM, "out of memory");
    bills->at = at;
    uint32_t *next = realloc(bills->next, room * sizeof(*next));
    if (!next)
        return RAISE(err, ST_NOMEM, "out of memory");
    bills->next = next;
    bills->room = room;
    return ST_OK;
}

/* There is room. */
static void keep(struct bills *bills, const struct bill *bill)
{
    uint32_t *bucket = bucket_of(bills, slice_str(bill->key));

    bills->at[bills->count] = *bill;
    bills->next[bills->count] = *bucket;
    *bucket = (uint32_t)++bills->count;
}

/* ---- the file: MS KEY IIN VENDOR RESULT ---- */

static bool take_word(struct slice *line, char *dst, size_t size)
{
    const char *blank = memchr(line->at, ' ', line->len);
    struct slice word = { line->at, blank ? (size_t)(blank - line->at) : line->len };

    *line = slice_skip(*line, word.len + (blank ? 1 : 0));
    return word.len > 0 && text_copy_slice(dst, size, word);
}

static bool read_line(struct slice line, struct bill *ret)
{
    char at[24], vendor[12];
    char *end = NULL;

    if (!take_word(&line, at, sizeof(at)) || !take_word(&line, ret->key, sizeof(ret->key)) ||
        !take_word(&line, ret->iin, sizeof(ret->iin)) ||
        !take_word(&line, vendor, sizeof(vendor)) ||
        !take_word(&line, ret->result, sizeof(ret->result)) || line.len > 0)
        return false;
    ret->at_ms = strtoll(at, &end, 10);
    if (*end)
        return false;
    ret->vendor = (int)strtol(vendor, &end, 10);
    return *end == '\0';
}

/* *ret_len: of the whole lines. */
static enum status read_all(struct bills *bills, struct slice text, size_t *ret_len,
                            struct err *err)
{
    const char *from = text.at;
    const char *end;

    while ((end = memchr(text.at, '\n', text.len)) != NULL) {
        struct slice line = { text.at, (size_t)(end - text.at) };
        struct bill bill;

        if (!read_line(line, &bill) || bills_find(bills, slice_str(bill.key)))
            return RAISE(err, ST_INPUT, "line %zu is no comparison of its own", bills->count + 1);
        TRY(make_room(bills, err));
        keep(bills, &bill);
        text = slice_skip(text, line.len + 1);
    }
    *ret_len = (size_t)(text.at - from);
    return ST_OK;
}

static enum status load(struct bills *bills, const char *path, struct err *err)
{
    AUTO(bytes_free) struct bytes *text = NULL;
    size_t whole = 0;

    TRY(file_load(path, FILE_MAX, &text, err));
    if (read_all(bills, bytes_slice(text), &whole, err) != ST_OK)
        return RAISE(err, ST_INPUT, "%s: not what ЦОИД of the sandbox writes; remove it", path);
    if (ftruncate(bills->fd, (off_t)whole) != 0)
        return RAISE(err, ST_INPUT, "%s: %s", path, strerrordesc_np(errno));
    return ST_OK;
}

enum status bills_open(const char *path, struct bills **ret_bills, struct err *err)
{
    AUTO(bills_free) struct bills *bills = calloc(1, sizeof(*bills));

    if (!bills)
        return RAISE(err, ST_NOMEM, "out of memory");
    bills->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (bills->fd < 0)
        return RAISE(err, ST_INPUT, "%s: %s", path, strerrordesc_np(errno));
    TRY(load(bills, path, err));
    *ret_bills = TAKE(bills);
    return ST_OK;
}

void bills_free(struct bills *bills)
{
    if (!bills)
        return;
    if (bills->fd >= 0)
        (void)close(bills->fd);
    free(bills->at);
    free(bills->next);
    free(bills);
}

enum status bills_add(struct bills *bills, const struct bill *bill, struct err *err)
{
    char line[LINE_TEXT];

    if (bills_find(bills, slice_str(bill->key)))
        return RAISE(err, ST_CONFLICT, "key %s is billed already", bill->key);
    TRY(make_room(bills, err));
    (void)text_format(line, sizeof(line), "%" PRId64 " %s %s %d %s\n", bill->at_ms, bill->key,
                      bill->iin, bill->vendor, bill->result);
    if (!file_write_all(bills->fd, slice_str(line)))
        return RAISE(err, ST_INPUT, "ЦОИД's transactions: %s", strerrordesc_np(errno));
    keep(bills, bill);
    return ST_OK;
}

enum status bills_clear(struct bills *bills, struct err *err)
{
    if (ftruncate(bills->fd, 0) != 0)
        return RAISE(err, ST_INPUT, "ЦОИД's transactions: %s", strerrordesc_np(errno));
    bills->count = 0;
    memset(bills->buckets, 0, sizeof(bills->buckets));
    return ST_OK;
}
