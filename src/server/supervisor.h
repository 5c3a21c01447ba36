/* What systemd is told (sd_notify(3)): ready, reloading, stopping, and that the service still
 * works. Without NOTIFY_SOCKET nothing is told, without WATCHDOG_USEC nothing is proven.
 *
 * The watchdog is no timer. In each round a ping goes the way of a request: through the loops of
 * the listeners to the workers. Only when a worker has taken something since does the next round
 * say WATCHDOG=1. So a loop that hangs, a lock that is never given back, and workers that hang to
 * the last one are found, and load is not taken for death: whatever a worker takes counts, and each
 * is free again within limits.exchange_ms. What a restart cannot heal (database, ЦОИД, disk) is no
 * part of it. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum supervisor_step {
    STEP_NONE,   /* before the first round */
    STEP_ASKED,  /* the ping is on its way to the listeners */
    STEP_PASSED, /* their loops have passed it on */
    STEP_WORKED, /* and a worker took something */
};

struct supervisor {
    int round_s;     /* 0: nobody wants proof; a fourth of what systemd waits, 1 s at least */
    atomic_int step; /* enum supervisor_step */
};

/* Reads the environment. Warns where exchanges of exchange_ms make systemd's patience too short. */
void supervisor_open(struct supervisor *supervisor, int64_t exchange_ms);

/* The next round: says WATCHDOG=1 if the last one came through, and logs it if not. true: send a
 * ping now; false: the last one is still on its way. One thread only. */
bool supervisor_round(struct supervisor *supervisor);
/* The ping is through the listeners; any thread. */
void supervisor_passed(struct supervisor *supervisor);
/* A worker has taken something; any thread, at each of them. */
void supervisor_worked(struct supervisor *supervisor);

/* READY=1, and a line for `systemctl status`: after the start, and after a reload. */
void supervisor_ready(const char *status);
void supervisor_reloading(void);
void supervisor_stopping(void);
