#include "ctl/login.h"

#include "base/text.h"
#include "ctl/prompt.h"
#include "server/admin/door.h"
#include "server/open.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool login_set_option(struct login_options *options, int key, const char *value)
{
    switch (key) {
    case LOGIN_USER:
        options->user = value;
        return true;
    case LOGIN_PASSWORD:
        options->password_file = value;
        return true;
    case LOGIN_CODE:
        options->code = value;
        return true;
    default:
        return false;
    }
}

static enum status refused(struct err *err)
{
    return RAISE_CAUSE(
        err, ST_CONFLICT, "loginRefused", NULL, NULL,
        "not let in: name, password or code is wrong, or the account is closed for a "
        "while");
}

/* On record as what the account did, by whoever runs the command. */
static enum status record(struct audit *audit, const struct door_answer *answer, struct err *err)
{
    char text[DOOR_TEXT], line[DOOR_TEXT + ACCOUNT_NAME_BYTES + 8];
    struct event event;

    door_event(answer, text, &event);
    (void)text_format(line, sizeof(line), "%s%s%s", answer->known ? answer->account.name : "",
                      answer->known ? ": " : "", text);
    event.text = line;
    return audit_write(audit, &event, err);
}

/* A second factor is asked for after a password that was right. */
static enum status judge_code(const struct doorway *way, const struct login_options *options,
                              struct door_answer *answer, struct err *err)
{
    AUTO(bytes_wipe) struct bytes *typed = NULL;
    const struct account account = answer->account;

    if (!options->code)
        TRY(prompt_secret("Code", &typed, err));
    return door_judge_code(way, &account, options->code ? options->code : typed->at, answer, err);
}

static enum status judge(const struct doorway *way, const struct login_options *options,
                         struct door_answer *answer, struct err *err)
{
    AUTO(bytes_wipe) struct bytes *password = NULL;
    struct door_try try = { .name = options->user };

    TRY(prompt_or_file(options->password_file, "Password", &password, err));
    try.password = bytes_slice(password);
    TRY(door_judge(way, &try, answer, err));
    return answer->outcome == DOOR_CODE_WANTED ? judge_code(way, options, answer, err) : ST_OK;
}

static enum status let_in(struct audit *audit, const struct doorway *way,
                          const struct door_answer *answer, unsigned roles, struct err *err)
{
    const struct account *account = &answer->account;
    char text[200];

    if (account->must_change)
        return RAISE_CAUSE(err, ST_CONFLICT, "loginRefused", NULL, NULL,
                           "the password was set by somebody else: change it in the console first");
    TRY(store_account_login(way->store, account, &way->limits, NULL, err));
    audit_name(audit, account->name);
    TRY(record(audit, answer, err));
    if (roles & (1U << account->role))
        return ST_OK;
    (void)text_format(text, sizeof(text), "refused: not for this role (%s)",
                      role_name(account->role));
    const struct event event = {
        .level = EVENT_WARNING, .name = "access.refused", .code = "403", .text = text
    };
    TRY(audit_write(audit, &event, err));
    return RAISE_CAUSE(err, ST_CONFLICT, "loginRefused", NULL, NULL,
                       "this is not for the role of %s (%s)", account->name,
                       role_name(account->role));
}

enum status login_require(const struct conf *conf, struct audit *audit,
                          const struct login_options *options, unsigned roles, struct err *err)
{
    AUTO(vault_close) struct vault *vault = NULL;
    AUTO(store_close) struct store *store = NULL;
    AUTO(door_free) struct door *door = NULL;
    struct door_answer answer;

    if (!options->user)
        return RAISE(err, ST_INPUT, "who are you? --user NAME, an account of the service");
    TRY(vault_open(conf->store.content_keys_file, &vault, err));
    TRY(open_store(conf, vault, &store, err));
    TRY(door_new(&door, err));
    const struct doorway way = { door, store, door_limits(&conf->admin) };
    TRY(judge(&way, options, &answer, err));
    if (answer.outcome == DOOR_OPEN)
        return let_in(audit, &way, &answer, roles, err);
    TRY(record(audit, &answer, err));
    return refused(err);
}

/* ---- a journal's folder ---- */

bool login_is_within(const char *dir, const char *of)
{
    AUTO_FREE char *inner = realpath(dir, NULL);
    AUTO_FREE char *outer = realpath(of, NULL);
    const size_t len = outer ? strlen(outer) : 0;

    return inner && outer && strncmp(inner, outer, len) == 0 &&
           (inner[len] == '\0' || inner[len] == '/');
}

enum status login_for_folder(const char *dir, const char *config,
                             const struct login_options *options, struct err *err)
{
    const char *path = config ? config : LOGIN_USUAL_CONFIG;
    AUTO(conf_free) const struct conf *conf = NULL;
    AUTO(audit_close) struct audit *audit = NULL;
    char text[300];

    if (!config && access(path, R_OK) != 0)
        return ST_OK;
    TRY(conf_load(path, &conf, err));
    if (!login_is_within(dir, conf->journal.dir))
        return ST_OK;
    const struct audit_params params = { .conf = conf,
                                         .clock = clock_system(),
                                         .wait_ms = AUDIT_WAIT_MS };
    TRY(audit_open(&params, &audit, err));
    TRY(login_require(conf, audit, options, ROLES_ALL, err));
    (void)text_format(text, sizeof(text), "%.250s is verified", dir);
    const struct event event = { .level = EVENT_NOTICE, .name = "journal.verified", .text = text };
    return audit_write(audit, &event, err);
}
