/* UUIDv7 (RFC 9562): every id of ours. Lower case, 36 characters; sorts by time of birth. */
#pragma once

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum { ID_TEXT = 37, ID_BYTES = 16 };

struct id {
    char text[ID_TEXT]; /* with NUL; "" is no id */
};

/* A fresh id born at now_ms; randomness is the kernel's. */
struct id id_new(int64_t now_ms);
/* false: not 36 characters of a UUID (any version, either case; kept in lower case). */
bool id_parse(struct slice text, struct id *ret);
void id_to_bytes(const struct id *id, uint8_t dst[ID_BYTES]);
struct id id_from_bytes(const uint8_t src[ID_BYTES]);
