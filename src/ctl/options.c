/* Options by table: reading them and the help text come from the same rows. getopt_long() keeps its
 * state in globals; this keeps none. */
#include "ctl/ctl.h"
#include "ctl/help.h"

#include <string.h>

static int refuse(const struct usage *u, const char *what, const char *which)
{
    (void)fprintf(stderr, "%s: %s", u->command, what);
    ctl_print_text(stderr, which);
    (void)fprintf(stderr, "; %s --help tells more\n", u->command);
    return CTL_TROUBLE;
}

/* The row of --NAME or --NAME=VALUE; NULL: none. */
static const struct option_row *find_row(const struct usage *u, const char *word)
{
    size_t len = strcspn(word, "=");

    for (size_t i = 0; i < u->row_count; i++)
        if (strlen(u->rows[i].name) == len && strncmp(u->rows[i].name, word, len) == 0)
            return &u->rows[i];
    return NULL;
}

/* One option at argv[*at], its value taken along; CTL_GO or an exit code. */
static int read_option(const struct usage *u, void *ctx, int argc, char **argv, int *at)
{
    const char *word = argv[*at] + 2;
    const struct option_row *row = find_row(u, word);
    const char *equals = strchr(word, '=');
    const char *value = equals ? equals + 1 : NULL;
    struct err err;

    if (strcmp(word, "help") == 0) {
        ctl_help_usage(u);
        return CTL_OK;
    }
    if (!row)
        return refuse(u, "unknown option ", argv[*at]);
    if (!row->value && value)
        return refuse(u, "takes no value: ", argv[*at]);
    if (row->value && !value) {
        if (*at + 1 >= argc)
            return refuse(u, "a value is missing after ", argv[*at]);
        value = argv[++*at];
    }
    return u->set(ctx, row->key, value, &err) == ST_OK ? CTL_GO : ctl_fail(u->command, &err);
}

int ctl_options(const struct usage *usage, void *ctx, int argc, char **argv, char ***ret_arguments)
{
    int given = 0; /* arguments so far; they are moved to the front of argv */
    bool options_end = false;

    for (int at = 1; at < argc; at++) {
        bool is_option = !options_end && argv[at][0] == '-' && argv[at][1] != '\0';
        int code = CTL_GO;

        if (!is_option)
            argv[given++] = argv[at];
        else if (strcmp(argv[at], "--") == 0)
            options_end = true;
        else if (argv[at][1] != '-')
            code = refuse(usage, "unknown option ", argv[at]);
        else
            code = read_option(usage, ctx, argc, argv, &at);
        if (code != CTL_GO)
            return code;
    }
    if (given < usage->min_arguments)
        return refuse(usage, "missing: ", usage->arguments);
    if (given > usage->max_arguments)
        return refuse(usage, "one argument too many: ", argv[usage->max_arguments]);
    argv[given] = NULL;
    *ret_arguments = argv;
    return CTL_GO;
}
