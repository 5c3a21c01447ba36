/* shepctl coid usage: comparisons by day, sender and vendor, for who pays for them. */
#include "base/text.h"
#include "ctl/coid.h"
#include "ctl/commands.h"

#include <inttypes.h>

static const struct option_row rows[] = { COID_ROW_CONFIG, COID_ROW_CSV, COID_ROW_JSON };

static const struct usage usage = {
    .command = "shepctl coid usage",
    .arguments = "FROM TO",
    .about = "Counts the comparisons of our records by day, sender and vendor: done (they cost "
             "money), refused by ЦОИД, open.\nFROM and TO are days of Astana, 20261122 or "
             "2026-11-22, both included, 366 at most.\nExit status: 0 done, 1 there are none, 2 "
             "trouble.",
    .rows = rows,
    .row_count = sizeof(rows) / sizeof(rows[0]),
    .min_arguments = 2,
    .max_arguments = 2,
    .set = coid_set_option,
};

static const struct listing_column columns[] = {
    { "day", 10, false }, { "sender", 24, false }, { "vendor", 6, true },
    { "done", 8, true },  { "refused", 8, true },  { "open", 8, true },
};
enum { COLUMNS = sizeof(columns) / sizeof(columns[0]), NUMBER = 24 };

struct tally {
    struct listing *listing;
    int64_t done, refused, open;
};

static enum status tell(void *ctx, const struct coid_usage *u, struct err *err)
{
    struct tally *tally = ctx;
    const int64_t numbers[] = { u->vendor, u->done, u->refused, u->open };
    char day[DAY_TEXT], text[sizeof(numbers) / sizeof(numbers[0])][NUMBER];

    day_text(u->day, day);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        (void)text_format(text[i], NUMBER, "%" PRId64, numbers[i]);
    tally->done += u->done;
    tally->refused += u->refused;
    tally->open += u->open;
    const char *const values[COLUMNS] = { day, u->sender_id, text[0], text[1], text[2], text[3] };
    return listing_add(tally->listing, values, err);
}

static enum status run(const struct coid_options *options, char **arguments, struct err *err)
{
    AUTO(coid_desk_close) struct coid_desk *desk = NULL;
    AUTO(listing_free) struct listing *listing = NULL;
    struct coid_days days;

    TRY(coid_read_period(arguments, &days, err));
    TRY(coid_desk_open(options, false, &desk, err));
    TRY(listing_new(options->form, "usage", columns, COLUMNS, &listing, err));
    struct tally tally = { .listing = listing };
    TRY(store_coid_usage(desk->store, &days, tell, &tally, err));
    const struct listing_sum sums[] = { { "done", tally.done },
                                        { "refused", tally.refused },
                                        { "open", tally.open } };
    TRY(listing_print(listing, sums, sizeof(sums) / sizeof(sums[0]), err));
    return listing_count(listing) ? ST_OK : RAISE(err, ST_NOT_FOUND, "no comparison in the period");
}

int cmd_coid_usage(int argc, char **argv)
{
    struct coid_options options = { .form = LISTING_TEXT };
    char **arguments;
    struct err err;
    int code = ctl_options(&usage, &options, argc, argv, &arguments);

    return code != CTL_GO ? code : coid_exit(usage.command, run(&options, arguments, &err), &err);
}
