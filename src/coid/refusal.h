/* What ЦОИД's errors mean (seed 002 annex 4; flows.md section 3; C-12): by what was asked, by
 * status, by words. For src/coid only. */
#pragma once

#include "coid/ask.h"

struct refusal {
    bool ends;   /* ASK_VERIFY: it will never be compared; nothing is sent again */
    bool is_key; /* ASK_VERIFY: 406, and its words name the key and nothing of the photo */
    bool failed; /* of the other side's health: it does not work */
};
struct said { /* an answer that is no 2xx, by read_refusal() */
    int http;
    const char *text;
    bool is_own;
};
/* Raises its error. */
enum status refusal_raise(enum asked asked, const struct said *said, struct refusal *ret,
                          struct err *err);
/* The same error once more, from what the store keeps of it. */
enum status refusal_again(const struct coid_call *call, struct err *err);
/* imageRefused: after a 406, ЦОИД knows of no comparison (C-26). */
enum status refusal_image(const char *text, struct err *err);
