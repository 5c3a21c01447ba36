/* The front as callers see it: whole requests over real sockets. */
#include "front_kit.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>

#define HOST "Host: shep.example\r\n"

static void a_request_reaches_the_handler_and_its_answer_the_caller(void **state)
{
    struct kit *kit = kit_start(&(struct kit_params){ .workers = 1 });
    struct client client = client_open(NULL, kit_port(kit, 0));

    (void)state;
    EXPECT(&client, "GET /a%20b/%D1%88?x=%41&y HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 200 OK\r\n",
           "Date: ", "\r\nContent-Type: text/plain\r\n",
           "GET /a b/\xD1\x88?x=%41&y 127.0.0.1 http://shep.example 0 ");
    EXPECT(&client, "PUT /doc HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello",
           "PUT /doc? 127.0.0.1 http://shep.example 5 hello");
    EXPECT(&client, "OPTIONS * HTTP/1.1\r\n" HOST "\r\n", "OPTIONS *? ");
    EXPECT(&client, "DELETE /doc HTTP/1.1\r\n" HOST "\r\n", "DELETE /doc? ");
    EXPECT(&client, "GET http://other.example:81/abs?q HTTP/1.1\r\n" HOST "\r\n",
           "GET /abs?q 127.0.0.1 http://other.example:81 ");
    client_close(&client);
    kit_stop(kit);
}

static void readers_tell_all_of_the_request(void **state)
{
    struct kit *kit = kit_start(&(struct kit_params){ 0 });
    struct client client = client_open(NULL, kit_port(kit, 0));
    int64_t before = kit_now_ms();

    (void)state;
    client_send(&client, "POST /p HTTP/1.1\r\n" HOST "SOAPAction:  \"x\" \r\nX-Empty:\r\n"
                         "Content-Length: 3\r\n\r\nabc");
    struct http_request *request = kit_take(kit);
    assert_string_equal(http_method(request), "POST");
    assert_true(slice_eq_str(http_path(request), "/p"));
    assert_int_equal(http_query(request).len, 0);
    assert_true(slice_eq_str(http_header(request, "soapaction"), "\"x\""));
    assert_int_equal(http_header(request, "X-Empty").len, 0);
    assert_int_equal(http_header(request, "Absent").len, 0);
    assert_true(slice_eq_str(http_body(request), "abc"));
    assert_string_equal(http_peer(request), "127.0.0.1");
    assert_string_equal(http_base_url(request), "http://shep.example");
    assert_false(http_is_tls(request));
    assert_in_range(http_received_ms(request), before, kit_now_ms());
    kit_echo(request);
    free(client_reply(&client));
    client_close(&client);
    kit_stop(kit);
}

static void the_handlers_headers_leave_but_never_a_smuggled_line(void **state)
{
    struct kit *kit = kit_start(&(struct kit_params){ 0 });
    struct client client = client_open(NULL, kit_port(kit, 0));
    const char *const headers[] = { "Cache-Control: no-store", "X-Bad: a\r\nSet-Cookie: b", NULL };

    (void)state;
    client_send(&client, "GET / HTTP/1.1\r\n" HOST "\r\n");
    http_answer(kit_take(kit), &(struct http_reply){ .status = 404, .headers = headers });
    char *reply = client_reply(&client);
    assert_non_null(strstr(reply, "HTTP/1.1 404 Not Found\r\n"));
    assert_non_null(strstr(reply, "\r\nCache-Control: no-store\r\n"));
    assert_non_null(strstr(reply, "\r\nContent-Length: 0\r\n"));
    assert_null(strstr(reply, "Set-Cookie"));
    free(reply);
    client_close(&client);
    kit_stop(kit);
}

static void head_is_answered_without_a_body_and_the_connection_goes_on(void **state)
{
    struct kit *kit = kit_start(&(struct kit_params){ .workers = 1 });
    struct client client = client_open(NULL, kit_port(kit, 0));

    (void)state;
    client_send(&client, "HEAD /h HTTP/1.1\r\n" HOST "\r\n");
    char *reply = client_bodiless(&client);
    assert_non_null(strstr(reply, "HTTP/1.1 200 OK\r\n"));
    assert_null(strstr(reply, "Content-Length: 0\r\n"));
    free(reply);
    EXPECT(&client, "GET /after HTTP/1.1\r\n" HOST "\r\n", "GET /after?");
    client_close(&client);
    kit_stop(kit);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    struct kit *kit = kit_start(&(struct kit_params){ .workers = 4 });
    struct client client = client_open(NULL, kit_port(kit, 0));

    (void)state;
    client_send(&client, "\r\nPOST /1 HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\nbodyGET /2 "
                         "HTTP/1.1\r\n" HOST "\r\nPOST /3 HTTP/1.1\r\n" HOST
                         "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nGET /4 "
                         "HTTP/1.1\r\n" HOST "\r\n");
    EXPECT(&client, "", "POST /1? ", " 4 body");
    EXPECT(&client, "", "GET /2? ");
    EXPECT(&client, "", "POST /3? ", " 3 abc");
    EXPECT(&client, "", "GET /4? ");
    client_close(&client);
    kit_stop(kit);
}

static void a_caller_who_expects_100_continue_gets_it_before_the_body(void **state)
{
    struct kit *kit = kit_start(&(struct kit_params){ .workers = 1 });
    struct client client = client_open(NULL, kit_port(kit, 0));

    (void)state;
    for (int i = 0; i < 2; i++) {
        client_send(&client, "POST /e HTTP/1.1\r\n" HOST "Expect: 100-Continue\r\n"
                             "Content-Length: 4\r\n\r\n");
        char *reply = client_bodiless(&client);
        assert_string_equal(reply, "HTTP/1.1 100 Continue\r\n\r\n");
        free(reply);
        EXPECT(&client, "body", "200 OK", "POST /e?", " 4 body");
    }
    EXPECT(&client,
           "POST /e HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 4\r\n\r\nbody",
           "HTTP/1.1 200 OK"); /* the body was there already */
    EXPECT(&client, "POST /e HTTP/1.1\r\n" HOST "Expect: tea\r\nContent-Length: 4\r\n\r\n",
           "HTTP/1.1 417 ", "Connection: close");
    assert_true(client_closed(&client));
    client_close(&client);
    kit_stop(kit);
}

static void chunked_bodies_arrive_whole_however_they_are_cut(void **state)
{
    static const char request[] = "POST /c HTTP/1.1\r\n" HOST "Transfer-Encoding: Chunked\r\n\r\n"
                                  "4\r\nWiki\r\n00A;x=\"y\"\r\npedia in 7\r\n0\r\nT: v\r\n\r\n";
    struct kit *kit = kit_start(&(struct kit_params){ .workers = 1 });
    struct client client = client_open(NULL, kit_port(kit, 0));

    (void)state;
    EXPECT(&client, request, "POST /c?", " 14 Wikipedia in 7");
    for (size_t i = 0; i < sizeof(request) - 1; i++)
        client_send_bytes(&client, request + i, 1);
    EXPECT(&client, "", "POST /c?", " 14 Wikipedia in 7");
    client_close(&client);
    kit_stop(kit);
}

static void http_1_0_callers_are_served_and_keep_alive_only_when_asked(void **state)
{
    struct kit *kit = kit_start(&(struct kit_params){ .workers = 1 });
    struct client client = client_open(NULL, kit_port(kit, 0));
    char base[64];

    (void)state;
    snprintf(base, sizeof(base), "GET /old? 127.0.0.1 http://127.0.0.1:%u 0", kit_port(kit, 0));
    EXPECT(&client, "GET /old HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
           "Connection: keep-alive\r\n", base);
    EXPECT(&client, "GET /old HTTP/1.0\r\n\r\n", "Connection: close\r\n", base);
    assert_true(client_closed(&client));
    client_close(&client);
    client = client_open(NULL, kit_port(kit, 0));
    EXPECT(&client, "GET /new HTTP/1.1\r\n" HOST "Connection: TE, close\r\n\r\n",
           "Connection: close\r\n");
    assert_true(client_closed(&client));
    client_close(&client);
    kit_stop(kit);
}

static void a_half_closed_caller_still_gets_the_answer(void **state)
{
    struct kit *kit = kit_start(&(struct kit_params){ 0 });
    struct client client = client_open(NULL, kit_port(kit, 0));

    (void)state;
    client_send(&client, "GET /half HTTP/1.1\r\n" HOST "\r\n");
    client_shut(&client);
    kit_echo(kit_take(kit));
    EXPECT(&client, "", "GET /half?");
    assert_true(client_closed(&client));
    client_close(&client);
    kit_stop(kit);
}

static void an_answer_to_a_caller_who_hung_up_is_dropped(void **state)
{
    struct kit *kit = kit_start(&(struct kit_params){ 0 });
    struct client client = client_open(NULL, kit_port(kit, 0));
    struct client other;

    (void)state;
    client_send(&client, "POST /gone HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\nbody");
    struct http_request *request = kit_take(kit);
    const struct linger reset = { .l_onoff = 1 };
    assert_int_equal(setsockopt(client.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)), 0);
    client_close(&client); /* a reset */
    other = client_open(NULL, kit_port(kit, 0));
    client_send(&other, "GET /other HTTP/1.1\r\n" HOST "\r\n");
    kit_echo(kit_take(kit));
    free(client_reply(&other)); /* the loop has been round: the hang-up is known */
    assert_true(slice_eq_str(http_body(request), "body"));
    kit_echo(request);
    client_send(&other, "GET /x HTTP/1.1\r\n" HOST "\r\n");
    kit_echo(kit_take(kit));
    EXPECT(&other, "", "GET /x?");
    client_close(&other);
    kit_stop(kit);
}

/* What came before the connection was reset. */
static size_t broken_off_after(struct client *client, char *to, size_t room)
{
    size_t len = 0;
    ssize_t got;

    while ((got = recv(client->fd, to + len, room - len, 0)) > 0)
        len += (size_t)got;
    assert_int_equal(got, -1);
    assert_int_equal(errno, ECONNRESET);
    return len;
}

static void an_answer_can_be_broken_off_by_a_reset(void **state)
{
    static const char body[] = "0123456789";
    struct kit *kit = kit_start(&(struct kit_params){ 0 });
    struct client client = client_open(NULL, kit_port(kit, 0));
    char seen[1024] = "";

    (void)state;
    client_send(&client, "GET / HTTP/1.1\r\n" HOST "\r\n");
    http_break_off(kit_take(kit), NULL, 0);
    assert_int_equal(broken_off_after(&client, seen, sizeof(seen) - 1), 0);
    client_close(&client);

    client = client_open(NULL, kit_port(kit, 0));
    client_send(&client, "GET / HTTP/1.1\r\n" HOST "\r\n");
    const struct http_reply reply = { .status = 200, .body = bytes_dup(slice_str(body)) };
    http_break_off(kit_take(kit), &reply, 4);
    size_t len = broken_off_after(&client, seen, sizeof(seen) - 1);
    seen[len] = '\0';
    assert_non_null(strstr(seen, "Content-Length: 10\r\n"));
    assert_string_equal(seen + len - 8, "\r\n\r\n0123");
    client_close(&client);
    kit_stop(kit);
}

/* What came up to the end of the head, and how much behind it. */
static size_t behind_the_head(struct client *client, char *to, size_t room)
{
    size_t len = 0;
    char *end = NULL;

    while (!(end = strstr(to, "\r\n\r\n")) || end + 4 == to + len) {
        const ssize_t got = recv(client->fd, to + len, room - len, 0);
        assert_true(got > 0);
        len += (size_t)got;
        to[len] = '\0';
    }
    return (size_t)(to + len - end - 4);
}

static void an_answer_can_come_byte_by_byte(void **state)
{
    enum { NEVER_MS = 600000 };
    static const char body[] = "0123456789";
    struct kit *kit = kit_start(&(struct kit_params){ 0 });
    struct client client = client_open(NULL, kit_port(kit, 0));
    char seen[1024] = "";
    struct http_reply reply = { .status = 200, .body = bytes_dup(slice_str(body)) };

    (void)state;
    client_send(&client, "GET / HTTP/1.1\r\n" HOST "\r\n");
    http_answer_slowly(kit_take(kit), &reply, HTTP_SLOW_HEAD, 1);
    char *whole = client_reply(&client);
    assert_true(strncmp(whole, "HTTP/1.1 200 OK\r\n", 17) == 0);
    assert_non_null(strstr(whole, "\r\n\r\n0123456789"));
    free(whole);
    client_send(&client, "GET /next HTTP/1.1\r\n" HOST "\r\n");
    kit_echo(kit_take(kit));
    EXPECT(&client, "", "GET /next?"); /* at once again */

    client_send(&client, "GET / HTTP/1.1\r\n" HOST "\r\n");
    reply.body = bytes_dup(slice_str(body));
    http_answer_slowly(kit_take(kit), &reply, HTTP_SLOW_BODY, NEVER_MS);
    assert_int_equal(behind_the_head(&client, seen, sizeof(seen) - 1), 1);
    client_close(&client);

    client = client_open(NULL, kit_port(kit, 0));
    client_send(&client, "GET / HTTP/1.1\r\n" HOST "\r\n");
    reply.body = bytes_dup(slice_str(body));
    http_answer_slowly(kit_take(kit), &reply, HTTP_SLOW_HEAD, NEVER_MS);
    assert_int_equal(recv(client.fd, seen, sizeof(seen), 0), 1);
    client_close(&client);
    kit_stop(kit);
}

static void answers_find_their_callers_in_any_order(void **state)
{
    enum { CALLERS = 50 };
    struct kit *kit = kit_start(&(struct kit_params){ 0 });
    struct client clients[CALLERS];
    struct http_request *requests[CALLERS];
    char text[128];

    (void)state;
    for (int i = 0; i < CALLERS; i++) {
        clients[i] = client_open(NULL, kit_port(kit, 0));
        snprintf(text, sizeof(text), "GET /caller-%d- HTTP/1.1\r\n" HOST "\r\n", i);
        client_send(&clients[i], text);
    }
    for (int i = 0; i < CALLERS; i++)
        requests[i] = kit_take(kit);
    for (int i = CALLERS; i > 0; i--)
        kit_echo(requests[i - 1]);
    for (int i = 0; i < CALLERS; i++) {
        snprintf(text, sizeof(text), "GET /caller-%d-?", i);
        EXPECT(&clients[i], "", text);
        client_close(&clients[i]);
    }
    kit_stop(kit);
}

struct caller {
    uint16_t port;
    int id;
};

static void *run_caller(void *ctx)
{
    const struct caller *caller = ctx;
    struct client client = client_open(NULL, caller->port);
    char request[256];
    char want[64];

    for (int i = 0; i < 40; i++) {
        int len = snprintf(want, sizeof(want), "caller %d request %d", caller->id, i);
        snprintf(request, sizeof(request),
                 "POST /many HTTP/1.1\r\n" HOST "Content-Length: %d\r\n\r\n%s", len, want);
        EXPECT(&client, request, want);
    }
    client_close(&client);
    return NULL;
}

static void many_callers_and_many_workers_do_not_mix_answers_up(void **state)
{
    enum { CALLERS = 8 };
    struct kit *kit = kit_start(&(struct kit_params){ .workers = 8 });
    pthread_t threads[CALLERS];
    struct caller callers[CALLERS];

    (void)state;
    for (int i = 0; i < CALLERS; i++) {
        callers[i] = (struct caller){ kit_port(kit, 0), i };
        assert_int_equal(pthread_create(&threads[i], NULL, run_caller, &callers[i]), 0);
    }
    for (int i = 0; i < CALLERS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    kit_stop(kit);
}

static void large_bodies_pass_both_ways(void **state)
{
    enum { LEN = 3 << 20 };
    struct kit_params params = { .limits = kit_limits(), .workers = 1 };
    char *body = malloc(LEN + 1);

    (void)state;
    assert_non_null(body);
    for (size_t i = 0; i < LEN; i++)
        body[i] = (char)('a' + i * 7 % 26);
    body[LEN] = '\0';
    params.limits.max_body_bytes = LEN;
    struct kit *kit = kit_start(&params);
    struct client client = client_open(NULL, kit_port(kit, 0));
    for (int i = 0; i < 3; i++) {
        client_send(&client, "POST /big HTTP/1.1\r\n" HOST "Content-Length: 3145728\r\n\r\n");
        client_send_bytes(&client, body, LEN);
        char *reply = client_reply(&client);
        assert_non_null(strstr(reply, body));
        free(reply);
    }
    client_close(&client);
    free(body);
    kit_stop(kit);
}

static void ipv6_callers_are_named_by_their_address(void **state)
{
    struct kit_params params = { .listeners = { { .address = "[::1]:0" } },
                                 .listener_count = 1,
                                 .workers = 1 };
    struct kit *kit = kit_start(&params);
    struct client client = client_open_v6(kit_port(kit, 0));

    (void)state;
    EXPECT(&client, "GET /six HTTP/1.1\r\nHost: [::1]:8443\r\n\r\n",
           "GET /six? ::1 http://[::1]:8443 ");
    client_close(&client);
    kit_stop(kit);
}

struct pinged {
    struct http_server *server;
    atomic_int times;
    pthread_t loop;
};

static void on_pinged(void *ctx)
{
    struct pinged *pinged = ctx;

    pinged->loop = pthread_self();
    if (++pinged->times == 2)
        http_stop(pinged->server, 0);
}

static void refuse_all(void *ctx, struct http_request *request)
{
    (void)ctx;
    http_answer_text(request, 503, "nobody asks");
}

static void *ping_when_the_first_came_back(void *arg)
{
    struct pinged *pinged = arg;

    while (pinged->times == 0)
        sched_yield();
    http_ping(pinged->server);
    return NULL;
}

static void a_ping_comes_back_from_the_loop_and_pings_that_wait_are_one(void **state)
{
    const struct http_listener listener = { .address = "127.0.0.1:0" };
    struct pinged pinged = { 0 };
    const struct http_params params = { .limits = kit_limits(),
                                        .listeners = &listener,
                                        .listener_count = 1,
                                        .handler = refuse_all,
                                        .pinged = on_pinged,
                                        .ctx = &pinged };
    struct err err = { 0 };
    pthread_t other;

    (void)state;
    assert_int_equal(http_new(&params, &pinged.server, &err), ST_OK);
    for (int i = 0; i < 5; i++)
        http_ping(pinged.server); /* nothing turns yet: they wait, and become one */
    assert_int_equal(pinged.times, 0);
    assert_int_equal(pthread_create(&other, NULL, ping_when_the_first_came_back, &pinged), 0);
    assert_int_equal(http_run(pinged.server, &err), ST_OK); /* ends at the second */
    (void)pthread_join(other, NULL);
    assert_int_equal(pinged.times, 2);
    assert_true(pthread_equal(pinged.loop, pthread_self()));
    http_ping(pinged.server); /* nobody is told any more */
    http_free(pinged.server);
    assert_int_equal(pinged.times, 2);
}

static void what_cannot_be_used_is_named_at_birth(void **state)
{
    static const struct {
        struct http_listener listener;
        const char *trusted;
        const char *want;
    } rows[] = {
        { { .address = "127.0.0.1" }, "10.0.0.0/8", "127.0.0.1: wanted is IP:PORT" },
        { { .address = "localhost:80" }, "10.0.0.0/8", "localhost:80" },
        { { .address = "::1:80" }, "10.0.0.0/8", "::1:80" },
        { { .address = "127.0.0.1:99999" }, "10.0.0.0/8", "127.0.0.1:99999" },
        { { .address = "192.0.2.1:0" }, "10.0.0.0/8", "cannot listen on 192.0.2.1:0" },
        { { .address = "127.0.0.1:0" }, "10.0.0.0/33", "trusted peer 10.0.0.0/33" },
        { { .address = "127.0.0.1:0" }, "gateway", "trusted peer gateway" },
        { { .address = "127.0.0.1:0", .cert_file = "/nowhere.pem", .key_file = "/nowhere.key" },
          "::1",
          "/nowhere.pem" },
        { { .address = "127.0.0.1:0", .cert_file = "/nowhere.pem" }, "::1", "no key" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct http_server *server = NULL;
        struct err err = { 0 };
        struct http_params params = { .limits = kit_limits(),
                                      .listeners = &rows[i].listener,
                                      .listener_count = 1,
                                      .trusted_peers = &rows[i].trusted,
                                      .trusted_peer_count = 1 };
        assert_int_equal(http_new(&params, &server, &err), ST_INPUT);
        if (!strstr(err.text, rows[i].want))
            fail_msg("wanted %s, got %s", rows[i].want, err.text);
        assert_null(server);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_reaches_the_handler_and_its_answer_the_caller),
        cmocka_unit_test(readers_tell_all_of_the_request),
        cmocka_unit_test(the_handlers_headers_leave_but_never_a_smuggled_line),
        cmocka_unit_test(head_is_answered_without_a_body_and_the_connection_goes_on),
        cmocka_unit_test(pipelined_requests_are_answered_in_order),
        cmocka_unit_test(a_caller_who_expects_100_continue_gets_it_before_the_body),
        cmocka_unit_test(chunked_bodies_arrive_whole_however_they_are_cut),
        cmocka_unit_test(http_1_0_callers_are_served_and_keep_alive_only_when_asked),
        cmocka_unit_test(a_half_closed_caller_still_gets_the_answer),
        cmocka_unit_test(an_answer_to_a_caller_who_hung_up_is_dropped),
        cmocka_unit_test(answers_find_their_callers_in_any_order),
        cmocka_unit_test(many_callers_and_many_workers_do_not_mix_answers_up),
        cmocka_unit_test(an_answer_can_be_broken_off_by_a_reset),
        cmocka_unit_test(an_answer_can_come_byte_by_byte),
        cmocka_unit_test(large_bodies_pass_both_ways),
        cmocka_unit_test(ipv6_callers_are_named_by_their_address),
        cmocka_unit_test(a_ping_comes_back_from_the_loop_and_pings_that_wait_are_one),
        cmocka_unit_test(what_cannot_be_used_is_named_at_birth),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
