/* What a libcurl handle knows after its call: for rest.c. */
#pragma once

#include "rest/rest.h"

#include <curl/curl.h>

/* Takes the body over, also when it fails: ST_UPSTREAM for a wanted header as rest_do(). server
 * names the other side in errors. */
MUST_USE enum status answer_take(CURL *curl, const struct rest_call *call, const char *server,
                                 struct bytes *body, struct rest_answer *ret_answer,
                                 struct err *err);
/* connect_ms and first_byte_ms; what did not come stays as it is. */
void answer_times(CURL *curl, const char *url, struct rest_times *times);
