/* The signing page as HTML, from the templates in assets/ and the texts of page_texts.h. Pure: the
 * same view is the same page. */
#pragma once

#include "base/bytes.h"
#include "mobile/mobile.h"
#include "server/page_texts.h"

struct page_view {
    const struct mobile_page *session;
    struct slice id; /* of /sign/ID */
    enum language language;
    enum page_device device;
    bool sandbox;
    const char *phone_url; /* the sandbox's telephone in the browser; "" when there is none */
};
/* *ret_html is the caller's. ST_NOMEM: memory, or a template asks for what is not there. */
MUST_USE enum status page_html(const struct page_view *view, struct bytes **ret_html,
                               struct err *err);

/* What stands there when there is no session to show: `state` and `hint` are its words. */
struct page_error {
    enum language language;
    const char *state; /* name in page_texts: unknown or unavailable */
    enum message hint;
};
MUST_USE enum status page_error_html(const struct page_error *error, struct bytes **ret_html,
                                     struct err *err);

/* Changes whenever the page says something new in one language, but for the time left. */
enum { PAGE_VERSION_TEXT = 17 };
void page_version(const struct mobile_page *session, char ret[PAGE_VERSION_TEXT]);
/* Rounded up: 0 means that it is over. */
int64_t page_seconds_left(const struct mobile_page *session);
