/* What the tests of coid share: an adapter's room between a scripted ЦОИД, a store and a journal in
 * memory. */
#pragma once

#include "fake.h"
#include "far.h"

#include "coid/internal.h"

#define KIT_IIN "900101300127"
#define KIT_NAME "ОМАРОВ ШАЯН"

struct kit {
    struct clock clock;
    struct store store;
    struct journal journal;
    struct far *far;
    struct rest *rest;
    struct upstream *upstream;
    struct upstream_params upstream_params;
    struct coid_params params;
    char url[64];
    struct coid *coid;
    struct coid_sender sender;
    struct peer peer;
    int64_t left_ms; /* of the exchange */
    struct request req;
    struct arena *arena; /* of the reply */
    struct reply reply;
    struct err err; /* of the last run */
};

/* One PKI for all tests of a program: their group's setup and teardown. */
int kit_setup(void **state);
int kit_teardown(void **state);

/* A test may change params before kit_open(). */
void kit_init(struct kit *kit);
void kit_open(struct kit *kit);
void kit_close(struct kit *kit);
/* The same store and journal under a new process. */
void kit_restart(struct kit *kit);

/* Sets what is asked. */
void kit_ask_photo(struct kit *kit, const char *message_id);
void kit_ask_result(struct kit *kit, const char *message_id, const char *key);
void kit_ask_data(struct kit *kit, const char *message_id, const char *key);
/* A kit that is open, before whose first question nothing was asked: message m1, a photo. */
void kit_begin(struct kit *kit);
/* Any operation, as message m2; `key`: of a verification that is there already. */
void kit_ask(struct kit *kit, enum operation op, const char *key);
/* Asks it of the script; a reply and an error of its own. */
enum status kit_run(struct kit *kit, const struct far_step *steps, size_t count);
const struct coid_answer *kit_answer(const struct kit *kit);

/* What is there before a test: nothing, or a row of message m1 that a dead process left. */
enum kit_before { NOTHING, LEFT_WRITTEN, LEFT_ASKED_NOW, LEFT_ASKED_LONG_AGO };
/* Leaves it, for what kit_ask_photo() asked; the clock goes on. */
void kit_plant(struct kit *kit, enum kit_before before);
/* Fails, and calls the case by its name, unless ЦОИД was called so: P a POST, G a GET. */
void kit_traced(struct kit *kit, const char *name, const char *want);

/* ЦОИД's answers. */
extern const char kit_result[]; /* 0.95 of KIT_IIN */
extern const char kit_person[];
#define STEP(status, text)                                                                         \
    {                                                                                              \
        .http = (status), .body = (text)                                                           \
    }
/* A service's 404 that was given no words (req 2.39). */
#define PLAIN_404                                                                                  \
    "{\"timestamp\":\"2021-09-27T10:17:44.098+00:00\",\"status\":404,\"error\":\"Not Found\","     \
    "\"path\":\"/identity/1.1.0/verify\"}"
#define MISSING STEP(404, "{\"message\":\"SIMILARITY for Idempotency Key not found\"}")
#define RESULT STEP(200, kit_result)
