/* Messages, foreign text on a terminal, and what commands open. */
#include "base/clock.h"
#include "ctl/ctl.h"
#include "sandbox/file.h"

#include <stdlib.h>
#include <string.h>

int ctl_fail(const char *command, const struct err *err)
{
    (void)fprintf(stderr, "%s: ", command);
    ctl_print_text(stderr, err->text);
    (void)fputc('\n', stderr);
    return CTL_TROUBLE;
}

void ctl_print_slice(FILE *out, struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        bool is_c1 = c == 0xc2 && i + 1 < text.len && (unsigned char)text.at[i + 1] < 0xa0;

        if (is_c1)
            i++;
        (void)fputc(c < ' ' || c == 0x7f || is_c1 ? '?' : c, out);
    }
}

void ctl_print_text(FILE *out, const char *text)
{
    ctl_print_slice(out, slice_str(text));
}

void ctl_print_time(FILE *out, int64_t ms)
{
    char text[TIME_TEXT];

    time_utc_offset_text(ms, text); /* 2026-11-22T14:03:07.120+05:00 */
    (void)fprintf(out, "%.10s %.8s %s", text, text + 11, text + 23);
}

enum status ctl_open_key(const struct key_source *source, struct key **ret_key, struct err *err)
{
    if (!source->place)
        return RAISE(err, ST_INPUT, "--key KEY is missing");
    enum status status = key_open(source, ret_key, err);
    if (status == ST_INPUT && strcmp(err->code, "passwordMissing") == 0 && !source->secret_file)
        return RAISE(err, ST_INPUT, "--pass-file FILE is missing: %s is locked", source->place);
    return status;
}

const char *ctl_ca_file(const char *ca_file)
{
    return ca_file ? ca_file : secure_getenv("SHEPCTL_CA");
}

enum status ctl_open_rest(const char *ca_file, struct rest **ret_rest, struct err *err)
{
    const struct rest_params params = { .ca_file = ctl_ca_file(ca_file),
                                        .max_parallel = 4,
                                        .user_agent = "shepctl/" SHEP_VERSION };

    return rest_new(&params, ret_rest, err);
}

enum status ctl_write(const char *path, struct slice data, struct err *err)
{
    if (path && strcmp(path, "-") != 0)
        return file_write(path, data, 0644, err);
    if (fwrite(data.at, 1, data.len, stdout) != data.len || fflush(stdout) != 0)
        return RAISE(err, ST_INPUT, "cannot write to standard output");
    return ST_OK;
}
