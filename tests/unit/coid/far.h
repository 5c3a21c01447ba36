/* ЦОИД as a script on loopback: it answers call after call as its steps say, signs what must be
 * signed, and remembers what it was asked. Plain HTTP: the way out has tests of its own. */
#pragma once

#include "unit/crypto/fixture.h"

#include "base/bytes.h"

#include <pthread.h>

enum far_sign {
    SIGN_USUAL,  /* a 2xx is signed, an error is not */
    SIGN_ALWAYS, /* errors too */
    SIGN_NONE,
    SIGN_FORGED,   /* over another body */
    SIGN_STRANGER, /* by a key of which nobody knows */
    SIGN_TWICE,    /* the header comes twice */
    SIGN_GARBAGE,
};
enum far_end {
    END_WELL,
    END_RESET,         /* before a byte of the answer, once the request is in */
    END_RESET_IN_BODY, /* after the head and some of the body */
    END_SILENT,        /* no answer until the caller goes */
    END_SILENT_IN_BODY,
};
struct far_step {
    int http;
    const char *body; /* $KEY: the key that was asked with; NULL: "" */
    enum far_sign sign;
    enum far_end end;
    const char *type;   /* Content-Type; NULL: application/json, "": none */
    const char *header; /* a further line; NULL: none */
    bool stays;         /* the connection stays open, and nobody reads from it any more */
};

enum { FAR_STEPS = 16, FAR_CALLS = 32 };
struct far_call {
    char line[256]; /* the request's first */
    char head[4096];
    struct bytes *body;
};
struct far {
    const struct pki *pki; /* its leaf signs */
    const struct made *stranger;
    int fd;
    int stayed; /* the last such connection; -1: none */
    uint16_t port;
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows */
    struct far_step steps[FAR_STEPS];
    size_t step_count, step;
    struct far_step vendors; /* GET vendors is answered so, beside the steps */
    struct far_call calls[FAR_CALLS];
    size_t call_count;
    char trace[FAR_CALLS + 1]; /* a letter per call: P(OST verify) G(ET verify) D(ata) V(endors)
                                  T(ransactions) A(ct) a(ct detail) N(ews) */
};

struct far *far_start(const struct pki *pki, const struct made *stranger);
void far_stop(struct far *far);
/* A new script; what was asked before is forgotten. */
void far_script(struct far *far, const struct far_step *steps, size_t count);
/* The letters of what was asked since, without V where `vendors` is false. */
void far_trace(struct far *far, bool vendors, char ret[FAR_CALLS + 1]);
/* The n-th call of this letter, or the test ends. */
const struct far_call *far_call_of(struct far *far, char letter, size_t n);
