/* One walk over canonical XML with a stack of names. */
#include "soap/shape.h"

#include "base/text.h"

enum { MAX_DEPTH = 64, MAX_NAMES = 16 /* distinct names counted per parent; our types have 9 */ };

struct level {
    struct slice name; /* local */
    unsigned nth;
    struct {
        struct slice name;
        unsigned n;
    } children[MAX_NAMES];
    unsigned child_names;
};

struct walk {
    struct slice xml;
    size_t at;
    struct slice text; /* before the token */
    struct slice name; /* of the token, local */
    struct level levels[MAX_DEPTH];
    unsigned depth;
};

enum token { TOKEN_END, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_OTHER };

static const char *const listed[] = { "document", "signer", "item", "role", NULL };

static bool is_in(struct slice name, const char *const *names)
{
    for (; *names; names++)
        if (slice_eq_str(name, *names))
            return true;
    return false;
}

/* The index of c at or after `from`, or the length. */
static size_t find(struct slice s, size_t from, char c)
{
    const char *hit = from < s.len ? memchr(s.at + from, c, s.len - from) : NULL;

    return hit ? (size_t)(hit - s.at) : s.len;
}

/* The index of the > that ends the tag at `from`; those in quoted values do not count. Not below
 * the length when there is none. */
static size_t tag_end(struct slice s, size_t from)
{
    size_t at = from;

    while (at < s.len && s.at[at] != '>')
        at = s.at[at] == '"' ? find(s, at + 1, '"') + 1 : at + 1;
    return at;
}

static struct slice local_name(struct slice s, size_t from)
{
    size_t end = from, start = from;

    for (; end < s.len && !strchr(" \t\r\n/>", s.at[end]); end++)
        if (s.at[end] == ':')
            start = end + 1;
    return (struct slice){ s.at + start, end - start };
}

static enum token next(struct walk *w)
{
    size_t open = find(w->xml, w->at, '<');
    size_t end;

    w->text = (struct slice){ w->xml.at + w->at, open - w->at };
    if (open + 1 >= w->xml.len)
        return TOKEN_END;
    end = tag_end(w->xml, open);
    if (end >= w->xml.len)
        return TOKEN_END;
    w->at = end + 1;
    if (w->xml.at[open + 1] == '?' || w->xml.at[open + 1] == '!')
        return TOKEN_OTHER;
    if (w->xml.at[open + 1] == '/')
        return TOKEN_CLOSE;
    w->name = local_name(w->xml, open + 1);
    return TOKEN_OPEN;
}

static unsigned count_child(struct level *parent, struct slice name)
{
    for (unsigned i = 0; i < parent->child_names; i++)
        if (slice_eq(parent->children[i].name, name))
            return ++parent->children[i].n;
    if (parent->child_names < MAX_NAMES) {
        parent->children[parent->child_names].name = name;
        parent->children[parent->child_names++].n = 1;
    }
    return 1;
}

/* false: too deep. */
static bool push(struct walk *w)
{
    unsigned nth = w->depth ? count_child(&w->levels[w->depth - 1], w->name) : 1;

    if (w->depth == MAX_DEPTH)
        return false;
    w->levels[w->depth].name = w->name;
    w->levels[w->depth].nth = nth;
    w->levels[w->depth++].child_names = 0;
    return true;
}

static struct place place_of(const struct walk *w)
{
    struct place place = { .nth = w->depth ? w->levels[w->depth - 1].nth : 0 };
    size_t len = 0;

    for (unsigned i = 1; i < w->depth && len < sizeof(place.text); i++) {
        const struct level *level = &w->levels[i];
        char number[16] = "";

        if (level->nth > 1 || is_in(level->name, listed))
            text_format(number, sizeof(number), "[%u]", level->nth);
        text_format(place.text + len, sizeof(place.text) - len, "%s%.*s%s", len ? "/" : "",
                    (int)(level->name.len < PLACE_TEXT ? level->name.len : PLACE_TEXT),
                    level->name.at, number);
        len = strlen(place.text);
    }
    return place;
}

struct place place_find(struct slice c14n, size_t at)
{
    struct walk w = { .xml = { c14n.at, at < c14n.len ? at : c14n.len } };

    for (enum token token = next(&w); token != TOKEN_END; token = next(&w)) {
        if (token == TOKEN_OPEN && !push(&w))
            break;
        if (token == TOKEN_CLOSE && w.depth > 1)
            w.depth--;
    }
    return place_of(&w);
}

enum shape shape_check(struct slice c14n, const char *const *containers, bool strict_leaves,
                       struct place *ret)
{
    struct walk w = { .xml = c14n };

    for (enum token token = next(&w); token != TOKEN_END; token = next(&w)) {
        bool in_container = w.depth && is_in(w.levels[w.depth - 1].name, containers);

        *ret = (struct place){ 0 };
        if (in_container && slice_trim(w.text).len) {
            *ret = place_of(&w);
            return SHAPE_TEXT_BETWEEN;
        }
        if (token == TOKEN_OPEN && w.depth && strict_leaves && !in_container) {
            *ret = place_of(&w);
            return SHAPE_ELEMENT_IN_TEXT;
        }
        if (token == TOKEN_OPEN && !push(&w))
            return SHAPE_TOO_DEEP;
        if (token == TOKEN_CLOSE && w.depth)
            w.depth--;
    }
    return SHAPE_OK;
}
