/* shepctl journal: what its commands open. */
#include "ctl/journal.h"

#include "base/text.h"
#include "server/open.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static enum status name_folders(struct journal_desk *desk, struct err *err)
{
    static const struct {
        const char *folder, *suffix;
    } rows[JOURNAL_FOLDERS] = { { "", "" }, { "/ctl", ".ctl" } };

    for (size_t i = 0; i < JOURNAL_FOLDERS; i++)
        if (!text_format(desk->dirs[i], sizeof(desk->dirs[i]), "%s%s", desk->conf->journal.dir,
                         rows[i].folder) ||
            !text_format(desk->instances[i], sizeof(desk->instances[i]), "%s%s",
                         desk->conf->instance.name, rows[i].suffix))
            return RAISE(err, ST_INPUT, "[journal] dir or [instance] name is too long");
    return ST_OK;
}

static enum status open_desk(const char *path, struct journal_desk **ret_desk, struct err *err)
{
    AUTO(journal_desk_close) struct journal_desk *desk = calloc(1, sizeof(*desk));

    if (!desk)
        return RAISE(err, ST_NOMEM, "out of memory");
    TRY(conf_load(path ? path : JOURNAL_CONF, &desk->conf, err));
    TRY(name_folders(desk, err));
    TRY(seal_judge_from(&desk->judge, desk->conf, err));
    TRY(open_store(desk->conf, NULL, &desk->store, err));
    TRY(store_check_schema(desk->store, err));
    const struct audit_params audit = {
        .conf = desk->conf, .store = desk->store, .clock = clock_system(), .wait_ms = AUDIT_WAIT_MS
    };
    TRY(audit_open(&audit, &desk->audit, err));
    *ret_desk = TAKE(desk);
    return ST_OK;
}

enum status journal_desk_open(const char *path, struct journal_desk **ret_desk, struct err *err)
{
    enum status status = open_desk(path, ret_desk, err);

    /* a file that is missing is no «none found» */
    return status == ST_NOT_FOUND ? (err->status = ST_INPUT) : status;
}

void journal_desk_close(struct journal_desk *desk)
{
    if (!desk)
        return;
    audit_close(desk->audit);
    store_close(desk->store);
    seal_judge_clear(&desk->judge);
    conf_free(desk->conf);
    free(desk);
}

enum status journal_month_now(const struct journal_desk *desk, int32_t *ret_month, struct err *err)
{
    char text[TIME_TEXT];
    int32_t ours = 0, theirs = 0;

    time_utc_text(clock_now(clock_system()), text); /* 2026-11-… */
    TRY(store_month_now(desk->store, &theirs, err));
    if (!month_parse((struct slice){ text, 7 }, &ours))
        return RAISE(err, ST_INTERNAL, "our clock says %s", text);
    *ret_month = ours < theirs ? ours : theirs;
    return ST_OK;
}

enum status journal_tell(const struct journal_desk *desk, struct err *err, enum event_level level,
                         const char *event, const char *fmt, ...)
{
    char text[512];
    va_list args;

    va_start(args, fmt);
    (void)text_vformat(text, sizeof(text), fmt, args);
    va_end(args);
    return audit_write(desk->audit, &(struct event){ .level = level, .name = event, .text = text },
                       err);
}

enum status journal_read_number(const char *option, const char *value, int64_t min, int64_t max,
                                int64_t *ret, struct err *err)
{
    char *end;

    errno = 0;
    *ret = strtoll(value, &end, 10);
    if (errno || end == value || *end || *ret < min || *ret > max)
        return RAISE(err, ST_INPUT, "--%s %s: expected %lld to %lld", option, value, (long long)min,
                     (long long)max);
    return ST_OK;
}
