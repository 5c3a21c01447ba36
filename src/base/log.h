/* The operator's log on stderr: one line per event, logfmt. Only the upper floors write it. */
#pragma once

#include "base/err.h"
#include "base/slice.h"

enum log_level { LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR };

/* `fmt` gives key=value pairs; quote foreign texts with LOG_QUOTED. No secret, no IIN. */
void log_line(enum log_level level, const char *event, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#define log_debug(event, ...) log_line(LOG_LEVEL_DEBUG, (event), __VA_ARGS__)
#define log_info(event, ...) log_line(LOG_LEVEL_INFO, (event), __VA_ARGS__)
#define log_warning(event, ...) log_line(LOG_LEVEL_WARNING, (event), __VA_ARGS__)
#define log_error(event, ...) log_line(LOG_LEVEL_ERROR, (event), __VA_ARGS__)

/* event=… status=… at=file:line text="…" */
void log_err(enum log_level level, const char *event, const struct err *err);
