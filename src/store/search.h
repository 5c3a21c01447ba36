/* What the administrator's console asks the store (req 0.53): lines of the journal's table, found
 * again and counted. Reads only. Errors as store/store.h says. Thread-safe.
 *
 * Nothing here sorts or skips: a day of an instance is walked down by its key in slices, so that
 * each statement is short however much there is, and a place in the walk is a number for each
 * instance. Lines that come meanwhile neither double nor hide others. */
#pragma once

#include "base/arena.h"
#include "base/day.h"
#include "store/store.h"

enum {
    SEARCH_DAYS = 92,      /* of one search at most */
    SEARCH_INSTANCES = 32, /* that wrote on one day: more are refused */
    SEARCH_ROWS = 1000,    /* told at once at most */
    SEARCH_VALUE = 256,    /* bytes of a condition with NUL */
    SEARCH_PLACE = 4096,   /* bytes of a place as text with NUL */
};

/* Lines that fulfil all of these; "" and no id are no condition. */
struct journal_search {
    int64_t from_ms, to_ms; /* written then, both included; SEARCH_DAYS at most */
    struct id exchange, signing, event_id;
    char message_id[SEARCH_VALUE];
    char session_id[SEARCH_VALUE];
    char account[SEARCH_VALUE];
    char ip[SEARCH_VALUE];
    char event[SEARCH_VALUE]; /* exact; ending in a dot: all that begin so */
    char code[SEARCH_VALUE];
    char iin[17];               /* the pseudonym (journal_pseudonym()) */
    char service[SEARCH_VALUE]; /* serviceId: lines of exchanges that were received for it */
    char text[SEARCH_VALUE];    /* anywhere in the description, either case */
    bool has_level;
    enum event_level level; /* this one and graver ones */
};

/* Where a search goes on. */
struct journal_place {
    int32_t day; /* 0: at the newest */
    size_t count;
    struct {
        char instance[65];
        uint64_t below; /* lines of the day with a smaller seq have not been looked at */
    } at[SEARCH_INSTANCES];
};
/* yyyymmdd~instance:seq~… of letters that need no escaping in an URL; "" : at the newest. */
void journal_place_text(const struct journal_place *place, char dst[SEARCH_PLACE]);
bool journal_place_parse(struct slice text, struct journal_place *ret);

/* A line; texts are the arena's. */
struct journal_found {
    int32_t day;
    char instance[65];
    uint64_t seq;
    struct id id, exchange, signing;
    int64_t at_ms, start_ms, end_ms;
    const char *level, *category, *event, *account, *ip, *message_id, *session_id, *code, *iin,
        *text;
};

struct journal_page {
    size_t max;                   /* in: rows wanted, SEARCH_ROWS at most */
    int64_t deadline_ms;          /* in: monotonic; 0: none. Then what was found so far is given */
    struct journal_place place;   /* in: where to begin; out: where to go on */
    struct journal_found **found; /* the arena's */
    size_t count;
    bool more;        /* there is more, or it is not known: go on at place */
    bool out_of_time; /* the deadline came first: `place` tells how far down it looked */
};

/* The newest first: day by day, and within a day as the lines of several instances meet in time; of
 * one instance always by seq. ST_INPUT (code, field, limit): a range that is no range or too long,
 * too many instances. */
MUST_USE enum status store_journal_search(struct store *store, const struct journal_search *search,
                                          struct arena *arena, struct journal_page *page,
                                          struct err *err);

/* Which condition an id is: exchange, signing, message_id, event_id or session_id, tried in this
 * order among the search's days; sets it. When none knows it, session_id (which has no index)
 * stands in the end. */
MUST_USE enum status store_journal_resolve(struct store *store, const char *text,
                                           struct journal_search *search, struct err *err);
