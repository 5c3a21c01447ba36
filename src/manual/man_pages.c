/* man-pages DIR DATE VERSION: writes the manual pages. Run by the build. */
#include "ctl/ctl.h"
#include "main/options.h"
#include "manual/manual.h"

#include <stdio.h>

static enum status write_page(const char *dir, const char *name, const struct bytes *page,
                              struct err *err)
{
    char path[4096];

    if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
        return RAISE(err, ST_INPUT, "%.80s…: the path is too long", dir);
    return ctl_write(path, bytes_slice(page), err);
}

static enum status write_all(const char *dir, const struct manual_stamp *stamp, struct err *err)
{
    AUTO(bytes_free) struct bytes *conf = NULL;
    AUTO(bytes_free) struct bytes *ctl = NULL;
    AUTO(bytes_free) struct bytes *shepd = NULL;

    TRY(manual_conf(stamp, conf_rows, conf_row_count, &conf, err));
    TRY(manual_ctl(stamp, ctl_commands, &ctl, err));
    TRY(manual_shepd(stamp, shepd_options, shepd_option_count, &shepd, err));
    TRY(write_page(dir, "shepd.conf.5", conf, err));
    TRY(write_page(dir, "shepctl.1", ctl, err));
    return write_page(dir, "shepd.8", shepd, err);
}

int main(int argc, char **argv)
{
    struct err err;

    if (argc != 4) {
        (void)fputs("usage: man-pages DIR DATE VERSION\n", stderr);
        return 2;
    }
    const struct manual_stamp stamp = { .date = argv[2], .version = argv[3] };
    if (write_all(argv[1], &stamp, &err) == ST_OK)
        return 0;
    (void)fprintf(stderr, "man-pages: %s\n", err.text);
    return 1;
}
