#include "conf/ini.h"

static struct slice take_line(struct slice *rest)
{
    const char *end = memchr(rest->at, '\n', rest->len);
    size_t len = end ? (size_t)(end - rest->at) : rest->len;
    struct slice line = { rest->at, len };

    *rest = slice_skip(*rest, end ? len + 1 : len);
    return line;
}

/* Without its comment: '#' at the start or after a blank, so that hashes and URLs keep theirs. */
static struct slice strip_comment(struct slice line)
{
    for (size_t i = 0; i < line.len; i++)
        if (line.at[i] == '#' && (i == 0 || line.at[i - 1] == ' ' || line.at[i - 1] == '\t'))
            return slice_trim((struct slice){ line.at, i });
    return slice_trim(line);
}

/* [word] or [word "name"] */
static enum status open_section(struct ini *ini, struct slice text, struct err *err)
{
    struct slice inner;
    const char *quote;

    if (text.at[text.len - 1] != ']')
        return RAISE(err, ST_INPUT, "%s:%d: a section ends with ]", ini->path, ini->line.number);
    inner = slice_trim((struct slice){ text.at + 1, text.len - 2 });
    quote = memchr(inner.at, '"', inner.len);
    ini->line.name = (struct slice){ "", 0 };
    ini->line.section = inner;
    if (!quote)
        return ST_OK;
    size_t before = (size_t)(quote - inner.at);
    if (inner.len < before + 3 || inner.at[inner.len - 1] != '"')
        return RAISE(err, ST_INPUT, "%s:%d: a section's name stands in quotes: [sender \"name\"]",
                     ini->path, ini->line.number);
    ini->line.section = slice_trim((struct slice){ inner.at, before });
    ini->line.name = (struct slice){ quote + 1, inner.len - before - 2 };
    return ST_OK;
}

static enum status read_pair(struct ini *ini, struct slice text, struct err *err)
{
    const char *equals = memchr(text.at, '=', text.len);

    if (!equals)
        return RAISE(err, ST_INPUT, "%s:%d: neither a [section] nor key = value", ini->path,
                     ini->line.number);
    if (ini->line.section.len == 0)
        return RAISE(err, ST_INPUT, "%s:%d: a key before the first [section]", ini->path,
                     ini->line.number);
    size_t at = (size_t)(equals - text.at);
    ini->line.key = slice_trim((struct slice){ text.at, at });
    ini->line.value = slice_trim(slice_skip(text, at + 1));
    if (ini->line.key.len == 0)
        return RAISE(err, ST_INPUT, "%s:%d: no key before =", ini->path, ini->line.number);
    return ST_OK;
}

enum status ini_next(struct ini *ini, int *ret_more, struct err *err)
{
    while (ini->rest.len > 0) {
        struct slice text = strip_comment(take_line(&ini->rest));
        ini->line.number++;
        if (text.len == 0)
            continue;
        ini->line.key = (struct slice){ "", 0 };
        *ret_more = 1;
        return text.at[0] == '[' ? open_section(ini, text, err) : read_pair(ini, text, err);
    }
    *ret_more = 0;
    return ST_OK;
}
