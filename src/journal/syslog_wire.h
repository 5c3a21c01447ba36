/* A connection to a receiver of syslog: UDP, TCP or TLS, with deadlines and one way to end all
 * waiting. For this room only; one thread uses a wire. */
#pragma once

#include "base/auto.h"
#include "base/endpoint.h"
#include "base/err.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

/* Ends what waits at a moment that another thread may set; all waits end then with
 * ST_UNAVAILABLE. */
struct wire_stop;
/* NULL: out of memory or descriptors. */
struct wire_stop *wire_stop_new(void);
void wire_stop_at(struct wire_stop *stop, int64_t monotonic_ms);
bool wire_stop_due(struct wire_stop *stop);
/* NULL is fine. */
void wire_stop_free(struct wire_stop *stop);
DEFINE_AUTO(struct wire_stop, wire_stop_free)

struct wire_tls; /* journal/syslog_tls.h */
struct wire_params {
    const struct endpoint *endpoint;
    bool datagrams;
    struct wire_tls *tls;   /* borrowed; NULL: none */
    struct wire_stop *stop; /* borrowed */
    int64_t connect_ms;     /* name, connection and handshake together */
    int64_t io_ms;          /* without any progress */
};

struct wire;
/* Tries each address of the name in turn. ST_UPSTREAM: refused, or not whom we believe, said how;
 * ST_TIMEOUT; ST_UNAVAILABLE: the stop is due. */
MUST_USE enum status wire_open(const struct wire_params *params, struct wire **ret_wire,
                               struct err *err);
/* All of it; of a datagram nobody learns whether it arrived. */
MUST_USE enum status wire_send(struct wire *wire, struct slice data, struct err *err);
/* Waits for a byte at least. ST_UPSTREAM: the other side has closed. */
MUST_USE enum status wire_receive(struct wire *wire, char *ret_data, size_t size, size_t *ret_got,
                                  struct err *err);
/* Whether it still stands; what the other side says is dropped. Does not wait. */
MUST_USE enum status wire_look(struct wire *wire, struct err *err);
/* NULL is fine. */
void wire_close(struct wire *wire);
DEFINE_AUTO(struct wire, wire_close)
