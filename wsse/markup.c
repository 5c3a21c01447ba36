/* A look at the bytes of a document before the parser sees them. A `<` stands nowhere but at the
 * start of markup, inside comments, CDATA and processing instructions: so this scan and the parser
 * agree on where tags are. */
#include "wsse/markup.h"

static struct slice skip_past(struct slice xml, const char *mark, bool *ret_found)
{
    const size_t len = strlen(mark);
    const char *at = xml.len ? memmem(xml.at, xml.len, mark, len) : NULL;

    *ret_found = at != NULL;
    return at ? slice_skip(xml, (size_t)(at - xml.at) + len) : xml;
}

/* Markup that is passed over whole: its start, its end, its name. */
static const struct {
    struct slice start;
    const char *end;
    const char *name;
} passed_over[] = {
    { { "<!--", 4 }, "-->", "comment" },
    { { "<![CDATA[", 9 }, "]]>", "CDATA section" },
    { { "<?", 2 }, "?>", "processing instruction" },
};

struct scan {
    struct slice rest;
    size_t max_attributes;
    int max_depth;
    int depth; /* elements open at `rest` */
};

static enum status enter_or_leave(struct scan *scan, struct slice tag, struct err *err)
{
    if (tag.at[1] == '/') {
        scan->depth -= scan->depth > 0;
        return ST_OK;
    }
    if (scan->depth >= scan->max_depth)
        return RAISE_CAUSE(err, ST_FORMAT, "xmlDepth", NULL, NULL,
                           "the XML is nested deeper than %d elements", scan->max_depth);
    scan->depth += tag.at[tag.len - 2] != '/';
    return ST_OK;
}

/* A start or end tag; `rest` starts at its `<`, and ends up behind its `>`. */
static enum status check_tag(struct scan *scan, struct err *err)
{
    const struct slice rest = scan->rest;
    size_t attributes = 0;
    char quote = 0;

    for (size_t i = 1; i < rest.len; i++) {
        const char c = rest.at[i];

        if (c == '<')
            return RAISE(err, ST_FORMAT, "not well-formed XML: `<` inside a tag");
        if (c == '>' && !quote) {
            scan->rest = slice_skip(rest, i + 1);
            return enter_or_leave(scan, slice_mem(rest.at, i + 1), err);
        }
        if (quote) {
            if (c == quote)
                quote = 0;
        } else if (c == '"' || c == '\'') {
            quote = c;
            attributes++;
        }
        if (attributes > scan->max_attributes)
            return RAISE_CAUSE(err, ST_FORMAT, "xmlAttributes", NULL, "attributes of one element",
                               "an element has more than %zu attributes", scan->max_attributes);
    }
    return RAISE(err, ST_FORMAT, "not well-formed XML: a tag does not end");
}

static enum status check_markup(struct scan *scan, struct err *err)
{
    for (size_t i = 0; i < sizeof(passed_over) / sizeof(passed_over[0]); i++) {
        bool found = false;

        if (!slice_starts(scan->rest, passed_over[i].start))
            continue;
        scan->rest =
            skip_past(slice_skip(scan->rest, passed_over[i].start.len), passed_over[i].end, &found);
        if (!found)
            return RAISE(err, ST_FORMAT, "not well-formed XML: a %s does not end",
                         passed_over[i].name);
        return ST_OK;
    }
    if (slice_starts(scan->rest, SLICE("<!")))
        return RAISE_CAUSE(err, ST_FORMAT, "xmlDtd", NULL, NULL,
                           "a document type declaration (DTD) is not allowed");
    return check_tag(scan, err);
}

enum status markup_check(struct slice xml, size_t max_attributes, int max_depth, struct err *err)
{
    struct scan scan = { xml, max_attributes, max_depth, 0 };

    while (scan.rest.len > 0) {
        const char *at = memchr(scan.rest.at, '<', scan.rest.len);

        if (!at)
            break;
        scan.rest = slice_skip(scan.rest, (size_t)(at - scan.rest.at));
        TRY(check_markup(&scan, err));
    }
    return ST_OK;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct slice markup_encoding(struct slice xml)
{
    const struct slice none = { "", 0 };
    bool found = false;
    struct slice rest;
    struct slice declaration = xml;
    const char *end = NULL;

    if (!slice_starts(xml, SLICE("<?xml")) || xml.len < 6 || !is_blank(xml.at[5]))
        return none;
    rest = skip_past(xml, "?>", &found);
    declaration.len = xml.len - rest.len;
    rest = skip_past(declaration, "encoding", &found);
    while (found && rest.len > 0 && (is_blank(rest.at[0]) || rest.at[0] == '='))
        rest = slice_skip(rest, 1);
    if (!found || rest.len < 2 || (rest.at[0] != '"' && rest.at[0] != '\''))
        return none;
    end = memchr(rest.at + 1, rest.at[0], rest.len - 1);
    return end ? slice_mem(rest.at + 1, (size_t)(end - rest.at) - 1) : none;
}
