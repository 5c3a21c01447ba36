/* What ЦОИД is about to answer, and how it says no (seed 002 annex 4). For src/sandbox/centre only.
 */
#pragma once

#include "base/bytes.h"

enum {
    CENTRE_KEY_TEXT = 65, /* of an x-idempotency-key, with NUL */
    CENTRE_IIN_TEXT = 13,
    CENTRE_BODY_MAX = 64 * 1024 * 1024,
};

struct centre_answer {
    int status;
    const char *content_type; /* a literal */
    struct bytes *body;       /* owned */
};
void centre_answer_clear(struct centre_answer *answer);

/* Where the words of a refusal stand: real answers have them in any of the three (C-12). */
enum centre_words { WORDS_IN_MESSAGE, WORDS_IN_ERROR, WORDS_ALONE, WORDS_COUNT_ };
/* The same place each time for the same person or key: by the sum of its characters. */
enum centre_words centre_words_for(struct slice who);

struct centre_refusal {
    int status;
    const char *text; /* NULL: nothing beside the status' own words */
    enum centre_words words;
    struct slice path;
    int64_t now_ms;
};
/* {"timestamp":…,"status":…,"error":…,"path":…}; a body that is lost for want of memory is empty.
 */
void centre_refuse(struct centre_answer *answer, const struct centre_refusal *refusal);

/* A JSON string, quotes included. */
void centre_add_string(struct bytes *json, struct slice text);
/* "name":"value", with a comma in front unless it is the first after a bracket. */
void centre_add_member(struct bytes *json, const char *name, const char *value);
