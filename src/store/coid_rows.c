#include "store/coid_rows.h"

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
    COLUMN_SIZED(C_CHARS, struct coid_row, call.iin),
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
