#include "base/text.h"
#include "server/admin/pages.h"

void csv_field(struct bytes *out, const char *text, bool first)
{
    if (!first)
        bytes_add_str(out, ",");
    bytes_add_str(out, "\"");
    if (*text && strchr("=+-@\t\r", *text)) /* OWASP: CSV injection */
        bytes_add_str(out, "'");
    for (const char *quote; (quote = strchr(text, '"')); text = quote + 1) {
        bytes_add(out, (struct slice){ text, (size_t)(quote - text) });
        bytes_add_str(out, "\"\"");
    }
    bytes_add_str(out, text);
    bytes_add_str(out, "\"");
}
