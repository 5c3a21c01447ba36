/* Options by table: getopt_long's array and the help text come from the same rows. */
#include "ctl/ctl.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 32, KEY_HELP = 0x10000 };

static void print_help(const struct usage *u)
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

static int refuse(const struct usage *u, const char *what, const char *which)
{
    (void)fprintf(stderr, "%s: %s", u->command, what);
    ctl_print_text(stderr, which);
    (void)fprintf(stderr, "; %s --help tells more\n", u->command);
    return CTL_TROUBLE;
}

static void fill(const struct usage *u, struct option dst[ROWS_MAX + 2])
{
    size_t n = u->row_count < ROWS_MAX ? u->row_count : ROWS_MAX;

    for (size_t i = 0; i < n; i++)
        dst[i] =
            (struct option){ u->rows[i].name, u->rows[i].value ? required_argument : no_argument,
                             NULL, u->rows[i].key };
    dst[n] = (struct option){ "help", no_argument, NULL, KEY_HELP };
    dst[n + 1] = (struct option){ NULL, 0, NULL, 0 };
}

/* Reads all options; CTL_GO or an exit code. */
static int read_options(const struct usage *u, void *ctx, int argc, char **argv)
{
    struct option options[ROWS_MAX + 2];
    struct err err;
    int key;

    fill(u, options);
    optind = 0; /* glibc: start anew */
    opterr = 0;
    while ((key = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (key == KEY_HELP) {
            print_help(u);
            return CTL_OK;
        }
        if (key == '?')
            return refuse(u, "unknown or ambiguous option ", argv[optind - 1]);
        if (key == ':')
            return refuse(u, "a value is missing after ", argv[optind - 1]);
        if (u->set(ctx, key, optarg, &err) != ST_OK)
            return ctl_fail(u->command, &err);
    }
    return CTL_GO;
}

int ctl_options(const struct usage *usage, void *ctx, int argc, char **argv, char ***ret_arguments)
{
    int code = read_options(usage, ctx, argc, argv);
    int given = argc - optind;

    if (code != CTL_GO)
        return code;
    if (given < usage->min_arguments)
        return refuse(usage, "missing: ", usage->arguments);
    if (given > usage->max_arguments)
        return refuse(usage, "one argument too many: ", argv[optind + usage->max_arguments]);
    *ret_arguments = argv + optind;
    return CTL_GO;
}
