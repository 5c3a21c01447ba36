/* What a camera or a link hands to the app: API №1's address (req 1.01 to 1.06, C-25). */
#pragma once

#include "base/err.h"
#include "base/slice.h"

#include <stdbool.h>

enum { PHONE_URL_TEXT = 2048 }; /* bytes of an address, with NUL */

/**
 * `mobileSign:` + URL, or an http(s) link whose parameter `link` is the URL, percent-encoded or
 * not. ST_INPUT: neither, a space or control character in it, or longer than PHONE_URL_TEXT.
 */
MUST_USE enum status phone_link_read(struct slice text, char ret_api1[PHONE_URL_TEXT],
                                     struct err *err);

/* http:// or https:// with something behind it, and no blank or control character. */
bool phone_link_is_http(struct slice url);
