#include "coid/ledger_impl.h"

#include "base/day.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Over this two results differ: some of ЦОИД's reports have single precision. */
#define RESULT_TOLERANCE 1e-6

enum {
    ARENA_MAX_BYTES = 256 * 1024 * 1024,
    FIRST_ROOM = 1024,
    TEXT_MAX = 320,
};

enum status ledger_new(const struct coid_days *days, int32_t today, struct ledger **ret_ledger,
                       struct err *err)
{
    char text[DAY_TEXT];
    int32_t day;
    bool are_days = true;

    for (int i = 0; i < 2; i++) {
        day_text(i ? days->to : days->from, text);
        are_days = are_days && day_parse(slice_str(text), &day);
    }
    int count = are_days ? day_count(days->from, days->to) : 0;
    if (count < 1 || count > LEDGER_DAYS_MAX)
        return RAISE_CAUSE(err, ST_INPUT, "periodInvalid", "toDate", "366 days",
                           "the period must have 1 to %d days", LEDGER_DAYS_MAX);
    AUTO(ledger_free) struct ledger *ledger = calloc(1, sizeof(*ledger));
    if (ledger) {
        ledger->arena = arena_new(ARENA_MAX_BYTES);
        ledger->tallies = calloc((size_t)count, sizeof(*ledger->tallies));
    }
    if (!ledger || !ledger->arena || !ledger->tallies)
        return RAISE(err, ST_NOMEM, "reconciliation: out of memory");
    ledger->days = *days;
    ledger->today = today;
    ledger->day_count = count;
    ledger->last_day = days->to;
    *ret_ledger = TAKE(ledger);
    return ST_OK;
}

void ledger_free(struct ledger *ledger)
{
    if (!ledger)
        return;
    free(ledger->here.at);
    free(ledger->there.at);
    free(ledger->findings);
    free(ledger->tallies);
    arena_free(ledger->arena);
    free(ledger);
}

/* ---- small things ---- */

/* One more place of size bytes behind count of them; NULL: out of memory. */
static void *grow(void *at, size_t size, size_t count, size_t *room)
{
    size_t wanted = *room ? 2 * *room : FIRST_ROOM;

    if (count < *room)
        return at;
    at = realloc(at, wanted * size); /* LEDGER_MAX keeps it small */
    if (at)
        *room = wanted;
    return at;
}

static enum status keep_text(struct ledger *ledger, struct slice text, const char **ret,
                             struct err *err)
{
    *ret = arena_text(ledger->arena, text);
    return *ret ? ST_OK : RAISE(err, ST_NOMEM, "reconciliation: out of memory");
}

static enum status add_item(struct side *side, const struct item *item, struct err *err)
{
    if (side->count == LEDGER_MAX)
        return RAISE_CAUSE(err, ST_INPUT, "periodTooLarge", "toDate", "500000 comparisons",
                           "the period has over %d comparisons: take a shorter one", LEDGER_MAX);
    struct item *at = grow(side->at, sizeof(*at), side->count, &side->room);
    if (!at)
        return RAISE(err, ST_NOMEM, "reconciliation: out of memory");
    side->at = at;
    side->at[side->count++] = *item;
    return ST_OK;
}

static bool in_period(const struct ledger *ledger, int32_t day)
{
    return day == 0 || (day >= ledger->days.from && day <= ledger->days.to);
}

struct tally *ledger_tally_of(struct ledger *ledger, int32_t day, uint8_t vendor)
{
    if (day == 0 || !in_period(ledger, day))
        return NULL;
    return &ledger->tallies[day_count(ledger->days.from, day) - 1][vendor];
}

int32_t ledger_day_of(const struct coid_date *date)
{
    const char *t = date->text;
    char text[DAY_TEXT];
    int32_t day = 0;

    if (strlen(date->meaning) >= DAY_TEXT - 1)
        (void)text_format(text, sizeof(text), "%.10s", date->meaning);
    else if (strlen(t) >= DAY_TEXT - 1 && t[2] == '.' && t[5] == '.')
        (void)text_format(text, sizeof(text), "%.4s-%.2s-%.2s", t + 6, t + 3, t);
    else
        (void)text_format(text, sizeof(text), "%.10s", t);
    return day_parse(slice_str(text), &day) ? day : 0;
}

/* ---- what is laid side by side ---- */

static enum status make_here(struct ledger *ledger, const struct coid_call *call, struct item *ret,
                             struct err *err)
{
    ret->day = call->asked_ms > 0 ? day_of(call->asked_ms) : call->day;
    ret->state = call->state;
    TRY(keep_text(ledger, slice_str(call->key.text), &ret->key, err));
    TRY(keep_text(ledger, slice_str(call->result), &ret->result, err));
    TRY(keep_text(ledger, slice_str(call->refused_code), &ret->refused_code, err));
    return ledger_vendor_index(ledger, call->vendor_name, &ret->vendor, err);
}

enum status ledger_add_call(struct ledger *ledger, const struct coid_call *call, struct err *err)
{
    struct item item = { 0 };

    TRY(make_here(ledger, call, &item, err));
    if (item.day > ledger->last_day)
        ledger->last_day = item.day;
    return add_item(&ledger->here, &item, err);
}

enum status ledger_add_transaction(struct ledger *ledger,
                                   const struct coid_transaction *transaction, struct err *err)
{
    struct item item = { .day = ledger_day_of(&transaction->date_time) };
    struct slice key = slice_trim(slice_str(transaction->idempotency_key));
    struct id id;

    /* one UUID in two spellings is one key */
    TRY(keep_text(ledger, id_parse(key, &id) ? slice_str(id.text) : key, &item.key, err));
    TRY(keep_text(ledger, slice_str(transaction->similarity), &item.result, err));
    TRY(ledger_vendor_index(ledger, transaction->vendor_name, &item.vendor, err));
    return add_item(&ledger->there, &item, err);
}

int32_t ledger_last_day(const struct ledger *ledger)
{
    return ledger->last_day;
}

/* ---- findings ---- */

enum status ledger_add_finding(struct ledger *ledger, const struct difference *d, struct err *err)
{
    struct coid_finding finding = { .difference = d->what,
                                    .idempotency_key = d->key,
                                    .day = d->day,
                                    .vendor = ledger->vendors[d->vendor] };

    TRY(keep_text(ledger, slice_str(d->here), &finding.here, err));
    TRY(keep_text(ledger, slice_str(d->there), &finding.there, err));
    struct coid_finding *at =
        grow(ledger->findings, sizeof(*at), ledger->finding_count, &ledger->finding_room);
    if (!at)
        return RAISE(err, ST_NOMEM, "reconciliation: out of memory");
    ledger->findings = at;
    ledger->findings[ledger->finding_count++] = finding;
    return ST_OK;
}

static bool results_agree(const char *a, const char *b)
{
    char *end_a, *end_b;
    double x = strtod(a, &end_a);
    double y = strtod(b, &end_b);

    if (end_a == a || *end_a || end_b == b || *end_b)
        return strcmp(a, b) == 0;
    return fabs(x - y) <= RESULT_TOLERANCE;
}

static enum status compare_pair(struct ledger *ledger, const struct item *here,
                                const struct item *there, struct err *err)
{
    static const char *const states[] = { [COID_WRITTEN] = "written",
                                          [COID_ASKED] = "asked",
                                          [COID_DONE] = "done",
                                          [COID_REFUSED] = "refused" };
    struct difference d = { .key = here->key, .day = there->day, .vendor = there->vendor };
    char text[TEXT_MAX];

    if (here->state != COID_DONE) {
        (void)text_format(text, sizeof(text), "%s%s%s", states[here->state],
                          *here->refused_code ? " " : "", here->refused_code);
        d.what = COID_STATE_DIFFERS;
        d.here = text;
        d.there = there->result;
        return ledger_add_finding(ledger, &d, err);
    }
    if (here->vendor != there->vendor) {
        d.what = COID_VENDOR_DIFFERS;
        d.here = ledger->vendors[here->vendor];
        d.there = ledger->vendors[there->vendor];
        TRY(ledger_add_finding(ledger, &d, err));
    }
    if (results_agree(here->result, there->result))
        return ST_OK;
    d.what = COID_RESULT_DIFFERS;
    d.here = here->result;
    d.there = there->result;
    return ledger_add_finding(ledger, &d, err);
}

/* A listed comparison and what we have of it, if anything; both in the period. */
static enum status judge_listed(struct ledger *ledger, const struct item *here,
                                const struct item *there, struct coid_reconciled *sums,
                                struct err *err)
{
    const struct difference unknown = { .what = COID_UNKNOWN_HERE,
                                        .key = there->key,
                                        .day = there->day,
                                        .vendor = there->vendor,
                                        .here = "",
                                        .there = there->result };

    if (!here)
        return ledger_add_finding(ledger, &unknown, err);
    if (here->state == COID_DONE) {
        struct tally *tally = ledger_tally_of(ledger, there->day, here->vendor);
        if (tally)
            tally->here++;
        sums->here++;
    }
    return compare_pair(ledger, here, there, err);
}

static int compare_items(const void *a, const void *b)
{
    const struct item *x = a;
    const struct item *y = b;
    int order = strcmp(x->key, y->key);

    return order ? order : (x->day > y->day) - (x->day < y->day);
}

static struct item *find_here(struct side *here, const char *key)
{
    size_t from = 0;
    size_t to = here->count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int order = strcmp(here->at[middle].key, key);

        if (order == 0)
            return &here->at[middle];
        if (order < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return NULL;
}

/* A listed key that the period's calls have not: of another day, or not ours. */
static enum status find_elsewhere(struct ledger *ledger, const struct ledger_find *find,
                                  const struct item *there, struct coid_reconciled *sums,
                                  struct err *err)
{
    struct coid_call call;
    struct item here = { 0 };
    struct id id;

    if (!id_parse(slice_str(there->key), &id))
        return judge_listed(ledger, NULL, there, sums, err);
    enum status status = find->call(find->ctx, &id, &call, err);
    if (status == ST_NOT_FOUND)
        return judge_listed(ledger, NULL, there, sums, err);
    if (status != ST_OK)
        return status;
    TRY(make_here(ledger, &call, &here, err));
    return judge_listed(ledger, &here, there, sums, err);
}

static enum status judge_twice(struct ledger *ledger, const struct item *first,
                               const struct item *again, struct err *err)
{
    const struct difference d = { .what = COID_TWICE_THERE,
                                  .key = again->key,
                                  .day = again->day,
                                  .vendor = again->vendor,
                                  .here = first->result,
                                  .there = again->result };

    return ledger_add_finding(ledger, &d, err);
}

static enum status compare_there(struct ledger *ledger, const struct ledger_find *find,
                                 struct coid_reconciled *ret, struct err *err)
{
    for (size_t i = 0; i < ledger->there.count; i++) {
        const struct item *there = &ledger->there.at[i];
        bool is_twice = i > 0 && strcmp(there[-1].key, there->key) == 0;
        struct item *here = find_here(&ledger->here, there->key);
        struct tally *tally = ledger_tally_of(ledger, there->day, there->vendor);

        if (here)
            here->partner = there;
        if (!in_period(ledger, there->day) || (is_twice && there->day == 0))
            continue; /* without a day it may have come with more than one */
        ret->there++;
        if (tally)
            tally->listed++;
        if (is_twice)
            TRY(judge_twice(ledger, &there[-1], there, err));
        else if (here)
            TRY(judge_listed(ledger, here, there, ret, err));
        else
            TRY(find_elsewhere(ledger, find, there, ret, err));
    }
    return ST_OK;
}

static enum status compare_here(struct ledger *ledger, struct coid_reconciled *ret, struct err *err)
{
    for (size_t i = 0; i < ledger->here.count; i++) {
        const struct item *here = &ledger->here.at[i];
        const struct difference missing = { .what = COID_UNKNOWN_THERE,
                                            .key = here->key,
                                            .day = here->day,
                                            .vendor = here->vendor,
                                            .here = here->result,
                                            .there = "" };

        if (here->partner)
            continue;
        ret->here += here->state == COID_DONE;
        ret->open += here->state == COID_WRITTEN || here->state == COID_ASKED;
        if (here->state != COID_DONE)
            continue;
        struct tally *tally = ledger_tally_of(ledger, here->day, here->vendor);
        if (tally)
            tally->here++;
        TRY(ledger_add_finding(ledger, &missing, err));
    }
    return ST_OK;
}

static int compare_findings(const void *a, const void *b)
{
    const struct coid_finding *x = a;
    const struct coid_finding *y = b;

    if (x->day != y->day)
        return x->day < y->day ? -1 : 1;
    if (x->difference != y->difference)
        return x->difference < y->difference ? -1 : 1;
    int order = strcmp(x->idempotency_key, y->idempotency_key);
    return order ? order : strcmp(x->vendor, y->vendor);
}

/* qsort() takes no NULL. */
static void sort_by(void *at, size_t count, size_t size, int (*order)(const void *, const void *))
{
    if (count > 1)
        qsort(at, count, size, order);
}

enum status ledger_compare(struct ledger *ledger, const struct ledger_find *find,
                           coid_tell_finding *tell, void *ctx, struct coid_reconciled *ret,
                           struct err *err)
{
    struct coid_reconciled sums = { 0 };

    sort_by(ledger->here.at, ledger->here.count, sizeof(struct item), compare_items);
    sort_by(ledger->there.at, ledger->there.count, sizeof(struct item), compare_items);
    TRY(compare_there(ledger, find, &sums, err));
    TRY(compare_here(ledger, &sums, err));
    TRY(ledger_compare_acts(ledger, &sums, err));
    sort_by(ledger->findings, ledger->finding_count, sizeof(*ledger->findings), compare_findings);
    for (size_t i = 0; i < ledger->finding_count; i++)
        TRY(tell(ctx, &ledger->findings[i], err));
    sums.differences = ledger->finding_count;
    *ret = sums;
    return ST_OK;
}
