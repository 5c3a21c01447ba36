/* The months that the journal's table has, for the files of months.h. For this room only. */
#pragma once

#include "store/db.h"
#include "store/months.h"

enum { MONTHS_MAX = 400 };

/* A statement that must wait gives up soon: whoever writes rows would wait behind it. */
#define ALTER_EVENTS "ALTER TABLE journal_event WAIT 3"
#define MONTHS_LEASE "journal months"

struct months {
    int32_t at[MONTHS_MAX]; /* ascending */
    size_t count;
};
MUST_USE enum status months_read(struct db *db, struct months *ret, struct err *err);
MUST_USE enum status month_read_now(struct db *db, int32_t *ret, struct err *err);
/* store_journal_position() within a transaction. */
MUST_USE enum status months_position(struct db *db, const char *instance, int64_t *ret_seq,
                                     struct err *err);
