/* The screens of the telephone in the browser: assets/phone.html, part by part. */
#pragma once

#include "base/embedded.h"
#include "sandbox/walk.h"

extern const struct embedded booth_assets[]; /* src/sandbox/assets */

struct booth_form {
    enum language language;
    const char *qr;              /* what stands in the field already */
    const struct family *family; /* the chosen key */
    const struct entity *holder;
};

/* Whose keys a walk may sign with: all with KIND_SIGN. */
bool booth_may_sign(const struct entity *holder);

/* What to scan, with whose key. All of these: the caller's; NULL or failed when out of memory, or
 * when a page would be too long. */
struct bytes *booth_page_form(const struct booth_form *form);
/* What the app would show of a walk; id is its own in our URLs. */
struct bytes *booth_page_walk(const struct walk *walk, const char *id);
/* There is no such walk, or no more. */
struct bytes *booth_page_gone(enum language language);
