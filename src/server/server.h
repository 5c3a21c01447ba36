/* The daemon: listeners, workers, signals, housekeeping. */
#pragma once

#include "base/err.h"

/* Serves until SIGTERM or SIGINT; SIGHUP reloads. Prints READY when both listeners are up.
 * conf_path: read again at every reload. */
MUST_USE enum status server_run(const char *conf_path, struct err *err);
