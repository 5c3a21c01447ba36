/* Which handler answers which path: one table per listener. */
#pragma once

#include "http/http.h"
#include "server/service.h"

enum listener { LISTENER_PUBLIC, LISTENER_ADMIN };

/* Answers the request, whatever it asks. Runs in a worker; may block until the exchange's deadline.
 */
void route(const struct service *service, enum listener listener, struct http_request *request);

/* Journals a request that was refused before it could be routed (413, 431, 503 …). */
void route_refused(const struct service *service, const char *peer, int status, const char *reason);
