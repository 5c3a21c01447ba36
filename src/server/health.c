#include "server/health.h"

#include "base/text.h"

enum { TEXT_BYTES = (HEALTH_REASONS + 1) * (HEALTH_TEXT + 1) };

/* Each writes its reason, or "" when there is none. */
typedef void look_fn(const struct service *service, char ret[HEALTH_TEXT]);

static void look_at_end(const struct service *service, char ret[HEALTH_TEXT])
{
    if (atomic_load(&service_rooms(service)->stopping))
        text_copy(ret, HEALTH_TEXT, "stopping: what is under way is answered");
}

static void look_at_database(const struct service *service, char ret[HEALTH_TEXT])
{
    struct err err = { 0 };

    if (store_ping(service_rooms(service)->store, &err) != ST_OK)
        text_copy(ret, HEALTH_TEXT, err.text);
}

/* Without a line in the journal nothing may be answered. */
static void look_at_journal(const struct service *service, char ret[HEALTH_TEXT])
{
    const struct journal_stats stats = journal_stats(service_rooms(service)->journal);

    if (stats.unsaid > 0)
        text_format(ret, HEALTH_TEXT, "the journal's disk refuses: %llu lines so far",
                    (unsigned long long)stats.unsaid);
}

static void look_at_key(const struct service *service, char ret[HEALTH_TEXT])
{
    const int64_t now_ms = clock_now(service_rooms(service)->clock);

    if (expiry_can_sign(service_certificates(service), now_ms, ret, HEALTH_TEXT))
        ret[0] = '\0';
}

static look_fn *const looks[] = { look_at_end, look_at_database, look_at_journal, look_at_key };
_Static_assert(sizeof(looks) / sizeof(looks[0]) <= HEALTH_REASONS, "a reason has no place");

/* Signing by telephone goes on without ЦОИД. */
static void look_at_coid(const struct service *service, char ret[HEALTH_TEXT])
{
    struct upstream_look look;

    if (!service_coid(service))
        return;
    upstream_look(service_rooms(service)->coid, &look);
    if (look.state == UPSTREAM_OPEN)
        text_copy(ret, HEALTH_TEXT, "ЦОИД failed too often and is left alone");
}

void health_look(const struct service *service, struct health *ret)
{
    *ret = (struct health){ .reason_count = 0 };
    for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
        char *reason = ret->reasons[ret->reason_count];

        looks[i](service, reason);
        if (*reason)
            ret->reason_count++;
    }
    ret->ready = ret->reason_count == 0;
    look_at_coid(service, ret->note);
}

struct bytes *health_text(const struct health *health)
{
    struct bytes *text = bytes_new(TEXT_BYTES);

    if (!text)
        return NULL;
    if (health->ready)
        bytes_addf(text, "ready%s%s\n", *health->note ? "; " : "", health->note);
    for (size_t i = 0; i < health->reason_count; i++)
        bytes_addf(text, "%s\n", health->reasons[i]);
    return text;
}
