/* The door to what stands behind a token (/m/TOKEN, /sign/ID): who has shown too many wrong ones is
 * sent away unheard. A token has 128 bits and cannot be guessed; the limit keeps the database and
 * the journal from those who try. */
#pragma once

#include "http/http.h"
#include "server/service.h"

enum { DOORSTEP_HEADER = 40 };

/* true: the caller's address is not heard now: nothing may be looked up, and the answer is 429 with
 * this header, Retry-After. */
MUST_USE bool doorstep_is_shut(const struct service *service, const struct http_request *request,
                               char ret_header[DOORSTEP_HEADER]);
/* The same for a telephone: when it is shut, the request has been answered with {"message":…} in
 * the caller's language. */
MUST_USE bool doorstep_refuses(const struct service *service, struct http_request *request);
/* The caller has shown a wrong token; before the request is answered. The one that is too many has
 * its line in the journal, once in a window. */
void doorstep_wrong_token(const struct service *service, const struct http_request *request);
