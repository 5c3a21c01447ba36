/* ЦОИД's list of vendors: asked for when it is old, or when it does not have the one that is
 * wanted; at most once a minute, by whoever comes first. */
#include "coid/ask.h"
#include "coid/read.h"

#include <pthread.h>
#include <stdlib.h>

enum {
    TRY_PAUSE_MS = 60000, /* between two tries */
    ASK_MS = 5000,        /* the comparison needs its own time */
};

struct vendors {
    pthread_mutex_t lock; /* guards what follows */
    int64_t *ids;
    size_t count;
    int64_t told_ms; /* Unix */
    bool is_tried;
    int64_t tried_ms;
};

struct vendors *vendors_new(void)
{
    struct vendors *vendors = calloc(1, sizeof(*vendors));

    if (vendors)
        (void)pthread_mutex_init(&vendors->lock, NULL);
    return vendors;
}

void vendors_free(struct vendors *vendors)
{
    if (!vendors)
        return;
    (void)pthread_mutex_destroy(&vendors->lock);
    free(vendors->ids);
    free(vendors);
}

enum belief { VENDOR_UNCLEAR, VENDOR_KNOWN, VENDOR_UNKNOWN };

/* A clock that was set back tells nothing of how long ago that was. */
static bool is_within(int64_t since_ms, int64_t span_ms, int64_t now_ms)
{
    return now_ms >= since_ms && now_ms - since_ms < span_ms;
}

/* What the list says now, an empty one nothing; *ret_ask: it is ours to ask for a newer one. */
static enum belief look(const struct coid *coid, int64_t vendor, bool *ret_ask)
{
    struct vendors *v = coid->vendors;
    const int64_t now_ms = clock_now(coid->p.clock);
    bool is_listed = false;

    (void)pthread_mutex_lock(&v->lock);
    for (size_t i = 0; i < v->count; i++)
        is_listed |= v->ids[i] == vendor;
    const bool is_fresh = v->count > 0 && is_within(v->told_ms, coid->p.vendors_keep_ms, now_ms);
    const bool may_try = !v->is_tried || !is_within(v->tried_ms, TRY_PAUSE_MS, now_ms);
    *ret_ask = may_try && !(is_fresh && is_listed);
    if (*ret_ask) {
        v->is_tried = true;
        v->tried_ms = now_ms;
    }
    (void)pthread_mutex_unlock(&v->lock);
    if (is_listed)
        return VENDOR_KNOWN;
    return is_fresh ? VENDOR_UNKNOWN : VENDOR_UNCLEAR;
}

static enum status replace(const struct coid *coid, const struct coid_answer *list, struct err *err)
{
    struct vendors *v = coid->vendors;
    const size_t count = list->told.vendors.count;
    int64_t *ids = calloc(count + 1, sizeof(*ids));
    int64_t *old;

    if (!ids)
        return RAISE(err, ST_NOMEM, "vendors: out of memory");
    for (size_t i = 0; i < count; i++)
        ids[i] = list->told.vendors.at[i].id;
    (void)pthread_mutex_lock(&v->lock);
    old = v->ids;
    v->ids = ids;
    v->count = count;
    v->told_ms = clock_now(coid->p.clock);
    (void)pthread_mutex_unlock(&v->lock);
    free(old);
    return ST_OK;
}

static enum status fetch(struct errand *errand, int64_t max_ms, struct coid_answer *ret,
                         struct err *err)
{
    const struct question question = { .asked = ASK_VENDORS, .max_ms = max_ms };

    TRY(ask_for(errand, &question, read_vendors, ret, err));
    return replace(errand->coid, ret, err);
}

static enum status leave_it(const struct errand *errand, const struct err *cause, struct err *err)
{
    const struct note note = { EVENT_WARNING, "coid.vendors_unknown", cause->code, cause->text };

    return errand_journal(errand, &note, err);
}

enum status vendors_check(struct errand *errand, int64_t vendor, struct err *err)
{
    struct coid_answer list = { 0 };
    struct err cause;
    bool mine;
    bool not_mine;

    TRY(errand_enter(errand, err)); /* who is not let in need not try */
    enum belief belief = look(errand->coid, vendor, &mine);
    if (mine) {
        if (fetch(errand, ASK_MS, &list, &cause) != ST_OK)
            return leave_it(errand, &cause, err);
        belief = look(errand->coid, vendor, &not_mine);
        if (belief == VENDOR_UNCLEAR) {
            (void)RAISE_CAUSE(&cause, ST_UPSTREAM, "answerInvalid", "vendors", NULL,
                              "ЦОИД's list of vendors is empty");
            return leave_it(errand, &cause, err);
        }
    }
    if (belief != VENDOR_UNKNOWN)
        return ST_OK;
    return RAISE_CAUSE(err, ST_INPUT, "vendorUnknown", "vendor", NULL,
                       "ЦОИД has no vendor with this code: see getVendors");
}

enum status run_get_vendors(struct errand *errand, const struct coid_sender *sender,
                            const struct request *req, struct coid_answer *ret, struct err *err)
{
    (void)sender;
    (void)req;
    return fetch(errand, 0, ret, err);
}
