/* What people do with shepctl and must be on record: a journal of its own beside the service's,
 * which holds the lock of that. Folder JOURNALDIR/ctl, instance NAME.ctl; the lines are shipped to
 * the same table. Who writes none is shown nothing. */
#pragma once

#include "base/auto.h"
#include "base/clock.h"
#include "conf/conf.h"
#include "journal/journal.h"
#include "store/store.h"

struct audit;

struct audit_params {
    const struct conf *conf; /* for the call only */
    struct store *store;     /* where lines are shipped to, borrowed; NULL: at the next time */
    const struct clock *clock;
    int64_t wait_ms; /* for another shepctl that is writing */
    bool root_may;   /* root writes as the journal's user, and is that until audit_close() */
};
enum { AUDIT_WAIT_MS = 10 * 1000 };

/**
 * ST_INPUT        not the user whose journal it is: files of another user would shut him out
 * ST_UNAVAILABLE  another shepctl wrote for longer than wait_ms, or the folder cannot be written
 * ST_CONFLICT     the journal there is broken, or another instance's
 * *ret_audit is the caller's.
 */
MUST_USE enum status audit_open(const struct audit_params *params, struct audit **ret_audit,
                                struct err *err);
/* Ships what it can within 5 s. NULL is fine. */
void audit_close(struct audit *audit);
DEFINE_AUTO(struct audit, audit_close)

/* The Unix user who runs the command; behind sudo also who called that: aidar(shepd). */
const char *audit_account(const struct audit *audit);
/* A log-in has shown who it is: NAME@UNIXUSER from here on. */
void audit_name(struct audit *audit, const char *name);
/* For rooms that write lines of their own; borrowed. */
struct journal *audit_journal(struct audit *audit);

/* One line, on disk when it returns; account, address and times are filled in. ST_UNAVAILABLE. */
MUST_USE enum status audit_write(struct audit *audit, const struct event *event, struct err *err);
