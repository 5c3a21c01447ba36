/* Both listeners, for callers and for administrators: each has its own loop in its own thread and
 * limits of its own. What comes is handed to the server, which has workers for it. */
#pragma once

#include "base/auto.h"
#include "conf/conf.h"
#include "http/http.h"
#include "server/route.h"

struct fronts;

/* Called by the loops' threads, where nothing may wait. */
struct fronts_params {
    void (*request)(void *ctx, enum listener listener, struct http_request *request);
    /* A call that was no request. */
    void (*refused)(void *ctx, const char *peer, int status, const char *reason);
    /* A ping has been through both loops. */
    void (*pinged)(void *ctx);
    void *ctx;
};

/**
 * Binds both by [http] and [admin]; nobody is heard until fronts_start().
 *
 * conf, params  for the call only; params->ctx must outlive the fronts
 * ret_fronts    ST_OK: the caller's, fronts_free()
 *
 * ST_INPUT   an address, a file or a limit that cannot be used, named
 * ST_NOMEM
 */
MUST_USE enum status fronts_open(const struct conf *conf, const struct fronts_params *params,
                                 struct fronts **ret_fronts, struct err *err);
/* Once. ST_NOMEM: a thread cannot be started; fronts_stop() ends the other one. */
MUST_USE enum status fronts_start(struct fronts *fronts, struct err *err);
/* The port that a listener got. */
uint16_t fronts_port(const struct fronts *fronts, enum listener listener);
/* From any thread: has both loops turn once, and then params->pinged called. */
void fronts_ping(struct fronts *fronts);
/* New certificates from the same files, the public listener's first. ST_INPUT: that listener, and
 * the one behind it, keep the old ones; the file is named. */
MUST_USE enum status fronts_reload_tls(struct fronts *fronts, struct err *err);
/* No new callers; those who are being served, and administrators, stay. NULL is fine. */
void fronts_drain(struct fronts *fronts, int64_t grace_ms);
/* Nobody new at all; what is under way is answered within grace_ms, then the threads end. NULL is
 * fine. */
void fronts_stop(struct fronts *fronts, int64_t grace_ms);
/* After fronts_stop(), and when every request has been answered. NULL is fine. */
void fronts_free(struct fronts *fronts);
DEFINE_AUTO(struct fronts, fronts_free)
