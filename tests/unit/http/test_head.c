/* The head's parser and the target's: what is read, and what is refused with which status. */
#include "http/head.h"
#include "support/cmocka.h"

#define HOST "Host: h\r\n"
#define GET(target) "GET " target " HTTP/1.1\r\n" HOST "\r\n"
#define WITH(fields) "GET / HTTP/1.1\r\n" HOST fields "\r\n"

enum { MAX_FIELDS = 10 };

/* Both halves as the connection uses them; the head must end where the bytes do. */
static enum refusal read_head(struct slice bytes, struct arena *arena, struct head *ret_head)
{
    size_t seen = 0;
    size_t end = 0;
    enum refusal refusal = head_find_end(bytes, &seen, &end);

    if (refusal != REFUSAL_NONE)
        return refusal;
    assert_int_equal(end, bytes.len);
    return head_parse(bytes, MAX_FIELDS, arena, ret_head);
}

static const struct {
    struct slice head;
    enum refusal want;
} refused[] = {
    { SLICE("GET / HTTP/1.1\n" HOST "\r\n"), REFUSAL_LINE_END },
    { SLICE("GET / HTTP/1.1\r" HOST "\r\n\r\n"), REFUSAL_LINE_END },
    { SLICE("GET / HTTP/1.1\r\n" HOST "A: b\rc\r\n\r\n"), REFUSAL_LINE_END },
    { SLICE("GET / HTTP/1.1\r\n" HOST "A: b\nc: d\r\n\r\n"), REFUSAL_LINE_END },
    { SLICE("GET / HTTP/1.1\r\n" HOST "A: b\0c\r\n\r\n"), REFUSAL_CONTROL },
    { SLICE("GET / HTTP/1.1\r\n" HOST "A: b\x01\r\n\r\n"), REFUSAL_CONTROL },
    { SLICE("GET / HTTP/1.1\r\n" HOST "A: b\x7f\r\n\r\n"), REFUSAL_CONTROL },
    { SLICE("\x16\x03\x01\x02\x00\x01"), REFUSAL_CONTROL }, /* TLS on a plain port */
    { SLICE("GET /\r\n\r\n"), REFUSAL_REQUEST_LINE },       /* HTTP/0.9 */
    { SLICE("GET /\r\n" HOST "\r\n"), REFUSAL_REQUEST_LINE },
    { SLICE("GET  / HTTP/1.1\r\n" HOST "\r\n"), REFUSAL_REQUEST_LINE },
    { SLICE("GET / HTTP/1.1 \r\n" HOST "\r\n"), REFUSAL_REQUEST_LINE },
    { SLICE(" GET / HTTP/1.1\r\n" HOST "\r\n"), REFUSAL_REQUEST_LINE },
    { SLICE("GET\t/\tHTTP/1.1\r\n" HOST "\r\n"), REFUSAL_REQUEST_LINE },
    { SLICE("GET / HTTP/11\r\n" HOST "\r\n"), REFUSAL_REQUEST_LINE },
    { SLICE("GET / http/1.1\r\n" HOST "\r\n"), REFUSAL_REQUEST_LINE },
    { SLICE("GET / HTTP/1.10\r\n" HOST "\r\n"), REFUSAL_REQUEST_LINE },
    { SLICE("GET / a b HTTP/1.1\r\n" HOST "\r\n"), REFUSAL_REQUEST_LINE },
    { SLICE("G@T / HTTP/1.1\r\n" HOST "\r\n"), REFUSAL_REQUEST_LINE },
    { SLICE("GET / HTTP/2.0\r\n" HOST "\r\n"), REFUSAL_VERSION },
    { SLICE("PRI * HTTP/2.0\r\n\r\n"), REFUSAL_VERSION },
    { SLICE("GET / HTTP/0.9\r\n" HOST "\r\n"), REFUSAL_VERSION },
    { SLICE("BREW / HTTP/1.1\r\n" HOST "\r\n"), REFUSAL_METHOD },
    { SLICE("get / HTTP/1.1\r\n" HOST "\r\n"), REFUSAL_METHOD },
    { SLICE("TRACE / HTTP/1.1\r\n" HOST "\r\n"), REFUSAL_METHOD },
    { SLICE("CONNECT h:443 HTTP/1.1\r\n" HOST "\r\n"), REFUSAL_METHOD },
    { SLICE(GET("h:443")), REFUSAL_TARGET },
    { SLICE(GET("*")), REFUSAL_TARGET },
    { SLICE(GET("ftp://h/")), REFUSAL_TARGET },
    { SLICE(GET("/#part")), REFUSAL_TARGET },
    { SLICE(GET("/?q#part")), REFUSAL_TARGET },
    { SLICE(GET("/\xd1\x88")), REFUSAL_TARGET },
    { SLICE(GET("http://user@h/")), REFUSAL_HOST },
    { SLICE(GET("http:///")), REFUSAL_HOST },
    { SLICE(GET("/%")), REFUSAL_ESCAPE },
    { SLICE(GET("/%4")), REFUSAL_ESCAPE },
    { SLICE(GET("/%4g")), REFUSAL_ESCAPE },
    { SLICE(GET("/%%41")), REFUSAL_ESCAPE },
    { SLICE(GET("/%u0041")), REFUSAL_ESCAPE },
    { SLICE(GET("/a%00b")), REFUSAL_PATH },
    { SLICE(GET("/a%0d%0aX:y")), REFUSAL_PATH },
    { SLICE(GET("/a%2Fb")), REFUSAL_PATH },
    { SLICE(GET("/a%2fb")), REFUSAL_PATH },
    { SLICE(GET("/a%5Cb")), REFUSAL_PATH },
    { SLICE(GET("/a\\b")), REFUSAL_PATH },
    { SLICE(GET("/../a")), REFUSAL_PATH },
    { SLICE(GET("/a/..")), REFUSAL_PATH },
    { SLICE(GET("/a/%2e%2E/b")), REFUSAL_PATH },
    { SLICE(GET("/./a")), REFUSAL_PATH },
    { SLICE(GET("/%C0%AFa")), REFUSAL_PATH }, /* an overlong slash */
    { SLICE(GET("/%ff")), REFUSAL_PATH },
    { SLICE(WITH(" folded: x\r\n")), REFUSAL_FOLD },
    { SLICE(WITH("A: b\r\n\tc\r\n")), REFUSAL_FOLD },
    { SLICE(WITH("A : b\r\n")), REFUSAL_FIELD },
    { SLICE(WITH(": b\r\n")), REFUSAL_FIELD },
    { SLICE(WITH("no colon\r\n")), REFUSAL_FIELD },
    { SLICE(WITH("A(b): c\r\n")), REFUSAL_FIELD },
    { SLICE(WITH("\xd1\x88: c\r\n")), REFUSAL_FIELD },
    { SLICE("GET / HTTP/1.1\r\n\r\n"), REFUSAL_HOST_MISSING },
    { SLICE("GET http://h/ HTTP/1.1\r\n\r\n"), REFUSAL_HOST_MISSING },
    { SLICE(WITH("Host: h\r\n")), REFUSAL_TWICE },
    { SLICE("GET / HTTP/1.1\r\nHost:\r\n\r\n"), REFUSAL_HOST },
    { SLICE("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), REFUSAL_HOST },
    { SLICE("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), REFUSAL_HOST },
    { SLICE("GET / HTTP/1.1\r\nHost: a\"b\r\n\r\n"), REFUSAL_HOST },
    { SLICE("GET / HTTP/1.1\r\nHost: a:b\r\n\r\n"), REFUSAL_HOST },
    { SLICE("GET / HTTP/1.1\r\nHost: a:\r\n\r\n"), REFUSAL_HOST },
    { SLICE("GET / HTTP/1.1\r\nHost: :1\r\n\r\n"), REFUSAL_HOST },
    { SLICE("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"), REFUSAL_HOST },
    { SLICE("GET / HTTP/1.1\r\nHost: []\r\n\r\n"), REFUSAL_HOST },
    { SLICE("GET / HTTP/1.1\r\nHost: u@h\r\n\r\n"), REFUSAL_HOST },
    { SLICE(WITH("Content-Length: 1\r\nContent-Length: 1\r\n")), REFUSAL_TWICE },
    { SLICE(WITH("Content-Length: 1\r\ncontent-length: 2\r\n")), REFUSAL_TWICE },
    { SLICE(WITH("Content-Length: 1, 1\r\n")), REFUSAL_LENGTH },
    { SLICE(WITH("Content-Length: -1\r\n")), REFUSAL_LENGTH },
    { SLICE(WITH("Content-Length: +1\r\n")), REFUSAL_LENGTH },
    { SLICE(WITH("Content-Length: 0x1\r\n")), REFUSAL_LENGTH },
    { SLICE(WITH("Content-Length: 1 1\r\n")), REFUSAL_LENGTH },
    { SLICE(WITH("Content-Length:\r\n")), REFUSAL_LENGTH },
    { SLICE(WITH("Content-Length: 18446744073709551617\r\n")), REFUSAL_LENGTH },
    { SLICE(WITH("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n")),
      REFUSAL_LENGTH_AND_ENCODING },
    { SLICE(WITH("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n")),
      REFUSAL_LENGTH_AND_ENCODING },
    { SLICE(WITH("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")), REFUSAL_TWICE },
    { SLICE(WITH("Transfer-Encoding: gzip, chunked\r\n")), REFUSAL_ENCODING },
    { SLICE(WITH("Transfer-Encoding: identity\r\n")), REFUSAL_ENCODING },
    { SLICE(WITH("Transfer-Encoding: \x0b"
                 "chunked\r\n")),
      REFUSAL_CONTROL },
    { SLICE(WITH("Transfer-Encoding: xchunked\r\n")), REFUSAL_ENCODING },
    { SLICE("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), REFUSAL_ENCODING_OLD },
    { SLICE(WITH("Expect: 200-ok\r\n")), REFUSAL_EXPECT },
    { SLICE(WITH("Authorization: a\r\nAuthorization: b\r\n")), REFUSAL_TWICE },
    { SLICE(WITH("Content-Type: a\r\nContent-Type: b\r\n")), REFUSAL_TWICE },
    { SLICE(WITH("1:\r\n2:\r\n3:\r\n4:\r\n5:\r\n6:\r\n7:\r\n8:\r\n9:\r\n10:\r\n")),
      REFUSAL_HEAD_FIELDS },
};

static void what_could_be_read_in_two_ways_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
        AUTO(arena_free) struct arena *arena = arena_new(1 << 16);
        struct head head = { 0 };
        enum refusal got = read_head(refused[i].head, arena, &head);
        if (got != refused[i].want)
            fail_msg("row %zu, %.60s: wanted %d, got %d", i, refused[i].head.at, refused[i].want,
                     got);
    }
}

static const struct {
    struct slice head;
    const char *path;
    const char *query;
    const char *host;
    bool keep_alive;
    bool chunked;
    uint64_t length;
} accepted[] = {
    { SLICE(GET("/")), "/", "", "h", true, false, 0 },
    { SLICE(GET("/?")), "/", "", "h", true, false, 0 },
    { SLICE(GET("/a%20%41//b?c=%2F/../?d")), "/a A//b", "c=%2F/../?d", "h", true, false, 0 },
    { SLICE(GET("/...")), "/...", "", "h", true, false, 0 },
    { SLICE(GET("/%25%32%66")), "/%2f", "", "h", true, false, 0 }, /* decoded once */
    { SLICE(GET("HTTP://x.y:8/z?q")), "/z", "q", "x.y:8", true, false, 0 },
    { SLICE(GET("https://[::1]:8")), "/", "", "[::1]:8", true, false, 0 },
    { SLICE(GET("http://x?q")), "/", "q", "x", true, false, 0 },
    { SLICE("GET / HTTP/1.0\r\n\r\n"), "/", "", "", false, false, 0 },
    { SLICE("GET / HTTP/1.7\r\n" HOST "\r\n"), "/", "", "h", true, false, 0 },
    { SLICE(WITH("Connection: Close\r\n")), "/", "", "h", false, false, 0 },
    { SLICE(WITH("Connection: a, b ,close\r\n")), "/", "", "h", false, false, 0 },
    { SLICE(WITH("Connection: a\r\nConnection: close\r\n")), "/", "", "h", false, false, 0 },
    { SLICE(WITH("Connection: closed, keep-alive\r\n")), "/", "", "h", true, false, 0 },
    { SLICE(WITH("content-length: \t 007 \r\n")), "/", "", "h", true, false, 7 },
    { SLICE(WITH("TRANSFER-ENCODING: CHUNKED\r\n")), "/", "", "h", true, true, 0 },
    { SLICE(WITH("A:b\r\nA:\r\nX: \xd1\x88\r\n")), "/", "", "h", true, false, 0 },
    { SLICE(WITH("1:\r\n2:\r\n3:\r\n4:\r\n5:\r\n6:\r\n7:\r\n8:\r\n9:\r\n")), "/", "", "h", true,
      false, 0 },
};

static void what_is_clear_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(accepted); i++) {
        AUTO(arena_free) struct arena *arena = arena_new(1 << 16);
        struct head head = { 0 };
        enum refusal got = read_head(accepted[i].head, arena, &head);
        if (got != REFUSAL_NONE)
            fail_msg("row %zu: refused as %d", i, got);
        if (!slice_eq_str(head.path, accepted[i].path) ||
            !slice_eq_str(head.query, accepted[i].query) ||
            !slice_eq_str(head.host, accepted[i].host))
            fail_msg("row %zu: path, query or host", i);
        assert_int_equal(head.keep_alive, accepted[i].keep_alive);
        assert_int_equal(head.chunked, accepted[i].chunked);
        assert_int_equal(head.content_length, accepted[i].length);
    }
}

static void the_end_is_found_wherever_the_bytes_are_cut(void **state)
{
    static const char text[] = "GET / HTTP/1.1\r\nA: b\r\n\r\nbody\n";
    size_t head = sizeof(text) - 1 - 5;

    (void)state;
    for (size_t cut = 0; cut < sizeof(text); cut++) {
        size_t seen = 0;
        size_t end = 0;
        assert_int_equal(head_find_end((struct slice){ text, cut }, &seen, &end), REFUSAL_NONE);
        assert_int_equal(end, cut < head ? 0 : head);
        if (end == 0)
            assert_int_equal(head_find_end((struct slice){ text, sizeof(text) - 1 }, &seen, &end),
                             REFUSAL_NONE);
        assert_int_equal(end, head);
    }
}

static void every_cut_of_a_head_runs_out_of_memory_cleanly(void **state)
{
    static const char text[] = "GET /a?b HTTP/1.1\r\n" HOST "A: b\r\n\r\n";

    (void)state;
    for (size_t max = 0; max < 300; max++) {
        AUTO(arena_free) struct arena *arena = arena_new(max);
        struct head head = { 0 };
        enum refusal got =
            head_parse((struct slice){ text, sizeof(text) - 1 }, MAX_FIELDS, arena, &head);
        assert_true(got == REFUSAL_MEMORY || got == REFUSAL_NONE);
    }
}

static void each_refusal_has_a_status_and_words(void **state)
{
    const struct http_limits limits = { .max_head_bytes = 11,
                                        .max_headers = 12,
                                        .max_body_bytes = 13,
                                        .max_in_flight_bytes = 14,
                                        .head_deadline_ms = 15,
                                        .body_deadline_ms = 16 };
    static const struct {
        enum refusal refusal;
        int status;
        const char *text;
    } rows[] = {
        { REFUSAL_HEAD_BYTES, 431, "11 bytes" },
        { REFUSAL_HEAD_FIELDS, 431, "12" },
        { REFUSAL_BODY_BYTES, 413, "13 bytes" },
        { REFUSAL_IN_FLIGHT, 503, "14 bytes" },
        { REFUSAL_HEAD_LATE, 408, "15 ms" },
        { REFUSAL_BODY_LATE, 408, "16 ms" },
        { REFUSAL_TWICE, 400, "twice" },
        { REFUSAL_METHOD, 501, "method" },
        { REFUSAL_VERSION, 505, "HTTP/1.1" },
        { REFUSAL_EXPECT, 417, "100-continue" },
        { REFUSAL_LENGTH_AND_ENCODING, 400, "exclude" },
    };
    char text[REFUSAL_TEXT];

    (void)state;
    for (int i = REFUSAL_NONE + 1; i < REFUSAL_COUNT; i++) {
        refusal_text((enum refusal)i, &limits, text);
        assert_true(strlen(text) > 10);
        assert_in_range(refusal_status((enum refusal)i), 400, 505);
    }
    for (size_t i = 0; i < COUNT(rows); i++) {
        refusal_text(rows[i].refusal, &limits, text);
        assert_int_equal(refusal_status(rows[i].refusal), rows[i].status);
        if (!strstr(text, rows[i].text))
            fail_msg("wanted %s in %s", rows[i].text, text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_could_be_read_in_two_ways_is_refused),
        cmocka_unit_test(what_is_clear_is_read),
        cmocka_unit_test(the_end_is_found_wherever_the_bytes_are_cut),
        cmocka_unit_test(every_cut_of_a_head_runs_out_of_memory_cleanly),
        cmocka_unit_test(each_refusal_has_a_status_and_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
