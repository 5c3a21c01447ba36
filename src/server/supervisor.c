#include "server/supervisor.h"

#include "base/clock.h"
#include "base/log.h"

#include <systemd/sd-daemon.h>

enum { ROUNDS = 4, MAX_ROUND_S = 3600 };

/* systemd looks at a service that it cannot hear in its own way; there is nothing we could do. */
static void tell(const char *state)
{
    (void)sd_notify(0, state);
}

void supervisor_open(struct supervisor *supervisor, int64_t exchange_ms)
{
    uint64_t patience_us = 0;

    atomic_init(&supervisor->step, STEP_NONE);
    supervisor->round_s = 0;
    if (sd_watchdog_enabled(0, &patience_us) <= 0)
        return;
    const uint64_t round_s = patience_us / 1000000 / ROUNDS;
    supervisor->round_s = round_s > MAX_ROUND_S ? MAX_ROUND_S : (int)round_s;
    if (supervisor->round_s == 0)
        supervisor->round_s = 1;
    if (patience_us / 2000 < (uint64_t)exchange_ms)
        log_warning("watchdog.short",
                    "watchdog_ms=%llu text=\"less than twice limits.exchange_ms: a service that "
                    "waits for others may be taken for dead\"",
                    (unsigned long long)patience_us / 1000);
}

bool supervisor_round(struct supervisor *supervisor)
{
    const int step = atomic_load(&supervisor->step);

    if (step == STEP_WORKED)
        tell("WATCHDOG=1");
    if (step == STEP_ASKED || step == STEP_PASSED) {
        log_warning("watchdog.late", "text=\"%s\"",
                    step == STEP_ASKED ? "a listener's loop does not turn" : "no worker is free");
        return false;
    }
    atomic_store(&supervisor->step, STEP_ASKED);
    return true;
}

static void advance(struct supervisor *supervisor, int from, int next)
{
    (void)atomic_compare_exchange_strong(&supervisor->step, &from, next);
}

void supervisor_passed(struct supervisor *supervisor)
{
    advance(supervisor, STEP_ASKED, STEP_PASSED);
}

void supervisor_worked(struct supervisor *supervisor)
{
    advance(supervisor, STEP_PASSED, STEP_WORKED);
}

void supervisor_ready(const char *status)
{
    (void)sd_notifyf(0, "READY=1\nSTATUS=%s", status);
}

/* The time is what Type=notify-reload of systemd 253 and later wants beside it. */
void supervisor_reloading(void)
{
    (void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)clock_monotonic_ms() * 1000);
}

void supervisor_stopping(void)
{
    tell("STOPPING=1");
}
