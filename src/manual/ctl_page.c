/* shepctl(1). Each command is run with --help, and tells its table to the two functions below,
 * which stand here in the place of those that print it: so a command that runs cannot be missing.
 */
#include "ctl/help.h"
#include "manual/manual.h"

#include <string.h>

static const char about[] =
    "shepctl is the tool of partners, testers and operators of shepd: it signs and verifies as the "
    "service does, looks after the trust folder, calls a service as a sender would, and looks into "
    "the service's records.\n"
    "Options may stand in any place among the arguments, as `--name value` or `--name=value`; `--` "
    "ends them, and `-` alone is an argument. Times are those of Astana.\n";

static const struct {
    const char *name;
    const char *text;
} exits[] = {
    { "0", "valid, or done" },
    { "1", "not valid, refused, or another answer than a good one; of commands that list: nothing "
           "was found" },
    { "2", "wrong usage, a file that cannot be read, a document that is not signed, or a question "
           "that could not be answered" },
};

/* The page on its way. */
struct telling {
    struct bytes *synopsis; /* a line for each command */
    struct bytes *commands;
    const char *summary; /* of the command that is told */
    unsigned told;       /* how many have been */
    enum status status;
    struct err *err;
};
static struct telling *telling; /* while manual_ctl() runs */

/* ---- what is told ---- */

static enum status check_usage(const struct usage *u, struct err *err)
{
    if (!u->about || !*u->about)
        return RAISE(err, ST_FORMAT, "%s has no description", u->command);
    for (size_t i = 0; i < u->row_count; i++)
        if (!u->rows[i].help || !*u->rows[i].help)
            return RAISE(err, ST_FORMAT, "%s --%s has no description", u->command, u->rows[i].name);
    return ST_OK;
}

static void add_synopsis(struct bytes *page, const struct usage *u)
{
    roff_bold(page, u->command);
    bytes_add_str(page, " [\\fIOPTION\\fR]…");
    if (*u->arguments) {
        bytes_add_str(page, " \\fI");
        roff_words(page, u->arguments);
        bytes_add_str(page, "\\fR");
    }
    bytes_add_str(page, "\n.br\n");
}

static void add_title(struct bytes *page, const char *command, const char *summary)
{
    char title[200];

    (void)snprintf(title, sizeof(title), "%s: %s", command, summary);
    roff_subsection(page, title);
}

void ctl_help_usage(const struct usage *u)
{
    struct bytes *page = telling->commands;
    char name[80];

    telling->told++;
    if (telling->status == ST_OK)
        telling->status = check_usage(u, telling->err);
    if (telling->status != ST_OK)
        return;
    add_synopsis(telling->synopsis, u);
    add_title(page, u->command, telling->summary);
    roff_text(page, u->about);
    for (size_t i = 0; i < u->row_count; i++) {
        (void)snprintf(name, sizeof(name), "--%s", u->rows[i].name);
        roff_item(page, name, u->rows[i].value, u->rows[i].help);
    }
}

static enum status tell_command(const char *program, const struct command *c, struct err *err)
{
    char name[40];
    char help[] = "--help";
    char *argv[] = { name, help, NULL };
    unsigned before = telling->told;

    if (!c->summary || !*c->summary)
        return RAISE(err, ST_FORMAT, "%s %s has no description", program, c->name);
    (void)snprintf(name, sizeof(name), "%s", c->name);
    telling->summary = c->summary;
    if (c->run(2, argv) != CTL_OK || telling->told == before)
        return RAISE(err, ST_FORMAT, "%s %s --help tells nothing", program, c->name);
    return telling->status;
}

void ctl_help_commands(FILE *out, const char *program, const struct command *commands)
{
    (void)out;
    telling->told++;
    if (telling->summary)
        add_title(telling->commands, program, telling->summary);
    if (telling->summary)
        roff_text(telling->commands, "A group of commands, which follow.");
    for (const struct command *c = commands; c->name && telling->status == ST_OK; c++)
        telling->status = tell_command(program, c, telling->err);
}

/* ---- the page ---- */

static void add_end(struct bytes *page)
{
    roff_section(page, "OPTIONS");
    roff_item(page, "--help", NULL, "of shepctl, a group or a command: lists what there is");
    roff_item(page, "--version", NULL, "writes the version");
    roff_section(page, "EXIT STATUS");
    for (size_t i = 0; i < sizeof(exits) / sizeof(exits[0]); i++)
        roff_item(page, exits[i].name, NULL, exits[i].text);
    roff_section(page, "ENVIRONMENT");
    roff_item(page, "SHEPCTL_CA", NULL, "PEM bundle for https where `--ca` names none");
    roff_section(page, "FILES");
    roff_item(page, "/etc/shepd/shepd.conf", NULL,
              "the service's configuration, for commands that look into the service");
    roff_item(page, "/etc/shepd/trust", NULL, "the trust folder");
    roff_section(page, "SEE ALSO");
    bytes_add_str(page, "\\fBshepd\\fR(8), \\fBshepd.conf\\fR(5)\n");
}

static void add_page(struct bytes *page, const struct manual_stamp *stamp, const struct telling *t)
{
    roff_head(page, "SHEPCTL", 1, stamp);
    roff_section(page, "NAME");
    bytes_add_str(page, "shepctl \\- tools around shepd: sign, verify, call, look after\n");
    roff_section(page, "SYNOPSIS");
    bytes_add(page, bytes_slice(t->synopsis));
    roff_bold(page, "shepctl --help");
    bytes_add_str(page, " | ");
    roff_bold(page, "--version");
    bytes_add_str(page, "\n");
    roff_section(page, "DESCRIPTION");
    roff_text(page, about);
    roff_section(page, "COMMANDS");
    bytes_add(page, bytes_slice(t->commands));
    add_end(page);
}

static enum status tell_all(const struct command *commands, struct telling *t, struct err *err)
{
    char program[] = "shepctl";
    char help[] = "--help";
    char *argv[] = { program, help, NULL };

    TRY(bytes_check(t->synopsis, "shepctl(1)", err));
    TRY(bytes_check(t->commands, "shepctl(1)", err));
    telling = t;
    (void)ctl_dispatch(program, commands, 2, argv);
    telling = NULL;
    TRY(t->status);
    TRY(bytes_check(t->synopsis, "shepctl(1)", err));
    return bytes_check(t->commands, "shepctl(1)", err);
}

enum status manual_ctl(const struct manual_stamp *stamp, const struct command *commands,
                       struct bytes **ret_page, struct err *err)
{
    AUTO(bytes_free) struct bytes *synopsis = bytes_new(MANUAL_MAX_BYTES);
    AUTO(bytes_free) struct bytes *told = bytes_new(MANUAL_MAX_BYTES);
    AUTO(bytes_free) struct bytes *page = bytes_new(MANUAL_MAX_BYTES);
    struct telling t = { .synopsis = synopsis, .commands = told, .err = err };

    TRY(bytes_check(page, "shepctl(1)", err));
    TRY(tell_all(commands, &t, err));
    add_page(page, stamp, &t);
    TRY(bytes_check(page, "shepctl(1)", err));
    *ret_page = TAKE(page);
    return ST_OK;
}
