/* The ceilings and deadlines of the front, each with its answer (architecture.md section 5). */
#include "front_kit.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>

#define HOST "Host: h\r\n"
#define GET "GET / HTTP/1.1\r\n" HOST "\r\n"

enum { TICK_MS = 5, DEADLINE_MS = 80 };

static void a_body_over_the_ceiling_is_413_in_plain_text(void **state)
{
    static const char *const requests[] = {
        "POST / HTTP/1.1\r\n" HOST "Content-Length: 1001\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Content-Length: 999999999999999999\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 1001\r\n\r\n",
        "POST / HTTP/1.0\r\nContent-Length: 1001\r\n\r\nsome of it",
    };
    struct kit_params params = { .limits = kit_limits(), .workers = 1 };

    (void)state;
    params.limits.max_body_bytes = 1000;
    struct kit *kit = kit_start(&params);
    for (size_t i = 0; i < COUNT(requests); i++) {
        struct client client = client_open(NULL, kit_port(kit, 0));
        EXPECT(&client, requests[i], "HTTP/1.1 413 ", "Content-Type: text/plain",
               "Connection: close", "the limit is 1000 bytes");
        assert_true(client_closed(&client));
        client_close(&client);
    }
    kit_stop(kit);
}

static void a_chunked_body_is_413_once_it_is_over_the_ceiling(void **state)
{
    struct kit_params params = { .limits = kit_limits(), .workers = 1 };

    (void)state;
    params.limits.max_body_bytes = 10;
    struct kit *kit = kit_start(&params);
    struct client client = client_open(NULL, kit_port(kit, 0));
    EXPECT(&client,
           "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
           "5\r\n12345\r\n5\r\n12345\r\n0\r\n\r\n",
           "HTTP/1.1 200 ", " 10 1234512345");
    EXPECT(&client,
           "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
           "5\r\n12345\r\n6\r\n123456\r\n",
           "HTTP/1.1 413 ", "the limit is 10 bytes");
    assert_true(client_closed(&client));
    client_close(&client);
    kit_stop(kit);
}

static void a_caller_who_is_still_sending_can_read_the_413(void **state)
{
    enum { SENT = 16 << 20 };
    struct kit_params params = { .limits = kit_limits(), .workers = 1 };
    char *much = calloc(1, SENT);

    (void)state;
    assert_non_null(much);
    params.limits.max_body_bytes = 1000;
    struct kit *kit = kit_start(&params);
    struct client client = client_open(NULL, kit_port(kit, 0));
    client_send(&client, "POST / HTTP/1.1\r\n" HOST "Content-Length: 16777216\r\n\r\n");
    client_send_bytes(&client, much, SENT); /* blocks unless somebody reads it away */
    EXPECT(&client, "", "HTTP/1.1 413 ");
    client_close(&client);
    free(much);
    kit_stop(kit);
}

static void a_head_over_its_ceilings_is_431(void **state)
{
    static const char *const requests[] = {
        "GET / HTTP/1.1\r\n" HOST "1:\r\n2:\r\n3:\r\n4:\r\n\r\n", /* five headers */
        "GET / HTTP/1.1\r\n" HOST
        "A: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    };
    static const char *const limits[] = { "the limit is 4\n", "the limit is 128 bytes" };
    struct kit_params params = { .limits = kit_limits(), .workers = 1 };

    (void)state;
    params.limits.max_head_bytes = 128;
    params.limits.max_headers = 4;
    struct kit *kit = kit_start(&params);
    for (size_t i = 0; i < COUNT(requests); i++) {
        struct client client = client_open(NULL, kit_port(kit, 0));
        EXPECT(&client, requests[i], "HTTP/1.1 431 ", limits[i]);
        assert_true(client_closed(&client));
        client_close(&client);
    }
    kit_stop(kit);
}

static void requests_that_smuggle_are_refused_and_their_connection_ends(void **state)
{
    static const struct {
        const char *request;
        const char *want;
    } rows[] = {
        { "POST / HTTP/1.1\r\n" HOST
          "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" GET,
          "HTTP/1.1 400 " },
        { "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 6\r\n\r\n" GET,
          "HTTP/1.1 400 " },
        { "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip\r\n\r\n" GET, "HTTP/1.1 501 " },
        { "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nx\r\n" GET,
          "HTTP/1.1 400 " },
        { "GET /\r\n\r\n" GET, "HTTP/1.1 400 " },
        { "GET / HTTP/1.1\n" HOST "\n" GET, "HTTP/1.1 400 " },
        { "GET / HTTP/1.1\r\n\r\n" GET, "HTTP/1.1 400 " },
        { "GET /%2e%2e/ HTTP/1.1\r\n" HOST "\r\n" GET, "HTTP/1.1 400 " },
        { "BREW / HTTP/1.1\r\n" HOST "\r\n" GET, "HTTP/1.1 501 " },
        { "GET / HTTP/3.0\r\n" HOST "\r\n" GET, "HTTP/1.1 505 " },
    };
    struct kit *kit = kit_start(&(struct kit_params){ 0 });

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct client client = client_open(NULL, kit_port(kit, 0));
        EXPECT(&client, rows[i].request, rows[i].want, "text/plain", "Connection: close");
        assert_true(client_closed(&client));
        client_close(&client);
    }
    assert_int_equal(kit_waiting(kit), 0); /* nothing reached the handler */
    kit_stop(kit);
}

static void bodies_over_the_common_ceiling_are_503_until_others_are_answered(void **state)
{
    static const char counted[] = "POST / HTTP/1.1\r\n" HOST "Content-Length: 40000\r\n\r\n";
    static char body[40000];
    struct kit_params params = { .limits = kit_limits() };
    struct client clients[4];

    (void)state;
    params.limits.max_in_flight_bytes = 1 << 16;
    struct kit *kit = kit_start(&params);
    for (size_t i = 0; i < COUNT(clients); i++)
        clients[i] = client_open(NULL, kit_port(kit, 0));
    client_send(&clients[0], counted);
    client_send_bytes(&clients[0], body, sizeof(body));
    struct http_request *held = kit_take(kit);
    EXPECT(&clients[1], counted, "HTTP/1.1 503 ", "Retry-After: 1", "65536 bytes");
    client_send(&clients[2],
                "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n9c40\r\n");
    client_send_bytes(&clients[2], body, sizeof(body));
    EXPECT(&clients[2], "", "HTTP/1.1 503 ", "Retry-After: 1");
    client_close(&clients[0]); /* the held one counts although its caller is gone */
    EXPECT(&clients[3], counted, "HTTP/1.1 503 ");
    client_close(&clients[3]);
    http_answer_text(held, 200, "late");
    clients[3] = client_open(NULL, kit_port(kit, 0));
    client_send(&clients[3], GET); /* the answer above has been dealt with when this one is */
    http_answer_text(kit_take(kit), 200, "");
    free(client_reply(&clients[3]));
    client_send(&clients[3], counted);
    client_send_bytes(&clients[3], body, sizeof(body));
    http_answer_text(kit_take(kit), 200, "");
    EXPECT(&clients[3], "", "HTTP/1.1 200 ");
    for (size_t i = 1; i < COUNT(clients); i++)
        client_close(&clients[i]);
    kit_stop(kit);
}

/* A connection that works: false when it was closed instead. */
static bool works(struct client *client)
{
    char c;

    if (!client_try_send(client, GET, sizeof(GET) - 1) || recv(client->fd, &c, 1, MSG_PEEK) != 1)
        return false;
    free(client_reply(client));
    return true;
}

static void await_working(struct kit *kit, const char *from, struct client *ret)
{
    int64_t end = kit_now_ms() + KIT_PATIENCE_MS;

    for (;;) {
        *ret = client_open(from, kit_port(kit, 0));
        if (works(ret))
            return;
        client_close(ret);
        assert_true(kit_now_ms() < end);
    }
}

static void connections_over_the_ceiling_are_closed(void **state)
{
    enum { MAX = 3 };
    struct kit_params params = { .limits = kit_limits(), .workers = 1 };
    struct client clients[MAX + 1];

    (void)state;
    params.limits.max_connections = MAX;
    struct kit *kit = kit_start(&params);
    for (size_t i = 0; i <= MAX; i++) {
        clients[i] = client_open(NULL, kit_port(kit, 0));
        assert_int_equal(works(&clients[i]), i < MAX);
    }
    client_close(&clients[0]);
    await_working(kit, NULL, &clients[0]);
    for (size_t i = 0; i <= MAX; i++)
        client_close(&clients[i]);
    kit_stop(kit);
}

static void connections_of_one_address_are_counted_but_not_a_gateways(void **state)
{
    enum { MAX = 2, GATEWAYS = 6 };
    struct kit_params params = { .limits = kit_limits(),
                                 .workers = 1,
                                 .trusted = { "127.0.0.8/31" } };
    struct client clients[MAX + 1];
    struct client gateways[GATEWAYS];
    struct client other;

    (void)state;
    params.limits.max_per_address = MAX;
    struct kit *kit = kit_start(&params);
    for (size_t i = 0; i <= MAX; i++) {
        clients[i] = client_open("127.0.0.2", kit_port(kit, 0));
        assert_int_equal(works(&clients[i]), i < MAX);
    }
    other = client_open("127.0.0.3", kit_port(kit, 0));
    assert_true(works(&other));
    for (size_t i = 0; i < GATEWAYS; i++) {
        gateways[i] = client_open("127.0.0.9", kit_port(kit, 0));
        assert_true(works(&gateways[i]));
    }
    client_close(&clients[0]);
    await_working(kit, "127.0.0.2", &clients[0]);
    for (size_t i = 0; i <= MAX; i++)
        client_close(&clients[i]);
    for (size_t i = 0; i < GATEWAYS; i++)
        client_close(&gateways[i]);
    client_close(&other);
    kit_stop(kit);
}

/* true: the server has something to say, or has closed, within the time. */
static bool is_readable(const struct client *client, int ms)
{
    struct pollfd ready = { .fd = client->fd, .events = POLLIN };

    return poll(&ready, 1, ms) == 1;
}

/* Sends a byte now and then until the server has had enough. */
static void drip(struct client *client, const char *text)
{
    int64_t end = kit_now_ms() + KIT_PATIENCE_MS;
    const char *rest = text;

    while (!is_readable(client, TICK_MS)) {
        assert_true(kit_now_ms() < end);
        (void)client_try_send(client, *rest ? rest++ : "x", 1);
    }
}

static struct kit *start_with_deadlines(int64_t head_ms, int64_t body_ms)
{
    struct kit_params params = { .limits = kit_limits() };

    params.limits.head_deadline_ms = head_ms;
    params.limits.body_deadline_ms = body_ms;
    return kit_start(&params);
}

static void a_slow_head_ends_at_its_deadline_however_lively_it_drips(void **state)
{
    struct kit *kit = start_with_deadlines(DEADLINE_MS, KIT_PATIENCE_MS);
    int64_t start = kit_now_ms();
    struct client client = client_open(NULL, kit_port(kit, 0));

    (void)state;
    drip(&client, "GET / HTTP/1.1\r\n" HOST "A: ");
    assert_true(kit_now_ms() - start >= DEADLINE_MS / 2);
    EXPECT(&client, "", "HTTP/1.1 408 ", "the limit is 80 ms", "Connection: close");
    assert_true(client_closed(&client));
    client_close(&client);
    kit_stop(kit);
}

static void a_slow_body_ends_at_its_deadline(void **state)
{
    static const char *const starts[] = {
        "POST / HTTP/1.1\r\n" HOST "Content-Length: 9999\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nFFFF\r\n",
    };
    struct kit *kit = start_with_deadlines(KIT_PATIENCE_MS, DEADLINE_MS);

    (void)state;
    for (size_t i = 0; i < COUNT(starts); i++) {
        struct client client = client_open(NULL, kit_port(kit, 0));
        client_send(&client, starts[i]);
        drip(&client, "");
        EXPECT(&client, "", "HTTP/1.1 408 ", "the limit is 80 ms");
        assert_true(client_closed(&client));
        client_close(&client);
    }
    kit_stop(kit);
}

static void an_idle_connection_is_closed_without_a_word(void **state)
{
    struct kit *kit = start_with_deadlines(DEADLINE_MS, KIT_PATIENCE_MS);
    struct client fresh = client_open(NULL, kit_port(kit, 0));
    struct client used = client_open(NULL, kit_port(kit, 0));

    (void)state;
    client_send(&used, GET);
    http_answer_text(kit_take(kit), 200, "");
    free(client_reply(&used));
    assert_true(client_closed(&used));
    assert_true(client_closed(&fresh));
    client_close(&used);
    client_close(&fresh);
    kit_stop(kit);
}

static void the_deadline_rests_while_the_handler_works(void **state)
{
    struct kit *kit = start_with_deadlines(DEADLINE_MS, DEADLINE_MS);
    struct client client = client_open(NULL, kit_port(kit, 0));

    (void)state;
    client_send(&client, "POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\nx");
    struct http_request *request = kit_take(kit);
    assert_false(is_readable(&client, 2 * DEADLINE_MS));
    http_answer_text(request, 200, "late but well");
    EXPECT(&client, "", "late but well");
    client_close(&client);
    kit_stop(kit);
}

/* A caller asks for more than any socket holds, and does not read it. */
static struct client ask_and_go_deaf(struct kit *kit)
{
    enum { ANSWER = 24 << 20 };
    struct client deaf = client_open(NULL, kit_port(kit, 0));
    struct bytes *body = bytes_new(ANSWER);

    client_send(&deaf, GET);
    struct http_request *request = kit_take(kit);
    assert_non_null(bytes_extend(body, ANSWER));
    http_answer(request, &(struct http_reply){ .status = 200, .body = body });
    assert_true(is_readable(&deaf, KIT_PATIENCE_MS)); /* the answer is on its way */
    return deaf;
}

/* Whether there is room for one more body; 503 as long as the answer is in memory. */
static bool has_room(struct kit *kit)
{
    int64_t end = kit_now_ms() + KIT_PATIENCE_MS;
    struct client other = client_open(NULL, kit_port(kit, 0));

    client_send(&other, "POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\nx");
    while (!is_readable(&other, TICK_MS) && kit_waiting(kit) == 0)
        assert_true(kit_now_ms() < end);
    bool served = kit_waiting(kit) > 0;
    if (served)
        http_answer_text(kit_take(kit), 200, "");
    free(client_reply(&other));
    client_close(&other);
    return served;
}

static struct kit *start_for_the_deaf(int64_t body_ms)
{
    struct kit_params params = { .limits = kit_limits() };

    params.limits.max_in_flight_bytes = 1 << 20;
    params.limits.body_deadline_ms = body_ms;
    return kit_start(&params);
}

static void an_answer_counts_until_it_is_sent_or_its_caller_gone(void **state)
{
    struct kit *kit = start_for_the_deaf(KIT_PATIENCE_MS);
    struct client deaf = ask_and_go_deaf(kit);
    int64_t end = kit_now_ms() + KIT_PATIENCE_MS;

    (void)state;
    assert_false(has_room(kit));
    client_close(&deaf);
    while (!has_room(kit))
        assert_true(kit_now_ms() < end);
    kit_stop(kit);
}

static void a_caller_who_does_not_read_is_dropped_at_the_deadline(void **state)
{
    struct kit *kit = start_for_the_deaf(DEADLINE_MS);
    struct client deaf = ask_and_go_deaf(kit);
    int64_t end = kit_now_ms() + KIT_PATIENCE_MS;

    (void)state;
    while (!has_room(kit))
        assert_true(kit_now_ms() < end);
    client_close(&deaf);
    kit_stop(kit);
}

/* req 0.62 */
static void refusals_are_told_to_the_owner_with_their_caller(void **state)
{
    static const struct {
        const char *from;
        const char *request;
        int status;
        const char *reason;
    } rows[] = {
        { "127.0.0.2", "POST / HTTP/1.1\r\n" HOST "Content-Length: 1001\r\n\r\n", 413,
          "1000 bytes" },
        { "127.0.0.3", "GET / HTTP/1.1\r\n\r\n", 400, "Host" },
        { "127.0.0.4",
          "POST / HTTP/1.1\r\n" HOST "X-Forwarded-For: 203.0.113.9\r\n"
          "Content-Length: 1001\r\n\r\n",
          413, "1000 bytes" },
    };
    struct kit_params params = { .limits = kit_limits(), .trusted = { "127.0.0.4" } };

    (void)state;
    params.limits.max_body_bytes = 1000;
    struct kit *kit = kit_start(&params);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct client client = client_open(rows[i].from, kit_port(kit, 0));
        client_send(&client, rows[i].request);
        free(client_reply(&client));
        struct kit_refusal told = kit_take_refusal(kit);
        assert_int_equal(told.status, rows[i].status);
        assert_string_equal(told.peer, i == 2 ? "203.0.113.9" : rows[i].from);
        assert_non_null(strstr(told.reason, rows[i].reason));
        client_close(&client);
    }
    kit_stop(kit);
}

static void a_flood_of_connections_is_told_ten_times_a_second(void **state)
{
    struct kit_params params = { .limits = kit_limits(), .workers = 1 };
    int64_t start = kit_now_ms();

    (void)state;
    params.limits.max_connections = 1;
    struct kit *kit = kit_start(&params);
    struct client first = client_open(NULL, kit_port(kit, 0));
    assert_true(works(&first));
    for (int i = 0; i < 100; i++) {
        struct client client = client_open("127.0.0.2", kit_port(kit, 0));
        assert_true(client_closed(&client));
        client_close(&client);
    }
    assert_in_range(kit_refusals(kit), 1, 10 * (2 + (kit_now_ms() - start) / 1000));
    struct kit_refusal told = kit_take_refusal(kit);
    assert_int_equal(told.status, 0);
    assert_string_equal(told.peer, "127.0.0.2");
    assert_string_equal(told.reason, "too many connections");
    client_close(&first);
    kit_stop(kit);
}

static void stopping_lets_answers_under_way_leave_and_nobody_else_in(void **state)
{
    struct kit *kit = kit_start(&(struct kit_params){ 0 });
    struct client idle = client_open(NULL, kit_port(kit, 0));
    struct client half = client_open(NULL, kit_port(kit, 0));
    struct client busy = client_open(NULL, kit_port(kit, 0));

    (void)state;
    client_send(&idle, GET);
    http_answer_text(kit_take(kit), 200, "");
    free(client_reply(&idle));
    client_send(&half, "GET /half HTTP/1.1\r\n");
    client_send(&busy, GET);
    struct http_request *request = kit_take(kit);
    http_stop(kit_server(kit), KIT_PATIENCE_MS);
    assert_true(client_closed(&idle));
    struct client late = { .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
    struct sockaddr_storage address;
    socklen_t len = sizeof(address);
    assert_int_equal(getpeername(busy.fd, (struct sockaddr *)&address, &len), 0);
    assert_int_equal(connect(late.fd, (struct sockaddr *)&address, len), -1);
    assert_int_equal(errno, ECONNREFUSED);
    client_send(&half, HOST "\r\n");
    http_answer_text(kit_take(kit), 200, "half is whole");
    EXPECT(&half, "", "half is whole", "Connection: close");
    http_answer_text(request, 200, "busy is done");
    EXPECT(&busy, "", "busy is done", "Connection: close");
    assert_true(client_closed(&busy));
    client_close(&idle);
    client_close(&half);
    client_close(&busy);
    client_close(&late);
    kit_join(kit, 0); /* long before the grace's end */
    kit_stop(kit);
}

static void at_the_end_of_the_grace_the_rest_is_closed(void **state)
{
    struct kit *kit = kit_start(&(struct kit_params){ 0 });
    struct client client = client_open(NULL, kit_port(kit, 0));

    (void)state;
    client_send(&client, GET);
    struct http_request *request = kit_take(kit);
    kit_join(kit, TICK_MS);
    assert_true(client_closed(&client));
    http_answer_text(request, 200, "too late"); /* dropped, and no leak */
    client_close(&client);
    kit_stop(kit);
}

static void a_server_that_never_ran_is_freed(void **state)
{
    struct http_listener listener = { .address = "127.0.0.1:0" };
    struct http_params params = { .limits = kit_limits(),
                                  .listeners = &listener,
                                  .listener_count = 1 };
    struct http_server *server = NULL;
    struct err err = { 0 };

    (void)state;
    assert_int_equal(http_new(&params, &server, &err), ST_OK);
    http_stop(server, 0);
    assert_int_equal(http_run(server, &err), ST_OK);
    http_free(server);
    params.limits.max_headers = 0;
    assert_int_equal(http_new(&params, &server, &err), ST_INPUT);
}

static void *annoy(void *ctx)
{
    static const char text[] =
        "POST /annoy HTTP/1.1\r\n" HOST "Content-Length: 9\r\n\r\n123456789" GET;
    const uint16_t *port = ctx;

    for (size_t i = 1; i < sizeof(text); i++) {
        struct client client = client_open(NULL, *port);
        (void)client_try_send(&client, text, i);
        client_close(&client);
    }
    return NULL;
}

static void hanging_up_at_every_byte_leaves_the_server_well(void **state)
{
    enum { THREADS = 3 };
    struct kit *kit = kit_start(&(struct kit_params){ .workers = 3 });
    uint16_t port = kit_port(kit, 0);
    pthread_t threads[THREADS];
    struct client client;

    (void)state;
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, annoy, &port), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    await_working(kit, NULL, &client);
    client_close(&client);
    kit_stop(kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_body_over_the_ceiling_is_413_in_plain_text),
        cmocka_unit_test(a_chunked_body_is_413_once_it_is_over_the_ceiling),
        cmocka_unit_test(a_caller_who_is_still_sending_can_read_the_413),
        cmocka_unit_test(a_head_over_its_ceilings_is_431),
        cmocka_unit_test(requests_that_smuggle_are_refused_and_their_connection_ends),
        cmocka_unit_test(bodies_over_the_common_ceiling_are_503_until_others_are_answered),
        cmocka_unit_test(connections_over_the_ceiling_are_closed),
        cmocka_unit_test(connections_of_one_address_are_counted_but_not_a_gateways),
        cmocka_unit_test(a_slow_head_ends_at_its_deadline_however_lively_it_drips),
        cmocka_unit_test(a_slow_body_ends_at_its_deadline),
        cmocka_unit_test(an_idle_connection_is_closed_without_a_word),
        cmocka_unit_test(the_deadline_rests_while_the_handler_works),
        cmocka_unit_test(an_answer_counts_until_it_is_sent_or_its_caller_gone),
        cmocka_unit_test(a_caller_who_does_not_read_is_dropped_at_the_deadline),
        cmocka_unit_test(refusals_are_told_to_the_owner_with_their_caller),
        cmocka_unit_test(a_flood_of_connections_is_told_ten_times_a_second),
        cmocka_unit_test(stopping_lets_answers_under_way_leave_and_nobody_else_in),
        cmocka_unit_test(at_the_end_of_the_grace_the_rest_is_closed),
        cmocka_unit_test(a_server_that_never_ran_is_freed),
        cmocka_unit_test(hanging_up_at_every_byte_leaves_the_server_well),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
