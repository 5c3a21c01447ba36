/* The console's pages, and what they share. Only for src/server/admin. */
#pragma once

#include "server/admin/console.h"
#include "server/admin/html.h"
#include "store/search.h"

typedef enum status console_give(const struct console_visit *visit, struct console_answer *ret,
                                 struct err *err);
console_give overview_give, journal_give, journal_csv_give, exchange_give, sessions_give,
    session_give, senders_give, certificates_give, verdicts_give, proof_give;

/* What a visit searches for: fields of its query. resolved: by which condition an id was found. */
struct journal_asked {
    struct journal_search search;
    struct journal_place place;
    char id[SEARCH_VALUE];
    char iin[13]; /* as typed, "": none or a pseudonym */
    char from[TIME_TEXT], to[TIME_TEXT];
};
MUST_USE enum status journal_ask(const struct console_visit *visit, struct journal_asked *ret,
                                 struct err *err);
/* The conditions as a query, without IIN and place: for links. The arena's. */
const char *journal_link(struct html *html, const struct journal_asked *asked);
/* What is written into the journal of it. */
void journal_looked(const struct journal_asked *asked, size_t rows, bool more,
                    struct console_answer *answer);

/* The last part of the path, behind prefix, as an id; what follows a further slash in *ret_rest. */
MUST_USE enum status page_id(const struct console_visit *visit, const char *prefix,
                             struct id *ret_id, struct slice *ret_rest, struct err *err);

/* badge's class for a level, row's class for a level ("" error warn). */
const char *level_class(const char *level);
const char *level_row(const char *level);

/* RFC 4180 section 2; what a spreadsheet would take for a formula begins with an apostrophe. */
void csv_field(struct bytes *out, const char *text, bool first);

/* ---- one exchange, one session: what happened, in its order ---- */

enum { TIMELINE_ROWS = 400 };
/* Lines of an exchange and of a session, each once, the oldest first; all is the arena's. */
struct timeline {
    struct journal_found *rows[TIMELINE_ROWS];
    size_t count;
    bool cut; /* there are more */
};
MUST_USE enum status timeline_read(const struct console_visit *visit, const struct id *exchange,
                                   const struct id *signing, struct arena *arena,
                                   struct timeline *ret, struct err *err);
/* own: the lines of this exchange, else the others (of all exchanges, each with its link). */
void timeline_add(struct html *html, const struct timeline *timeline, const char *exchange,
                  bool own);

/* ---- charts: SVG ---- */

enum { CHART_SERIES = 4 };
struct chart {
    const char *title; /* word */
    const char *unit;  /* text behind numbers */
    size_t count;      /* of points */
    int64_t first_ms;  /* the first point's time … */
    int64_t step_ms;   /* … and from one to the next */
    size_t series_count;
    struct {
        const char *word, *class; /* class: "" good warn bad second third */
        const int64_t *at;
    } series[CHART_SERIES];
};
void chart_bars(struct html *html, const struct chart *chart);  /* one upon the other */
void chart_lines(struct html *html, const struct chart *chart); /* 0: no point */
