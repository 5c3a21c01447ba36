/* ЦОИД's inside: what the files of sandbox/centre share. */
#pragma once

#include "sandbox/centre.h"
#include "sandbox/centre_bills.h"
#include "sandbox/centre_faults.h"
#include "sandbox/centre_hold.h"
#include "sandbox/centre_people.h"

#include <pthread.h>

enum { CENTRE_PINS_MAX = 2, CENTRE_URL_TEXT = 160 };

struct centre {
    const struct clock *clock;
    const struct entity *participant; /* whose keys are let in */
    struct http_server *server;
    pthread_t thread;
    bool runs;
    struct hold *hold;
    struct key *key, *expired;
    struct centre_signer signer;
    struct trust *trust;
    struct cert *pins[CENTRE_PINS_MAX]; /* the participant's certificates for JWS */
    size_t pin_count;
    char url[CENTRE_URL_TEXT];

    pthread_mutex_t lock; /* guards what follows */
    struct bills *bills;
    struct fault_queue faults[CENTRE_OPERATIONS];
    int64_t shift_ms;
    uint64_t requests[CENTRE_OPERATIONS];
    uint64_t repeats; /* keys that were refused because they are known */
};

/* One request of the API on its way. */
struct centre_call {
    struct centre *centre;
    const struct http_request *request;
    enum centre_operation operation;
    struct slice path;         /* below CENTRE_ROOT, without a slash at the end */
    struct slice who;          /* decides where a refusal's words stand: a key, or an IIN */
    int64_t now_ms;            /* by ЦОИД's clock */
    const struct fault *fault; /* asked for by the control, else the person's; NULL: none */
    int64_t delay_ms;          /* of the answer, or of each byte of a slow one */
    char key[CENTRE_KEY_TEXT];
    char iin[CENTRE_IIN_TEXT];
};

/* Fills *ret with 200 or a refusal. The centre is locked. */
typedef void centre_run_fn(struct centre_call *call, struct centre_answer *ret);

/* centre_ops.c */
centre_run_fn centre_verify, centre_get, centre_data, centre_vendors, centre_news;
/* centre_report.c */
centre_run_fn centre_transactions, centre_actdetail, centre_act;

/* centre_ops.c: a refusal in ЦОИД's own words; text may be NULL. */
void centre_say_no(const struct centre_call *call, struct centre_answer *ret, int status,
                   const char *text);
/* The words of a row of the table of faults. */
void centre_say_fault(const struct centre_call *call, struct centre_answer *ret,
                      const struct fault *fault);
/* An empty body for a 200; NULL when out of memory. */
struct bytes *centre_say_yes(struct centre_answer *ret);
