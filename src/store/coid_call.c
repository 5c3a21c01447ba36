/* A verification from its key on: written, asked, ended (C-26).
 *
 * The row of (sender, message) is made by whoever inserts it; a second insert meets the unique key
 * and reads. The daily limit is a counter beside it, in the same transaction: taken by a
 * conditional UPDATE, given back when ЦОИД refuses. It is locked last, so that nobody waits for it
 * while he holds what another needs who has it. */
#include "base/text.h"
#include "crypto/encode.h"
#include "store/coid_rows.h"
#include "store/content.h"
#include "store/pool.h"

enum { ROUNDS = 8 }; /* a row may vanish between two looks at it: rolled back, swept */

/* ---- begin ---- */

struct beginning {
    const struct coid_begin *begin;
    struct coid_row row;
    bool fresh;
    bool raced; /* somebody inserted it since we looked */
};

static enum status find_message(struct db *db, struct beginning *b, bool *ret_found,
                                struct err *err)
{
    TRY(db_first(
        db,
        &(struct query){ .sql = COID_ROW_SELECT "WHERE sender_id = ? AND message_id = ?",
                         .args = ARGS(v_text(b->begin->sender_id), v_text(b->begin->message_id)),
                         .columns = coid_row_columns },
        &b->row, ret_found, err));
    return *ret_found ? coid_row_unseal(db, &b->row, err) : ST_OK;
}

static enum status find_key(struct db *db, const struct id *key, struct coid_row *row,
                            bool *ret_found, struct err *err)
{
    TRY(db_first(db,
                 &(struct query){ .sql = COID_ROW_SELECT "WHERE idempotency_key = ?",
                                  .args = ARGS(v_id(key)),
                                  .columns = coid_row_columns },
                 row, ret_found, err));
    return *ret_found ? coid_row_unseal(db, row, err) : ST_OK;
}

static enum status insert_call(struct db *db, const struct coid_begin *begin, struct err *err)
{
    AUTO(bytes_free) struct bytes *iin = NULL;
    uint8_t digest[SHA256_BYTES];

    TRY(coid_iin_seal(db, &begin->key, begin->iin, &iin, err));
    sha256(begin->photo, digest);
    return db_exec(db,
                   "INSERT INTO coid_call (idempotency_key, sender_id, message_id, payload_sha256,"
                   " exchange, iin, vendor, photo_sha256, day, state, created_at, kept_at,"
                   " refused_text)"
                   " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'written', NOW(6), NOW(6), '')",
                   ARGS(v_id(&begin->key), v_text(begin->sender_id), v_text(begin->message_id),
                        v_sha256(begin->payload_sha256), v_id(&begin->exchange),
                        v_slice(bytes_slice(iin)), v_int(begin->vendor), v_sha256(digest),
                        v_int(begin->day)),
                   NULL, err);
}

static enum status insert_photo(struct db *db, const struct coid_begin *begin, struct err *err)
{
    AUTO(bytes_free) struct bytes *sealed = NULL;
    char place[CONTENT_PLACE];

    content_place_photo(place, &begin->key);
    TRY(content_seal(db, place, begin->photo, &sealed, err));
    return db_exec(db, "INSERT INTO coid_photo (idempotency_key, photo) VALUES (?, ?)",
                   ARGS(v_id(&begin->key), v_slice(bytes_slice(sealed))), NULL, err);
}

static enum status count_one(struct db *db, const struct coid_begin *begin, bool *ret_counted,
                             struct err *err)
{
    uint64_t matched = 0;

    TRY(db_exec(db,
                "UPDATE coid_day SET counted = counted + 1, changed_at = NOW(6)"
                " WHERE sender_id = ? AND day = ? AND (? = 0 OR counted < ?)",
                ARGS(v_text(begin->sender_id), v_int(begin->day), v_int(begin->daily_limit),
                     v_int(begin->daily_limit)),
                &matched, err));
    *ret_counted = matched > 0;
    return ST_OK;
}

/* A row of the day that is there already is locked as if it were changed: no lock is raised. */
static enum status open_day(struct db *db, const struct coid_begin *begin, struct err *err)
{
    return db_exec(db,
                   "INSERT INTO coid_day (sender_id, day, counted, changed_at)"
                   " VALUES (?, ?, 0, NOW(6)) ON DUPLICATE KEY UPDATE counted = counted",
                   ARGS(v_text(begin->sender_id), v_int(begin->day)), NULL, err);
}

static enum status reserve(struct db *db, const struct coid_begin *begin, struct err *err)
{
    bool counted = false;
    char limit[32];

    TRY(count_one(db, begin, &counted, err));
    if (counted)
        return ST_OK;
    TRY(open_day(db, begin, err));
    TRY(count_one(db, begin, &counted, err));
    if (counted)
        return ST_OK;
    (void)text_format(limit, sizeof(limit), "%lld", (long long)begin->daily_limit);
    return RAISE_CAUSE(err, ST_CONFLICT, "dailyLimit", NULL, limit,
                       "the sender has had its %s comparisons of the day", limit);
}

static enum status begin_once(struct db *db, void *ctx, struct err *err)
{
    struct beginning *b = ctx;
    bool found = false;

    b->fresh = false;
    b->raced = false;
    TRY(find_message(db, b, &found, err));
    if (found)
        return ST_OK;
    if (b->begin->find_only)
        return RAISE(err, ST_NOT_FOUND, "no verification of this message");
    enum status status = insert_call(db, b->begin, err);
    b->raced = status == ST_CONFLICT;
    TRY(status);
    TRY(insert_photo(db, b->begin, err));
    TRY(reserve(db, b->begin, err));
    b->fresh = true;
    return find_key(db, &b->begin->key, &b->row, &found, err);
}

static enum status judge(const struct beginning *b, struct err *err)
{
    if (memcmp(b->row.payload_sha256, b->begin->payload_sha256, sizeof(b->row.payload_sha256)) == 0)
        return ST_OK;
    return RAISE_CAUSE(err, ST_CONFLICT, "messageIdReused", "messageId", NULL,
                       "another request came under this messageId");
}

enum status store_coid_begin(struct store *store, const struct coid_begin *begin,
                             struct coid_call *ret_call, bool *ret_fresh, struct err *err)
{
    struct beginning b = { .begin = begin, .raced = true };
    enum status status = ST_CONFLICT;

    for (unsigned round = 0; round < ROUNDS && status == ST_CONFLICT && b.raced; round++)
        status = store_run(
            store, &(struct work){ .run = begin_once, .ctx = &b, .transaction = true }, err);
    if (status == ST_CONFLICT && b.raced)
        return RAISE(err, ST_UNAVAILABLE, "the verification of this message keeps changing hands");
    TRY(status);
    TRY(judge(&b, err));
    *ret_call = b.row.call;
    *ret_fresh = b.fresh;
    return ST_OK;
}

/* ---- find ---- */

struct looking {
    const struct id *key;
    const char *sender_id;
    struct coid_row row;
    bool found;
};

static enum status look(struct db *db, void *ctx, struct err *err)
{
    struct looking *looking = ctx;

    looking->found = false;
    return find_key(db, looking->key, &looking->row, &looking->found, err);
}

static enum status not_there(struct err *err)
{
    return RAISE(err, ST_NOT_FOUND, "no such verification");
}

enum status store_coid_find(struct store *store, const char *sender_id, const struct id *key,
                            struct coid_call *ret_call, struct err *err)
{
    struct looking looking = { .key = key };

    TRY(store_run(store, &(struct work){ .run = look, .ctx = &looking }, err));
    if (!looking.found || (sender_id && strcmp(sender_id, looking.row.call.sender_id) != 0))
        return not_there(err);
    *ret_call = looking.row.call;
    return ST_OK;
}

/* ---- asking ---- */

static enum status ask(struct db *db, void *ctx, struct err *err)
{
    struct looking *looking = ctx;
    uint64_t matched = 0;

    TRY(db_exec(db,
                "UPDATE coid_call SET state = 'asked', asked_at = NOW(6)"
                " WHERE idempotency_key = ? AND state IN ('written', 'asked')",
                ARGS(v_id(looking->key)), &matched, err));
    if (matched > 0)
        return ST_OK;
    TRY(look(db, ctx, err));
    if (!looking->found)
        return not_there(err);
    return RAISE(err, ST_CONFLICT, "the verification is %s",
                 coid_state_word(looking->row.call.state));
}

enum status store_coid_asking(struct store *store, const struct id *key, struct err *err)
{
    struct looking looking = { .key = key };

    return store_run(store, &(struct work){ .run = ask, .ctx = &looking, .transaction = true },
                     err);
}

/* ---- end ---- */

struct ending {
    const struct id *key;
    const struct coid_end *end;
    struct coid_row row;
    char vendor_name[sizeof(((struct coid_call *)0)->vendor_name)];
    char result[sizeof(((struct coid_call *)0)->result)];
    char refused_text[sizeof(((struct coid_call *)0)->refused_text)];
};

/* Takes one off the day, or counts it again: over the limit too, for it was compared. */
static enum status recount(struct db *db, const struct coid_call *call, int64_t by, struct err *err)
{
    return db_exec(db,
                   "INSERT INTO coid_day (sender_id, day, counted, changed_at)"
                   " VALUES (?, ?, GREATEST(?, 0), NOW(6))"
                   " ON DUPLICATE KEY UPDATE counted = GREATEST(counted + ?, 0),"
                   " changed_at = VALUES(changed_at)",
                   ARGS(v_text(call->sender_id), v_int(call->day), v_int(by), v_int(by)), NULL,
                   err);
}

static enum status write_end(struct db *db, const struct ending *ending, struct err *err)
{
    const struct coid_end *end = ending->end;
    const bool refused = end->state == COID_REFUSED;
    const enum coid_state was = ending->row.call.state;
    uint64_t matched = 0;

    TRY(db_exec(
        db,
        "UPDATE coid_call SET state = ?, ended_at = NOW(6),"
        " asked_at = IF(?, asked_at, COALESCE(asked_at, created_at)), vendor_name = ?, result = ?,"
        " refused_status = ?, refused_code = ?, refused_text = ?"
        " WHERE idempotency_key = ? AND state = ?",
        ARGS(v_text(coid_state_word(end->state)), v_int(refused),
             v_text(refused ? "" : ending->vendor_name), v_text(refused ? "" : ending->result),
             v_int(refused ? end->refused_status : 0), v_text(refused ? end->refused_code : ""),
             v_text(refused ? ending->refused_text : ""), v_id(ending->key),
             v_text(coid_state_word(was))),
        &matched, err));
    if (matched == 0) /* it is locked: nobody can have changed it */
        return RAISE(err, ST_INTERNAL, "the verification changed under its lock");
    if (refused)
        return recount(db, &ending->row.call, -1, err);
    return was == COID_REFUSED ? recount(db, &ending->row.call, 1, err) : ST_OK;
}

static enum status end_call(struct db *db, void *ctx, struct err *err)
{
    struct ending *ending = ctx;
    bool found = false;

    TRY(db_first(db,
                 &(struct query){ .sql = COID_ROW_SELECT "WHERE idempotency_key = ? FOR UPDATE",
                                  .args = ARGS(v_id(ending->key)),
                                  .columns = coid_row_columns },
                 &ending->row, &found, err));
    if (!found)
        return not_there(err);
    if (ending->row.call.state == ending->end->state)
        return ST_OK;
    if (ending->row.call.state == COID_DONE)
        return RAISE(err, ST_CONFLICT, "the verification is done");
    return write_end(db, ending, err);
}

/* A result that is too long loses digits of its fraction, no others: tiny numbers have many. */
static bool copy_result(struct ending *ending)
{
    const char *result = ending->end->result ? ending->end->result : "";

    return text_copy(ending->result, sizeof(ending->result), result) ||
           strchr(ending->result, '.') != NULL;
}

static enum status check_end(struct ending *ending, struct err *err)
{
    const struct coid_end *end = ending->end;
    const char *code = end->refused_code ? end->refused_code : "";

    if (end->state != COID_DONE && end->state != COID_REFUSED)
        return RAISE(err, ST_INTERNAL, "a verification does not end as %s",
                     coid_state_word(end->state));
    if (strlen(code) >= sizeof(((struct coid_call *)0)->refused_code) || !copy_result(ending))
        return RAISE_CAUSE(err, ST_INPUT, "tooLong", "result", NULL,
                           "a verification's result is too long to be stored");
    (void)text_copy(ending->vendor_name, sizeof(ending->vendor_name),
                    end->vendor_name ? end->vendor_name : "");
    (void)text_copy(ending->refused_text, sizeof(ending->refused_text),
                    end->refused_text ? end->refused_text : "");
    return ST_OK;
}

enum status store_coid_end(struct store *store, const struct id *key, const struct coid_end *end,
                           struct err *err)
{
    struct ending ending = { .key = key, .end = end };

    TRY(check_end(&ending, err));
    return store_run(store, &(struct work){ .run = end_call, .ctx = &ending, .transaction = true },
                     err);
}

/* ---- the photo ---- */

struct developing {
    const struct id *key;
    struct db_memory memory;
    struct slice photo;
};

static enum status find_photo(struct db *db, void *ctx, struct err *err)
{
    static const struct column columns[] = { COLUMN(C_SEALED, struct developing, photo) };
    struct developing *developing = ctx;
    char place[CONTENT_PLACE];
    bool found = false;

    developing->memory.budget = DB_VALUES_BYTES;
    TRY(db_first(db,
                 &(struct query){ .sql = "SELECT photo FROM coid_photo WHERE idempotency_key = ?",
                                  .args = ARGS(v_id(developing->key)),
                                  .columns = COLUMNS(columns),
                                  .memory = &developing->memory },
                 developing, &found, err));
    if (!found)
        return RAISE(err, ST_NOT_FOUND, "no photo is kept of this verification");
    content_place_photo(place, developing->key);
    return content_unseal(db, place, &developing->photo, err);
}

enum status store_coid_photo(struct store *store, const struct id *key, struct arena *arena,
                             struct slice *ret_photo, struct err *err)
{
    struct developing developing = { .key = key, .memory = { .arena = arena } };

    TRY(store_run(store, &(struct work){ .run = find_photo, .ctx = &developing }, err));
    *ret_photo = developing.photo;
    return ST_OK;
}
