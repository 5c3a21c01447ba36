#include "sandbox/canonical.h"

#include "base/text.h"

#include <string.h>

/* The place of `what` at or after `from`, or the text's length. */
static size_t find(struct slice s, size_t from, const char *what)
{
    const char *at = from < s.len ? memmem(s.at + from, s.len - from, what, strlen(what)) : NULL;

    return at ? (size_t)(at - s.at) : s.len;
}

static struct slice part(struct slice s, size_t from, size_t to)
{
    return (struct slice){ s.at + from, to - from };
}

static bool stands_at(struct slice s, size_t at, const char *what)
{
    return at <= s.len && slice_starts(slice_skip(s, at), slice_str(what));
}

/* After the > of the tag that begins at `at`; > may stand in attribute values. 0: cut off. */
static size_t tag_end(struct slice s, size_t at)
{
    bool quoted = false;

    for (; at < s.len; at++) {
        if (s.at[at] == '"')
            quoted = !quoted;
        else if (s.at[at] == '>' && !quoted)
            return at + 1;
    }
    return 0;
}

/* What stands at `at`, and where it ends; a cut-off construct ends the text. */
enum token { TOKEN_TEXT, TOKEN_START, TOKEN_END, TOKEN_OTHER, TOKEN_NONE };

static enum token token_at(struct slice s, size_t at, size_t *ret_end)
{
    static const struct {
        const char *open;
        const char *close;
    } others[] = { { "<!--", "-->" }, { "<?", "?>" } };

    if (at >= s.len)
        return TOKEN_NONE;
    if (s.at[at] != '<') {
        *ret_end = find(s, at, "<");
        return TOKEN_TEXT;
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (stands_at(s, at, others[i].open)) {
            size_t end = find(s, at, others[i].close);

            *ret_end = end + strlen(others[i].close);
            return end < s.len ? TOKEN_OTHER : TOKEN_NONE;
        }
    }
    *ret_end = tag_end(s, at);
    if (*ret_end == 0)
        return TOKEN_NONE;
    return stands_at(s, at, "</") ? TOKEN_END : TOKEN_START;
}

static struct slice local_name(struct slice start)
{
    size_t end = 1;
    const char *colon;
    struct slice name;

    while (end < start.len && !strchr(" >\t\n", start.at[end]))
        end++;
    name = part(start, 1, end);
    colon = memchr(name.at, ':', name.len);
    return colon ? slice_skip(name, (size_t)(colon - name.at) + 1) : name;
}

/* The element whose start tag stands at `at`. */
static bool element_at(struct slice s, size_t at, struct canonical *ret)
{
    size_t start_end = 0;
    size_t end = 0;
    int depth = 0;
    enum token token;

    if (token_at(s, at, &start_end) != TOKEN_START)
        return false;
    for (size_t i = at; (token = token_at(s, i, &end)) != TOKEN_NONE; i = end) {
        depth += token == TOKEN_START ? 1 : token == TOKEN_END ? -1 : 0;
        if (depth == 0) {
            *ret = (struct canonical){ .whole = part(s, at, end),
                                       .start = part(s, at, start_end),
                                       .inner = part(s, start_end, i),
                                       .local = local_name(part(s, at, start_end)) };
            return true;
        }
    }
    return false;
}

static bool first_element(struct slice s, const char *local, struct canonical *ret)
{
    size_t end = 0;
    enum token token;

    for (size_t i = 0; (token = token_at(s, i, &end)) != TOKEN_NONE; i = end) {
        if (token == TOKEN_END)
            return false;
        if (token != TOKEN_START)
            continue;
        if (!element_at(s, i, ret))
            return false;
        if (!local || slice_eq_str(ret->local, local))
            return true;
        end = i + ret->whole.len;
    }
    return false;
}

bool canonical_root(struct slice xml, struct canonical *ret)
{
    return first_element(xml, NULL, ret);
}

bool canonical_child(const struct canonical *parent, const char *local, struct canonical *ret)
{
    struct canonical found;

    if (!first_element(parent->inner, local, &found))
        return false;
    found.parent = parent;
    *ret = found;
    return true;
}

/* ---- text ---- */

static const struct {
    const char *reference;
    char character;
} references[] = {
    { "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' }, { "&quot;", '"' }, { "&#xD;", '\r' },
};

static void add_unescaped(struct bytes *dst, struct slice s)
{
    while (s.len > 0) {
        size_t plain = find(s, 0, "&");
        size_t used = 0;

        bytes_add(dst, part(s, 0, plain));
        s = slice_skip(s, plain);
        for (size_t i = 0; used == 0 && i < sizeof(references) / sizeof(references[0]); i++) {
            if (stands_at(s, 0, references[i].reference)) {
                bytes_add(dst, slice_mem(&references[i].character, 1));
                used = strlen(references[i].reference);
            }
        }
        if (used == 0 && s.len > 0) { /* not canonical: kept as it is */
            bytes_add(dst, part(s, 0, 1));
            used = 1;
        }
        s = slice_skip(s, used);
    }
}

struct bytes *canonical_text(const struct canonical *element)
{
    struct bytes *text = bytes_new(element->inner.len + 1);
    size_t end = 0;
    enum token token;

    if (!text)
        return NULL;
    for (size_t i = 0; (token = token_at(element->inner, i, &end)) != TOKEN_NONE; i = end)
        if (token == TOKEN_TEXT)
            add_unescaped(text, part(element->inner, i, end));
    return text;
}

bool canonical_child_text(const struct canonical *parent, const char *local, char *dst, size_t size)
{
    struct canonical child;
    AUTO(bytes_free) struct bytes *text = NULL;

    if (!canonical_child(parent, local, &child))
        return false;
    text = canonical_text(&child);
    (void)text_copy_slice(dst, size, slice_trim(bytes_slice(text)));
    return true;
}

void canonical_escape(struct bytes *dst, struct slice text)
{
    size_t from = 0;

    for (size_t i = 0; i < text.len; i++) {
        const char *reference = text.at[i] == '&'    ? "&amp;"
                                : text.at[i] == '<'  ? "&lt;"
                                : text.at[i] == '>'  ? "&gt;"
                                : text.at[i] == '\r' ? "&#xD;"
                                                     : NULL;

        if (!reference)
            continue;
        bytes_add(dst, part(text, from, i));
        bytes_add_str(dst, reference);
        from = i + 1;
    }
    bytes_add(dst, part(text, from, text.len));
}

/* ---- a document of its own ---- */

/* The next xmlns declaration of a start tag at or after *at; false: no more. */
static bool next_declaration(struct slice start, size_t *at, struct slice *ret_name,
                             struct slice *ret_whole)
{
    size_t from = find(start, *at, " xmlns");
    size_t equals = find(start, from, "=\"");
    size_t end = find(start, equals + 2, "\"");

    if (end >= start.len)
        return false;
    *ret_name = part(start, from + 1, equals);
    *ret_whole = part(start, from, end + 1);
    *at = end + 1;
    return true;
}

static bool declares(struct slice start, struct slice name)
{
    size_t at = 0;
    struct slice other, whole;

    while (next_declaration(start, &at, &other, &whole))
        if (slice_eq(other, name))
            return true;
    return false;
}

/* xmlns:p is worth keeping when p: stands anywhere in the element; xmlns always is. */
static bool is_used(struct slice whole, struct slice name)
{
    char prefix[64];

    if (slice_eq_str(name, "xmlns"))
        return true;
    name = slice_skip(name, strlen("xmlns:"));
    if (name.len + 2 > sizeof(prefix))
        return true;
    (void)text_format(prefix, sizeof(prefix), "%.*s:", (int)name.len, name.at);
    return find(whole, 0, prefix) < whole.len;
}

/* Declared by an element between it and the ancestor, or by itself. */
static bool is_hidden(const struct canonical *element, const struct canonical *ancestor,
                      struct slice name)
{
    for (; element != ancestor; element = element->parent)
        if (declares(element->start, name))
            return true;
    return false;
}

static void add_inherited(struct bytes *dst, const struct canonical *element)
{
    for (const struct canonical *a = element->parent; a; a = a->parent) {
        size_t at = 0;
        struct slice name, whole;

        while (next_declaration(a->start, &at, &name, &whole))
            if (is_used(element->whole, name) && !is_hidden(element, a, name))
                bytes_add(dst, whole);
    }
}

struct bytes *canonical_copy(const struct canonical *element)
{
    struct bytes *copy = bytes_new(2 * element->whole.len + 65536);
    size_t name_end = (size_t)(element->local.at + element->local.len - element->whole.at);

    if (!copy)
        return NULL;
    bytes_add(copy, part(element->whole, 0, name_end));
    add_inherited(copy, element);
    bytes_add(copy, slice_skip(element->whole, name_end));
    return copy;
}
