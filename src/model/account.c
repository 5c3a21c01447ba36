#include "model/account.h"

static const char *const roles[ROLE_COUNT_] = {
    [ROLE_ADMINISTRATOR] = "administrator",
    [ROLE_AUDITOR] = "auditor",
};

const char *role_name(enum account_role role)
{
    return roles[role];
}

bool role_parse(struct slice text, enum account_role *ret)
{
    for (size_t i = 0; i < ROLE_COUNT_; i++)
        if (slice_eq_str(text, roles[i])) {
            *ret = (enum account_role)i;
            return true;
        }
    return false;
}

bool account_name_is_valid(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t len = strnlen(name, ACCOUNT_NAME_BYTES);

    return len > 0 && len < ACCOUNT_NAME_BYTES && name[0] != '-' && name[0] != '.' &&
           strspn(name, allowed) == len;
}
