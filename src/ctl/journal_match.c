#include "ctl/journal_match.h"

#include <string.h>

static bool is_id(const struct event_row *row, const char *id)
{
    const char *const ids[] = { row->id, row->event.exchange, row->event.message_id,
                                row->event.session_id, row->event.signing };

    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
        if (strcmp(ids[i], id) == 0)
            return true;
    return false;
}

static bool is_event(const char *name, const char *wanted)
{
    const size_t length = strlen(wanted);

    if (length > 0 && wanted[length - 1] == '.')
        return strncmp(name, wanted, length) == 0;
    return strcmp(name, wanted) == 0;
}

static bool is(const char *value, const char *wanted)
{
    return !wanted || strcmp(value, wanted) == 0;
}

bool journal_matches(const struct journal_match *match, const struct event_row *row)
{
    const struct event *event = &row->event;

    return row->at_ms >= match->from_ms && row->at_ms <= match->to_ms &&
           (!match->id || is_id(row, match->id)) && is(event->account, match->account) &&
           (!match->event || is_event(event->name, match->event)) && is(event->code, match->code) &&
           (!match->iin[0] || strcmp(event->iin, match->iin) == 0) &&
           (!match->has_level || event->level <= match->level) &&
           (!match->text || strstr(event->text, match->text));
}

/* A value that a line writes as it is. */
static bool is_plain(const char *value)
{
    if (!value || !*value)
        return false;
    for (; *value; value++)
        if (*value == '"' || *value == '\\' || (unsigned char)*value <= ' ' ||
            (unsigned char)*value > '~')
            return false;
    return true;
}

const char *journal_needle(const struct journal_match *match)
{
    const char *const values[] = { match->id,   match->iin,   match->text,
                                   match->code, match->event, match->account };

    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        if (is_plain(values[i]))
            return values[i];
    return "";
}
