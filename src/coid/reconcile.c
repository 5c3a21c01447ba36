/* What ЦОИД has of our comparisons is asked for and laid beside what we have (req 3.06, 3.15). */
#include "base/day.h"
#include "coid/internal.h"
#include "coid/ledger.h"

enum {
    ARENA_MAX_BYTES = 128 * 1024 * 1024, /* of one answer, read */
    TRIES = 2,                           /* of one call, which costs nothing */
    LATE_DAYS_MAX = LEDGER_DAYS_MAX,     /* how long after its day a call may be repeated */
};

/* Of one operation; sender is not looked at. */
typedef enum status operation(struct errand *errand, const struct coid_sender *sender,
                              const struct request *req, struct coid_answer *ret, struct err *err);

/* What is asked for, and where the answer lives. */
struct inquiry {
    struct coid *coid;
    operation *run;
    struct request req;
    struct arena *arena;
};

static enum status ask_once(const struct inquiry *inquiry, struct coid_answer *ret, struct err *err)
{
    struct errand errand;
    struct peer peer;

    errand_begin_own(&errand, inquiry->coid, inquiry->arena, &peer);
    enum status status = inquiry->run(&errand, NULL, &inquiry->req, ret, err);
    errand_end(&errand);
    return status;
}

/* *ret_found: false when ЦОИД has no such report. */
static enum status inquire(const struct inquiry *inquiry, struct coid_answer *ret, bool *ret_found,
                           struct err *err)
{
    enum status status = ST_TIMEOUT;

    if (!inquiry->arena)
        return RAISE(err, ST_NOMEM, "reconciliation: out of memory");
    for (int i = 0; i < TRIES && (status == ST_TIMEOUT || status == ST_UPSTREAM); i++)
        status = ask_once(inquiry, ret, err);
    *ret_found = status == ST_OK;
    return status == ST_INPUT && strcmp(err->code, "reportNotFound") == 0 ? ST_OK : status;
}

static enum status fetch_day(struct coid *coid, struct ledger *ledger, int32_t day, int32_t today,
                             struct err *err)
{
    AUTO(arena_free) struct arena *arena = arena_new(ARENA_MAX_BYTES);
    /* up to the next day: the contract does not say whether the end is a part of the period */
    const struct coid_get_transactions get = { day, day_add(day, day <= today) };
    const struct inquiry inquiry = { .coid = coid,
                                     .run = run_get_transactions,
                                     .req = { .payload.get_transactions = get },
                                     .arena = arena };
    struct coid_answer answer = { 0 };
    bool found = false;

    TRY(inquire(&inquiry, &answer, &found, err));
    for (size_t i = 0; found && i < answer.told.transactions.count; i++) {
        const struct coid_transaction *transaction = &answer.told.transactions.at[i];
        int32_t told = ledger_day_of(&transaction->date_time);

        if (told == day || told == 0)
            TRY(ledger_add_transaction(ledger, transaction, err));
    }
    return ST_OK;
}

/* Of the period, and a day more on either side: midnight is not the same moment here and there. */
static enum status fetch_transactions(struct coid *coid, struct ledger *ledger,
                                      const struct coid_days *days, int32_t today, struct err *err)
{
    int32_t latest = day_add(days->to, LATE_DAYS_MAX);
    int32_t last = ledger_last_day(ledger);

    last = day_add(last < latest ? last : latest, 1);
    if (last > today)
        last = today;
    for (int32_t day = day_add(days->from, -1); day <= last; day = day_add(day, 1))
        TRY(fetch_day(coid, ledger, day, today, err));
    return ST_OK;
}

static enum status fetch_act(struct coid *coid, struct ledger *ledger, int32_t month,
                             struct err *err)
{
    AUTO(arena_free) struct arena *arena = arena_new(ARENA_MAX_BYTES);
    const struct coid_get_act get = { .year = month / 100, .month = month % 100 };
    const struct inquiry inquiry = {
        .coid = coid, .run = run_get_act_detail, .req = { .payload.get_act = get }, .arena = arena
    };
    struct coid_answer answer = { 0 };
    bool found = false;

    TRY(inquire(&inquiry, &answer, &found, err));
    return found ? ledger_add_act(ledger, month, answer.told.act_rows.at,
                                  answer.told.act_rows.count, err)
                 : ST_OK;
}

static enum status fetch_acts(struct coid *coid, struct ledger *ledger,
                              const struct coid_days *days, int32_t today, struct err *err)
{
    int32_t last = (days->to < today ? days->to : today) / 100;

    for (int32_t month = days->from / 100; month <= last; month += month % 100 == 12 ? 89 : 1)
        TRY(fetch_act(coid, ledger, month, err));
    return ST_OK;
}

static enum status add_call(void *ctx, const struct coid_call *call, struct err *err)
{
    return ledger_add_call(ctx, call, err);
}

static enum status find_call(void *ctx, const struct id *key, struct coid_call *ret_call,
                             struct err *err)
{
    const struct coid *coid = ctx;

    return store_coid_find(coid->p.store, NULL, key, ret_call, err);
}

enum status coid_reconcile(struct coid *coid, const struct coid_days *days, coid_tell_finding *tell,
                           void *ctx, struct coid_reconciled *ret, struct err *err)
{
    const struct ledger_find find = { .ctx = coid, .call = find_call };
    const int32_t today = day_of(clock_now(coid->p.clock));
    AUTO(ledger_free) struct ledger *ledger = NULL;

    TRY(ledger_new(days, today, &ledger, err));
    TRY(store_coid_calls(coid->p.store, days, add_call, ledger, err));
    TRY(fetch_transactions(coid, ledger, days, today, err));
    TRY(fetch_acts(coid, ledger, days, today, err));
    return ledger_compare(ledger, &find, tell, ctx, ret, err);
}
