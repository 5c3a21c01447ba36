#include "store/search.h"

#include "base/text.h"
#include "store/pool.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    SLICE_LINES = 25000,         /* looked at by one statement: some 30 MB */
    STEP_MARGIN_MS = 10 * 60000, /* how far clocks may have been set back within a day */
    PATTERN = 4 * SEARCH_VALUE,
};

/* ---- one statement ---- */

struct pattern {
    char text[PATTERN];
};

/* LIKE's own characters stand for themselves, behind the escape character |. */
static void add_literal(struct pattern *p, const char *text)
{
    size_t at = strlen(p->text);

    for (; *text && at + 3 < sizeof(p->text); text++) {
        if (strchr("%_|", *text))
            p->text[at++] = '|';
        p->text[at++] = *text;
    }
    p->text[at] = '\0';
}

static void add_any(struct pattern *p)
{
    size_t at = strlen(p->text);

    if (at + 1 < sizeof(p->text))
        memcpy(p->text + at, "%", 2);
}

static void levels_text(const struct journal_search *search, char dst[SEARCH_VALUE])
{
    dst[0] = '\0';
    for (int i = 0; search->has_level && i <= (int)search->level; i++) {
        const size_t at = strlen(dst);
        (void)text_format(dst + at, SEARCH_VALUE - at, "%s%s", i ? "," : "",
                          event_level_name((enum event_level)i));
    }
}

/* What is not asked for is TRUE, which the database knows before it plans: `? = ''` is a constant.
 */
/* clang-format off */
#define FOUND_COLUMNS                                                                              \
    "SELECT day, instance, seq, id, exchange, signing, "                                           \
    DB_MS("written_at") ", " DB_MS("start_at") ", " DB_MS("end_at")                                \
    ", level, category, event, account, ip, message_id, session_id, code, iin, text"               \
    " FROM journal_event j"
#define CONDITIONS                                                                                 \
    " AND (? IS NULL OR exchange = ?) AND (? IS NULL OR signing = ?)"                              \
    " AND (? IS NULL OR id = ?)"                                                                   \
    " AND (? = '' OR message_id = ?) AND (? = '' OR session_id = ?)"                               \
    " AND (? = '' OR account = ?) AND (? = '' OR ip = ?)"                                          \
    " AND (? = '' OR event LIKE ? ESCAPE '|') AND (? = '' OR code = ?) AND (? = '' OR iin = ?)"    \
    " AND (? = '' OR FIND_IN_SET(level, ?) > 0)"                                                   \
    " AND (? = '' OR text COLLATE utf8mb4_general_ci LIKE ? ESCAPE '|')"                           \
    " AND (? = '' OR exchange IN (SELECT r.exchange FROM journal_event r FORCE INDEX (journal_event_exchange)"                          \
    "   WHERE r.day BETWEEN ? AND ? AND r.exchange = j.exchange"                                   \
    "   AND r.event = 'exchange.received' AND r.text LIKE ? ESCAPE '|'))"
/* clang-format on */
enum { CONDITION_VALUES = 28 };

static const struct column found_columns[] = {
    COLUMN(C_UINT32, struct journal_found, day),
    COLUMN_SIZED(C_CHARS, struct journal_found, instance),
    COLUMN(C_INT64, struct journal_found, seq),
    COLUMN(C_ID, struct journal_found, id),
    COLUMN(C_ID, struct journal_found, exchange),
    COLUMN(C_ID, struct journal_found, signing),
    COLUMN(C_INT64, struct journal_found, at_ms),
    COLUMN(C_INT64, struct journal_found, start_ms),
    COLUMN(C_INT64, struct journal_found, end_ms),
    COLUMN(C_TEXT, struct journal_found, level),
    COLUMN(C_TEXT, struct journal_found, category),
    COLUMN(C_TEXT, struct journal_found, event),
    COLUMN(C_TEXT, struct journal_found, account),
    COLUMN(C_TEXT, struct journal_found, ip),
    COLUMN(C_TEXT, struct journal_found, message_id),
    COLUMN(C_TEXT, struct journal_found, session_id),
    COLUMN(C_TEXT, struct journal_found, code),
    COLUMN(C_TEXT, struct journal_found, iin),
    COLUMN(C_TEXT, struct journal_found, text),
};

/* The conditions' values, each as often as it is asked for. */
struct conditions {
    const struct journal_search *search;
    struct pattern event, text, service;
    char levels[SEARCH_VALUE];
    int32_t from_day, to_day;
    bool indexed; /* one of them leads straight to its lines */
    struct value values[CONDITION_VALUES];
    size_t count;
};

static void add(struct conditions *c, struct value value)
{
    c->values[c->count++] = value;
}

static void add_twice(struct conditions *c, struct value value)
{
    add(c, value);
    add(c, value);
}

static void add_id(struct conditions *c, const struct id *id)
{
    add_twice(c, id->text[0] ? v_id(id) : v_null());
}

static void fill_patterns(struct conditions *c)
{
    const struct journal_search *search = c->search;
    const size_t length = strlen(search->event);

    add_literal(&c->event, search->event);
    if (length > 0 && search->event[length - 1] == '.')
        add_any(&c->event);
    if (search->text[0]) {
        add_any(&c->text);
        add_literal(&c->text, search->text);
        add_any(&c->text);
    }
    if (search->service[0]) {
        add_literal(&c->service, "service=");
        add_literal(&c->service, search->service);
        add_literal(&c->service, " ");
        add_any(&c->service);
    }
    levels_text(search, c->levels);
}

static void fill_conditions(struct conditions *c)
{
    const struct journal_search *search = c->search;

    fill_patterns(c);
    add_id(c, &search->exchange);
    add_id(c, &search->signing);
    add_id(c, &search->event_id);
    add_twice(c, v_text(search->message_id));
    add_twice(c, v_text(search->session_id));
    add_twice(c, v_text(search->account));
    add_twice(c, v_text(search->ip));
    add_twice(c, v_text(c->event.text));
    add_twice(c, v_text(search->code));
    add_twice(c, v_text(search->iin));
    add_twice(c, v_text(c->levels));
    add_twice(c, v_text(c->text.text));
    add(c, v_text(c->service.text));
    add(c, v_int(day_add(c->from_day, -1))); /* received before midnight */
    add(c, v_int(c->to_day));
    add(c, v_text(c->service.text));
    c->indexed = search->exchange.text[0] || search->signing.text[0] || search->message_id[0] ||
                 search->iin[0];
}

/* ---- the walk ---- */

/* An instance's lines of a day, the newest first. */
struct stream {
    char instance[65];
    uint64_t below; /* not looked at yet: those with a smaller seq … */
    uint64_t first; /* … from this one on */
    struct journal_found **rows;
    size_t count, next;
};

struct walk {
    struct store *store;
    struct conditions conditions;
    struct arena *arena;
    struct journal_page *page;
    int32_t day;
    struct stream streams[SEARCH_INSTANCES];
    size_t count;
};

static bool is_late(const struct walk *walk)
{
    return walk->page->deadline_ms && clock_monotonic_ms() >= walk->page->deadline_ms;
}

struct fill {
    struct walk *walk;
    struct stream *stream;
    uint64_t from; /* seq */
    size_t max;
};

static enum status fill_rows(struct db *db, void *ctx, struct err *err)
{
    AUTO(rows_close) struct rows *rows = NULL;
    const struct fill *fill = ctx;
    struct stream *stream = fill->stream;
    struct conditions *c = &fill->walk->conditions;
    struct db_memory memory = { .arena = fill->walk->arena };
    struct value values[CONDITION_VALUES + 7] = {
        v_int(fill->walk->day),        v_text(stream->instance),  v_int((int64_t)fill->from),
        v_int((int64_t)stream->below), v_int(c->search->from_ms), v_int(c->search->to_ms),
    };

    memcpy(values + 6, c->values, c->count * sizeof(values[0]));
    values[6 + c->count] = v_int((int64_t)fill->max);
    stream->count = stream->next = 0;
    TRY(rows_open(db,
                  &(struct query){ .sql = FOUND_COLUMNS
                                   " WHERE day = ? AND instance = ? AND seq >= ? AND seq < ?"
                                   " AND written_at BETWEEN " DB_INSTANT
                                   " AND " DB_INSTANT CONDITIONS
                                   " ORDER BY day DESC, instance DESC, seq DESC LIMIT ?",
                                   .args = { values, c->count + 7 },
                                   .columns = COLUMNS(found_columns),
                                   .memory = &memory },
                  &rows, err));
    for (bool more = true; stream->count < fill->max;) {
        struct journal_found *row = arena_alloc(memory.arena, sizeof(*row));
        if (!row)
            return RAISE(err, ST_NOMEM, "journal: out of memory for what was found");
        TRY(rows_next(rows, row, &more, err));
        if (!more)
            break;
        stream->rows[stream->count++] = row;
    }
    return ST_OK;
}

/* Until it has a row at hand, or there is none, or time is up. */
static enum status refill(struct walk *walk, struct stream *stream, struct err *err)
{
    struct fill fill = { .walk = walk, .stream = stream };

    while (stream->next == stream->count && stream->below > stream->first && !is_late(walk)) {
        const bool whole = walk->conditions.indexed || stream->below - stream->first <= SLICE_LINES;

        fill.from = whole ? stream->first : stream->below - SLICE_LINES;
        fill.max = walk->page->max - walk->page->count;
        TRY(store_run(walk->store, &(struct work){ .run = fill_rows, .ctx = &fill }, err));
        stream->below =
            stream->count == fill.max ? stream->rows[stream->count - 1]->seq : fill.from;
    }
    return ST_OK;
}

/* The stream whose next line is the newest; NULL: none has one. */
static struct stream *newest(struct walk *walk)
{
    struct stream *best = NULL;

    for (size_t i = 0; i < walk->count; i++) {
        struct stream *s = &walk->streams[i];
        if (s->next < s->count &&
            (!best || s->rows[s->next]->at_ms > best->rows[best->next]->at_ms))
            best = s;
    }
    return best;
}

static bool is_open(const struct stream *stream)
{
    return stream->next < stream->count || stream->below > stream->first;
}

/* Lines of the day until there are enough, none is left, or time is up. */
static enum status walk_day(struct walk *walk, struct err *err)
{
    struct journal_page *page = walk->page;

    while (page->count < page->max) {
        for (size_t i = 0; i < walk->count; i++) {
            struct stream *stream = &walk->streams[i];
            TRY(refill(walk, stream, err));
            if (stream->next == stream->count && is_open(stream)) {
                page->out_of_time = true;
                return ST_OK;
            }
        }
        struct stream *stream = newest(walk);
        if (!stream)
            return ST_OK;
        page->found[page->count++] = stream->rows[stream->next++];
    }
    return ST_OK;
}

/* ---- days and their instances ---- */

struct look {
    int32_t from, to; /* days */
    int32_t day;
    char instance[65]; /* in: after this one */
    uint64_t first, last;
    int64_t at_ms;
};

static enum status look_for_day(struct db *db, void *ctx, struct err *err)
{
    static const struct column columns[] = { COLUMN(C_UINT32, struct look, day) };
    struct look *look = ctx;
    bool found = false;

    return db_first(
        db,
        &(struct query){ .sql = "SELECT MAX(day) FROM journal_event WHERE day BETWEEN ? AND ?",
                         .args = ARGS(v_int(look->from), v_int(look->to)),
                         .columns = COLUMNS(columns) },
        look, &found, err);
}

/* first and last 0: there is no further instance. */
static enum status look_for_instance(struct db *db, void *ctx, struct err *err)
{
    static const struct column name[] = { COLUMN_SIZED(C_CHARS, struct look, instance) };
    static const struct column ends[] = { COLUMN(C_INT64, struct look, first),
                                          COLUMN(C_INT64, struct look, last) };
    struct look *look = ctx;
    bool found = false;

    look->first = look->last = 0;
    TRY(db_first(db,
                 &(struct query){ .sql = "SELECT MIN(instance) FROM journal_event"
                                         " WHERE day = ? AND instance > ?",
                                  .args = ARGS(v_int(look->day), v_text(look->instance)),
                                  .columns = COLUMNS(name) },
                 look, &found, err));
    if (!look->instance[0])
        return ST_OK;
    return db_first(db,
                    &(struct query){ .sql = "SELECT MIN(seq), MAX(seq) FROM journal_event"
                                            " WHERE day = ? AND instance = ?",
                                     .args = ARGS(v_int(look->day), v_text(look->instance)),
                                     .columns = COLUMNS(ends) },
                    look, &found, err);
}

/* The first line at or after look->first, and when it was written. */
static enum status look_at_line(struct db *db, void *ctx, struct err *err)
{
    static const struct column columns[] = { COLUMN(C_INT64, struct look, last),
                                             COLUMN(C_INT64, struct look, at_ms) };
    struct look *look = ctx;
    bool found = false;

    return db_first(
        db,
        &(struct query){
            .sql = "SELECT seq, " DB_MS("written_at") " FROM journal_event WHERE day = ?"
                                                      " AND instance = ? AND seq >= ?"
                                                      " ORDER BY seq LIMIT 1",
            .args = ARGS(v_int(look->day), v_text(look->instance), v_int((int64_t)look->first)),
            .columns = COLUMNS(columns) },
        look, &found, err);
}

/* The first seq of first..last that was written at at_ms or later, by halving: lines of an instance
 * are in the order of time but for a clock that was set back. last + 1: none. */
static enum status seek(struct walk *walk, const struct look *range, int64_t at_ms, uint64_t *ret,
                        struct err *err)
{
    uint64_t low = range->first;
    uint64_t high = range->last + 1;

    while (low < high) {
        struct look look = *range;
        look.first = low + (high - low) / 2;
        look.at_ms = INT64_MAX;
        TRY(store_run(walk->store, &(struct work){ .run = look_at_line, .ctx = &look }, err));
        if (look.at_ms >= at_ms)
            high = low + (high - low) / 2;
        else
            low = look.last + 1;
    }
    *ret = high;
    return ST_OK;
}

/* Where the place says that the instance's lines were left; true: it says so. */
static bool left_at(const struct journal_place *place, int32_t day, const char *instance,
                    uint64_t *ret_below)
{
    for (size_t i = 0; place->day == day && i < place->count; i++)
        if (strcmp(place->at[i].instance, instance) == 0) {
            *ret_below = place->at[i].below;
            return true;
        }
    return false;
}

static enum status open_stream(struct walk *walk, const struct look *look, struct err *err)
{
    const struct journal_search *search = walk->conditions.search;
    struct stream *stream = &walk->streams[walk->count];

    if (walk->count == SEARCH_INSTANCES)
        return RAISE_CAUSE(err, ST_INPUT, "tooMany", "instance", "32 instances a day",
                           "journal: more than %d instances wrote on one day", SEARCH_INSTANCES);
    *stream = (struct stream){ .first = look->first, .below = look->last + 1 };
    (void)text_copy(stream->instance, sizeof(stream->instance), look->instance);
    stream->rows = arena_array(walk->arena, walk->page->max, sizeof(void *));
    if (!stream->rows)
        return RAISE(err, ST_NOMEM, "journal: out of memory");
    walk->count++;
    TRY(seek(walk, look, search->from_ms - STEP_MARGIN_MS, &stream->first, err));
    if (!left_at(&walk->page->place, walk->day, stream->instance, &stream->below))
        TRY(seek(walk, look, search->to_ms + STEP_MARGIN_MS, &stream->below, err));
    return ST_OK;
}

static enum status open_day(struct walk *walk, struct err *err)
{
    struct look look = { .day = walk->day };

    walk->count = 0;
    for (;;) {
        TRY(store_run(walk->store, &(struct work){ .run = look_for_instance, .ctx = &look }, err));
        if (look.last == 0)
            return ST_OK;
        TRY(open_stream(walk, &look, err));
    }
}

/* The newest day from..to with lines; 0: none. */
static enum status find_day(struct walk *walk, int32_t to, struct err *err)
{
    struct look look = { .from = walk->conditions.from_day, .to = to };

    TRY(store_run(walk->store, &(struct work){ .run = look_for_day, .ctx = &look }, err));
    walk->day = look.day;
    return ST_OK;
}

/* ---- a page ---- */

static void leave(struct walk *walk)
{
    struct journal_place *place = &walk->page->place;

    *place = (struct journal_place){ .day = walk->day, .count = walk->count };
    for (size_t i = 0; i < walk->count; i++) {
        const struct stream *s = &walk->streams[i];
        (void)text_copy(place->at[i].instance, sizeof(place->at[i].instance), s->instance);
        place->at[i].below = s->next < s->count ? s->rows[s->next]->seq + 1 : s->below;
    }
}

static bool day_is_done(const struct walk *walk)
{
    for (size_t i = 0; i < walk->count; i++)
        if (is_open(&walk->streams[i]))
            return false;
    return true;
}

static enum status walk_days(struct walk *walk, struct err *err)
{
    struct journal_page *page = walk->page;
    const int32_t begin = page->place.day;

    TRY(find_day(walk, begin && begin < walk->conditions.to_day ? begin : walk->conditions.to_day,
                 err));
    while (walk->day) {
        if (is_late(walk)) { /* before a day: all of it is left */
            *page = (struct journal_page){ .max = page->max,
                                           .found = page->found,
                                           .count = page->count,
                                           .more = true,
                                           .out_of_time = true,
                                           .place = { .day = walk->day } };
            return ST_OK;
        }
        TRY(open_day(walk, err));
        TRY(walk_day(walk, err));
        if (page->out_of_time || (page->count == page->max && !day_is_done(walk))) {
            page->more = true;
            leave(walk);
            return ST_OK;
        }
        TRY(find_day(walk, day_add(walk->day, -1), err));
        if (page->count == page->max) {
            page->more = walk->day != 0;
            page->place = (struct journal_place){ .day = walk->day };
            return ST_OK;
        }
    }
    return ST_OK;
}

static enum status check(const struct journal_search *search, const struct journal_page *page,
                         struct err *err)
{
    if (search->to_ms < search->from_ms)
        return RAISE_CAUSE(err, ST_INPUT, "outOfRange", "to", NULL,
                           "the end of the time is before its beginning");
    if (day_count(day_of(search->from_ms), day_of(search->to_ms)) > SEARCH_DAYS)
        return RAISE_CAUSE(err, ST_INPUT, "outOfRange", "from", "92 days",
                           "a search takes %d days at most", SEARCH_DAYS);
    if (page->max < 1 || page->max > SEARCH_ROWS)
        return RAISE(err, ST_INTERNAL, "journal: %zu rows at once", page->max);
    return ST_OK;
}

enum status store_journal_search(struct store *store, const struct journal_search *search,
                                 struct arena *arena, struct journal_page *page, struct err *err)
{
    TRY(check(search, page, err));
    AUTO_FREE struct walk *walk = calloc(1, sizeof(*walk));

    page->found = arena_array(arena, page->max, sizeof(void *));
    if (!walk || !page->found)
        return RAISE(err, ST_NOMEM, "journal: out of memory");
    page->count = 0;
    page->more = page->out_of_time = false;
    walk->store = store;
    walk->arena = arena;
    walk->page = page;
    walk->conditions = (struct conditions){ .search = search,
                                            .from_day = day_of(search->from_ms),
                                            .to_day = day_of(search->to_ms) };
    fill_conditions(&walk->conditions);
    return walk_days(walk, err);
}
