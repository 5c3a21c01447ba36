/* ЦОИД of the sandbox at work for tests: an authority with its control, and clients of both. */
#pragma once

#include "unit/sandbox/fixture.h"

#include "base/bytes.h"
#include "rest/rest.h"
#include "sandbox/authority.h"
#include "sandbox/centre.h"

#include <pthread.h>

#define MAN "900101300017"
#define PLAIN "850615450123" /* an IIN without a meaning */
#define PHOTO_TYPE "Content-Type: image/png"

struct kit {
    struct clock clock; /* ЦОИД's, standing still */
    struct pki *pki;
    struct centre *centre;
    struct authority *authority;
    pthread_t thread;
    struct rest *member; /* shows the participant's certificate */
    struct rest *nobody; /* shows none */
};

/* Of the family's number in families[]; settings of the JWS. No comparisons at first. */
void kit_start(struct kit *kit, size_t family, struct jws_settings settings);
void kit_stop(struct kit *kit);
/* The same folder again: what was billed is still there. */
void kit_restart(struct kit *kit);

struct told {
    long status;
    char content_type[128];
    struct bytes *body;
    struct bytes *jws; /* NULL: no x-jws-signature */
    char key[65];      /* x-idempotency-key */
};
void told_clear(struct told *told);

/* One request; headers end with NULL. Fails the test when there is no answer. */
struct told kit_ask(struct kit *kit, const char *method, const char *path, struct slice body,
                    const char *const *headers);
#define ASK(kit, method, path, body, ...)                                                          \
    kit_ask((kit), (method), (path), (body), (const char *const[]){ __VA_ARGS__, NULL })
#define NO_BODY ((struct slice){ "", 0 })
/* The same, and what became of it. */
enum status kit_try(struct kit *kit, struct rest *by, const struct rest_call *call,
                    struct told *ret_told, struct err *err);

/* A comparison: POST /verify with a good photo. */
struct told kit_verify(struct kit *kit, const char *key, const char *iin, int vendor);
/* POST to one of the spellings with a consent that the adapter's key of the family signs. */
struct told kit_data(struct kit *kit, const char *path, const char *key);
/* An exchange with the control that must end with 200; the answer's text, the caller's. */
struct bytes *kit_control(struct kit *kit, const char *method, const char *path_and_query);
void kit_fault(struct kit *kit, const char *operation, const char *fault);
/* How many comparisons were billed. */
unsigned kit_billed(struct kit *kit);

/* What judges make of the answer's JWS over its body; knows: ЦОИД's certificates. */
enum verdict kit_judge(struct kit *kit, const struct told *told, enum jws_input input, bool knows);
/* The head of a PNG of that size. */
struct slice kit_photo(unsigned width, unsigned height);

void expect_told(const struct told *told, long status, const char *text);
