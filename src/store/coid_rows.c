#include "store/coid_rows.h"

#include "base/text.h"
#include "crypto/encode.h"
#include "store/content.h"

static const char *const states[] = {
    [COID_WRITTEN] = "written",
    [COID_ASKED] = "asked",
    [COID_DONE] = "done",
    [COID_REFUSED] = "refused",
};

const char *coid_state_word(enum coid_state state)
{
    return states[state];
}

bool coid_state_parse(struct slice word, void *member)
{
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
        if (slice_eq_str(word, states[i])) {
            *(enum coid_state *)member = (enum coid_state)i;
            return true;
        }
    return false;
}

static const struct column columns[] = {
    COLUMN(C_ID, struct coid_row, call.key),
    COLUMN_SIZED(C_CHARS, struct coid_row, call.sender_id),
    COLUMN_SIZED(C_CHARS, struct coid_row, call.message_id),
    COLUMN_WORD(struct coid_row, call.state, coid_state_parse, NULL),
    COLUMN_SIZED(C_CHARS, struct coid_row, iin_base64),
    COLUMN(C_INT64, struct coid_row, call.vendor),
    COLUMN_SIZED(C_CHARS, struct coid_row, call.vendor_name),
    COLUMN_SIZED(C_CHARS, struct coid_row, call.result),
    COLUMN(C_UINT32, struct coid_row, call.day), /* 32 bits, and never below zero */
    COLUMN(C_UINT32, struct coid_row, call.refused_status),
    COLUMN_SIZED(C_CHARS, struct coid_row, call.refused_code),
    COLUMN_SIZED(C_CHARS, struct coid_row, call.refused_text),
    COLUMN_SIZED(C_FIXED, struct coid_row, payload_sha256),
    COLUMN(C_INT64, struct coid_row, call.asked_ms),
    COLUMN(C_INT64, struct coid_row, call.ended_ms),
    COLUMN(C_INT64, struct coid_row, call.now_ms),
};
const struct columns coid_row_columns = COLUMNS(columns);

/* ---- whose it is ---- */

enum { IIN_MAX = sizeof(((struct coid_call *)0)->iin) - 1 };

enum status coid_iin_seal(struct db *db, const struct id *key, const char *iin,
                          struct bytes **ret_sealed, struct err *err)
{
    char place[CONTENT_PLACE];

    if (strlen(iin) > IIN_MAX)
        return RAISE_CAUSE(err, ST_INPUT, "tooLong", "iin", NULL,
                           "an IIN is too long to be stored");
    content_place_iin(place, key);
    return content_seal(db, place, slice_str(iin), ret_sealed, err);
}

enum status coid_iin_unseal(struct db *db, const struct id *key, const char *base64, char dst[17],
                            struct err *err)
{
    AUTO(bytes_free) struct bytes *sealed = NULL;
    char place[CONTENT_PLACE];

    TRY(base64_decode(slice_str(base64), COID_IIN_SEALED, &sealed, err));
    struct slice iin = bytes_slice(sealed);
    content_place_iin(place, key);
    TRY(content_unseal(db, place, &iin, err));
    if (!text_copy_slice(dst, IIN_MAX + 1, iin))
        return RAISE(err, ST_INTERNAL, "%s: no IIN", place);
    return ST_OK;
}

enum status coid_row_unseal(struct db *db, struct coid_row *row, struct err *err)
{
    return coid_iin_unseal(db, &row->call.key, row->iin_base64, row->call.iin, err);
}
