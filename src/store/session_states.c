/* How far many sessions are, at once. */
#include "store/pool.h"
#include "store/session_rows.h"

struct watch {
    struct session_watch *sessions;
    size_t count; /* at most SESSION_IDS */
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
    struct value ids[SESSION_IDS];
    struct session_watch seen;
    bool more = true;

    for (size_t i = 0; i < SESSION_IDS; i++)
        ids[i] = i < watch->count ? v_id(&watch->sessions[i].id) : v_null();
    TRY(rows_open(db,
                  &(struct query){ .sql = "SELECT id, IF(" SESSION_LIVE
                                          " AND expires_at <= NOW(6), 'expired', state),"
                                          " turns_signed"
                                          " FROM signing_session WHERE id IN " SESSION_IN,
                                   .args = { ids, SESSION_IDS },
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
    for (size_t done = 0; done < count; done += SESSION_IDS) {
        struct watch watch = { sessions + done,
                               count - done < SESSION_IDS ? count - done : SESSION_IDS };
        TRY(store_run(store, &(struct work){ .run = look, .ctx = &watch }, err));
    }
    return ST_OK;
}
