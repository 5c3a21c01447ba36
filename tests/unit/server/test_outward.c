/* Questions to other systems are on record before they go, and how they ended (req 0.39, 0.40). The
 * journal and the network are fakes. */
#include "support/cmocka.h"

#include "base/log.h"
#include "base/text.h"
#include "server/meters.h"
#include "server/outward.h"

static char seen[2048]; /* what happened, in order, a line each */
static bool journal_refuses, any_time;
static enum status fetched;
static int http_status;

static void see(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void see(const char *fmt, ...)
{
    size_t len = strlen(seen);
    va_list args;

    va_start(args, fmt);
    text_vformat(seen + len, sizeof(seen) - len, fmt, args);
    va_end(args);
}

enum status journal_write(struct journal *journal, const struct event *event, struct err *err)
{
    (void)journal;
    if (journal_refuses)
        return RAISE(err, ST_UNAVAILABLE, "the disk is full");
    assert_string_equal(event->account, "-");
    assert_true(any_time || (event->start_ms == 5000 && event->end_ms == 5000));
    see("%s %s ip=%s exchange=%s code=%s «%s»\n", event_level_name(event->level), event->name,
        event->ip, event->exchange ? event->exchange : "", event->code ? event->code : "",
        event->text);
    return ST_OK;
}

enum status rest_fetch(void *ctx, const struct fetch *fetch, struct bytes **ret_answer,
                       struct err *err)
{
    (void)ctx;
    see("fetch %s\n", fetch->url);
    if (fetched != ST_OK) {
        (void)RAISE_CAUSE(err, fetched, fetched == ST_TIMEOUT ? NULL : "hostNotAllowed", NULL, NULL,
                          "no");
        if (http_status)
            err_set_upstream(err, http_status, SLICE(""));
        return fetched;
    }
    *ret_answer = bytes_dup(SLICE("12345"));
    assert_non_null(*ret_answer);
    return ST_OK;
}

void log_err(enum log_level level, const char *event, const struct err *err)
{
    (void)level;
    (void)err;
    see("log %s\n", event);
}

static const struct peer peer = { .exchange = { "the-exchange" }, .address = "10.1.2.3" };

static const struct {
    const char *name;
    const char *url, *type; /* type NULL: GET */
    enum status fetched;
    int http_status;
    const struct peer *peer;
    const char *want;
} rows[] = {
    { "a responder, for an exchange", "http://ocsp.pki.gov.kz/abc?d", "application/ocsp-request",
      ST_OK, 0, &peer,
      "Informational upstream.asked ip=10.1.2.3 exchange=the-exchange code= "
      "«purpose=ocsp server=http://ocsp.pki.gov.kz»\n"
      "fetch http://ocsp.pki.gov.kz/abc?d\n"
      "Informational upstream.told ip=10.1.2.3 exchange=the-exchange code=ok "
      "«purpose=ocsp server=http://ocsp.pki.gov.kz bytes=5 took_ms=0»\n" },
    { "a timestamp authority, in the background", "https://tsp.kz:8443",
      "application/timestamp-query", ST_OK, 0, NULL,
      "Informational upstream.asked ip=- exchange= code= "
      "«purpose=timestamp server=https://tsp.kz:8443»\n"
      "fetch https://tsp.kz:8443\n"
      "Informational upstream.told ip=- exchange= code=ok "
      "«purpose=timestamp server=https://tsp.kz:8443 bytes=5 took_ms=0»\n" },
    { "neither path nor password; a failure", "http://me:word@a.kz/p", NULL, ST_TIMEOUT, 0, &peer,
      "Informational upstream.asked ip=10.1.2.3 exchange=the-exchange code= "
      "«purpose=crl server=http://a.kz»\n"
      "fetch http://me:word@a.kz/p\n"
      "Warning upstream.told ip=10.1.2.3 exchange=the-exchange code=timeout "
      "«purpose=crl server=http://a.kz bytes=0 took_ms=0: no»\n" },
    { "what the other side said", "http://a.kz", NULL, ST_UPSTREAM, 503, NULL,
      "Informational upstream.asked ip=- exchange= code= «purpose=crl server=http://a.kz»\n"
      "fetch http://a.kz\n"
      "Warning upstream.told ip=- exchange= code=503 "
      "«purpose=crl server=http://a.kz bytes=0 took_ms=0: no»\n" },
    { "what we said", "a.kz", NULL, ST_INPUT, 0, NULL,
      "Informational upstream.asked ip=- exchange= code= «purpose=crl server=a.kz»\n"
      "fetch a.kz\n"
      "Warning upstream.told ip=- exchange= code=hostNotAllowed "
      "«purpose=crl server=a.kz bytes=0 took_ms=0: no»\n" },
};

static enum status fetch_row(const char *url, const char *type, struct err *err)
{
    const struct clock clock = clock_fixed_at(5000);
    const struct outward outward = { NULL, &clock, NULL };
    const struct fetch what = { .url = url, .content_type = type };
    AUTO(bytes_free) struct bytes *answer = NULL;

    seen[0] = '\0';
    return outward_fetch(&outward, NULL, "crl", &what, &answer, err);
}

/* req 0.39, 0.40 */
static void a_question_is_on_record_before_it_goes_and_when_it_ended(void **state)
{
    struct err err;

    (void)state;
    journal_refuses = false;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        fetched = rows[i].fetched;
        http_status = rows[i].http_status;
        outward_for(rows[i].peer);
        assert_int_equal(fetch_row(rows[i].url, rows[i].type, &err), rows[i].fetched);
        if (strcmp(seen, rows[i].want) != 0)
            fail_msg("%s: got\n%swanted\n%s", rows[i].name, seen, rows[i].want);
    }
    outward_for(NULL);
}

static void what_the_journal_refuses_does_not_go(void **state) /* req 0.40 */
{
    struct err err;

    (void)state;
    journal_refuses = true;
    fetched = ST_OK;
    assert_int_equal(fetch_row("http://a.kz", NULL, &err), ST_UNAVAILABLE);
    assert_string_equal(seen, "");
}

/* A clock that goes on by 300 ms at each look. */
static int64_t walk(const struct clock *clock)
{
    static int64_t now_ms;

    (void)clock;
    return now_ms += 300;
}

static void has(const struct meters *meters, const char *line)
{
    AUTO(bytes_free) struct bytes *page = NULL;
    struct err err;

    assert_int_equal(metrics_text(meters->registry, &page, &err), ST_OK);
    if (!strstr(page->at, line))
        fail_msg("%s is not in\n%s", line, page->at);
}

static void how_long_it_took_is_counted_by_purpose_and_end(void **state)
{
    const struct clock clock = { .now_ms = walk };
    struct meters meters = { 0 };
    struct err err;

    (void)state;
    journal_refuses = false;
    any_time = true;
    assert_int_equal(meters_new(&meters, 0, &err), ST_OK);
    const struct outward outward = { NULL, &clock, meters.all[METER_OUTWARD_CALL] };
    for (int i = 0; i < 3; i++) {
        struct outward_call call = { .purpose = "ldap", .server = "ldap://a.kz", .about = "" };

        assert_int_equal(outward_asked(&outward, &call, &err), ST_OK);
        call.start_ms += i == 2 ? 86400000 : 0; /* the clock was set back by a day */
        (void)!RAISE(&err, ST_TIMEOUT, "no");
        outward_told(&outward, &call, 5, i == 0 ? NULL : &err);
    }
#define SERIES "shepd_upstream_call_duration_seconds_"
    has(&meters, SERIES "count{purpose=\"ldap\",code=\"ok\"} 1\n");
    has(&meters, SERIES "sum{purpose=\"ldap\",code=\"ok\"} 0.6\n"); /* a line looks, too */
    has(&meters, SERIES "count{purpose=\"ldap\",code=\"timeout\"} 2\n");
    has(&meters, SERIES "sum{purpose=\"ldap\",code=\"timeout\"} 0.6\n");
    meters_free(&meters);
    any_time = false;
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_question_is_on_record_before_it_goes_and_when_it_ended),
        cmocka_unit_test(what_the_journal_refuses_does_not_go),
        cmocka_unit_test(how_long_it_took_is_counted_by_purpose_and_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
