/* A ledger from inside: for ledger.c, ledger_acts.c and ledger_vendors.c alone. */
#pragma once

#include "base/arena.h"
#include "coid/ledger.h"

enum { LEDGER_MONTHS_MAX = 14 }; /* that LEDGER_DAYS_MAX can touch */

/* A comparison on one side. */
struct item {
    const char *key;
    const char *result;
    int32_t day; /* here: when it was asked for; 0: unclear */
    uint8_t vendor;
    enum coid_state state;      /* here */
    const char *refused_code;   /* here */
    const struct item *partner; /* here: ЦОИД's */
};
struct side {
    struct item *at;
    size_t count, room;
};

/* Numbers of one day and vendor. */
struct tally {
    int64_t here, listed, in_act;
};

/* How the act of a day's month counts. */
enum act_kind { ACT_NONE, ACT_BY_DAY, ACT_BY_MONTH };

struct month_sums {
    int32_t month; /* yyyymm */
    int32_t date;  /* of its rows */
    int64_t in_act[LEDGER_VENDORS_MAX];
};

struct ledger {
    struct coid_days days;
    int32_t today;
    int day_count;
    int32_t last_day;
    struct side here, there;
    struct coid_finding *findings;
    size_t finding_count, finding_room;
    struct tally (*tallies)[LEDGER_VENDORS_MAX]; /* by day of the period */
    enum act_kind acts[LEDGER_DAYS_MAX];         /* by day of the period */
    struct month_sums months[LEDGER_MONTHS_MAX];
    size_t month_count;
    const char *vendors[LEDGER_VENDORS_MAX];
    size_t vendor_count;
    struct arena *arena;
};

/* NULL: the day is unclear or of another period. */
struct tally *ledger_tally_of(struct ledger *ledger, int32_t day, uint8_t vendor);
/* The place of its name among the ledger's, where it is put if need be. */
MUST_USE enum status ledger_vendor_index(struct ledger *ledger, const char *text, uint8_t *ret,
                                         struct err *err);

struct difference {
    enum coid_difference what;
    const char *key;
    int32_t day;
    uint8_t vendor;
    const char *here, *there; /* for the call */
};

MUST_USE enum status ledger_add_finding(struct ledger *ledger, const struct difference *d,
                                        struct err *err);

MUST_USE enum status ledger_compare_acts(struct ledger *ledger, struct coid_reconciled *ret,
                                         struct err *err);
