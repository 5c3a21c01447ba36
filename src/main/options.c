#include "main/options.h"

const struct shepd_option shepd_options[] = {
    { "config", "FILE", ACTION_SERVE,
      "the configuration (" SHEPD_CONFIG "); serves by it until SIGTERM" },
    { "check-config", NULL, ACTION_CHECK,
      "says whether the configuration is in order, and which line is not" },
    { "print-sample", NULL, ACTION_SAMPLE,
      "writes the sample configuration, every setting with its unit, range and default" },
    { "version", NULL, ACTION_VERSION, "writes the version" },
    { "help", NULL, ACTION_HELP, "lists the options" },
};

_Static_assert(sizeof(shepd_options) / sizeof(shepd_options[0]) <= SHEPD_OPTIONS_MAX,
               "options for getopt_long()");
const size_t shepd_option_count = sizeof(shepd_options) / sizeof(shepd_options[0]);
