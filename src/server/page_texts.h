/* Every word of the signing page, in the three languages. Pure tables. */
#pragma once

#include "mobile/messages.h"
#include "model/session.h"

struct page_text {
    const char *name; /* as the templates in assets/ call it; NULL ends the table */
    const char *in[LANGUAGE_COUNT_];
};
extern const struct page_text page_texts[];

enum page_device { PAGE_DESKTOP = 0, PAGE_TELEPHONE, PAGE_DEVICE_COUNT_ };
/* The state, and what to do now; hint is "" where struct mobile_page's why is the hint. */
struct page_state_text {
    const char *state[LANGUAGE_COUNT_];
    const char *hint[LANGUAGE_COUNT_];
};
const struct page_state_text *page_state_text(enum session_state state, enum page_device device,
                                              bool was_opened);

enum { PAGE_STEPS = SESSION_SIGNED + 1 }; /* one for each state on the way to the signature */
const char *page_step(int step, enum page_device device, enum language language);
