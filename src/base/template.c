#include "base/template.h"

#include "base/text.h"

#define PART "<!-- part "

static const struct template_value *value_of(const struct template_value *values, struct slice name)
{
    for (; values; values = values->more)
        for (; values->name; values++)
            if (slice_eq_str(name, values->name))
                return values;
    return NULL;
}

/* Takes `name}}` off the front of *rest; false: it has no end. */
static bool take_name(struct slice *rest, struct slice *ret_name)
{
    const char *end = memmem(rest->at, rest->len, "}}", 2);

    if (!end)
        return false;
    *ret_name = (struct slice){ rest->at, (size_t)(end - rest->at) };
    *rest = slice_skip(*rest, ret_name->len + 2);
    return true;
}

void template_add(struct bytes *b, struct slice text, const struct template_value *values)
{
    for (;;) {
        const char *mark = memmem(text.at, text.len, "{{", 2);
        const struct template_value *value;
        struct slice name;

        if (!mark) {
            bytes_add(b, text);
            return;
        }
        bytes_add(b, (struct slice){ text.at, (size_t)(mark - text.at) });
        text = slice_skip(text, (size_t)(mark - text.at) + 2);
        if (!take_name(&text, &name) || !(value = value_of(values, name))) {
            b->failed = true;
            return;
        }
        bytes_add_xml(b, value->text);
    }
}

struct slice template_part(struct slice file, const char *name)
{
    char line[128];
    const char *from, *to;

    if (!text_format(line, sizeof(line), PART "%s -->\n", name) ||
        !(from = memmem(file.at, file.len, line, strlen(line))))
        return SLICE("{{no such part}}");
    file = slice_skip(file, (size_t)(from - file.at) + strlen(line));
    to = memmem(file.at, file.len, PART, strlen(PART));
    return (struct slice){ file.at, to ? (size_t)(to - file.at) : file.len };
}
