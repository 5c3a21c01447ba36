#include "model/event.h"

/* C-19: level and category are two fields; severity as in RFC 5424 section 6.2.1. */
static const struct {
    const char *name;
    const char *category;
    unsigned severity;
} levels[] = {
    [EVENT_ALERT] = { "Alerts", "ERROR", 1 },        [EVENT_CRITICAL] = { "Critical", "ERROR", 2 },
    [EVENT_ERROR] = { "Errors", "ERROR", 3 },        [EVENT_WARNING] = { "Warning", "WARN", 4 },
    [EVENT_NOTICE] = { "Notifications", "INFO", 5 }, [EVENT_INFO] = { "Informational", "INFO", 6 },
    [EVENT_DEBUG] = { "Debug", "DEBUG", 7 },
};

const char *event_level_name(enum event_level level)
{
    return levels[level].name;
}

const char *event_category(enum event_level level)
{
    return levels[level].category;
}

unsigned event_severity(enum event_level level)
{
    return levels[level].severity;
}

bool event_level_parse(struct slice text, enum event_level *ret)
{
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
        if (slice_eq_str(text, levels[i].name)) {
            *ret = (enum event_level)i;
            return true;
        }
    return false;
}
