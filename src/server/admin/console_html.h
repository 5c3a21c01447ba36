/* The console's frame as HTML: head, menu, who is logged in, and <main>; from the templates in
 * assets/console.html. Pure. */
#pragma once

#include "server/admin/console.h"

struct frame_view {
    enum language language;
    const char *title; /* a word's name */
    const char *path;  /* of this page, for the menu and for coming back to it */
    const char *token; /* of forms */
    const char *instance;
    bool sandbox;
    const char *account; /* NULL: nobody is logged in */
    enum account_role role;
    bool with_menu;
    struct slice main; /* HTML */
};
/* *ret_html is the caller's. ST_NOMEM: memory, or a template asks for what is not there. */
MUST_USE enum status frame_html(const struct frame_view *view, struct arena *arena,
                                struct bytes **ret_html, struct err *err);

/* Adds a part of assets/console.html with these values and all words. Failures spoil html. */
void console_part(struct bytes *html, const char *part, enum language language,
                  const struct template_value *values, struct arena *arena);
