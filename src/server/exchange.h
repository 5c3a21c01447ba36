/* One exchange: the bytes of a request in, the bytes of a signed answer out. */
#pragma once

#include "base/bytes.h"
#include "base/clock.h"
#include "base/err.h"
#include "flow/flow.h"
#include "journal/journal.h"
#include "model/peer.h"
#include "soap/soap.h"
#include "wsse/wsse.h"

/* The rooms an exchange passes through; borrowed. */
struct road {
    const struct wsse *wsse;
    struct codec *codec;
    struct flows *flows;
    struct journal *journal;
    const struct clock *clock;
};

struct answer {
    int http_status;     /* 200, or 500 for a SOAP Fault */
    struct bytes *bytes; /* the signed envelope; the caller's */
    /* for numbers */
    char code[16];   /* SCSS001 …, a Fault's SCE…; "": no signed answer */
    char reason[64]; /* with SCSE002 and SCSE003: what data.code says; else "" */
};

/**
 * The way in: bytes to a typed request that is on record.
 * *ret_req is the caller's as soon as the request is known, also when the journal then refuses.
 */
MUST_USE enum status exchange_receive(const struct road *road, const struct peer *peer,
                                      struct slice in, struct request **ret_req, struct err *err);
/**
 * The way out: runs the request, or refuses it for `refused` (NULL: run; req may then not be NULL).
 * ST_OK also when the answer is a SOAP Fault. An error means that no signed answer could be made.
 */
MUST_USE enum status exchange_answer(const struct road *road, const struct peer *peer,
                                     const struct request *req, const struct err *refused,
                                     struct answer *ret_answer, struct err *err);
