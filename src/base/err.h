/* One status for the whole service, and one struct err that says what went wrong and where. */
#pragma once

#include "base/slice.h"

#define MUST_USE __attribute__((warn_unused_result))

/* Each value is a decision somebody takes; flow/fault.c maps them to Faults and status codes. */
enum status {
    ST_OK = 0,
    ST_NOMEM,    /* out of memory */
    ST_FORMAT,   /* the message does not fit the format (SCE001) */
    ST_SERVICE,  /* no such service, or not for this sender (SCE004) */
    ST_STALE,    /* signature out of date: certificate's dates, path, revocation, window (SCE005) */
    ST_FORGED,   /* signature, algorithm, coverage, or sender wrong (SCE006) */
    ST_UNSIGNED, /* no signature where one is demanded (SCE007) */
    ST_AUTHOR_STALE,    /* the same three of the business signature in the payload: SCE015, */
    ST_AUTHOR_FORGED,   /* SCE016, */
    ST_AUTHOR_UNSIGNED, /* SCE017 */
    ST_INPUT,           /* error in the business data (SCSE002); names code, field, limit */
    ST_NOT_FOUND,       /* no such thing */
    ST_CONFLICT,        /* the thing's state does not allow it, or somebody was first */
    ST_UPSTREAM,        /* the other side answered wrongly */
    ST_TIMEOUT,         /* not in time */
    ST_UNAVAILABLE,     /* away or full for now; a later try may succeed */
    ST_INTERNAL,        /* our own fault; its text is not for the caller */
};

struct err {
    enum status status;
    const char *file; /* where it was first raised */
    int line;
    char code[48];           /* machine-readable cause, camelCase; empty when status says it all */
    char field[96];          /* the field at fault, empty when none */
    char limit[48];          /* the limit it broke, with unit, empty when none */
    int upstream_status;     /* HTTP status another side answered with, 0 when none */
    char upstream_text[512]; /* and its own words, cut, one line; of ЦОИД's 270 characters */
    char
        text[240]; /* UTF-8, holds no secrets; shown to the caller unless ST_INTERNAL or ST_NOMEM */
};

/* The only macro that hides a way out: returns at once when the call did not end in ST_OK. */
#define TRY(call)                                                                                  \
    do {                                                                                           \
        enum status try_ = (call);                                                                 \
        if (try_ != ST_OK)                                                                         \
            return try_;                                                                           \
    } while (0)

/* Raises: fills err and returns the status, so that `return RAISE(...)` reads in one line. */
#define RAISE(err, status, ...)                                                                    \
    err_raise((err), (status), __FILE__, __LINE__, &(const struct err_cause){ 0 }, __VA_ARGS__)

/* The same with a cause: code (camelCase), field, limit; any of them may be NULL. */
#define RAISE_CAUSE(err, status, code, field, limit, ...)                                          \
    err_raise((err), (status), __FILE__, __LINE__,                                                 \
              &(const struct err_cause){ (code), (field), (limit) }, __VA_ARGS__)

struct err_cause {
    const char *code;
    const char *field;
    const char *limit;
};

/* Use RAISE(). A text that does not fit is cut at a UTF-8 boundary. */
enum status err_raise(struct err *err, enum status status, const char *file, int line,
                      const struct err_cause *cause, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));

/* Adds to a raised error what the other side answered, for the caller's detail; text is what came
 * from outside: it is cut and made one plain line. */
void err_set_upstream(struct err *err, int status, struct slice text);

/* "ok", "format", "stale" … : for logs and test messages. */
const char *status_name(enum status status);
