/* The chunked coding: what is decoded, in whatever pieces it comes, and what is refused. */
#include "base/text.h"
#include "http/chunk.h"
#include "support/cmocka.h"

/* Feeds in pieces of that many bytes; "" + REFUSAL_NONE + done means a whole empty body. */
static enum refusal decode(struct slice in, size_t piece, struct bytes *out, bool *ret_done)
{
    struct chunk chunk = { 0 };

    while (in.len > 0 && !chunk_done(&chunk)) {
        struct slice part = { in.at, in.len < piece ? in.len : piece };
        size_t before = part.len;
        struct slice data = { "", 0 };
        do {
            enum refusal refusal = chunk_next(&chunk, &part, &data);
            if (refusal != REFUSAL_NONE)
                return refusal;
            bytes_add(out, data);
        } while (data.len > 0);
        in = slice_skip(in, before - part.len);
    }
    *ret_done = chunk_done(&chunk);
    return REFUSAL_NONE;
}

static const struct {
    struct slice in;
    enum refusal want;
    bool done;
    const char *out;
} rows[] = {
    { SLICE("0\r\n\r\n"), REFUSAL_NONE, true, "" },
    { SLICE("5\r\nhello\r\n0\r\n\r\n"), REFUSAL_NONE, true, "hello" },
    { SLICE("a\r\n0123456789\r\n00000001\r\nx\r\n0000\r\n\r\nNEXT"), REFUSAL_NONE, true,
      "0123456789x" },
    { SLICE("5;a=b;c=\"d\"\r\nhello\r\n0 ;x\r\n\r\n"), REFUSAL_NONE, true, "hello" },
    { SLICE("5\r\nhello\r\n0\r\nA: b\r\nC: d\r\n\r\n"), REFUSAL_NONE, true, "hello" },
    { SLICE("5\r\nhel"), REFUSAL_NONE, false, "hel" },
    { SLICE("5\r\nhello\r\n0\r\n"), REFUSAL_NONE, false, "hello" },
    { SLICE("2\r\n\r\n\r\n0\r\n\r\n"), REFUSAL_NONE, true, "\r\n" },
    { SLICE("\r\n"), REFUSAL_CHUNK, false, "" },
    { SLICE(";x\r\n"), REFUSAL_CHUNK, false, "" },
    { SLICE("g\r\n"), REFUSAL_CHUNK, false, "" },
    { SLICE("-1\r\n"), REFUSAL_CHUNK, false, "" },
    { SLICE("+1\r\n"), REFUSAL_CHUNK, false, "" },
    { SLICE("0x1\r\n"), REFUSAL_CHUNK, false, "" },
    { SLICE(" 1\r\n"), REFUSAL_CHUNK, false, "" },
    { SLICE("1\nx\r\n"), REFUSAL_CHUNK, false, "" },
    { SLICE("1\rx"), REFUSAL_CHUNK, false, "" },
    { SLICE("1;a\nb\r\nx"), REFUSAL_CHUNK, false, "" },
    { SLICE("1\r\nxy"), REFUSAL_CHUNK, false, "x" },
    { SLICE("1\r\nx\n"), REFUSAL_CHUNK, false, "x" },
    { SLICE("1\r\nx\r1"), REFUSAL_CHUNK, false, "x" },
    { SLICE("123456789\r\n"), REFUSAL_CHUNK, false, "" },
    { SLICE("000000000\r\n"), REFUSAL_CHUNK, false, "" },
    { SLICE("0\r\nA: b\n\r\n"), REFUSAL_CHUNK, false, "" },
    { SLICE("0\r\n\rx"), REFUSAL_CHUNK, false, "" },
    { SLICE("0\r\nA\0b\r\n\r\n"), REFUSAL_CHUNK, false, "" },
};

static void chunks_are_decoded_or_refused_however_they_are_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (size_t piece = 1; piece <= rows[i].in.len; piece++) {
            AUTO(bytes_free) struct bytes *out = bytes_new(1000);
            bool done = false;
            enum refusal got = decode(rows[i].in, piece, out, &done);
            if (got != rows[i].want || done != rows[i].done ||
                !slice_eq_str(bytes_slice(out), rows[i].out))
                fail_msg("row %zu in pieces of %zu: got %d, %s, %s", i, piece, got,
                         done ? "done" : "more", out->at);
        }
    }
}

static void framing_without_end_is_refused(void **state)
{
    static const char *const starts[] = { "1;", "0\r\n", "0\r\nA: b\r\nA" };
    char text[8192];

    (void)state;
    for (size_t i = 0; i < COUNT(starts); i++) {
        AUTO(bytes_free) struct bytes *out = bytes_new(1000);
        bool done = false;
        memset(text, 'x', sizeof(text));
        memcpy(text, starts[i], strlen(starts[i]));
        assert_int_equal(decode((struct slice){ text, sizeof(text) }, 100, out, &done),
                         REFUSAL_CHUNK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_are_decoded_or_refused_however_they_are_cut),
        cmocka_unit_test(framing_without_end_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
