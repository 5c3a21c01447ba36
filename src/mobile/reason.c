#include "mobile/reason.h"

#include "base/text.h"

#include <ctype.h>
#include <stdarg.h>

enum { WHOLE_TEXT = 2048, IIN_DIGITS = 12 };

/* Runs of as many digits as an IIN has, and of more. */
static void leave_out_iins(char *text)
{
    size_t out = 0;

    for (size_t i = 0; text[i];) {
        size_t run = 0;
        while (isdigit((unsigned char)text[i + run]))
            run++;
        if (run >= IIN_DIGITS) {
            text[out++] = '*';
            i += run;
            continue;
        }
        if (run == 0)
            run = 1;
        memmove(text + out, text + i, run);
        out += run;
        i += run;
    }
    text[out] = '\0';
}

void reason_set(char dst[REASON_TEXT], const char *fmt, ...)
{
    char whole[WHOLE_TEXT]; /* cut only when all IINs are out: else a part of one would stay */
    va_list args;

    va_start(args, fmt);
    text_vformat(whole, sizeof(whole), fmt, args);
    va_end(args);
    leave_out_iins(whole);
    text_copy(dst, REASON_TEXT, whole);
}

enum check reason_check(struct slice reason)
{
    for (enum check check = CHECK_FORMAT; check < CHECK_COUNT_; check++) {
        struct slice name = slice_str(check_name(check));
        if (slice_starts(reason, name) && reason.len > name.len && reason.at[name.len] == ':')
            return check;
    }
    return CHECK_COUNT_;
}
