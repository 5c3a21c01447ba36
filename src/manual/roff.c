#include "manual/roff.h"

#include <string.h>

/* Typewriter characters, which roff would else make typographic ones of: people copy from pages. */
static const struct {
    char plain;
    const char *escape;
} escapes[] = { { '\\', "\\e" },  { '-', "\\-" },   { '\'', "\\(aq" },
                { '^', "\\(ha" }, { '~', "\\(ti" }, { '"', "\\(dq" } };

/* ---- words ---- */

static void add_char(struct bytes *page, char c)
{
    for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++)
        if (escapes[i].plain == c) {
            bytes_add_str(page, escapes[i].escape);
            return;
        }
    bytes_add(page, (struct slice){ &c, 1 });
}

/* A line's first dot would make a macro of it. */
static void add_words(struct bytes *page, struct slice words)
{
    bool is_bold = false;

    if (words.len > 0 && words.at[0] == '.')
        bytes_add_str(page, "\\&");
    for (size_t i = 0; i < words.len; i++)
        if (words.at[i] == '`') {
            is_bold = !is_bold;
            bytes_add_str(page, is_bold ? "\\fB" : "\\fR");
        } else {
            add_char(page, words.at[i]);
        }
    if (is_bold)
        bytes_add_str(page, "\\fR");
}

void roff_words(struct bytes *page, const char *words)
{
    add_words(page, slice_str(words));
}

void roff_bold(struct bytes *page, const char *words)
{
    bytes_add_str(page, "\\fB");
    add_words(page, slice_str(words));
    bytes_add_str(page, "\\fR");
}

/* ---- lines ---- */

void roff_head(struct bytes *page, const char *name, int chapter, const struct manual_stamp *stamp)
{
    bytes_add_str(page, ".\\\" Made from the program's tables by man-pages.\n.TH ");
    roff_words(page, name);
    bytes_addf(page, " %d %s \"shep\\-adapter %s\"\n", chapter, stamp->date, stamp->version);
}

static void titled(struct bytes *page, const char *macro, const char *title)
{
    bytes_addf(page, ".%s \"", macro);
    roff_words(page, title);
    bytes_add_str(page, "\"\n");
}

void roff_section(struct bytes *page, const char *title)
{
    titled(page, "SH", title);
}

void roff_subsection(struct bytes *page, const char *title)
{
    titled(page, "SS", title);
}

/* "  NAME  what", without the two blanks. */
static void add_row(struct bytes *page, struct slice row)
{
    size_t len = 0;

    while (len < row.len && !(row.at[len] == ' ' && len + 1 < row.len && row.at[len + 1] == ' '))
        len++;
    bytes_add_str(page, ".TP\n\\fB");
    add_words(page, (struct slice){ row.at, len });
    bytes_add_str(page, "\\fR\n");
    add_words(page, slice_trim(slice_skip(row, len)));
    bytes_add_str(page, len < row.len ? "\n" : "\\&\n");
}

static struct slice take_line(struct slice *rest)
{
    const char *end = memchr(rest->at, '\n', rest->len);
    struct slice line = { rest->at, end ? (size_t)(end - rest->at) : rest->len };

    *rest = slice_skip(*rest, end ? line.len + 1 : line.len);
    return line;
}

void roff_text(struct bytes *page, const char *text)
{
    struct slice rest = slice_str(text);
    bool after_row = false;
    bool at_end = false; /* of a sentence */

    while (rest.len > 0) {
        struct slice line = take_line(&rest);
        bool is_row = line.len > 2 && line.at[0] == ' ' && line.at[1] == ' ';

        if (line.len == 0)
            continue;
        if (is_row) {
            add_row(page, slice_skip(line, 2));
        } else {
            if (after_row || at_end)
                bytes_add_str(page, ".PP\n");
            add_words(page, line);
            bytes_add_str(page, "\n");
        }
        after_row = is_row;
        at_end = line.at[line.len - 1] == '.' || line.at[line.len - 1] == ':';
    }
}

void roff_item(struct bytes *page, const char *name, const char *value, const char *text)
{
    bytes_add_str(page, ".TP\n");
    roff_bold(page, name);
    if (value) {
        bytes_add_str(page, " \\fI");
        roff_words(page, value);
        bytes_add_str(page, "\\fR");
    }
    bytes_add_str(page, "\n");
    roff_text(page, text);
}
