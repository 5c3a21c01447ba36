#include "store/session_rows.h"

static bool parse_method(struct slice text, void *member)
{
    if (text.len == 0) {
        *(enum sign_method *)member = METHOD_NONE;
        return true;
    }
    return session_method_parse(text, member);
}

static const char *name_method(const void *member)
{
    return session_method_name(*(const enum sign_method *)member);
}

static bool parse_auth(struct slice text, void *member)
{
    return session_auth_parse(text, member);
}

static const char *name_auth(const void *member)
{
    return session_auth_name(*(const enum auth_type *)member);
}

bool parse_state(struct slice text, void *member)
{
    return session_state_parse(text, member);
}

static const struct column session_columns[] = {
    COLUMN(C_ID, struct signing_session, id),
    COLUMN(C_TEXT, struct signing_session, sender_id),
    COLUMN(C_TEXT, struct signing_session, description),
    COLUMN(C_TEXT, struct signing_session, language),
    COLUMN_WORD(struct signing_session, method, parse_method, name_method),
    COLUMN_WORD(struct signing_session, auth, parse_auth, name_auth),
    COLUMN(C_TEXT, struct signing_session, back_url),
    COLUMN(C_TEXT, struct signing_session, organisation.name.ru),
    COLUMN(C_TEXT, struct signing_session, organisation.name.kz),
    COLUMN(C_TEXT, struct signing_session, organisation.name.en),
    COLUMN(C_TEXT, struct signing_session, organisation.bin),
};
const struct columns session_fixed = COLUMNS(session_columns);

static const struct column document_columns[] = {
    COLUMN(C_INT64, struct document, id),
    COLUMN_WORD(struct document, method, parse_method, name_method),
    COLUMN(C_TEXT, struct document, name.ru),
    COLUMN(C_TEXT, struct document, name.kz),
    COLUMN(C_TEXT, struct document, name.en),
    COLUMN(C_OPTIONAL, struct document, mime),
};
const struct columns document_fixed = COLUMNS(document_columns);

static const struct column signer_columns[] = {
    COLUMN(C_TEXT, struct expected_signer, iin),
    COLUMN(C_TEXT, struct expected_signer, bin),
    COLUMN(C_UINT32, struct expected_signer, roles),
};
const struct columns signer_fixed = COLUMNS(signer_columns);

static const struct column meta_columns[] = {
    COLUMN(C_INT64, struct meta_row, document_id),
    COLUMN(C_TEXT, struct meta_row, item.name),
    COLUMN(C_TEXT, struct meta_row, item.value),
};
const struct columns meta_fixed = COLUMNS(meta_columns);

static const struct column signed_columns[] = {
    COLUMN_SIZED(C_CHARS, struct signer, subject),
    COLUMN_SIZED(C_CHARS, struct signer, issuer),
    COLUMN_SIZED(C_CHARS, struct signer, common_name),
    COLUMN_SIZED(C_CHARS, struct signer, iin),
    COLUMN_SIZED(C_CHARS, struct signer, bin),
    COLUMN_SIZED(C_CHARS, struct signer, serial),
    COLUMN(C_UINT32, struct signer, roles),
    COLUMN(C_UINT32, struct signer, key_usage),
    COLUMN_SIZED(C_FIXED, struct signer, sha256),
    COLUMN_SIZED(C_CHARS, struct signer, pin),
};
const struct columns signed_signer = COLUMNS(signed_columns);
