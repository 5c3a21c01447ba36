/* OCSP answers kept for verifying the same signature again (req 0.23). */
#include "store/pool.h"

struct receipt_call {
    const uint8_t *signature_sha256;
    const uint8_t *cert_sha256;
    struct slice keep;
    struct bytes *found;
};

static enum status find(struct db *db, void *ctx, struct err *err)
{
    static const struct column columns[] = { COLUMN(C_BYTES, struct receipt_call, found) };
    struct receipt_call *call = ctx;
    bool found = false;

    bytes_free(TAKE(call->found)); /* of a try before this one */
    return db_first(
        db,
        &(struct query){
            .sql = "SELECT ocsp FROM receipt WHERE signature_sha256 = ? AND cert_sha256 = ?",
            .args = ARGS(v_sha256(call->signature_sha256), v_sha256(call->cert_sha256)),
            .columns = COLUMNS(columns) },
        call, &found, err);
}

enum status store_find_receipt(void *ctx, const uint8_t signature_sha256[32],
                               const uint8_t cert_sha256[32], struct bytes **ret_ocsp,
                               struct err *err)
{
    struct receipt_call call = { .signature_sha256 = signature_sha256, .cert_sha256 = cert_sha256 };
    enum status status = store_run(ctx, &(struct work){ .run = find, .ctx = &call }, err);
    AUTO(bytes_free) struct bytes *found = call.found;

    TRY(status);
    if (!found)
        return RAISE(err, ST_NOT_FOUND, "no receipt is kept for this signature");
    *ret_ocsp = TAKE(found);
    return ST_OK;
}

static enum status keep(struct db *db, void *ctx, struct err *err)
{
    const struct receipt_call *call = ctx;

    return db_exec(
        db,
        "INSERT INTO receipt (signature_sha256, cert_sha256, ocsp, kept_at)"
        " VALUES (?, ?, ?, NOW(6))"
        " ON DUPLICATE KEY UPDATE ocsp = VALUES(ocsp), kept_at = VALUES(kept_at)",
        ARGS(v_sha256(call->signature_sha256), v_sha256(call->cert_sha256), v_slice(call->keep)),
        NULL, err);
}

enum status store_keep_receipt(void *ctx, const uint8_t signature_sha256[32],
                               const uint8_t cert_sha256[32], struct slice ocsp, struct err *err)
{
    struct receipt_call call = { .signature_sha256 = signature_sha256,
                                 .cert_sha256 = cert_sha256,
                                 .keep = ocsp };

    return store_run(ctx, &(struct work){ .run = keep, .ctx = &call }, err);
}
