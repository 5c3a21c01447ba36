/* shepd: the daemon's command line. */
#include "base/log.h"
#include "conf/conf.h"
#include "main/options.h"
#include "server/server.h"

#include <getopt.h>
#include <stdio.h>
#include <sys/resource.h>

static void print_usage(FILE *out)
{
    (void)fprintf(out, "usage: shepd [OPTION]…\n\n");
    for (size_t i = 0; i < shepd_option_count; i++) {
        const struct shepd_option *o = &shepd_options[i];
        char left[40];

        (void)snprintf(left, sizeof(left), "--%s %s", o->name, o->value ? o->value : "");
        (void)fprintf(out, "  %-16s %s\n", left, o->help);
    }
}

static enum action read_arguments(int argc, char **argv, const char **ret_path)
{
    struct option options[SHEPD_OPTIONS_MAX + 1] = { 0 };
    enum action action = ACTION_SERVE;
    int option;
    int at = 0;

    for (size_t i = 0; i < shepd_option_count; i++)
        options[i] = (struct option){
            .name = shepd_options[i].name,
            .has_arg = shepd_options[i].value ? required_argument : no_argument,
        };
    while ((option = getopt_long(argc, argv, "", options, &at)) != -1) {
        if (option != 0)
            return ACTION_USAGE;
        if (shepd_options[at].value)
            *ret_path = optarg;
        else
            action = shepd_options[at].action;
    }
    return optind == argc ? action : ACTION_USAGE;
}

static enum status print_sample(struct err *err)
{
    AUTO(bytes_free) struct bytes *text = NULL;

    TRY(conf_sample(&text, err));
    (void)fwrite(text->at, 1, text->len, stdout);
    return ST_OK;
}

static enum status check(const char *path, struct err *err)
{
    AUTO(conf_free) const struct conf *conf = NULL;

    TRY(conf_load(path, &conf, err));
    (void)printf("%s: in order\n", path);
    return ST_OK;
}

/* In memory are keys and citizens' data, which belong into no file of a crash. The hard limit
 * stays: root may raise it for a process that is to be looked into (prlimit). */
static void leave_no_core(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_CORE, &limit) == 0) {
        limit.rlim_cur = 0;
        (void)setrlimit(RLIMIT_CORE, &limit);
    }
}

int main(int argc, char **argv)
{
    const char *path = SHEPD_CONFIG;
    struct err err = { 0 };
    enum status done = ST_OK;

    switch (read_arguments(argc, argv, &path)) {
    case ACTION_SERVE:
        leave_no_core();
        done = server_run(path, &err);
        break;
    case ACTION_CHECK:
        done = check(path, &err);
        break;
    case ACTION_SAMPLE:
        done = print_sample(&err);
        break;
    case ACTION_VERSION:
        (void)puts("shepd " SHEP_VERSION);
        break;
    case ACTION_HELP:
        print_usage(stdout);
        break;
    case ACTION_USAGE:
        print_usage(stderr);
        return 2;
    }
    if (done == ST_OK)
        return 0;
    log_err(LOG_LEVEL_ERROR, "shepd.failed", &err);
    return 1;
}
