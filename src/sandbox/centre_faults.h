/* What can go wrong with an answer of ЦОИД: a table, and the queue of what somebody has asked for.
 * For src/sandbox/centre only. */
#pragma once

#include "base/err.h"
#include "sandbox/centre_answer.h"
#include "sandbox/centre_sign.h"

#include <stdbool.h>
#include <stdint.h>

enum centre_operation {
    CENTRE_VERIFY,
    CENTRE_GET,
    CENTRE_DATA,
    CENTRE_VENDORS,
    CENTRE_TRANSACTIONS,
    CENTRE_ACTDETAIL,
    CENTRE_ACT,
    CENTRE_NEWS,
    CENTRE_OPERATIONS
};
extern const char *const centre_operation_names[CENTRE_OPERATIONS]; /* verify, get, data … */

enum fault_end {
    FAULT_ANSWER,
    FAULT_HANG,      /* the caller waits for ever */
    FAULT_RESET,     /* before a byte of the answer */
    FAULT_CUT,       /* in the middle of its body */
    FAULT_SLOW_HEAD, /* byte by byte, ms between two */
    FAULT_SLOW_BODY, /* likewise, but its head at once */
};
enum fault_change { /* of the body */
                    CHANGE_NONE,
                    CHANGE_HALF,   /* its first half */
                    CHANGE_WHOLE,  /* text in its place */
                    CHANGE_MEMBER, /* text as a further member in front */
                    CHANGE_ROW,    /* text as a further member of the first row, or of the whole */
                    CHANGE_DEEP,   /* a further member of a thousand arrays */
                    CHANGE_BIG,    /* a further member of 24 MiB */
};

struct fault {
    const char *name;
    bool runs; /* the operation is carried out first, and billed */
    enum fault_end end;
    int status; /* in place of the operation's; 0: as it is */
    const char *text;
    enum fault_change change;
    const char *content_type; /* NULL: as it is; with a status: text is the whole body */
    enum sign_form sign;
    int64_t ms; /* the answer comes so much later, or each of its bytes, unless somebody names a
                   number */
    const char *about;
};

size_t faults_count(void);
const struct fault *faults_at(size_t i);
/* By name, also with "status-" in front; NULL: none. */
const struct fault *faults_find(struct slice name);
/* Makes of a good answer what the fault says. */
void fault_apply(const struct fault *fault, struct centre_answer *answer);

/* What somebody has asked for: a queue for each operation. */
enum { FAULTS_QUEUED_MAX = 64, FAULT_TIMES_MAX = 1000000, FAULT_MS_MAX = 600000 };
struct fault_wish {
    const struct fault *fault;
    int64_t times;
    int64_t ms;
};
struct fault_queue {
    struct fault_wish at[FAULTS_QUEUED_MAX];
    size_t count;
};
/* false: it is full. */
bool fault_queue_add(struct fault_queue *queue, const struct fault_wish *wish);
/* The next answer's fault, which counts as given; NULL: none. */
const struct fault *fault_queue_take(struct fault_queue *queue, int64_t *ret_ms);
