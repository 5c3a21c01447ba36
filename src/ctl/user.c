/* shepctl user: accounts of people who look after the service. Whoever may read the configuration
 * and write the journal may do this; each change is on record before it is made (req 0.37). */
#include "base/text.h"
#include "crypto/encode.h"
#include "crypto/password.h"
#include "crypto/totp.h"
#include "ctl/coid.h"
#include "ctl/commands.h"
#include "ctl/prompt.h"
#include "mobile/qr.h"
#include "server/admin/door.h"

#include <string.h>
#include <unistd.h>

struct user_options {
    struct coid_options desk;
    const char *role;
    const char *password_file;
    bool own;
};

enum { USER_CONFIG = COID_CONFIG, USER_JSON = COID_JSON, USER_ROLE = 100, USER_PASSWORD, USER_OWN };

#define ROW_ROLE                                                                                   \
    {                                                                                              \
        USER_ROLE, "role", "ROLE", "administrator or auditor"                                      \
    }
#define ROW_PASSWORD                                                                               \
    {                                                                                              \
        USER_PASSWORD, "password-file", "FILE",                                                    \
            "the password: the file's first line; without it you are asked, twice"                 \
    }
#define ROW_OWN                                                                                    \
    {                                                                                              \
        USER_OWN, "own", NULL,                                                                     \
            "the person chose it: it need not be changed at the first log-in to the console"       \
    }

static enum status set(void *ctx, int key, const char *value, struct err *err)
{
    struct user_options *o = ctx;

    switch (key) {
    case USER_ROLE:
        o->role = value;
        return ST_OK;
    case USER_PASSWORD:
        o->password_file = value;
        return ST_OK;
    case USER_OWN:
        o->own = true;
        return ST_OK;
    default:
        return coid_set_option(&o->desk, key, value, err);
    }
}

/* One command: its options, and what it does at an open desk. */
struct user_command {
    struct usage usage;
    enum status (*run)(const struct user_options *options, struct coid_desk *desk, char **arguments,
                       struct err *err);
};

static int run_command(const struct user_command *command, int argc, char **argv)
{
    struct user_options options = { .desk = { .form = LISTING_TEXT } };
    AUTO(coid_desk_close) struct coid_desk *desk = NULL;
    char **arguments;
    struct err err;
    const int code = ctl_options(&command->usage, &options, argc, argv, &arguments);

    if (code != CTL_GO)
        return code;
    enum status status = coid_desk_open(&options.desk, true, &desk, &err);
    if (status == ST_OK)
        status = command->run(&options, desk, arguments, &err);
    if (status == ST_OK)
        return CTL_OK;
    (void)ctl_fail(command->usage.command, &err);
    return status == ST_NOT_FOUND || status == ST_CONFLICT ? CTL_NO : CTL_TROUBLE;
}

/* ---- on record ---- */

static enum status record(struct coid_desk *desk, const char *event, enum event_level level,
                          const char *text, struct err *err)
{
    const struct event line = { .level = level, .name = event, .text = text };

    return audit_write(desk->audit, &line, err);
}

/* A change that was refused is said so: before it, the journal said that it would be made. */
static enum status settle(struct coid_desk *desk, const char *name, enum status status,
                          struct err *err)
{
    struct err why, ignored;
    char text[400];

    if (status == ST_OK)
        return ST_OK;
    why = *err;
    (void)text_format(text, sizeof(text), "%s: not done: %s", name, why.text);
    (void)!record(desk, "account.refused", EVENT_WARNING, text, &ignored);
    *err = why;
    return status;
}

static enum status announce(struct coid_desk *desk, const char *event, const char *name,
                            const char *what, struct err *err)
{
    char text[200];

    (void)text_format(text, sizeof(text), "%s%s%s", name, *what ? ": " : "", what);
    return record(desk, event, EVENT_NOTICE, text, err);
}

/* ---- passwords ---- */

static enum status ask_twice(const char *name, struct bytes **ret_password, struct err *err)
{
    AUTO(bytes_wipe) struct bytes *first = NULL;
    AUTO(bytes_wipe) struct bytes *second = NULL;
    char question[ACCOUNT_NAME_BYTES + 32];

    (void)text_format(question, sizeof(question), "New password of %s", name);
    TRY(prompt_secret(question, &first, err));
    TRY(prompt_secret("The same again", &second, err));
    if (!equal_constant_time(bytes_slice(first), bytes_slice(second)))
        return RAISE(err, ST_INPUT, "the two passwords differ");
    *ret_password = TAKE(first);
    return ST_OK;
}

static enum status read_password(const struct user_options *options, const char *name,
                                 char phc[ACCOUNT_PHC_BYTES], struct err *err)
{
    AUTO(bytes_wipe) struct bytes *password = NULL;

    if (options->password_file)
        TRY(prompt_or_file(options->password_file, "", &password, err));
    else
        TRY(ask_twice(name, &password, err));
    const enum password_fault fault = password_check(name, bytes_slice(password));
    if (fault != PASSWORD_FINE)
        return RAISE(err, ST_INPUT, "%s", password_fault_text(fault));
    return password_hash(bytes_slice(password), phc, err);
}

/* ---- add ---- */

static enum status read_role(const char *word, enum account_role *ret, struct err *err)
{
    return word && role_parse(slice_str(word), ret)
               ? ST_OK
               : RAISE(err, ST_INPUT, "the role is administrator or auditor");
}

static enum status add(const struct user_options *options, struct coid_desk *desk, char **arguments,
                       struct err *err)
{
    const char *name = arguments[0];
    char phc[ACCOUNT_PHC_BYTES], what[80];
    enum account_role role = ROLE_AUDITOR;

    TRY(read_role(options->role, &role, err));
    if (!account_name_is_valid(name))
        return RAISE(err, ST_INPUT,
                     "a name has 1 to 64 of a-z 0-9 . _ - and begins with neither - nor .");
    TRY(read_password(options, name, phc, err));
    (void)text_format(what, sizeof(what), "role=%s", role_name(role));
    TRY(announce(desk, "account.created", name, what, err));
    TRY(settle(desk, name, store_account_add(desk->store, name, role, phc, !options->own, err),
               err));
    (void)printf("%s: %s\n", name, role_name(role));
    return ST_OK;
}

static const struct option_row add_rows[] = { COID_ROW_CONFIG, ROW_ROLE, ROW_PASSWORD, ROW_OWN };
static const struct user_command add_command = {
    { .command = "shepctl user add",
      .arguments = "NAME --role ROLE",
      .about =
          "Makes an account for the console and for shepctl journal. A password has 12 to 128 "
          "characters; several words\nare good. Exit status: 0 done, 1 there is one already, 2 "
          "trouble.",
      .rows = add_rows,
      .row_count = sizeof(add_rows) / sizeof(add_rows[0]),
      .min_arguments = 1,
      .max_arguments = 1,
      .set = set },
    add,
};

int cmd_user_add(int argc, char **argv)
{
    return run_command(&add_command, argc, argv);
}

/* ---- list ---- */

static const struct listing_column columns[] = {
    { "name", 20, false },      { "role", 14, false },       { "state", 10, false },
    { "totp", 5, false },       { "mustChange", 11, false }, { "sessions", 9, true },
    { "createdAt", 29, false }, { "lastLoginAt", 0, false },
};
enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };

static enum status add_row(struct listing *listing, const struct account *a, struct err *err)
{
    char created[TIME_TEXT], login[TIME_TEXT] = "", sessions[16];

    time_utc_offset_text(a->created_ms, created);
    if (a->login_ms)
        time_utc_offset_text(a->login_ms, login);
    (void)text_format(sessions, sizeof(sessions), "%u", (unsigned)a->sessions);
    const char *state = a->blocked ? "blocked" : account_is_locked(a) ? "locked" : "open";
    const char *const values[COLUMNS] = { a->name,
                                          role_name(a->role),
                                          state,
                                          a->has_totp ? "on" : "off",
                                          a->must_change ? "yes" : "no",
                                          sessions,
                                          created,
                                          login };
    return listing_add(listing, values, err);
}

static enum status list(const struct user_options *options, struct coid_desk *desk,
                        char **arguments, struct err *err)
{
    AUTO_FREE struct account_list *all = NULL;
    AUTO(listing_free) struct listing *listing = NULL;
    char text[60];

    (void)arguments;
    TRY(store_account_list(desk->store, &all, err));
    TRY(listing_new(options->desk.form, "accounts", columns, COLUMNS, &listing, err));
    for (size_t i = 0; i < all->count; i++)
        TRY(add_row(listing, &all->at[i], err));
    (void)text_format(text, sizeof(text), "accounts listed: %zu", all->count);
    TRY(record(desk, "account.listed", EVENT_INFO, text, err));
    return listing_print(listing, NULL, 0, err);
}

static const struct option_row list_rows[] = { COID_ROW_CONFIG, COID_ROW_JSON };
static const struct user_command list_command = {
    { .command = "shepctl user list",
      .arguments = "",
      .about = "Shows the accounts. state: open, locked (after failures, for a while), blocked (by "
               "shepctl user lock).",
      .rows = list_rows,
      .row_count = sizeof(list_rows) / sizeof(list_rows[0]),
      .set = set },
    list,
};

int cmd_user_list(int argc, char **argv)
{
    return run_command(&list_command, argc, argv);
}

/* ---- remove, role, password, lock, unlock ---- */

static enum status remove_it(const struct user_options *options, struct coid_desk *desk,
                             char **arguments, struct err *err)
{
    (void)options;
    TRY(announce(desk, "account.removed", arguments[0], "", err));
    return settle(desk, arguments[0], store_account_remove(desk->store, arguments[0], err), err);
}

static enum status change_role(const struct user_options *options, struct coid_desk *desk,
                               char **arguments, struct err *err)
{
    struct account before;
    enum account_role role = ROLE_AUDITOR;
    char what[80];

    (void)options;
    TRY(read_role(arguments[1], &role, err));
    TRY(store_account_find(desk->store, arguments[0], &before, err));
    (void)text_format(what, sizeof(what), "role %s to %s", role_name(before.role), role_name(role));
    TRY(announce(desk, "account.changed", arguments[0], what, err));
    return settle(desk, arguments[0], store_account_set_role(desk->store, arguments[0], role, err),
                  err);
}

static enum status change_password(const struct user_options *options, struct coid_desk *desk,
                                   char **arguments, struct err *err)
{
    char phc[ACCOUNT_PHC_BYTES];
    struct account before;

    TRY(store_account_find(desk->store, arguments[0], &before, err));
    TRY(read_password(options, arguments[0], phc, err));
    TRY(announce(desk, "account.changed", arguments[0], "password set, log-ins ended", err));
    return settle(
        desk, arguments[0],
        store_account_set_password(desk->store, arguments[0], phc, !options->own, NULL, err), err);
}

static enum status lock(const struct user_options *options, struct coid_desk *desk,
                        char **arguments, struct err *err)
{
    (void)options;
    TRY(announce(desk, "account.locked", arguments[0], "blocked, log-ins ended", err));
    return settle(desk, arguments[0], store_account_block(desk->store, arguments[0], err), err);
}

static enum status unlock(const struct user_options *options, struct coid_desk *desk,
                          char **arguments, struct err *err)
{
    (void)options;
    TRY(announce(desk, "account.unlocked", arguments[0], "", err));
    return settle(desk, arguments[0], store_account_unblock(desk->store, arguments[0], err), err);
}

static const struct option_row plain_rows[] = { COID_ROW_CONFIG };
static const struct option_row password_rows[] = { COID_ROW_CONFIG, ROW_PASSWORD, ROW_OWN };

#define PLAIN(name, words, count, text, function)                                                  \
    {                                                                                              \
        { .command = "shepctl user " name,                                                         \
          .arguments = words,                                                                      \
          .about = text "\nExit status: 0 done, 1 there is no such account, or it is the last "    \
                        "administrator; 2 trouble.",                                               \
          .rows = plain_rows,                                                                      \
          .row_count = sizeof(plain_rows) / sizeof(plain_rows[0]),                                 \
          .min_arguments = (count),                                                                \
          .max_arguments = (count),                                                                \
          .set = set },                                                                            \
            function,                                                                              \
    }

int cmd_user_remove(int argc, char **argv)
{
    static const struct user_command command =
        PLAIN("remove", "NAME", 1, "Removes an account and ends its log-ins.", remove_it);

    return run_command(&command, argc, argv);
}

int cmd_user_role(int argc, char **argv)
{
    static const struct user_command command = PLAIN(
        "role", "NAME ROLE", 2, "Gives an account another role and ends its log-ins.", change_role);

    return run_command(&command, argc, argv);
}

int cmd_user_lock(int argc, char **argv)
{
    static const struct user_command command = PLAIN(
        "lock", "NAME", 1, "Closes an account until it is unlocked, and ends its log-ins.", lock);

    return run_command(&command, argc, argv);
}

int cmd_user_unlock(int argc, char **argv)
{
    static const struct user_command command =
        PLAIN("unlock", "NAME", 1, "Opens an account that was locked, also by failures.", unlock);

    return run_command(&command, argc, argv);
}

int cmd_user_password(int argc, char **argv)
{
    static const struct user_command command = {
        { .command = "shepctl user password",
          .arguments = "NAME",
          .about = "Sets a password, opens an account that failures have locked, and ends its "
                   "log-ins.\nExit status: 0 done, 1 there is no such account, 2 trouble.",
          .rows = password_rows,
          .row_count = sizeof(password_rows) / sizeof(password_rows[0]),
          .min_arguments = 1,
          .max_arguments = 1,
          .set = set },
        change_password,
    };

    return run_command(&command, argc, argv);
}

/* ---- totp ---- */

static enum status show_secret(const struct coid_desk *desk, const char *name, struct slice secret,
                               struct err *err)
{
    AUTO(bytes_wipe) struct bytes *uri = NULL;
    AUTO(bytes_wipe) struct bytes *picture = NULL;
    char issuer[100];

    (void)text_format(issuer, sizeof(issuer), "shepd %s", desk->conf->instance.name);
    uri = totp_uri(issuer, name, secret);
    if (!uri)
        return RAISE(err, ST_NOMEM, "second factor");
    (void)printf("%s\n", uri->at);
    if (!isatty(STDOUT_FILENO))
        return ST_OK;
    TRY(qr_terminal(uri->at, &picture, err));
    (void)fwrite(picture->at, 1, picture->len, stdout);
    return ST_OK;
}

/* Whoever asks for it here sees the secret; a person's own is made in the console. */
static enum status totp_on(struct coid_desk *desk, const char *name, struct err *err)
{
    uint8_t secret[TOTP_SECRET_BYTES];

    random_fill(secret, sizeof(secret));
    const struct slice all = slice_mem(secret, sizeof(secret));
    TRY(announce(desk, "account.changed", name, "second factor switched on", err));
    enum status status = store_totp_begin(desk->store, name, all, err);
    if (status == ST_OK)
        status = store_totp_confirm(desk->store, name, 0, err);
    if (status == ST_OK)
        status = show_secret(desk, name, all, err);
    explicit_bzero(secret, sizeof(secret));
    return settle(desk, name, status, err);
}

static enum status totp(const struct user_options *options, struct coid_desk *desk,
                        char **arguments, struct err *err)
{
    const char *name = arguments[1];

    (void)options;
    if (strcmp(arguments[0], "on") == 0)
        return totp_on(desk, name, err);
    if (strcmp(arguments[0], "off") != 0)
        return RAISE(err, ST_INPUT, "totp on NAME, or totp off NAME");
    TRY(announce(desk, "account.changed", name, "second factor switched off", err));
    return settle(desk, name, store_totp_off(desk->store, name, err), err);
}

int cmd_user_totp(int argc, char **argv)
{
    static const struct user_command command =
        PLAIN("totp", "on|off NAME", 2,
              "Switches the second factor of an account on, and prints what its app must scan; or "
              "off.",
              totp);

    return run_command(&command, argc, argv);
}

int cmd_user(int argc, char **argv)
{
    return ctl_dispatch("shepctl user", ctl_user_commands, argc, argv);
}
