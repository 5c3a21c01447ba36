/* How far many sessions are, at once. */
#include "store/pool.h"
#include "store/session_rows.h"

enum { CHUNK = 64 }; /* ids of one query */

#define EIGHT "?, ?, ?, ?, ?, ?, ?, ?"
#define SIXTY_FOUR                                                                                 \
    EIGHT ", " EIGHT ", " EIGHT ", " EIGHT ", " EIGHT ", " EIGHT ", " EIGHT ", " EIGHT

struct watch {
    struct session_watch *sessions;
    size_t count; /* at most CHUNK */
};

static void note(struct watch *watch, const struct session_watch *seen)
{
    for (size_t i = 0; i < watch->count; i++)
        if (strcmp(watch->sessions[i].id.text, seen->id.text) == 0)
            watch->sessions[i] = *seen;
}

static enum status look(struct db *db, void *ctx, struct err *err)
{
    static const struct column columns[] = {
        COLUMN(C_ID, struct session_watch, id),
        COLUMN_WORD(struct session_watch, state, parse_state, NULL),
        COLUMN(C_UINT32, struct session_watch, turns),
    };
    AUTO(rows_close) struct rows *rows = NULL;
    struct watch *watch = ctx;
    struct value ids[CHUNK];
    struct session_watch seen;
    bool more = true;

    for (size_t i = 0; i < CHUNK; i++)
        ids[i] = i < watch->count ? v_id(&watch->sessions[i].id) : v_null();
    TRY(rows_open(db,
                  &(struct query){ .sql = "SELECT id, IF(" SESSION_LIVE
                                          " AND expires_at <= NOW(6), 'expired', state),"
                                          " turns_signed"
                                          " FROM signing_session WHERE id IN (" SIXTY_FOUR ")",
                                   .args = { ids, CHUNK },
                                   .columns = COLUMNS(columns) },
                  &rows, err));
    for (;;) {
        TRY(rows_next(rows, &seen, &more, err));
        if (!more)
            return ST_OK;
        note(watch, &seen);
    }
}

enum status store_session_states(struct store *store, struct session_watch *sessions, size_t count,
                                 struct err *err)
{
    for (size_t done = 0; done < count; done += CHUNK) {
        struct watch watch = { sessions + done, count - done < CHUNK ? count - done : CHUNK };
        TRY(store_run(store, &(struct work){ .run = look, .ctx = &watch }, err));
    }
    return ST_OK;
}
