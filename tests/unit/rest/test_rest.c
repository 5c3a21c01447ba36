/* Outward calls against a scripted server on loopback that answers, stalls, lies and breaks off. */
#include "rest_kit.h"

#include "base/clock.h"
#include "base/text.h"
#include "certs.h"

#include <unistd.h>

enum { SHORT_MS = 150 };

static const struct row {
    const char *name;
    struct script script;
    int64_t deadline_ms;
    size_t max_bytes;
    enum status want;
    long http;        /* on ST_OK */
    const char *text; /* of the error, or the body */
} rows[] = {
    { "good", { good, END_KEEP, false }, LONG_MS, 11, ST_OK, 200, "{\"ok\":true}" },
    { "chunked",
      { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", END_KEEP,
        false },
      LONG_MS,
      5,
      ST_OK,
      200,
      "hello" },
    { "until the end",
      { "HTTP/1.0 200 OK\r\n\r\nhello", END_CLOSE, false },
      LONG_MS,
      5,
      ST_OK,
      200,
      "hello" },
    { "500 is an answer",
      { "HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\noops", END_KEEP, false },
      LONG_MS,
      100,
      ST_OK,
      500,
      "oops" },
    { "a redirect is an answer",
      { "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        END_KEEP, false },
      LONG_MS,
      100,
      ST_OK,
      302,
      "" },
    { "closed before headers", { NULL, END_CLOSE, false }, LONG_MS, 100, ST_UPSTREAM, 0, "mpty" },
    { "reset before headers", { NULL, END_RESET, false }, LONG_MS, 100, ST_UPSTREAM, 0, "reset" },
    { "closed in the body",
      { "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf", END_CLOSE, false },
      LONG_MS,
      100,
      ST_UPSTREAM,
      0,
      "46 bytes" },
    { "closed in a chunk",
      { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n50\r\nhalf", END_CLOSE, false },
      LONG_MS,
      100,
      ST_UPSTREAM,
      0,
      "http://127.0.0.1" },
    { "reset in the body",
      { "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf", END_RESET, false },
      LONG_MS,
      100,
      ST_UPSTREAM,
      0,
      "http://127.0.0.1" },
    { "no headers in time", { NULL, END_STALL, false }, SHORT_MS, 100, ST_TIMEOUT, 0, "in time" },
    { "half the headers in time",
      { "HTTP/1.1 200 OK\r\nContent-Le", END_STALL, false },
      SHORT_MS,
      100,
      ST_TIMEOUT,
      0,
      "in time" },
    { "no body in time",
      { "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf", END_STALL, false },
      SHORT_MS,
      100,
      ST_TIMEOUT,
      0,
      "in time" },
    { "not HTTP",
      { "SSH-2.0-OpenSSH_9.2\r\n", END_CLOSE, false },
      LONG_MS,
      100,
      ST_UPSTREAM,
      0,
      "" },
    { "announced over-long",
      { "HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n", END_CLOSE, true },
      LONG_MS,
      100,
      ST_UPSTREAM,
      0,
      "over 100 bytes" },
    { "over-long without a length",
      { "HTTP/1.0 200 OK\r\n\r\n", END_CLOSE, true },
      LONG_MS,
      1 << 20,
      ST_UPSTREAM,
      0,
      "over 1048576 bytes" },
    { "endless head",
      { "HTTP/1.0 200 OK\r\nX: ", END_CLOSE, true },
      LONG_MS,
      100,
      ST_UPSTREAM,
      0,
      "endless head" },
};

static void check_row(const struct row *row)
{
    struct peer *peer = peer_start(row->script, NULL);
    struct rest *rest = make_rest(NULL, 1);
    struct rest_answer answer = { 0 };
    struct err err = { 0 };
    char url[128];
    int64_t start = clock_monotonic_ms();
    struct rest_call call = { .method = "GET",
                              .url = peer_url(peer, "/secret-token", url),
                              .max_bytes = row->max_bytes,
                              .deadline_ms = start + row->deadline_ms };
    enum status status = rest_do(rest, &call, &answer, &err);

    if (status != row->want)
        fail_msg("%s: wanted %s, got %s: %s", row->name, status_name(row->want),
                 status_name(status), err.text);
    if (status == ST_OK) {
        assert_int_equal(answer.status, row->http);
        assert_true(slice_eq_str(bytes_slice(answer.body), row->text));
        rest_answer_free(&answer);
    } else {
        if (!strstr(err.text, row->text))
            fail_msg("%s: wanted %s, got %s", row->name, row->text, err.text);
        assert_null(strstr(err.text, "secret"));
        assert_null(answer.body);
    }
    if (status == ST_TIMEOUT)
        assert_true(clock_monotonic_ms() - start >= row->deadline_ms);
    rest_free(rest);
    peer_stop(peer);
}

static void every_way_an_answer_can_go_ends_in_its_status(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        check_row(&rows[i]);
}

static void a_refused_connection_and_bad_calls_are_told_apart(void **state)
{
    uint16_t port = 0;
    int fd = peer_bind(&port); /* bound, not listening: refused */
    char refused[128];
    const struct {
        const char *method;
        const char *url;
        enum status want;
    } calls[] = {
        { "GET", refused, ST_UPSTREAM },           { "GET", "http://user:secret@[::1", ST_INPUT },
        { "GET", "ftp://127.0.0.1/", ST_INPUT },   { "GET", "file:///etc/passwd", ST_INPUT },
        { "GET", "ldap://127.0.0.1/", ST_INPUT },  { "GET", "", ST_INPUT },
        { "BREW", "http://127.0.0.1/", ST_INPUT },
    };
    struct rest *rest = make_rest(NULL, 1);

    (void)state;
    snprintf(refused, sizeof(refused), "http://user:secret@127.0.0.1:%u/secret?secret", port);
    for (size_t i = 0; i < COUNT(calls); i++) {
        struct rest_answer answer = { 0 };
        struct err err = { 0 };
        struct rest_call call = { .method = calls[i].method,
                                  .url = calls[i].url,
                                  .max_bytes = 100,
                                  .deadline_ms = clock_monotonic_ms() + LONG_MS };
        assert_int_equal(rest_do(rest, &call, &answer, &err), calls[i].want);
        assert_null(strstr(err.text, "secret"));
    }
    rest_free(rest);
    close(fd);
}

static void only_the_hosts_on_the_list_are_called(void **state)
{
    static const char *const hosts[] = { "127.0.0.1", "localhost", NULL };
    static const struct {
        const char *before, *after; /* of a port on which nobody listens */
        bool called;
    } urls[] = {
        { "http://127.0.0.1:", "/", true },
        { "http://LOCALHOST:", "/", true },
        { "http://10.255.255.1@127.0.0.1:", "/", true },
        { "http://0x7f.1:", "/", true }, /* libcurl writes it as it will call it */
        { "http://127.0.0.1@10.255.255.1:", "/", false },
        { "http://127.0.0.1:1@10.255.255.1:", "/", false },
        { "http://10.255.255.1:", "#@127.0.0.1/", false },
        { "http://10.255.255.1:", "/@127.0.0.1/", false },
        { "http://127.0.0.1.example.kz:", "/", false },
        { "http://localhost.:", "/", false },
        { "http://[::1]:", "/", false },
        { "http://2130706434:", "/", false }, /* 127.0.0.2 */
    };
    const struct rest_params params = { .max_parallel = 1, .hosts = hosts };
    struct rest *rest = NULL;
    uint16_t port = 0;
    int fd = peer_bind(&port); /* bound, not listening: refused */
    struct err err = { 0 };

    (void)state;
    assert_int_equal(rest_new(&params, &rest, &err), ST_OK);
    for (size_t i = 0; i < COUNT(urls); i++) {
        struct rest_answer answer = { 0 };
        char url[128];
        struct rest_call call = { .method = "GET",
                                  .url = url,
                                  .max_bytes = 100,
                                  .deadline_ms = clock_monotonic_ms() + LONG_MS };

        snprintf(url, sizeof(url), "%s%u%s", urls[i].before, port, urls[i].after);
        if (rest_do(rest, &call, &answer, &err) != (urls[i].called ? ST_UPSTREAM : ST_INPUT))
            fail_msg("%s: %s", url, err.text);
        assert_string_equal(err.code, urls[i].called ? "" : "hostNotAllowed");
    }
    rest_free(rest);
    close(fd);
}

static void calls_say_what_they_mean_and_reuse_their_connection(void **state)
{
    static const struct {
        const char *method;
        const char *body;
        const char *header;
        const char *want[4];
        const char *refuse;
    } calls[] = {
        { "GET",
          "",
          "Accept: a/b",
          { "GET /x?y=1 HTTP/1.1\r\n", "\r\nAccept: a/b\r\n" },
          "Content-" },
        { "POST",
          "data",
          "Content-Type: t/u",
          { "POST /x?y=1 ", "\r\nContent-Type: t/u\r\n", "Content-Length: 4\r\n", "\r\n\r\ndata" },
          "Expect" },
        { "POST",
          "",
          "X-A: b",
          { "POST /x?y=1 ", "Content-Length: 0\r\n", "X-A: b\r\n" },
          "Content-Type" },
        { "PUT",
          "doc",
          "X-A: b",
          { "PUT /x?y=1 ", "Content-Length: 3\r\n", "\r\n\r\ndoc" },
          "Content-Type" },
        { "DELETE", "", "X-A: b", { "DELETE /x?y=1 ", "User-Agent: shepd/test\r\n" }, "Content-" },
    };
    struct peer *peer = peer_start((struct script){ good, END_KEEP, false }, NULL);
    struct rest *rest = make_rest(NULL, 4);
    char url[128];

    (void)state;
    for (size_t i = 0; i < COUNT(calls); i++) {
        struct rest_answer answer = { 0 };
        struct err err = { 0 };
        const char *headers[] = { calls[i].header, NULL };
        struct rest_call call = { .method = calls[i].method,
                                  .url = peer_url(peer, "/x?y=1", url),
                                  .headers = headers,
                                  .body = slice_str(calls[i].body),
                                  .max_bytes = 100,
                                  .deadline_ms = clock_monotonic_ms() + LONG_MS };
        assert_int_equal(rest_do(rest, &call, &answer, &err), ST_OK);
        assert_string_equal(answer.content_type, "application/json");
        rest_answer_free(&answer);
        for (size_t k = 0; k < 4 && calls[i].want[k]; k++)
            peer_check_seen(peer, calls[i].want[k], true);
        peer_check_seen(peer, calls[i].refuse, false);
    }
    assert_int_equal(peer_count(peer, &peer->requests), 5);
    assert_int_equal(peer_count(peer, &peer->connections), 1);
    rest_free(rest);
    peer_stop(peer);
}

static void a_header_with_a_line_end_is_not_sent(void **state)
{
    struct rest *rest = make_rest(NULL, 1);
    const char *headers[] = { "X: a\r\nY: b", NULL };
    struct rest_answer answer = { 0 };
    struct err err = { 0 };
    struct rest_call call = { .method = "GET",
                              .url = "http://127.0.0.1/",
                              .headers = headers,
                              .max_bytes = 100,
                              .deadline_ms = clock_monotonic_ms() + LONG_MS };

    (void)state;
    assert_int_equal(rest_do(rest, &call, &answer, &err), ST_INPUT);
    rest_free(rest);
}

static void tls_is_believed_only_with_our_authority_and_the_right_name(void **state)
{
    static const struct {
        const char *ca;
        const char *cert;
        const char *host;
        enum status want;
    } tls[] = {
        { "ca.pem", "server", "127.0.0.1", ST_OK },
        { "ca.pem", "server", "localhost", ST_OK },
        { "ca.pem", "client", "127.0.0.1", ST_UPSTREAM }, /* another name */
        { "foreign.pem", "server", "127.0.0.1", ST_UPSTREAM },
        { "ca.pem", "foreign", "127.0.0.1", ST_UPSTREAM }, /* self-signed */
        { NULL, "server", "127.0.0.1", ST_UPSTREAM },      /* the system does not know it */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(tls); i++) {
        struct peer *peer = peer_start((struct script){ good, END_KEEP, false }, tls[i].cert);
        struct rest *rest = make_rest(tls[i].ca, 1);
        struct rest_answer answer = { 0 };
        struct err err = { 0 };
        char url[128];
        struct rest_call call = { .method = "POST",
                                  .url = url,
                                  .body = SLICE("x"),
                                  .max_bytes = 100,
                                  .deadline_ms = clock_monotonic_ms() + LONG_MS };
        snprintf(url, sizeof(url), "https://%s:%u/", tls[i].host, peer->port);
        enum status status = rest_do(rest, &call, &answer, &err);
        if (status != tls[i].want)
            fail_msg("row %zu: %s %s", i, status_name(status), err.text);
        rest_answer_free(&answer);
        assert_int_equal(peer_count(peer, &peer->requests), tls[i].want == ST_OK ? 1 : 0);
        rest_free(rest);
        peer_stop(peer);
    }
}

static void the_environments_proxy_is_not_used(void **state)
{
    struct peer *peer = peer_start((struct script){ good, END_KEEP, false }, NULL);
    struct rest *rest = NULL;
    struct rest_answer answer = { 0 };
    struct err err = { 0 };
    char url[128];
    struct rest_call call = { .method = "GET",
                              .url = peer_url(peer, "/", url),
                              .max_bytes = 100,
                              .deadline_ms = clock_monotonic_ms() + LONG_MS };

    (void)state;
    setenv("http_proxy", "http://127.0.0.1:1", 1); // NOLINT(concurrency-mt-unsafe): one thread yet
    rest = make_rest(NULL, 1);
    assert_int_equal(rest_do(rest, &call, &answer, &err), ST_OK);
    unsetenv("http_proxy"); // NOLINT(concurrency-mt-unsafe)
    rest_answer_free(&answer);
    rest_free(rest);
    peer_stop(peer);
}

static void fetch_is_a_get_or_a_post_and_wants_200(void **state)
{
    static const struct {
        const char *type;
        const char *answer;
        const char *seen;
        enum status want;
    } fetches[] = {
        { NULL, good, "GET /ocsp ", ST_OK },
        { "application/ocsp-request", good, "Content-Type: application/ocsp-request\r\n", ST_OK },
        { NULL, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", "Accept: a/b\r\n", ST_UPSTREAM },
        { NULL, "HTTP/1.1 204 No\r\n\r\n", "GET ", ST_UPSTREAM },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(fetches); i++) {
        struct peer *peer = peer_start((struct script){ fetches[i].answer, END_KEEP, false }, NULL);
        struct rest *rest = make_rest(NULL, 1);
        struct bytes *answer = NULL;
        struct err err = { 0 };
        char url[128];
        struct fetch fetch = { .url = peer_url(peer, "/ocsp", url),
                               .content_type = fetches[i].type,
                               .accept = "a/b",
                               .body = SLICE(""),
                               .max_bytes = 100,
                               .deadline_ms = clock_monotonic_ms() + LONG_MS };
        assert_int_equal(rest_fetch(rest, &fetch, &answer, &err), fetches[i].want);
        assert_true((answer != NULL) == (fetches[i].want == ST_OK));
        peer_check_seen(peer, fetches[i].seen, true);
        bytes_free(answer);
        rest_free(rest);
        peer_stop(peer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_environments_proxy_is_not_used),
        cmocka_unit_test(every_way_an_answer_can_go_ends_in_its_status),
        cmocka_unit_test(a_refused_connection_and_bad_calls_are_told_apart),
        cmocka_unit_test(only_the_hosts_on_the_list_are_called),
        cmocka_unit_test(calls_say_what_they_mean_and_reuse_their_connection),
        cmocka_unit_test(a_header_with_a_line_end_is_not_sent),
        cmocka_unit_test(tls_is_believed_only_with_our_authority_and_the_right_name),
        cmocka_unit_test(fetch_is_a_get_or_a_post_and_wants_200),
    };

    return cmocka_run_group_tests(tests, setup_certs, teardown_certs);
}
