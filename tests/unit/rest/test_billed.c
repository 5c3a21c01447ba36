/* Calls that cost money: sent once, their headers kept, their time measured. */
#include "rest_kit.h"

#include <unistd.h>

enum { SHORT_MS = 150 };

static struct rest_call call_to(const struct peer *peer, char url[128])
{
    return (struct rest_call){ .method = "POST",
                               .url = peer_url(peer, "/verify", url),
                               .body = SLICE("photo"),
                               .max_bytes = 100,
                               .deadline_ms = clock_monotonic_ms() + LONG_MS };
}

/* ---- once ---- */

/* The server answers the first call, takes in the second whole and closes: it may have done the
 * work. Without once libcurl sends the second again. */
static void what_says_once_is_never_sent_a_second_time(void **state)
{
    static const struct {
        bool once;
        unsigned requests;
        unsigned connections;
    } rows[] = { { false, 3, 2 }, { true, 2, 2 } };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct peer *peer = peer_start((struct script){ good, END_FIRST, false }, NULL);
        struct rest *rest = make_rest(NULL, 1);
        struct rest_answer answer = { 0 };
        struct err err = { 0 };
        char url[128];
        struct rest_call call = call_to(peer, url);

        assert_int_equal(rest_do(rest, &call, &answer, &err), ST_OK);
        rest_answer_free(&answer);
        call.once = rows[i].once;
        assert_int_equal(rest_do(rest, &call, &answer, &err), ST_UPSTREAM);
        assert_int_equal(peer_count(peer, &peer->requests), rows[i].requests);
        assert_int_equal(peer_count(peer, &peer->connections), rows[i].connections);
        rest_free(rest);
        peer_stop(peer);
    }
}

/* Where a connection at hand would be dead, one of its own is not. */
static void what_says_once_needs_no_luck_with_old_connections(void **state)
{
    struct peer *peer = peer_start((struct script){ good, END_TIRED, false }, NULL);
    struct rest *rest = make_rest(NULL, 1);

    (void)state;
    for (int time = 0; time < 12; time++) {
        struct rest_answer answer = { 0 };
        struct err err = { 0 };
        char url[128];
        struct rest_call call = call_to(peer, url);

        call.once = true;
        assert_int_equal(rest_do(rest, &call, &answer, &err), ST_OK);
        rest_answer_free(&answer);
    }
    assert_int_equal(peer_count(peer, &peer->requests), 12);
    assert_int_equal(peer_count(peer, &peer->connections), 12);
    rest_free(rest);
    peer_stop(peer);
}

/* ---- headers ---- */

#define OK_HEAD "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"

static const char *const wanted[] = { "x-jws-signature", "X-Idempotency-Key", NULL };

static const struct header_row {
    const char *name;
    const char *answer;
    enum status want;
    const char *code;
    const char *values[2];
} header_rows[] = {
    { "both, in any case, without the blanks around",
      OK_HEAD "X-JWS-Signature: a..b \r\nx-idempotency-key:CD0305201705\r\n\r\nok",
      ST_OK,
      "",
      { "a..b", "CD0305201705" } },
    { "one", OK_HEAD "x-jws-signature: a..b\r\n\r\nok", ST_OK, "", { "a..b", NULL } },
    { "none", OK_HEAD "\r\nok", ST_OK, "", { NULL, NULL } },
    { "an empty one is there", OK_HEAD "x-jws-signature:\r\n\r\nok", ST_OK, "", { "", NULL } },
    { "of an error as well",
      "HTTP/1.1 406 No\r\nContent-Length: 2\r\nx-jws-signature: e\r\n\r\nok",
      ST_OK,
      "",
      { "e", NULL } },
    { "what only begins or ends so is another",
      OK_HEAD "x-jws-signature2: a\r\nxx-jws-signature: b\r\n\r\nok",
      ST_OK,
      "",
      { NULL, NULL } },
    { "twice",
      OK_HEAD "x-jws-signature: a\r\nX-JWS-SIGNATURE: b\r\n\r\nok",
      ST_UPSTREAM,
      "headerTwice",
      { NULL, NULL } },
    { "twice the same",
      OK_HEAD "x-jws-signature: a\r\nx-jws-signature: a\r\n\r\nok",
      ST_UPSTREAM,
      "headerTwice",
      { NULL, NULL } },
    { "what is not wanted may come twice",
      OK_HEAD "x-a: a\r\nx-a: b\r\nx-jws-signature: c\r\n\r\nok",
      ST_OK,
      "",
      { "c", NULL } },
    { "not of the forerunner",
      "HTTP/1.1 103 Early\r\nx-jws-signature: a\r\n\r\n" OK_HEAD "\r\nok",
      ST_OK,
      "",
      { NULL, NULL } },
    { "not of the trailer",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n"
      "x-jws-signature: a\r\n\r\n",
      ST_OK,
      "",
      { NULL, NULL } },
};

static void check_value(const struct header_row *row, const char *got, const char *want)
{
    if ((got != NULL) != (want != NULL) || (got && strcmp(got, want) != 0))
        fail_msg("%s: got %s", row->name, got ? got : "none");
}

static void check_headers(const struct header_row *row)
{
    struct peer *peer = peer_start((struct script){ row->answer, END_KEEP, false }, NULL);
    struct rest *rest = make_rest(NULL, 1);
    struct rest_answer answer = { 0 };
    struct err err = { 0 };
    char url[128];
    struct rest_call call = call_to(peer, url);

    call.wanted = wanted;
    enum status status = rest_do(rest, &call, &answer, &err);
    if (status != row->want || strcmp(err.code, row->code) != 0)
        fail_msg("%s: %s %s: %s", row->name, status_name(status), err.code, err.text);
    if (row->code[0])
        assert_string_equal(err.field, "x-jws-signature");
    for (int i = 0; i < 2; i++)
        check_value(row, answer.headers[i], row->values[i]);
    rest_answer_free(&answer);
    rest_free(rest);
    peer_stop(peer);
}

/* req 2.14, 2.22 */
static void wanted_headers_are_kept_as_they_came(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(header_rows) / sizeof(header_rows[0]); i++)
        check_headers(&header_rows[i]);
}

static void a_wanted_header_has_its_ceiling(void **state)
{
    static const struct {
        size_t len;
        enum status want;
    } rows[] = { { REST_WANTED_BYTES, ST_OK }, { REST_WANTED_BYTES + 1, ST_UPSTREAM } };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        AUTO(bytes_free) struct bytes *text = bytes_new(64 << 10);

        bytes_add_str(text, OK_HEAD "x-jws-signature: ");
        memset(bytes_extend(text, rows[i].len), 'a', rows[i].len);
        bytes_add_str(text, "\r\n\r\nok");
        struct header_row row = { .name = "long", .answer = text->at, .want = rows[i].want };
        struct peer *peer = peer_start((struct script){ row.answer, END_KEEP, false }, NULL);
        struct rest *rest = make_rest(NULL, 1);
        struct rest_answer answer = { 0 };
        struct err err = { 0 };
        char url[128];
        struct rest_call call = call_to(peer, url);

        call.wanted = wanted;
        assert_int_equal(rest_do(rest, &call, &answer, &err), row.want);
        if (row.want == ST_OK)
            assert_int_equal(strlen(answer.headers[0]), rows[i].len);
        else
            assert_string_equal(err.limit, "16384 bytes");
        rest_answer_free(&answer);
        rest_free(rest);
        peer_stop(peer);
    }
}

static void more_headers_than_an_answer_holds_cannot_be_wanted(void **state)
{
    const char *many[REST_WANTED_MAX + 2] = { NULL };
    struct peer *peer = peer_start((struct script){ OK_HEAD "\r\nok", END_KEEP, false }, NULL);
    struct rest *rest = make_rest(NULL, 1);
    struct rest_answer answer = { 0 };
    struct err err = { 0 };
    char url[128];
    struct rest_call call = call_to(peer, url);

    (void)state;
    call.wanted = many;
    for (size_t i = 0; i < REST_WANTED_MAX; i++)
        many[i] = "x-a";
    assert_int_equal(rest_do(rest, &call, &answer, &err), ST_OK);
    rest_answer_free(&answer);
    many[REST_WANTED_MAX] = "x-a";
    assert_int_equal(rest_do(rest, &call, &answer, &err), ST_INPUT);
    assert_int_equal(peer_count(peer, &peer->requests), 1);
    rest_free(rest);
    peer_stop(peer);
}

/* ---- times ---- */

static void times_tell_how_far_a_call_came(void **state)
{
    static const struct {
        struct script script;
        enum status want;
        bool answered;
    } rows[] = {
        { { OK_HEAD "\r\nok", END_KEEP, false }, ST_OK, true },
        { { OK_HEAD "\r\no", END_STALL, false }, ST_TIMEOUT, true },
        { { NULL, END_STALL, false }, ST_TIMEOUT, false },
        { { NULL, END_CLOSE, false }, ST_UPSTREAM, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct peer *peer = peer_start(rows[i].script, NULL);
        struct rest *rest = make_rest(NULL, 1);
        struct rest_answer answer = { 0 };
        struct rest_times times;
        struct err err = { 0 };
        char url[128];
        struct rest_call call = call_to(peer, url);

        call.times = &times;
        call.deadline_ms = clock_monotonic_ms() + (rows[i].want == ST_TIMEOUT ? SHORT_MS : LONG_MS);
        assert_int_equal(rest_do(rest, &call, &answer, &err), rows[i].want);
        rest_answer_free(&answer);
        assert_true(times.queue_ms >= 0 && times.connect_ms >= 0);
        if ((times.first_byte_ms >= 0) != rows[i].answered)
            fail_msg("row %zu: first byte %lld", i, (long long)times.first_byte_ms);
        assert_true(times.total_ms >= (rows[i].want == ST_TIMEOUT ? SHORT_MS : 0));
        rest_free(rest);
        peer_stop(peer);
    }
}

static void a_call_that_met_nobody_sent_nothing(void **state)
{
    struct peer peer = { .fd = -1 };
    int fd = peer_bind(&peer.port); /* bound, not listening: refused */
    struct rest *rest = make_rest(NULL, 1);
    struct rest_answer answer = { 0 };
    struct rest_times times;
    struct err err = { 0 };
    char url[128];
    struct rest_call call = call_to(&peer, url);

    (void)state;
    call.times = &times;
    call.once = true;
    assert_int_equal(rest_do(rest, &call, &answer, &err), ST_UPSTREAM);
    assert_int_equal(times.connect_ms, -1);
    assert_int_equal(times.first_byte_ms, -1);
    call.url = "nonsense://";
    assert_int_equal(rest_do(rest, &call, &answer, &err), ST_INPUT);
    assert_int_equal(times.connect_ms, -1);
    rest_free(rest);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_says_once_is_never_sent_a_second_time),
        cmocka_unit_test(what_says_once_needs_no_luck_with_old_connections),
        cmocka_unit_test(wanted_headers_are_kept_as_they_came),
        cmocka_unit_test(a_wanted_header_has_its_ceiling),
        cmocka_unit_test(more_headers_than_an_answer_holds_cannot_be_wanted),
        cmocka_unit_test(times_tell_how_far_a_call_came),
        cmocka_unit_test(a_call_that_met_nobody_sent_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
