/* ЦОИД's verified JSON to the model (seed 002 section 6, seed 003 section 9; C-11, C-15): lenient
 * where real answers differ (a number for a string, "-" for nothing, dates without zone), nothing
 * lost. For src/coid only. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "model/coid.h"
#include "json/json.h"

struct reading; /* collects the extras; the arena's */

/* NULL: out of memory. All results live in the arena. */
struct reading *reading_new(struct arena *arena);
const struct coid_extra *reading_extras(const struct reading *reading, size_t *ret_count);

/* ST_UPSTREAM, code answerInvalid, field: what must be there and is not (result, iin, person,
 * vendors …), or has a value that cannot be meant (result beyond 0..1). ST_NOMEM. */
MUST_USE enum status read_verification(
    struct reading *r, const struct json *json, struct coid_verification *ret,
    struct err *err); /* passed, data_until, idempotency_key where absent: the caller's */
MUST_USE enum status read_person(struct reading *r, const struct json *json,
                                 struct coid_person *ret, struct err *err);
MUST_USE enum status read_vendors(struct reading *r, const struct json *json,
                                  struct coid_answer *ret, struct err *err);
MUST_USE enum status read_transactions(struct reading *r, const struct json *json,
                                       struct coid_answer *ret, struct err *err);
MUST_USE enum status read_act_detail(struct reading *r, const struct json *json,
                                     struct coid_answer *ret, struct err *err);
/* {"binary":"base64 of a ZIP"}; unpacked: with the texts of its entries (bounded in number and
 * size). */
MUST_USE enum status read_act(struct reading *r, const struct json *json, bool unpacked,
                              struct coid_act *ret, struct err *err);
MUST_USE enum status read_news(struct reading *r, const struct json *json, struct coid_answer *ret,
                               struct err *err);

/* What an error body says: the first of `message`, `error` and the raw text (C-12); for any bytes,
 * HTML too; one plain line, an IIN in it starred out. true: the body has the form of ЦОИД's own
 * (req 2.39), its `status` that of the answer. */
bool read_refusal(struct slice body, int http, char *dst, size_t size);
