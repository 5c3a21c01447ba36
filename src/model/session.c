#include "model/session.h"

struct name {
    unsigned value;
    const char *text;
};

static const struct name methods[] = {
    { METHOD_XML, "XML" },
    { METHOD_CMS_WITH_DATA, "CMS_WITH_DATA" },
    { METHOD_CMS_SIGN_ONLY, "CMS_SIGN_ONLY" },
    { METHOD_SIGN_BYTES_ARRAY, "SIGN_BYTES_ARRAY" },
    { METHOD_MIX_SIGN, "MIX_SIGN" },
    { 0, NULL },
};

static const struct name auths[] = {
    { AUTH_NONE, "None" },
    { AUTH_TOKEN, "Token" },
    { AUTH_EDS, "Eds" },
    { 0, NULL },
};

static const struct name states[] = {
    { SESSION_CREATED, "created" },
    { SESSION_SCANNED, "scanned" },
    { SESSION_DOCUMENTS_SENT, "documents_sent" },
    { SESSION_SIGNED, "signed" },
    { SESSION_EXPIRED, "expired" },
    { SESSION_CANCELLED, "cancelled" },
    { SESSION_FAILED, "failed" },
    { 0, NULL },
};

static const struct name roles[] = {
    { ROLE_INDIVIDUAL, "individual" },
    { ROLE_LEGAL_ENTITY, "legalEntity" },
    { ROLE_CEO, "ceo" },
    { ROLE_SIGN_RIGHT, "signRight" },
    { ROLE_SIGN_FINANCE, "signFinance" },
    { ROLE_HR, "hr" },
    { ROLE_EMPLOYEE, "employee" },
    { ROLE_INFORMATION_SYSTEM, "informationSystem" },
    { ROLE_NCA, "nca" },
    { 0, NULL },
};

static const char *name_of(const struct name *table, unsigned value)
{
    for (; table->text; table++)
        if (table->value == value)
            return table->text;
    return "";
}

static bool value_of(const struct name *table, struct slice text, unsigned *ret)
{
    for (; table->text; table++)
        if (slice_eq_str(text, table->text)) {
            *ret = table->value;
            return true;
        }
    return false;
}

const char *session_method_name(enum sign_method method)
{
    return name_of(methods, method);
}

const char *session_auth_name(enum auth_type auth)
{
    return name_of(auths, auth);
}

const char *session_state_name(enum session_state state)
{
    return name_of(states, state);
}

const char *session_role_name(unsigned role)
{
    return name_of(roles, role);
}

bool session_method_parse(struct slice text, enum sign_method *ret)
{
    return value_of(methods, text, ret);
}

bool session_auth_parse(struct slice text, enum auth_type *ret)
{
    return value_of(auths, text, ret);
}

bool session_state_parse(struct slice text, enum session_state *ret)
{
    return value_of(states, text, ret);
}

bool session_role_parse(struct slice text, unsigned *ret_role)
{
    return value_of(roles, text, ret_role);
}

size_t session_turns_wanted(const struct signing_session *session)
{
    return session->signer_count > 0 ? session->signer_count : 1;
}

void signing_session_free(struct signing_session *session)
{
    if (session)
        arena_free(session->arena); /* the session itself stands in its arena */
}
