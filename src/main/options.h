/* The options of shepd: what it reads, what --help says and its manual page, from one table. */
#pragma once

#include <stddef.h>

enum action {
    ACTION_SERVE,
    ACTION_CHECK,
    ACTION_SAMPLE,
    ACTION_VERSION,
    ACTION_HELP,
    ACTION_USAGE
};

enum { SHEPD_OPTIONS_MAX = 15 };

#define SHEPD_CONFIG "/etc/shepd/shepd.conf"

struct shepd_option {
    const char *name;   /* without -- */
    const char *value;  /* its placeholder: the path of the configuration; NULL: a flag */
    enum action action; /* of a flag */
    const char *help;
};

extern const struct shepd_option shepd_options[];
extern const size_t shepd_option_count;
