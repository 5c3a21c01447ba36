/* One room of mobile over the fakes, and requests that it accepts. */
#pragma once

#include "fake.h"
#include "mobile/mobile.h"

#define NOW_MS 1795000000000 /* 2026-11-18T11:06:40Z */
#define SENDER_BIN "000740000728"

struct fixture {
    struct store store;
    struct journal journal;
    struct clock clock;
    struct mobile_params params;
    struct mobile *mobile;
    struct mobile_sender sender;
    struct peer peer;
    struct trust *trust;       /* NULL unless a test sets it before fixture_open() */
    const struct trust_io *io; /* the same */
    bool wrong_token;          /* of the last answer */
};

/* Fills params with what the tests share; a test may change them before fixture_open(). */
void fixture_init(struct fixture *f);
void fixture_open(struct fixture *f);
void fixture_close(struct fixture *f);
/* The clocks of adapter and database together. */
void fixture_pass(struct fixture *f, int64_t ms);

/* The JSON documents of a created session's lists. */
struct created {
    char id[64], api1[256], api2[256], page[64];
    char api1_path[256], api2_path[256];
};
/* Creates a session that must be accepted. */
void fixture_create(struct fixture *f, const struct create_session *create, struct created *ret);
/* Creates; the status, with the error. */
enum status fixture_try(struct fixture *f, const struct create_session *create, struct err *err);

/* One call of the app; the body of the answer is the caller's. */
struct asked {
    const char *method, *path, *authorization, *language;
    struct slice body;
};
int fixture_ask(struct fixture *f, const struct asked *asked, struct bytes **ret_json);
/* auth_token of an API №1 answer; "" when it has none. */
void fixture_token(const struct bytes *json, char ret[64]);

/* A file and an XML document that pass every rule. */
extern const struct document fixture_file, fixture_xml;
/* The request with these documents. */
struct create_session fixture_request(enum sign_method method, enum auth_type auth,
                                      const struct document *documents, size_t count);
