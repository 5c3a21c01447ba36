/* The strict scanner that stands in front of cJSON; inside the room only. */
#pragma once

#include "json/json.h"

enum { JSON_MAX_DEPTH = 512, JSON_MAX_NUMBER = 63 }; /* cJSON copies a number into 64 bytes */

/* ST_FORMAT as json_parse() says, but for duplicate keys, which need their unescaped form. */
MUST_USE enum status json_scan(struct slice text, const struct json_limits *limits,
                               struct err *err);
