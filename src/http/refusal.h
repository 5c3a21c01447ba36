/* Why a request is refused before any work: one row each, with its HTTP status and its words. */
#pragma once

#include "http/http.h"

enum refusal {
    REFUSAL_NONE, /* nothing to refuse */
    REFUSAL_LINE_END,
    REFUSAL_CONTROL,
    REFUSAL_REQUEST_LINE,
    REFUSAL_METHOD,
    REFUSAL_VERSION,
    REFUSAL_TARGET,
    REFUSAL_ESCAPE,
    REFUSAL_PATH,
    REFUSAL_FIELD,
    REFUSAL_FOLD,
    REFUSAL_TWICE,
    REFUSAL_HOST_MISSING,
    REFUSAL_HOST,
    REFUSAL_LENGTH,
    REFUSAL_LENGTH_AND_ENCODING,
    REFUSAL_ENCODING,
    REFUSAL_ENCODING_OLD,
    REFUSAL_EXPECT,
    REFUSAL_CHUNK,
    REFUSAL_HEAD_BYTES,
    REFUSAL_HEAD_FIELDS,
    REFUSAL_BODY_BYTES,
    REFUSAL_IN_FLIGHT,
    REFUSAL_HEAD_LATE,
    REFUSAL_BODY_LATE,
    REFUSAL_MEMORY,
    REFUSAL_COUNT
};

enum { REFUSAL_TEXT = 160 }; /* room for any refusal's words, with NUL */

int refusal_status(enum refusal refusal);
/* What was wrong, naming the limit where one was broken. */
void refusal_text(enum refusal refusal, const struct http_limits *limits, char dst[REFUSAL_TEXT]);
