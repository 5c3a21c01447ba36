#include "server/coid_news.h"

#include "base/log.h"

enum {
    LOOK_S = 60,
    AGAIN_S = 15 * 60, /* after a failure, unless the period is shorter */
};

static int at_most(int64_t ms, int seconds)
{
    int64_t rounded = ms / 1000 > 0 ? ms / 1000 : 1;

    return rounded < seconds ? (int)rounded : seconds;
}

/* Whoever failed has taken its turn, and asks for a sooner one. */
int coid_news_look(const struct service *service, bool *missed)
{
    const struct conf *conf = service_conf(service);
    const struct coid_room *room = service_coid(service);
    const int again_s = at_most(conf->coid.news_every_ms, AGAIN_S);
    const int64_t period_ms = *missed ? again_s * INT64_C(1000) : conf->coid.news_every_ms;
    struct err err = { 0 };

    if (!room)
        return LOOK_S;
    *missed = coid_fetch_news(coid_room_coid(room), conf->instance.name, period_ms, &err) != ST_OK;
    if (!*missed)
        return at_most(conf->coid.news_every_ms, LOOK_S);
    log_err(LOG_LEVEL_WARNING, "news", &err);
    return again_s;
}
