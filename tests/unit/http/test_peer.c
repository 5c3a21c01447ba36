/* Addresses, networks, forwarded hops, the PROXY header, and the count per address. */
#include "http/census.h"
#include "http/proxy.h"
#include "support/cmocka.h"

static struct address address(const char *text)
{
    struct address ret = { 0 };

    assert_true(address_parse(slice_str(text), &ret));
    return ret;
}

static void networks_hold_what_is_in_them(void **state)
{
    static const struct {
        const char *network;
        const char *address;
        bool want;
    } rows[] = {
        { "10.0.0.0/8", "10.255.0.1", true },
        { "10.0.0.0/8", "11.0.0.1", false },
        { "10.1.2.3/8", "10.9.9.9", true },
        { "192.168.1.128/25", "192.168.1.200", true },
        { "192.168.1.128/25", "192.168.1.100", false },
        { "127.0.0.1", "127.0.0.1", true },
        { "127.0.0.1", "127.0.0.2", false },
        { "0.0.0.0/0", "8.8.8.8", true },
        { "0.0.0.0/0", "2001:db8::1", false },
        { "::/0", "8.8.8.8", true },
        { "2001:db8::/32", "2001:db8:ffff::1", true },
        { "2001:db8::/33", "2001:db8:ffff::1", false },
        { "::1", "::1", true },
        { "::ffff:10.0.0.0/104", "10.1.1.1", true },
        { "10.0.0.1/32", "::ffff:10.0.0.1", true },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct network network;
        struct address one = address(rows[i].address);
        assert_true(network_parse(slice_str(rows[i].network), &network));
        if (networks_hold((struct networks){ &network, 1 }, &one) != rows[i].want)
            fail_msg("%s in %s", rows[i].address, rows[i].network);
    }
}

static void malformed_networks_and_sockets_are_refused(void **state)
{
    static const char *const networks[] = {
        "",           "10.0.0.0/", "10.0.0.0/33", "::/129",
        "/8",         "10.0.0/8",  "10.0.0.0/-1", "10.0.0.0/8x",
        "10.0.0.256", "gateway",   "::1%lo",      "10.0.0.0/8/8"
    };
    static const char *const sockets[] = {
        "",        "127.0.0.1", "127.0.0.1:",   "127.0.0.1:65536",
        ":80",     "[::1]",     "::1:80",       "[127.0.0.1]:80",
        "[::1:80", "*:80",      "127.0.0.1:8o", "[::1]x:80"
    };

    (void)state;
    for (size_t i = 0; i < COUNT(networks); i++) {
        struct network network;
        if (network_parse(slice_str(networks[i]), &network))
            fail_msg("%s", networks[i]);
    }
    for (size_t i = 0; i < COUNT(sockets); i++) {
        struct sockaddr_storage storage;
        socklen_t len = 0;
        if (address_parse_socket(slice_str(sockets[i]), &storage, &len))
            fail_msg("%s", sockets[i]);
    }
}

/* The client sits at 203.0.113.9; proxies at 10.x and fd00::/8 are trusted. */
static void forwarded_hops_are_followed_as_far_as_they_are_vouched_for(void **state)
{
    static const struct {
        const char *from;
        const char *value;
        const char *want;
        bool more;
    } rows[] = {
        { "10.0.0.1", "203.0.113.9", "203.0.113.9", false },
        { "10.0.0.1", "1.2.3.4, 203.0.113.9", "203.0.113.9", false },
        { "10.0.0.1", "203.0.113.9, 10.0.0.2", "203.0.113.9", false },
        { "10.0.0.1", "1.2.3.4,203.0.113.9 ,\t10.0.0.2 , fd00::7", "203.0.113.9", false },
        { "10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3", true },
        { "203.0.113.9", "1.2.3.4", "203.0.113.9", false }, /* a spoof */
        { "10.0.0.1", "1.2.3.4, junk, 10.0.0.2", "10.0.0.2", false },
        { "10.0.0.1", "unknown", "10.0.0.1", false },
        { "10.0.0.1", "", "10.0.0.1", true },
        { "10.0.0.1", ",", "10.0.0.1", false },
        { "10.0.0.1", "203.0.113.9:4711", "203.0.113.9", false },
        { "10.0.0.1", "[2001:db8::9]:4711", "2001:db8::9", false },
        { "10.0.0.1", "[2001:db8::9]", "2001:db8::9", false },
        { "10.0.0.1", "2001:db8::9", "2001:db8::9", false },
        { "10.0.0.1", "::ffff:203.0.113.9", "203.0.113.9", false },
        { "10.0.0.1", "[2001:db8::9", "10.0.0.1", false },
    };
    struct network list[2];

    (void)state;
    assert_true(network_parse(SLICE("10.0.0.0/8"), &list[0]));
    assert_true(network_parse(SLICE("fd00::/8"), &list[1]));
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct address hop = address(rows[i].from);
        char text[ADDRESS_TEXT];
        bool more = forwarded_walk((struct networks){ list, 2 }, slice_str(rows[i].value), &hop);
        address_text(&hop, text);
        if (strcmp(text, rows[i].want) != 0 || more != rows[i].more)
            fail_msg("%s from %s: got %s", rows[i].value, rows[i].from, text);
    }
}

#define V2 "\r\n\r\n\0\r\nQUIT\n"

static const struct {
    struct slice in;
    enum proxy_result want;
    const char *address;
    size_t rest; /* bytes that are not the header's */
} headers[] = {
    { SLICE("PROXY TCP4 203.0.113.9 10.0.0.1 4711 443\r\nGET"), PROXY_ADDRESS, "203.0.113.9", 3 },
    { SLICE("PROXY TCP6 2001:db8::9 ::1 1 65535\r\n\n"), PROXY_ADDRESS, "2001:db8::9", 1 },
    { SLICE("PROXY UNKNOWN\r\nGET"), PROXY_LOCAL, NULL, 3 },
    { SLICE("PROXY UNKNOWN ffff::1 ::1 1 2\r\n"), PROXY_LOCAL, NULL, 0 },
    { SLICE("PROXY TCP4 203.0.113.9 10.0.0.1 4711 44"), PROXY_MORE, NULL, 0 },
    { SLICE("PRO"), PROXY_MORE, NULL, 0 },
    { SLICE("PROXY TCP4 203.0.113.9 10.0.0.1 4711 443\n"), PROXY_BAD, NULL, 0 },
    { SLICE("PROXY TCP4 203.0.113.9 10.0.0.1 4711\r\n"), PROXY_BAD, NULL, 0 },
    { SLICE("PROXY TCP4 203.0.113.9 10.0.0.1 4711 443 5\r\n"), PROXY_BAD, NULL, 0 },
    { SLICE("PROXY TCP4 203.0.113.9 10.0.0.1 4711 65536\r\n"), PROXY_BAD, NULL, 0 },
    { SLICE("PROXY TCP4  203.0.113.9 10.0.0.1 1 2\r\n"), PROXY_BAD, NULL, 0 },
    { SLICE("PROXY TCP4 ::1 ::1 1 2\r\n"), PROXY_BAD, NULL, 0 },
    { SLICE("PROXY TCP6 10.0.0.1 ::1 1 2\r\n"), PROXY_BAD, NULL, 0 },
    { SLICE("PROXY UDP4 10.0.0.1 10.0.0.1 1 2\r\n"), PROXY_BAD, NULL, 0 },
    { SLICE("GET / HTTP/1.1\r\n"), PROXY_BAD, NULL, 0 },
    { SLICE("proxy TCP4 1.1.1.1 1.1.1.1 1 1\r\n"), PROXY_BAD, NULL, 0 },
    { SLICE("PROXY UNKNOWN xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n"),
      PROXY_BAD, NULL, 10 },
    { SLICE(V2 "\x21\x11\0\x0c"
               "\xcb\0\x71\x09"
               "\x0a\0\0\x01"
               "\x12\x67\x01\xbb"
               "GET"),
      PROXY_ADDRESS, "203.0.113.9", 3 },
    { SLICE(V2 "\x21\x11\0\x10"
               "\xcb\0\x71\x09"
               "\x0a\0\0\x01"
               "\x12\x67\x01\xbb"
               "\x04\0\x01\0"
               "G"),
      PROXY_ADDRESS, "203.0.113.9", 1 },
    { SLICE(V2 "\x21\x21\0\x24"
               "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x09"
               "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"
               "\x12\x67\x01\xbb"
               "G"),
      PROXY_ADDRESS, "2001:db8::9", 1 },
    { SLICE(V2 "\x20\0\0\0"
               "G"),
      PROXY_LOCAL, NULL, 1 },
    { SLICE(V2 "\x20\x11\0\x02"
               "xx"
               "G"),
      PROXY_LOCAL, NULL, 1 },
    { SLICE(V2 "\x21\0\0\0"
               "G"),
      PROXY_LOCAL, NULL, 1 },
    { SLICE(V2 "\x21\x11\0\x0c"
               "\xcb\0"),
      PROXY_MORE, NULL, 0 },
    { SLICE(V2 "\x21\x11\0\x0b"
               "12345678901"),
      PROXY_BAD, NULL, 0 },
    { SLICE(V2 "\x21\x21\0\x0c"
               "123456789012"),
      PROXY_BAD, NULL, 0 },
    { SLICE(V2 "\x21\x12\0\x0c"
               "123456789012"),
      PROXY_BAD, NULL, 0 }, /* UDP */
    { SLICE(V2 "\x22\x11\0\x0c"
               "123456789012"),
      PROXY_BAD, NULL, 0 },
    { SLICE(V2 "\x11\x11\0\x0c"
               "123456789012"),
      PROXY_BAD, NULL, 0 }, /* version 1 */
    { SLICE(V2 "\x21\x11\xff\xff"), PROXY_BAD, NULL, 0 },
    { SLICE("\r\n\r\n\0\r\nQUIX\n\x21\x11\0\0"), PROXY_BAD, NULL, 4 },
};

/* Feeds in pieces, as recv() with MSG_PEEK would show them. */
static enum proxy_result feed(struct slice *in, size_t piece, struct address *ret_address)
{
    struct proxy *proxy = calloc(1, sizeof(*proxy));
    enum proxy_result result = PROXY_MORE;

    assert_non_null(proxy);
    while (result == PROXY_MORE && in->len > 0) {
        struct slice next = { in->at, in->len < piece ? in->len : piece };
        next.len = proxy_share(proxy, next);
        assert_true(next.len > 0);
        proxy_add(proxy, next);
        *in = slice_skip(*in, next.len);
        result = proxy_read(proxy, ret_address);
    }
    free(proxy);
    return result;
}

static void proxy_headers_give_the_address_and_leave_the_rest(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(headers); i++) {
        for (size_t piece = 1; piece <= headers[i].in.len; piece++) {
            struct slice in = headers[i].in;
            struct address from = { 0 };
            char text[ADDRESS_TEXT];
            enum proxy_result got = feed(&in, piece, &from);
            address_text(&from, text);
            if (got != headers[i].want ||
                (got == PROXY_ADDRESS && strcmp(text, headers[i].address) != 0) ||
                (got != PROXY_BAD && in.len != headers[i].rest))
                fail_msg("row %zu in pieces of %zu: %d, %s, %zu left", i, piece, got, text, in.len);
        }
    }
}

static void each_address_is_counted_by_itself(void **state)
{
    AUTO(census_free) struct census *census = census_new();
    struct address one = address("192.0.2.1");
    struct address two = address("192.0.2.2");

    (void)state;
    assert_true(census_enter(census, &one, 2));
    assert_true(census_enter(census, &one, 2));
    assert_false(census_enter(census, &one, 2));
    assert_true(census_enter(census, &two, 2));
    census_leave(census, &one);
    assert_true(census_enter(census, &one, 2));
    assert_false(census_enter(census, &one, 2));
    census_leave(census, &two);
    census_leave(census, &one);
    census_leave(census, &one);
    assert_false(census_enter(census, &one, 0));
    assert_true(census_enter(census, &one, 1));
}

static void a_whole_ipv6_network_of_one_caller_counts_as_one(void **state)
{
    AUTO(census_free) struct census *census = census_new();
    struct address one = address("2001:db8:1:2::1");
    struct address same = address("2001:db8:1:2:ffff::2");
    struct address other = address("2001:db8:1:3::1");

    (void)state;
    assert_true(census_enter(census, &one, 1));
    assert_false(census_enter(census, &same, 1));
    assert_true(census_enter(census, &other, 1));
}

static void ten_thousand_addresses_come_and_go(void **state)
{
    AUTO(census_free) struct census *census = census_new();

    (void)state;
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 10000; i++) {
            struct address one =
                address_v4((const uint8_t[]){ 10, (uint8_t)(i >> 8), (uint8_t)i, 1 });
            assert_true(census_enter(census, &one, 1));
            assert_false(census_enter(census, &one, 1));
        }
        for (unsigned i = 0; i < 10000; i++) {
            struct address one =
                address_v4((const uint8_t[]){ 10, (uint8_t)(i >> 8), (uint8_t)i, 1 });
            census_leave(census, &one);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks_hold_what_is_in_them),
        cmocka_unit_test(malformed_networks_and_sockets_are_refused),
        cmocka_unit_test(forwarded_hops_are_followed_as_far_as_they_are_vouched_for),
        cmocka_unit_test(proxy_headers_give_the_address_and_leave_the_rest),
        cmocka_unit_test(each_address_is_counted_by_itself),
        cmocka_unit_test(a_whole_ipv6_network_of_one_caller_counts_as_one),
        cmocka_unit_test(ten_thousand_addresses_come_and_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
