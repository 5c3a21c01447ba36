#include "ctl/login.h"

#include "base/text.h"
#include "ctl/prompt.h"
#include "server/admin/door.h"

#include <string.h>

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

static enum status let_in(const struct login_desk *desk, const struct doorway *way,
                          const struct door_answer *answer, unsigned roles, struct err *err)
{
    const struct account *account = &answer->account;
    char text[200];

    if (account->must_change)
        return RAISE_CAUSE(err, ST_CONFLICT, "loginRefused", NULL, NULL,
                           "the password was set by somebody else: change it in the console first");
    TRY(store_account_login(way->store, account, &way->limits, NULL, err));
    TRY(record(desk->audit, answer, err));
    audit_name(desk->audit, account->name);
    if (roles & (1U << account->role))
        return ST_OK;
    (void)text_format(text, sizeof(text), "refused: not for this role (%s)",
                      role_name(account->role));
    const struct event event = {
        .level = EVENT_WARNING, .name = "access.refused", .code = "403", .text = text
    };
    TRY(audit_write(desk->audit, &event, err));
    return RAISE_CAUSE(err, ST_CONFLICT, "loginRefused", NULL, NULL,
                       "this is not for the role of %s (%s)", account->name,
                       role_name(account->role));
}

enum status login_require(const struct login_desk *desk, const struct login_options *options,
                          unsigned roles, struct err *err)
{
    AUTO(door_free) struct door *door = NULL;
    struct door_answer answer;

    if (!options->user)
        return RAISE(err, ST_INPUT, "who are you? --user NAME, an account of the service");
    TRY(door_new(&door, err));
    const struct doorway way = { door, desk->store, door_limits(&desk->conf->admin) };
    TRY(judge(&way, options, &answer, err));
    if (answer.outcome == DOOR_OPEN)
        return let_in(desk, &way, &answer, roles, err);
    TRY(record(desk->audit, &answer, err));
    return refused(err);
}
