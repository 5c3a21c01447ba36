/* Pages from files of ours: every {{name}} is replaced by its value, which is escaped always; there
 * is no way to put markup in. What repeats is a template of its own, added again and again. */
#pragma once

#include "base/bytes.h"
#include "base/slice.h"

struct template_value {
    const char *name; /* NULL ends the list */
    struct slice text;
};

/* Adds `text` to b with its values, escaped as by bytes_add_xml(), which is right for HTML's text
 * and for its attributes in double quotes. A {{name}} that has no value or no end is our own
 * mistake: it spoils b, so that bytes_check() says no to the page. */
void template_add(struct bytes *b, struct slice text, const struct template_value *values);
