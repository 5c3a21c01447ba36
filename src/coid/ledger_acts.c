/* What ЦОИД puts on the bill, by day or by month, beside our numbers (req 2.25). */
#include "base/day.h"
#include "base/text.h"
#include "coid/ledger_impl.h"

enum { NUMBER_TEXT = 80 };

static enum status add_count(int64_t *sum, int64_t count, struct err *err)
{
    if (count < 0 || __builtin_add_overflow(*sum, count, sum))
        return RAISE_CAUSE(err, ST_UPSTREAM, "answerInvalid", "count", NULL,
                           "the act has a number that cannot be meant");
    return ST_OK;
}

/* *ret_only: the one date of all rows, 0: there are several, or none. */
static enum status read_dates(const struct coid_act_row *rows, size_t count, int32_t *ret_only,
                              struct err *err)
{
    *ret_only = 0;
    for (size_t i = 0; i < count; i++) {
        int32_t day = ledger_day_of(&rows[i].date);

        if (day == 0)
            return RAISE_CAUSE(err, ST_UPSTREAM, "answerInvalid", "date", NULL,
                               "the act has a row whose date cannot be read");
        *ret_only = i == 0 || *ret_only == day ? day : -1;
    }
    if (*ret_only < 0)
        *ret_only = 0;
    return ST_OK;
}

static void mark_month(struct ledger *ledger, int32_t month, enum act_kind kind)
{
    for (int i = 0; i < ledger->day_count; i++)
        if (day_add(ledger->days.from, i) / 100 == month)
            ledger->acts[i] = kind;
}

static enum status add_month_sums(struct ledger *ledger, const struct coid_act_row *rows,
                                  size_t count, struct err *err)
{
    struct month_sums *sums = &ledger->months[ledger->month_count - 1];
    uint8_t vendor;

    for (size_t i = 0; i < count; i++) {
        TRY(ledger_vendor_index(ledger, rows[i].vendor_name, &vendor, err));
        TRY(add_count(&sums->in_act[vendor], rows[i].count, err));
    }
    return ST_OK;
}

static enum status add_day_rows(struct ledger *ledger, const struct coid_act_row *rows,
                                size_t count, struct err *err)
{
    uint8_t vendor;

    for (size_t i = 0; i < count; i++) {
        TRY(ledger_vendor_index(ledger, rows[i].vendor_name, &vendor, err));
        struct tally *tally = ledger_tally_of(ledger, ledger_day_of(&rows[i].date), vendor);
        if (tally)
            TRY(add_count(&tally->in_act, rows[i].count, err));
    }
    return ST_OK;
}

enum status ledger_add_act(struct ledger *ledger, int32_t month, const struct coid_act_row *rows,
                           size_t count, struct err *err)
{
    const int32_t first = month * 100 + 1;
    const int32_t last = day_add((month % 100 == 12 ? month + 89 : month + 1) * 100 + 1, -1);
    const int32_t end = last < ledger->today ? last : ledger->today; /* of what it can count */
    int32_t only;

    TRY(read_dates(rows, count, &only, err));
    if (only != first && only != last) {
        mark_month(ledger, month, ACT_BY_DAY);
        return add_day_rows(ledger, rows, count, err);
    }
    if (ledger->days.from > first || ledger->days.to < end ||
        ledger->month_count == LEDGER_MONTHS_MAX)
        return ST_OK; /* sums of more days than are looked at */
    mark_month(ledger, month, ACT_BY_MONTH);
    ledger->months[ledger->month_count++] = (struct month_sums){ .month = month, .date = only };
    return add_month_sums(ledger, rows, count, err);
}

static enum status compare_tally(struct ledger *ledger, const struct tally *tally, int32_t day,
                                 size_t vendor, struct err *err)
{
    char here[NUMBER_TEXT], there[NUMBER_TEXT];
    const struct difference d = { .what = COID_COUNT_DIFFERS,
                                  .key = "",
                                  .day = day,
                                  .vendor = (uint8_t)vendor,
                                  .here = here,
                                  .there = there };

    if (tally->here == tally->in_act)
        return ST_OK;
    (void)text_format(here, sizeof(here), "%lld", (long long)tally->here);
    if (tally->listed == tally->in_act)
        (void)text_format(there, sizeof(there), "%lld", (long long)tally->in_act);
    else
        (void)text_format(there, sizeof(there), "%lld, and %lld transactions",
                          (long long)tally->in_act, (long long)tally->listed);
    return ledger_add_finding(ledger, &d, err);
}

static enum status compare_month(struct ledger *ledger, const struct month_sums *sums,
                                 struct err *err)
{
    for (size_t vendor = 0; vendor < ledger->vendor_count; vendor++) {
        struct tally all = { .in_act = sums->in_act[vendor] };

        for (int i = 0; i < ledger->day_count; i++)
            if (day_add(ledger->days.from, i) / 100 == sums->month) {
                all.here += ledger->tallies[i][vendor].here;
                all.listed += ledger->tallies[i][vendor].listed;
            }
        TRY(compare_tally(ledger, &all, sums->date, vendor, err));
    }
    return ST_OK;
}

enum status ledger_compare_acts(struct ledger *ledger, struct coid_reconciled *ret, struct err *err)
{
    ret->acts_compared = true;
    for (int i = 0; i < ledger->day_count; i++) {
        int32_t day = day_add(ledger->days.from, i);

        if (ledger->acts[i] == ACT_NONE && day <= ledger->today)
            ret->acts_compared = false;
        for (size_t v = 0; ledger->acts[i] == ACT_BY_DAY && v < ledger->vendor_count; v++)
            TRY(compare_tally(ledger, &ledger->tallies[i][v], day, v, err));
    }
    for (size_t i = 0; i < ledger->month_count; i++)
        TRY(compare_month(ledger, &ledger->months[i], err));
    return ST_OK;
}
