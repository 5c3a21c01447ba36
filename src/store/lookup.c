#include "store/lookup.h"

#include "base/text.h"
#include "store/content.h"
#include "store/pool.h"
#include "store/session_rows.h"

enum { TALLY_LINES = 20000 }; /* by one statement */

/* ---- numbers ---- */

struct tally_work {
    struct tally_place *place;
    tell_tally *tell;
    void *ctx;
    int64_t first, last; /* seq of the day and instance */
};

/* What a refusal's text begins with is the check that failed, after the document's number where
 * there is one; what is not one word of letters is not told: it may hold what somebody wrote. */
/* clang-format off */
#define REASON_OF                                                                                  \
    "CASE WHEN event IN ('put.refused', 'put.deferred', 'login.refused', 'login.deferred')"        \
    " THEN SUBSTRING_INDEX(REGEXP_REPLACE(text, '^document [0-9]+: ', ''), ':', 1)"                \
    " WHEN event = 'coid.told' AND LOCATE(' verdict=', text) > 0"                                  \
    " THEN SUBSTRING_INDEX(SUBSTRING_INDEX(SUBSTRING(text, LOCATE(' verdict=', text) + 9),"        \
    " ' ', 1), ':', 1) ELSE '' END"
#define REASON                                                                                     \
    "IF(" REASON_OF " REGEXP '^[A-Za-z]{0,32}$', " REASON_OF ", 'other')"
#define ANSWERED(what, otherwise) "IF(event = 'exchange.answered', " what ", " otherwise ")"
#define TOOK "GREATEST(0, TIMESTAMPDIFF(MICROSECOND, start_at, end_at) DIV 1000)"
/* clang-format on */

static const struct column tally_columns[] = {
    COLUMN(C_INT64, struct tally, hour),         COLUMN_SIZED(C_CHARS, struct tally, event),
    COLUMN_SIZED(C_CHARS, struct tally, code),   COLUMN_SIZED(C_CHARS, struct tally, account),
    COLUMN_SIZED(C_CHARS, struct tally, reason), COLUMN(C_INT64, struct tally, bucket),
    COLUMN(C_INT64, struct tally, count),        COLUMN(C_INT64, struct tally, sum_ms),
    COLUMN(C_INT64, struct tally, max_ms),       COLUMN(C_INT64, struct tally, last_ms),
};

static enum status find_last(struct db *db, void *ctx, struct err *err)
{
    static const struct column columns[] = { COLUMN(C_INT64, struct tally_work, first),
                                             COLUMN(C_INT64, struct tally_work, last) };
    struct tally_work *work = ctx;
    bool found = false;

    return db_first(
        db,
        &(struct query){ .sql = "SELECT MIN(seq), MAX(seq) FROM journal_event"
                                " WHERE day = ? AND instance = ?",
                         .args = ARGS(v_int(work->place->day), v_text(work->place->instance)),
                         .columns = COLUMNS(columns) },
        work, &found, err);
}

struct tally_rows {
    const struct tally_work *work;
    uint64_t from, to;
    struct tally *at; /* the arena's */
    size_t count, room;
};
enum { TALLY_ROWS = 8192 };

static enum status read_tallies(struct db *db, void *ctx, struct err *err)
{
    struct tally_rows *list = ctx;
    const struct tally_place *place = list->work->place;
    const struct query query = {
        .sql =
            "SELECT TIMESTAMPDIFF(HOUR, '1970-01-01', written_at) h, LEFT(event, 64) e,"
            " LEFT(code, 64) c, " ANSWERED("LEFT(account, 64)", "''") " a, " REASON " r, " ANSWERED(
                "FLOOR(4 * LOG2(GREATEST(1, " TOOK ")))",
                "0") " b, COUNT(*),"
                     " CAST(SUM(" TOOK ") AS SIGNED), MAX(" TOOK
                     "), MAX(" DB_MS("written_at") ")"
                                                   " FROM journal_event WHERE day = ? AND "
                                                   "instance = ? AND seq BETWEEN ? AND ?"
                                                   " GROUP BY h, e, c, a, r, b",
        .args = ARGS(v_int(place->day), v_text(place->instance), v_int((int64_t)list->from),
                     v_int((int64_t)list->to)),
        .columns = COLUMNS(tally_columns)
    };

    TRY(db_rows(db, &query, RECORDS(list->at, list->room), &list->count, err));
    if (list->count < list->room)
        return ST_OK;
    return RAISE(err, ST_UNAVAILABLE, "journal: more than %d kinds of events in %d lines",
                 TALLY_ROWS, TALLY_LINES);
}

enum status store_tally(struct store *store, struct tally_place *place, tell_tally *tell, void *ctx,
                        bool *ret_more, struct err *err)
{
    AUTO(arena_free) struct arena *arena = arena_new(TALLY_ROWS * sizeof(struct tally) + 4096);
    struct tally_work work = { .place = place, .tell = tell, .ctx = ctx };
    struct tally_rows list = { .work = &work, .from = place->next, .room = TALLY_ROWS };

    if (!arena || !(list.at = arena_array(arena, TALLY_ROWS, sizeof(struct tally))))
        return RAISE(err, ST_NOMEM, "journal: out of memory");
    TRY(store_run(store, &(struct work){ .run = find_last, .ctx = &work }, err));
    *ret_more = false;
    if ((uint64_t)work.last < place->next || work.last == 0)
        return ST_OK;
    if (list.from < (uint64_t)work.first)
        list.from = (uint64_t)work.first;
    list.to = (uint64_t)work.last;
    if (list.to - list.from >= TALLY_LINES) {
        *ret_more = true;
        list.to = list.from + TALLY_LINES - 1;
    }
    TRY(store_run(store, &(struct work){ .run = read_tallies, .ctx = &list }, err));
    for (size_t i = 0; i < list.count; i++)
        tell(ctx, &list.at[i]);
    place->next = list.to + 1;
    return ST_OK;
}

struct instance_look {
    int32_t day;
    char *instance;
    char next[65];
};

static enum status find_instance(struct db *db, void *ctx, struct err *err)
{
    static const struct column columns[] = { COLUMN_SIZED(C_CHARS, struct instance_look, next) };
    struct instance_look *look = ctx;
    bool found = false;

    return db_first(db,
                    &(struct query){ .sql = "SELECT MIN(instance) FROM journal_event"
                                            " WHERE day = ? AND instance > ?",
                                     .args = ARGS(v_int(look->day), v_text(look->instance)),
                                     .columns = COLUMNS(columns) },
                    look, &found, err);
}

enum status store_tally_instance(struct store *store, int32_t day, char instance[65],
                                 struct err *err)
{
    struct instance_look look = { .day = day, .instance = instance };

    TRY(store_run(store, &(struct work){ .run = find_instance, .ctx = &look }, err));
    memcpy(instance, look.next, sizeof(look.next));
    return ST_OK;
}

/* ---- sessions ---- */

/* The least id that is born at ms (RFC 9562 section 5.7): ids of ours are in the order of time. */
static struct value v_birth(int64_t ms)
{
    struct value value = { .kind = V_ID };

    for (int i = 0; i < 6; i++)
        value.id[i] = (uint8_t)(ms >> (40 - 8 * i));
    return value;
}

struct session_work {
    const struct session_search *search;
    size_t max, count;
    struct arena *arena;
    struct session_found *at;
};

static const struct column session_columns[] = {
    COLUMN(C_ID, struct session_found, id),
    COLUMN_SIZED(C_CHARS, struct session_found, state),
    COLUMN(C_INT64, struct session_found, created_ms),
    COLUMN(C_INT64, struct session_found, expires_ms),
    COLUMN(C_INT64, struct session_found, ended_ms),
    COLUMN(C_INT64, struct session_found, documents),
    COLUMN(C_INT64, struct session_found, signers),
    COLUMN(C_INT64, struct session_found, turns),
    COLUMN(C_TEXT, struct session_found, sender),
    COLUMN(C_TEXT, struct session_found, description),
    COLUMN(C_TEXT, struct session_found, method),
};

#define STATE_NOW "IF(" SESSION_LIVE " AND expires_at <= NOW(6), 'expired', state)"

static enum status read_sessions(struct db *db, void *ctx, struct err *err)
{
    struct session_work *work = ctx;
    const struct session_search *search = work->search;
    struct db_memory memory = { .arena = work->arena };
    const struct value before =
        search->before.text[0] ? v_id(&search->before) : v_birth(search->to_ms + 1);
    const struct query query = {
        .sql = "SELECT id, " STATE_NOW ", " DB_MS("created_at") ", " DB_MS("expires_at") ", " DB_MS(
            "ended_at") ", (SELECT COUNT(*) FROM signing_document d WHERE d.session_id = s.id),"
                        " (SELECT COUNT(*) FROM signing_signer g WHERE g.session_id = s.id),"
                        " turns_signed, sender_id, LEFT(description, 300), method FROM "
                        "signing_session s"
                        " WHERE id < ? AND id >= ? AND (? = '' OR sender_id = ?)"
                        " AND (? = '' OR " STATE_NOW " = ?) ORDER BY id DESC LIMIT ?",
        .args =
            ARGS(before, v_birth(search->from_ms), v_text(search->sender), v_text(search->sender),
                 v_text(search->state), v_text(search->state), v_int((int64_t)work->max)),
        .columns = COLUMNS(session_columns),
        .memory = &memory
    };

    return db_rows(db, &query, RECORDS(work->at, work->max), &work->count, err);
}

enum status store_session_list(struct store *store, const struct session_search *search,
                               struct arena *arena, struct session_found *ret, size_t *ret_count,
                               struct err *err)
{
    struct session_work work = { .search = search, .max = search->max, .arena = arena, .at = ret };

    TRY(store_run(store, &(struct work){ .run = read_sessions, .ctx = &work }, err));
    *ret_count = work.count;
    return ST_OK;
}

struct file_work {
    const struct id *session;
    size_t max, count;
    struct session_file *at;
};

static enum status read_files(struct db *db, void *ctx, struct err *err)
{
    static const struct column columns[] = {
        COLUMN(C_INT64, struct session_file, document),
        COLUMN(C_INT64, struct session_file, turn),
        COLUMN(C_INT64, struct session_file, bytes),
        COLUMN_SIZED(C_FIXED, struct session_file, sha256),
    };
    struct file_work *work = ctx;
    const struct query query = {
        .sql = "SELECT id, -1, content_bytes, content_sha256 FROM signing_document"
               " WHERE session_id = ? UNION ALL SELECT document_id, turn,"
               " content_bytes, content_sha256 FROM signed_document"
               " WHERE session_id = ?",
        .args = ARGS(v_id(work->session), v_id(work->session)),
        .columns = COLUMNS(columns)
    };

    return db_rows(db, &query, RECORDS(work->at, work->max), &work->count, err);
}

enum status store_session_files(struct store *store, const struct id *session, size_t max,
                                struct session_file *ret, size_t *ret_count, struct err *err)
{
    struct file_work work = { .session = session, .max = max, .at = ret };

    TRY(store_run(store, &(struct work){ .run = read_files, .ctx = &work }, err));
    *ret_count = work.count;
    return ST_OK;
}

/* ---- of an exchange ---- */

struct answer_work {
    const struct id *exchange;
    const char *sender, *message;
    struct bytes *answer; /* sealed; then the content alone */
};

static enum status read_answer(struct db *db, void *ctx, struct err *err)
{
    static const struct column columns[] = { COLUMN(C_BYTES, struct answer_work, answer) };
    AUTO(bytes_wipe) struct bytes *sealed = NULL;
    struct answer_work *work = ctx;
    char place[CONTENT_PLACE];
    bool found = false;

    work->answer = NULL;
    enum status status =
        db_first(db,
                 &(struct query){ .sql = "SELECT answer FROM claim WHERE sender_id = ?"
                                         " AND message_id = ? AND exchange = ?"
                                         " AND answer IS NOT NULL AND keep_until_at > NOW(6)",
                                  .args = ARGS(v_text(work->sender), v_text(work->message),
                                               v_id(work->exchange)),
                                  .columns = COLUMNS(columns) },
                 work, &found, err);
    sealed = TAKE(work->answer);
    TRY(status);
    if (!found || !sealed)
        return RAISE(err, ST_NOT_FOUND, "no answer is kept");
    struct slice content = bytes_slice(sealed);
    content_place_answer(place, work->sender, work->message);
    TRY(content_unseal(db, place, &content, err));
    work->answer = bytes_dup(content);
    return work->answer ? ST_OK : RAISE(err, ST_NOMEM, "answer: out of memory");
}

enum status store_answer_of(struct store *store, const struct id *exchange, const char *sender,
                            const char *message, struct bytes **ret_answer, struct err *err)
{
    struct answer_work work = { exchange, sender, message, NULL };

    TRY(store_run(store, &(struct work){ .run = read_answer, .ctx = &work }, err));
    *ret_answer = work.answer;
    return ST_OK;
}

struct coid_work {
    const char *sender, *message;
    int32_t day;
    struct id key;
    int64_t counted;
};

static enum status read_coid_key(struct db *db, void *ctx, struct err *err)
{
    static const struct column columns[] = { COLUMN(C_ID, struct coid_work, key) };
    struct coid_work *work = ctx;
    bool found = false;

    work->key = (struct id){ "" };
    return db_first(db,
                    &(struct query){ .sql = "SELECT idempotency_key FROM coid_call"
                                            " WHERE sender_id = ? AND message_id = ?",
                                     .args = ARGS(v_text(work->sender), v_text(work->message)),
                                     .columns = COLUMNS(columns) },
                    work, &found, err);
}

enum status store_coid_key_of(struct store *store, const char *sender, const char *message,
                              struct id *ret_key, struct err *err)
{
    struct coid_work work = { .sender = sender, .message = message };

    TRY(store_run(store, &(struct work){ .run = read_coid_key, .ctx = &work }, err));
    *ret_key = work.key;
    return ST_OK;
}

static enum status read_counted(struct db *db, void *ctx, struct err *err)
{
    static const struct column columns[] = { COLUMN(C_INT64, struct coid_work, counted) };
    struct coid_work *work = ctx;
    bool found = false;

    work->counted = 0;
    return db_first(db,
                    &(struct query){ .sql = "SELECT counted FROM coid_day"
                                            " WHERE sender_id = ? AND day = ?",
                                     .args = ARGS(v_text(work->sender), v_int(work->day)),
                                     .columns = COLUMNS(columns) },
                    work, &found, err);
}

enum status store_coid_counted(struct store *store, const char *sender, int32_t day,
                               int64_t *ret_count, struct err *err)
{
    struct coid_work work = { .sender = sender, .day = day };

    TRY(store_run(store, &(struct work){ .run = read_counted, .ctx = &work }, err));
    *ret_count = work.counted;
    return ST_OK;
}
