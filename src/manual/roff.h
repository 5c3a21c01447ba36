/* Writes manual pages: man(7) macros, UTF-8 text. The page is checked once, at the end. */
#pragma once

#include "base/bytes.h"

/* What every page's head says. */
struct manual_stamp {
    const char *date;    /* 2026-11-22 */
    const char *version; /* of shep-adapter */
};

/* .TH; name: in capitals. */
void roff_head(struct bytes *page, const char *name, int chapter, const struct manual_stamp *stamp);
/* .SH and .SS */
void roff_section(struct bytes *page, const char *title);
void roff_subsection(struct bytes *page, const char *title);

/* Text as it stands in our tables, escaped, and a newline. `words` are bold, a newline after a full
 * stop or a colon begins a paragraph, a line that two blanks begin is an item: "  NAME  what". */
void roff_text(struct bytes *page, const char *text);
/* An item: its name bold, its value (NULL: none) in italics, and the text under it. */
void roff_item(struct bytes *page, const char *name, const char *value, const char *text);
/* Words of a line: escaped, no newline after them. */
void roff_words(struct bytes *page, const char *words);
void roff_bold(struct bytes *page, const char *words);
