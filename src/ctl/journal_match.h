/* What shepctl journal search looks for, and whether a line has it. */
#pragma once

#include "model/event.h"

#include <stdbool.h>
#include <stdint.h>

struct journal_match {
    int64_t from_ms, to_ms; /* written then, both included */
    const char *id;         /* exchange, message, session, signing session or event; NULL: any, as
                               with all below */
    const char *account;
    const char *event; /* exact; ending in a dot: all that begin so */
    const char *code;
    const char *text; /* anywhere in the description */
    char iin[17];     /* the pseudonym; "": any */
    bool has_level;
    enum event_level level; /* this one and graver ones */
};
bool journal_matches(const struct journal_match *match, const struct event_row *row);
/* What a line must hold, letter by letter, to have a chance: the rarest of what is asked for; "" :
 * it cannot be said. */
const char *journal_needle(const struct journal_match *match);
