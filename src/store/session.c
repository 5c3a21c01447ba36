/* A session is born: head, documents, expected signers in one transaction. */
#include "crypto/encode.h"
#include "store/content.h"
#include "store/pool.h"
#include "store/session_rows.h"

struct creation {
    const struct signing_session *session;
    const struct session_secrets *secrets;
    int64_t life_ms;
    int64_t created_ms;
    int64_t expires_ms;
};

static enum status insert_head(struct db *db, const struct creation *creation, struct err *err)
{
    struct value values[DB_COLUMNS];
    size_t count = db_values(session_fixed, creation->session, values);

    values[count++] = v_sha256(creation->secrets->token_sha256);
    values[count++] = v_sha256(creation->secrets->page_id_sha256);
    values[count++] = v_int(creation->life_ms);
    return db_exec(
        db,
        "INSERT INTO signing_session (id, sender_id, description, language, method, auth, back_url,"
        " org_name_ru, org_name_kz, org_name_en, org_bin, token_sha256, page_id_sha256,"
        " state, reason, created_at, expires_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'created', '', NOW(6), " DB_NOW_PLUS ")",
        (struct args){ values, count }, NULL, err);
}

static enum status insert_meta(struct db *db, const struct creation *creation,
                               const struct document *document, struct err *err)
{
    struct value values[DB_COLUMNS];

    for (size_t i = 0; i < document->meta_count; i++) {
        struct meta_row row = { .document_id = document->id, .item = document->meta[i] };
        size_t count = db_values(meta_fixed, &row, values);

        values[count++] = v_id(&creation->session->id);
        values[count++] = v_int((int64_t)i);
        TRY(db_exec(db,
                    "INSERT INTO signing_document_meta (document_id, name, value, session_id,"
                    " position) VALUES (?, ?, ?, ?, ?)",
                    (struct args){ values, count }, NULL, err));
    }
    return ST_OK;
}

static enum status insert_document(struct db *db, const struct creation *creation, size_t i,
                                   struct err *err)
{
    const struct document *document = &creation->session->documents[i];
    AUTO(bytes_free) struct bytes *sealed = NULL;
    struct value values[DB_COLUMNS];
    size_t count = db_values(document_fixed, document, values);
    uint8_t digest[SHA256_BYTES];
    char place[CONTENT_PLACE];

    content_place_issued(place, &creation->session->id, document->id);
    TRY(content_seal(db, place, document->content, &sealed, err));
    sha256(document->content, digest);
    values[count++] = v_slice(bytes_slice(sealed));
    values[count++] = v_sha256(digest);
    values[count++] = v_int((int64_t)document->content.len);
    values[count++] = v_id(&creation->session->id);
    values[count++] = v_int((int64_t)i);
    return db_exec(db,
                   "INSERT INTO signing_document (id, method, name_ru, name_kz, name_en, mime,"
                   " content, content_sha256, content_bytes, session_id, position)"
                   " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                   (struct args){ values, count }, NULL, err);
}

static enum status insert_documents(struct db *db, const struct creation *creation, struct err *err)
{
    for (size_t i = 0; i < creation->session->document_count; i++) {
        TRY(insert_document(db, creation, i, err));
        TRY(insert_meta(db, creation, &creation->session->documents[i], err));
    }
    return ST_OK;
}

static enum status insert_signers(struct db *db, const struct creation *creation, struct err *err)
{
    struct value values[DB_COLUMNS];

    for (size_t i = 0; i < creation->session->signer_count; i++) {
        size_t count = db_values(signer_fixed, &creation->session->signers[i], values);

        values[count++] = v_id(&creation->session->id);
        values[count++] = v_int((int64_t)i);
        TRY(db_exec(db,
                    "INSERT INTO signing_signer (iin, bin, roles, session_id, position)"
                    " VALUES (?, ?, ?, ?, ?)",
                    (struct args){ values, count }, NULL, err));
    }
    return ST_OK;
}

static enum status read_times(struct db *db, struct creation *creation, struct err *err)
{
    static const struct column columns[] = {
        COLUMN(C_INT64, struct creation, created_ms),
        COLUMN(C_INT64, struct creation, expires_ms),
    };
    bool found = false;

    return db_first(db,
                    &(struct query){ .sql = "SELECT " DB_MS("created_at") ", " DB_MS(
                                         "expires_at") " FROM signing_session WHERE id = ?",
                                     .args = ARGS(v_id(&creation->session->id)),
                                     .columns = COLUMNS(columns) },
                    creation, &found, err);
}

static enum status create(struct db *db, void *ctx, struct err *err)
{
    struct creation *creation = ctx;

    TRY(insert_head(db, creation, err));
    TRY(insert_documents(db, creation, err));
    TRY(insert_signers(db, creation, err));
    return read_times(db, creation, err);
}

/* The signature is the header's. NOLINTNEXTLINE(readability-function-size) */
enum status store_session_create(struct store *store, const struct signing_session *session,
                                 const struct session_secrets *secrets, int64_t life_ms,
                                 int64_t *ret_created_ms, int64_t *ret_expires_ms, struct err *err)
{
    struct creation creation = { .session = session, .secrets = secrets, .life_ms = life_ms };

    if (session->document_count > SESSION_LIST_MAX || session->signer_count > SESSION_LIST_MAX)
        return RAISE_CAUSE(err, ST_INPUT, "tooMany", "documents", "40000",
                           "more than %d documents or signers", SESSION_LIST_MAX);
    TRY(store_run(store, &(struct work){ .run = create, .ctx = &creation, .transaction = true },
                  err));
    *ret_created_ms = creation.created_ms;
    *ret_expires_ms = creation.expires_ms;
    return ST_OK;
}
