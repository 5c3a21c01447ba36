/* The fingerprints of НУЦ РК's authorities that we know (etc/trust/known-roots), compiled in. */
#pragma once

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

/* Borrowed from the program. */
struct known_root {
    struct slice contour; /* production, test */
    struct slice kind;    /* root, intermediate */
    struct slice generation;
    struct slice source; /* URL of publication; "-" */
    struct slice name;
};

bool known_root_find(const uint8_t sha256[32], struct known_root *ret);
bool known_root_is_test(const struct known_root *known);
