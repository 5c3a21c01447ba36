/* shepctl journal restore: a month of the archive back into the table, for a while. req 0.51 */
#include "base/arena.h"
#include "base/text.h"
#include "ctl/commands.h"
#include "ctl/journal.h"
#include "ctl/login.h"
#include "journal/archive.h"
#include "journal/line.h"

#include <stdlib.h>
#include <string.h>

enum {
    DAYS_USUAL = 30,
    DAYS_MAX = 366,
    BATCH_ROWS = 1000,
    BATCH_BYTES = 64 * 1024 * 1024, /* of lines and their texts */
};

struct options {
    const char *config;
    int64_t days;
    struct login_options login;
};

enum { OPT_CONFIG, OPT_DAYS };

static const struct option_row rows[] = {
    { OPT_CONFIG, "config", "FILE", "the service's configuration (" JOURNAL_CONF ")" },
    { OPT_DAYS, "days", "N", "how long it stays, 1 to 366 (30)" },
    LOGIN_ROWS,
};

static enum status set(void *ctx, int key, const char *value, struct err *err)
{
    struct options *o = ctx;

    if (login_set_option(&o->login, key, value))
        return ST_OK;
    if (key == OPT_DAYS)
        return journal_read_number("days", value, 1, DAYS_MAX, &o->days, err);
    o->config = value;
    return ST_OK;
}

static const struct usage usage = {
    .command = "shepctl journal restore",
    .arguments = "YYYY-MM",
    .about =
        "Brings the lines of a month back from [journal] archive_dir into the table, where the "
        "console finds\nthem, each once; the seal and the hash of each file are judged first. "
        "After --days the nightly\narchive takes them out again. Run again: the days count "
        "anew.\nExit status: 0 done, 1 the month is in the table anyway, or not all of its "
        "files are at hand, 2 trouble.",
    .rows = rows,
    .row_count = sizeof(rows) / sizeof(rows[0]),
    .min_arguments = 1,
    .max_arguments = 1,
    .set = set,
};

struct run {
    struct journal_desk *desk;
    int32_t month;
    struct event_sink sink;
    struct event_row batch[BATCH_ROWS];
    size_t count;
    struct arena *arena; /* of the batch */
    uint64_t lines;
    unsigned missing;
};

/* ---- rows ---- */

static enum status flush(struct run *run, struct err *err)
{
    TRY(run->sink.put(run->sink.ctx, run->batch, run->count, err));
    run->lines += run->count;
    run->count = 0;
    arena_free(run->arena);
    run->arena = NULL;
    return ST_OK;
}

static enum status take_line(void *ctx, struct slice line, struct err *err)
{
    struct run *run = ctx;
    struct line parsed;

    if (!run->arena && !(run->arena = arena_new(BATCH_BYTES)))
        return RAISE(err, ST_NOMEM, "out of memory");
    const char *copy = arena_text(run->arena, line);
    if (!copy)
        return RAISE(err, ST_NOMEM, "out of memory");
    TRY(line_parse(slice_mem(copy, line.len), run->arena, &parsed, err));
    if (parsed.row.day / 100 != run->month)
        return ST_OK; /* about midnight a file may hold a line of the day before */
    run->batch[run->count++] = parsed.row;
    return run->count == BATCH_ROWS ? flush(run, err) : ST_OK;
}

/* ---- files ---- */

static enum seal_word judge(void *ctx, struct slice statement, struct slice sig,
                            char why[SEAL_WHY_BYTES])
{
    return seal_judge(&((struct run *)ctx)->desk->judge, statement, sig, why);
}

static enum status restore_file(struct run *run, const struct archived *file, struct err *err)
{
    const struct archiving how = { .ctx = run, .judge = judge };
    char sha256[65], why[SEAL_WHY_BYTES] = "";
    const struct archive_reading reading = { .archive = run->desk->conf->journal.archive_dir,
                                             .instance = file->instance,
                                             .file = file->file,
                                             .sha256 = sha256,
                                             .ctx = run,
                                             .line = take_line };
    enum seal_word word = SEAL_WRONG;

    text_hex(slice_mem(file->sha256, sizeof(file->sha256)), sha256);
    TRY(archive_judge(&reading, &how, &word, why, err));
    if (word != SEAL_GOOD)
        return RAISE(err, ST_CONFLICT, "%s of %s: its seal: %.120s", file->file, file->instance,
                     why);
    TRY(archive_read(&reading, err));
    return flush(run, err);
}

static enum status see_file(void *ctx, const struct archived *file, struct err *err)
{
    struct run *run = ctx;

    if (file->last_day / 100 < run->month || file->first_day / 100 > run->month)
        return ST_OK;
    enum status status = file->removed_ms ? RAISE(err, ST_NOT_FOUND, "it was past its time")
                                          : restore_file(run, file, err);
    if (status != ST_NOT_FOUND)
        return status;
    run->missing++;
    (void)fprintf(stderr, "%s: %s of %s is not at hand: %s\n", usage.command, file->file,
                  file->instance, err->text);
    return ST_OK;
}

static enum status restore_all(struct run *run, const struct options *options, struct err *err)
{
    struct store *store = run->desk->store;

    TRY(journal_tell(run->desk, err, EVENT_NOTICE, "journal.restored",
                     "month %d, for %lld days from now", run->month, (long long)options->days));
    TRY(store_month_restore(store, run->month, options->days, err));
    TRY(store_archived_each(store, month_add(run->month, -1), month_add(run->month, 1), see_file,
                            run, err));
    (void)printf("%llu lines of month %d are in the table\n", (unsigned long long)run->lines,
                 run->month);
    if (run->missing > 0)
        return RAISE(err, ST_NOT_FOUND,
                     "%u files are not at hand: run it where they are, too, or bring them",
                     run->missing);
    if (run->lines == 0)
        return RAISE(err, ST_NOT_FOUND, "the archive has nothing of month %d", run->month);
    return store_month_restored(store, run->month, err);
}

static enum status restore(const struct options *options, const char *argument, struct err *err)
{
    AUTO(journal_desk_close) struct journal_desk *desk = NULL;
    AUTO_FREE struct run *run = calloc(1, sizeof(*run));

    if (!run)
        return RAISE(err, ST_NOMEM, "out of memory");
    if (!month_parse(slice_str(argument), &run->month))
        return RAISE(err, ST_INPUT, "%.20s: expected a month, 2026-11", argument);
    TRY(journal_desk_open(options->config, &desk, err));
    TRY(login_require(desk->conf, desk->audit, &options->login, ROLES_ADMINISTRATOR, err));
    run->desk = desk;
    run->sink = store_event_sink(desk->store);
    enum status status = restore_all(run, options, err);
    arena_free(run->arena);
    return status;
}

int cmd_journal_restore(int argc, char **argv)
{
    struct options options = { .days = DAYS_USUAL };
    char **arguments;
    struct err err;
    int code = ctl_options(&usage, &options, argc, argv, &arguments);

    if (code != CTL_GO)
        return code;
    enum status status = restore(&options, arguments[0], &err);
    if (status == ST_OK)
        return CTL_OK;
    (void)ctl_fail(usage.command, &err);
    return status == ST_NOT_FOUND || status == ST_CONFLICT ? CTL_NO : CTL_TROUBLE;
}
