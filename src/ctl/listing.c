#include "ctl/listing.h"

#include "base/text.h"
#include "json/json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROW_MAX_BYTES = 16 * 1024 * 1024 };

struct listing {
    enum listing_form form;
    const struct listing_column *columns;
    size_t column_count;
    size_t rows;
    struct bytes *out;
};

enum status listing_new(enum listing_form form, const char *rows,
                        const struct listing_column *columns, size_t count,
                        struct listing **ret_listing, struct err *err)
{
    AUTO(listing_free) struct listing *listing = calloc(1, sizeof(*listing));

    if (listing)
        listing->out = bytes_new(LISTING_MAX_BYTES);
    if (!listing || !listing->out)
        return RAISE(err, ST_NOMEM, "listing: out of memory");
    listing->form = form;
    listing->columns = columns;
    listing->column_count = count;
    if (form == LISTING_JSON)
        bytes_addf(listing->out, "{\"%s\":[", rows);
    for (size_t i = 0; form == LISTING_CSV && i < count; i++)
        bytes_addf(listing->out, "%s%s", i ? "," : "", columns[i].name);
    for (size_t i = 0; form == LISTING_TEXT && i < count; i++)
        bytes_addf(listing->out, "%-*s%s", i + 1 < count ? columns[i].width : 0, columns[i].name,
                   i + 1 < count ? "  " : "");
    if (form != LISTING_JSON)
        bytes_add_str(listing->out, form == LISTING_CSV ? "\r\n" : "\n");
    *ret_listing = TAKE(listing);
    return ST_OK;
}

void listing_free(struct listing *listing)
{
    if (!listing)
        return;
    bytes_free(listing->out);
    free(listing);
}

/* Characters as a terminal counts them, nearly: bytes that begin one. */
static int width_of(const char *text)
{
    int width = 0;

    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

static void add_text(struct listing *listing, size_t column, const char *value)
{
    int missing = listing->columns[column].width - width_of(value);

    bytes_add_str(listing->out, value);
    if (column + 1 < listing->column_count)
        bytes_addf(listing->out, "%*s", (missing > 0 ? missing : 0) + 2, "");
    else
        bytes_add_str(listing->out, "\n");
}

static void add_csv(struct listing *listing, size_t column, const char *value)
{
    bool is_quoted = value[strcspn(value, ",\"\r\n")] != '\0';

    bytes_add_str(listing->out, column ? "," : "");
    bytes_add_str(listing->out, is_quoted ? "\"" : "");
    for (; *value; value++) {
        bytes_add(listing->out, slice_mem(value, 1));
        if (*value == '"')
            bytes_add_str(listing->out, "\"");
    }
    bytes_add_str(listing->out, is_quoted ? "\"" : "");
    if (column + 1 == listing->column_count)
        bytes_add_str(listing->out, "\r\n");
}

static enum status set_number(struct json *object, const char *name, const char *value,
                              struct err *err)
{
    char *end;

    errno = 0;
    int64_t number = strtoll(value, &end, 10);
    if (errno || end == value || *end)
        return RAISE(err, ST_INPUT, "%s: not a number", name);
    json_set_integer(object, name, number);
    return ST_OK;
}

static enum status add_json(struct listing *listing, char *const *values, struct err *err)
{
    AUTO(json_free) struct json *object = json_new_object();
    AUTO(bytes_free) struct bytes *text = NULL;

    for (size_t i = 0; i < listing->column_count; i++)
        if (listing->columns[i].is_number)
            TRY(set_number(object, listing->columns[i].name, values[i], err));
        else
            json_set_string(object, listing->columns[i].name, slice_str(values[i]));
    TRY(json_print(object, ROW_MAX_BYTES, &text, err));
    bytes_add_str(listing->out, listing->rows ? ",\n" : "\n");
    bytes_add(listing->out, bytes_slice(text));
    return ST_OK;
}

/* One line: what ends lines becomes a blank, what else steers a terminal a '?'. JSON escapes. */
static char *copy_value(const struct listing *listing, const char *value)
{
    char *copy = strdup(value);

    if (!copy || listing->form == LISTING_JSON)
        return copy;
    for (char *at = copy; *at; at++)
        if (*at == '\n' || *at == '\r' || *at == '\t')
            *at = ' ';
    text_make_plain(copy);
    return copy;
}

static enum status add_row(struct listing *listing, char *const *values, struct err *err)
{
    for (size_t i = 0; i < listing->column_count; i++)
        if (!values[i])
            return RAISE(err, ST_NOMEM, "listing: out of memory");
    if (listing->form == LISTING_JSON)
        TRY(add_json(listing, values, err));
    for (size_t i = 0; i < listing->column_count; i++)
        if (listing->form == LISTING_TEXT)
            add_text(listing, i, values[i]);
        else if (listing->form == LISTING_CSV)
            add_csv(listing, i, values[i]);
    listing->rows++;
    return bytes_check(listing->out, "the listing", err);
}

enum status listing_add(struct listing *listing, const char *const *values, struct err *err)
{
    char *copies[LISTING_COLUMNS] = { NULL };

    for (size_t i = 0; i < listing->column_count; i++)
        copies[i] = copy_value(listing, values[i]);
    enum status status = add_row(listing, copies, err);
    for (size_t i = 0; i < listing->column_count; i++)
        free(copies[i]);
    return status;
}

size_t listing_count(const struct listing *listing)
{
    return listing->rows;
}

enum status listing_print(struct listing *listing, const struct listing_sum *sums, size_t count,
                          struct err *err)
{
    struct bytes *out = listing->out;

    if (listing->form == LISTING_JSON)
        bytes_add_str(out, listing->rows ? "\n]" : "]");
    for (size_t i = 0; i < count && listing->form == LISTING_JSON; i++)
        bytes_addf(out, ",\"%s\":%" PRId64, sums[i].name, sums[i].value);
    for (size_t i = 0; i < count && listing->form == LISTING_TEXT; i++)
        bytes_addf(out, "%s%s %" PRId64 "%s", i ? ", " : "", sums[i].name, sums[i].value,
                   i + 1 == count ? "\n" : "");
    if (listing->form == LISTING_JSON)
        bytes_add_str(out, "}\n");
    TRY(bytes_check(out, "the listing", err));
    if (fwrite(out->at, 1, out->len, stdout) != out->len || fflush(stdout) != 0)
        return RAISE(err, ST_INPUT, "cannot write to standard output");
    return ST_OK;
}
