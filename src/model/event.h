/* A journal event, and the sinks that the journal's lines are shipped to. */
#pragma once

#include "base/err.h"
#include "base/id.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* req 0.48; category (req 0.49, 0.61) and syslog severity (req 0.34) follow from the level by one
 * table, model/event.c. */
enum event_level {
    EVENT_ALERT,
    EVENT_CRITICAL,
    EVENT_ERROR,
    EVENT_WARNING,
    EVENT_NOTICE,
    EVENT_INFO,
    EVENT_DEBUG,
};

/* Alerts Critical Errors Warning Notifications Informational Debug (C-19) */
const char *event_level_name(enum event_level level);
/* ERROR WARN INFO DEBUG */
const char *event_category(enum event_level level);
/* RFC 5424 section 6.2.1: 1 alert … 7 debug; 0, an emergency, is no level of the journal */
unsigned event_severity(enum event_level level);
/* Exact case; false when the text is none of them. */
bool event_level_parse(struct slice text, enum event_level *ret);

/* What a room tells the journal. Borrowed texts; NULL is written as "". An IIN goes in as it is
 * into `iin` and comes out as its keyed pseudonym (C-27); texts must hold neither IIN nor secret.
 */
struct event {
    enum event_level level;
    const char *name;    /* exchange.received, session.signed …: dotted, lower case */
    const char *account; /* senderId, user, or "-" */
    const char *ip;
    int64_t start_ms; /* Unix; operation's start and end (req 0.46, 0.47) */
    int64_t end_ms;
    const char *exchange;   /* our exchange id */
    const char *message_id; /* the caller's */
    const char *session_id; /* ШЭП's */
    const char *signing;    /* signingSessionId */
    const char *code;       /* SCSS001 …, an HTTP status, or "" */
    const char *iin;        /* plain; written as pseudonym */
    const char *text;       /* description (req 0.50) */
};

/* One line as it stands in the text journal, for a sink. */
struct event_row {
    uint64_t seq; /* per instance, no gaps */
    char id[ID_TEXT];
    struct slice instance;
    int32_t day;        /* yyyymmdd, Astana */
    int64_t at_ms;      /* when it was written */
    struct slice line;  /* the whole line without its newline */
    struct event event; /* texts borrowed from the line's unescaped copy; iin is the pseudonym */
    const char *category;
};

/* Takes n rows in order, all or none; called again with the same rows after a failure or a crash,
 * so it must ignore rows it has (by instance and seq). A sink that keeps rows says ST_CONFLICT when
 * it lacks the one before these: it is asked for its position again. Called by one thread. */
struct event_sink {
    void *ctx;
    enum status (*put)(void *ctx, const struct event_row *rows, size_t n, struct err *err);
    /* The last seq of the instance that the sink holds, 0 when none. Asked first, and after every
     * failure. EVENT_SEQ_NOW: it wants what is written since its shipper was
     * started. */
    enum status (*position)(void *ctx, struct slice instance, uint64_t *ret_seq, struct err *err);
    /* Asked about once a second while there is nothing to put: whether the sink is still there.
     * NULL: it need not be asked. */
    enum status (*look)(void *ctx, struct err *err);
    /* The lines first…last are in no file any more: it goes on behind them. NULL: it does not, and
     * each try to put them fails. */
    void (*gone)(void *ctx, uint64_t first, uint64_t last);
};
#define EVENT_SEQ_NOW UINT64_MAX
