/* How far our clock is from a time server's: one question by SNTP (RFC 4330, RFC 5905 client mode)
 * over UDP, without authentication. Sets no clock. */
#pragma once

#include "base/clock.h"

#define SNTP_PORT "123"

struct sntp_answer {
    int64_t offset_us; /* our clock less the server's: above 0 ours is fast */
    int64_t delay_us;  /* on the way and back: offset_us is true to half of it */
    unsigned stratum;  /* 1: it has the time from a reference clock; 15 at most */
};

/**
 * Asks one server (base/endpoint.h); all of it, name look-up included, within timeout_ms.
 *
 * Taken for the answer is only a datagram from the address asked, of 48 bytes at least, that gives
 * back our 64 random bits as its originate timestamp; others are passed over, sixteen at most.
 * Believed is only mode 4 of version 3 or 4, leap other than 3, stratum 1 to 15, root delay and
 * dispersion below a second each, and a server that says to have held the question no longer than
 * we waited.
 *
 * ST_INPUT        server is no endpoint
 * ST_TIMEOUT      no answer to our question in time
 * ST_UPSTREAM     no such name, or an answer that is not to be believed. By its code the server
 *                 does not wish to be asked: kissRate (too often), kissDeny (at all)
 * ST_UNAVAILABLE  it cannot be reached
 */
MUST_USE enum status sntp_ask(const char *server, int64_t timeout_ms, const struct clock *clock,
                              struct sntp_answer *ret_answer, struct err *err);
