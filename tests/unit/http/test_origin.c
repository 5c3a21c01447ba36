/* TLS, and who calls: PROXY headers, X-Forwarded-*, from those who may say so and from others. */
#include "certs.h"
#include "front_kit.h"

#include "base/text.h"
#include "http/tls.h"

#include <openssl/x509.h>
#include <sys/socket.h>

#define HOST "Host: shep.example\r\n"
#define GET "GET / HTTP/1.1\r\n" HOST "\r\n"
#define V2_TCP4 "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xcb\0\x71\x09\x0a\0\0\x01\x12\x67\x01\xbb"
#define V2_LOCAL "\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"

struct tls_files {
    char cert[CERT_PATH];
    char key[CERT_PATH];
    char ca[CERT_PATH];
};

/* A TLS listener with server.pem; its files are filled in. */
static struct http_listener tls_listener(struct tls_files *files)
{
    return (struct http_listener){ .address = "127.0.0.1:0",
                                   .cert_file = certs_path("server.pem", files->cert),
                                   .key_file = certs_path("server.key", files->key) };
}

static struct kit *start_tls_kit(const struct http_listener *listener)
{
    return kit_start(
        &(struct kit_params){ .listeners = { *listener }, .listener_count = 1, .workers = 2 });
}

static void tls_callers_are_served_and_see_our_certificate(void **state)
{
    struct tls_files files;
    struct http_listener listener = tls_listener(&files);
    struct kit *kit = start_tls_kit(&listener);
    struct client client = client_open(NULL, kit_port(kit, 0));

    (void)state;
    assert_true(client_start_tls(&client, certs_path("ca.pem", files.ca), NULL, NULL));
    EXPECT(&client, GET, "GET /? 127.0.0.1 https://shep.example 0 ");
    EXPECT(&client, "POST /a HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc" GET GET,
           "POST /a? 127.0.0.1 https://shep.example 3 abc");
    EXPECT(&client, "", "GET /? 127.0.0.1 https://shep.example 0 ");
    EXPECT(&client, "", "GET /? 127.0.0.1 https://shep.example 0 ");
    EXPECT(&client, "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", "Connection: close");
    assert_true(client_closed(&client));
    assert_int_equal(SSL_get_shutdown(client.ssl) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
    client_close(&client);
    kit_stop(kit);
}

static void large_bodies_pass_both_ways_through_tls(void **state)
{
    enum { LEN = 1 << 20 };
    struct tls_files files;
    struct http_listener listener = tls_listener(&files);
    struct kit *kit = start_tls_kit(&listener);
    struct client client = client_open(NULL, kit_port(kit, 0));
    char *body = malloc(LEN + 1);

    (void)state;
    assert_non_null(body);
    for (size_t i = 0; i < LEN; i++)
        body[i] = (char)('a' + i * 7 % 26);
    body[LEN] = '\0';
    assert_true(client_start_tls(&client, NULL, NULL, NULL));
    for (int i = 0; i < 3; i++) {
        client_send(&client, "POST /big HTTP/1.1\r\n" HOST "Content-Length: 1048576\r\n\r\n");
        client_send_bytes(&client, body, LEN);
        char *reply = client_reply(&client);
        assert_non_null(strstr(reply, body));
        free(reply);
    }
    client_send(&client, "POST /big HTTP/1.1\r\n" HOST "Content-Length: 1048577\r\n\r\n");
    client_send_bytes(&client, body, LEN);
    EXPECT(&client, "", "HTTP/1.1 413 ");
    free(body);
    client_close(&client);
    kit_stop(kit);
}

static void old_tls_is_refused_and_alpn_chooses_http_1_1(void **state)
{
    static const unsigned char protocols[] = "\x02h2\x08http/1.1";
    static const struct {
        int version;
        bool want;
    } rows[] = { { TLS1_1_VERSION, false }, { TLS1_2_VERSION, true }, { TLS1_3_VERSION, true } };
    struct tls_files files;
    struct http_listener listener = tls_listener(&files);
    struct kit *kit = start_tls_kit(&listener);

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct client client = client_open(NULL, kit_port(kit, 0));
        const unsigned char *chosen = NULL;
        unsigned len = 0;
        client.context = SSL_CTX_new(TLS_client_method());
        SSL_CTX_set_security_level(client.context, 0);
        SSL_CTX_set_min_proto_version(client.context, rows[i].version);
        SSL_CTX_set_max_proto_version(client.context, rows[i].version);
        SSL_CTX_set_alpn_protos(client.context, protocols, sizeof(protocols) - 1);
        client.ssl = SSL_new(client.context);
        SSL_set_fd(client.ssl, client.fd);
        assert_int_equal(SSL_connect(client.ssl) == 1, rows[i].want);
        if (rows[i].want) {
            SSL_get0_alpn_selected(client.ssl, &chosen, &len);
            assert_true(slice_eq_str(slice_mem(chosen, len), "http/1.1"));
            EXPECT(&client, GET, "GET /?");
        }
        client_close(&client);
    }
    kit_stop(kit);
}

/* req 0.63. The system's policy may refuse old versions too: so our own setting is looked at. */
static void our_own_floor_is_tls_1_2(void **state)
{
    AUTO(SSL_CTX_free) SSL_CTX *context = NULL;
    struct tls_files files;
    struct http_listener listener = tls_listener(&files);
    struct err err = { 0 };

    (void)state;
    assert_int_equal(tls_context(&listener, &context, &err), ST_OK);
    assert_int_equal(SSL_CTX_get_min_proto_version(context), TLS1_2_VERSION);
    assert_int_equal(SSL_CTX_get_max_proto_version(context), 0);
    assert_true(SSL_CTX_get_options(context) & SSL_OP_CIPHER_SERVER_PREFERENCE);
}

static void a_handshake_that_stalls_ends_at_the_heads_deadline(void **state)
{
    struct tls_files files;
    struct kit_params params = { .limits = kit_limits(),
                                 .listeners = { tls_listener(&files),
                                                { .address = "127.0.0.1:0" } },
                                 .listener_count = 2,
                                 .trusted = { "127.0.0.1" } };

    (void)state;
    params.limits.head_deadline_ms = 50;
    params.listeners[1].proxy_protocol = true;
    struct kit *kit = kit_start(&params);
    struct client silent = client_open(NULL, kit_port(kit, 0));
    struct client half = client_open(NULL, kit_port(kit, 0));
    struct client proxy = client_open(NULL, kit_port(kit, 1));
    client_send_bytes(&half, "\x16\x03\x01\x02\x00\x01", 6);
    client_send(&proxy, "PROXY TCP4 ");
    assert_true(client_closed(&silent));
    assert_true(client_closed(&half));
    assert_true(client_closed(&proxy));
    client_close(&silent);
    client_close(&half);
    client_close(&proxy);
    kit_stop(kit);
}

static void plain_http_on_a_tls_listener_is_closed(void **state)
{
    struct tls_files files;
    struct http_listener listener = tls_listener(&files);
    struct kit *kit = start_tls_kit(&listener);
    struct client client = client_open(NULL, kit_port(kit, 0));
    char c;

    (void)state;
    client_send(&client, GET);
    while (recv(client.fd, &c, 1, 0) == 1) /* an alert perhaps, no answer */
        assert_int_not_equal(c, 'H');
    client_close(&client);
    kit_stop(kit);
}

/* What becomes of a caller who shows the certificate of that name, or none. */
static void show(struct kit *kit, const char *name, bool is_let_in, bool is_verified)
{
    struct client client = client_open(NULL, kit_port(kit, 0));
    char cert[CERT_PATH];
    char key[CERT_PATH];
    char file[32];
    char c;

    if (name) {
        text_format(file, sizeof(file), "%s.pem", name);
        certs_path(file, cert);
        text_format(file, sizeof(file), "%s.key", name);
        certs_path(file, key);
    }
    const bool ok = client_start_tls(&client, NULL, name ? cert : NULL, key);
    if (is_let_in) {
        assert_true(ok);
        client_send(&client, GET);
        struct http_request *request = kit_take(kit);
        assert_int_equal(http_is_verified(request), is_verified);
        kit_echo(request);
        EXPECT(&client, "", "GET /?");
    } else if (ok) { /* TLS 1.3: the client learns it with the first answer */
        (void)client_try_send(&client, GET, sizeof(GET) - 1);
        assert_true(SSL_read(client.ssl, &c, 1) <= 0);
    }
    client_close(&client);
}

static void client_certificates_are_optional_but_must_verify(void **state)
{
    struct tls_files files;
    struct http_listener listener = tls_listener(&files);

    (void)state;
    listener.client_ca_file = certs_path("ca.pem", files.ca);
    for (int i = 0; i < 2; i++) {
        listener.bad_client_stays = i > 0;
        struct kit *kit =
            kit_start(&(struct kit_params){ .listeners = { listener }, .listener_count = 1 });
        show(kit, NULL, true, false);
        show(kit, "client", true, true);
        show(kit, "foreign", listener.bad_client_stays, false);
        kit_stop(kit);
    }
}

static bool shows(uint16_t port, const char *name)
{
    struct client client = client_open(NULL, port);
    char common[64] = "";

    assert_true(client_start_tls(&client, NULL, NULL, NULL));
    X509 *cert = SSL_get1_peer_certificate(client.ssl);
    assert_non_null(cert);
    X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, common, sizeof(common));
    X509_free(cert);
    client_close(&client);
    return strcmp(common, name) == 0;
}

static void a_reload_changes_the_certificate_and_keeps_the_connections(void **state)
{
    struct tls_files files;
    struct http_listener listener = { .address = "127.0.0.1:0",
                                      .cert_file = certs_path("used.pem", files.cert),
                                      .key_file = certs_path("used.key", files.key) };
    struct err err = { 0 };

    (void)state;
    certs_copy("server.pem", "used.pem");
    certs_copy("server.key", "used.key");
    struct kit *kit = start_tls_kit(&listener);
    struct client client = client_open(NULL, kit_port(kit, 0));
    assert_true(client_start_tls(&client, NULL, NULL, NULL));
    EXPECT(&client, GET, "GET /?");
    assert_true(shows(kit_port(kit, 0), "server"));
    certs_copy("server2.pem", "used.pem"); /* does not fit the key yet */
    assert_int_equal(http_reload_tls(kit_server(kit), &err), ST_INPUT);
    assert_non_null(strstr(err.text, files.key));
    assert_true(shows(kit_port(kit, 0), "server"));
    certs_copy("server2.key", "used.key");
    assert_int_equal(http_reload_tls(kit_server(kit), &err), ST_OK);
    assert_true(shows(kit_port(kit, 0), "server2"));
    EXPECT(&client, GET, "GET /?");
    client_close(&client);
    kit_stop(kit);
}

/* Listener 0 plain, 1 TLS; both with PROXY; 127.0.0.1 is the proxy. */
static struct kit *start_proxied(struct tls_files *files, unsigned max_per_address)
{
    struct kit_params params = { .limits = kit_limits(),
                                 .listeners = { { .address = "127.0.0.1:0" }, tls_listener(files) },
                                 .listener_count = 2,
                                 .workers = 2,
                                 .trusted = { "127.0.0.1", "10.0.0.0/8" } };

    params.limits.max_per_address = max_per_address;
    params.listeners[0].proxy_protocol = true;
    params.listeners[1].proxy_protocol = true;
    return kit_start(&params);
}

static void the_proxy_header_names_the_caller_plain_and_before_tls(void **state)
{
    static const struct {
        struct slice header;
        const char *peer;
    } rows[] = {
        { SLICE("PROXY TCP4 203.0.113.9 10.0.0.1 4711 443\r\n"), "203.0.113.9" },
        { SLICE("PROXY TCP6 2001:db8::9 ::1 4711 443\r\n"), "2001:db8::9" },
        { SLICE("PROXY UNKNOWN\r\n"), "127.0.0.1" },
        { SLICE(V2_TCP4), "203.0.113.9" },
        { SLICE(V2_LOCAL), "127.0.0.1" },
    };
    struct tls_files files;
    struct kit *kit = start_proxied(&files, 100);

    (void)state;
    for (size_t i = 0; i < 2 * COUNT(rows); i++) {
        bool tls = i >= COUNT(rows);
        struct slice header = rows[i % COUNT(rows)].header;
        struct client client = client_open(NULL, kit_port(kit, tls ? 1 : 0));
        char want[128];
        text_format(want, sizeof(want), "GET /? %s %s://shep.example 0 ",
                    rows[i % COUNT(rows)].peer, tls ? "https" : "http");
        for (size_t k = 0; k < header.len; k++)
            client_send_bytes(&client, header.at + k, 1);
        assert_true(!tls || client_start_tls(&client, NULL, NULL, NULL));
        EXPECT(&client, GET, want);
        EXPECT(&client, GET, want);
        client_close(&client);
    }
    kit_stop(kit);
}

static void without_the_header_or_without_trust_the_connection_ends(void **state)
{
    static const struct {
        const char *from;
        struct slice start;
    } rows[] = {
        { "127.0.0.2", SLICE("PROXY TCP4 203.0.113.9 10.0.0.1 4711 443\r\n" GET) },
        { "127.0.0.2", SLICE(GET) },
        { "127.0.0.1", SLICE(GET) },
        { "127.0.0.1", SLICE("PROXY TCP4 203.0.113.9 10.0.0.1 4711 443\n" GET) },
        { "127.0.0.1", SLICE("PROXY TCP4 me you 4711 443\r\n" GET) },
    };
    struct tls_files files;
    struct kit *kit = start_proxied(&files, 100);

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct client client = client_open(rows[i].from, kit_port(kit, 0));
        (void)client_try_send(&client, rows[i].start.at, rows[i].start.len);
        assert_true(client_closed(&client));
        client_close(&client);
    }
    kit_stop(kit);
}

static void callers_behind_a_proxy_are_counted_by_their_own_address(void **state)
{
    enum { MAX = 2 };
    static const char header[] = "PROXY TCP4 203.0.113.9 10.0.0.1 4711 443\r\n" GET;
    static const char other[] = "PROXY TCP4 203.0.113.8 10.0.0.1 4711 443\r\n" GET;
    static const char gateway[] = "PROXY TCP4 10.1.1.1 10.0.0.1 4711 443\r\n" GET;
    struct tls_files files;
    struct kit *kit = start_proxied(&files, MAX);
    struct client clients[2 * MAX + 3];

    (void)state;
    for (size_t i = 0; i < COUNT(clients); i++)
        clients[i] = client_open(NULL, kit_port(kit, 0));
    for (size_t i = 0; i < MAX; i++)
        EXPECT(&clients[i], header, "GET /? 203.0.113.9 ");
    (void)client_try_send(&clients[MAX], header, sizeof(header) - 1);
    assert_true(client_closed(&clients[MAX]));
    EXPECT(&clients[MAX + 1], other, "GET /? 203.0.113.8 ");
    for (size_t i = MAX + 2; i < COUNT(clients); i++)
        EXPECT(&clients[i], gateway, "GET /? 10.1.1.1 "); /* trusted itself: exempt */
    for (size_t i = 0; i < COUNT(clients); i++)
        client_close(&clients[i]);
    kit_stop(kit);
}

/* req 0.45: the caller's address is right behind a proxy, and nobody can pretend. */
static void forwarded_headers_count_from_trusted_peers_only(void **state)
{
    static const struct {
        const char *from;
        const char *headers;
        const char *want;
    } rows[] = {
        { "127.0.0.1", "X-Forwarded-For: 203.0.113.9\r\n", "203.0.113.9 http://shep.example" },
        { "127.0.0.2", "X-Forwarded-For: 203.0.113.9\r\n", "127.0.0.2 http://shep.example" },
        { "127.0.0.1", "X-Forwarded-For: 1.1.1.1, 203.0.113.9, 10.0.0.2\r\n",
          "203.0.113.9 http://shep.example" },
        { "127.0.0.1", "X-Forwarded-For: 1.1.1.1\r\nx-forwarded-for: 203.0.113.9\r\n",
          "203.0.113.9 http://shep.example" },
        { "127.0.0.1", "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-For: 10.0.0.2\r\n",
          "203.0.113.9 http://shep.example" },
        { "127.0.0.1", "X-Forwarded-For: junk\r\n", "127.0.0.1 http://shep.example" },
        { "127.0.0.1", "X-Forwarded-Proto: https\r\nX-Forwarded-Host: gw.example:8443\r\n",
          "127.0.0.1 https://gw.example:8443" },
        { "127.0.0.1", "X-Forwarded-Proto: http, HTTPS\r\nX-Forwarded-Host: evil, gw.example\r\n",
          "127.0.0.1 https://gw.example" },
        { "127.0.0.1", "X-Forwarded-Proto: gopher\r\nX-Forwarded-Host: a/b@c\r\n",
          "127.0.0.1 http://shep.example" },
        { "127.0.0.2", "X-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.example\r\n",
          "127.0.0.2 http://shep.example" },
    };
    struct kit_params params = { .workers = 1, .trusted = { "127.0.0.1", "10.0.0.0/8" } };
    struct kit *kit = kit_start(&params);

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct client client = client_open(rows[i].from, kit_port(kit, 0));
        char request[512];
        text_format(request, sizeof(request), "GET / HTTP/1.1\r\n" HOST "%s\r\n", rows[i].headers);
        EXPECT(&client, request, rows[i].want);
        client_close(&client);
    }
    kit_stop(kit);
}

static void behind_proxy_and_gateway_both_words_are_followed(void **state)
{
    static const struct {
        const char *header;
        const char *want;
    } rows[] = {
        { "PROXY TCP4 10.0.0.9 10.0.0.1 1 2\r\n",
          "203.0.113.9 https://gw" }, /* a trusted gateway */
        { "PROXY TCP4 198.51.100.7 10.0.0.1 1 2\r\n", "198.51.100.7 http://shep.example" },
    };
    struct tls_files files;
    struct kit *kit = start_proxied(&files, 100);

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct client client = client_open(NULL, kit_port(kit, 0));
        client_send(&client, rows[i].header);
        EXPECT(&client,
               "GET / HTTP/1.1\r\n" HOST "X-Forwarded-For: 203.0.113.9\r\n"
               "X-Forwarded-Proto: https\r\nX-Forwarded-Host: gw\r\n\r\n",
               rows[i].want);
        client_close(&client);
    }
    kit_stop(kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tls_callers_are_served_and_see_our_certificate),
        cmocka_unit_test(large_bodies_pass_both_ways_through_tls),
        cmocka_unit_test(old_tls_is_refused_and_alpn_chooses_http_1_1),
        cmocka_unit_test(our_own_floor_is_tls_1_2),
        cmocka_unit_test(a_handshake_that_stalls_ends_at_the_heads_deadline),
        cmocka_unit_test(plain_http_on_a_tls_listener_is_closed),
        cmocka_unit_test(client_certificates_are_optional_but_must_verify),
        cmocka_unit_test(a_reload_changes_the_certificate_and_keeps_the_connections),
        cmocka_unit_test(the_proxy_header_names_the_caller_plain_and_before_tls),
        cmocka_unit_test(without_the_header_or_without_trust_the_connection_ends),
        cmocka_unit_test(callers_behind_a_proxy_are_counted_by_their_own_address),
        cmocka_unit_test(forwarded_headers_count_from_trusted_peers_only),
        cmocka_unit_test(behind_proxy_and_gateway_both_words_are_followed),
    };

    return cmocka_run_group_tests(tests, setup_certs, teardown_certs);
}
