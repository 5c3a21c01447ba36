/* What a refusal says in words. Where they stand is not told (C-12); in front of ЦОИД's own service
 * stand others, which answer in HTML. */
#include "coid/charset.h"
#include "coid/read.h"

#include "base/text.h"

#include <string.h>
#include <strings.h>

enum { BODY_MAX = 64 << 10 }; /* of an error body that is looked into; the rest is not read */

/* Stars in place of twelve digits in a row: an IIN. These words go further than personal data may.
 */
static void hide_iins(struct bytes *line)
{
    enum { DIGITS = 12 };
    size_t run = 0;

    for (size_t i = 0; i <= line->len; i++) {
        if (i < line->len && line->at[i] >= '0' && line->at[i] <= '9') {
            run++;
            continue;
        }
        if (run == DIGITS)
            memset(line->at + i - DIGITS, '*', DIGITS);
        run = 0;
    }
}

/* One line: word after word with one blank between. */
static void put_line(struct slice text, char *dst, size_t size)
{
    AUTO(bytes_free) struct bytes *line = bytes_new(text.len);

    for (size_t i = 0; line && i < text.len; i++) {
        const bool blank = (unsigned char)text.at[i] <= ' ' || text.at[i] == 0x7f;
        if (!blank)
            bytes_add(line, (struct slice){ text.at + i, 1 });
        else if (line->len > 0 && line->at[line->len - 1] != ' ')
            bytes_add(line, SLICE(" "));
    }
    if (line)
        hide_iins(line);
    (void)text_copy_slice(dst, size, slice_trim(bytes_slice(line)));
    text_make_plain(dst);
}

/* ---- JSON ---- */

/* What a service says that has nothing to say. */
static bool says_nothing(struct slice text)
{
    text = slice_trim(text);
    return text.len == 0 || slice_eq(text, SLICE("No message available"));
}

/* NULL: it is no JSON. */
static struct json *parse(struct slice body)
{
    static const struct json_limits limits = { BODY_MAX, 32, 10000 };
    struct json *json = NULL;
    struct err err;

    return json_parse(body, &limits, &json, &err) == ST_OK ? json : NULL;
}

/* The words of a JSON body; false: it has none. */
static bool put_json(const struct json *json, char *dst, size_t size)
{
    static const char *const members[] = { "message", "error" };
    struct slice text = SLICE("");

    if (json_string(json, &text) && !says_nothing(text)) {
        put_line(text, dst, size);
        return true;
    }
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        if (json_string(json_member(json, members[i]), &text) && !says_nothing(text)) {
            put_line(text, dst, size);
            return true;
        }
    return false;
}

/* {timestamp, status, error, path} (req 2.39): who writes that is a service, and no gateway. */
static bool is_own(const struct json *json, int http)
{
    const struct json *status = json_member(json, "status");
    struct slice error;
    int64_t number;

    if (status)
        return json_integer(status, &number) && number == http;
    return json_string(json_member(json, "error"), &error);
}

/* ---- HTML ---- */

/* s from the first `what` on, case aside; empty: there is none. */
static struct slice find(struct slice s, const char *what)
{
    const size_t len = strlen(what);

    while (s.len >= len && strncasecmp(s.at, what, len) != 0)
        s = slice_skip(s, 1);
    return s.len >= len ? s : (struct slice){ s.at + s.len, 0 };
}

static struct slice behind(struct slice s, const char *what)
{
    const struct slice at = find(s, what);

    return at.len > 0 ? slice_skip(at, strlen(what)) : at;
}

static struct slice title_of(struct slice html)
{
    struct slice title = behind(find(html, "<title"), ">");

    title.len -= find(title, "<").len;
    return slice_trim(title);
}

/* Behind the markup that s begins with, and behind what it hides. */
static struct slice behind_markup(struct slice s)
{
    static const struct {
        const char *begins, *ends;
    } hidden[] = { { "<script", "</script" }, { "<style", "</style" }, { "<!--", "--" } };

    for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
        if (s.len >= strlen(hidden[i].begins) &&
            strncasecmp(s.at, hidden[i].begins, strlen(hidden[i].begins)) == 0)
            s = behind(slice_skip(s, strlen(hidden[i].begins)), hidden[i].ends);
    return behind(s, ">");
}

static void put_html(struct slice html, char *dst, size_t size)
{
    AUTO(bytes_free) struct bytes *text = bytes_new(html.len);
    const struct slice title = title_of(html);

    if (title.len > 0) {
        put_line(title, dst, size);
        return;
    }
    while (text && html.len > 0)
        if (html.at[0] == '<') {
            bytes_add(text, SLICE(" "));
            html = behind_markup(html);
        } else {
            bytes_add(text, (struct slice){ html.at, 1 });
            html = slice_skip(html, 1);
        }
    put_line(bytes_slice(text), dst, size);
}

/* Its beginning, cut between characters should it be UTF-8. */
static struct slice beginning(struct slice body)
{
    enum { CONTINUES_MAX = 3 };
    size_t len = BODY_MAX;

    if (body.len <= len)
        return body;
    while (len > BODY_MAX - CONTINUES_MAX && (slice_u8(body)[len] & 0xc0) == 0x80)
        len--;
    return (struct slice){ body.at, len };
}

bool read_refusal(struct slice body, int http, char *dst, size_t size)
{
    AUTO(bytes_free) struct bytes *utf8 = NULL;
    AUTO(json_free) struct json *json = NULL;
    struct slice text = beginning(body);
    struct err err;

    if (charset_to_utf8(text, "WINDOWS-1251", &utf8, &err) == ST_OK)
        text = bytes_slice(utf8);
    text = slice_trim(text);
    json = parse(text);
    const bool is_put = put_json(json, dst, size);
    if (!is_put && slice_starts(text, SLICE("<")))
        put_html(text, dst, size);
    else if (!is_put)
        put_line(text, dst, size);
    return is_own(json, http);
}
