/* The store and the journal of these tests: their headers are the contract, memory is the disk. */
#pragma once

#include "journal/journal.h"
#include "store/coid.h"

enum { FAKE_ROWS = 8, FAKE_EVIDENCE = 64, FAKE_EVENTS = 128, FAKE_NEWS = 8 };

struct fake_row {
    struct coid_call call;
    uint8_t payload_sha256[32];
};
struct store {
    struct arena *arena; /* holds what evidence points to */
    const struct clock *clock;
    struct fake_row rows[FAKE_ROWS];
    size_t row_count;
    struct coid_evidence evidence[FAKE_EVIDENCE];
    size_t evidence_count;
    char news[FAKE_NEWS][64];
    size_t news_count;
    bool news_due;
    const char *fails;    /* the call that fails: begin, asking, keep, end … ; NULL: none */
    unsigned fails_after; /* so many of it go well first */
    /* Just before the next asking, or end, the row becomes this by another adapter. */
    enum coid_state rival, rival_at_end;
    char log[512]; /* the calls in order, with a blank after each */
};

struct fake_event {
    char name[64], code[32], iin[16], text[1024], exchange[40], account[64], message_id[64];
    enum event_level level;
};
struct journal {
    struct fake_event events[FAKE_EVENTS];
    size_t count;
    const char *full_at; /* the event that the disk refuses; NULL: none */
    struct store *store; /* whose log is told of the lines: j:asked */
};

void fake_store_init(struct store *store, const struct clock *clock);
void fake_store_clear(struct store *store);
/* The only row, or the test ends. */
struct coid_call *fake_row(struct store *store);
/* How many lines of this event there are. */
size_t fake_count(const struct journal *journal, const char *event);
const struct fake_event *fake_event(const struct journal *journal, const char *event, size_t i);
