/* One walk of the telephone in the browser: scanned with somebody's key, shown, then signed or
 * refused. Each step is gone once; what came of the last one is kept for the screen. */
#pragma once

#include "mobile/messages.h"
#include "rest/rest.h"
#include "sandbox/family.h"
#include "sandbox/phone.h"

#include <stdbool.h>

enum { WALK_QR_TEXT = 8192 }; /* bytes of a QR's text or a link, with NUL */

enum walk_step { WALK_SCANNED, WALK_FETCHED, WALK_SIGNED, WALK_SENT, WALK_REFUSED };

struct walk; /* not thread-safe */

/* Texts and the wish itself are copied or borrowed for walk_new(), rest and clock for the walk's
 * life. */
struct walk_wish {
    const char *dir; /* of the sandbox */
    const char *authority_url;
    const char *qr;
    const struct family *family;
    const struct entity *holder; /* KIND_SIGN */
    enum language language;
    struct rest *rest;
    const struct clock *clock;
};

/* Fetches nothing yet. ST_INPUT: the key cannot be opened; ST_NOMEM. */
MUST_USE enum status walk_new(const struct walk_wish *wish, struct walk **ret_walk,
                              struct err *err);
/* NULL is fine. */
void walk_free(struct walk *walk);
DEFINE_AUTO(struct walk, walk_free)

/* API №1 and API №2, at once after walk_new(). How it went: walk_end(). */
void walk_fetch(struct walk *walk);
/* «Подписать» and «Отказать», once walk_is_open(): signs and sends what was fetched. */
void walk_sign(struct walk *walk);
void walk_refuse(struct walk *walk);

/* The documents are on the screen and nothing has been decided. */
bool walk_is_open(const struct walk *walk);

/* The last step, and how it went. */
struct walk_end {
    enum walk_step step;
    const struct err *err; /* its status is ST_OK when there was an answer */
    const struct phone_answer *answer;
};
struct walk_end walk_end(const struct walk *walk);

/* Borrowed. */
const char *walk_qr(const struct walk *walk);
enum language walk_language(const struct walk *walk);
const struct family *walk_family(const struct walk *walk);
const struct entity *walk_holder(const struct walk *walk);
const struct phone_offer *walk_offer(const struct walk *walk); /* NULL: API №1 gave none */
const struct phone *walk_phone(const struct walk *walk);
size_t walk_bytes(const struct walk *walk); /* of its documents */
