#include "base/log.h"

#include "base/clock.h"
#include "base/text.h"

#include <stdarg.h>
#include <unistd.h>

enum { LINE = 1024 }; /* bytes; a longer line is cut */

/* A line is one write(2): lines of several threads never mix. Control characters become '?'. */
static void emit(char *line, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)line[i] < 0x20)
            line[i] = '?';
    line[len] = '\n';
    ssize_t ignored = write(STDERR_FILENO, line, len + 1);
    (void)ignored; /* where would a log tell that it cannot log? */
}

void log_line(enum log_level level, const char *event, const char *fmt, ...)
{
    static const char *const names[] = { "info", "warning", "error" };
    char line[LINE + 1];
    char when[TIME_TEXT];
    va_list args;

    time_utc_offset_text(clock_now(clock_system()), when);
    text_format(line, LINE, "time=%s level=%s event=%s ", when, names[level], event);
    size_t len = strlen(line);
    va_start(args, fmt);
    text_vformat(line + len, LINE - len, fmt, args);
    va_end(args);
    emit(line, strlen(line));
}

void log_err(enum log_level level, const char *event, const struct err *err)
{
    log_line(level, event, "status=%s at=%s:%d text=\"%s\"", status_name(err->status), err->file,
             err->line, err->text);
}
