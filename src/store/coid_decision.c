/* What the participant decided on a result below the threshold (req 2.07). */
#include "base/day.h"
#include "store/coid_rows.h"
#include "store/pool.h"

#include <stdlib.h>

enum {
    PAGE = 64,
    PAGE_BYTES = 2 * PAGE * (72 * 1024)
}; /* a note is a TEXT: 64 KiB; twice, for a second try */

/* ---- decide ---- */

struct deciding {
    const struct coid_decision *decision;
    int64_t day;
    enum coid_state state;
};

static enum status check_done(struct db *db, struct deciding *deciding, struct err *err)
{
    static const struct column columns[] = {
        COLUMN_WORD(struct deciding, state, coid_state_parse, NULL),
    };
    bool found = false;

    TRY(db_first(
        db,
        &(struct query){ .sql = "SELECT state FROM coid_call WHERE idempotency_key = ? FOR UPDATE",
                         .args = ARGS(v_id(&deciding->decision->key)),
                         .columns = COLUMNS(columns) },
        deciding, &found, err));
    if (!found)
        return RAISE(err, ST_NOT_FOUND, "no such verification");
    if (deciding->state != COID_DONE)
        return RAISE(err, ST_CONFLICT, "the verification is %s", coid_state_word(deciding->state));
    return ST_OK;
}

static enum status decide(struct db *db, void *ctx, struct err *err)
{
    struct deciding *deciding = ctx;
    const struct coid_decision *decision = deciding->decision;

    TRY(check_done(db, deciding, err));
    TRY(db_exec(db,
                "INSERT INTO coid_decision (idempotency_key, decision, who, note, decided_at, day)"
                " VALUES (?, ?, ?, ?, " DB_INSTANT
                ", ?) ON DUPLICATE KEY UPDATE decision = VALUES(decision), who = VALUES(who),"
                " note = VALUES(note), decided_at = VALUES(decided_at), day = VALUES(day)",
                ARGS(v_id(&decision->key), v_text(decision->decision), v_text(decision->who),
                     v_text(decision->note), v_int(decision->at_ms), v_int(deciding->day)),
                NULL, err));
    return db_exec(db, "UPDATE coid_call SET kept_at = NOW(6) WHERE idempotency_key = ?",
                   ARGS(v_id(&decision->key)), NULL, err);
}

enum status store_coid_decide(struct store *store, const struct coid_decision *decision,
                              struct err *err)
{
    struct deciding deciding = { .decision = decision, .day = day_of(decision->at_ms) };

    return store_run(store, &(struct work){ .run = decide, .ctx = &deciding, .transaction = true },
                     err);
}

/* ---- tell ---- */

struct decided {
    struct coid_decision decision;
    int64_t day;
    char iin_base64[COID_IIN_BASE64]; /* sealed */
};

struct page {
    struct coid_days days; /* from: what is not told yet */
    struct id after;       /* of the first day; no id: all of it */
    struct db_memory memory;
    size_t count;
    struct decided rows[PAGE];
};

static const struct column columns[] = {
    COLUMN(C_ID, struct decided, decision.key),
    COLUMN(C_TEXT, struct decided, decision.decision),
    COLUMN(C_TEXT, struct decided, decision.who),
    COLUMN(C_TEXT, struct decided, decision.note),
    COLUMN_SIZED(C_CHARS, struct decided, iin_base64),
    COLUMN_SIZED(C_CHARS, struct decided, decision.result),
    COLUMN_SIZED(C_CHARS, struct decided, decision.vendor_name),
    COLUMN(C_INT64, struct decided, day),
    COLUMN(C_INT64, struct decided, decision.at_ms),
};

static enum status read_page(struct db *db, void *ctx, struct err *err)
{
    AUTO(rows_close) struct rows *rows = NULL;
    struct page *page = ctx;
    const uint8_t nothing[ID_BYTES] = { 0 };
    const struct value after =
        page->after.text[0] ? v_id(&page->after) : v_slice(slice_mem(nothing, sizeof(nothing)));
    bool more = true;

    page->count = 0;
    TRY(rows_open(
        db,
        &(struct query){
            .sql =
                "SELECT d.idempotency_key, d.decision, d.who, d.note, TO_BASE64(c.iin), c.result,"
                " c.vendor_name, d.day, " DB_MS(
                    "d.decided_at") " FROM coid_decision d JOIN coid_call c USING (idempotency_key)"
                                    " WHERE d.day BETWEEN ? AND ? AND (d.day > ? OR "
                                    "d.idempotency_key > ?)"
                                    " ORDER BY d.day, d.idempotency_key LIMIT ?",
            .args = ARGS(v_int(page->days.from), v_int(page->days.to), v_int(page->days.from),
                         after, v_int(PAGE)),
            .columns = COLUMNS(columns),
            .memory = &page->memory },
        &rows, err));
    while (more && page->count < PAGE) {
        struct decided *row = &page->rows[page->count];
        TRY(rows_next(rows, row, &more, err));
        if (more)
            TRY(coid_iin_unseal(db, &row->decision.key, row->iin_base64, row->decision.iin, err));
        page->count += more;
    }
    return ST_OK;
}

/* Each page in an arena of its own. */
static enum status tell_page(struct store *store, struct page *page, coid_tell_decision *tell,
                             void *ctx, struct err *err)
{
    AUTO(arena_free) struct arena *arena = arena_new(PAGE_BYTES);

    if (!arena)
        return RAISE(err, ST_NOMEM, "decisions: out of memory");
    page->memory = (struct db_memory){ .arena = arena };
    TRY(store_run(store, &(struct work){ .run = read_page, .ctx = page }, err));
    for (size_t i = 0; i < page->count; i++) {
        TRY(tell(ctx, &page->rows[i].decision, err));
        page->after = page->rows[i].decision.key;
        page->days.from = (int32_t)page->rows[i].day;
    }
    return ST_OK;
}

enum status store_coid_decisions(struct store *store, const struct coid_days *days,
                                 coid_tell_decision *tell, void *ctx, struct err *err)
{
    AUTO_FREE struct page *page = calloc(1, sizeof(*page));

    if (!page)
        return RAISE(err, ST_NOMEM, "decisions: out of memory");
    page->days = *days;
    do
        TRY(tell_page(store, page, tell, ctx, err));
    while (page->count == PAGE);
    return ST_OK;
}
