/* A session lives and ends: every change is one UPDATE whose WHERE says from which states. */
#include "crypto/encode.h"
#include "store/content.h"
#include "store/pool.h"
#include "store/session_rows.h"

#define STILL_LIVE " WHERE id = ? AND " SESSION_LIVE " AND expires_at > NOW(6)"

enum { PUTS_MAX = 5 }; /* refused ones; the fifth ends the session (payloads.md section 6) */

struct change {
    const struct id *id;
    enum session_state to;
    const char *reason;
    const struct session_put *put;
    enum session_state state; /* what it became */
};

static enum status read_state(struct db *db, struct change *change, bool *ret_found,
                              struct err *err)
{
    static const struct column columns[] = {
        COLUMN_WORD(struct change, state, parse_state, NULL),
    };

    return db_first(db,
                    &(struct query){ .sql = "SELECT IF(" SESSION_LIVE " AND expires_at <= NOW(6),"
                                            " 'expired', state) FROM signing_session WHERE id = ?",
                                     .args = ARGS(v_id(change->id)),
                                     .columns = COLUMNS(columns) },
                    change, ret_found, err);
}

/* Why an UPDATE found no live session. */
static enum status refuse(struct db *db, struct change *change, struct err *err)
{
    bool found = false;

    TRY(read_state(db, change, &found, err));
    if (!found)
        return RAISE(err, ST_NOT_FOUND, "no such session");
    return RAISE(err, ST_CONFLICT, "the session is %s", session_state_name(change->state));
}

static enum status advance(struct db *db, void *ctx, struct err *err)
{
    struct change *change = ctx;
    uint64_t matched = 0;
    const char *sql =
        change->to == SESSION_SCANNED
            ? "UPDATE signing_session SET state = IF(state = 'created', 'scanned', state),"
              " scanned_at = IFNULL(scanned_at, NOW(6))" STILL_LIVE
            : "UPDATE signing_session SET state = 'documents_sent',"
              " documents_sent_at = IFNULL(documents_sent_at, NOW(6))" STILL_LIVE;

    TRY(db_exec(db, sql, ARGS(v_id(change->id)), &matched, err));
    return matched > 0 ? ST_OK : refuse(db, change, err);
}

enum status store_session_advance(struct store *store, const struct id *id, enum session_state to,
                                  struct err *err)
{
    struct change change = { .id = id, .to = to };

    if (to != SESSION_SCANNED && to != SESSION_DOCUMENTS_SENT)
        return RAISE(err, ST_INTERNAL, "no session advances to %s", session_state_name(to));
    return store_run(store, &(struct work){ .run = advance, .ctx = &change, .transaction = true },
                     err);
}

/* ---- signed ---- */

static enum status insert_evidence(struct db *db, const struct change *change,
                                   const struct signed_document *document, struct err *err)
{
    for (size_t i = 0; i < document->evidence_count; i++)
        TRY(db_exec(db,
                    "INSERT INTO evidence (session_id, document_id, turn, position, kind, data)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    ARGS(v_id(change->id), v_int(document->id), v_int(change->put->turn),
                         v_int((int64_t)i), v_int(document->evidence[i].kind),
                         v_slice(document->evidence[i].data)),
                    NULL, err));
    return ST_OK;
}

static enum status insert_signed(struct db *db, const struct change *change,
                                 const struct signed_document *document, struct err *err)
{
    AUTO(bytes_free) struct bytes *sealed = NULL;
    struct value values[DB_COLUMNS];
    size_t count = db_values(signed_signer, &document->signer, values);
    uint8_t digest[SHA256_BYTES];
    char place[CONTENT_PLACE];

    content_place_signed(place, change->id, document->id, change->put->turn);
    TRY(content_seal(db, place, document->content, &sealed, err));
    sha256(document->content, digest);
    values[count++] = v_id(change->id);
    values[count++] = v_int(document->id);
    values[count++] = v_int(change->put->turn);
    values[count++] = v_slice(bytes_slice(sealed));
    values[count++] = v_sha256(digest);
    values[count++] = v_int((int64_t)document->content.len);
    values[count++] = v_int(document->signed_at_ms);
    values[count++] = v_int(document->signer.not_before_ms);
    values[count++] = v_int(document->signer.not_after_ms);
    TRY(db_exec(db,
                "INSERT INTO signed_document (subject, issuer, common_name, iin, bin, serial,"
                " roles, key_usage, cert_sha256, pin, session_id, document_id, turn, content,"
                " content_sha256, content_bytes, signed_at, not_before_at, not_after_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
                " " DB_INSTANT ", " DB_INSTANT ", " DB_INSTANT ")",
                (struct args){ values, count }, NULL, err));
    return insert_evidence(db, change, document, err);
}

#define ALL_SIGNED                                                                                 \
    "turns_signed >= GREATEST(1, (SELECT COUNT(*) FROM signing_signer WHERE session_id = id))"

/* Counts the turn in the session's own row, so that two turns at once wait for each other, on a
 * cluster too, and the later one sees that it is the last. turns_signed is set first: MariaDB lets
 * later assignments see earlier ones. */
static enum status take_turn(struct db *db, struct change *change, struct err *err)
{
    uint64_t matched = 0;
    bool found = false;

    TRY(db_exec(db,
                "UPDATE signing_session SET turns_signed = turns_signed + 1, reason = '',"
                " ended_at = IF(" ALL_SIGNED ", NOW(6), NULL),"
                " state = IF(" ALL_SIGNED ", 'signed', state)" STILL_LIVE,
                ARGS(v_id(change->id)), &matched, err));
    if (matched == 0)
        return refuse(db, change, err);
    TRY(db_exec(db,
                "INSERT INTO signing_turn (session_id, turn, put_sha256, signed_at)"
                " SELECT id, ?, ?, IFNULL(ended_at, NOW(6)) FROM signing_session WHERE id = ?",
                ARGS(v_int(change->put->turn), v_sha256(change->put->put_sha256), v_id(change->id)),
                NULL, err));
    return read_state(db, change, &found, err);
}

static enum status sign(struct db *db, void *ctx, struct err *err)
{
    struct change *change = ctx;

    TRY(take_turn(db, change, err));
    for (size_t i = 0; i < change->put->count; i++)
        TRY(insert_signed(db, change, &change->put->documents[i], err));
    if (change->state != SESSION_SIGNED)
        return ST_OK;
    return db_exec(db, "INSERT INTO evidence_seal (session_id, due_at) VALUES (?, NOW(6))",
                   ARGS(v_id(change->id)), NULL, err);
}

enum status store_session_sign(struct store *store, const struct id *id,
                               const struct session_put *put, bool *ret_is_signed, struct err *err)
{
    struct change change = { .id = id, .put = put };

    TRY(store_run(store, &(struct work){ .run = sign, .ctx = &change, .transaction = true }, err));
    *ret_is_signed = change.state == SESSION_SIGNED;
    return ST_OK;
}

/* ---- not signed ---- */

static enum status refuse_put(struct db *db, void *ctx, struct err *err)
{
    struct change *change = ctx;
    uint64_t matched = 0;
    bool found = false;

    /* failed_puts is set last: MariaDB lets later assignments see earlier ones */
    TRY(db_exec(db,
                "UPDATE signing_session SET state = IF(failed_puts + 1 >= ?, 'failed', state),"
                " ended_at = IF(failed_puts + 1 >= ?, NOW(6), ended_at), reason = ?,"
                " failed_puts = failed_puts + 1" STILL_LIVE,
                ARGS(v_int(PUTS_MAX), v_int(PUTS_MAX), v_text(change->reason), v_id(change->id)),
                &matched, err));
    if (matched == 0)
        return refuse(db, change, err);
    return read_state(db, change, &found, err);
}

enum status store_session_refuse_put(struct store *store, const struct id *id, const char *reason,
                                     enum session_state *ret_state, struct err *err)
{
    struct change change = { .id = id, .reason = reason };

    TRY(store_run(store, &(struct work){ .run = refuse_put, .ctx = &change, .transaction = true },
                  err));
    *ret_state = change.state;
    return ST_OK;
}

static enum status end(struct db *db, void *ctx, struct err *err)
{
    struct change *change = ctx;
    uint64_t matched = 0;

    TRY(db_exec(
        db, "UPDATE signing_session SET state = ?, reason = ?, ended_at = NOW(6)" STILL_LIVE,
        ARGS(v_text(session_state_name(change->to)), v_text(change->reason), v_id(change->id)),
        &matched, err));
    return matched > 0 ? ST_OK : refuse(db, change, err);
}

enum status store_session_end(struct store *store, const struct id *id, enum session_state to,
                              const char *reason, struct err *err)
{
    struct change change = { .id = id, .to = to, .reason = reason };

    if (to != SESSION_CANCELLED && to != SESSION_FAILED)
        return RAISE(err, ST_INTERNAL, "no session is ended as %s", session_state_name(to));
    return store_run(store, &(struct work){ .run = end, .ctx = &change, .transaction = true }, err);
}
