#include "sandbox/index.h"

#include "base/bytes.h"
#include "base/clock.h"
#include "base/text.h"
#include "sandbox/file.h"

#include <stdlib.h>

enum { INDEX_BYTES_MAX = 4 * 1024 * 1024, FIELDS = 6, GROW = 32 };

struct index {
    struct index_entry *at;
    size_t count;
    size_t cap;
};

/* RFC 5280's names, by number; 7 is not used. */
static const char *const reasons[] = { "unspecified",    "keyCompromise",
                                       "cACompromise",   "affiliationChanged",
                                       "superseded",     "cessationOfOperation",
                                       "certificateHold" };

enum { REASON_COUNT = sizeof(reasons) / sizeof(reasons[0]) };

static bool reason_parse(struct slice word, int *ret)
{
    for (int i = 0; i < REASON_COUNT; i++) {
        if (slice_eq_str(word, reasons[i])) {
            *ret = i;
            return true;
        }
    }
    return false;
}

/* The next word up to a space; the last one is empty. */
static struct slice next_word(struct slice *rest)
{
    size_t n = 0;
    struct slice word;

    while (n < rest->len && rest->at[n] != ' ')
        n++;
    word = (struct slice){ rest->at, n };
    *rest = slice_skip(*rest, n < rest->len ? n + 1 : n);
    return word;
}

static bool parse_line(struct slice line, struct index_entry *ret)
{
    struct slice word[FIELDS];
    struct time_span span = { 0, 0 };
    struct index_entry entry = { .revoked = false };

    for (size_t i = 0; i < FIELDS; i++)
        word[i] = next_word(&line);
    entry.revoked = slice_eq_str(word[2], "revoked");
    if (!entry.revoked && !slice_eq_str(word[2], "good"))
        return false;
    if (entry.revoked && (!time_parse(word[3], &span) || !reason_parse(word[4], &entry.reason)))
        return false;
    entry.revoked_ms = span.from_ms;
    if (!text_copy_slice(entry.family, sizeof(entry.family), word[0]) ||
        !text_copy_slice(entry.serial, sizeof(entry.serial), word[1]) ||
        !text_copy_slice(entry.name, sizeof(entry.name), word[5]) || word[1].len == 0)
        return false;
    *ret = entry;
    return true;
}

static enum status parse(struct slice text, struct index *index, struct err *err)
{
    for (unsigned number = 1; text.len > 0; number++) {
        const char *end = memchr(text.at, '\n', text.len);
        size_t len = end ? (size_t)(end - text.at) : text.len;
        struct index_entry entry;

        if (len > 0) {
            if (!parse_line((struct slice){ text.at, len }, &entry))
                return RAISE(err, ST_FORMAT, "the sandbox's index: line %u cannot be read", number);
            TRY(index_add(index, &entry, err));
        }
        text = slice_skip(text, end ? len + 1 : len);
    }
    return ST_OK;
}

enum status index_load(const char *dir, struct index **ret_index, struct err *err)
{
    char path[FILE_PATH_MAX];
    AUTO(bytes_free) struct bytes *text = NULL;
    AUTO(index_free) struct index *index = calloc(1, sizeof(*index));

    if (!index)
        return RAISE(err, ST_NOMEM, "out of memory");
    TRY(file_path(path, dir, "index", err));
    if (file_exists(path)) {
        TRY(file_read(path, INDEX_BYTES_MAX, &text, err));
        TRY(parse(bytes_slice(text), index, err));
    }
    *ret_index = TAKE(index);
    return ST_OK;
}

enum status index_save(const char *dir, const struct index *index, struct err *err)
{
    char path[FILE_PATH_MAX];
    AUTO(bytes_free) struct bytes *text = bytes_new(INDEX_BYTES_MAX);

    if (!text)
        return RAISE(err, ST_NOMEM, "out of memory");
    TRY(file_path(path, dir, "index", err));
    for (size_t i = 0; i < index->count; i++) {
        const struct index_entry *e = &index->at[i];
        char when[TIME_TEXT] = "-";

        if (e->revoked)
            time_utc_text(e->revoked_ms, when);
        bytes_addf(text, "%s %s %s %s %s %s\n", e->family, e->serial,
                   e->revoked ? "revoked" : "good", when, e->revoked ? reasons[e->reason] : "-",
                   e->name);
    }
    TRY(bytes_check(text, "the sandbox's index", err));
    return file_write(path, bytes_slice(text), 0644, err);
}

void index_free(struct index *index)
{
    if (index)
        free(index->at);
    free(index);
}

size_t index_count(const struct index *index)
{
    return index->count;
}

const struct index_entry *index_at(const struct index *index, size_t i)
{
    return &index->at[i];
}

const struct index_entry *index_find(const struct index *index, const char *family,
                                     const char *serial)
{
    for (size_t i = 0; i < index->count; i++)
        if (strcmp(index->at[i].family, family) == 0 && strcmp(index->at[i].serial, serial) == 0)
            return &index->at[i];
    return NULL;
}

enum status index_add(struct index *index, const struct index_entry *entry, struct err *err)
{
    if (index->count >= INDEX_MAX)
        return RAISE(err, ST_CONFLICT, "the sandbox's index is full (%d certificates)", INDEX_MAX);
    if (index->count == index->cap) {
        size_t cap = index->cap + GROW + index->cap / 2;
        struct index_entry *at = realloc(index->at, cap * sizeof(*at));

        if (!at)
            return RAISE(err, ST_NOMEM, "out of memory");
        index->at = at;
        index->cap = cap;
    }
    index->at[index->count++] = *entry;
    return ST_OK;
}

enum status index_revoke(struct index *index, const char *serial, int reason, int64_t now_ms,
                         struct err *err)
{
    if (reason < 0 || reason >= REASON_COUNT)
        return RAISE(err, ST_INPUT, "no such reason of revocation: %d", reason);
    for (size_t i = 0; i < index->count; i++) {
        struct index_entry *e = &index->at[i];

        if (strcmp(e->serial, serial) != 0)
            continue;
        if (e->revoked)
            return RAISE(err, ST_CONFLICT, "%s/%s is revoked already", e->family, e->name);
        e->revoked = true;
        e->revoked_ms = now_ms;
        e->reason = reason;
        return ST_OK;
    }
    return RAISE(err, ST_NOT_FOUND, "the sandbox has issued no certificate with the serial %s",
                 serial);
}
