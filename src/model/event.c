#include "model/event.h"

/* C-19: level and category are two fields. */
static const struct {
    const char *name;
    const char *category;
} levels[] = {
    [EVENT_ALERT] = { "Alerts", "ERROR" },        [EVENT_CRITICAL] = { "Critical", "ERROR" },
    [EVENT_ERROR] = { "Errors", "ERROR" },        [EVENT_WARNING] = { "Warning", "WARN" },
    [EVENT_NOTICE] = { "Notifications", "INFO" }, [EVENT_INFO] = { "Informational", "INFO" },
    [EVENT_DEBUG] = { "Debug", "DEBUG" },
};

const char *event_level_name(enum event_level level)
{
    return levels[level].name;
}

const char *event_category(enum event_level level)
{
    return levels[level].category;
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
