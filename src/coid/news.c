/* The daily look at ЦОИД's news, for our operator (req 2.26, 3.14). */
#include "base/text.h"
#include "coid/internal.h"

enum { NEWS_ARENA_MAX = 64 << 20, NEWS_TEXT = 512 };

static enum status tell(const struct errand *errand, const struct coid_news *news, struct err *err)
{
    char text[NEWS_TEXT];

    (void)text_format(text, sizeof(text), "%s: %s", news->date.text, news->subject);
    return errand_journal(errand, &(const struct note){ EVENT_NOTICE, "coid.news", "", text }, err);
}

/* On record before it is kept: whoever dies in between tells it again. */
static enum status take(struct errand *errand, const struct coid_news *news, struct err *err)
{
    struct store *store = errand->coid->p.store;
    size_t fresh = 0;
    bool known = false;

    TRY(store_coid_news_known(store, news, &known, err));
    if (!known)
        TRY(tell(errand, news, err));
    return store_coid_news_keep(store, news, 1, &fresh, err);
}

static enum status take_all(struct errand *errand, const struct coid_answer *answer,
                            struct err *err)
{
    for (size_t i = 0; i < answer->told.news.count; i++)
        TRY(take(errand, &answer->told.news.at[i], err));
    return ST_OK;
}

enum status coid_fetch_news(struct coid *coid, const char *instance, int64_t period_ms,
                            struct err *err)
{
    AUTO(arena_free) struct arena *arena = NULL;
    struct coid_answer answer = { 0 };
    struct errand errand;
    struct peer peer;
    bool mine = false;

    TRY(store_coid_news_due(coid->p.store, instance, period_ms, &mine, err));
    if (!mine)
        return ST_OK;
    arena = arena_new(NEWS_ARENA_MAX);
    if (!arena)
        return RAISE(err, ST_NOMEM, "news: out of memory");
    errand_begin_own(&errand, coid, arena, &peer);
    enum status status = run_get_news(&errand, NULL, NULL, &answer, err);
    if (status == ST_OK)
        status = take_all(&errand, &answer, err);
    errand_end(&errand);
    return status;
}
