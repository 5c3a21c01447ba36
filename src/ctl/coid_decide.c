/* shepctl coid decide, decisions: what the participant decides on a result below the threshold, and
 * tells the operator of ЦОИД (req 2.07). */
#include "base/text.h"
#include "ctl/coid.h"
#include "ctl/commands.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { NOTE_MAX = 2000 }; /* bytes */

static const char *const decisions[] = { "suspectedFraud", "identified", "rejected" };

/* ---- decide ---- */

static const struct option_row decide_rows[] = {
    COID_ROW_CONFIG,
    { COID_NOTE, "note", "TEXT", "why, 2,000 bytes at most; it stays in the store" },
};

static const struct usage decide_usage = {
    .command = "shepctl coid decide",
    .arguments = "KEY suspectedFraud|identified|rejected",
    .about = "Records what was decided on a verification whose result is below the threshold: KEY "
             "is its idempotencyKey. A later decision replaces it; the journal has both.\nExit "
             "status: 0 done, 1 no such verification, 2 trouble.",
    .rows = decide_rows,
    .row_count = sizeof(decide_rows) / sizeof(decide_rows[0]),
    .min_arguments = 2,
    .max_arguments = 2,
    .set = coid_set_option,
};

static enum status check_words(const struct coid_options *options, const char *decision,
                               struct err *err)
{
    size_t known = 0;

    while (known < sizeof(decisions) / sizeof(decisions[0]) &&
           strcmp(decision, decisions[known]) != 0)
        known++;
    if (known == sizeof(decisions) / sizeof(decisions[0]))
        return RAISE(err, ST_INPUT, "%.40s: expected suspectedFraud, identified or rejected",
                     decision);
    if (!options->note || slice_trim(slice_str(options->note)).len == 0)
        return RAISE(err, ST_INPUT, "--note TEXT is missing: why was it decided");
    if (strlen(options->note) > NOTE_MAX || !text_is_utf8(slice_str(options->note)))
        return RAISE(err, ST_INPUT, "--note: at most %d bytes of UTF-8", NOTE_MAX);
    return ST_OK;
}

/* From the threshold on ЦОИД itself says that it is the person. */
static enum status check_result(const struct conf *conf, const struct coid_call *call,
                                struct err *err)
{
    char *end;
    double result = strtod(call->result, &end);

    if (call->state != COID_DONE)
        return RAISE(err, ST_CONFLICT, "%s was not compared: there is nothing to decide on",
                     call->key.text);
    if (end == call->result || *end)
        return RAISE(err, ST_INTERNAL, "%s: its result cannot be read", call->key.text);
    if (result >= (double)conf->coid.threshold_percent / 100)
        return RAISE(err, ST_CONFLICT,
                     "the result is %s, and from %" PRId64 " %% on the person is verified: only "
                     "results below are decided on",
                     call->result, conf->coid.threshold_percent);
    return ST_OK;
}

static enum status decide(const struct coid_options *options, char **arguments, struct err *err)
{
    AUTO(coid_desk_close) struct coid_desk *desk = NULL;
    struct coid_call call;
    struct id key;
    char text[160];

    TRY(check_words(options, arguments[1], err));
    TRY(coid_read_key(arguments[0], &key, err));
    TRY(coid_desk_open(options, true, &desk, err));
    TRY(store_coid_find(desk->store, NULL, &key, &call, err));
    TRY(check_result(desk->conf, &call, err));
    (void)text_format(text, sizeof(text), "key=%s decision=%s result=%s", key.text, arguments[1],
                      call.result);
    const struct event event = { .level = EVENT_NOTICE,
                                 .name = "coid.decided",
                                 .message_id = call.message_id,
                                 .iin = call.iin,
                                 .text = text };
    const struct coid_decision decision = { .key = key,
                                            .decision = arguments[1],
                                            .who = audit_account(desk->audit),
                                            .note = options->note,
                                            .at_ms = clock_now(clock_system()) };
    TRY(audit_write(desk->audit, &event, err));
    TRY(store_coid_decide(desk->store, &decision, err));
    (void)printf("%s: %s, by %s\n", key.text, arguments[1], decision.who);
    return ST_OK;
}

int cmd_coid_decide(int argc, char **argv)
{
    struct coid_options options = { .form = LISTING_TEXT };
    char **arguments;
    struct err err;
    int code = ctl_options(&decide_usage, &options, argc, argv, &arguments);

    return code != CTL_GO
               ? code
               : coid_exit(decide_usage.command, decide(&options, arguments, &err), &err);
}

/* ---- decisions ---- */

static const struct option_row decisions_rows[] = { COID_ROW_CONFIG, COID_ROW_CSV, COID_ROW_JSON };

static const struct usage decisions_usage = {
    .command = "shepctl coid decisions",
    .arguments = "FROM TO",
    .about = "Lists the decisions of these days, for the operator of ЦОИД. With IINs: the journal "
             "says who took the list.\nExit status: 0 done, 1 there are none, 2 trouble.",
    .rows = decisions_rows,
    .row_count = sizeof(decisions_rows) / sizeof(decisions_rows[0]),
    .min_arguments = 2,
    .max_arguments = 2,
    .set = coid_set_option,
};

static const struct listing_column columns[] = {
    { "decidedAt", 29, false }, { "idempotencyKey", 36, false },
    { "iin", 12, false },       { "vendor", 12, false },
    { "result", 10, false },    { "decision", 14, false },
    { "who", 16, false },       { "note", 0, false },
};
enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };

static enum status tell(void *ctx, const struct coid_decision *d, struct err *err)
{
    char at[TIME_TEXT];

    time_utc_offset_text(d->at_ms, at);
    const char *const values[COLUMNS] = { at,        d->key.text, d->iin, d->vendor_name,
                                          d->result, d->decision, d->who, d->note };
    return listing_add(ctx, values, err);
}

static enum status list(const struct coid_options *options, char **arguments, struct err *err)
{
    AUTO(coid_desk_close) struct coid_desk *desk = NULL;
    AUTO(listing_free) struct listing *listing = NULL;
    struct coid_days days;
    char text[120];

    TRY(coid_read_period(arguments, &days, err));
    TRY(coid_desk_open(options, true, &desk, err));
    TRY(listing_new(options->form, "decisions", columns, COLUMNS, &listing, err));
    TRY(store_coid_decisions(desk->store, &days, tell, listing, err));
    (void)text_format(text, sizeof(text), "decisions of %d to %d: %zu", (int)days.from,
                      (int)days.to, listing_count(listing));
    const struct event event = { .level = EVENT_NOTICE, .name = "coid.exported", .text = text };
    TRY(audit_write(desk->audit, &event, err));
    TRY(listing_print(listing, NULL, 0, err));
    return listing_count(listing) ? ST_OK : RAISE(err, ST_NOT_FOUND, "no decision in the period");
}

int cmd_coid_decisions(int argc, char **argv)
{
    struct coid_options options = { .form = LISTING_TEXT };
    char **arguments;
    struct err err;
    int code = ctl_options(&decisions_usage, &options, argc, argv, &arguments);

    return code != CTL_GO
               ? code
               : coid_exit(decisions_usage.command, list(&options, arguments, &err), &err);
}
