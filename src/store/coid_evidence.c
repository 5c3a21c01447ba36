/* What ЦОИД answered, byte for byte (req 2.16). Bodies and JWS lie sealed: a JWS may carry its
 * payload. Each is bound to its column, its row and its verification, so that nobody who writes the
 * database alone gives one person's answer for another's. */
#include "crypto/encode.h"
#include "store/coid.h"
#include "store/content.h"
#include "store/pool.h"

static const char *name_operation(const void *member)
{
    const enum operation op = *(const enum operation *)member;

    return op >= OP_VERIFY_PHOTO && op <= OP_GET_NEWS ? operation_name(op) : "";
}

static bool parse_operation(struct slice word, void *member)
{
    for (int op = OP_VERIFY_PHOTO; op <= OP_GET_NEWS; op++)
        if (slice_eq_str(word, operation_name((enum operation)op))) {
            *(enum operation *)member = (enum operation)op;
            return true;
        }
    return false;
}

/* A row: the evidence, and its texts that lie sealed. */
struct evidence_row {
    struct coid_evidence evidence;
    struct slice request_jws, jws;
};

/* What is sealed of it. */
static const struct part {
    const char *column;
    size_t offset;
} parts[] = {
    { "request_body", offsetof(struct evidence_row, evidence.request_body) },
    { "request_jws", offsetof(struct evidence_row, request_jws) },
    { "body", offsetof(struct evidence_row, evidence.body) },
    { "jws", offsetof(struct evidence_row, jws) },
};
enum { PARTS = sizeof(parts) / sizeof(parts[0]) };

static const struct column columns[] = {
    COLUMN(C_ID, struct evidence_row, evidence.id),
    COLUMN(C_ID, struct evidence_row, evidence.key),
    COLUMN_WORD(struct evidence_row, evidence.op, parse_operation, name_operation),
    COLUMN(C_TEXT, struct evidence_row, evidence.sender_id),
    COLUMN(C_TEXT, struct evidence_row, evidence.message_id),
    COLUMN(C_ID, struct evidence_row, evidence.exchange),
    COLUMN(C_UINT32, struct evidence_row, evidence.http_status), /* never below zero */
    COLUMN(C_BLOB, struct evidence_row, evidence.certificate),
    COLUMN(C_TEXT, struct evidence_row, evidence.verdict),
    COLUMN(C_BLOB, struct evidence_row, evidence.report),
    COLUMN(C_SEALED, struct evidence_row, evidence.request_body),
    COLUMN(C_SEALED, struct evidence_row, request_jws),
    COLUMN(C_SEALED, struct evidence_row, evidence.body),
    COLUMN(C_SEALED, struct evidence_row, jws),
    COLUMN(C_INT64, struct evidence_row, evidence.received_ms),
};
static const struct columns all_columns = COLUMNS(columns);
enum { WRITTEN = 10 }; /* columns that are written as they are */

#define EVIDENCE                                                                                   \
    "id, verification, operation, sender_id, message_id, exchange, http_status, certificate,"      \
    " verdict, report, request_body, request_jws, body, jws, "

/* ---- keep ---- */

struct keeping {
    struct evidence_row row;
    uint8_t body_sha256[SHA256_BYTES];
};

static enum status seal_parts(struct db *db, const struct evidence_row *row,
                              struct bytes *sealed[PARTS], struct err *err)
{
    char place[CONTENT_PLACE];

    for (size_t i = 0; i < PARTS; i++) {
        const struct slice *content = (const void *)((const char *)row + parts[i].offset);

        content_place_coid(place, &row->evidence.id, &row->evidence.key, parts[i].column);
        TRY(content_seal(db, place, *content, &sealed[i], err));
    }
    return ST_OK;
}

static enum status insert_sealed(struct db *db, const struct keeping *keeping,
                                 struct bytes *const sealed[PARTS], struct err *err)
{
    const struct columns plain = { columns, WRITTEN };
    struct value values[DB_COLUMNS];
    size_t count = db_values(plain, &keeping->row, values);

    for (size_t i = 0; i < PARTS; i++)
        values[count++] = v_slice(bytes_slice(sealed[i]));
    values[count++] = v_int(keeping->row.evidence.received_ms);
    values[count++] = v_sha256(keeping->body_sha256);
    return db_exec(db,
                   "INSERT INTO coid_evidence (" EVIDENCE "received_at, body_sha256, kept_at)"
                   " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, " DB_INSTANT ", ?, NOW(6))",
                   (struct args){ values, count }, NULL, err);
}

static enum status insert(struct db *db, const struct keeping *keeping, struct err *err)
{
    struct bytes *sealed[PARTS] = { NULL };
    enum status status = seal_parts(db, &keeping->row, sealed, err);

    if (status == ST_OK)
        status = insert_sealed(db, keeping, sealed, err);
    for (size_t i = 0; i < PARTS; i++)
        bytes_free(sealed[i]);
    return status;
}

/* The same kept again after its COMMIT was in doubt is fine. */
static enum status check_same(struct db *db, const struct keeping *keeping, struct err *err)
{
    static const struct column digest[] = { { .kind = C_FIXED, .size = SHA256_BYTES } };
    uint8_t kept[SHA256_BYTES] = { 0 };
    bool found = false;

    TRY(db_first(db,
                 &(struct query){ .sql = "SELECT body_sha256 FROM coid_evidence WHERE id = ?",
                                  .args = ARGS(v_id(&keeping->row.evidence.id)),
                                  .columns = COLUMNS(digest) },
                 kept, &found, err));
    if (found && memcmp(kept, keeping->body_sha256, sizeof(kept)) == 0)
        return ST_OK;
    return RAISE(err, ST_CONFLICT, "other evidence has this id");
}

static enum status keep(struct db *db, void *ctx, struct err *err)
{
    const struct keeping *keeping = ctx;
    const struct id *key = &keeping->row.evidence.key;
    enum status status = insert(db, keeping, err);

    if (status == ST_CONFLICT)
        return check_same(db, keeping, err);
    TRY(status);
    if (!key->text[0])
        return ST_OK;
    return db_exec(db, "UPDATE coid_call SET kept_at = NOW(6) WHERE idempotency_key = ?",
                   ARGS(v_id(key)), NULL, err);
}

enum status store_coid_evidence_keep(struct store *store, const struct coid_evidence *evidence,
                                     struct err *err)
{
    struct keeping keeping = { .row = { .evidence = *evidence,
                                        .request_jws = slice_str(evidence->request_jws),
                                        .jws = slice_str(evidence->jws) } };

    if (!name_operation(&evidence->op)[0])
        return RAISE(err, ST_INTERNAL, "no evidence is kept of operation %d", (int)evidence->op);
    sha256(evidence->body, keeping.body_sha256);
    return store_run(store, &(struct work){ .run = keep, .ctx = &keeping, .transaction = true },
                     err);
}

/* ---- find ---- */

struct finding {
    const struct id *id;  /* of the evidence; NULL: by … */
    const struct id *key; /* … its verification and operation */
    enum operation op;
    struct db_memory memory;
    struct evidence_row row;
    bool found;
};

#define FIND "SELECT " EVIDENCE DB_MS("received_at") " FROM coid_evidence WHERE "

static struct query query_of(struct finding *finding, struct args args)
{
    return (struct query){ .sql = finding->id ? FIND "id = ?"
                                              : FIND "verification = ? AND operation = ?"
                                                     " AND http_status BETWEEN 200 AND 299"
                                                     " AND verdict IN ('valid', 'unsigned')"
                                                     " ORDER BY kept_at DESC, id DESC LIMIT 1",
                           .args = args,
                           .columns = all_columns,
                           .memory = &finding->memory };
}

static enum status unseal_parts(struct db *db, struct evidence_row *row, struct err *err)
{
    char place[CONTENT_PLACE];

    for (size_t i = 0; i < PARTS; i++) {
        struct slice *content = (void *)((char *)row + parts[i].offset);

        content_place_coid(place, &row->evidence.id, &row->evidence.key, parts[i].column);
        TRY(content_unseal(db, place, content, err));
    }
    return ST_OK;
}

/* Unsealed content is followed by its tag, not by a NUL. */
static enum status end_text(struct arena *arena, struct slice text, const char **ret,
                            struct err *err)
{
    *ret = arena_text(arena, text);
    return *ret ? ST_OK : RAISE(err, ST_NOMEM, "evidence: out of memory");
}

static enum status find(struct db *db, void *ctx, struct err *err)
{
    struct finding *finding = ctx;
    struct evidence_row *row = &finding->row;
    struct arena *arena = finding->memory.arena;
    const struct args args = finding->id
                                 ? ARGS(v_id(finding->id))
                                 : ARGS(v_id(finding->key), v_text(name_operation(&finding->op)));
    const struct query query = query_of(finding, args);

    finding->memory.budget = DB_VALUES_BYTES;
    finding->found = false;
    TRY(db_first(db, &query, row, &finding->found, err));
    if (!finding->found)
        return RAISE(err, ST_NOT_FOUND, "no such evidence is kept");
    TRY(unseal_parts(db, row, err));
    TRY(end_text(arena, row->request_jws, &row->evidence.request_jws, err));
    return end_text(arena, row->jws, &row->evidence.jws, err);
}

static enum status run_finding(struct store *store, struct finding *finding,
                               struct coid_evidence *ret, struct err *err)
{
    TRY(store_run(store, &(struct work){ .run = find, .ctx = finding }, err));
    *ret = finding->row.evidence;
    return ST_OK;
}

enum status store_coid_evidence_find(struct store *store, const struct id *id, struct arena *arena,
                                     struct coid_evidence *ret, struct err *err)
{
    struct finding finding = { .id = id, .memory = { .arena = arena } };

    return run_finding(store, &finding, ret, err);
}

/* The signature is the header's. */
enum status store_coid_evidence_of(struct store *store, const struct id *key, enum operation op,
                                   struct arena *arena, struct coid_evidence *ret, struct err *err)
{
    struct finding finding = { .key = key, .op = op, .memory = { .arena = arena } };

    return run_finding(store, &finding, ret, err);
}

/* ---- list ---- */

struct listing {
    const struct id *key;
    struct id *ids;
    size_t max, count;
};

static enum status list(struct db *db, void *ctx, struct err *err)
{
    static const struct column id_columns[] = { { .kind = C_ID } };
    struct listing *listing = ctx;
    const struct query query = { .sql = "SELECT id FROM coid_evidence WHERE verification = ?"
                                        " ORDER BY kept_at, id LIMIT ?",
                                 .args = ARGS(v_id(listing->key), v_int((int64_t)listing->max)),
                                 .columns = COLUMNS(id_columns) };

    return db_rows(db, &query, RECORDS(listing->ids, listing->max), &listing->count, err);
}

enum status store_coid_evidence_list(struct store *store, const struct id *key, struct id *ret_ids,
                                     size_t max, size_t *ret_count, struct err *err)
{
    struct listing listing = { .key = key, .ids = ret_ids, .max = max };

    TRY(store_run(store, &(struct work){ .run = list, .ctx = &listing }, err));
    *ret_count = listing.count;
    return ST_OK;
}
