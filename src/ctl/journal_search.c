/* shepctl journal search: lines of the table and, for months that left it, of the archive.
 * req 0.51, 0.53 */
#include "base/arena.h"
#include "base/clock.h"
#include "base/day.h"
#include "base/text.h"
#include "ctl/commands.h"
#include "ctl/journal.h"
#include "ctl/journal_match.h"
#include "ctl/listing.h"
#include "ctl/login.h"
#include "journal/archive.h"
#include "journal/line.h"
#include "store/lines.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    LIMIT_USUAL = 1000,
    LIMIT_MAX = 100000,
    MONTHS_MAX = 61, /* of one search */
    DAYS_USUAL = 7,
    TEXT_MAX = 256 * 1024 * 1024, /* of lines shown */
    NUMBER = 24,
};
#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

struct options {
    const char *config, *from, *to, *iin;
    struct journal_match match;
    int64_t limit;
    enum listing_form form;
    struct login_options login;
};

enum {
    OPT_CONFIG,
    OPT_FROM,
    OPT_TO,
    OPT_ID,
    OPT_ACCOUNT,
    OPT_EVENT,
    OPT_LEVEL,
    OPT_CODE,
    OPT_IIN,
    OPT_TEXT,
    OPT_LIMIT,
    OPT_JSON,
    OPT_CSV,
};

static const struct option_row rows[] = {
    { OPT_CONFIG, "config", "FILE", "the service's configuration (" JOURNAL_CONF ")" },
    { OPT_FROM, "from", "TIME", "2026-11-22 or 2026-11-22T14:03:07+05:00 (a week before --to)" },
    { OPT_TO, "to", "TIME", "likewise, included (now)" },
    { OPT_ID, "id", "ID", "an exchange's, message's, session's, signing session's or event's" },
    { OPT_ACCOUNT, "account", "NAME", "the sender, or who did it" },
    { OPT_EVENT, "event", "NAME", "exchange.answered; ending in a dot: all that begin so" },
    { OPT_LEVEL, "level", "LEVEL", "Alerts Critical Errors Warning …: this one and graver ones" },
    { OPT_CODE, "code", "CODE", "SCSE002, 403 …" },
    { OPT_IIN, "iin", "IIN", "lines about this person: found by the pseudonym" },
    { OPT_TEXT, "text", "TEXT", "anywhere in the description" },
    { OPT_LIMIT, "limit", "N", "lines at most, 1 to 100000 (1000)" },
    { OPT_JSON, "json", NULL, "prints JSON" },
    { OPT_CSV, "csv", NULL, "prints CSV (RFC 4180)" },
    LOGIN_ROWS,
};

static enum status set_form(struct options *o, int key, const char *value, struct err *err)
{
    switch (key) {
    case OPT_LIMIT:
        return journal_read_number("limit", value, 1, LIMIT_MAX, &o->limit, err);
    case OPT_LEVEL:
        o->match.has_level = true;
        return event_level_parse(slice_str(value), &o->match.level)
                   ? ST_OK
                   : RAISE(err, ST_INPUT,
                           "--level %.20s: Alerts Critical Errors Warning "
                           "Notifications Informational Debug",
                           value);
    case OPT_IIN:
        o->iin = value;
        return text_is_digits(slice_str(value), 12) ? ST_OK
                                                    : RAISE(err, ST_INPUT, "--iin: 12 digits");
    case OPT_CSV:
        o->form = LISTING_CSV;
        return ST_OK;
    default:
        o->form = LISTING_JSON;
        return ST_OK;
    }
}

static enum status set(void *ctx, int key, const char *value, struct err *err)
{
    struct options *o = ctx;
    const char **const places[] = {
        [OPT_CONFIG] = &o->config,
        [OPT_FROM] = &o->from,
        [OPT_TO] = &o->to,
        [OPT_ID] = &o->match.id,
        [OPT_ACCOUNT] = &o->match.account,
        [OPT_EVENT] = &o->match.event,
        [OPT_CODE] = &o->match.code,
        [OPT_TEXT] = &o->match.text,
        [OPT_CSV] = NULL,
    };

    if (login_set_option(&o->login, key, value))
        return ST_OK;
    if (!places[key])
        return set_form(o, key, value, err);
    *places[key] = value;
    return ST_OK;
}

static const struct usage usage = {
    .command = "shepctl journal search",
    .arguments = "",
    .about =
        "Prints the journal's lines that fulfil all that is asked, as they were written: those "
        "of months that\nstand in the table from there, older ones from [journal] archive_dir; "
        "which were read is told on stderr.\nFor administrators, --user; a search goes on record "
        "before anything is "
        "shown.\nExit status: 0 done, 1 nothing found, or not everything could be looked at, 2 "
        "trouble.",
    .rows = rows,
    .row_count = sizeof(rows) / sizeof(rows[0]),
    .set = set,
};

static const struct listing_column columns[] = {
    { "at", 29, false },        { "instance", 12, false }, { "seq", 10, true },
    { "level", 13, false },     { "event", 24, false },    { "account", 16, false },
    { "ip", 15, false },        { "exchange", 36, false }, { "messageId", 36, false },
    { "sessionId", 36, false }, { "signing", 36, false },  { "code", 8, false },
    { "id", 36, false },        { "text", 0, false },
};
enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };

struct run {
    struct journal_desk *desk;
    const struct journal_match *match;
    int64_t limit;
    struct bytes *text;      /* lines as they stand; NULL: listing */
    struct listing *listing; /* NULL: text */
    size_t count;
    bool full;    /* the limit is reached, there may be more */
    bool lacking; /* not everything was at hand */
    int32_t from_day, to_day;
    bool online[MONTHS_MAX];
    int32_t months[MONTHS_MAX];
    size_t month_count;
    int32_t month; /* looked at */
    unsigned table_days, archive_files;
};

/* ---- a line ---- */

static enum status add_row(struct run *run, const struct event_row *row, struct err *err)
{
    const struct event *e = &row->event;
    char at[TIME_TEXT], seq[NUMBER], instance[80];

    time_utc_offset_text(row->at_ms, at);
    (void)text_format(seq, sizeof(seq), "%" PRIu64, row->seq);
    (void)text_copy_slice(instance, sizeof(instance), row->instance);
    const char *const values[COLUMNS] = { at,
                                          instance,
                                          seq,
                                          event_level_name(e->level),
                                          e->name,
                                          e->account,
                                          e->ip,
                                          e->exchange,
                                          e->message_id,
                                          e->session_id,
                                          e->signing,
                                          e->code,
                                          row->id,
                                          e->text };
    return listing_add(run->listing, values, err);
}

static enum status see(struct run *run, struct slice line, bool archived, struct err *err)
{
    AUTO(arena_free) struct arena *arena = arena_new((size_t)4 * LINE_MAX_BYTES);
    struct line parsed;

    if (!arena)
        return RAISE(err, ST_NOMEM, "out of memory");
    TRY(line_parse(line, arena, &parsed, err));
    for (size_t i = 0; archived && i < run->month_count; i++)
        if (run->months[i] == parsed.row.day / 100 && run->online[i])
            return ST_OK; /* it was found in the table */
    if (!journal_matches(run->match, &parsed.row))
        return ST_OK;
    if ((int64_t)run->count == run->limit) {
        run->full = true;
        return RAISE(err, ST_TIMEOUT, "enough");
    }
    run->count++;
    if (run->listing)
        return add_row(run, &parsed.row, err);
    bytes_add(run->text, line);
    bytes_add_str(run->text, "\n");
    return bytes_check(run->text, "what was found", err);
}

static enum status see_online(void *ctx, struct slice line, struct err *err)
{
    return see(ctx, line, false, err);
}

static enum status see_archived(void *ctx, struct slice line, struct err *err)
{
    return see(ctx, line, true, err);
}

/* ---- the archive ---- */

/* A file that holds lines of two months is read when the first of them is looked at. */
static bool is_wanted(const struct run *run, const struct archived *file)
{
    const int32_t month =
        file->first_day / 100 > run->months[0] ? file->first_day / 100 : run->months[0];

    if (file->last_day < run->from_day || file->first_day > run->to_day || month != run->month)
        return false;
    for (size_t i = 0; i < run->month_count; i++)
        if (!run->online[i] && run->months[i] >= file->first_day / 100 &&
            run->months[i] <= file->last_day / 100)
            return true;
    return false;
}

static enum status read_file(void *ctx, const struct archived *file, struct err *err)
{
    struct run *run = ctx;
    char sha256[65];
    const struct archive_reading reading = { .archive = run->desk->conf->journal.archive_dir,
                                             .instance = file->instance,
                                             .file = file->file,
                                             .sha256 = sha256,
                                             .ctx = run,
                                             .line = see_archived };

    if (!is_wanted(run, file))
        return ST_OK;
    text_hex(slice_mem(file->sha256, sizeof(file->sha256)), sha256);
    enum status status = file->removed_ms ? RAISE(err, ST_NOT_FOUND, "it was past its time")
                                          : archive_read(&reading, err);
    if (status == ST_OK || run->full) {
        run->archive_files++;
        return status;
    }
    if (status != ST_NOT_FOUND && status != ST_CONFLICT)
        return status;
    run->lacking = true;
    (void)fprintf(stderr, "%s: %s of %s was not looked at: %s\n", usage.command, file->file,
                  file->instance, err->text);
    return ST_OK;
}

/* ---- the range ---- */

static enum status read_range(struct options *o, struct err *err)
{
    struct time_span span = { .from_ms = 0 };

    o->match.to_ms = clock_now(clock_system());
    if (o->to && !time_parse(slice_str(o->to), &span))
        return RAISE(err, ST_INPUT, "--to %.40s: expected 2026-11-22T14:03:07+05:00 or 2026-11-22",
                     o->to);
    if (o->to)
        o->match.to_ms = span.to_ms;
    o->match.from_ms = o->match.to_ms - DAYS_USUAL * DAY_MS;
    if (o->from && !time_parse(slice_str(o->from), &span))
        return RAISE(err, ST_INPUT,
                     "--from %.40s: expected 2026-11-22T14:03:07+05:00 or 2026-11-22", o->from);
    if (o->from)
        o->match.from_ms = span.from_ms;
    if (o->match.from_ms > o->match.to_ms)
        return RAISE(err, ST_INPUT, "the range ends before it begins");
    return ST_OK;
}

static enum status look_months_up(struct run *run, struct err *err)
{
    run->from_day = day_of(run->match->from_ms);
    run->to_day = day_of(run->match->to_ms);
    for (int32_t month = run->from_day / 100; month <= run->to_day / 100;
         month = month_add(month, 1)) {
        if (run->month_count == MONTHS_MAX)
            return RAISE(err, ST_INPUT, "the range has over %d months", MONTHS_MAX);
        run->months[run->month_count] = month;
        TRY(store_month_is_online(run->desk->store, month, &run->online[run->month_count], err));
        run->month_count++;
    }
    return ST_OK;
}

static enum status look_at_month(struct run *run, size_t i, struct err *err)
{
    struct lines_wanted wanted = { .needle = journal_needle(run->match),
                                   .ctx = run,
                                   .line = see_online };
    const int32_t end = month_add(run->months[i], 1) * 100;
    int32_t day = run->months[i] * 100 + 1;

    run->month = run->months[i];
    if (!run->online[i]) /* by the day of their names, which may be the day after */
        return store_archived_each(run->desk->store, month_add(run->month, -1),
                                   month_add(run->month, 1), read_file, run, err);
    for (day = day < run->from_day ? run->from_day : day; day < end && day <= run->to_day;
         day = day_add(day, 1)) {
        wanted.day = day;
        run->table_days++;
        TRY(store_journal_lines(run->desk->store, &wanted, err));
    }
    return ST_OK;
}

static enum status look_at_all(struct run *run, struct err *err)
{
    for (size_t i = 0; i < run->month_count && !run->full; i++) {
        enum status status = look_at_month(run, i, err);

        if (status != ST_OK && !run->full)
            return status;
    }
    return ST_OK;
}

/* ---- on record, then shown ---- */

static enum status record(const struct run *run, const struct options *o, struct err *err)
{
    char from[TIME_TEXT], to[TIME_TEXT];
    const struct {
        const char *name, *value;
    } asked[] = {
        { "id", o->match.id },     { "account", o->match.account }, { "event", o->match.event },
        { "code", o->match.code }, { "iin", o->match.iin },         { "text", o->match.text },
    };
    char text[400] = "";

    time_utc_offset_text(o->match.from_ms, from);
    time_utc_offset_text(o->match.to_ms, to);
    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
        if (asked[i].value && asked[i].value[0])
            (void)text_format(text + strlen(text), sizeof(text) - strlen(text), ", %s %.60s",
                              asked[i].name, asked[i].value);
    return journal_tell(
        run->desk, err, EVENT_NOTICE, "journal.searched", "%s to %s%s%s%s: %zu lines shown", from,
        to, o->match.has_level ? ", level " : "",
        o->match.has_level ? event_level_name(o->match.level) : "", text, run->count);
}

static enum status show(const struct run *run, struct err *err)
{
    (void)fprintf(stderr,
                  "%s: %zu lines; looked at %u days of the table, %u files of the archive%s\n",
                  usage.command, run->count, run->table_days, run->archive_files,
                  run->full ? "; there are more: --limit" : "");
    if (run->listing)
        return listing_print(run->listing, NULL, 0, err);
    return ctl_write(NULL, bytes_slice(run->text), err);
}

static enum status search_all(struct run *run, struct options *o, struct err *err)
{
    if (o->iin)
        journal_pseudonym(audit_journal(run->desk->audit), o->iin, o->match.iin);
    TRY(look_months_up(run, err));
    TRY(look_at_all(run, err));
    TRY(record(run, o, err));
    return show(run, err);
}

static enum status search(struct options *o, int *ret_code, struct err *err)
{
    AUTO(journal_desk_close) struct journal_desk *desk = NULL;
    AUTO(listing_free) struct listing *listing = NULL;
    AUTO(bytes_free) struct bytes *text = bytes_new(TEXT_MAX);

    if (!text)
        return RAISE(err, ST_NOMEM, "out of memory");
    TRY(read_range(o, err));
    TRY(journal_desk_open(o->config, &desk, err));
    TRY(login_require(desk->conf, desk->audit, &o->login, ROLES_ADMINISTRATOR, err));
    if (o->form != LISTING_TEXT)
        TRY(listing_new(o->form, "lines", columns, COLUMNS, &listing, err));
    struct run run = {
        .desk = desk, .match = &o->match, .limit = o->limit, .text = text, .listing = listing
    };
    TRY(search_all(&run, o, err));
    *ret_code = run.lacking || run.count == 0 ? CTL_NO : CTL_OK;
    return ST_OK;
}

int cmd_journal_search(int argc, char **argv)
{
    struct options options = { .limit = LIMIT_USUAL, .form = LISTING_TEXT };
    char **arguments;
    struct err err;
    int code = ctl_options(&usage, &options, argc, argv, &arguments);

    if (code != CTL_GO)
        return code;
    if (search(&options, &code, &err) != ST_OK)
        return ctl_fail(usage.command, &err);
    return code;
}
