/* shepctl coid reconcile: our records against ЦОИД's reports (req 3.06). */
#include "base/text.h"
#include "coid/coid.h"
#include "ctl/coid.h"
#include "ctl/commands.h"
#include "rest/rest.h"
#include "server/coid_room.h"
#include "server/jws_source.h"
#include "server/lists.h"
#include "server/open.h"

#include <inttypes.h>

static const struct option_row rows[] = { COID_ROW_CONFIG, COID_ROW_CSV, COID_ROW_JSON };

static const struct usage usage = {
    .command = "shepctl coid reconcile",
    .arguments = "FROM TO",
    .about =
        "Asks ЦОИД for its transactions and acts, which costs nothing, and lists what differs from "
        "our records:\n"
        "  unknownHere   it lists a comparison that we have not: another system of the same "
        "contract, or somebody with our key\n"
        "  unknownThere  we have a comparison that it does not list\n"
        "  twiceThere    it lists one key more than once\n"
        "  stateDiffers  it compared what is open or refused here: let the caller repeat the "
        "messageId, which costs nothing\n"
        "  vendorDiffers, resultDiffers\n"
        "  countDiffers  the act's number of a day and vendor is not ours\n"
        "FROM and TO are days of Astana, 20261122 or 2026-11-22, both included, 366 at most.\n"
        "Exit status: 0 nothing differs, 1 something does, 2 it could not be learnt.",
    .rows = rows,
    .row_count = sizeof(rows) / sizeof(rows[0]),
    .min_arguments = 2,
    .max_arguments = 2,
    .set = coid_set_option,
};

static const struct listing_column columns[] = {
    { "day", 10, false },    { "difference", 13, false }, { "idempotencyKey", 36, false },
    { "vendor", 12, false }, { "here", 20, false },       { "there", 0, false },
};
enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };

static enum status tell(void *ctx, const struct coid_finding *f, struct err *err)
{
    static const char *const names[] = {
        [COID_UNKNOWN_HERE] = "unknownHere",     [COID_UNKNOWN_THERE] = "unknownThere",
        [COID_TWICE_THERE] = "twiceThere",       [COID_STATE_DIFFERS] = "stateDiffers",
        [COID_VENDOR_DIFFERS] = "vendorDiffers", [COID_RESULT_DIFFERS] = "resultDiffers",
        [COID_COUNT_DIFFERS] = "countDiffers",
    };
    char day[DAY_TEXT] = "";

    if (f->day)
        day_text(f->day, day);
    const char *const values[COLUMNS] = {
        day, names[f->difference], f->idempotency_key, f->vendor, f->here, f->there
    };
    return listing_add(ctx, values, err);
}

/* ---- ЦОИД as the service has it ---- */

/* What stands behind the calls; answers are judged as the service judges them. */
struct line {
    struct trust *trust;
    struct rest *rest;
    struct lists *lists;
    struct trust_io io;
    struct jws_source *source;
    struct upstream *upstream;
    struct coid_room *room;
};

static void line_close(struct line *line)
{
    coid_room_free(line->room);
    upstream_free(line->upstream);
    jws_source_free(line->source);
    lists_stop(line->lists);
    rest_free(line->rest);
    trust_free(line->trust);
}

static enum status fetch(void *ctx, const struct fetch *what, struct bytes **ret_answer,
                         struct err *err)
{
    const struct line *line = ctx;

    return rest_fetch(line->rest, what, ret_answer, err);
}

static void see(void *ctx, const struct cert *subject, const struct cert *issuer)
{
    const struct line *line = ctx;

    lists_see(line->lists, subject, issuer);
}

static enum status find_crl(void *ctx, const struct cert *subject, const struct cert *issuer,
                            int64_t deadline_ms, struct crl_index **ret_index, struct err *err)
{
    const struct line *line = ctx;

    return lists_find(line->lists, subject, issuer, deadline_ms, ret_index, err);
}

static enum status open_lists(const struct coid_desk *desk, struct line *line, struct err *err)
{
    AUTO(bytes_wipe) struct bytes *secret = NULL;

    TRY(secret_load(desk->conf->instance.cluster_key_file, 1, &secret, err));
    const struct lists_params params = { .conf = &desk->conf->trust,
                                         .secret = bytes_slice(secret),
                                         .journal = audit_journal(desk->audit),
                                         .clock = clock_system() };
    return lists_start(&params, &line->lists, err);
}

static enum status open_io(const struct coid_desk *desk, struct line *line, struct err *err)
{
    const struct rest_params rest = { .max_parallel = 4, .user_agent = "shepctl/" SHEP_VERSION };

    TRY(rest_new(&rest, &line->rest, err));
    TRY(open_lists(desk, line, err));
    line->io = (struct trust_io){ .ctx = line, .fetch = fetch, .see = see, .find_crl = find_crl };
    return ST_OK;
}

static enum status line_open(const struct coid_desk *desk, struct line *line, struct err *err)
{
    const struct conf *conf = desk->conf;
    const struct clock *clock = clock_system();
    const struct jws_source_params source = { .conf = conf,
                                              .journal = audit_journal(desk->audit),
                                              .clock = clock };
    const struct upstream_params limits = coid_room_limits(conf);

    if (!*conf->coid.base_url)
        return RAISE(err, ST_INPUT, "[coid] base_url is not set: there is nobody to ask");
    TRY(trust_new(&line->trust, err));
    TRY(trust_add_dir(line->trust, conf->trust.dir, err));
    TRY(open_io(desk, line, err));
    TRY(jws_source_new(&source, &line->source, err));
    TRY(upstream_new(&limits, &line->upstream, err));
    const struct coid_room_params room = { .conf = conf,
                                           .trust = line->trust,
                                           .io = &line->io,
                                           .jws = line->source,
                                           .upstream = line->upstream,
                                           .store = desk->store,
                                           .journal = audit_journal(desk->audit),
                                           .clock = clock };
    return coid_room_new(&room, &line->room, err);
}

/* ---- the command ---- */

static enum status put_on_record(const struct coid_desk *desk, const struct coid_days *days,
                                 const struct coid_reconciled *sums, struct err *err)
{
    char text[200];
    const struct event event = { .level = sums->differences ? EVENT_WARNING : EVENT_NOTICE,
                                 .name = "coid.reconciled",
                                 .text = text };

    (void)text_format(text, sizeof(text),
                      "%d to %d: %" PRIu64 " comparisons here, %" PRIu64 " there, %" PRIu64
                      " differences, acts %s",
                      (int)days->from, (int)days->to, sums->here, sums->there, sums->differences,
                      sums->acts_compared ? "compared" : "not all there yet");
    return audit_write(desk->audit, &event, err);
}

static enum status reconcile(const struct coid_desk *desk, const struct coid_days *days,
                             struct listing *listing, struct coid_reconciled *ret, struct err *err)
{
    struct line line = { 0 };
    enum status status = line_open(desk, &line, err);

    if (status == ST_OK)
        status = coid_reconcile(coid_room_coid(line.room), days, tell, listing, ret, err);
    line_close(&line);
    return status;
}

static enum status run(const struct coid_options *options, char **arguments, bool *ret_differs,
                       struct err *err)
{
    AUTO(coid_desk_close) struct coid_desk *desk = NULL;
    AUTO(listing_free) struct listing *listing = NULL;
    struct coid_reconciled sums;
    struct coid_days days;

    TRY(coid_read_period(arguments, &days, err));
    TRY(coid_desk_open(options, true, &desk, err));
    TRY(listing_new(options->form, "differences", columns, COLUMNS, &listing, err));
    TRY(reconcile(desk, &days, listing, &sums, err));
    TRY(put_on_record(desk, &days, &sums, err));
    const struct listing_sum lines[] = {
        { "here", (int64_t)sums.here },         { "there", (int64_t)sums.there },
        { "open", (int64_t)sums.open },         { "differing", (int64_t)sums.differences },
        { "actsCompared", sums.acts_compared },
    };
    *ret_differs = sums.differences > 0;
    return listing_print(listing, lines, sizeof(lines) / sizeof(lines[0]), err);
}

int cmd_coid_reconcile(int argc, char **argv)
{
    struct coid_options options = { .form = LISTING_TEXT };
    bool differs = false;
    char **arguments;
    struct err err;
    int code = ctl_options(&usage, &options, argc, argv, &arguments);

    if (code != CTL_GO)
        return code;
    enum status status = run(&options, arguments, &differs, &err);
    if (status != ST_OK) {
        (void)ctl_fail(usage.command, &err);
        return CTL_TROUBLE;
    }
    return differs ? CTL_NO : CTL_OK;
}
