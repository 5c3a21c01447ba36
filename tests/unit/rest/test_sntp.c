/* One question by SNTP, to a responder of our own on loopback (req 0.52). */
#include "support/cmocka.h"

#include "base/text.h"
#include "rest/sntp.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <pthread.h>
#include <unistd.h>

#define NOW_MS INT64_C(1795338187120) /* 2026-11-22 */
#define ERA_MS INT64_C(2085978496000) /* 2036-02-07, when 32 bits of seconds are full */

enum { PATIENCE_MS = 10000, SHORT_MS = 200 };

/* How the responder answers; zeros are a good answer of stratum 2. */
struct manner {
    const char *name;
    int64_t ahead_ms; /* of the server's clock */
    int64_t held_ms;  /* how long it says to have held the question */
    int leap, version, mode, stratum;
    const char *kiss;
    uint32_t root_delay, root_dispersion;
    size_t len;     /* of the datagram */
    unsigned bogus; /* datagrams with a wrong originate before the answer */
    bool silent, other_port, wrong_originate, no_transmit;
    /* what comes of it */
    enum status wanted;
    const char *text, *code;
};

struct responder {
    int fd, other;
    char name[64];
    pthread_t thread;
    int64_t now_ms;
    pthread_mutex_t lock; /* guards the rest */
    const struct manner *manner;
    uint8_t question[48];
    unsigned questions;
};

static void put(uint8_t *at, uint64_t number, size_t len)
{
    while (len-- > 0) {
        at[len] = (uint8_t)number;
        number >>= 8;
    }
}

static uint64_t ntp_of(int64_t ms)
{
    uint64_t s = (uint64_t)(ms / 1000 + INT64_C(2208988800));
    return s << 32 | ((uint64_t)(ms % 1000) << 32) / 1000;
}

static void write_answer(const struct responder *r, uint8_t answer[64])
{
    const struct manner *m = r->manner;
    int64_t at_ms = r->now_ms + m->ahead_ms;

    memset(answer, 0, 64);
    answer[0] =
        (uint8_t)(m->leap << 6 | (m->version ? m->version : 4) << 3 | (m->mode ? m->mode : 4));
    answer[1] = (uint8_t)(m->kiss ? 0 : m->stratum ? m->stratum : 2);
    put(answer + 4, m->root_delay, 4);
    put(answer + 8, m->root_dispersion, 4);
    memcpy(answer + 12, m->kiss ? m->kiss : "LOCL", 4);
    memcpy(answer + 24, r->question + 40, 8);
    put(answer + 32, ntp_of(at_ms), 8);
    put(answer + 40, m->no_transmit ? 0 : ntp_of(at_ms + m->held_ms), 8);
}

static void answer_one(struct responder *r, const struct sockaddr_in *from)
{
    const struct manner *m = r->manner;
    uint8_t answer[64];

    write_answer(r, answer);
    for (unsigned i = 0; i < m->bogus + m->wrong_originate; i++) {
        answer[31] ^= 1;
        (void)sendto(r->fd, answer, 48, 0, (const void *)from, sizeof(*from));
        answer[31] ^= 1;
    }
    if (!m->wrong_originate)
        (void)sendto(m->other_port ? r->other : r->fd, answer, m->len ? m->len : 48, 0,
                     (const void *)from, sizeof(*from));
}

/* Until a datagram of one byte. */
static void *respond(void *arg)
{
    struct responder *r = arg;

    for (;;) {
        struct sockaddr_in from;
        socklen_t len = sizeof(from);
        uint8_t question[48];
        ssize_t got = recvfrom(r->fd, question, sizeof(question), 0, (void *)&from, &len);
        if (got == 1)
            return NULL;
        (void)pthread_mutex_lock(&r->lock);
        memcpy(r->question, question, sizeof(question));
        r->questions++;
        if (!r->manner->silent)
            answer_one(r, &from);
        (void)pthread_mutex_unlock(&r->lock);
    }
}

static int bound(struct sockaddr_in *ret)
{
    socklen_t len = sizeof(*ret);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    *ret = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001) };
    assert_int_equal(bind(fd, (void *)ret, len), 0);
    assert_int_equal(getsockname(fd, (void *)ret, &len), 0);
    return fd;
}

static void open_responder(struct responder *r, const struct manner *manner, int64_t now_ms)
{
    struct sockaddr_in at, other;

    memset(r, 0, sizeof(*r));
    r->other = bound(&other);
    r->fd = bound(&at);
    (void)pthread_mutex_init(&r->lock, NULL);
    r->manner = manner;
    r->now_ms = now_ms;
    assert_true(text_format(r->name, sizeof(r->name), "127.0.0.1:%u", ntohs(at.sin_port)));
    assert_int_equal(pthread_create(&r->thread, NULL, respond, r), 0);
}

static void close_responder(struct responder *r)
{
    struct sockaddr_in at;
    socklen_t len = sizeof(at);

    assert_int_equal(getsockname(r->fd, (void *)&at, &len), 0);
    assert_int_equal(sendto(r->other, "", 1, 0, (void *)&at, len), 1);
    (void)pthread_join(r->thread, NULL);
    (void)close(r->fd);
    (void)close(r->other);
}

static const struct manner good[] = {
    { .name = "the same time" },
    { .name = "ours is slow", .ahead_ms = 2500 },
    { .name = "ours is fast", .ahead_ms = -2500 },
    { .name = "ours is slow by years", .ahead_ms = INT64_C(10) * 365 * 86400 * 1000 },
    { .name = "ours is fast by years", .ahead_ms = INT64_C(-10) * 365 * 86400 * 1000 },
    { .name = "version 3", .version = 3 },
    { .name = "the highest stratum", .stratum = 15 },
    { .name = "a leap second is near", .leap = 1 },
    { .name = "with an extension", .len = 64 },
    { .name = "just below a second of root delay", .root_delay = 0xffff },
    { .name = "after answers to what was not asked", .bogus = 15, .ahead_ms = 700 },
};

static void an_offset_is_true_to_half_the_delay(void **state) /* req 0.52 */
{
    static const int64_t nows[] = { NOW_MS, ERA_MS - 1, ERA_MS + 1 };

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++)
        for (size_t n = 0; n < COUNT(nows); n++) {
            const struct clock clock = clock_fixed_at(nows[n]);
            struct responder r;
            struct sntp_answer answer;
            struct err err = { 0 };
            open_responder(&r, &good[i], nows[n]);
            enum status status = sntp_ask(r.name, PATIENCE_MS, &clock, &answer, &err);
            close_responder(&r);
            if (status != ST_OK)
                fail_msg("%s: %s", good[i].name, err.text);
            int64_t wrong_us = answer.offset_us + good[i].ahead_ms * 1000;
            if (llabs(wrong_us) > answer.delay_us / 2 + 1000)
                fail_msg("%s: offset %lld us, delay %lld us", good[i].name,
                         (long long)answer.offset_us, (long long)answer.delay_us);
            assert_int_equal(answer.stratum, good[i].stratum ? good[i].stratum : 2);
        }
}

static const struct manner bad[] = {
    { .name = "mode of a client", .mode = 3, .wanted = ST_UPSTREAM, .text = "mode of a server" },
    { .name = "mode of a broadcast", .mode = 5, .wanted = ST_UPSTREAM, .text = "mode" },
    { .name = "version 2", .version = 2, .wanted = ST_UPSTREAM, .text = "version" },
    { .name = "version 5", .version = 5, .wanted = ST_UPSTREAM, .text = "version" },
    { .name = "not synchronised", .leap = 3, .wanted = ST_UPSTREAM, .text = "not synchronised" },
    { .name = "stratum 16", .stratum = 16, .wanted = ST_UPSTREAM, .text = "stratum" },
    { .name = "a second of root delay",
      .root_delay = 0x10000,
      .wanted = ST_UPSTREAM,
      .text = "from its reference" },
    { .name = "a negative root delay",
      .root_delay = 0x80000000,
      .wanted = ST_UPSTREAM,
      .text = "from its reference" },
    { .name = "a second of root dispersion",
      .root_dispersion = 0x10000,
      .wanted = ST_UPSTREAM,
      .text = "unsure" },
    { .name = "no time", .no_transmit = true, .wanted = ST_UPSTREAM, .text = "missing" },
    { .name = "held before it came", .held_ms = -1, .wanted = ST_UPSTREAM, .text = "held" },
    { .name = "held longer than we waited",
      .held_ms = 2 * PATIENCE_MS,
      .wanted = ST_UPSTREAM,
      .text = "held" },
    { .name = "kiss: denied",
      .leap = 3,
      .kiss = "DENY",
      .wanted = ST_UPSTREAM,
      .text = "DENY",
      .code = "kissDeny" },
    { .name = "kiss: restricted",
      .leap = 3,
      .kiss = "RSTR",
      .wanted = ST_UPSTREAM,
      .text = "RSTR",
      .code = "kissDeny" },
    { .name = "kiss: too often",
      .leap = 3,
      .kiss = "RATE",
      .wanted = ST_UPSTREAM,
      .text = "RATE",
      .code = "kissRate" },
    { .name = "kiss: not yet synchronised", .kiss = "INIT", .wanted = ST_UPSTREAM, .text = "INIT" },
    { .name = "kiss in rubbish",
      .kiss = "\x01\xff\n\"",
      .wanted = ST_UPSTREAM,
      .text = "no time: ????" },
    { .name = "a kiss to what was not asked",
      .leap = 3,
      .kiss = "DENY",
      .wrong_originate = true,
      .wanted = ST_TIMEOUT,
      .text = "in time" },
    { .name = "wrong originate", .wrong_originate = true, .wanted = ST_TIMEOUT, .text = "in time" },
    { .name = "a flood", .bogus = 16, .wanted = ST_UPSTREAM, .text = "not asked" },
    { .name = "short", .len = 47, .wanted = ST_TIMEOUT, .text = "in time" },
    { .name = "empty", .len = 1, .wanted = ST_TIMEOUT, .text = "in time" },
    { .name = "from another port", .other_port = true, .wanted = ST_TIMEOUT, .text = "in time" },
    { .name = "silent", .silent = true, .wanted = ST_TIMEOUT, .text = "in time" },
};

static void what_is_no_sound_answer_to_our_question_is_not_believed(void **state) /* req 0.52 */
{
    const struct clock clock = clock_fixed_at(NOW_MS);

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct responder r;
        struct sntp_answer answer;
        struct err err = { 0 };
        open_responder(&r, &bad[i], NOW_MS);
        int64_t patience_ms = bad[i].wanted == ST_TIMEOUT ? SHORT_MS : PATIENCE_MS;
        enum status status = sntp_ask(r.name, patience_ms, &clock, &answer, &err);
        close_responder(&r);
        assert_int_equal(r.questions, 1); /* nobody is asked twice */
        if (status != bad[i].wanted || !strstr(err.text, bad[i].text))
            fail_msg("%s: %s, «%s»", bad[i].name, status_name(status), err.text);
        assert_string_equal(err.code, bad[i].code ? bad[i].code : "");
    }
}

static void an_answer_that_comes_late_serves_nobody(void **state)
{
    static const struct manner silent = { .silent = true };
    const struct clock clock = clock_fixed_at(NOW_MS);
    struct responder r;
    struct sntp_answer answer;
    struct err err = { 0 };
    uint8_t first[8];

    (void)state;
    open_responder(&r, &silent, NOW_MS);
    assert_int_equal(sntp_ask(r.name, SHORT_MS, &clock, &answer, &err), ST_TIMEOUT);
    (void)pthread_mutex_lock(&r.lock);
    memcpy(first, r.question + 40, sizeof(first));
    r.manner = &good[1];
    (void)pthread_mutex_unlock(&r.lock);
    assert_int_equal(sntp_ask(r.name, PATIENCE_MS, &clock, &answer, &err), ST_OK);
    close_responder(&r);
    assert_memory_not_equal(first, r.question + 40, sizeof(first)); /* another question's bits */
    assert_int_equal(r.question[0], 4 << 3 | 3);
}

/* ---- names ---- */

static pthread_mutex_t resolver = PTHREAD_MUTEX_INITIALIZER; /* held: it hangs */
static const struct manner plain = { 0 };
static struct responder by_name;

/* In the C library's place: «time.test» has a deaf address and then the responder's. */
int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                struct addrinfo **ret)
{
    static const char *const addresses[] = { "127.0.0.1", "127.0.0.1" };
    const bool numeric = hints->ai_flags & AI_NUMERICHOST;
    const uint16_t ports[] = { numeric ? 0 : 1, (uint16_t)strtoul(service, NULL, 10) };

    *ret = NULL;
    if (numeric && strcmp(host, "127.0.0.1") != 0)
        return EAI_NONAME;
    if (!numeric) {
        (void)pthread_mutex_lock(&resolver);
        (void)pthread_mutex_unlock(&resolver);
        if (strcmp(host, "time.test") != 0)
            return EAI_NONAME;
    }
    for (size_t i = 2; i-- > (numeric ? 1 : 0);) {
        struct {
            struct addrinfo info;
            struct sockaddr_in at;
        } *one = calloc(1, sizeof(*one));
        assert_non_null(one);
        one->at = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(ports[i]) };
        assert_int_equal(inet_pton(AF_INET, addresses[i], &one->at.sin_addr), 1);
        one->info = (struct addrinfo){ .ai_family = AF_INET,
                                       .ai_addr = (struct sockaddr *)&one->at,
                                       .ai_addrlen = sizeof(one->at),
                                       .ai_next = *ret };
        *ret = &one->info;
    }
    return 0;
}

void freeaddrinfo(struct addrinfo *list)
{
    while (list) {
        struct addrinfo *next = list->ai_next;
        free(list);
        list = next;
    }
}

static enum status ask_named(const char *host, int64_t timeout_ms, struct err *err)
{
    const struct clock clock = clock_fixed_at(NOW_MS);
    struct sntp_answer answer;
    char name[80];

    assert_true(text_format(name, sizeof(name), "%s%s", host, strchr(by_name.name, ':')));
    return sntp_ask(name, timeout_ms, &clock, &answer, err);
}

static void a_name_is_looked_up_and_the_next_address_is_asked_where_one_is_deaf(void **state)
{
    struct err err = { 0 };

    (void)state;
    open_responder(&by_name, &plain, NOW_MS);
    assert_int_equal(ask_named("time.test", PATIENCE_MS, &err), ST_OK);
    assert_int_equal(ask_named("gone.test", PATIENCE_MS, &err), ST_UPSTREAM);
    assert_non_null(strstr(err.text, "gone.test"));
    assert_int_equal(ask_named("ntp://x", PATIENCE_MS, &err), ST_INPUT);
    close_responder(&by_name);
}

static void a_resolver_that_hangs_costs_the_deadline_and_four_threads_at_most(void **state)
{
    struct err err = { 0 };
    enum status status;

    (void)state;
    open_responder(&by_name, &plain, NOW_MS);
    (void)pthread_mutex_lock(&resolver);
    for (int i = 0; i < 4; i++)
        assert_int_equal(ask_named("time.test", 50, &err), ST_TIMEOUT);
    assert_int_equal(ask_named("time.test", PATIENCE_MS, &err), ST_UNAVAILABLE);
    assert_int_equal(ask_named("127.0.0.1", PATIENCE_MS, &err), ST_OK); /* wants no resolver */
    (void)pthread_mutex_unlock(&resolver);
    do /* until they have gone */
        status = ask_named("time.test", PATIENCE_MS, &err);
    while (status == ST_UNAVAILABLE);
    assert_int_equal(status, ST_OK);
    close_responder(&by_name);
}

static void a_port_where_nobody_listens_is_told_at_once(void **state)
{
    const struct clock clock = clock_fixed_at(NOW_MS);
    struct sntp_answer answer;
    struct sockaddr_in at;
    struct err err = { 0 };
    char name[64];

    (void)state;
    (void)close(bound(&at));
    assert_true(text_format(name, sizeof(name), "127.0.0.1:%u", ntohs(at.sin_port)));
    assert_int_equal(sntp_ask(name, PATIENCE_MS, &clock, &answer, &err), ST_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_offset_is_true_to_half_the_delay),
        cmocka_unit_test(what_is_no_sound_answer_to_our_question_is_not_believed),
        cmocka_unit_test(an_answer_that_comes_late_serves_nobody),
        cmocka_unit_test(a_name_is_looked_up_and_the_next_address_is_asked_where_one_is_deaf),
        cmocka_unit_test(a_resolver_that_hangs_costs_the_deadline_and_four_threads_at_most),
        cmocka_unit_test(a_port_where_nobody_listens_is_told_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
