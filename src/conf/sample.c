/* Writes the sample configuration from the table. */
#include "conf/conf.h"
#include "conf/schema.h"

enum { MAX_SAMPLE = 64 << 10 /* bytes */ };

static const char head[] =
    "# Sample configuration of shepd, made from its table of settings (shepd --print-sample).\n"
    "# A commented key shows its default; a key without # has none and must be set.\n"
    "# '#' at the start of a line or after a blank begins a comment. Lists: blanks or commas.\n";

static void add_section(struct bytes *b, const struct conf_row *row)
{
    bool named = strcmp(row->section, "sender") == 0 || strcmp(row->section, "gateway") == 0;

    bytes_addf(b, named ? "\n[%s \"example\"]\n" : "\n[%s]\n", row->section);
}

static void add_row(struct bytes *b, const struct conf_row *row)
{
    bytes_addf(b, "# %s", row->doc);
    if (row->kind == CONF_INT)
        bytes_addf(b, " (%lld to %lld)", (long long)row->min, (long long)row->max);
    if (row->words)
        bytes_addf(b, " (%s: %s)", row->kind == CONF_WORD ? "one of" : "any of", row->words);
    bytes_add_str(b, "\n");
    if (row->preset)
        bytes_addf(b, "#%s =%s%s\n", row->key, *row->preset ? " " : "", row->preset);
    else
        bytes_addf(b, "%s =\n", row->key);
}

enum status conf_sample(struct bytes **ret_text, struct err *err)
{
    AUTO(bytes_free) struct bytes *b = bytes_new(MAX_SAMPLE);
    const char *section = "";

    if (b)
        bytes_add_str(b, head);
    for (size_t i = 0; b && i < conf_row_count; i++) {
        if (strcmp(section, conf_rows[i].section) != 0)
            add_section(b, &conf_rows[i]);
        section = conf_rows[i].section;
        add_row(b, &conf_rows[i]);
    }
    TRY(bytes_check(b, "sample configuration", err));
    *ret_text = TAKE(b);
    return ST_OK;
}
