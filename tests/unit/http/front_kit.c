#include "front_kit.h"

#include "base/clock.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_WORKERS = 16, REPLY_BYTES = 1 << 16 };

struct kit {
    struct http_server *server;
    pthread_t thread;
    bool joined;
    enum status run_status;
    pthread_t workers[MAX_WORKERS];
    unsigned worker_count;
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct http_request *waiting[KIT_MAX_WAITING];
    size_t head;
    size_t count;
    struct kit_refusal refusals[KIT_MAX_WAITING];
    size_t first_refusal;
    size_t refusal_count;
    bool over;
};

int64_t kit_now_ms(void)
{
    return clock_monotonic_ms();
}

struct http_limits kit_limits(void)
{
    return (struct http_limits){ .max_head_bytes = 1 << 14,
                                 .max_headers = 100,
                                 .max_body_bytes = 1 << 20,
                                 .max_in_flight_bytes = 8 << 20,
                                 .max_connections = 500,
                                 .max_per_address = 400,
                                 .head_deadline_ms = KIT_PATIENCE_MS,
                                 .body_deadline_ms = KIT_PATIENCE_MS };
}

static void on_request(void *ctx, struct http_request *request)
{
    struct kit *kit = ctx;

    pthread_mutex_lock(&kit->lock);
    if (kit->count < KIT_MAX_WAITING)
        kit->waiting[(kit->head + kit->count++) % KIT_MAX_WAITING] = request;
    else
        http_answer_text(request, 503, "the kit is full");
    pthread_cond_broadcast(&kit->more);
    pthread_mutex_unlock(&kit->lock);
}

static void on_refused(void *ctx, const char *peer, int status, const char *reason)
{
    struct kit *kit = ctx;

    pthread_mutex_lock(&kit->lock);
    if (kit->refusal_count < KIT_MAX_WAITING) {
        struct kit_refusal *refusal = &kit->refusals[kit->refusal_count++];
        refusal->status = status;
        text_copy(refusal->peer, sizeof(refusal->peer), peer);
        text_copy(refusal->reason, sizeof(refusal->reason), reason);
    }
    pthread_mutex_unlock(&kit->lock);
}

struct kit_refusal kit_take_refusal(struct kit *kit)
{
    pthread_mutex_lock(&kit->lock);
    assert_true(kit->first_refusal < kit->refusal_count);
    struct kit_refusal refusal = kit->refusals[kit->first_refusal++];
    pthread_mutex_unlock(&kit->lock);
    return refusal;
}

size_t kit_refusals(struct kit *kit)
{
    pthread_mutex_lock(&kit->lock);
    size_t count = kit->refusal_count - kit->first_refusal;
    pthread_mutex_unlock(&kit->lock);
    return count;
}

/* NULL: over, or nothing came in time. */
static struct http_request *take(struct kit *kit)
{
    struct timespec until;
    struct http_request *request = NULL;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += KIT_PATIENCE_MS / 1000;
    pthread_mutex_lock(&kit->lock);
    while (kit->count == 0 && !kit->over)
        if (pthread_cond_timedwait(&kit->more, &kit->lock, &until) == ETIMEDOUT)
            break;
    if (kit->count > 0) {
        request = kit->waiting[kit->head];
        kit->head = (kit->head + 1) % KIT_MAX_WAITING;
        kit->count--;
    }
    pthread_mutex_unlock(&kit->lock);
    return request;
}

void kit_echo(struct http_request *request)
{
    struct slice path = http_path(request);
    struct slice query = http_query(request);
    struct slice body = http_body(request);
    struct bytes *out = bytes_new(16 << 20);

    bytes_addf(out, "%s %.*s?%.*s %s %s %zu ", http_method(request), (int)path.len, path.at,
               (int)query.len, query.at, http_peer(request), http_base_url(request), body.len);
    bytes_add(out, body);
    http_answer(request,
                &(struct http_reply){ .status = 200, .content_type = "text/plain", .body = out });
}

static void *run_worker(void *ctx)
{
    struct kit *kit = ctx;

    for (;;) {
        struct http_request *request = take(kit);
        if (request)
            kit_echo(request);
        else if (kit->over)
            return NULL;
    }
}

static void *run_server(void *ctx)
{
    struct kit *kit = ctx;
    struct err err = { 0 };

    kit->run_status = http_run(kit->server, &err);
    return NULL;
}

struct kit *kit_start(const struct kit_params *given)
{
    struct kit_params params = *given;
    struct kit *kit = calloc(1, sizeof(*kit));
    struct http_params http = { 0 };
    struct err err = { 0 };
    size_t trusted = 0;

    assert_non_null(kit);
    pthread_mutex_init(&kit->lock, NULL);
    pthread_cond_init(&kit->more, NULL);
    if (params.limits.max_head_bytes == 0)
        params.limits = kit_limits();
    if (params.listener_count == 0)
        params.listeners[params.listener_count++].address = "127.0.0.1:0";
    while (trusted < 4 && params.trusted[trusted])
        trusted++;
    http = (struct http_params){ .limits = params.limits,
                                 .listeners = params.listeners,
                                 .listener_count = params.listener_count,
                                 .trusted_peers = params.trusted,
                                 .trusted_peer_count = trusted,
                                 .handler = on_request,
                                 .refused = on_refused,
                                 .ctx = kit };
    if (http_new(&http, &kit->server, &err) != ST_OK)
        fail_msg("http_new: %s", err.text);
    assert_int_equal(pthread_create(&kit->thread, NULL, run_server, kit), 0);
    for (unsigned i = 0; i < params.workers; i++)
        assert_int_equal(pthread_create(&kit->workers[i], NULL, run_worker, kit), 0);
    kit->worker_count = params.workers;
    return kit;
}

struct http_server *kit_server(struct kit *kit)
{
    return kit->server;
}

uint16_t kit_port(const struct kit *kit, size_t listener)
{
    return http_port(kit->server, listener);
}

struct http_request *kit_take(struct kit *kit)
{
    struct http_request *request = take(kit);

    assert_non_null(request);
    return request;
}

size_t kit_waiting(struct kit *kit)
{
    pthread_mutex_lock(&kit->lock);
    size_t count = kit->count;
    pthread_mutex_unlock(&kit->lock);
    return count;
}

void kit_join(struct kit *kit, int64_t grace_ms)
{
    http_stop(kit->server, grace_ms);
    assert_int_equal(pthread_join(kit->thread, NULL), 0);
    kit->joined = true;
    assert_int_equal(kit->run_status, ST_OK);
}

void kit_stop(struct kit *kit)
{
    if (!kit->joined)
        kit_join(kit, 0);
    pthread_mutex_lock(&kit->lock);
    kit->over = true;
    pthread_cond_broadcast(&kit->more);
    pthread_mutex_unlock(&kit->lock);
    for (unsigned i = 0; i < kit->worker_count; i++)
        pthread_join(kit->workers[i], NULL);
    while (kit->count > 0)
        http_answer_text(take(kit), 503, "over");
    http_free(kit->server);
    pthread_mutex_destroy(&kit->lock);
    pthread_cond_destroy(&kit->more);
    free(kit);
}

/* --- The client --- */

struct client client_open(const char *from, uint16_t port)
{
    struct client client = { .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
    struct sockaddr_in address = { .sin_family = AF_INET };

    assert_true(client.fd >= 0);
    assert_int_equal(inet_pton(AF_INET, from ? from : "127.0.0.1", &address.sin_addr), 1);
    assert_int_equal(bind(client.fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(inet_pton(AF_INET, "127.0.0.1", &address.sin_addr), 1);
    address.sin_port = htons(port);
    assert_int_equal(connect(client.fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return client;
}

struct client client_open_v6(uint16_t port)
{
    struct client client = { .fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0) };
    struct sockaddr_in6 address = { .sin6_family = AF_INET6,
                                    .sin6_port = htons(port),
                                    .sin6_addr = in6addr_loopback };

    assert_true(client.fd >= 0);
    assert_int_equal(connect(client.fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return client;
}

bool client_start_tls(struct client *client, const char *ca_file, const char *cert_file,
                      const char *key_file)
{
    client->context = SSL_CTX_new(TLS_client_method());
    assert_non_null(client->context);
    if (ca_file) {
        assert_int_equal(SSL_CTX_load_verify_locations(client->context, ca_file, NULL), 1);
        SSL_CTX_set_verify(client->context, SSL_VERIFY_PEER, NULL);
    }
    if (cert_file) {
        assert_int_equal(SSL_CTX_use_certificate_chain_file(client->context, cert_file), 1);
        assert_int_equal(SSL_CTX_use_PrivateKey_file(client->context, key_file, SSL_FILETYPE_PEM),
                         1);
    }
    client->ssl = SSL_new(client->context);
    assert_non_null(client->ssl);
    assert_int_equal(SSL_set_fd(client->ssl, client->fd), 1);
    return SSL_connect(client->ssl) == 1;
}

bool client_try_send(struct client *client, const void *at, size_t len)
{
    const char *from = at;

    while (len > 0) {
        ssize_t put = client->ssl ? SSL_write(client->ssl, from, (int)len)
                                  : send(client->fd, from, len, MSG_NOSIGNAL);
        if (put <= 0)
            return false;
        from += put;
        len -= (size_t)put;
    }
    return true;
}

void client_send_bytes(struct client *client, const void *at, size_t len)
{
    assert_true(client_try_send(client, at, len));
}

void client_send(struct client *client, const char *text)
{
    client_send_bytes(client, text, strlen(text));
}

void client_shut(struct client *client)
{
    assert_int_equal(shutdown(client->fd, SHUT_WR), 0);
}

void client_close(struct client *client)
{
    SSL_free(client->ssl);
    SSL_CTX_free(client->context);
    close(client->fd);
    *client = (struct client){ .fd = -1 };
}

/* Bytes; 0: closed, properly or by a reset. */
static size_t read_some(struct client *client, char *to, size_t room)
{
    struct pollfd ready = { .fd = client->fd, .events = POLLIN };

    if ((!client->ssl || SSL_pending(client->ssl) == 0) && poll(&ready, 1, KIT_PATIENCE_MS) != 1)
        fail_msg("nothing came");
    ssize_t got =
        client->ssl ? SSL_read(client->ssl, to, (int)room) : recv(client->fd, to, room, 0);
    return got > 0 ? (size_t)got : 0;
}

static void read_exactly(struct client *client, char *to, size_t len)
{
    for (size_t have = 0; have < len;) {
        size_t got = read_some(client, to + have, len - have);
        if (got == 0)
            fail_msg("closed in the middle of an answer, after %zu bytes: %.*s", have, (int)have,
                     to);
        have += got;
    }
}

static char *read_head(struct client *client, size_t room)
{
    char *reply = calloc(1, room + 1);
    size_t len = 0;

    assert_non_null(reply);
    read_exactly(client, reply, 9);
    assert_memory_equal(reply, "HTTP/1.1 ", 9);
    len = 9;
    while (memcmp(reply + len - 4, "\r\n\r\n", 4) != 0) {
        assert_true(len < REPLY_BYTES);
        read_exactly(client, reply + len++, 1);
    }
    return reply;
}

char *client_bodiless(struct client *client)
{
    return read_head(client, REPLY_BYTES);
}

char *client_reply(struct client *client)
{
    char *head = read_head(client, REPLY_BYTES);
    const char *length = strstr(head, "Content-Length: ");
    size_t len = strlen(head);
    size_t body = length ? strtoul(length + 16, NULL, 10) : 0;
    char *reply = realloc(head, len + body + 1);

    assert_non_null(reply);
    read_exactly(client, reply + len, body);
    reply[len + body] = '\0';
    return reply;
}

bool client_closed(struct client *client)
{
    char c;

    return read_some(client, &c, 1) == 0;
}

void client_expect(struct client *client, const char *send, const char *const *texts)
{
    client_send(client, send);
    char *reply = client_reply(client);
    for (size_t i = 0; texts[i]; i++)
        if (!strstr(reply, texts[i]))
            fail_msg("sent: %.300s\nwanted: %s\ngot: %s", send, texts[i], reply);
    free(reply);
}
