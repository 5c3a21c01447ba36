/* Rows for people and for machines: aligned text, CSV (RFC 4180) or JSON, collected first and
 * printed whole, so that nothing is shown before it is on record. */
#pragma once

#include "base/auto.h"
#include "base/bytes.h"
#include "base/err.h"

enum listing_form { LISTING_TEXT, LISTING_CSV, LISTING_JSON };

enum { LISTING_MAX_BYTES = 128 * 1024 * 1024, LISTING_COLUMNS = 16 };

struct listing_column {
    const char *name;
    int width;      /* of text; the last column has none */
    bool is_number; /* of JSON */
};
/* One number about all rows: a line of text, a member of JSON, nothing in CSV. */
struct listing_sum {
    const char *name;
    int64_t value;
};
struct listing;

/* rows: the name of the array in JSON. The columns, at most LISTING_COLUMNS, are borrowed.
 * *ret_listing is the caller's. ST_NOMEM. */
MUST_USE enum status listing_new(enum listing_form form, const char *rows,
                                 const struct listing_column *columns, size_t count,
                                 struct listing **ret_listing, struct err *err);
/* NULL is fine. */
void listing_free(struct listing *listing);
DEFINE_AUTO(struct listing, listing_free)

/* A value for each column, copied; in text and CSV each row stays one line without control
 * characters.
 * ST_NOMEM, also over LISTING_MAX_BYTES; ST_INPUT: a number that is none. */
MUST_USE enum status listing_add(struct listing *listing, const char *const *values,
                                 struct err *err);
size_t listing_count(const struct listing *listing);
/* Ends and prints it. */
MUST_USE enum status listing_print(struct listing *listing, const struct listing_sum *sums,
                                   size_t count, struct err *err);
