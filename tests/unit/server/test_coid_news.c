/* When ЦОИД's news are looked for. The service and its room are fakes. */
#include "support/cmocka.h"

#include "base/log.h"
#include "server/coid_news.h"

static struct conf conf = { .instance.name = "node1" };
static bool offered;
static enum status fetched; /* what the room says */
static int64_t asked_period_ms;
static unsigned asked, logged;

const struct conf *service_conf(const struct service *service)
{
    (void)service;
    return &conf;
}

struct coid_room *service_coid(const struct service *service)
{
    (void)service;
    return offered ? (struct coid_room *)(void *)&conf : NULL;
}

struct coid *coid_room_coid(const struct coid_room *room)
{
    return (struct coid *)(void *)(uintptr_t)room;
}

enum status coid_fetch_news(struct coid *coid, const char *instance, int64_t period_ms,
                            struct err *err)
{
    assert_non_null(coid);
    assert_string_equal(instance, "node1");
    asked++;
    asked_period_ms = period_ms;
    return fetched == ST_OK ? ST_OK : RAISE(err, fetched, "away");
}

void log_err(enum log_level level, const char *event, const struct err *err)
{
    assert_int_equal(level, LOG_LEVEL_WARNING);
    assert_string_equal(event, "news");
    assert_string_equal(err->text, "away");
    logged++;
}

/* One look after the other; the period asked for and the pause until the next. */
static const struct {
    const char *name;
    int64_t every_ms;
    enum status fetched;
    bool missed; /* before */
    int64_t period_ms;
    int pause_s;
} rows[] = {
    { "once a day, looked at each minute", 86400000, ST_OK, false, 86400000, 60 },
    { "a failure is tried again in a quarter of an hour", 86400000, ST_TIMEOUT, false, 86400000,
      900 },
    { "then with a period that lets it", 86400000, ST_UPSTREAM, true, 900000, 900 },
    { "until it went well", 86400000, ST_OK, true, 900000, 60 },
    { "a short period is looked at as often", 5000, ST_OK, false, 5000, 5 },
    { "a failure does not make it longer", 5000, ST_UPSTREAM, true, 5000, 5 },
    { "never at once", 1000, ST_UPSTREAM, false, 1000, 1 },
};

static void news_are_looked_for_once_a_period_and_again_soon_after_a_failure(void **state)
{
    (void)state; /* req 3.14 */
    offered = true;
    for (size_t i = 0; i < COUNT(rows); i++) {
        bool missed = rows[i].missed;
        asked = logged = 0;
        conf.coid.news_every_ms = rows[i].every_ms;
        fetched = rows[i].fetched;
        int pause_s = coid_news_look(NULL, &missed);
        bool failed = fetched != ST_OK;
        if (asked != 1 || asked_period_ms != rows[i].period_ms || pause_s != rows[i].pause_s ||
            missed != failed || logged != failed)
            fail_msg("%s: period %lld, pause %d", rows[i].name, (long long)asked_period_ms,
                     pause_s);
    }
}

static void nothing_is_fetched_where_it_is_not_offered(void **state)
{
    bool missed = true;

    (void)state;
    offered = false;
    asked = 0;
    conf.coid.news_every_ms = 86400000;
    assert_int_equal(coid_news_look(NULL, &missed), 60);
    assert_int_equal(asked, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(news_are_looked_for_once_a_period_and_again_soon_after_a_failure),
        cmocka_unit_test(nothing_is_fetched_where_it_is_not_offered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
