/* The journal's table by months: made ahead of their time, dropped when the archive holds them,
 * brought back for a while (req 0.51). What of the journal lies in the archive is on record here,
 * for all instances. A month is yyyymm; days and months are those of the lines, Astana's. All
 * decisions about time are by the database's clock. Errors as store.h says. Thread-safe. */
#pragma once

#include "store/store.h"

enum {
    MONTHS_AHEAD = 3,     /* made before their time */
    MONTHS_AT_ONCE = 120, /* made by one call; what is older joins the first of them */
    ARCHIVED_FILE_BYTES = 64,
};

/* yyyymm, n months later; n may be negative. */
int32_t month_add(int32_t month, int n);
/* yyyymm; false: not a month of 1970 to 9999. Forms 202611 and 2026-11. */
bool month_parse(struct slice text, int32_t *ret);

/* Makes what is missing of the months from the last one in the table to MONTHS_AHEAD from now, one
 * instance at a time; rows that came before their month was made are moved into it.
 * ret_made: months made; 0 also when another instance is at it. */
MUST_USE enum status store_months_ahead(struct store *store, const char *instance,
                                        unsigned *ret_made, struct err *err);

/* Whether the table holds a month: it was not dropped yet, or it was restored. */
MUST_USE enum status store_month_is_online(struct store *store, int32_t month, bool *ret_online,
                                           struct err *err);
/* The month of the database's clock. */
MUST_USE enum status store_month_now(struct store *store, int32_t *ret_month, struct err *err);

/* ---- what lies in the archive ---- */

struct archived {
    char instance[256];
    uint64_t first, last; /* seq of its lines */
    char file[ARCHIVED_FILE_BYTES];
    int32_t month;
    int32_t first_day, last_day;
    uint8_t sha256[32]; /* of the file as it was written */
    int64_t removed_ms; /* 0: it is in the archive */
};
/* The last line of the instance that the table has, or the archive. 0: none. */
MUST_USE enum status store_journal_position(struct store *store, const char *instance,
                                            uint64_t *ret_seq, struct err *err);
/* Puts it on record; the same again is fine. ST_CONFLICT: another record holds some of its lines.
 */
MUST_USE enum status store_archived_add(struct store *store, const struct archived *file,
                                        struct err *err);
/* Those of the months from..to, by month, instance and seq; what is removed too. tell()'s failure
 * ends it. The database is not waited for while tell() works. */
MUST_USE enum status store_archived_each(struct store *store, int32_t from, int32_t to,
                                         enum status (*tell)(void *ctx, const struct archived *file,
                                                             struct err *err),
                                         void *ctx, struct err *err);
/* On record: the archive's file is gone. */
MUST_USE enum status store_archived_removed(struct store *store, const struct archived *file,
                                            struct err *err);

/* ---- months that leave the table ---- */

struct month_end {
    int32_t month;
    bool gone;
    char why[256]; /* why it stays; "" when it is gone */
};
/* Drops months before `keep`, the oldest first, each only when the archive has every line that
 * stands in it; one that must stay keeps those after it, too. Takes out again what was restored and
 * is past its time. Each is told of after its end (in a dry run: before, and nothing is done).
 * ST_CONFLICT: another instance is at it. */
struct months_end {
    const char *instance;
    int32_t keep;
    bool dry_run;
    enum status (*tell)(void *ctx, const struct month_end *end, struct err *err);
    void *ctx;
};
MUST_USE enum status store_months_end(struct store *store, const struct months_end *params,
                                      struct err *err);

/* On record before the rows come back by store_event_sink(): a month that was dropped is to stand
 * in the table for so many days from now; again: from now on. ST_CONFLICT: it was not dropped. */
MUST_USE enum status store_month_restore(struct store *store, int32_t month, int64_t days,
                                         struct err *err);
/* All its rows are back: it is online. ST_CONFLICT: it is not to be restored any more. */
MUST_USE enum status store_month_restored(struct store *store, int32_t month, struct err *err);
