#include "server/syslog_watch.h"

#include "base/log.h"
#include "base/text.h"
#include "server/diary.h"
#include "server/rooms.h"

enum {
    LOOK_S = 1,
    NEVER_S = 3600,
    LOST_AFTER = 3,
    STEADY_MIN = 5,
    STEADY_MAX = 300,
    FORGIVEN_AFTER = 600,
    TEXT_BYTES = 600,
};

enum syslog_word syslog_watch_step(struct syslog_watch *watch, bool failing)
{
    if (watch->steady == 0)
        watch->steady = STEADY_MIN;
    if (!failing) {
        watch->bad = 0;
        watch->good++;
        if (!watch->lost && watch->good == FORGIVEN_AFTER)
            watch->steady = STEADY_MIN;
        if (!watch->lost || watch->good < watch->steady)
            return SYSLOG_NO_NEWS;
        watch->lost = false;
        watch->steady = watch->steady * 2 < STEADY_MAX ? watch->steady * 2 : STEADY_MAX;
        return SYSLOG_BACK;
    }
    watch->good = 0;
    if (watch->lost || ++watch->bad < LOST_AFTER)
        return SYSLOG_NO_NEWS;
    watch->lost = true;
    return SYSLOG_LOST;
}

static void say(const struct rooms *rooms, enum event_level level, const char *name,
                const char *text)
{
    const struct event event = { .level = level, .name = name, .text = text };

    log_line(level == EVENT_NOTICE ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR, name, "text=\"%s\"", text);
    (void)diary_note(rooms->journal, rooms->clock, &event);
}

static void tell_of_gap(const struct rooms *rooms)
{
    const struct syslog_gap gap = syslog_take_gap(rooms->syslog);
    char text[TEXT_BYTES];

    if (gap.lines == 0)
        return;
    (void)text_format(text, sizeof(text),
                      "%s never got %llu lines, seq %llu to %llu: they are in no file any more",
                      syslog_name(rooms->syslog), (unsigned long long)gap.lines,
                      (unsigned long long)gap.first, (unsigned long long)gap.last);
    say(rooms, EVENT_CRITICAL, "syslog.skipped", text);
}

int syslog_watch_look(struct syslog_watch *watch, const struct rooms *rooms)
{
    struct err why = { .status = ST_OK };
    char text[TEXT_BYTES];

    if (!rooms->syslog)
        return NEVER_S;
    const bool failing = shipper_failing(rooms->syslog_shipper, &why);
    const unsigned long long lag = shipper_lag(rooms->syslog_shipper);

    tell_of_gap(rooms);
    switch (syslog_watch_step(watch, failing)) {
    case SYSLOG_LOST:
        text_make_plain(why.text);
        (void)text_format(text, sizeof(text), "%s: %s; %llu lines wait", syslog_name(rooms->syslog),
                          why.text, lag);
        say(rooms, EVENT_ERROR, "syslog.lost", text);
        break;
    case SYSLOG_BACK:
        (void)text_format(text, sizeof(text), "%s; %llu lines wait", syslog_name(rooms->syslog),
                          lag);
        say(rooms, EVENT_NOTICE, "syslog.back", text);
        break;
    case SYSLOG_NO_NEWS:
        break;
    }
    return LOOK_S;
}
