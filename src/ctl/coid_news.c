/* shepctl coid news: what ЦОИД told last, as it was fetched (req 2.26, 3.14). */
#include "ctl/coid.h"
#include "ctl/commands.h"

enum { NEWS_USUAL = 20 };

static const struct option_row rows[] = {
    COID_ROW_CONFIG,
    COID_ROW_JSON,
    COID_ROW_CSV,
    { COID_MAX, "max", "N", "how many, the newest first (20)" },
};

static const struct usage usage = {
    .command = "shepctl coid news",
    .arguments = "",
    .about = "Shows the news of ЦОИД that the service has fetched. Calls nobody.\nExit status: 0 "
             "done, 1 there are none, 2 trouble.",
    .rows = rows,
    .row_count = sizeof(rows) / sizeof(rows[0]),
    .set = coid_set_option,
};

static const struct listing_column columns[] = {
    { "seen", 29, false },
    { "date", 10, false },
    { "subject", 30, false },
    { "text", 0, false },
};
enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };

static enum status tell(void *ctx, const struct coid_news *news, int64_t seen_ms, struct err *err)
{
    char seen[TIME_TEXT];

    time_utc_offset_text(seen_ms, seen);
    const char *const values[COLUMNS] = { seen, news->date.text, news->subject, news->text };
    return listing_add(ctx, values, err);
}

static enum status run(const struct coid_options *options, struct err *err)
{
    AUTO(coid_desk_close) struct coid_desk *desk = NULL;
    AUTO(listing_free) struct listing *listing = NULL;

    TRY(coid_desk_open(options, false, &desk, err));
    TRY(listing_new(options->form, "news", columns, COLUMNS, &listing, err));
    TRY(store_coid_news(desk->store, (size_t)options->max, tell, listing, err));
    TRY(listing_print(listing, NULL, 0, err));
    return listing_count(listing) ? ST_OK : RAISE(err, ST_NOT_FOUND, "no news so far");
}

int cmd_coid_news(int argc, char **argv)
{
    struct coid_options options = { .form = LISTING_TEXT, .max = NEWS_USUAL };
    char **arguments;
    struct err err;
    int code = ctl_options(&usage, &options, argc, argv, &arguments);

    return code != CTL_GO ? code : coid_exit(usage.command, run(&options, &err), &err);
}
