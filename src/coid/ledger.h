/* Our comparisons and ЦОИД's reports laid side by side (req 3.06): what differs, key by key and day
 * by day. Asks nobody but the functions it is given. For src/coid only. */
#pragma once

#include "base/auto.h"
#include "coid/coid.h"

enum {
    LEDGER_MAX = 500000, /* comparisons of one side; more are refused */
    LEDGER_DAYS_MAX = 366,
    LEDGER_VENDORS_MAX = 64,
};

struct ledger;

/* today: later days have no acts. ST_INPUT, code periodInvalid: not days, to before from, or over
 * LEDGER_DAYS_MAX. *ret_ledger is the caller's. */
MUST_USE enum status ledger_new(const struct coid_days *days, int32_t today,
                                struct ledger **ret_ledger, struct err *err);
/* NULL is fine. */
void ledger_free(struct ledger *ledger);
DEFINE_AUTO(struct ledger, ledger_free)

/* All is copied. ST_INPUT, code periodTooLarge: over LEDGER_MAX; ST_UPSTREAM, code answerInvalid:
 * over LEDGER_VENDORS_MAX names of vendors, or an act without a date. */
MUST_USE enum status ledger_add_call(struct ledger *ledger, const struct coid_call *call,
                                     struct err *err);
/* Of neighbouring days too: a comparison of midnight stands there under another day than here. */
MUST_USE enum status ledger_add_transaction(struct ledger *ledger,
                                            const struct coid_transaction *transaction,
                                            struct err *err);
/**
 * The act of a month (yyyymm). Whether it counts by day is not written down anywhere, and its
 * example may be read either way: rows that all bear the month's first or last day are its sums,
 * which are compared when the period has all of the month so far; others are compared day by day.
 */
MUST_USE enum status ledger_add_act(struct ledger *ledger, int32_t month,
                                    const struct coid_act_row *rows, size_t count, struct err *err);
/* The last day on which one of our calls was asked for (a repeat may come days later), and at least
 * the period's: up to here ЦОИД's transactions matter. */
int32_t ledger_last_day(const struct ledger *ledger);

/* How a call of another period than the ledger's is found: by its key. ST_NOT_FOUND: none. */
struct ledger_find {
    void *ctx;
    enum status (*call)(void *ctx, const struct id *key, struct coid_call *ret_call,
                        struct err *err);
};
/**
 * Once, after all was added: tells the differences by day. A comparison belongs to the day under
 * which ЦОИД lists it, an unlisted one to the day on which it was asked for.
 * The status of tell or find ends it.
 */
MUST_USE enum status ledger_compare(struct ledger *ledger, const struct ledger_find *find,
                                    coid_tell_finding *tell, void *ctx, struct coid_reconciled *ret,
                                    struct err *err);

/* The day that a date of ЦОИД's names, as read (2021-10-28…) or as written (28.10.2021…); 0:
 * unclear.
 */
int32_t ledger_day_of(const struct coid_date *date);
/* A vendor's name without its tariff step: «Verigram с 1 по 1000» is Verigram. A part of text. */
struct slice ledger_vendor_name(struct slice text);
