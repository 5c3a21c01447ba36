#include "server/diary.h"

#include "base/log.h"

enum status diary_write(struct journal *journal, const struct clock *clock,
                        const struct event *event, struct err *err)
{
    const int64_t now_ms = clock_now(clock);
    struct event line = *event;

    if (!line.account)
        line.account = "-";
    if (!line.ip)
        line.ip = "-";
    if (line.start_ms == 0)
        line.start_ms = now_ms;
    if (line.end_ms == 0)
        line.end_ms = now_ms;
    return journal_write(journal, &line, err);
}

bool diary_note(struct journal *journal, const struct clock *clock, const struct event *event)
{
    struct err err = { 0 };

    if (diary_write(journal, clock, event, &err) == ST_OK)
        return true;
    log_err(LOG_LEVEL_ERROR, "journal.lost", &err);
    return false;
}
