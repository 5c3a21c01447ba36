#include "base/template.h"

static const struct template_value *value_of(const struct template_value *values, struct slice name)
{
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
