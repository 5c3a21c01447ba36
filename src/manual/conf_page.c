/* shepd.conf(5): every setting, as the loader and the sample have it. */
#include "manual/manual.h"

#include <stdio.h>
#include <string.h>

static const char about[] =
    "shepd reads its configuration when it starts, and again on SIGHUP. It is a text file in "
    "UTF-8: sections, `[http]`, and lines `key = value` under them. A # at the start of a line or "
    "after a blank begins a comment.\n"
    "An unknown section or key, a key said twice or a value that does not fit is an error that "
    "names its line, and nothing is served by such a file: `shepd --check-config --config FILE` "
    "says so beforehand. `shepd --print-sample` writes a file with every setting.\n"
    "The sections `[sender \"NAME\"]` and `[gateway \"NAME\"]` stand once for each sender and each "
    "gateway; NAME is how other sections call it.\n"
    "Secrets never stand in this file. They stand in files of their own, which settings that end "
    "in "
    "_file name and which nobody but the service's user should be able to read.\n"
    "Listeners, workers, database, journal folder and a token's module are changed by a restart, "
    "everything else by SIGHUP too.\n";

static const char *const kinds[] = {
    [CONF_TEXT] = "Text.",          [CONF_WORD] = "One word of:",
    [CONF_WORDS] = "Any words of:", [CONF_LIST] = "A list, separated by blanks or commas.",
    [CONF_INT] = "A number,",       [CONF_BOOL] = "yes or no.",
};

static bool is_named(const char *section)
{
    return strcmp(section, "sender") == 0 || strcmp(section, "gateway") == 0;
}

static enum status check_row(const struct conf_row *row, struct err *err)
{
    if (!row->doc || !*row->doc)
        return RAISE(err, ST_FORMAT, "setting %s.%s has no description", row->section, row->key);
    if ((row->kind == CONF_WORD || row->kind == CONF_WORDS) && (!row->words || !*row->words))
        return RAISE(err, ST_FORMAT, "setting %s.%s names no words", row->section, row->key);
    return ST_OK;
}

/* What may stand there, and what does when nothing is said. */
static void add_values(struct bytes *page, const struct conf_row *row)
{
    bytes_add_str(page, ".br\n");
    roff_words(page, kinds[row->kind]);
    if (row->kind == CONF_INT)
        bytes_addf(page, " %lld to %lld.", (long long)row->min, (long long)row->max);
    if (row->words) {
        bytes_add_str(page, " ");
        roff_words(page, row->words);
        bytes_add_str(page, ".");
    }
    if (!row->preset) {
        bytes_add_str(page, " Required.\n");
        return;
    }
    bytes_add_str(page, " Default: ");
    if (*row->preset)
        roff_bold(page, row->preset);
    else
        bytes_add_str(page, "empty");
    bytes_add_str(page, "\n");
}

static void add_section(struct bytes *page, const char *section)
{
    char title[80];

    (void)snprintf(title, sizeof(title), is_named(section) ? "[%s \"NAME\"]" : "[%s]", section);
    roff_subsection(page, title);
}

static void add_end(struct bytes *page)
{
    roff_section(page, "FILES");
    roff_item(page, "/etc/shepd/shepd.conf", NULL,
              "the file that is read unless `--config` names another");
    roff_section(page, "SEE ALSO");
    bytes_add_str(page, "\\fBshepd\\fR(8), \\fBshepctl\\fR(1)\n");
}

enum status manual_conf(const struct manual_stamp *stamp, const struct conf_row *rows, size_t count,
                        struct bytes **ret_page, struct err *err)
{
    AUTO(bytes_free) struct bytes *page = bytes_new(MANUAL_MAX_BYTES);
    const char *section = "";

    TRY(bytes_check(page, "shepd.conf(5)", err));
    roff_head(page, "SHEPD.CONF", 5, stamp);
    roff_section(page, "NAME");
    bytes_add_str(page, "shepd.conf \\- configuration of shepd\n");
    roff_section(page, "SYNOPSIS");
    bytes_add_str(page, ".B /etc/shepd/shepd.conf\n");
    roff_section(page, "DESCRIPTION");
    roff_text(page, about);
    roff_section(page, "SETTINGS");
    for (size_t i = 0; i < count; i++) {
        TRY(check_row(&rows[i], err));
        if (strcmp(section, rows[i].section) != 0)
            add_section(page, rows[i].section);
        section = rows[i].section;
        roff_item(page, rows[i].key, NULL, rows[i].doc);
        add_values(page, &rows[i]);
    }
    add_end(page);
    TRY(bytes_check(page, "shepd.conf(5)", err));
    *ret_page = TAKE(page);
    return ST_OK;
}
