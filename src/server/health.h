/* Whether this instance should get requests, and every reason why not: /health/ready, and whoever
 * shows it. */
#pragma once

#include "server/service.h"

enum { HEALTH_REASONS = 8, HEALTH_TEXT = 200 };

struct health {
    bool ready; /* no reasons */
    char reasons[HEALTH_REASONS][HEALTH_TEXT];
    size_t reason_count;
    /* What does not work and keeps nobody from the rest: "" or words. */
    char note[HEALTH_TEXT];
};

/* Asks the database; may take store.wait_ms. */
void health_look(const struct service *service, struct health *ret);
/* As /health/ready says it: ready, with its note, or a reason a line. *ret_text is NULL without
 * memory. */
struct bytes *health_text(const struct health *health);
