/* Outward calls against a scripted server on loopback that answers, stalls, lies and breaks off. */
#include "rest/rest.h"

#include "base/clock.h"
#include "base/text.h"
#include "certs.h"
#include "support/cmocka.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LONG_MS = 20000, SHORT_MS = 150, SEEN_BYTES = 1 << 16 };

enum end { END_KEEP, END_CLOSE, END_RESET, END_STALL };

/* What the server does with each request it gets. */
struct script {
    const char *answer; /* sent as it stands; NULL: nothing */
    enum end end;
    bool endless; /* goes on sending letters until the caller has enough */
};

struct peer {
    int fd;
    uint16_t port;
    pthread_t thread;
    struct script script;
    SSL_CTX *tls;
    pthread_mutex_t lock;
    unsigned connections;
    unsigned requests;
    char seen[SEEN_BYTES]; /* the last request */
};

struct wire {
    int fd;
    SSL *ssl;
};

static ssize_t wire_read(struct wire *wire, void *to, size_t room)
{
    return wire->ssl ? SSL_read(wire->ssl, to, (int)room) : recv(wire->fd, to, room, 0);
}

static bool wire_send(struct wire *wire, const char *at, size_t len)
{
    return wire->ssl ? SSL_write(wire->ssl, at, (int)len) > 0
                     : send(wire->fd, at, len, MSG_NOSIGNAL) == (ssize_t)len;
}

/* One whole request; false: the caller has closed. */
static bool read_request(struct peer *peer, struct wire *wire)
{
    char request[SEEN_BYTES] = "";
    size_t len = 0;
    size_t want = SIZE_MAX;

    while (len < want) {
        ssize_t got = wire_read(wire, request + len, sizeof(request) - 1 - len);
        if (got <= 0)
            return false;
        len += (size_t)got;
        request[len] = '\0';
        const char *end = strstr(request, "\r\n\r\n");
        const char *length = strstr(request, "Content-Length: ");
        if (end)
            want = (size_t)(end - request) + 4 + (length ? strtoul(length + 16, NULL, 10) : 0);
    }
    pthread_mutex_lock(&peer->lock);
    peer->requests++;
    memcpy(peer->seen, request, len + 1);
    pthread_mutex_unlock(&peer->lock);
    return true;
}

static void wait_for_close(struct wire *wire)
{
    char dropped[512];

    while (wire_read(wire, dropped, sizeof(dropped)) > 0)
        continue;
}

static bool play(struct peer *peer, struct wire *wire)
{
    const struct script *script = &peer->script;
    const struct linger reset = { .l_onoff = 1 };
    char letters[4096];

    memset(letters, 'x', sizeof(letters));
    if (script->answer && !wire_send(wire, script->answer, strlen(script->answer)))
        return false;
    while (script->endless && wire_send(wire, letters, sizeof(letters)))
        continue;
    if (script->end == END_STALL)
        wait_for_close(wire);
    if (script->end == END_RESET)
        (void)setsockopt(wire->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    return script->end == END_KEEP && !script->endless;
}

struct guest {
    struct peer *peer;
    int fd;
};

static void *serve_one(void *ctx)
{
    struct guest guest = *(struct guest *)ctx;
    struct wire wire = { .fd = guest.fd };

    free(ctx);
    if (guest.peer->tls) {
        wire.ssl = SSL_new(guest.peer->tls);
        SSL_set_fd(wire.ssl, wire.fd);
    }
    if (!wire.ssl || SSL_accept(wire.ssl) == 1)
        while (read_request(guest.peer, &wire) && play(guest.peer, &wire))
            continue;
    SSL_free(wire.ssl);
    close(wire.fd);
    return NULL;
}

static void *serve(void *ctx)
{
    struct peer *peer = ctx;
    pthread_t threads[64];
    unsigned count = 0;

    for (;;) {
        int fd = accept4(peer->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0 || count == 64)
            break;
        struct guest *guest = malloc(sizeof(*guest));
        *guest = (struct guest){ peer, fd };
        pthread_mutex_lock(&peer->lock);
        peer->connections++;
        pthread_mutex_unlock(&peer->lock);
        pthread_create(&threads[count++], NULL, serve_one, guest);
    }
    for (unsigned i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    return NULL;
}

static int listen_on_loopback(uint16_t *ret_port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(address);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

/* cert NULL: plain. */
static struct peer *peer_start(struct script script, const char *cert)
{
    struct peer *peer = calloc(1, sizeof(*peer));
    char path[CERT_PATH];
    char name[32];

    assert_non_null(peer);
    peer->script = script;
    pthread_mutex_init(&peer->lock, NULL);
    peer->fd = listen_on_loopback(&peer->port);
    assert_int_equal(listen(peer->fd, 16), 0);
    if (cert) {
        peer->tls = SSL_CTX_new(TLS_server_method());
        snprintf(name, sizeof(name), "%s.pem", cert);
        assert_int_equal(SSL_CTX_use_certificate_chain_file(peer->tls, certs_path(name, path)), 1);
        snprintf(name, sizeof(name), "%s.key", cert);
        assert_int_equal(
            SSL_CTX_use_PrivateKey_file(peer->tls, certs_path(name, path), SSL_FILETYPE_PEM), 1);
    }
    assert_int_equal(pthread_create(&peer->thread, NULL, serve, peer), 0);
    return peer;
}

/* All callers must have closed: free the rest first. */
static void peer_stop(struct peer *peer)
{
    shutdown(peer->fd, SHUT_RDWR);
    pthread_join(peer->thread, NULL);
    close(peer->fd);
    SSL_CTX_free(peer->tls);
    pthread_mutex_destroy(&peer->lock);
    free(peer);
}

static void check_seen(struct peer *peer, const char *text, bool want)
{
    pthread_mutex_lock(&peer->lock);
    if ((strstr(peer->seen, text) != NULL) != want)
        fail_msg("%s %s: %s", want ? "wanted" : "not wanted", text, peer->seen);
    pthread_mutex_unlock(&peer->lock);
}

static unsigned count_of(struct peer *peer, const unsigned *member)
{
    pthread_mutex_lock(&peer->lock);
    unsigned count = *member;
    pthread_mutex_unlock(&peer->lock);
    return count;
}

static struct rest *make_rest(const char *ca, unsigned max_parallel)
{
    struct rest *rest = NULL;
    struct err err = { 0 };
    char path[CERT_PATH];
    struct rest_params params = { .ca_file = ca ? certs_path(ca, path) : NULL,
                                  .max_parallel = max_parallel,
                                  .user_agent = "shepd/test" };

    assert_int_equal(rest_new(&params, &rest, &err), ST_OK);
    return rest;
}

static const char *url_of(const struct peer *peer, const char *path, char dst[128])
{
    snprintf(dst, 128, "%s://127.0.0.1:%u%s", peer->tls ? "https" : "http", peer->port, path);
    return dst;
}

static const char good[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                           "Content-Length: 11\r\n\r\n{\"ok\":true}";

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
                              .url = url_of(peer, "/secret-token", url),
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
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_row(&rows[i]);
}

static void a_refused_connection_and_bad_calls_are_told_apart(void **state)
{
    uint16_t port = 0;
    int fd = listen_on_loopback(&port); /* bound, not listening: refused */
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
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
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
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        struct rest_answer answer = { 0 };
        struct err err = { 0 };
        const char *headers[] = { calls[i].header, NULL };
        struct rest_call call = { .method = calls[i].method,
                                  .url = url_of(peer, "/x?y=1", url),
                                  .headers = headers,
                                  .body = slice_str(calls[i].body),
                                  .max_bytes = 100,
                                  .deadline_ms = clock_monotonic_ms() + LONG_MS };
        assert_int_equal(rest_do(rest, &call, &answer, &err), ST_OK);
        assert_string_equal(answer.content_type, "application/json");
        rest_answer_free(&answer);
        for (size_t k = 0; k < 4 && calls[i].want[k]; k++)
            check_seen(peer, calls[i].want[k], true);
        check_seen(peer, calls[i].refuse, false);
    }
    assert_int_equal(count_of(peer, &peer->requests), 5);
    assert_int_equal(count_of(peer, &peer->connections), 1);
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
    for (size_t i = 0; i < sizeof(tls) / sizeof(tls[0]); i++) {
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
        assert_int_equal(count_of(peer, &peer->requests), tls[i].want == ST_OK ? 1 : 0);
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
                              .url = url_of(peer, "/", url),
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

struct busy {
    struct rest *rest;
    const char *url;
    int64_t deadline_ms;
    enum status status;
};

static void *run_call(void *ctx)
{
    struct busy *busy = ctx;
    struct rest_answer answer = { 0 };
    struct err err = { 0 };
    struct rest_call call = {
        .method = "GET", .url = busy->url, .max_bytes = 100, .deadline_ms = busy->deadline_ms
    };

    busy->status = rest_do(busy->rest, &call, &answer, &err);
    rest_answer_free(&answer);
    return NULL;
}

static void a_full_pool_is_unavailable_at_the_deadline_and_free_afterwards(void **state)
{
    struct peer *slow = peer_start((struct script){ NULL, END_STALL, false }, NULL);
    struct rest *rest = make_rest(NULL, 1);
    char url[128];
    struct busy first = { .rest = rest,
                          .url = url_of(slow, "/", url),
                          .deadline_ms = clock_monotonic_ms() + 2000 };
    struct busy second = first;
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, run_call, &first), 0);
    while (count_of(slow, &slow->requests) == 0)
        sched_yield(); /* until the first is under way */
    second.deadline_ms = clock_monotonic_ms() + 50;
    run_call(&second);
    assert_int_equal(second.status, ST_UNAVAILABLE);
    second.deadline_ms =
        first.deadline_ms + 100; /* waits, gets the handle, then its own deadline */
    run_call(&second);
    assert_int_equal(second.status, ST_TIMEOUT);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(first.status, ST_TIMEOUT);
    rest_free(rest);
    peer_stop(slow);
}

static void many_threads_share_the_pool(void **state)
{
    enum { THREADS = 12 };
    struct peer *peer = peer_start((struct script){ good, END_KEEP, false }, NULL);
    struct rest *rest = make_rest(NULL, 3);
    char url[128];
    struct busy calls[THREADS];
    pthread_t threads[THREADS];

    (void)state;
    url_of(peer, "/", url);
    for (int i = 0; i < THREADS; i++) {
        calls[i] = (struct busy){ .rest = rest,
                                  .url = url,
                                  .deadline_ms = clock_monotonic_ms() + LONG_MS };
        assert_int_equal(pthread_create(&threads[i], NULL, run_call, &calls[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(calls[i].status, ST_OK);
    }
    assert_in_range(count_of(peer, &peer->connections), 1, 3);
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
    for (size_t i = 0; i < sizeof(fetches) / sizeof(fetches[0]); i++) {
        struct peer *peer = peer_start((struct script){ fetches[i].answer, END_KEEP, false }, NULL);
        struct rest *rest = make_rest(NULL, 1);
        struct bytes *answer = NULL;
        struct err err = { 0 };
        char url[128];
        struct fetch fetch = { .url = url_of(peer, "/ocsp", url),
                               .content_type = fetches[i].type,
                               .accept = "a/b",
                               .body = SLICE(""),
                               .max_bytes = 100,
                               .deadline_ms = clock_monotonic_ms() + LONG_MS };
        assert_int_equal(rest_fetch(rest, &fetch, &answer, &err), fetches[i].want);
        assert_true((answer != NULL) == (fetches[i].want == ST_OK));
        check_seen(peer, fetches[i].seen, true);
        bytes_free(answer);
        rest_free(rest);
        peer_stop(peer);
    }
}

static int set_up(void **state)
{
    (void)state;
    certs_make();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    certs_remove();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_environments_proxy_is_not_used),
        cmocka_unit_test(every_way_an_answer_can_go_ends_in_its_status),
        cmocka_unit_test(a_refused_connection_and_bad_calls_are_told_apart),
        cmocka_unit_test(calls_say_what_they_mean_and_reuse_their_connection),
        cmocka_unit_test(a_header_with_a_line_end_is_not_sent),
        cmocka_unit_test(tls_is_believed_only_with_our_authority_and_the_right_name),
        cmocka_unit_test(a_full_pool_is_unavailable_at_the_deadline_and_free_afterwards),
        cmocka_unit_test(many_threads_share_the_pool),
        cmocka_unit_test(fetch_is_a_get_or_a_post_and_wants_200),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
