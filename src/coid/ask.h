/* One call to ЦОИД, the only way out of this room: on record before it goes, judged before it is
 * read, kept before it is used. For src/coid only. */
#pragma once

#include "coid/internal.h"
#include "coid/read.h"
#include "json/json.h"

/* What is asked; a set of bits for the table of refusals. */
enum asked {
    ASK_VERIFY = 1 << 0, /* POST verify: a comparison, which costs money */
    ASK_RESULT = 1 << 1, /* GET verify */
    ASK_DATA = 1 << 2,
    ASK_VENDORS = 1 << 3,
    ASK_TRANSACTIONS = 1 << 4,
    ASK_ACT_DETAIL = 1 << 5,
    ASK_ACT = 1 << 6,
    ASK_NEWS = 1 << 7,
    ASK_REPORTS = ASK_TRANSACTIONS | ASK_ACT_DETAIL | ASK_ACT,
    ASK_ANY = (1 << 8) - 1,
};

struct path_value { /* {name} of a path */
    const char *name;
    char value[12];
};
enum { PATH_VALUES = 2 };
struct question {
    enum asked asked;
    struct path_value values[PATH_VALUES];
    const char *query;        /* iin=…&vendor=…; NULL: none */
    const char *content_type; /* of the body; NULL: none */
    struct slice body;
    const char *jws; /* our signature over the body; NULL: none */
    int64_t max_ms;  /* the most this call may take; 0: the setting's */
};

enum fate {
    FATE_UNSENT = 0, /* nothing of it left */
    FATE_DOUBT,      /* it may have arrived: no answer, or that of a gateway (502, 504) */
    FATE_REFUSED,    /* ЦОИД said no: the error says how (coid/refusal.h) */
    FATE_UNBELIEVED, /* an answer that proves nothing: unsigned, forged, not its JSON */
    FATE_TOLD,
};
struct told {
    enum fate fate;
    int http;    /* 0: no answer */
    bool ends;   /* FATE_REFUSED of ASK_VERIFY: it will never be compared */
    bool is_key; /* the same: the key is known, it says, and nothing of the photo */
    /* FATE_TOLD: */
    struct json *json; /* owned */
    struct coid_proof proof;
};
/**
 * Calls. The errand's key goes with it where the question is about one.
 *
 * ST_OK  FATE_TOLD: a 2xx whose JWS proves its body, kept as evidence, then parsed; then
 *        told_free(). ret->fate is always written
 *
 * ST_INPUT, ST_UPSTREAM, ST_TIMEOUT, ST_UNAVAILABLE  by ret->fate; with code, status, text
 */
MUST_USE enum status ask(struct errand *errand, const struct question *question, struct told *ret,
                         struct err *err);
void told_free(struct told *told); /* frees what it holds, not the struct */

/* What it told cannot be read or is another's: the error gets ЦОИД's status, the operator his
 * alert. */
void told_spoilt(const struct errand *errand, const struct told *told, struct err *err);

/* One of coid/read.h: the JSON into ret->told. */
typedef enum status answer_reader(struct reading *reading, const struct json *json,
                                  struct coid_answer *ret, struct err *err);
/* Calls, and reads the answer with its proof and with what no field of ours takes. Errors as ask()
 * and read; what cannot be read alerts. */
MUST_USE enum status ask_for(struct errand *errand, const struct question *question,
                             answer_reader *read, struct coid_answer *ret, struct err *err);
enum operation asked_operation(enum asked asked);

/* The JSON of an answer that was kept; ST_UPSTREAM: code answerInvalid. */
MUST_USE enum status answer_parse(const struct coid *coid, struct slice body,
                                  struct json **ret_json, struct err *err);
/* ST_INPUT, code settingInvalid: a path that holds what is no {name} of its own. */
MUST_USE enum status ask_check_paths(const struct coid_paths *paths, struct err *err);
