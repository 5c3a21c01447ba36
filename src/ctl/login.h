/* Who is at the keyboard: a log-in with an account of the service, for commands that are not for
 * everybody who may read its files (req 0.53). The same accounts, failures and lock-outs as the
 * console's; on record by the command's audit. */
#pragma once

#include "conf/conf.h"
#include "ctl/audit.h"
#include "ctl/ctl.h"
#include "model/account.h"

struct login_options {
    const char *user;
    const char *password_file; /* NULL: asked for on /dev/tty */
    const char *code;          /* of the second factor; NULL: asked for where there is one */
};
enum login_option { LOGIN_USER = 900, LOGIN_PASSWORD, LOGIN_CODE };

/* For a table of options; between the brackets of an array. */
#define LOGIN_ROWS                                                                                 \
    { LOGIN_USER, "user", "NAME", "who you are: an account of the service (shepctl user)" },       \
        { LOGIN_PASSWORD, "password-file", "FILE",                                                 \
          "its password: the file's first line; without it you are asked" },                       \
    {                                                                                              \
        LOGIN_CODE, "totp", "CODE", "the code of its second factor; without it you are asked"      \
    }
/* true: the option was one of these. */
bool login_set_option(struct login_options *options, int key, const char *value);

#define LOGIN_USUAL_CONFIG "/etc/shepd/shepd.conf"

/* Whoever is not let in is told nothing but that; roles: ROLES_… that may. On ST_OK the audit's
 * account is theirs, NAME@UNIXUSER, from here on. Opens the store for itself, with the vault that
 * second factors lie under.
 * ST_INPUT: --user is missing, or no password. ST_CONFLICT: not let in, or not for this role; code
 * loginRefused. ST_UNAVAILABLE. */
MUST_USE enum status login_require(const struct conf *conf, struct audit *audit,
                                   const struct login_options *options, unsigned roles,
                                   struct err *err);
/* Both are there, and the first is the second or lies in it. */
bool login_is_within(const char *dir, const char *of);
/* Before a journal's folder is proven: the folder of a service that is configured here (config, or
 * LOGIN_USUAL_CONFIG where it can be read) is its administrators' and auditors'; a copy elsewhere
 * is anybody's who has it. On record as journal.verified. Errors as login_require(), and those of
 * the configuration and the audit. */
MUST_USE enum status login_for_folder(const char *dir, const char *config,
                                      const struct login_options *options, struct err *err);
