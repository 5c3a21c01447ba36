/* How rows of coid_call and struct coid_call correspond. For this room only. */
#pragma once

#include "store/coid.h"
#include "store/db.h"

enum {
    COID_IIN_SEALED = 64,  /* bytes of the column */
    COID_IIN_BASE64 = 100, /* of them in base64, with an end of line and NUL */
};

/* A row as it is read; its first member is what the caller gets, its IIN after coid_row_unseal().
 */
struct coid_row {
    struct coid_call call;
    uint8_t payload_sha256[32];
    char iin_base64[COID_IIN_BASE64]; /* sealed */
};

#define COID_ROW_SELECT                                                                            \
    "SELECT idempotency_key, sender_id, message_id, state, TO_BASE64(iin), vendor, vendor_name, "  \
    "result, day,"                                                                                 \
    " refused_status, refused_code, refused_text, payload_sha256, " DB_MS("asked_at") ", " DB_MS(  \
        "ended_at") ", " DB_MS("NOW(6)") " FROM coid_call "
extern const struct columns coid_row_columns;

/* The IIN, sealed for its row; *ret_sealed is the caller's. ST_INPUT: too long. */
MUST_USE enum status coid_iin_seal(struct db *db, const struct id *key, const char *iin,
                                   struct bytes **ret_sealed, struct err *err);
/* base64: the column as TO_BASE64() gives it. Errors as content_unseal(). */
MUST_USE enum status coid_iin_unseal(struct db *db, const struct id *key, const char *base64,
                                     char dst[17], struct err *err);
/* call.iin from iin_base64. A row whose key of contents is lost is a row all the same: whoever
 * needs no IIN leaves it sealed. */
MUST_USE enum status coid_row_unseal(struct db *db, struct coid_row *row, struct err *err);

/* written, asked, done, refused. */
const char *coid_state_word(enum coid_state state);
/* For a C_WORD column. */
bool coid_state_parse(struct slice word, void *member);
