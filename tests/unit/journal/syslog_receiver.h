/* A receiver of syslog that the test's own thread plays, step by step, and the sink in front of it.
 */
#pragma once

#include "fixture.h"

#include "journal/syslog.h"

#include <pthread.h>

enum { PATIENCE_MS = 20 * 1000, IN_BYTES = 1 << 20 };

/* ---- the receiver ---- */

struct receiver {
    int listener, fd;
    char address[32];
    char in[IN_BYTES]; /* NUL-terminated */
    size_t len;
};
extern struct receiver receiver; /* too large for a stack */

/* type: SOCK_STREAM or SOCK_DGRAM; shut() ends it. */
void listen_on(int type);
void shut(void);
bool readable(int fd, int ms);
void accept_one(void);
void hang_up(void);
void say(const char *text);
/* Reads on until what came holds the text; true: it does. */
bool hear(const char *text);

/* ---- the sink ---- */

struct syslog_params params_to(const char *dir, enum syslog_transport transport);
struct syslog *open_to(const char *dir, enum syslog_transport transport);

/* A call of the sink in a thread of its own, so that the test can answer meanwhile. */
struct call {
    struct event_sink sink;
    uint64_t first, last; /* put() these, or 0: position() */
    uint64_t seq;         /* what position() said */
    enum status status;
    struct err err;
    pthread_t thread;
};
/* first 0: position() */
void begin(struct call *call, struct syslog *syslog, uint64_t first, uint64_t last);
enum status end(struct call *call);
#define assert_done(call)                                                                          \
    do {                                                                                           \
        if (end(call) != ST_OK)                                                                    \
            fail_msg("%s", (call)->err.text);                                                      \
    } while (0)

enum status put_now(struct syslog *syslog, uint64_t first, uint64_t last, struct err *err);
/* position(), answered as a RELP receiver does; what it said. */
uint64_t open_relp(struct syslog *syslog);
uint64_t open_plain(struct syslog *syslog);
/* What the folder's file of the position says, 0: there is none. */
uint64_t kept_in(const char *dir);
