/* Which handler answers which path: one table per listener. */
#pragma once

#include "base/work.h"
#include "http/http.h"
#include "server/parking.h"
#include "server/service.h"

enum listener { LISTENER_PUBLIC, LISTENER_ADMIN };

/* One request at the door; all borrowed. */
struct visit {
    struct service *service;
    enum listener listener;
    struct http_request *request;
    struct parking *parking; /* where a status call may wait */
    struct work *work;       /* whose worker this is */
};

/* Answers the request, whatever it asks, or parks it as a struct pending. Runs in a worker; may
 * block until the exchange's deadline. */
void route(const struct visit *visit);

/* An exchange between its two halves (server/exchange.h). */
struct pending;
/* Runs the second half and answers; takes the pending. */
void route_resume(struct pending *pending);
/* Answers 503 instead: there is no worker for it. Takes the pending; never blocks. */
void route_give_up(struct pending *pending);

/* Journals a request that was refused before it could be routed (413, 431, 503 …). */
void route_refused(const struct service *service, const char *peer, int status, const char *reason);
