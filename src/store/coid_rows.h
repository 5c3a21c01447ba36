/* How rows of coid_call and struct coid_call correspond. For this room only. */
#pragma once

#include "store/coid.h"
#include "store/db.h"

/* A row as it is read; its first member is what the caller gets. */
struct coid_row {
    struct coid_call call;
    uint8_t payload_sha256[32];
};

#define COID_ROW_SELECT                                                                            \
    "SELECT idempotency_key, sender_id, message_id, state, iin, vendor, vendor_name, result, day," \
    " refused_status, refused_code, refused_text, payload_sha256, " DB_MS("asked_at") ", " DB_MS(  \
        "ended_at") ", " DB_MS("NOW(6)") " FROM coid_call "
extern const struct columns coid_row_columns;

/* written, asked, done, refused. */
const char *coid_state_word(enum coid_state state);
/* For a C_WORD column. */
bool coid_state_parse(struct slice word, void *member);
