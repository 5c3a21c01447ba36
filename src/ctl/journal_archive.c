/* shepctl journal archive: old files of the journal into the archive, old months out of the table.
 * req 0.51 */
#include "base/text.h"
#include "ctl/commands.h"
#include "ctl/journal.h"
#include "journal/archive.h"

#include <stdlib.h>
#include <string.h>

struct options {
    const char *config;
    bool dry_run;
};

enum { OPT_CONFIG, OPT_DRY_RUN };

static const struct option_row rows[] = {
    { OPT_CONFIG, "config", "FILE", "the service's configuration (" JOURNAL_CONF ")" },
    { OPT_DRY_RUN, "dry-run", NULL, "says what would be done, and does nothing" },
};

static enum status set(void *ctx, int key, const char *value, struct err *err)
{
    struct options *o = ctx;

    (void)err;
    if (key == OPT_CONFIG)
        o->config = value;
    else
        o->dry_run = true;
    return ST_OK;
}

static const struct usage usage = {
    .command = "shepctl journal archive",
    .arguments = "",
    .about =
        "Moves closed, sealed files of the journal that are older than [journal] online_months "
        "into\n[journal] archive_dir, compressed, with their seals; drops the months of the "
        "table whose every\nline is in the archive; takes out again what was restored and is "
        "past its time; and removes from\nthe archive what is older than [journal] keep_months. "
        "For the timer: it may be cut off anywhere,\nand the next run goes on. Shows no "
        "record.\nExit status: 0 done, 1 something that is old enough had to stay (it says why), "
        "2 trouble.",
    .rows = rows,
    .row_count = sizeof(rows) / sizeof(rows[0]),
    .set = set,
};

struct run {
    struct journal_desk *desk;
    const char *dir; /* at work on */
    bool dry_run;
    bool stayed;
};

/* ---- files into the archive ---- */

static enum seal_word judge(void *ctx, struct slice statement, struct slice sig,
                            char why[SEAL_WHY_BYTES])
{
    return seal_judge(&((struct run *)ctx)->desk->judge, statement, sig, why);
}

/* The shipper reads lines from the file as long as the table has not got them. */
static enum status may(void *ctx, const struct archive_file *file, bool *ret_may,
                       char why[SEAL_WHY_BYTES], struct err *err)
{
    const struct run *run = ctx;
    uint64_t seq = 0;

    TRY(store_journal_position(run->desk->store, file->instance, &seq, err));
    *ret_may = seq >= file->last;
    if (!*ret_may)
        (void)text_format(why, SEAL_WHY_BYTES,
                          "the table has its lines up to %llu only: the file ends with %llu",
                          (unsigned long long)seq, (unsigned long long)file->last);
    else if (run->dry_run)
        (void)printf("would move %s/%s, lines %llu to %llu\n", run->dir, file->file,
                     (unsigned long long)file->first, (unsigned long long)file->last);
    return ST_OK;
}

static bool from_hex(const char *hex, uint8_t ret[32])
{
    for (size_t i = 0; i < 32; i++) {
        const char pair[3] = { hex[2 * i], hex[2 * i + 1], '\0' };
        char *end;

        ret[i] = (uint8_t)strtoul(pair, &end, 16);
        if (end != pair + 2)
            return false;
    }
    return true;
}

static enum status keep(void *ctx, const struct archive_file *file, struct err *err)
{
    const struct run *run = ctx;
    struct archived record = { .first = file->first,
                               .last = file->last,
                               .month = file->month,
                               .first_day = file->first_day,
                               .last_day = file->last_day };

    if (!text_copy(record.instance, sizeof(record.instance), file->instance) ||
        !text_copy(record.file, sizeof(record.file), file->file) ||
        !from_hex(file->sha256, record.sha256))
        return RAISE(err, ST_INTERNAL, "%s cannot be put on record", file->file);
    TRY(store_archived_add(run->desk->store, &record, err));
    (void)printf("moved %s/%s, lines %llu to %llu\n", run->dir, file->file,
                 (unsigned long long)file->first, (unsigned long long)file->last);
    return journal_tell(run->desk, err, EVENT_NOTICE, "journal.archived",
                        "%s of %s, lines %llu to %llu, SHA-256 %s", file->file, file->instance,
                        (unsigned long long)file->first, (unsigned long long)file->last,
                        file->sha256);
}

static void stays(void *ctx, const char *file, const char *why)
{
    struct run *run = ctx;

    run->stayed = true;
    (void)fprintf(stderr, "%s: %s/%s stays: ", usage.command, run->dir, file);
    ctl_print_text(stderr, why);
    (void)fputc('\n', stderr);
}

static enum status move_files(struct run *run, int32_t before, struct err *err)
{
    for (size_t i = 0; i < JOURNAL_FOLDERS; i++) {
        const struct archiving how = { .dir = run->desk->dirs[i],
                                       .archive = run->desk->conf->journal.archive_dir,
                                       .before = before,
                                       .dry_run = run->dry_run,
                                       .ctx = run,
                                       .judge = judge,
                                       .may = may,
                                       .keep = keep,
                                       .stays = stays };
        uint64_t moved = 0;

        run->dir = how.dir;
        TRY(archive_move(&how, &moved, err));
    }
    return ST_OK;
}

/* ---- months out of the table ---- */

static enum status tell_end(void *ctx, const struct month_end *end, struct err *err)
{
    struct run *run = ctx;

    if (!end->gone) {
        run->stayed = true;
        (void)fprintf(stderr, "%s: month %d stays in the table: %s\n", usage.command, end->month,
                      end->why);
        return ST_OK;
    }
    (void)printf("%s month %d out of the table\n", run->dry_run ? "would take" : "took",
                 end->month);
    return run->dry_run ? ST_OK
                        : journal_tell(run->desk, err, EVENT_NOTICE, "journal.dropped",
                                       "month %d is in the archive alone", end->month);
}

static enum status end_months(struct run *run, int32_t keep_from, struct err *err)
{
    const struct months_end params = { .instance = run->desk->conf->instance.name,
                                       .keep = keep_from,
                                       .dry_run = run->dry_run,
                                       .tell = tell_end,
                                       .ctx = run };
    enum status status = store_months_end(run->desk->store, &params, err);

    if (status != ST_CONFLICT)
        return status;
    (void)printf("another node is at the table's months\n");
    return ST_OK;
}

/* ---- files out of the archive ---- */

static bool is_ours(const struct run *run, const char *instance)
{
    for (size_t i = 0; i < JOURNAL_FOLDERS; i++)
        if (strcmp(run->desk->instances[i], instance) == 0)
            return true;
    return false;
}

static enum status remove_file(void *ctx, const struct archived *file, struct err *err)
{
    struct run *run = ctx;
    const char *archive = run->desk->conf->journal.archive_dir;

    if (file->removed_ms || !is_ours(run, file->instance))
        return ST_OK;
    (void)printf("%s %s of %s from the archive\n", run->dry_run ? "would remove" : "removed",
                 file->file, file->instance);
    if (run->dry_run)
        return ST_OK;
    TRY(journal_tell(run->desk, err, EVENT_NOTICE, "journal.removed",
                     "%s of %s, lines %llu to %llu, after %lld months", file->file, file->instance,
                     (unsigned long long)file->first, (unsigned long long)file->last,
                     (long long)run->desk->conf->journal.keep_months));
    TRY(archive_remove(archive, file->instance, file->file, err));
    return store_archived_removed(run->desk->store, file, err);
}

static enum status archive(const struct options *options, bool *ret_stayed, struct err *err)
{
    AUTO(journal_desk_close) struct journal_desk *desk = NULL;
    int32_t now = 0;
    unsigned made = 0;

    TRY(journal_desk_open(options->config, &desk, err));
    if (!options->dry_run)
        TRY(store_months_ahead(desk->store, desk->conf->instance.name, &made, err));
    struct run run = { .desk = desk, .dry_run = options->dry_run };
    const struct conf_journal *conf = &desk->conf->journal;
    TRY(journal_month_now(desk, &now, err));
    const int32_t online = month_add(now, -(int)conf->online_months);
    TRY(move_files(&run, online, err));
    TRY(end_months(&run, online, err));
    if (conf->keep_months > 0)
        TRY(store_archived_each(desk->store, 0, month_add(now, -(int)conf->keep_months - 1),
                                remove_file, &run, err));
    *ret_stayed = run.stayed;
    return ST_OK;
}

int cmd_journal_archive(int argc, char **argv)
{
    struct options options = { .config = NULL };
    bool stayed = false;
    char **arguments;
    struct err err;
    int code = ctl_options(&usage, &options, argc, argv, &arguments);

    if (code != CTL_GO)
        return code;
    if (archive(&options, &stayed, &err) != ST_OK)
        return ctl_fail(usage.command, &err);
    return stayed ? CTL_NO : CTL_OK;
}
