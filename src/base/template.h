/* Pages from files of ours: every {{name}} is replaced by its value, which is escaped always; there
 * is no way to put markup in. What repeats is a part of its own, added again and again. */
#pragma once

#include "base/bytes.h"
#include "base/slice.h"

/* A list of these ends with a row without a name. */
struct template_value {
    const char *name;
    struct slice text;
    const struct template_value *more; /* of the last row: where the list goes on; NULL: nowhere */
};

/* Adds `text` to b with its values, escaped as by bytes_add_xml(), which is right for HTML's text
 * and for its attributes in double quotes. A {{name}} that has no value or no end is our own
 * mistake: it spoils b, so that bytes_check() says no to the page. */
void template_add(struct bytes *b, struct slice text, const struct template_value *values);

/* The part of a file between the line `<!-- part NAME -->` and the next such line or the end. A
 * part that is not there is a text that spoils whatever it is added to. */
struct slice template_part(struct slice file, const char *name);
