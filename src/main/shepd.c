/* shepd: the daemon's command line. */
#include "base/log.h"
#include "conf/conf.h"
#include "server/server.h"

#include <getopt.h>
#include <stdio.h>

static const char usage[] =
    "usage: shepd --config FILE          serve until SIGTERM (default /etc/shepd/shepd.conf)\n"
    "       shepd --check-config [--config FILE]\n"
    "       shepd --print-sample         the sample configuration\n"
    "       shepd --version\n";

enum action {
    ACTION_SERVE,
    ACTION_CHECK,
    ACTION_SAMPLE,
    ACTION_VERSION,
    ACTION_HELP,
    ACTION_USAGE
};

static enum action read_arguments(int argc, char **argv, const char **ret_path)
{
    static const struct option options[] = {
        { "config", required_argument, NULL, 'c' }, { "check-config", no_argument, NULL, 'k' },
        { "print-sample", no_argument, NULL, 's' }, { "version", no_argument, NULL, 'v' },
        { "help", no_argument, NULL, 'h' },         { NULL, 0, NULL, 0 },
    };
    enum action action = ACTION_SERVE;
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
        switch (option) {
        case 'c':
            *ret_path = optarg;
            break;
        case 'k':
            action = ACTION_CHECK;
            break;
        case 's':
            action = ACTION_SAMPLE;
            break;
        case 'v':
            action = ACTION_VERSION;
            break;
        case 'h':
            action = ACTION_HELP;
            break;
        default:
            return ACTION_USAGE;
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

int main(int argc, char **argv)
{
    const char *path = "/etc/shepd/shepd.conf";
    struct err err = { 0 };
    enum status done = ST_OK;

    switch (read_arguments(argc, argv, &path)) {
    case ACTION_SERVE:
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
        (void)fputs(usage, stdout);
        break;
    case ACTION_USAGE:
        (void)fputs(usage, stderr);
        return 2;
    }
    if (done == ST_OK)
        return 0;
    log_err(LOG_LEVEL_ERROR, "shepd.failed", &err);
    return 1;
}
