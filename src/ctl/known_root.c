#include "ctl/known_root.h"

#include "base/embedded.h"
#include "base/text.h"

extern const struct embedded ctl_known_files[];

/* The next column of a line; the rest moves on. */
static struct slice take_word(struct slice *line)
{
    size_t len = 0;

    *line = slice_trim(*line);
    while (len < line->len && line->at[len] != ' ')
        len++;
    struct slice word = { line->at, len };
    *line = slice_skip(*line, len);
    return word;
}

static struct slice take_line(struct slice *text)
{
    const char *end = memchr(text->at, '\n', text->len);
    struct slice line = { text->at, end ? (size_t)(end - text->at) : text->len };

    *text = slice_skip(*text, end ? line.len + 1 : line.len);
    return line;
}

bool known_root_find(const uint8_t sha256[32], struct known_root *ret)
{
    struct slice text = ctl_known_files[0].bytes;
    char hex[65];

    text_hex(slice_mem(sha256, 32), hex);
    while (text.len > 0) {
        struct slice line = take_line(&text);
        if (!slice_eq_str(take_word(&line), hex))
            continue;
        ret->contour = take_word(&line);
        ret->kind = take_word(&line);
        ret->generation = take_word(&line);
        ret->source = take_word(&line);
        ret->name = slice_trim(line);
        return true;
    }
    return false;
}

bool known_root_is_test(const struct known_root *known)
{
    return !slice_eq_str(known->contour, "production");
}
