#include "ctl/help.h"

void ctl_help_usage(const struct usage *u)
{
    (void)printf("usage: %s [OPTION]…%s%s\n\n%s\n\n", u->command, *u->arguments ? " " : "",
                 u->arguments, u->about);
    for (size_t i = 0; i < u->row_count; i++) {
        char left[48];

        (void)snprintf(left, sizeof(left), "--%s%s%s", u->rows[i].name, u->rows[i].value ? " " : "",
                       u->rows[i].value ? u->rows[i].value : "");
        (void)printf("  %-28s %s\n", left, u->rows[i].help);
    }
    (void)printf("  %-28s %s\n", "--help", "this text");
}

void ctl_help_commands(FILE *out, const char *program, const struct command *commands)
{
    (void)fprintf(out, "usage: %s COMMAND [OPTION]… [ARGUMENT]…\n\n", program);
    for (const struct command *c = commands; c->name; c++)
        (void)fprintf(out, "  %-9s %s\n", c->name, c->summary);
    (void)fprintf(out, "\n%s COMMAND --help tells more.\n", program);
}
