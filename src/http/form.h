/* Query strings and the bodies of HTML forms (application/x-www-form-urlencoded; WHATWG URL section
 * 5.1). */
#pragma once

#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

/* The first value of `name`, decoded into dst of size bytes. false, and dst is "": there is none,
 * it is malformed, no UTF-8, holds a NUL, or is too long. */
bool form_value(struct slice form, const char *name, char *dst, size_t size);
