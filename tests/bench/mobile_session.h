/* A session of signing by telephone, from both its ends: the information system that creates it
 * and asks for its result, and the citizen who signs. Step by step, for bench_mobile. */
#pragma once

#include "bench/bench.h"
#include "crypto/key.h"
#include "rest/rest.h"
#include "sandbox/phone.h"

/* Where and as whom; shared by all threads. */
struct mobile_world {
    const char *url;     /* of SyncChannel */
    const char *tsp_url; /* of the telephone's TSA */
    struct rest *rest;
    struct key *caller;
    struct key *citizen;
    /* The sandbox they are from: */
    const char *ca_file;
    const char *keys_dir;
    const char *pass_file;
};
/* Makes the process ready, opens rest for so many calls at a time and both keys; ends the program
 * when it cannot. */
void mobile_world_open(struct mobile_world *world, size_t parallel);
void mobile_world_close(struct mobile_world *world);

/* The options that say where and as whom, as rows of a table of bench_options(). */
/* clang-format off */
#define MOBILE_WORLD_OPTIONS(world)           \
    { "url", .text = &(world)->url },         \
    { "tsp", .text = &(world)->tsp_url },     \
    { "ca", .text = &(world)->ca_file },      \
    { "keys", .text = &(world)->keys_dir },   \
    { "pass-file", .text = &(world)->pass_file }
/* clang-format on */

struct mobile_session {
    size_t number; /* makes its document differ from the others' */
    char id[40];
    char qr[512];
    struct phone *phone; /* owned */
};

/* createSigningSession with one PDF of that size, CMS_WITH_DATA, Token. */
MUST_USE enum status mobile_create(const struct mobile_world *world, size_t document_bytes,
                                   struct mobile_session *session, struct err *err);
/* API №1, API №2; the signature with its timestamp, in the telephone; PUT. */
MUST_USE enum status mobile_scan(const struct mobile_world *world, struct mobile_session *session,
                                 struct err *err);
MUST_USE enum status mobile_fetch(struct mobile_session *session, struct err *err);
MUST_USE enum status mobile_sign(struct mobile_session *session, struct err *err);
MUST_USE enum status mobile_put(struct mobile_session *session, struct err *err);
/* getSigningResult: signed, and the verdict is valid. The telephone is put away. */
MUST_USE enum status mobile_result(const struct mobile_world *world, struct mobile_session *session,
                                   struct err *err);
