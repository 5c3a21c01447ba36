/* (senderId, messageId) once: a row that is running, answered, or past its time
 * (architecture.md section 1). */
#include "base/text.h"
#include "store/content.h"
#include "store/pool.h"

enum {
    KEY_CHARS = 255, /* the columns' length */
    ROUNDS = 8,      /* a row may vanish between two looks at it: released, swept */
};

struct claim_row {
    uint8_t payload_sha256[32];
    struct id exchange;
    int64_t leased; /* 1: its lease is running */
    int64_t kept;   /* 1: its time to be kept is */
    struct bytes *answer;
};

struct attempt {
    const struct claim *claim;
    enum claim_state state;
    bool decided;
    struct claim_answer answer;
};

static size_t utf8_chars(const char *text)
{
    size_t count = 0;

    for (; *text; text++)
        count += ((uint8_t)*text & 0xc0) != 0x80;
    return count;
}

static enum status check_key(const char *field, const char *text, struct err *err)
{
    if (utf8_chars(text) > KEY_CHARS)
        return RAISE_CAUSE(err, ST_INPUT, "tooLong", field, "255 characters",
                           "%s is longer than 255 characters", field);
    if (!text_is_utf8(slice_str(text)))
        return RAISE_CAUSE(err, ST_INPUT, "notUtf8", field, NULL, "%s is not UTF-8", field);
    return ST_OK;
}

static enum status check_claim(const struct claim *claim, struct err *err)
{
    TRY(check_key("senderId", claim->sender_id, err));
    return check_key("messageId", claim->message_id, err);
}

static enum status insert(struct db *db, const struct claim *claim, struct err *err)
{
    return db_exec(db,
                   "INSERT INTO claim (sender_id, message_id, payload_sha256, exchange, claimed_at,"
                   " lease_until_at, keep_until_at)"
                   " VALUES (?, ?, ?, ?, NOW(6), " DB_NOW_PLUS ", " DB_NOW_PLUS ")",
                   ARGS(v_text(claim->sender_id), v_text(claim->message_id),
                        v_sha256(claim->payload_sha256), v_id(&claim->exchange),
                        v_int(claim->lease_ms), v_int(claim->keep_ms)),
                   NULL, err);
}

static enum status insert_first(struct db *db, void *ctx, struct err *err)
{
    struct attempt *attempt = ctx;
    enum status status = insert(db, attempt->claim, err);

    attempt->decided = status == ST_OK;
    attempt->state = CLAIM_MINE;
    return status == ST_CONFLICT ? ST_OK : status;
}

static enum status take_over(struct db *db, const struct claim *claim, struct err *err)
{
    return db_exec(db,
                   "UPDATE claim SET payload_sha256 = ?, exchange = ?, claimed_at = NOW(6),"
                   " lease_until_at = " DB_NOW_PLUS ", keep_until_at = " DB_NOW_PLUS
                   ", answer = NULL WHERE sender_id = ? AND message_id = ?",
                   ARGS(v_sha256(claim->payload_sha256), v_id(&claim->exchange),
                        v_int(claim->lease_ms), v_int(claim->keep_ms), v_text(claim->sender_id),
                        v_text(claim->message_id)),
                   NULL, err);
}

static enum status find(struct db *db, const struct claim *claim, struct claim_row *row,
                        bool *ret_found, struct err *err)
{
    static const struct column columns[] = {
        COLUMN_SIZED(C_FIXED, struct claim_row, payload_sha256),
        COLUMN(C_ID, struct claim_row, exchange),
        COLUMN(C_INT64, struct claim_row, leased),
        COLUMN(C_INT64, struct claim_row, kept),
        COLUMN(C_BYTES, struct claim_row, answer),
    };

    return db_first(
        db,
        &(struct query){ .sql = "SELECT payload_sha256, exchange, lease_until_at > NOW(6),"
                                " keep_until_at > NOW(6), answer"
                                " FROM claim WHERE sender_id = ? AND message_id = ? FOR UPDATE",
                         .args = ARGS(v_text(claim->sender_id), v_text(claim->message_id)),
                         .columns = COLUMNS(columns) },
        row, ret_found, err);
}

/* What an existing row means to this claim. */
static enum claim_state judge(const struct claim_row *row, const struct claim *claim)
{
    if (!row->kept)
        return CLAIM_MINE;
    if (memcmp(row->payload_sha256, claim->payload_sha256, sizeof(row->payload_sha256)) != 0)
        return CLAIM_REUSED;
    if (row->answer)
        return CLAIM_ANSWERED;
    /* ours already: the answer to an earlier try of ours was lost on its way */
    bool ours = strcmp(row->exchange.text, claim->exchange.text) == 0;
    return row->leased && !ours ? CLAIM_RUNNING : CLAIM_MINE;
}

static enum status unseal_answer(struct db *db, const struct claim *claim, struct bytes *answer,
                                 struct err *err)
{
    struct slice content = bytes_slice(answer);
    char place[CONTENT_PLACE];

    content_place_answer(place, claim->sender_id, claim->message_id);
    TRY(content_unseal(db, place, &content, err));
    memmove(answer->at, content.at, content.len);
    answer->len = content.len;
    answer->at[answer->len] = '\0';
    return ST_OK;
}

static enum status look(struct db *db, void *ctx, struct err *err)
{
    struct attempt *attempt = ctx;
    struct claim_row row = { .answer = NULL };

    attempt->decided = false;
    enum status status = find(db, attempt->claim, &row, &attempt->decided, err);
    AUTO(bytes_free) struct bytes *answer = row.answer;
    TRY(status);
    if (!attempt->decided)
        return ST_OK;
    attempt->state = judge(&row, attempt->claim);
    if (attempt->state == CLAIM_MINE)
        return take_over(db, attempt->claim, err);
    if (attempt->state == CLAIM_ANSWERED) {
        TRY(unseal_answer(db, attempt->claim, answer, err));
        bytes_free(attempt->answer.bytes); /* of a try before this one */
        attempt->answer = (struct claim_answer){ TAKE(answer), row.exchange };
    }
    return ST_OK;
}

enum status store_claim(struct store *store, const struct claim *claim, enum claim_state *ret_state,
                        struct claim_answer *ret_answer, struct err *err)
{
    struct attempt attempt = { .claim = claim };

    TRY(check_claim(claim, err));
    for (unsigned round = 0; round < ROUNDS && !attempt.decided; round++) {
        TRY(store_run(store, &(struct work){ .run = insert_first, .ctx = &attempt }, err));
        if (attempt.decided)
            break;
        enum status status = store_run(
            store, &(struct work){ .run = look, .ctx = &attempt, .transaction = true }, err);
        if (status != ST_OK) {
            bytes_free(attempt.answer.bytes);
            return status;
        }
    }
    if (!attempt.decided)
        return RAISE(err, ST_UNAVAILABLE, "the claim on this message keeps changing hands");
    *ret_state = attempt.state;
    *ret_answer = attempt.answer;
    return ST_OK;
}

struct keeping {
    const struct claim *claim;
    struct slice answer;
    uint64_t matched;
};

static enum status keep(struct db *db, void *ctx, struct err *err)
{
    struct keeping *keeping = ctx;
    const struct claim *claim = keeping->claim;
    AUTO(bytes_free) struct bytes *sealed = NULL;
    char place[CONTENT_PLACE];

    content_place_answer(place, claim->sender_id, claim->message_id);
    TRY(content_seal(db, place, keeping->answer, &sealed, err));
    return db_exec(db,
                   "UPDATE claim SET answer = ?, keep_until_at = " DB_NOW_PLUS
                   " WHERE sender_id = ? AND message_id = ? AND exchange = ?",
                   ARGS(v_slice(bytes_slice(sealed)), v_int(claim->keep_ms),
                        v_text(claim->sender_id), v_text(claim->message_id),
                        v_id(&claim->exchange)),
                   &keeping->matched, err);
}

enum status store_claim_keep(struct store *store, const struct claim *claim, struct slice answer,
                             struct err *err)
{
    struct keeping keeping = { .claim = claim, .answer = answer };

    TRY(store_run(store, &(struct work){ .run = keep, .ctx = &keeping, .transaction = true }, err));
    if (keeping.matched == 0)
        return RAISE(err, ST_CONFLICT, "another exchange has taken this message over");
    return ST_OK;
}

static enum status release(struct db *db, void *ctx, struct err *err)
{
    const struct claim *claim = ctx;

    return db_exec(
        db,
        "DELETE FROM claim WHERE sender_id = ? AND message_id = ? AND exchange = ?"
        " AND answer IS NULL",
        ARGS(v_text(claim->sender_id), v_text(claim->message_id), v_id(&claim->exchange)), NULL,
        err);
}

enum status store_claim_release(struct store *store, const struct claim *claim, struct err *err)
{
    struct claim copy = *claim;

    return store_run(store, &(struct work){ .run = release, .ctx = &copy }, err);
}
