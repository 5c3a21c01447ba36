/* The daily proof of the journal: when it is due by Astana's clock (req 0.19), and what is told of
 * it. The proof itself, the service and its journal are fakes. */
#include "server/journal_proof.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "crypto/key.h"
#include "journal/proof.h"
#include "server/diary.h"
#include "server/journal_begin.h"
#include "server/seal_judge.h"
#include "server/service.h"
#include "support/cmocka.h"

#define HOUR_MS INT64_C(3600000)
#define NOON INT64_C(1795330800000) /* 2026-11-22 12:00, Astana */

/* ---- the service ---- */

static struct rooms rooms;
static struct conf conf;
static struct clock wall;
static char said[1024]; /* «A journal.broken …», a line each */
static unsigned troubles;

const struct rooms *service_rooms(const struct service *service)
{
    (void)service;
    return &rooms;
}

const struct conf *service_conf(const struct service *service)
{
    (void)service;
    return &conf;
}

const struct key *service_key(const struct service *service)
{
    (void)service;
    return NULL;
}

const struct cert *key_cert(const struct key *key)
{
    (void)key;
    return NULL;
}

enum status seal_judge_own(struct seal_judge *judge, const struct cert *own, const char *trust_dir,
                           struct err *err)
{
    (void)judge;
    (void)own;
    (void)err;
    assert_string_equal(trust_dir, "/trust");
    return ST_OK;
}

void seal_judge_clear(struct seal_judge *judge)
{
    (void)judge;
}

enum seal_word seal_judge(struct seal_judge *who, struct slice statement, struct slice sig,
                          char why[SEAL_WHY_BYTES])
{
    (void)who;
    (void)statement;
    (void)sig;
    (void)text_copy(why, SEAL_WHY_BYTES, "nobody asks");
    return SEAL_UNKNOWN;
}

enum status journal_begins(struct store *store, const char *instance, uint64_t *ret_seq,
                           struct err *err)
{
    (void)store;
    (void)err;
    *ret_seq = strcmp(instance, "node1") == 0 ? 42 : 7;
    return ST_OK;
}

enum status journal_table(struct store *store, const char *instance, uint64_t seq,
                          uint64_t *ret_last, struct bytes **ret_line, struct err *err)
{
    (void)store;
    (void)instance;
    (void)seq;
    (void)ret_line;
    (void)err;
    *ret_last = 0;
    return ST_OK;
}

bool diary_note(struct journal *journal, const struct clock *clock, const struct event *event)
{
    static const char letters[] = {
        [EVENT_ALERT] = 'A', [EVENT_WARNING] = 'W', [EVENT_NOTICE] = 'N'
    };
    const size_t len = strlen(said);

    (void)journal;
    (void)clock;
    (void)text_format(said + len, sizeof(said) - len, "%c %s %s\n", letters[event->level],
                      event->name, event->text);
    return true;
}

void log_line(enum log_level level, const char *event, const char *fmt, ...)
{
    (void)level;
    (void)event;
    (void)fmt;
}

void log_err(enum log_level level, const char *event, const struct err *err)
{
    (void)level;
    (void)event;
    (void)err;
    troubles++;
}

size_t lists_look(struct lists *lists, struct list_look ret[LISTS_MAX])
{
    (void)lists;
    (void)ret;
    return 0;
}

/* ---- the proof ---- */

static struct {
    unsigned runs;      /* of the service's own folder */
    uint64_t flaws;     /* found there */
    uint64_t unjudged;  /* seals */
    enum status status; /* of reading it */
    enum status ctl;
    bool stop; /* the service ends meanwhile */
} world;

enum status proof_make(const struct proof_params *params, struct proof *ret, struct err *err)
{
    const bool own = strcmp(params->dir, "/journal") == 0;

    *ret = (struct proof){ .files = 3, .lines = 100, .sealed = 2 };
    assert_string_equal(params->archive, "/archive");
    assert_int_equal(params->begins, own ? 42 : 7);
    if (!own) {
        assert_string_equal(params->dir, "/journal/ctl");
        return world.ctl == ST_OK ? ST_OK : RAISE(err, world.ctl, "no journal");
    }
    world.runs++;
    if (world.status != ST_OK)
        return RAISE(err, world.status, "the disk is away");
    rooms.stopping = world.stop;
    for (int i = 0; i < 1000; i++)
        if (!params->go_on(params->ctx)) {
            assert_int_equal(i, 0); /* at once */
            return RAISE(err, ST_TIMEOUT, "ended");
        }
    for (uint64_t i = 0; i < world.flaws; i++)
        params->flaw(params->ctx, &(const struct flaw){ "lineChanged", i ? "other.log" : "j.log", 6,
                                                        46, "another\nhash" });
    ret->flaws = world.flaws;
    ret->unjudged = world.unjudged;
    (void)text_copy(ret->unjudged_why, sizeof(ret->unjudged_why), "no root");
    return ST_OK;
}

static int set_up(void **state)
{
    wall = clock_fixed_at(NOON);
    rooms = (struct rooms){ .clock = &wall };
    conf = (struct conf){ .instance.name = "node1",
                          .journal = { .dir = "/journal",
                                       .archive_dir = "/archive",
                                       .verify_daily = true,
                                       .verify_hour = 4 },
                          .trust.dir = "/trust" };
    memset(&world, 0, sizeof(world));
    world.ctl = ST_NOT_FOUND;
    said[0] = '\0';
    troubles = 0;
    *state = journal_proof_new();
    return *state ? 0 : 1;
}

static int tear_down(void **state)
{
    journal_proof_free(*state);
    return 0;
}

/* What is told by the looks of so long a time. */
static const char *looks(struct journal_proof *proof, int64_t ms)
{
    said[0] = '\0';
    for (int64_t end = wall.fixed_ms + ms; wall.fixed_ms <= end;)
        wall.fixed_ms += journal_proof_look(proof, NULL) * INT64_C(1000);
    return said;
}

#define WHOLE(folder)                                                                              \
    "N journal.verified folder " folder " is whole: 100 lines in 3 files, 2 of them sealed\n"

static void what_is_whole_is_told_after_a_start_and_once_a_day(void **state)
{
    assert_string_equal(looks(*state, 0), WHOLE("journal")); /* there is no folder of shepctl's */
    assert_string_equal(looks(*state, 15 * HOUR_MS), "");
    assert_int_equal(world.runs, 1);
    world.ctl = ST_OK;
    assert_string_equal(looks(*state, HOUR_MS), WHOLE("journal") WHOLE("ctl")); /* 4 o'clock */
    assert_string_equal(looks(*state, 23 * HOUR_MS - 60000), "");
    wall.fixed_ms -= 8760 * HOUR_MS; /* the clock was wrong: nobody waits for a year */
    assert_string_equal(looks(*state, 0), WHOLE("journal") WHOLE("ctl"));
}

static void what_is_wrong_twice_is_an_alert_with_its_place(void **state)
{
    struct proof_news news[PROOF_FOLDERS];

    world.flaws = 2;
    assert_string_equal(looks(*state, 0), ""); /* perhaps a file that was just closed */
    journal_proof_news(*state, news);
    assert_int_equal(news[0].word, PROOF_NEVER);
    assert_string_equal(
        looks(*state, 60000),
        "A journal.broken folder journal is not whole: 100 lines in 3 files, 2 of "
        "them sealed; j.log, line 6 (seq 46): lineChanged: another?hash; 2 flaws in "
        "all\n");
    assert_int_equal(world.runs, 2);
    journal_proof_news(*state, news);
    assert_true(news[0].word == PROOF_BROKEN && news[0].flaws == 2 && news[1].word == PROOF_NEVER);
    assert_true(news[0].at_ms >= NOON && news[0].at_ms <= NOON + 60000);
}

static void what_is_right_at_the_second_look_is_whole(void **state)
{
    world.flaws = 1;
    assert_string_equal(looks(*state, 0), "");
    world.flaws = 0;
    assert_string_equal(looks(*state, 60000), WHOLE("journal"));
    world.flaws = 1; /* and that doubt is forgotten the next day */
    (void)looks(*state, 16 * HOUR_MS - 60000 - 10000);
    assert_string_equal(said, "");
}

static void seals_that_nobody_can_judge_are_no_proof(void **state)
{
    world.unjudged = 2;
    assert_string_equal(looks(*state, 0),
                        "W journal.unjudged folder journal could not be judged: 100 lines in 3 "
                        "files, 2 of them sealed; 2 seals cannot be judged: no root\n");
}

static void what_cannot_be_read_is_tried_again_and_nothing_is_told(void **state)
{
    world.status = ST_UNAVAILABLE;
    assert_string_equal(looks(*state, 59000), "");
    assert_true(world.runs == 1 && troubles == 1);
    world.status = ST_OK;
    assert_string_equal(looks(*state, 2000), WHOLE("journal"));
}

static void nobody_proves_when_it_is_off_or_the_service_ends(void **state)
{
    conf.journal.verify_daily = false;
    assert_string_equal(looks(*state, 48 * HOUR_MS), "");
    conf.journal.verify_daily = true;
    rooms.stopping = true;
    assert_string_equal(looks(*state, HOUR_MS), "");
    assert_int_equal(world.runs, 0);
    rooms.stopping = false;
    world.stop = true; /* in the middle */
    assert_string_equal(looks(*state, HOUR_MS), "");
    assert_true(world.runs == 1 && troubles == 0);
}

static void the_last_one_is_measured(void **state)
{
    struct err err;
    struct bytes *text = NULL;

    assert_int_equal(meters_new(&rooms.meters, NOON, &err), ST_OK);
    for (int i = 0; i < 2; i++) {
        if (i == 1)
            (void)looks(*state, 0);
        journal_proof_measure(*state, &rooms.meters);
        assert_int_equal(metrics_text(rooms.meters.registry, &text, &err), ST_OK);
        assert_int_equal(!!strstr(text->at, "shepd_journal_proof_whole{folder=\"journal\"} 1\n"),
                         i);
        assert_int_equal(!!strstr(text->at, "shepd_journal_proof_timestamp_seconds{folder="
                                            "\"journal\"} 1795330800\n"),
                         i);
        assert_null(strstr(text->at, "folder=\"ctl\""));
        bytes_free(text);
    }
    meters_free(&rooms.meters);
}

static void the_hour_is_astanas_and_always_ahead(void **state)
{
    static const struct {
        int64_t after_noon_ms, hour, want_ms; /* after noon */
    } rows[] = {
        { 0, 13, HOUR_MS },
        { 0, 12, 24 * HOUR_MS }, /* it strikes now: tomorrow */
        { -1, 12, 0 },
        { 1, 12, 24 * HOUR_MS },
        { 0, 4, 16 * HOUR_MS },
        { 12 * HOUR_MS - 1, 0, 12 * HOUR_MS }, /* the last millisecond of a day */
        { 12 * HOUR_MS, 0, 36 * HOUR_MS },
        { 12 * HOUR_MS - 1, 23, 35 * HOUR_MS },
        { -7 * HOUR_MS - 1, 5, -7 * HOUR_MS }, /* midnight of UTC */
        { 1800123, 12, 24 * HOUR_MS },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const int64_t got = journal_proof_next(NOON + rows[i].after_noon_ms, rows[i].hour) - NOON;
        if (got != rows[i].want_ms)
            fail_msg("row %zu: %lld, not %lld", i, (long long)got, (long long)rows[i].want_ms);
    }
}

static void there_is_no_news_before_the_first(void **state)
{
    AUTO(journal_proof_free) struct journal_proof *proof = journal_proof_new();
    struct proof_news news[PROOF_FOLDERS];

    (void)state;
    assert_non_null(proof);
    journal_proof_news(proof, news);
    assert_string_equal(news[0].folder, "journal");
    assert_string_equal(news[1].folder, "ctl");
    for (size_t i = 0; i < PROOF_FOLDERS; i++)
        assert_int_equal(news[i].word, PROOF_NEVER);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hour_is_astanas_and_always_ahead),
        cmocka_unit_test(there_is_no_news_before_the_first),
        TEST(what_is_whole_is_told_after_a_start_and_once_a_day),
        TEST(what_is_wrong_twice_is_an_alert_with_its_place),
        TEST(what_is_right_at_the_second_look_is_whole),
        TEST(seals_that_nobody_can_judge_are_no_proof),
        TEST(what_cannot_be_read_is_tried_again_and_nothing_is_told),
        TEST(nobody_proves_when_it_is_off_or_the_service_ends),
        TEST(the_last_one_is_measured),
    };
    struct err err;

    if (clock_use_astana(&err) != ST_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
